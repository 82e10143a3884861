// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.yaml.YamlDocument;
import dev.trapline.yaml.YamlFields;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/// The part of [StudyYaml] that reads claims and the selectors in them.
final class ClaimYaml {
  private static final List<String> KINDS =
      List.of(
          "per-call-size",
          "ratio",
          "per-message",
          "reduction",
          "ordering",
          "mechanism",
          "catalogue",
          "association");
  private static final List<String> SIZES =
      List.of("B", "KB", "kB", "KiB", "MB", "MiB", "GB", "GiB");
  private static final List<String> SELECTOR_KEYS =
      List.of(
          "environment",
          "test",
          "role",
          "side",
          "thread",
          "syscall",
          "outcome",
          "derived",
          "per",
          "absent_means_zero_for");
  private static final List<String> UNITS_OF_WORK = List.of("message", "GiB");

  private final YamlDocument file;
  private final Collection<String> environments;
  private final Collection<String> tests;

  ClaimYaml(YamlDocument file, Collection<String> environments, Collection<String> tests) {
    this.file = file;
    this.environments = environments;
    this.tests = tests;
  }

  /// Kinds of claims and keys of selectors, for the test that holds the documentation to them.
  static List<String> allWords() {
    List<String> words = new ArrayList<>(KINDS);
    words.addAll(SELECTOR_KEYS);
    return words;
  }

  List<Claim> claims(YamlFields root) {
    List<Claim> claims = new ArrayList<>();
    Map<String, Place> places = new HashMap<>();
    for (Node node : root.sequence("claims")) {
      Claim claim = claim(node);
      Place before = places.putIfAbsent(claim.id(), claim.place());
      if (before != null) {
        throw file.error(
            node,
            "another claim has the id `"
                + YamlDocument.quote(claim.id())
                + "`, in line "
                + before.line(),
            "give each claim an id of its own");
      }
      claims.add(claim);
    }
    return claims;
  }

  private Claim claim(Node node) {
    String kind = YamlFields.names(file, node, "a claim").oneOf("kind", KINDS);
    List<String> keys = new ArrayList<>(List.of("id", "says", "kind"));
    keys.addAll(
        switch (kind) {
          case "per-call-size" -> List.of("bytes", "calls", "stated");
          case "ratio" -> List.of("of", "to", "stated");
          case "per-message" -> List.of("of", "messages", "stated");
          case "reduction" -> List.of("from", "to", "stated", "per", "differs_in");
          case "ordering" -> List.of("greater", "smaller");
          case "mechanism" -> List.of("calls", "needs");
          case "catalogue" -> List.of("syscalls", "property", "stated");
          default -> List.of("across", "candidate", "outcome", "stated");
        });
    keys.add("caution");
    YamlFields fields = YamlFields.of(file, node, "a claim of kind " + kind, keys);
    String id = fields.text("id");
    String says = fields.text("says");
    String caution = fields.optionalText("caution");
    Place place = StudyFigures.place(fields);
    return switch (kind) {
      case "per-call-size" -> {
        YamlFields stated = part(fields, "stated", List.of("value", "unit", "rounded"));
        yield new Claim.PerCallSize(
            id,
            says,
            selector(fields, "bytes"),
            selector(fields, "calls"),
            StudyFigures.figure(stated, "value", stated.flag("rounded")),
            stated.oneOf("unit", SIZES),
            caution,
            place);
      }
      case "ratio" ->
          new Claim.Ratio(
              id,
              says,
              selector(fields, "of"),
              selector(fields, "to"),
              stated(fields),
              caution,
              place);
      case "per-message" ->
          new Claim.PerMessage(
              id,
              says,
              selector(fields, "of"),
              selector(fields, "messages"),
              stated(fields),
              caution,
              place);
      case "reduction" -> reduction(fields, id, says, caution, place);
      case "ordering" ->
          new Claim.Ordering(
              id, says, selector(fields, "greater"), selector(fields, "smaller"), caution, place);
      case "mechanism" ->
          new Claim.Mechanism(
              id,
              says,
              fields.has("calls") ? selector(fields, "calls") : null,
              fields.texts("needs"),
              caution,
              place);
      case "catalogue" -> catalogue(fields, id, says, caution, place);
      default -> association(fields, id, says, caution, place);
    };
  }

  /// A number, or `{value, rounded}`.
  private Figure stated(YamlFields fields) {
    if (!(fields.required("stated") instanceof MappingNode)) {
      return StudyFigures.figure(fields, "stated", false);
    }
    YamlFields stated = part(fields, "stated", List.of("value", "rounded"));
    return StudyFigures.figure(stated, "value", stated.flag("rounded"));
  }

  private YamlFields part(YamlFields fields, String name, List<String> keys) {
    return YamlFields.of(file, fields.required(name), "`" + name + "`", keys);
  }

  private Claim reduction(
      YamlFields fields, String id, String says, @Nullable String caution, Place place) {
    YamlFields stated = part(fields, "stated", List.of("percent", "at_least"));
    return new Claim.Reduction(
        id,
        says,
        selector(fields, "from"),
        selector(fields, "to"),
        StudyYaml.percent(file, stated, "percent"),
        stated.flag("at_least"),
        fields.optionalOneOf("per", UNITS_OF_WORK),
        fields.texts("differs_in"),
        caution,
        place);
  }

  private Claim catalogue(
      YamlFields fields, String id, String says, @Nullable String caution, Place place) {
    List<String> names = new ArrayList<>();
    for (Node node : fields.oneOrMore("syscalls")) {
      names.add(StudyYaml.syscall(file, fields, "syscalls", node));
    }
    fields.required("stated");
    return new Claim.OfCatalogue(
        id,
        says,
        names,
        fields.oneOf("property", List.of("vdso")),
        fields.flag("stated"),
        caution,
        place);
  }

  private Claim association(
      YamlFields fields, String id, String says, @Nullable String caution, Place place) {
    if (fields.has("across")) {
      fields.oneOf("across", List.of("environments"));
    }
    YamlFields stated = part(fields, "stated", List.of("sign"));
    return new Claim.Association(
        id,
        says,
        selector(fields, "candidate"),
        fields.oneOf("outcome", StudyOutcome.NAMES),
        stated.oneOf("sign", List.of("positive", "negative")).equals("positive"),
        caution,
        place);
  }

  private Selector selector(YamlFields claim, String name) {
    YamlFields fields = part(claim, name, SELECTOR_KEYS);
    int whats = 0;
    for (String what : List.of("syscall", "outcome", "derived")) {
      whats += fields.has(what) ? 1 : 0;
    }
    if (whats != 1) {
      throw file.error(
          fields.node(),
          "`"
              + name
              + "` must have exactly one of `syscall`, `outcome` and `derived`, and has "
              + whats);
    }
    for (String ofCounts : List.of("role", "side", "thread", "absent_means_zero_for")) {
      if (fields.has(ofCounts) && !fields.has("syscall")) {
        throw file.error(
            fields.node(), "`" + ofCounts + "` selects among counts, and `" + name + "` has none");
      }
    }
    String role = fields.optionalOneOf("role", List.of("server", "client"));
    String side = fields.optionalOneOf("side", List.of("unknown"));
    if (role != null && side != null) {
      throw file.error(fields.node(), "`role` and `side: unknown` contradict each other");
    }
    String derived = fields.optionalOneOf("derived", List.of(Selector.MESSAGES_FROM_TIME));
    String environment = fields.optionalOneOf("environment", environments);
    if (derived != null && environment == null) {
      throw file.error(fields.node(), "what is derived needs an `environment`");
    }
    List<String> syscalls = new ArrayList<>();
    if (fields.has("syscall")) {
      for (Node node : fields.oneOrMore("syscall")) {
        syscalls.add(StudyYaml.syscall(file, fields, "syscall", node));
      }
    }
    return new Selector(
        environment,
        fields.optionalOneOf("test", tests),
        role,
        side != null,
        fields.optionalText("thread"),
        syscalls,
        fields.optionalOneOf("outcome", StudyOutcome.NAMES),
        derived,
        fields.optionalOneOf("per", UNITS_OF_WORK),
        fields.someOf("absent_means_zero_for", environments),
        StudyFigures.place(fields));
  }
}
