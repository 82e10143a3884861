// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.TraplineException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;

/// A JSON value with its place, which takes no value for another: a number is not text, and a key
/// that is not there is not null. Every complaint is `RUN-CORRUPT` and names file and place. Fields
/// that nobody asks for are passed over, so that a later version may add some.
final class JsonFields {
  private final Path file;
  private final String place;
  private final JsonNode node;

  private JsonFields(Path file, String place, JsonNode node) {
    this.file = file;
    this.place = place;
    this.node = node;
  }

  /// @throws TraplineException `RUN-CORRUPT` with line and column
  static JsonFields parse(Path file, String json) {
    try {
      return new JsonFields(file, "", Json.READER.readTree(json));
    } catch (JacksonException e) {
      TokenStreamLocation location = e.getLocation();
      String where =
          location == null
              ? ""
              : "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ";
      throw StoreFailure.corrupt(
          file, where + e.getOriginalMessage().lines().findFirst().orElse("not JSON"), e);
    }
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
      elements.add(new JsonFields(file, place + "/" + elements.size(), element));
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
          new JsonFields(file, field.place + "/" + entry.getKey(), entry.getValue()));
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
    return new JsonFields(file, place + "/" + name, value);
  }

  private String asText() {
    if (!node.isString()) {
      throw unexpected("a string");
    }
    return node.stringValue();
  }

  private long asNumber() {
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw unexpected("a whole number of 64 bits");
    }
    return node.longValue();
  }
}
