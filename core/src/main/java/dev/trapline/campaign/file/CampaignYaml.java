// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import dev.trapline.TraplineException;
import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.campaign.StopRule;
import dev.trapline.yaml.YamlDialect;
import dev.trapline.yaml.YamlDocument;
import dev.trapline.yaml.YamlFields;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/// Reads a campaign's file. It is strict, and it tells everything that is wrong at once: each value
/// is read by itself, and a complaint about one does not keep the others from being read.
final class CampaignYaml {
  static final List<String> KEYS =
      List.of(
          "campaign",
          "nodes",
          "environments",
          "tests",
          "repeats",
          "controls",
          "duration",
          "warm-up",
          "cool-down",
          "clients",
          "seed",
          "cpus",
          "capture",
          "stop");
  static final List<String> NODE_KEYS = List.of("ssh", "user", "port", "key", "config", "address");
  static final List<String> MACHINE_KEYS =
      List.of(
          "topology",
          "accelerator",
          "machine",
          "vcpus",
          "memory",
          "queues",
          "guest-kernel",
          "guest-initrd",
          "guest-rootfs",
          "firecracker");
  static final List<String> CAPTURE_KEYS = List.of("source", "level");
  static final List<String> STOP_KEYS = List.of("within", "confidence");
  static final List<String> SOURCES = List.of("auto", "ebpf", "perf", "strace");
  static final List<String> LEVELS = List.of("light", "full");
  static final List<String> TOPOLOGIES = List.of("guest-guest", "host-guest");

  static final int MOST_REPEATS = 100;
  static final int MOST_TRIALS = 100_000;
  private static final int USUAL_REPEATS = 3;
  private static final int USUAL_SECONDS = 10;
  private static final int LONGEST_DURATION = 86_400;
  private static final int LONGEST_PAUSE = 3600;
  private static final String FORMAT =
      "docs/reference/campaign-file.md has every key; `trapline campaign init` prints an example";

  /// What names a folder and stands in a table without quotes.
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,39}");

  private static final Pattern CPUS =
      Pattern.compile("any|split|[0-9]+(?:[-,][0-9]+)*:[0-9]+(?:[-,][0-9]+)*");
  private static final Pattern NUMERIC_ADDRESS =
      Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
  private static final Pattern SSH_WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.:@%-]{0,252}");

  private static final YamlDialect DIALECT =
      new YamlDialect("CAMPAIGN-INVALID", "campaign", FORMAT, List.of(), false, true);

  private final List<TraplineException> complaints = new ArrayList<>();
  private final String text;
  private final String source;
  private final List<String> environmentKinds;
  private final YamlDocument file;
  private final YamlFields root;

  private CampaignYaml(String text, String source, List<String> environmentKinds) {
    this.text = text;
    this.source = source;
    this.environmentKinds = environmentKinds;
    YamlDocument.Opened opened = YamlDocument.of(text, source, DIALECT, complaints::add);
    file = opened.file();
    root = YamlFields.of(file, opened.root(), "a campaign", KEYS);
  }

  static CampaignFile read(Path path, List<String> environmentKinds) {
    return parse(YamlDocument.textOf(path, DIALECT), path.toString(), environmentKinds);
  }

  static CampaignFile parse(String text, String source, List<String> environmentKinds) {
    return new CampaignYaml(text, source, environmentKinds).campaign();
  }

  private CampaignFile campaign() {
    String name = attempt(() -> name(root, "campaign"));
    List<CampaignNode> nodes = nodes();
    List<CampaignEnvironment> environments = environments(nodes);
    int repeats = wholeOr("repeats", USUAL_REPEATS, 0, MOST_REPEATS);
    int controls = wholeOr("controls", repeats, 0, MOST_REPEATS);
    if (repeats + controls == 0) {
      complain(
          root.required("repeats"), "with no repeats and no controls nothing runs", "repeats: 3");
    }
    List<PlannedWorkload> tests = tests();
    checkNames(tests);
    Long seed = attempt(this::seed);
    String cpus = attempt(this::cpus);
    StopRule stop = attempt(this::stop);
    if (stop != null && controls == 0) {
      complain(
          root.required("stop"),
          "`stop` looks at control trials, and `controls` is 0",
          "leave `controls` out, or remove `stop`");
    }
    int warmUp = secondsOr("warm-up", 0, LONGEST_DURATION);
    Integer coolDown = attempt(() -> millis(root, "cool-down", LONGEST_PAUSE));
    Capture capture = capture();
    long trials = (long) environments.size() * tests.size() * (repeats + controls);
    if (trials > MOST_TRIALS) {
      complain(
          root.node(),
          "these are " + trials + " trials, and a campaign has " + MOST_TRIALS + " at the most",
          "make the sweeps shorter, or two campaigns of it");
    }
    refuseIfWrong();
    return new CampaignFile(
        name == null ? "" : name,
        nodes,
        environments,
        tests,
        repeats,
        controls,
        warmUp,
        coolDown == null ? 0 : coolDown,
        seed,
        cpus == null ? "split" : cpus,
        capture.source(),
        capture.level(),
        stop,
        text);
  }

  private void refuseIfWrong() {
    if (complaints.isEmpty()) {
      return;
    }
    TraplineException first = complaints.getFirst();
    if (complaints.size() == 1) {
      throw first;
    }
    StringBuilder all =
        new StringBuilder(source).append(" has ").append(complaints.size()).append(" errors:");
    for (TraplineException complaint : complaints) {
      all.append("\n  ").append(complaint.getMessage());
      if (!complaint.remedy().equals(FORMAT)) {
        all.append(" (").append(complaint.remedy()).append(')');
      }
    }
    throw new TraplineException("CAMPAIGN-INVALID", all.toString(), FORMAT, first);
  }

  // ---- parts ---------------------------------------------------------------------------

  private List<CampaignNode> nodes() {
    List<CampaignNode> nodes = new ArrayList<>();
    Node node = root.optional("nodes");
    YamlFields all = node == null ? null : attempt(() -> YamlFields.names(file, node, "`nodes`"));
    if (all == null) {
      return nodes;
    }
    for (String name : all.names()) {
      if (!NAME.matcher(name).matches()) {
        complain(all.key(name), notAName(name), FORMAT);
      }
      YamlFields fields =
          attempt(() -> YamlFields.of(file, all.required(name), "a node", NODE_KEYS));
      if (fields != null) {
        String address = attempt(() -> address(fields));
        CampaignNode.Ssh ssh = ssh(fields);
        nodes.add(new CampaignNode(name, ssh, address == null ? "" : address));
      }
    }
    return nodes;
  }

  private CampaignNode.@Nullable Ssh ssh(YamlFields fields) {
    String host = attempt(() -> sshWord(fields, "ssh"));
    String user = attempt(() -> sshWord(fields, "user"));
    Integer port =
        fields.has("port")
            ? attempt(() -> whole(fields, "port", fields.required("port"), 1, 65_535))
            : null;
    String key = attempt(() -> fields.optionalText("key"));
    String config = attempt(() -> fields.optionalText("config"));
    boolean options = user != null || port != null || key != null || config != null;
    if (host == null && !fields.has("ssh") && options) {
      complain(
          fields.node(),
          "a node with `user`, `port`, `key` or `config` is reached by ssh, and `ssh` is missing",
          "ssh: HOST");
    }
    return host == null ? null : new CampaignNode.Ssh(host, user, port, key, config);
  }

  /// What begins with a dash would be an option of ssh's.
  private @Nullable String sshWord(YamlFields fields, String key) {
    String word = fields.optionalText(key);
    if (word != null && !SSH_WORD.matcher(word).matches()) {
      throw file.error(
          fields.required(key),
          "`"
              + key
              + "` must be one word without blanks, and is "
              + fields.seen(fields.required(key)),
          "a password is never given here; ssh's agent, keys and configuration are used");
    }
    return word;
  }

  private String address(YamlFields fields) {
    String address = fields.text("address");
    if (!NUMERIC_ADDRESS.matcher(address).matches()) {
      throw file.error(
          fields.required("address"),
          "`address` must be a numeric address, and is " + fields.seen(fields.required("address")),
          "the address under test, such as 192.0.2.1; names are resolved differently by each tool");
    }
    return address;
  }

  private List<CampaignEnvironment> environments(List<CampaignNode> nodes) {
    List<CampaignEnvironment> environments = new ArrayList<>();
    Set<String> kinds = new HashSet<>();
    for (Node node : listOf("environments")) {
      CampaignEnvironment environment =
          node instanceof MappingNode ? environment(node, nodes) : attempt(() -> ofWord(node));
      if (environment != null) {
        if (!kinds.add(environment.kind())) {
          complain(node, "the environment `" + environment.kind() + "` stands twice", "keep one");
        }
        environments.add(environment);
      }
    }
    return environments;
  }

  private CampaignEnvironment ofWord(Node node) {
    String kind = root.oneOf("environments", node, environmentKinds);
    return new CampaignEnvironment(kind, new LinkedHashMap<>(), null, List.of());
  }

  private @Nullable CampaignEnvironment environment(Node node, List<CampaignNode> nodes) {
    List<String> known = new ArrayList<>(List.of("kind", "server", "clients"));
    known.addAll(MACHINE_KEYS);
    YamlFields fields = YamlFields.of(file, node, "an environment", known);
    List<String> kinds = new ArrayList<>(environmentKinds);
    kinds.add(CampaignEnvironment.HOSTS);
    String kind = attempt(() -> fields.oneOf("kind", kinds));
    if (kind == null) {
      return null;
    }
    boolean hosts = kind.equals(CampaignEnvironment.HOSTS);
    SequencedMap<String, String> options = new LinkedHashMap<>();
    for (String key : MACHINE_KEYS) {
      if (fields.has(key)) {
        if (hosts || kind.equals("netns") || kind.equals("loopback")) {
          complain(
              fields.key(key),
              "`" + key + "` is for virtual machines, and this is " + kind,
              "remove it");
        }
        String value = attempt(() -> machineOption(fields, key));
        if (value != null) {
          options.put(key, value);
        }
      }
    }
    List<String> names = nodes.stream().map(CampaignNode::name).toList();
    if (!hosts) {
      for (String key : List.of("server", "clients")) {
        if (fields.has(key)) {
          complain(
              fields.key(key),
              "`" + key + "` is for the kind hosts, and this is " + kind,
              "remove it");
        }
      }
      return new CampaignEnvironment(kind, options, null, List.of());
    }
    String server = attempt(() -> fields.oneOf("server", names));
    List<String> clients = new ArrayList<>();
    List<Node> parts = attempt(() -> fields.oneOrMore("clients"));
    for (Node part : parts == null ? List.<Node>of() : parts) {
      String client = attempt(() -> fields.oneOf("clients", part, names));
      if (client != null) {
        clients.add(client);
      }
    }
    return new CampaignEnvironment(kind, options, server, clients);
  }

  private String machineOption(YamlFields fields, String key) {
    Node value = fields.required(key);
    return switch (key) {
      case "topology" -> fields.oneOf(key, TOPOLOGIES);
      case "vcpus" -> Integer.toString(whole(fields, key, value, 1, 64));
      case "queues" -> Integer.toString(whole(fields, key, value, 1, 64));
      case "memory" -> Long.toString(bytes(fields, key, value, 64L << 20, 1L << 40) >> 20);
      default -> fields.text(key);
    };
  }

  private List<PlannedWorkload> tests() {
    int seconds = secondsOr("duration", USUAL_SECONDS, LONGEST_DURATION);
    if (root.has("duration") && seconds == 0) {
      complain(root.required("duration"), "a `duration` of 0 s measures nothing", "duration: 10s");
    }
    int clients = wholeOr("clients", 1, 1, PlannedWorkload.MOST_CLIENTS);
    TestYaml reader = new TestYaml(this, Math.max(1, seconds), clients);
    List<PlannedWorkload> tests = new ArrayList<>();
    for (Node node : listOf("tests")) {
      List<PlannedWorkload> read = attempt(() -> reader.read(node));
      if (read != null) {
        tests.addAll(read);
      }
    }
    return tests;
  }

  private void checkNames(List<PlannedWorkload> tests) {
    Set<String> names = new HashSet<>();
    for (PlannedWorkload test : tests) {
      if (!names.add(test.name())) {
        complain(
            root.required("tests"),
            "two tests are called `" + test.name() + "`",
            "give each a `name` of its own");
        return;
      }
    }
  }

  /// The parts of a list that must have some.
  private List<Node> listOf(String key) {
    List<Node> parts = attempt(() -> root.sequence(key));
    if (parts == null) {
      return List.of();
    }
    if (parts.isEmpty()) {
      complain(
          root.has(key) ? root.required(key) : root.node(),
          "a campaign needs `" + key + "`, and has none",
          FORMAT);
    }
    return parts;
  }

  private @Nullable Long seed() {
    return root.has("seed") ? Long.valueOf(root.wholeNumber("seed").longValueExact()) : null;
  }

  private @Nullable String cpus() {
    String words = root.optionalText("cpus");
    if (words != null && !CPUS.matcher(words).matches()) {
      throw file.error(
          root.required("cpus"),
          "`cpus` must be split, any, or two lists, and is " + root.seen(root.required("cpus")),
          "cpus: \"0-3:4-7\", the server's and the client's");
    }
    return words;
  }

  private record Capture(String source, String level) {}

  private Capture capture() {
    Node node = root.optional("capture");
    YamlFields fields =
        node == null ? null : attempt(() -> YamlFields.of(file, node, "`capture`", CAPTURE_KEYS));
    if (fields == null) {
      return new Capture("auto", "full");
    }
    String captureSource = attempt(() -> fields.optionalOneOf("source", SOURCES));
    String level = attempt(() -> fields.optionalOneOf("level", LEVELS));
    return new Capture(
        captureSource == null ? "auto" : captureSource, level == null ? "full" : level);
  }

  private @Nullable StopRule stop() {
    Node node = root.optional("stop");
    if (node == null) {
      return null;
    }
    YamlFields fields = YamlFields.of(file, node, "`stop`", STOP_KEYS);
    double within = percent(fields, "within");
    double confidence = fields.has("confidence") ? percent(fields, "confidence") : 0.95;
    return new StopRule(within, confidence);
  }

  // ---- values --------------------------------------------------------------------------

  YamlDocument file() {
    return file;
  }

  void complain(Node node, String fact, String remedy) {
    complaints.add(file.error(node, fact, remedy));
  }

  /// A value, or null after a complaint.
  <T extends @Nullable Object> @Nullable T attempt(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (TraplineException complaint) {
      complaints.add(complaint);
      return null;
    }
  }

  /// A value, or null if it cannot be read, which somebody else tells.
  <T> @Nullable T quiet(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (TraplineException complaint) {
      return null;
    }
  }

  String name(YamlFields fields, String key) {
    String name = fields.text(key);
    if (!NAME.matcher(name).matches()) {
      throw file.error(fields.required(key), notAName(name), FORMAT);
    }
    return name;
  }

  private static String notAName(String name) {
    return "`"
        + YamlDocument.quote(name)
        + "` is no name: it must begin with a letter or digit and have lower case letters, digits,"
        + " `.`, `_` and `-`, 40 at the most";
  }

  private int wholeOr(String key, int usual, int least, int most) {
    if (!root.has(key)) {
      return usual;
    }
    Integer value = attempt(() -> whole(root, key, root.required(key), least, most));
    return value == null ? usual : value;
  }

  int whole(YamlFields fields, String key, Node value, int least, int most) {
    BigDecimal number = fields.wholeNumber(key, value);
    if (number.compareTo(BigDecimal.valueOf(least)) < 0
        || number.compareTo(BigDecimal.valueOf(most)) > 0) {
      throw file.error(
          value,
          "`" + key + "` must be from " + least + " to " + most + ", and is " + fields.seen(value));
    }
    return number.intValueExact();
  }

  private int secondsOr(String key, int usual, int most) {
    if (!root.has(key)) {
      return usual;
    }
    Integer value = attempt(() -> seconds(root, key, 0, most));
    return value == null ? usual : value;
  }

  /// Whole seconds: what the tools take.
  int seconds(YamlFields fields, String key, int least, int most) {
    Node value = fields.required(key);
    OptionalLong millis = Amounts.millis(fields.text(key, value));
    if (millis.isEmpty()
        || millis.getAsLong() % 1000 != 0
        || millis.getAsLong() < least * 1000L
        || millis.getAsLong() > most * 1000L) {
      throw file.error(
          value,
          "`"
              + key
              + "` must be whole seconds from "
              + least
              + "s to "
              + most
              + "s, and is "
              + fields.seen(value),
          "write it as 30s or 2min");
    }
    return (int) (millis.getAsLong() / 1000);
  }

  private @Nullable Integer millis(YamlFields fields, String key, int mostSeconds) {
    Node value = fields.optional(key);
    if (value == null) {
      return null;
    }
    OptionalLong millis = Amounts.millis(fields.text(key, value));
    if (millis.isEmpty() || millis.getAsLong() > mostSeconds * 1000L) {
      throw file.error(
          value,
          "`" + key + "` must be from 0s to " + mostSeconds + "s, and is " + fields.seen(value),
          "write it as 500ms or 2s");
    }
    return (int) millis.getAsLong();
  }

  long bytes(YamlFields fields, String key, Node value, long least, long most) {
    OptionalLong bytes = Amounts.bytes(fields.text(key, value));
    if (bytes.isEmpty() || bytes.getAsLong() < least || bytes.getAsLong() > most) {
      throw file.error(
          value,
          "`"
              + key
              + "` must be from "
              + least
              + " to "
              + most
              + " bytes, and is "
              + fields.seen(value),
          "write it as 1400, 128KiB or 1MiB; KB is not taken, since it means two things");
    }
    return bytes.getAsLong();
  }

  private double percent(YamlFields fields, String key) {
    Node value = fields.required(key);
    OptionalLong millionths = Amounts.millionths(fields.text(key, value));
    if (millionths.isEmpty() || millionths.getAsLong() < 1000 || millionths.getAsLong() > 999_900) {
      throw file.error(
          value,
          "`" + key + "` must be from 0.1% to 99.99%, and is " + fields.seen(value),
          "write it as 5%");
    }
    return millionths.getAsLong() / 1e6;
  }
}
