// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.finding.FindingRule.About;
import dev.trapline.report.FindingsDocument;
import dev.trapline.report.FindingsJson;
import dev.trapline.run.Run;
import dev.trapline.study.BenchRuns;
import dev.trapline.tally.ObjectKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every rule on a made run that has its fault, and on one as near to it that has not. What a
/// program can be given to have is tried with real programs too: `FaultsFoundTest` in app.
class FindingRulesTest {
  private static final long KIB = 1024;

  /// A fault and the nearest thing that is none.
  record Case(String id, MadeRun faulty, MadeRun without) {
    @Override
    public String toString() {
      return id;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "virtio-in-user-space",
            tapLoop(MadeRun.latencyIn("kvm").guest()),
            // A VPN daemon: a tap, and no guest.
            tapLoop(MadeRun.latency())),
        new Case(
            "interrupt-by-syscall",
            MadeRun.latencyIn("kvm")
                .guest()
                .calls("ioctl", ObjectKind.KVM_VM, "KVM_SIGNAL_MSI", 2000, 3000),
            MadeRun.latencyIn("kvm")
                .guest()
                .calls("ioctl", ObjectKind.KVM_VCPU, "KVM_RUN", 2000, 3000)),
        new Case(
            "returns-to-user-space",
            busyGuest().exits(Map.of("EPT_MISCONFIG", 1000L), 5000, Map.of("MMIO", 900L)),
            busyGuest().exits(Map.of("EPT_MISCONFIG", 1000L), 5000, Map.of("MMIO", 20L))),
        new Case(
            "exits-by-halt",
            busyGuest().exits(Map.of("HLT", 900L, "MSR_WRITE", 900L), 5000, Map.of()),
            busyGuest().exits(Map.of("HLT", 20L, "MSR_WRITE", 900L), 5000, Map.of())),
        new Case(
            "exits-by-port-io",
            busyGuest().exits(Map.of("io", 900L, "npf", 900L), 5000, Map.of()),
            busyGuest().exits(Map.of("io", 20L, "npf", 900L), 5000, Map.of())),
        new Case(
            "small-unvectored-io",
            MadeRun.recording().calls(1, "write", ObjectKind.TCP, null, 9000, 1000, 9000 * 16L, 0),
            // An answer for each request.
            MadeRun.recording()
                .calls(1, "write", ObjectKind.TCP, null, 9000, 1000, 9000 * 16L, 0)
                .calls(1, "read", ObjectKind.TCP, null, 9000, 1000, 9000 * 16L, 0)),
        new Case(
            "unbatched-udp",
            MadeRun.recording()
                .calls(1, "sendto", ObjectKind.UDP, null, 9000, 1000, 9000 * 100L, 0),
            MadeRun.recording().calls(1, "sendmmsg", ObjectKind.UDP, null, 900, 9000, null, 0)),
        new Case(
            "socket-options-in-data-path",
            pingPong().calls("setsockopt", ObjectKind.UDP, null, 1000, 400),
            pingPong().calls("setsockopt", ObjectKind.UDP, null, 12, 400)),
        new Case(
            "clock-calls-in-data-path",
            pingPong().calls("clock_gettime", null, null, 2000, 400),
            pingPong().calls("clock_gettime", null, null, 20, 400)),
        new Case(
            "identity-calls-in-data-path",
            pingPong().calls("getpid", null, null, 1000, 300),
            pingPong().calls("getpid", null, null, 4, 300)),
        new Case(
            "wait-per-io",
            pingPong().calls("pselect6", null, null, 2000, 900),
            pingPong().calls("pselect6", null, null, 300, 900)),
        new Case(
            "eagain-spinning",
            MadeRun.recording().calls(1, "read", ObjectKind.TCP, null, 9000, 500, 100 * KIB, 8900),
            // Drained until EAGAIN, then waited.
            MadeRun.recording()
                .calls(1, "read", ObjectKind.TCP, null, 9000, 500, 4500 * KIB, 4500)
                .waits(1, "epoll_wait", null, 4500, 10_000)),
        new Case(
            "poll-of-many-descriptors",
            pingPong().calls("poll", null, null, 1000, 60_000),
            pingPong().calls("epoll_wait", ObjectKind.EPOLL, null, 1000, 60_000)),
        new Case(
            "futex-contention",
            MadeRun.recording().waits(1, "futex", "FUTEX_WAIT_PRIVATE", 5000, 20_000),
            // A pool that waits for work.
            MadeRun.recording()
                .waits(1, "futex", "FUTEX_WAIT_BITSET_PRIVATE", 5000, 20_000)
                .waits(2, "futex", "FUTEX_WAIT_PRIVATE", 600, 50_000_000)),
        new Case(
            "copy-between-descriptors",
            copies(4 << 20),
            // As many calls, but another number of bytes: an encoder.
            copies(3 << 20)),
        new Case(
            "large-sends-copied",
            MadeRun.recording()
                .calls(1, "write", ObjectKind.TCP, null, 1000, 9000, 1000 * 64 * KIB, 0),
            MadeRun.recording()
                .calls(1, "write", ObjectKind.TCP, null, 1000, 9000, 1000 * 4 * KIB, 0)),
        new Case(
            "scheduling-delay",
            MadeRun.recording().delayed("read", 1000, 20_000, 20_000),
            MadeRun.recording().delayed("read", 1000, 2000, 20_000)),
        new Case(
            "softirq-saturation",
            pingPong().softirq(500_000_000, 200_000_000),
            // ksoftirqd for timers and the like.
            pingPong().softirq(5_000_000, 200_000_000)),
        new Case(
            "retransmissions",
            pingPongOf(MadeRun.throughput(400L)),
            pingPongOf(MadeRun.throughput(20L))),
        new Case("incomplete-capture", pingPong().lost(7), pingPong()),
        new Case("io-uring-hides-work", pingPong().ioUring(1000), pingPong().ioUring(10)),
        new Case(
            "emulated-environment", pingPongOf(MadeRun.latencyIn("tcg").emulated()), pingPong()),
        new Case(
            "observer-effect",
            pingPong()
                .trials(true, 29, 30, 31, 30, 31, 29, 30, 32, 31)
                .trials(false, 20, 21, 20, 21, 22, 21),
            pingPong().trials(true, 19, 22, 21, 22, 20).trials(false, 20, 21, 20, 21, 22, 21)),
        new Case(
            "too-few-repeats",
            pingPong().trials(false, 20, 21, 22),
            pingPong().trials(false, 20, 21, 22, 21, 20, 22)),
        new Case(
            "drift",
            pingPong().trials(false, 20, 22, 24, 26, 28, 30),
            pingPong().trials(false, 20, 26, 22, 28, 21, 24)),
        new Case("steal", pingPong().stolen(300_000_000), pingPong().stolen(10_000_000)));
  }

  private static MadeRun busyGuest() {
    return MadeRun.latencyIn("kvm").calls("ioctl", ObjectKind.KVM_VCPU, "KVM_RUN", 1000, 9000);
  }

  private static MadeRun tapLoop(MadeRun made) {
    return made.calls("read", ObjectKind.TUN, null, 3000, 2000)
        .calls("writev", ObjectKind.TUN, null, 1000, 4000)
        .waits(1, "ppoll", null, 3000, 30_000);
  }

  /// What a well-behaved server does for its thousand messages.
  private static MadeRun pingPong() {
    return pingPongOf(MadeRun.latency());
  }

  private static MadeRun pingPongOf(MadeRun made) {
    return made.calls(1, "recvfrom", ObjectKind.UDP, null, 1000, 2000, 64_000L, 0)
        .calls(1, "sendto", ObjectKind.UDP, null, 1000, 8000, 64_000L, 0);
  }

  private static MadeRun copies(long written) {
    return MadeRun.recording()
        .calls(1, "pread64", ObjectKind.FILE, null, 1000, 9000, 4L << 20, 0)
        .calls(1, "write", ObjectKind.TCP, null, 1000, 9000, written, 0);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aRuleFiresOnItsFaultAndIsSilentOnTheNearestThingThatIsNone(Case proved) {
    List<Finding> found =
        Findings.of(proved.faulty().run()).stream()
            .filter(finding -> finding.id().equals(proved.id()))
            .toList();
    assertThat(found).hasSize(1);
    Finding finding = found.getFirst();
    FindingRule rule = FindingCatalogue.rule(proved.id()).orElseThrow();
    assertThat(finding.title()).isEqualTo(rule.title());
    assertThat(finding.doubt()).isEqualTo(rule.about() == About.DOUBT);
    assertThat(finding.evidence()).isNotEmpty();
    assertThat(finding.confidence().reason()).doesNotEndWith(".");

    assertThat(Findings.of(proved.without().run()))
        .extracting(Finding::id)
        .doesNotContain(proved.id());
  }

  @Test
  void everyRuleIsProved() {
    Set<String> proved = new TreeSet<>();
    cases().forEach(each -> proved.add(each.id()));
    Set<String> rules = new TreeSet<>();
    FindingCatalogue.RULES.forEach(rule -> rules.add(rule.id()));
    assertThat(proved).isEqualTo(rules);
    assertThat(FindingCatalogue.RULES).hasSameSizeAs(rules);
    // A heading is not wrapped, and has a number before it.
    assertThat(FindingCatalogue.RULES)
        .allSatisfy(rule -> assertThat(rule.title()).hasSizeLessThanOrEqualTo(75));
  }

  @Test
  void aWellBehavedServerHasNoFindings() {
    assertThat(Findings.of(pingPong().trials(false, 20, 26, 22, 28, 21, 24).run())).isEmpty();
  }

  @Test
  void nothingIsFoundInRunsWithoutTimesOrTrials() {
    assertThat(Findings.of(BenchRuns.empty())).isEmpty();
    assertThat(Findings.of(BenchRuns.importedCounts()))
        .extracting(Finding::id)
        .containsExactly("too-few-repeats");
  }

  @Test
  void theDearestComesFirstAndDoubtLast() {
    Run run =
        pingPong()
            .calls("getpid", null, null, 1000, 1000)
            .calls("clock_gettime", null, null, 1000, 30_000)
            .lost(3)
            .run();
    assertThat(Findings.of(run))
        .extracting(Finding::id)
        .startsWith("clock-calls-in-data-path", "identity-calls-in-data-path")
        .endsWith("incomplete-capture", "too-few-repeats");
  }

  @Test
  void aGainIsNeverMoreThanTheWorkOfTheCallsInQuestion() {
    Finding finding = first(pingPong().calls("getpid", null, null, 1000, 1000).run());
    Gain gain = gainOf(finding);
    assertThat(gain.unit()).isEqualTo("ns per message");
    assertThat(gain.high()).isEqualTo(1000);
    assertThat(gain.low()).isBetween(900.0, 1000.0);
    assertThat(gain.of()).isEqualTo(11_000);
    assertThatThrownBy(() -> new Gain("x", "ns", 2, 1, 3, "y"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void waitsThatSleepMaySaveNothing() {
    MadeRun made =
        MadeRun.latency()
            .calls(1, "recvfrom", ObjectKind.UDP, null, 1000, 2000, 64_000L, 0)
            .calls(1, "sendto", ObjectKind.UDP, null, 1000, 8000, 64_000L, 0)
            .waits(1, "poll", null, 2000, 30_000);
    assertThat(gainOf(first(made.run())).low()).isZero();
  }

  @Test
  void emulationAndLossTakeConfidenceAway() {
    Finding lost = first(pingPong().calls("getpid", null, null, 1000, 9000).lost(1).run());
    assertThat(lost.confidence().level()).isEqualTo(Confidence.Level.MEDIUM);
    assertThat(lost.confidence().reason()).endsWith("; but the capture is incomplete");
    Finding emulated =
        first(
            pingPongOf(MadeRun.latencyIn("tcg").emulated())
                .calls("getpid", null, null, 1000, 9000)
                .run());
    assertThat(emulated.confidence().level()).isEqualTo(Confidence.Level.LOW);
  }

  @Test
  void theCommandToVerifyIsTheRunsOwnWithoutItsDirectory() {
    assertThat(RunView.of(MadeRun.recording().run()).repeat())
        .isEqualTo("trapline record -- 'it'\\''s' -o output");
    assertThat(RunView.of(MadeRun.latency().run()).repeat()).isEqualTo("trapline bench --seed 42");
  }

  @Test
  void textIsThatOfTheGoldenFile() throws IOException {
    Run run =
        tapLoop(MadeRun.latencyIn("kvm").guest())
            .calls("ioctl", ObjectKind.KVM_VM, "KVM_SIGNAL_MSI", 1000, 3000)
            .exits(Map.of("HLT", 900L, "NPF", 900L), 5000, Map.of())
            .run();
    String text = String.join("\n", FindingsDocument.of(Findings.of(run)).toTerminal()) + "\n";
    Path golden = Path.of("src/test/resources/dev/trapline/finding/guest.txt");
    if (Boolean.getBoolean("trapline.write-references")) {
      Files.writeString(golden, text);
    }
    assertThat(text).isEqualTo(Files.readString(golden, StandardCharsets.UTF_8));
    assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void theTopIsALineEach() {
    List<Finding> findings =
        Findings.of(
            pingPong()
                .calls("getpid", null, null, 1000, 9000)
                .calls("clock_gettime", null, null, 1000, 9000)
                .lost(1)
                .run());
    List<String> lines = FindingsDocument.top(findings, "trapline findings DIR").toTerminal();
    assertThat(lines.getFirst()).isEqualTo("FINDINGS");
    assertThat(lines.getLast()).isEqualTo("1 more. Evidence and advice: trapline findings DIR");
    assertThat(FindingsDocument.top(List.of(), "x").blocks()).isEmpty();
    assertThat(FindingsDocument.of(List.of()).toTerminal().get(1)).startsWith("None: ");
  }

  @Test
  void jsonHasEveryKey() {
    Run run = busyGuest().exits(Map.of("HLT", 900L), 5000, Map.of()).run();
    JsonNode root = JsonMapper.shared().readTree(FindingsJson.of(Findings.of(run)));
    assertThat(root.get("schema").asString()).isEqualTo("trapline.findings/1");
    JsonNode finding = root.get("findings").get(0);
    assertThat(finding.propertyNames())
        .containsExactly(
            "id",
            "title",
            "doubt",
            "environment",
            "test",
            "role",
            "evidence",
            "confidence",
            "advice",
            "gain",
            "verify",
            "expectation");
    assertThat(finding.get("gain").isNull()).isTrue();
  }

  @Test
  void everyRuleHasItsEntryInTheReference() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs/reference/findings.md"))) {
      folder = java.util.Objects.requireNonNull(folder.getParent(), "no docs above");
    }
    Map<String, String> entries = new TreeMap<>();
    for (String part :
        Files.readString(folder.resolve("docs/reference/findings.md")).split("\n### ", -1)) {
      int end = part.indexOf('\n');
      entries.put(part.substring(0, end), part.substring(end));
    }
    for (FindingRule rule : FindingCatalogue.RULES) {
      assertThat(entries).containsKey(rule.id());
      assertThat(entries.get(rule.id()))
          .as(rule.id())
          .contains("**Looks at:**", "**Fires if:**", "**Saves:**", "**Mistaken where:**")
          .contains(rule.title());
    }
  }

  private static Finding first(Run run) {
    return Findings.of(run).getFirst();
  }

  private static Gain gainOf(Finding finding) {
    Gain gain = finding.gain();
    if (gain == null) {
      throw new AssertionError(finding + " has no gain");
    }
    return gain;
  }
}
