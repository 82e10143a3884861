// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.TraplineException;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.ObjectKind;
import dev.trapline.yaml.YamlDocument;
import dev.trapline.yaml.YamlFields;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/// Reads a study from its YAML file; docs/reference/study.md is the format.
///
/// It is strict: what it does not know is an error with the line, never passed over, because a
/// misspelt key would make a figure disappear. It checks form and references, not truth: whether a
/// claim holds is for `audit`. Digits are kept as written.
public final class StudyYaml {
  private static final List<String> ROLES = List.of("server", "client");
  private static final List<String> UNITS =
      List.of("B", "KB", "kB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB");
  private static final List<String> STUDY_KEYS =
      List.of(
          "study",
          "tools",
          "environments",
          "outcomes",
          "counts",
          "shares",
          "also_seen_without_a_count",
          "assumptions",
          "claims",
          "notes");
  private static final List<String> COUNT_KEYS =
      List.of(
          "environment",
          "test",
          "role",
          "side",
          "syscall",
          "calls",
          "rounded",
          "thread",
          "object",
          "request",
          "run");

  private static final List<String> ENVIRONMENT_KEYS =
      List.of("label", "virtualised", "vmm", "network");
  private static final List<String> SHARE_KEYS =
      List.of("environment", "test", "role", "side", "of", "values");

  private final YamlDocument file;
  private final YamlFields root;
  private final SortedMap<String, String> tools = new TreeMap<>();
  private final List<StudyEnvironment> environments = new ArrayList<>();
  private final Set<String> environmentIds = new LinkedHashSet<>();

  private StudyYaml(YamlDocument.Opened opened) {
    file = opened.file();
    root = YamlFields.of(file, opened.root(), "a study", STUDY_KEYS);
  }

  /// The study that a file holds.
  ///
  /// @throws TraplineException `STUDY-INVALID` with file and line
  public static Study read(Path path) {
    return new StudyYaml(YamlDocument.open(path, StudyFigures.DIALECT)).study(path.toString());
  }

  /// As [#read], of text that is in memory.
  ///
  /// @param source what errors and places call it
  /// @throws TraplineException `STUDY-INVALID` with source and line
  public static Study parse(String text, String source) {
    return new StudyYaml(YamlDocument.of(text, source, StudyFigures.DIALECT)).study(source);
  }

  /// Every key outside of claims, for the test that holds the documentation to it.
  static List<String> allKeys() {
    List<String> keys = new ArrayList<>(STUDY_KEYS);
    keys.addAll(ENVIRONMENT_KEYS);
    keys.addAll(COUNT_KEYS);
    keys.addAll(SHARE_KEYS);
    return keys;
  }

  private Study study(String source) {
    String name = root.text("study");
    readTools();
    readEnvironments();
    List<StudyOutcome> outcomes = outcomes();
    List<StudyCount> counts = counts();
    return new Study(
        name,
        source,
        tools,
        environments,
        outcomes,
        counts,
        shares(),
        alsoSeen(),
        assumptions(),
        new ClaimYaml(file, environmentIds, tools.keySet()).claims(root),
        root.texts("notes"));
  }

  private void readTools() {
    YamlFields fields = YamlFields.names(file, root.required("tools"), "`tools`");
    if (fields.names().isEmpty()) {
      throw file.error(fields.node(), "`tools` names no test, so no figure could belong to one");
    }
    for (String test : fields.names()) {
      tools.put(test, fields.text(test));
    }
  }

  private void readEnvironments() {
    YamlFields all = YamlFields.names(file, root.required("environments"), "`environments`");
    if (all.names().isEmpty()) {
      throw file.error(all.node(), "`environments` has none, so there is nothing to study");
    }
    for (String id : all.names()) {
      YamlFields fields = YamlFields.of(file, all.required(id), "an environment", ENVIRONMENT_KEYS);
      String label = fields.optionalText("label");
      environments.add(
          new StudyEnvironment(
              id,
              label == null ? id : label,
              fields.optionalBoolean("virtualised"),
              fields.optionalText("vmm"),
              fields.optionalText("network"),
              StudyFigures.place(file, all.key(id))));
      environmentIds.add(id);
    }
  }

  // ---- figures -------------------------------------------------------------------------

  private List<StudyOutcome> outcomes() {
    List<StudyOutcome> outcomes = new ArrayList<>();
    Node node = root.optional("outcomes");
    if (node == null) {
      return outcomes;
    }
    YamlFields all = YamlFields.of(file, node, "`outcomes`", List.copyOf(environmentIds));
    for (String environment : all.names()) {
      YamlFields fields =
          YamlFields.of(
              file, all.required(environment), "an environment's outcomes", StudyOutcome.NAMES);
      for (String name : fields.names()) {
        outcomes.add(outcome(environment, name, fields));
      }
    }
    return outcomes;
  }

  private StudyOutcome outcome(String environment, String name, YamlFields fields) {
    Node value = fields.required(name);
    boolean needsUnit = name.equals(StudyOutcome.TRANSFERRED);
    if (!(value instanceof MappingNode)) {
      Figure figure = StudyFigures.figure(fields, name, false);
      if (needsUnit) {
        throw file.error(
            value,
            "`" + name + "` has no unit of its own, and none is given",
            "write {value: "
                + figure.value().toPlainString()
                + ", unit_as_written: GB} with the unit that stands there");
      }
      return new StudyOutcome(environment, name, figure, null, null);
    }
    YamlFields parts =
        YamlFields.of(
            file,
            value,
            "`" + name + "`",
            needsUnit
                ? List.of("value", "rounded", "unit_as_written", "run")
                : List.of("value", "rounded", "run"));
    return new StudyOutcome(
        environment,
        name,
        StudyFigures.figure(parts, "value", parts.flag("rounded")),
        needsUnit ? parts.oneOf("unit_as_written", UNITS) : null,
        parts.optionalText("run"));
  }

  private List<StudyCount> counts() {
    List<StudyCount> counts = new ArrayList<>();
    Map<StudyCount, Place> places = new HashMap<>();
    for (Node node : root.sequence("counts")) {
      StudyCount count = count(YamlFields.of(file, node, "a count", COUNT_KEYS));
      Place before = places.putIfAbsent(identity(count), StudyFigures.place(file, node));
      if (before != null) {
        throw file.error(
            node,
            "the same calls have a count in line " + before.line() + " already",
            "keep one, or tell them apart with `role`, `thread`, `object`, `request` or `run`");
      }
      counts.add(count);
    }
    return counts;
  }

  private StudyCount count(YamlFields fields) {
    String object = fields.optionalOneOf("object", objectLabels());
    return new StudyCount(
        fields.oneOf("environment", environmentIds),
        fields.oneOf("test", tools.keySet()),
        role(fields),
        syscall(file, fields, "syscall", fields.required("syscall")),
        object == null ? null : ObjectKind.ofLabel(object),
        fields.optionalText("request"),
        fields.optionalText("thread"),
        StudyFigures.count(fields, "calls", fields.flag("rounded")),
        null,
        fields.optionalText("run"));
  }

  private static List<String> objectLabels() {
    return Arrays.stream(ObjectKind.values()).map(ObjectKind::label).toList();
  }

  /// The same count without its figure, and with the syscall's proper name.
  private static StudyCount identity(StudyCount count) {
    return new StudyCount(
        count.environment(),
        count.test(),
        count.role(),
        SyscallCatalogue.instance().byName(count.syscall()).orElseThrow().name(),
        count.object(),
        count.request(),
        count.thread(),
        Figure.exact(0, new Place("", 0)),
        null,
        count.run());
  }

  /// Null where the file says that the side is not told; that nothing is said at all is an error.
  private @Nullable String role(YamlFields fields) {
    String role = fields.optionalOneOf("role", ROLES);
    String side = fields.optionalOneOf("side", List.of("unknown"));
    if ((role == null) == (side == null)) {
      throw file.error(
          fields.node(),
          role == null
              ? "neither `role` nor `side: unknown` tells which side this is of"
              : "`role` and `side: unknown` contradict each other",
          "write `role: server`, `role: client`, or `side: unknown` if the study does not tell");
    }
    return role;
  }

  private List<StudyShare> shares() {
    List<StudyShare> shares = new ArrayList<>();
    for (Node node : root.sequence("shares")) {
      YamlFields fields = YamlFields.of(file, node, "a share", SHARE_KEYS);
      YamlFields values = YamlFields.names(file, fields.required("values"), "`values`");
      SequencedMap<String, Figure> percents = new LinkedHashMap<>();
      for (String name : values.names()) {
        percents.put(name, percent(file, values, name));
      }
      if (percents.isEmpty()) {
        throw file.error(fields.required("values"), "`values` of a share has none");
      }
      shares.add(
          new StudyShare(
              fields.oneOf("environment", environmentIds),
              fields.oneOf("test", tools.keySet()),
              role(fields),
              fields.text("of"),
              percents,
              StudyFigures.place(fields)));
    }
    return shares;
  }

  /// 0 to 100.
  static Figure percent(YamlDocument file, YamlFields fields, String name) {
    Figure percent = StudyFigures.figure(fields, name, false);
    if (percent.number() > 100) {
      throw file.error(
          fields.required(name),
          "`"
              + YamlDocument.quote(name)
              + "` is a percentage, and is "
              + percent.value().toPlainString(),
          "give it as 0 to 100");
    }
    return percent;
  }

  private List<String> alsoSeen() {
    String key = "also_seen_without_a_count";
    Set<String> seen = new LinkedHashSet<>();
    for (Node node : root.sequence(key)) {
      String name = syscall(file, root, key, node);
      if (!seen.add(name)) {
        throw file.error(node, "`" + name + "` is named twice", "keep one of them");
      }
    }
    return List.copyOf(seen);
  }

  /// A name as written that the catalogue knows.
  static String syscall(YamlDocument file, YamlFields fields, String key, Node node) {
    String name = fields.text(key, node);
    if (SyscallCatalogue.instance().byName(name).isEmpty()) {
      Syscall nearest = SyscallCatalogue.instance().nearest(name, 1).getFirst();
      throw file.error(
          node,
          "`" + YamlDocument.quote(name) + "` is no syscall of Linux",
          "did you mean `" + nearest.name() + "`? `trapline explain --list` has all");
    }
    return name;
  }

  private List<Assumption> assumptions() {
    List<Assumption> assumptions = new ArrayList<>();
    Node node = root.optional("assumptions");
    if (node == null) {
      return assumptions;
    }
    YamlFields all =
        YamlFields.of(
            file, node, "`assumptions`", List.of(Assumption.DURATION, Assumption.HALF_ROUND_TRIP));
    for (String name : all.names()) {
      YamlFields fields =
          YamlFields.of(
              file, all.required(name), "an assumption", List.of("value", "applies_to", "basis"));
      String value = fields.text("value");
      if (name.equals(Assumption.DURATION)) {
        Figure seconds = StudyFigures.figure(fields, "value", false);
        if (seconds.value().signum() == 0) {
          throw file.error(fields.required("value"), "a duration of 0 s cannot be divided by");
        }
      } else {
        fields.optionalBoolean("value");
      }
      assumptions.add(
          new Assumption(
              name,
              value,
              fields.someOf("applies_to", tools.keySet()),
              fields.text("basis"),
              StudyFigures.place(file, all.key(name))));
    }
    return assumptions;
  }
}
