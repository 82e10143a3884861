// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A JSON object that is said over a [Wire], put together and taken apart field by field. A field
/// that is missing or of another kind is a [ProtocolFailure]: nothing is guessed. What is unknown
/// is null, never absent.
public final class Message {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final ObjectNode node;

  private Message(ObjectNode node) {
    this.node = node;
  }

  /// An empty one, to be filled by the methods called `with`.
  public static Message empty() {
    return new Message(MAPPER.createObjectNode());
  }

  /// @throws ProtocolFailure if it is no JSON object
  public static Message parse(byte[] bytes) throws ProtocolFailure {
    try {
      if (MAPPER.readTree(new String(bytes, StandardCharsets.UTF_8)) instanceof ObjectNode object) {
        return new Message(object);
      }
    } catch (JacksonException malformed) {
      // Told below; what Jackson quotes of it is the other end's and of any length.
    }
    throw new ProtocolFailure("sent " + bytes.length + " bytes that are no JSON object");
  }

  byte[] bytes() {
    // By way of a string: names of foreign processes may hold half a surrogate pair.
    return MAPPER.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
  }

  /// Adds a text.
  public Message with(String name, @Nullable String value) {
    node.put(name, value);
    return this;
  }

  /// Adds a whole number.
  public Message with(String name, @Nullable Long value) {
    node.put(name, value);
    return this;
  }

  /// Adds a truth.
  public Message with(String name, boolean value) {
    node.put(name, value);
    return this;
  }

  /// Adds an object.
  public Message with(String name, Message value) {
    node.set(name, value.node);
    return this;
  }

  /// Adds a list of texts.
  public Message withTexts(String name, List<String> values) {
    ArrayNode array = node.putArray(name);
    values.forEach(array::add);
    return this;
  }

  /// Adds a list of whole numbers.
  public Message withNumbers(String name, List<Integer> values) {
    ArrayNode array = node.putArray(name);
    values.forEach(array::add);
    return this;
  }

  /// Adds a list of objects.
  public Message withMessages(String name, List<Message> values) {
    ArrayNode array = node.putArray(name);
    values.forEach(value -> array.add(value.node));
    return this;
  }

  /// Adds texts by name.
  public Message withTexts(String name, Map<String, String> values) {
    ObjectNode object = node.putObject(name);
    values.forEach(object::put);
    return this;
  }

  /// Adds whole numbers by name.
  public Message withNumbers(String name, Map<String, Long> values) {
    ObjectNode object = node.putObject(name);
    values.forEach(object::put);
    return this;
  }

  /// Whether it has this field.
  public boolean has(String name) {
    return node.has(name);
  }

  /// A text.
  public String text(String name) throws ProtocolFailure {
    return text(name, field(name));
  }

  /// A text or nothing.
  public @Nullable String textOrNull(String name) throws ProtocolFailure {
    return field(name).isNull() ? null : text(name);
  }

  /// A whole number of 64 bits.
  public long number(String name) throws ProtocolFailure {
    return number(name, field(name));
  }

  /// A whole number of 32 bits.
  public int smallNumber(String name) throws ProtocolFailure {
    return small(name, number(name));
  }

  /// A whole number or nothing.
  public @Nullable Long numberOrNull(String name) throws ProtocolFailure {
    return field(name).isNull() ? null : Long.valueOf(number(name));
  }

  /// Yes or no.
  public boolean truth(String name) throws ProtocolFailure {
    JsonNode field = field(name);
    if (!field.isBoolean()) {
      throw wrong(name);
    }
    return field.booleanValue();
  }

  /// An object.
  public Message message(String name) throws ProtocolFailure {
    return message(name, field(name));
  }

  /// A list of texts.
  public List<String> texts(String name) throws ProtocolFailure {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : elements(name)) {
      texts.add(text(name, element));
    }
    return texts;
  }

  /// A list of whole numbers of 32 bits.
  public List<Integer> smallNumbers(String name) throws ProtocolFailure {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode element : elements(name)) {
      numbers.add(small(name, number(name, element)));
    }
    return numbers;
  }

  /// A list of objects.
  public List<Message> messages(String name) throws ProtocolFailure {
    List<Message> messages = new ArrayList<>();
    for (JsonNode element : elements(name)) {
      messages.add(message(name, element));
    }
    return messages;
  }

  /// Texts by name.
  public SortedMap<String, String> textsByName(String name) throws ProtocolFailure {
    SortedMap<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : message(name).node.properties()) {
      texts.put(entry.getKey(), text(name, entry.getValue()));
    }
    return texts;
  }

  /// Whole numbers by name.
  public SortedMap<String, Long> numbersByName(String name) throws ProtocolFailure {
    SortedMap<String, Long> numbers = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : message(name).node.properties()) {
      numbers.put(entry.getKey(), number(name, entry.getValue()));
    }
    return numbers;
  }

  private JsonNode field(String name) throws ProtocolFailure {
    JsonNode field = node.get(name);
    if (field == null) {
      throw new ProtocolFailure("left out '" + name + "'");
    }
    return field;
  }

  private Iterable<JsonNode> elements(String name) throws ProtocolFailure {
    JsonNode field = field(name);
    if (!field.isArray()) {
      throw wrong(name);
    }
    return field.values();
  }

  private static String text(String name, JsonNode value) throws ProtocolFailure {
    if (!value.isString()) {
      throw wrong(name);
    }
    return value.stringValue();
  }

  private static long number(String name, JsonNode value) throws ProtocolFailure {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(name);
    }
    return value.longValue();
  }

  private static int small(String name, long value) throws ProtocolFailure {
    if (value != (int) value) {
      throw wrong(name);
    }
    return (int) value;
  }

  private static Message message(String name, JsonNode value) throws ProtocolFailure {
    if (value instanceof ObjectNode object) {
      return new Message(object);
    }
    throw wrong(name);
  }

  private static ProtocolFailure wrong(String name) {
    return new ProtocolFailure("sent a value for '" + name + "' that does not belong there");
  }
}
