// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.trapline.TraplineException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// The schema and the reader are written apart, and hold each other to what they say.
class CampaignSchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode DOCUMENT = JSON.readTree(CampaignTemplates.schema());
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(CampaignTemplates.schema(), InputFormat.JSON);

  private static List<String> schemaErrors(String yaml) {
    return SCHEMA.validate(yaml, InputFormat.YAML).stream().map(Object::toString).toList();
  }

  private static Optional<String> readerError(String yaml) {
    try {
      CampaignFile.parse(yaml, "c.yaml", CampaignFileTest.KINDS);
      return Optional.empty();
    } catch (TraplineException refused) {
      return Optional.of(refused.rendered());
    }
  }

  @Test
  void bothTakeTheExample() {
    assertThat(schemaErrors(CampaignTemplates.example())).isEmpty();
    assertThat(readerError(CampaignTemplates.example())).isEmpty();
  }

  @Test
  void bothKnowTheSameKeys() {
    assertThat(keys("")).containsExactlyInAnyOrderElementsOf(CampaignYaml.KEYS);
    assertThat(keys("/$defs/node")).containsExactlyInAnyOrderElementsOf(CampaignYaml.NODE_KEYS);
    assertThat(keys("/properties/capture"))
        .containsExactlyInAnyOrderElementsOf(CampaignYaml.CAPTURE_KEYS);
    assertThat(keys("/properties/stop"))
        .containsExactlyInAnyOrderElementsOf(CampaignYaml.STOP_KEYS);
    Set<String> test = new TreeSet<>(TestYaml.COMMON_KEYS);
    test.addAll(TestYaml.IPERF3_KEYS);
    test.addAll(TestYaml.SOCKPERF_KEYS);
    assertThat(keys("/$defs/test")).containsExactlyInAnyOrderElementsOf(test);
    Set<String> environment = new TreeSet<>(Set.of("kind", "server", "clients"));
    environment.addAll(CampaignYaml.MACHINE_KEYS);
    assertThat(keys("/$defs/environment/oneOf/1")).containsExactlyInAnyOrderElementsOf(environment);
  }

  private static List<String> keys(String place) {
    return List.copyOf(DOCUMENT.at(place + "/properties").propertyNames());
  }

  @Test
  void everyKeyOfTheSchemaIsDescribedThereAndInTheReference() throws IOException {
    String reference =
        Files.readString(java.nio.file.Path.of("..").resolve("docs/reference/campaign-file.md"));
    for (String place :
        List.of(
            "", "/$defs/node", "/$defs/test", "/$defs/environment/oneOf/1", "/properties/stop")) {
      for (Map.Entry<String, JsonNode> key : DOCUMENT.at(place + "/properties").properties()) {
        assertThat(key.getValue().has("description")).as(place + " " + key.getKey()).isTrue();
        assertThat(reference).contains("`" + key.getKey() + "`");
      }
    }
  }

  /// What a value may be, and what it may not: for both alike.
  private static final Map<String, List<List<Object>>> TOP_LEVEL =
      Map.of(
          "repeats", List.of(List.of(0, 5, 100), List.of(-1, 101, "many", "[1]")),
          "controls", List.of(List.of(1, 2), List.of(-1, "x")),
          "duration", List.of(List.of("30s", 5, "2min", "1h"), List.of("soon", "5 days", "{a: 1}")),
          "warm-up", List.of(List.of("0s", 2), List.of("x")),
          "cool-down", List.of(List.of("500ms", "1.5s"), List.of("1x")),
          "seed", List.of(List.of(0, 42), List.of(-2, "abc")),
          "cpus", List.of(List.of("any", "split", "\"0-3:4,5\""), List.of("some", "\"1\"")),
          "capture",
              List.of(
                  List.of("{source: perf}", "{level: light, source: auto}"),
                  List.of("{source: magic}", "{levle: full}", "full")),
          "stop", List.of(List.of("{within: 5%}"), List.of("{}", "{within: 5}", "5%")),
          "clients", List.of(List.of(1, 64), List.of(0, 65)));

  private static final Map<String, List<List<Object>>> IPERF3 =
      Map.of(
          "streams", List.of(List.of(1, 128, "[1, 2]"), List.of(0, 129, "[]", "[1, 0]")),
          "reverse", List.of(List.of("true", "false"), List.of("maybe")),
          "length", List.of(List.of("128KiB", 1400, "[1KiB, 2KiB]"), List.of("1KB", 0, "x")),
          "rate", List.of(List.of("unlimited", "1Gbit/s", "2.5Mbit/s"), List.of("fast", "1GB/s")),
          "protocol", List.of(List.of("tcp"), List.of("sctp")),
          "name", List.of(List.of("a", "b-1.x"), List.of("A", "\"a b\"")),
          "clients", List.of(List.of(1, 64, "[1, 8]"), List.of(0, 65)),
          "mode", List.of(List.of(), List.of("ping-pong")));

  private static final Map<String, List<List<Object>>> SOCKPERF =
      Map.of(
          "mode", List.of(List.of("ping-pong"), List.of("pingpong")),
          "message-size", List.of(List.of(64, "1KiB", "[14, 65507]"), List.of("64KB", 0)),
          "protocol", List.of(List.of("tcp", "udp"), List.of("sctp")),
          "clients", List.of(List.of(1, 64, "[1, 8]"), List.of(0, 65)),
          "streams", List.of(List.of(), List.of(2)),
          "messages-per-second", List.of(List.of(), List.of(5, "max")),
          "reply-every", List.of(List.of(), List.of(5)));

  /// Seeded, so that a failure can be run again.
  @Test
  void bothTakeTheSameFilesAndRefuseTheSame() {
    Random random = new Random(20261128);
    int refused = 0;
    for (int round = 0; round < 400; round++) {
      boolean wrong = random.nextBoolean();
      String yaml = file(random, wrong);
      List<String> schema = schemaErrors(yaml);
      Optional<String> reader = readerError(yaml);
      assertThat(schema.isEmpty())
          .as("schema says %s, the reader says %s, of:\n%s", schema, reader, yaml)
          .isEqualTo(reader.isEmpty());
      if (reader.isPresent()) {
        refused++;
      }
    }
    assertThat(refused).isBetween(100, 300);
  }

  /// A file of which all values are right, or one is wrong.
  private static String file(Random random, boolean wrong) {
    int place = random.nextInt(3);
    StringBuilder yaml = new StringBuilder("campaign: c\nenvironments: [netns]\n");
    some(TOP_LEVEL, random, wrong && place == 0)
        .forEach((key, value) -> yaml.append(key).append(": ").append(value).append('\n'));
    yaml.append("tests:\n");
    yaml.append(entry("iperf3", "bulk", some(IPERF3, random, wrong && place == 1)));
    yaml.append(entry("sockperf", "small", some(SOCKPERF, random, wrong && place == 2)));
    return yaml.toString();
  }

  private static String entry(String tool, String name, Map<String, Object> values) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("tool", tool);
    all.put("name", name);
    all.putAll(values);
    StringBuilder text = new StringBuilder("  - {");
    all.forEach((key, value) -> text.append(key).append(": ").append(value).append(", "));
    return text.append("duration: 1s}\n").toString();
  }

  private static Map<String, Object> some(
      Map<String, List<List<Object>>> keys, Random random, boolean oneIsWrong) {
    Map<String, Object> chosen = new LinkedHashMap<>();
    List<String> names = new ArrayList<>(new TreeSet<>(keys.keySet()));
    for (String name : names) {
      List<Object> right = java.util.Objects.requireNonNull(keys.get(name)).get(0);
      if (!right.isEmpty() && random.nextInt(3) == 0) {
        chosen.put(name, right.get(random.nextInt(right.size())));
      }
    }
    if (oneIsWrong) {
      String name = names.get(random.nextInt(names.size()));
      List<Object> values = java.util.Objects.requireNonNull(keys.get(name)).get(1);
      chosen.put(name, values.get(random.nextInt(values.size())));
    }
    if (chosen.containsKey("stop")) {
      chosen.remove("controls");
    }
    chosen.computeIfPresent("repeats", (_, value) -> value.equals(0) ? 1 : value);
    return chosen;
  }

  @Test
  void bothWantARateOfUdp() {
    String without = "campaign: c\nenvironments: [netns]\ntests: [{tool: iperf3, protocol: udp}]\n";
    String with = without.replace("udp", "udp, rate: unlimited");
    assertThat(schemaErrors(without)).isNotEmpty();
    assertThat(readerError(without)).isPresent();
    assertThat(schemaErrors(with)).isEmpty();
    assertThat(readerError(with)).isEmpty();
  }

  @Test
  void bothTakeAndRefuseTheSameNodesAndEnvironments() {
    String tests = "tests: [{tool: sockperf}]\n";
    for (String good :
        List.of(
            "nodes: {a: {address: 192.0.2.1}, b: {ssh: h, user: u, port: 22, key: k, config: c, address: '::1'}}\n"
                + "environments: [{kind: hosts, server: a, clients: [b]}]\n",
            "nodes: {a: {address: 192.0.2.1}}\n"
                + "environments: [{kind: hosts, server: a, clients: a}, netns]\n",
            "environments: [{kind: kvm, vcpus: 4, memory: 512MiB, queues: 2, topology: guest-guest,"
                + " accelerator: kvm, machine: q35, guest-kernel: /k, guest-rootfs: /r, firecracker: /f}]\n")) {
      String yaml = "campaign: c\n" + good + tests;
      assertThat(schemaErrors(yaml)).as(yaml).isEmpty();
      assertThat(readerError(yaml)).as(yaml).isEmpty();
    }
    for (String bad :
        List.of(
            "nodes: {a: {}}\nenvironments: [netns]\n",
            "nodes: {A: {address: 192.0.2.1}}\nenvironments: [netns]\n",
            "nodes: {a: {user: u, address: 192.0.2.1}}\nenvironments: [netns]\n",
            "nodes: {a: {config: c, address: 192.0.2.1}}\nenvironments: [netns]\n",
            "nodes: {a: {ssh: -x, address: 192.0.2.1}}\nenvironments: [netns]\n",
            "nodes: {a: {ssh: h, address: h}}\nenvironments: [netns]\n",
            "environments: [{kind: hosts}]\n",
            "environments: [{kind: kvm, server: a}]\n",
            "environments: [{kind: kvm, vcpus: 0}]\n",
            "environments: [{kind: kvm, topology: ring}]\n",
            "environments: []\n")) {
      String yaml = "campaign: c\n" + bad + tests;
      assertThat(schemaErrors(yaml)).as(yaml).isNotEmpty();
      assertThat(readerError(yaml)).as(yaml).isPresent();
    }
  }
}
