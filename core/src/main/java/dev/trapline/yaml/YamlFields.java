// SPDX-License-Identifier: Apache-2.0
package dev.trapline.yaml;

import dev.trapline.TraplineException;
import dev.trapline.syscall.NameDistance;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// The keys of one mapping, each read once. It is opened with all keys that may occur, so that one
/// that nobody reads is an error at its line and never passed over.
///
/// Scalars are taken as they are written; what YAML would make of them (`0o17`, `1e3`, `.inf`) is
/// not used.
public final class YamlFields {
  /// More digits than any count has, and few enough for a long.
  private static final int MOST_DIGITS = 18;

  private final YamlDocument file;
  private final Node node;
  private final String what;
  private final SequencedMap<String, Node> values = new LinkedHashMap<>();
  private final SequencedMap<String, ScalarNode> keys = new LinkedHashMap<>();

  private YamlFields(YamlDocument file, Node node, String what) {
    this.file = file;
    this.node = node;
    this.what = what;
  }

  /// A mapping whose keys are names that the file gives.
  ///
  /// @param what it is, with an article: `an environment`
  public static YamlFields names(YamlDocument file, Node node, String what) {
    return names(file, node, what, List.of());
  }

  /// @param known keys that are no continuation of a sentence; empty if any may be a key
  private static YamlFields names(YamlDocument file, Node node, String what, List<String> known) {
    YamlFields fields = new YamlFields(file, node, what);
    if (!(node instanceof MappingNode mapping)) {
      throw file.error(
          node, what + " must be a mapping of `key: value`, and is " + fields.seen(node));
    }
    String before = null;
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw file.error(tuple.getKeyNode(), "a key of " + what + " must be a word");
      }
      String name = key.getValue();
      if (before != null
          && file.sentences().contains(before)
          && !known.contains(name)
          && mapping.getFlowStyle() == FlowStyle.FLOW
          && key.isPlain()
          && isNothing(tuple.getValueNode())) {
        fields.values.computeIfPresent(before, (_, value) -> continued(value, name));
        continue;
      }
      before = name;
      ScalarNode first = fields.keys.putIfAbsent(name, key);
      if (first != null) {
        file.complain(
            file.error(
                key,
                "`"
                    + YamlDocument.quote(name)
                    + "` stands twice in "
                    + what
                    + ", first in line "
                    + YamlDocument.line(first),
                "keep one of them"));
        continue;
      }
      fields.values.put(name, tuple.getValueNode());
    }
    return fields;
  }

  private static boolean isNothing(Node value) {
    return value instanceof ScalarNode scalar && scalar.isPlain() && scalar.getValue().isEmpty();
  }

  private static Node continued(Node value, String rest) {
    return value instanceof ScalarNode scalar
        ? new ScalarNode(
            Tag.STR,
            true,
            scalar.getValue() + ", " + rest,
            scalar.getScalarStyle(),
            scalar.getStartMark(),
            scalar.getEndMark())
        : value;
  }

  /// A mapping whose keys are known.
  public static YamlFields of(YamlDocument file, Node node, String what, List<String> known) {
    YamlFields fields = names(file, node, what, known);
    fields.keys.forEach((name, key) -> {
      if (!known.contains(name)) {
        file.complain(unknownKey(file, key, what, known));
      }
    });
    return fields;
  }

  private static TraplineException unknownKey(
      YamlDocument file, ScalarNode key, String what, List<String> known) {
    String name = key.getValue();
    String fact = "`" + YamlDocument.quote(name) + "` is no key of " + what;
    if (isDigits(name)) {
      return file.error(key, fact, "is it a part of a number? Write 1895163, without commas");
    }
    String near = NameDistance.nearest(name, known);
    return file.error(
        key,
        fact + ", which may have " + String.join(", ", known),
        near == null ? "remove it, or use one of them" : "did you mean `" + near + "`?");
  }

  private static boolean isDigits(String text) {
    return !text.isEmpty() && text.chars().allMatch(letter -> letter >= '0' && letter <= '9');
  }

  /// The keys in their order.
  public Collection<String> names() {
    return keys.keySet();
  }

  /// Where a key stands.
  public ScalarNode key(String name) {
    return Objects.requireNonNull(keys.get(name), name);
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public YamlDocument file() {
    return file;
  }

  public Node node() {
    return node;
  }

  /// @throws TraplineException if it is missing
  public Node required(String name) {
    Node value = values.get(name);
    if (value == null) {
      throw file.error(node, what + " needs `" + name + "`, which is missing here");
    }
    return value;
  }

  public @Nullable Node optional(String name) {
    return values.get(name);
  }

  // ---- scalars -------------------------------------------------------------------------

  /// A word or sentence that is not empty.
  public String text(String name) {
    return text(name, required(name));
  }

  public @Nullable String optionalText(String name) {
    Node value = values.get(name);
    return value == null ? null : text(name, value);
  }

  public String text(String name, Node value) {
    String text = scalar(name, value).getValue().strip();
    if (text.isEmpty() || value.getTag().equals(Tag.NULL)) {
      throw file.error(
          value, "`" + name + "` of " + what + " is empty", "give it, or leave it out");
    }
    return text;
  }

  /// One of some words.
  public String oneOf(String name, Collection<String> words) {
    return oneOf(name, required(name), words);
  }

  public @Nullable String optionalOneOf(String name, Collection<String> words) {
    Node value = values.get(name);
    return value == null ? null : oneOf(name, value, words);
  }

  public String oneOf(String name, Node value, Collection<String> words) {
    String text = text(name, value);
    if (!words.contains(text)) {
      String near = NameDistance.nearest(text, words);
      throw file.error(
          value,
          "`"
              + YamlDocument.quote(text)
              + "` is no value of `"
              + name
              + "` here, which may be "
              + YamlDocument.quote(String.join(", ", words)),
          near == null ? "use one of them" : "did you mean `" + YamlDocument.quote(near) + "`?");
    }
    return text;
  }

  /// `true` or `false`; null if it is not there.
  public @Nullable Boolean optionalBoolean(String name) {
    Node value = values.get(name);
    if (value == null) {
      return null;
    }
    return switch (scalar(name, value).getValue()) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw file.error(
              value, "`" + name + "` of " + what + " must be true or false, and is " + seen(value));
    };
  }

  public boolean flag(String name) {
    return Boolean.TRUE.equals(optionalBoolean(name));
  }

  /// A number with its digits as written, not negative.
  public BigDecimal number(String name) {
    return number(name, required(name));
  }

  /// As [#number], of one value of a list.
  public BigDecimal number(String name, Node value) {
    String text = scalar(name, value).getValue();
    int point = text.indexOf('.');
    String whole = point < 0 ? text : text.substring(0, point);
    String fraction = point < 0 ? "0" : text.substring(point + 1);
    if (!isDigits(whole) || !isDigits(fraction) || text.length() > MOST_DIGITS) {
      throw file.error(
          value,
          "`"
              + name
              + "` of "
              + what
              + " must be a number such as 1895163 or 9.60, and is "
              + seen(value),
          isAbbreviated(text) && file.hasRoundedFigures()
              ? "write 1900000 and `rounded: true` for 1.9M"
              : "digits and at most one point: no sign, no unit, no exponent, no quotes");
    }
    return new BigDecimal(text);
  }

  private static boolean isAbbreviated(String text) {
    return text.length() > 1
        && isDigits(text.substring(0, 1))
        && "kKMG".indexOf(text.charAt(text.length() - 1)) >= 0;
  }

  /// A number without a fraction.
  public BigDecimal wholeNumber(String name) {
    return wholeNumber(name, required(name));
  }

  /// As [#wholeNumber], of one value of a list.
  public BigDecimal wholeNumber(String name, Node value) {
    BigDecimal number = number(name, value);
    if (number.scale() > 0) {
      throw file.error(
          value, "`" + name + "` of " + what + " must be a whole number, and is " + seen(value));
    }
    return number;
  }

  /// One value, not a list or a mapping.
  public ScalarNode scalar(String name, Node value) {
    if (value instanceof ScalarNode scalar) {
      return scalar;
    }
    throw file.error(
        value, "`" + name + "` of " + what + " must be one value, and is " + seen(value));
  }

  // ---- sequences -----------------------------------------------------------------------

  /// The parts of a sequence; empty if the key is not there.
  public List<Node> sequence(String name) {
    Node value = values.get(name);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof SequenceNode sequence)) {
      throw file.error(
          value, "`" + name + "` of " + what + " must be a list, and is " + seen(value));
    }
    return sequence.getValue();
  }

  /// A list of words; empty if the key is not there.
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (Node part : sequence(name)) {
      texts.add(text(name, part));
    }
    return texts;
  }

  /// A list of some words; empty if the key is not there.
  public List<String> someOf(String name, Collection<String> words) {
    List<String> texts = new ArrayList<>();
    for (Node part : sequence(name)) {
      texts.add(oneOf(name, part, words));
    }
    return texts;
  }

  /// A word, or a list of words.
  public List<Node> oneOrMore(String name) {
    Node value = required(name);
    List<Node> parts =
        value instanceof SequenceNode sequence ? sequence.getValue() : List.of(value);
    if (parts.isEmpty()) {
      throw file.error(value, "`" + name + "` of " + what + " is an empty list");
    }
    return parts;
  }

  /// What a value is, for complaints.
  public String seen(Node value) {
    return switch (value) {
      case MappingNode mapping -> "a mapping";
      case SequenceNode sequence -> "a list";
      case ScalarNode scalar ->
          scalar.getValue().isEmpty() ? "empty" : "`" + YamlDocument.quote(scalar.getValue()) + "`";
      default -> "something else";
    };
  }
}
