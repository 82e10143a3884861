// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// How Trapline's JSON is written: streamed, a null for what is unknown, never an absent key.
///
/// It is written through a `Writer`, not through Jackson's own UTF-8 encoder: names of foreign
/// processes may hold half a surrogate pair, which the latter refuses and a writer replaces.
final class Json {
  /// A key that stands twice, or text after the end, is damage and not a matter of taste.
  static final JsonMapper READER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /// For a value of which only a part is read at a time: what comes after that is not damage.
  static final JsonMapper PARTS =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          // What an error cut short must not be rounded off to valid JSON.
          .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
          .build();

  private Json() {}

  /// Something that writes one JSON value.
  @FunctionalInterface
  interface Content {
    void writeTo(JsonGenerator generator);
  }

  /// Writes a value laid out for the eye and for grep; leaves the writer open.
  ///
  /// @throws IOException if the writer fails
  static void write(Writer writer, Content content) throws IOException {
    write(writer, new LinePrinter(), content);
    writer.write('\n');
    writer.flush();
  }

  /// A value on one line.
  static String oneLine(Content content) {
    StringWriter writer = new StringWriter();
    try {
      write(writer, null, content);
    } catch (IOException e) {
      throw new UncheckedIOException("a string does not take text", e);
    }
    return writer.toString();
  }

  private static void write(Writer writer, @Nullable PrettyPrinter printer, Content content)
      throws IOException {
    try (JsonGenerator generator =
        FACTORY.createGenerator(
            new ObjectWriteContext.Base() {
              @Override
              public @Nullable PrettyPrinter getPrettyPrinter() {
                return printer;
              }
            },
            writer)) {
      content.writeTo(generator);
    } catch (JacksonIOException e) {
      throw e.getCause();
    }
  }

  static void text(JsonGenerator generator, String name, @Nullable String value) {
    if (value == null) {
      generator.writeNullProperty(name);
    } else {
      generator.writeStringProperty(name, value);
    }
  }

  static void instant(JsonGenerator generator, String name, @Nullable Instant value) {
    text(generator, name, value == null ? null : value.toString());
  }

  static void number(JsonGenerator generator, String name, @Nullable Long value) {
    if (value == null) {
      generator.writeNullProperty(name);
    } else {
      generator.writeNumberProperty(name, value.longValue());
    }
  }

  static void number(JsonGenerator generator, String name, @Nullable Integer value) {
    number(generator, name, value == null ? null : Long.valueOf(value));
  }

  /// JSON has no NaN and no infinity: a figure that is not one is unknown.
  static void fraction(JsonGenerator generator, String name, @Nullable Double value) {
    if (value == null || !Double.isFinite(value)) {
      generator.writeNullProperty(name);
    } else {
      generator.writeNumberProperty(name, value.doubleValue());
    }
  }

  static void texts(JsonGenerator generator, String name, List<String> values) {
    generator.writeArrayPropertyStart(name);
    for (String value : values) {
      generator.writeString(value);
    }
    generator.writeEndArray();
  }

  static void texts(JsonGenerator generator, String name, Map<String, String> values) {
    generator.writeObjectPropertyStart(name);
    for (Map.Entry<String, String> entry : values.entrySet()) {
      generator.writeStringProperty(entry.getKey(), entry.getValue());
    }
    generator.writeEndObject();
  }

  static void numbers(JsonGenerator generator, String name, @Nullable Map<String, Long> values) {
    if (values == null) {
      generator.writeNullProperty(name);
      return;
    }
    generator.writeObjectPropertyStart(name);
    for (Map.Entry<String, Long> entry : values.entrySet()) {
      generator.writeNumberProperty(entry.getKey(), entry.getValue().longValue());
    }
    generator.writeEndObject();
  }
}
