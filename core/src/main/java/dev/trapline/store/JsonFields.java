// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// A JSON value with its place, which takes no value for another: a number is not text, and a key
/// that is not there is not null. Every complaint is `RUN-CORRUPT` and names file and place. Fields
/// that nobody asks for are passed over, so that a later version may add some.
final class JsonFields {
  /// Longer ones are sentences, each of its own.
  private static final int LONGEST_SHARED_TEXT = 48;

  private final Path file;
  private final String place;
  private final JsonNode node;

  /// Names of environments, tests, options and threads, which come in every trial again.
  private final Map<String, String> sharedTexts;

  private JsonFields(Path file, String place, JsonNode node, Map<String, String> sharedTexts) {
    this.file = file;
    this.place = place;
    this.node = node;
    this.sharedTexts = sharedTexts;
  }

  /// Takes the elements of an array one at a time.
  interface Elements {
    /// @param before what stands before the array
    void accept(JsonFields before, JsonFields element);
  }

  /// @throws TraplineException `RUN-CORRUPT` with line and column
  static JsonFields parse(Path file, String json) {
    try {
      return new JsonFields(file, "", Json.READER.readTree(json), new HashMap<>());
    } catch (JacksonException e) {
      throw notJson(file, e);
    }
  }

  /// A file with one large array, of which one element is in memory at a time.
  ///
  /// @param array the key of the array in the object that the file holds
  /// @return the object without the array
  /// @throws TraplineException `RUN-CORRUPT` with line and column, `RUN-NOT-READ`; what the
  ///   consumer throws passes through
  static JsonFields parse(Path file, String array, Elements elements) {
    Map<String, String> sharedTexts = new HashMap<>();
    try (Reader reader = Files.newBufferedReader(file);
        JsonParser parser = Json.PARTS.createParser(reader)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return new JsonFields(file, "", whole(parser), sharedTexts);
      }
      ObjectNode root = Json.PARTS.createObjectNode();
      JsonFields fields = new JsonFields(file, "", root, sharedTexts);
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        if (parser.nextToken() == JsonToken.START_ARRAY && name.equals(array)) {
          for (int at = 0; parser.nextToken() != JsonToken.END_ARRAY; at++) {
            JsonNode element = Json.PARTS.readTree(parser);
            elements.accept(
                fields, new JsonFields(file, "/" + array + "/" + at, element, sharedTexts));
          }
        } else {
          root.set(name, Json.PARTS.readTree(parser));
        }
      }
      checkEnd(file, parser);
      return fields;
    } catch (JacksonIOException e) {
      throw e.getCause() instanceof CharacterCodingException
          ? StoreFailure.corrupt(file, "it is not UTF-8", e)
          : StoreFailure.notRead(file, e.getCause() == null ? e : e.getCause());
    } catch (JacksonException e) {
      throw notJson(file, e);
    } catch (IOException e) {
      throw StoreFailure.notRead(file, e);
    }
  }

  private static JsonNode whole(JsonParser parser) {
    return parser.currentToken() == null ? MissingNode.getInstance() : Json.PARTS.readTree(parser);
  }

  private static void checkEnd(Path file, JsonParser parser) {
    if (parser.nextToken() != null) {
      TokenStreamLocation at = parser.currentTokenLocation();
      throw StoreFailure.corrupt(
          file,
          "line "
              + at.getLineNr()
              + ", column "
              + at.getColumnNr()
              + ": there is something after its end",
          null);
    }
  }

  private static TraplineException notJson(Path file, JacksonException failure) {
    TokenStreamLocation location = failure.getLocation();
    String where =
        location == null
            ? ""
            : "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ";
    return StoreFailure.corrupt(
        file, where + failure.getOriginalMessage().lines().findFirst().orElse("not JSON"), failure);
  }

  JsonFields object(String name) {
    JsonFields field = field(name);
    if (!field.node.isObject()) {
      throw field.unexpected("an object");
    }
    return field;
  }

  @Nullable JsonFields objectOrNull(String name) {
    return isNull(name) ? null : object(name);
  }

  List<JsonFields> objects(String name) {
    return field(name).elements();
  }

  List<JsonFields> elements() {
    if (!node.isArray()) {
      throw unexpected("an array");
    }
    List<JsonFields> elements = new ArrayList<>(node.size());
    for (JsonNode element : node.values()) {
      elements.add(new JsonFields(file, place + "/" + elements.size(), element, sharedTexts));
    }
    return elements;
  }

  /// The values of an object by their keys.
  SortedMap<String, JsonFields> objectsByName(String name) {
    JsonFields field = object(name);
    SortedMap<String, JsonFields> fields = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : field.node.properties()) {
      fields.put(
          entry.getKey(),
          new JsonFields(file, field.place + "/" + entry.getKey(), entry.getValue(), sharedTexts));
    }
    return fields;
  }

  String text(String name) {
    return field(name).asText();
  }

  @Nullable String textOrNull(String name) {
    return isNull(name) ? null : text(name);
  }

  List<String> texts(String name) {
    return objects(name).stream().map(JsonFields::asText).toList();
  }

  SortedMap<String, String> textsByName(String name) {
    SortedMap<String, String> texts = new TreeMap<>();
    objectsByName(name).forEach((key, value) -> texts.put(key, value.asText()));
    return texts;
  }

  long number(String name) {
    return field(name).asNumber();
  }

  @Nullable Long numberOrNull(String name) {
    return isNull(name) ? null : Long.valueOf(number(name));
  }

  int smallNumber(String name) {
    long number = number(name);
    if (number != (int) number) {
      throw field(name).unexpected("a number of 32 bits");
    }
    return (int) number;
  }

  @Nullable Integer smallNumberOrNull(String name) {
    return isNull(name) ? null : Integer.valueOf(smallNumber(name));
  }

  /// NaN, which JSON lacks, is null there.
  double fraction(String name) {
    JsonFields field = field(name);
    if (field.node.isNull()) {
      return Double.NaN;
    }
    if (!field.node.isNumber()) {
      throw field.unexpected("a number");
    }
    return field.node.doubleValue();
  }

  @Nullable Double fractionOrNull(String name) {
    return isNull(name) ? null : Double.valueOf(fraction(name));
  }

  List<Long> wholeNumbers(String name) {
    return objects(name).stream().map(JsonFields::asNumber).toList();
  }

  SortedMap<String, Long> numbersByName(String name) {
    SortedMap<String, Long> numbers = new TreeMap<>();
    objectsByName(name).forEach((key, value) -> numbers.put(key, value.asNumber()));
    return numbers;
  }

  @Nullable SortedMap<String, Long> numbersByNameOrNull(String name) {
    return isNull(name) ? null : numbersByName(name);
  }

  boolean truth(String name) {
    JsonFields field = field(name);
    if (!field.node.isBoolean()) {
      throw field.unexpected("true or false");
    }
    return field.node.booleanValue();
  }

  @Nullable Instant instantOrNull(String name) {
    return isNull(name) ? null : instant(name);
  }

  private Instant instant(String name) {
    try {
      return Instant.parse(text(name));
    } catch (DateTimeException e) {
      throw field(name).unexpected("an instant such as 2026-11-01T12:00:00Z");
    }
  }

  /// The complaint that this value is not what it should be.
  TraplineException unexpected(String expected) {
    String seen = node.toString();
    return StoreFailure.corrupt(
        file,
        "at "
            + (place.isEmpty() ? "the top" : place)
            + " it has "
            + (seen.length() > 60 ? seen.substring(0, 60) + "..." : seen)
            + " where "
            + expected
            + " belongs",
        null);
  }

  /// The complaint about a text field of this object.
  TraplineException unexpected(String name, String expected) {
    return field(name).unexpected(expected);
  }

  /// Whether the key is there at all: a run of an earlier release lacks what came later.
  boolean has(String name) {
    return node.has(name);
  }

  private boolean isNull(String name) {
    return field(name).node.isNull();
  }

  private JsonFields field(String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      throw unexpected("an object with the key '" + name + "'");
    }
    return new JsonFields(file, place + "/" + name, value, sharedTexts);
  }

  private String asText() {
    if (!node.isString()) {
      throw unexpected("a string");
    }
    String text = node.stringValue();
    return text.length() > LONGEST_SHARED_TEXT
        ? text
        : sharedTexts.computeIfAbsent(text, same -> same);
  }

  private long asNumber() {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw unexpected("a whole number of 64 bits");
    }
    return node.longValue();
  }
}
