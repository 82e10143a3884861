// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.trapline.TraplineException;
import dev.trapline.tally.ObjectKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StudyYamlTest {
  @TempDir Path folder;

  @Test
  void aPublishedStudyIsReadWhole() {
    Study study = StudyYaml.read(Studies.published());
    assertThat(study.name()).isEqualTo("multinode-network-syscalls");
    assertThat(study.tools())
        .containsEntry("throughput", "iperf3 -P 4")
        .containsEntry("latency", "sockperf ping-pong");
    assertThat(study.environments())
        .extracting(StudyEnvironment::id)
        .containsExactly("baremetal", "kvm", "kvm-vhost", "microvm");
    assertThat(study.environment("microvm").orElseThrow().vmm()).isEqualTo("Firecracker");
    assertThat(study.environment("baremetal").orElseThrow().vmm()).isNull();
    assertThat(study.outcomes()).hasSize(15);
    assertThat(study.counts()).hasSize(38);
    assertThat(study.alsoSeen()).hasSize(27);
    assertThat(study.assumptions()).hasSize(2);
    assertThat(study.claims()).hasSize(17);
    assertThat(study.shares()).isEmpty();
    assertThat(study.notes()).isEmpty();
  }

  @Test
  void aCommaInASentenceNeedsNoQuotes() {
    Study study = StudyYaml.read(Studies.published());
    assertThat(study.environment("microvm").orElseThrow().network())
        .isEqualTo("virtio-mmio, device model in the VMM");
    assertThat(failure("{study: a, tools}").getMessage()).contains("`tools`");
    assertThat(failure("{study: a, b}").getMessage()).contains("`b` is no key of a study");
  }

  @Test
  void digitsAreKeptAsWritten() {
    Study study = StudyYaml.read(Studies.published());
    Figure slow = study.outcome("kvm", StudyOutcome.THROUGHPUT).orElseThrow().figure();
    assertThat(slow.value().toPlainString()).isEqualTo("9.60");
    assertThat(slow.low()).isEqualTo(9.595);
    assertThat(slow.high()).isEqualTo(9.605);
    StudyOutcome transferred = study.outcome("microvm", StudyOutcome.TRANSFERRED).orElseThrow();
    assertThat(transferred.unitAsWritten()).isEqualTo("GB");
    assertThat(transferred.figure().value().toPlainString()).isEqualTo("37.1");
  }

  @Test
  void aCountKnowsItsSideItsThreadAndItsLine() {
    List<StudyCount> counts = StudyYaml.read(Studies.published()).counts();
    StudyCount select =
        counts.stream().filter(one -> one.syscall().equals("pselect6")).findFirst().orElseThrow();
    assertThat(select.role()).isEqualTo("server");
    assertThat(select.calls().value()).isEqualByComparingTo("1895163");
    assertThat(select.calls().rounded()).isFalse();
    assertThat(select.calls().halfUnit()).isZero();
    assertThat(lineAt(select.calls().place().line())).contains("calls: 1895163");
    StudyCount write =
        counts.stream().filter(one -> one.syscall().equals("write")).findFirst().orElseThrow();
    assertThat(write.role()).isNull();
    assertThat(write.calls().rounded()).isTrue();
    assertThat(counts.stream().filter(one -> "fc_vcpu 0".equals(one.thread())).count())
        .isEqualTo(4);
  }

  private static String lineAt(int line) {
    return Studies.publishedText().lines().toList().get(line - 1);
  }

  @Test
  void everyClaimIsOfItsKind() {
    Study study = StudyYaml.read(Studies.published());
    assertThat(study.claims())
        .extracting(Claim::kind)
        .containsExactly(
            "per-call-size",
            "per-call-size",
            "ratio",
            "ratio",
            "per-message",
            "reduction",
            "reduction",
            "reduction",
            "ordering",
            "mechanism",
            "mechanism",
            "reduction",
            "mechanism",
            "catalogue",
            "per-message",
            "association",
            "association");
    Claim.PerMessage pingPong = (Claim.PerMessage) claim(study, "pingpong-two");
    assertThat(pingPong.of().syscalls()).containsExactly("recvfrom", "sendto");
    assertThat(pingPong.messages().derived()).isEqualTo(Selector.MESSAGES_FROM_TIME);
    Claim.Reduction vectored = (Claim.Reduction) claim(study, "vector-halves");
    assertThat(vectored.per()).isEqualTo("GiB");
    assertThat(vectored.atLeast()).isTrue();
    assertThat(vectored.differsIn()).containsExactly("environment", "vmm");
    Claim.Association exits = (Claim.Association) claim(study, "exits-correlate-latency");
    assertThat(exits.candidate().absentMeansZeroFor()).containsExactly("baremetal");
    assertThat(exits.positive()).isTrue();
    assertThat(exits.caution()).isEqualTo("counts ioctl calls, not exits");
  }

  private static Claim claim(Study study, String id) {
    return study.claims().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void aSelectorFindsTheRowsItNames() {
    Study study = StudyYaml.read(Studies.published());
    Claim.PerMessage pingPong = (Claim.PerMessage) claim(study, "pingpong-two");
    assertThat(study.counts().stream().filter(pingPong.of()::matches)).hasSize(2);
    Claim.Reduction fewer = (Claim.Reduction) claim(study, "vhost-ioctl-tput");
    assertThat(study.counts().stream().filter(fewer.from()::matches))
        .singleElement()
        .satisfies(row -> assertThat(row.calls().value()).isEqualByComparingTo("724154"));
  }

  @Test
  void aSelectorByOneNameFindsTheOther() {
    Study study =
        Studies.smallWith(
            """
            counts:
              - {environment: one, test: latency, side: unknown, syscall: newfstat, calls: 2}
              - {environment: one, test: latency, role: client, syscall: fstat, calls: 3}
            claims:
              - {id: a, says: b, kind: ordering, greater: {syscall: fstat},
                 smaller: {syscall: fstat, side: unknown}}
            """);
    Claim.Ordering claim = (Claim.Ordering) claim(study, "a");
    assertThat(study.counts().stream().filter(claim.greater()::matches)).hasSize(2);
    assertThat(study.counts().stream().filter(claim.smaller()::matches)).hasSize(1);
  }

  @Test
  void figuresMayTellTheirRunTheirObjectAndTheirRequest() {
    Study study =
        Studies.smallWith(
            """
            outcomes:
              one: {transferred: {value: 5, unit_as_written: GiB, run: r1}, latency_us: {value: 3.0, run: r2}}
            counts:
              - {environment: one, test: throughput, role: client, syscall: ioctl, object: kvm-vcpu,
                 request: KVM_RUN, run: r1, calls: 7}
            shares:
              - {environment: one, test: throughput, role: client, of: CPU cycles, values: {copy: 41.5, locks: 9}}
            notes: [the client's log was cut]
            """);
    assertThat(study.outcomes()).extracting(StudyOutcome::run).containsExactly("r1", "r2");
    StudyCount count = study.counts().getFirst();
    assertThat(count.run()).isEqualTo("r1");
    assertThat(count.object()).isEqualTo(ObjectKind.KVM_VCPU);
    assertThat(count.request()).isEqualTo("KVM_RUN");
    StudyShare share = study.shares().getFirst();
    assertThat(share.of()).isEqualTo("CPU cycles");
    assertThat(share.percents()).containsOnlyKeys("copy", "locks");
    assertThat(share.percents().firstEntry().getValue().value().toPlainString()).isEqualTo("41.5");
    assertThat(study.notes()).containsExactly("the client's log was cut");
  }

  // ---- what is not a study -------------------------------------------------------------

  private static TraplineException failure(String text) {
    return refused(() -> StudyYaml.parse(text, "s.yaml"));
  }

  private static TraplineException refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    TraplineException e = catchThrowableOfType(TraplineException.class, call);
    assertThat(e).isNotNull();
    assertThat(e.code()).isEqualTo("STUDY-INVALID");
    assertThat(e.getMessage()).doesNotContain("\n", "\u001b");
    return e;
  }

  private static TraplineException failureWith(String more) {
    return failure(Studies.SMALL + more);
  }

  @Test
  void aMisspeltKeyIsAnErrorThatNamesFileLineAndTheRightOne() {
    TraplineException e =
        failureWith(
            """
            counts:
              - {environment: one, test: latency, role: client, sycall: read, calls: 1}
            """);
    assertThat(e.rendered())
        .isEqualTo(
            """
            error[STUDY-INVALID]: s.yaml:7: `sycall` is no key of a count, which may have\
             environment, test, role, side, syscall, calls, rounded, thread, object, request, run
            hint: did you mean `syscall`?\
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "environment: onee, test: latency, role: client, syscall: read, calls: 1"
            + "|`onee` is no value of `environment`|did you mean `one`?",
        "environment: one, test: latancy, role: client, syscall: read, calls: 1"
            + "|`latancy` is no value of `test`|did you mean `latency`?",
        "environment: one, test: latency, role: clint, syscall: read, calls: 1"
            + "|`clint` is no value of `role`|did you mean `client`?",
        "environment: one, test: latency, syscall: read, calls: 1"
            + "|neither `role` nor `side: unknown`|side: unknown",
        "environment: one, test: latency, role: client, side: unknown, syscall: read, calls: 1"
            + "|contradict each other|role: server",
        "environment: one, test: latency, role: client, syscall: epol_wait, calls: 1"
            + "|`epol_wait` is no syscall of Linux|did you mean `epoll_wait`?",
        "environment: one, test: latency, role: client, syscall: read"
            + "|a count needs `calls`, which is missing|docs/reference/study.md",
        "environment: one, test: latency, role: client, syscall: read, calls: 1.9M"
            + "|must be a number such as 1895163 or 9.60, and is `1.9M`|rounded: true",
        "environment: one, test: latency, role: client, syscall: read, calls: -5"
            + "|and is `-5`|no sign",
        "environment: one, test: latency, role: client, syscall: read, calls: 1.5"
            + "|must be a whole number, and is `1.5`|docs/reference/study.md",
        "environment: one, test: latency, role: client, syscall: read, calls: 1e99"
            + "|and is `1e99`|no exponent",
        "environment: one, test: latency, role: client, syscall: read, calls: .inf"
            + "|and is `.inf`|no exponent",
        "environment: one, test: latency, role: client, syscall: read, calls: 9999999999999999999"
            + "|and is `9999999999999999999`|no exponent",
        "environment: one, test: latency, role: client, syscall: read, calls: 1,895,163"
            + "|`895` is no key of a count|without commas",
        "environment: one, test: latency, role: client, syscall: read, calls: [1]"
            + "|must be one value, and is a list|docs/reference/study.md",
        "environment: one, test: latency, role: client, syscall: read, calls: 1, rounded: yes"
            + "|must be true or false, and is `yes`|docs/reference/study.md",
        "environment: one, test: latency, role: client, syscall: read, calls: 1, calls: 2"
            + "|`calls` stands twice in a count, first in line 7|keep one",
        "environment: one, test: latency, role: client, syscall: read, calls: 1, object: tpc"
            + "|`tpc` is no value of `object`|did you mean `tcp`?",
        "environment: one, test: latency, role: client, syscall: read, calls: 1, thread:"
            + "|`thread` of a count is empty|leave it out",
      })
  void aRowThatMakesNoSenseIsRefusedAtItsLine(String row, String fact, String hint) {
    TraplineException e = failureWith("counts:\n  - {" + row + "}\n");
    assertThat(e.getMessage()).startsWith("s.yaml:7: ").contains(fact);
    assertThat(e.remedy()).contains(hint);
  }

  @Test
  void theSameCallsAreNotCountedTwice() {
    TraplineException e =
        failureWith(
            """
            counts:
              - {environment: one, test: latency, role: client, syscall: fstat, calls: 1}
              - {environment: one, test: latency, role: client, syscall: newfstat, calls: 2}
            """);
    assertThat(e.getMessage()).startsWith("s.yaml:8: ").contains("line 7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "study: a|a study needs `tools`",
        "{study: a, tools: {}}|`tools` names no test",
        "{study: a, tools: {t: x}}|a study needs `environments`",
        "{study: a, tools: {t: x}, environments: {}}|`environments` has none",
        "{study: a, tools: {t: x}, environments: {e: }}|an environment must be a mapping",
        "{study: a, tols: {t: x}}|`tols` is no key of a study",
        "{study: , tools: {t: x}, environments: {e: {}}}|`study` of a study is empty",
        "hello|a study must be a mapping of `key: value`, and is `hello`",
        "[1, 2]|a study must be a mapping of `key: value`, and is a list",
        "'%PDF-1.4'|not well-formed YAML",
        "{[1]: 2}|a key of a study must be a word",
        "{study: a|not well-formed YAML",
        "'study: \"a'|not well-formed YAML",
        "{study: &x a}|`&x` is an anchor",
        "{study: !!str a}|is a YAML tag",
        "{study: !java.net.URL [a]}|is a YAML tag",
      })
  void whatIsNoStudyIsToldSo(String text, String fact) {
    assertThat(failure(text).getMessage()).startsWith("s.yaml").contains(fact);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   \n\n", "# only a comment\n", "---\n"})
  void anEmptyFileHoldsNoStudy(String text) {
    assertThat(failure(text).getMessage()).containsAnyOf("is empty");
  }

  @Test
  void twoDocumentsAreNotOneStudy() {
    assertThat(failure(Studies.SMALL + "---\nstudy: b\n").getMessage())
        .startsWith("s.yaml:6: ")
        .contains("a second YAML document begins here");
  }

  @Test
  void aSmallFileCannotStandForALargeOne() {
    StringBuilder laughs = new StringBuilder("a: &a [x, x]\n");
    for (char letter = 'b'; letter < 'z'; letter++) {
      laughs.append(letter).append(": &").append(letter).append(" [");
      laughs.append(("*" + (char) (letter - 1) + ", ").repeat(9)).append("x]\n");
    }
    assertThat(failure(laughs.toString()).getMessage()).contains("anchor");
    assertThat(failure("a: *nobody\n").getMessage()).contains("alias");
  }

  @Test
  void deepNestingIsRefusedBeforeItCostsAnything() {
    assertThat(failure("[".repeat(100_000)).getMessage()).contains("nested deeper than 16");
    assertThat(failure("- ".repeat(100_000)).getMessage()).contains("nested deeper than 16");
  }

  @Test
  void aFileThatCannotBeReadIsToldSo() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertThat(refused(() -> StudyYaml.read(missing)).getMessage()).contains("does not exist");
    assertThat(refused(() -> StudyYaml.read(folder)).getMessage()).contains("is a directory");
    Path binary = folder.resolve("binary.yaml");
    Files.write(binary, new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2, (byte) 0xff});
    assertThat(refused(() -> StudyYaml.read(binary)).getMessage()).contains("is not UTF-8 text");
    Path control = folder.resolve("control.yaml");
    Files.write(control, new byte[] {'s', 't', 0, 0x1b, '[', 'm'});
    assertThat(refused(() -> StudyYaml.read(control)).getMessage()).contains("not well-formed");
    Path large = folder.resolve("large.yaml");
    Files.writeString(large, "# ".repeat(3 << 20));
    assertThat(refused(() -> StudyYaml.read(large)).getMessage()).contains("larger than 4 MiB");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "id: a, says: b, kind: rato|`rato` is no value of `kind`",
        "id: a, says: b, kind: ratio, of: {syscall: read}, to: {syscall: write}"
            + "|a claim of kind ratio needs `stated`",
        "id: a, says: b, kind: ratio, of: {syscall: read, outcome: latency_us},"
            + " to: {syscall: write}, stated: 1|exactly one of",
        "id: a, says: b, kind: ratio, of: {environment: one}, to: {syscall: write}, stated: 1"
            + "|exactly one of",
        "id: a, says: b, kind: ratio, of: {syscall: raed}, to: {syscall: write}, stated: 1"
            + "|`raed` is no syscall",
        "id: a, says: b, kind: ratio, of: {outcome: latency_ms}, to: {syscall: write}, stated: 1"
            + "|`latency_ms` is no value of `outcome`",
        "id: a, says: b, kind: ratio, of: {outcome: latency_us, role: client},"
            + " to: {syscall: write}, stated: 1|`role` selects among counts",
        "id: a, says: b, kind: ratio, of: {derived: 1 + 1, environment: one},"
            + " to: {syscall: write}, stated: 1|`1 + 1` is no value of `derived`",
        "id: a, says: b, kind: reduction, from: {syscall: read}, to: {syscall: write},"
            + " stated: {percent: 101}|is a percentage, and is 101",
        "id: a, says: b, kind: ordering, greater: {syscall: read}, smaller: {syscall: write},"
            + " stated: 1|`stated` is no key of a claim of kind ordering",
        "id: a, says: b, kind: catalogue, syscalls: [], property: vdso, stated: true"
            + "|is an empty list",
      })
  void aClaimThatMakesNoSenseIsRefusedAtItsLine(String claim, String fact) {
    assertThat(failureWith("claims:\n  - {" + claim + "}\n").getMessage())
        .startsWith("s.yaml:7: ")
        .contains(fact);
  }

  @Test
  void twoClaimsDoNotShareAnId() {
    TraplineException e =
        failureWith(
            """
            claims:
              - {id: a, says: b, kind: mechanism}
              - {id: a, says: c, kind: mechanism}
            """);
    assertThat(e.getMessage()).startsWith("s.yaml:8: ").contains("line 7");
  }

  @Test
  void anAmountNeedsItsUnit() {
    assertThat(failureWith("outcomes: {one: {transferred: 82.2}}\n").remedy())
        .contains("{value: 82.2, unit_as_written: GB}");
    assertThat(
            failureWith("outcomes: {one: {latency_us: {value: 1, unit_as_written: GB}}}\n")
                .getMessage())
        .contains("`unit_as_written` is no key of `latency_us`");
  }

  @Test
  void textOfTheFileCannotCommandTheTerminal() {
    TraplineException e = failure("\"\\e[31m" + "x".repeat(500) + "\": 1\n");
    assertThat(e.getMessage()).contains("`?[31mxxx").contains("...`").hasSizeLessThan(300);
  }

  // ---- messages ------------------------------------------------------------------------

  @Test
  void messagesAreThePublishedOnesOrFollowFromTime() {
    Study study = StudyYaml.read(Studies.published());
    MessageCount published = MessageCount.of(study, "kvm", null).orElseThrow();
    assertThat(published.messages()).isEqualTo(226_000);
    assertThat(published.derivation()).isNull();
    MessageCount derived = MessageCount.of(study, "baremetal", null).orElseThrow();
    assertThat(derived.messages())
        .isEqualTo(30 / (2 * 32.9e-6), org.assertj.core.api.Assertions.within(1e-6));
    assertThat(derived.low()).isLessThan(derived.messages());
    assertThat(derived.derivation()).isEqualTo("30 s / (2 x 32.9 us)");
    assertThat(MessageCount.of(study, "baremetal", "another run")).isEmpty();
  }

  // ---- anything ------------------------------------------------------------------------

  /// Whatever the bytes: a study, or one sentence about why not.
  @FuzzTest(maxDuration = "60s")
  void anyTextIsAStudyOrToldWhyNot(byte[] bytes) {
    try {
      StudyYaml.parse(new String(bytes, StandardCharsets.UTF_8), "fuzz.yaml");
    } catch (TraplineException e) {
      assertThat(e.code()).isEqualTo("STUDY-INVALID");
      assertThat(e.getMessage()).startsWith("fuzz.yaml").doesNotContain("\n");
    }
  }

  /// The published study with a line changed, moved or cut.
  @Test
  void aDamagedStudyIsAStudyOrToldWhyNot() {
    List<String> lines = Studies.publishedText().lines().toList();
    java.util.Random random = new java.util.Random(20261101);
    String alphabet = " {}[]:,-#'\"&*!|>%@`\n\t0a.";
    for (int round = 0; round < 300; round++) {
      StringBuilder text =
          new StringBuilder(String.join("\n", lines.subList(0, 1 + random.nextInt(lines.size()))));
      for (int change = random.nextInt(4); change > 0; change--) {
        int at = random.nextInt(text.length());
        text.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
      }
      anyTextIsAStudyOrToldWhyNot(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
