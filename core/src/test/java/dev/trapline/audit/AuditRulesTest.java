// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.study.BenchRuns;
import dev.trapline.study.Figure;
import dev.trapline.study.Place;
import dev.trapline.study.Studies;
import dev.trapline.study.StudyOfRun;
import dev.trapline.study.StudyYaml;
import dev.trapline.workload.InvariantResult;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The rules of docs/concepts/audit.md, each on a study that shows nothing else.
class AuditRulesTest {
  private static final Place NOWHERE = new Place("test", 0);

  // ---- precision -----------------------------------------------------------------------

  @Test
  void statedFigureIsAsPreciseAsItIsWritten() {
    assertThat(Bounds.asStated(figure("90", false))).isEqualTo(new Bounds(90, 89.5, 90.5));
    assertThat(Bounds.asStated(figure("99.6", false)).low()).isEqualTo(99.55);
    assertThat(Bounds.asStated(figure("60", true))).isEqualTo(new Bounds(60, 55, 65));
    assertThat(Bounds.of(figure("60", false)).isExact()).isTrue();
  }

  @Test
  void figureOffBeyondRoundingIsCorrectedAndOneWithinItIsNot() {
    assertRatio("{calls: 1000}", "{calls: 500}", "2", Verdict.CONFIRMED);
    assertRatio("{calls: 1000}", "{calls: 500}", "2.0", Verdict.CONFIRMED);
    assertRatio("{calls: 1030}", "{calls: 500}", "2", Verdict.CONFIRMED);
    assertRatio("{calls: 1030}", "{calls: 500}", "2.0", Verdict.CORRECTED);
    assertRatio("{calls: 1000}", "{calls: 500}", "3", Verdict.CORRECTED);
  }

  @Test
  void figureTooCoarseToDecideIsUnsupportedUnlessItIsAsClaimed() {
    // 500 to 1500 over 500 is 1 to 3.
    assertRatio("{calls: 1000, rounded: true}", "{calls: 500}", "2", Verdict.CONFIRMED);
    assertRatio("{calls: 1000, rounded: true}", "{calls: 500}", "3", Verdict.UNSUPPORTED);
    assertRatio("{calls: 1000, rounded: true}", "{calls: 500}", "4", Verdict.CORRECTED);
  }

  private static void assertRatio(String of, String to, String stated, Verdict expected) {
    AuditReport report =
        audit(
            """
            counts:
              - {environment: one, test: throughput, role: server, syscall: read, %s}
              - {environment: one, test: throughput, role: server, syscall: write, %s}
            claims:
              - id: a
                says: s
                kind: ratio
                of: {environment: one, syscall: read}
                to: {environment: one, syscall: write}
                stated: %s
            """
                .formatted(inner(of), inner(to), stated));
    assertThat(report.claims().getFirst().verdict()).as(of + " / " + to).isEqualTo(expected);
  }

  private static String inner(String braces) {
    return braces.substring(1, braces.length() - 1);
  }

  private static Figure figure(String digits, boolean rounded) {
    return new Figure(new BigDecimal(digits), rounded, NOWHERE);
  }

  // ---- selectors -----------------------------------------------------------------------

  @Test
  void figureThatIsMissingMakesAClaimUnsupportedAndIsNamed() {
    ClaimFinding claim =
        ordering("{environment: one, syscall: readv}", "{environment: one, syscall: read}");

    assertThat(claim.verdict()).isEqualTo(Verdict.UNSUPPORTED);
    assertThat(claim.derivation()).isEqualTo("The study gives no count of readv in one.");
    assertThat(claim.needs()).containsExactly("Count readv in one.");
  }

  @Test
  void syscallThatIsOnlyNamedIsNotCountedAsZero() {
    ClaimFinding claim =
        ordering("{environment: one, syscall: mmap}", "{environment: one, syscall: read}");

    assertThat(claim.derivation()).contains("it only names the syscall");
  }

  @Test
  void rowsOfSeveralSidesAreNotAdded() {
    ClaimFinding claim =
        ordering("{environment: one, syscall: write}", "{environment: one, syscall: read}");

    assertThat(claim.verdict()).isEqualTo(Verdict.UNSUPPORTED);
    assertThat(claim.derivation()).contains("several sides (server, client)");
  }

  @Test
  void rowOfAllThreadsIsNotAddedToARowOfOne() {
    ClaimFinding claim =
        ordering("{environment: one, syscall: ioctl}", "{environment: one, syscall: read}");

    assertThat(claim.derivation()).contains("the one may contain the other");
  }

  @Test
  void rowsOfSeveralSyscallsAreAddedIfAllAreThere() {
    assertThat(
            ordering(
                    "{environment: one, role: server, syscall: [read, write]}",
                    "{environment: one, role: client, syscall: write}")
                .finds())
        .startsWith("30 against 7");
    assertThat(
            ordering(
                    "{environment: one, role: server, syscall: [read, sendto]}",
                    "{environment: one, role: client, syscall: write}")
                .derivation())
        .contains("no count of sendto");
  }

  @Test
  void environmentThatTheStudyDoesNotTellIsRefused() {
    assertThat(ordering("{syscall: close}", "{environment: one, syscall: read}").derivation())
        .contains("several environments (one, two)");
  }

  @Test
  void orderTheOtherWayRoundIsWrong() {
    ClaimFinding claim =
        ordering(
            "{environment: one, role: client, syscall: write}",
            "{environment: one, syscall: read}");

    assertThat(claim.verdict()).isEqualTo(Verdict.WRONG);
    assertThat(claim.finds()).isEqualTo("7 against 10: the other way round");
  }

  private static ClaimFinding ordering(String greater, String smaller) {
    return audit(
            """
            counts:
              - {environment: one, test: throughput, role: server, syscall: read, calls: 10}
              - {environment: one, test: throughput, role: server, syscall: write, calls: 20}
              - {environment: one, test: throughput, role: client, syscall: write, calls: 7}
              - {environment: one, test: throughput, role: server, syscall: ioctl, calls: 9}
              - {environment: one, test: throughput, role: server, syscall: ioctl, calls: 5,
                 thread: vcpu}
              - {environment: one, test: throughput, role: server, syscall: close, calls: 3}
              - {environment: two, test: throughput, role: server, syscall: close, calls: 4}
            also_seen_without_a_count: [mmap]
            claims:
              - {id: a, says: s, kind: ordering, greater: %s, smaller: %s}
            """
                .formatted(greater, smaller))
        .claims()
        .getFirst();
  }

  // ---- reductions ----------------------------------------------------------------------

  @Test
  void reductionThatIsAnIncreaseIsWrong() {
    ClaimFinding claim = reduction(100, 150, "{percent: 50}");

    assertThat(claim.verdict()).isEqualTo(Verdict.WRONG);
    assertThat(claim.finds()).isEqualTo("50.0% more: no reduction at all");
  }

  @Test
  void boundIsReachedOrNot() {
    assertThat(reduction(100, 40, "{percent: 50, at_least: true}").verdict())
        .isEqualTo(Verdict.CONFIRMED);
    assertThat(reduction(100, 60, "{percent: 50, at_least: true}").verdict())
        .isEqualTo(Verdict.WRONG);
    assertThat(reduction(100, 60, "{percent: 50}").verdict()).isEqualTo(Verdict.CORRECTED);
  }

  @Test
  void fewerCallsForFarFewerBytesAreMorePerGiB() {
    ClaimFinding claim =
        audit(
                """
                outcomes:
                  one: {transferred: {value: 40.0, unit_as_written: GiB}}
                  two: {transferred: {value: 10.0, unit_as_written: GiB}}
                counts:
                  - {environment: one, test: throughput, role: server, syscall: read, calls: 1000}
                  - {environment: two, test: throughput, role: server, syscall: read, calls: 500}
                claims:
                  - id: a
                    says: s
                    kind: reduction
                    from: {environment: one, syscall: read}
                    to: {environment: two, syscall: read}
                    stated: {percent: 50}
                """)
            .claims()
            .getFirst();

    assertThat(claim.verdict()).isEqualTo(Verdict.CONFIRMED);
    assertThat(claim.cautions())
        .anyMatch(note ->
            note.startsWith("Per GiB it is 100.0% more, the other way round: 50.0 against 25.0"));
  }

  @Test
  void nothingCannotBeReduced() {
    assertThat(reduction(0, 0, "{percent: 50}").verdict()).isEqualTo(Verdict.UNSUPPORTED);
  }

  private static ClaimFinding reduction(int from, int to, String stated) {
    return audit(
            """
            counts:
              - {environment: one, test: throughput, role: server, syscall: read, calls: %d}
              - {environment: two, test: throughput, role: server, syscall: read, calls: %d}
            claims:
              - id: a
                says: s
                kind: reduction
                from: {environment: one, syscall: read}
                to: {environment: two, syscall: read}
                stated: %s
            """
                .formatted(from, to, stated))
        .claims()
        .getFirst();
  }

  // ---- catalogue and mechanism ---------------------------------------------------------

  @Test
  void catalogueConfirmsWhatIsInTheVdso() {
    ClaimFinding claim =
        audit(
                """
                claims:
                  - {id: a, says: s, kind: catalogue, syscalls: [clock_gettime], property: vdso,
                     stated: true}
                """)
            .claims()
            .getFirst();

    assertThat(claim.verdict()).isEqualTo(Verdict.CONFIRMED);
  }

  @Test
  void mechanismWhoseRequestsAreToldLacksThemNoLonger() {
    ClaimFinding claim =
        audit(
                """
                counts:
                  - {environment: one, test: throughput, role: server, syscall: ioctl, calls: 5,
                     request: KVM_RUN}
                  - {environment: one, test: throughput, role: server, syscall: ioctl, calls: 2,
                     request: KVM_IRQ_LINE}
                claims:
                  - id: a
                    says: s
                    kind: mechanism
                    calls: {environment: one, syscall: ioctl}
                    needs: [ioctl-request, phase-of-the-moon]
                """)
            .claims()
            .getFirst();

    assertThat(claim.verdict()).isEqualTo(Verdict.UNSUPPORTED);
    assertThat(claim.needs())
        .containsExactly("A measurement of phase of the moon; the study has none.");
    assertThat(claim.cautions()).contains("By request: 5 KVM_RUN, 2 KVM_IRQ_LINE.");
  }

  // ---- associations --------------------------------------------------------------------

  @Test
  void associationOfSixInPerfectOrderIsConfirmed() {
    assertThat(association("positive", 1, 2, 3, 4, 5, 6).verdict()).isEqualTo(Verdict.CONFIRMED);
  }

  @Test
  void associationOfTheOppositeSignIsWrong() {
    assertThat(association("negative", 1, 2, 3, 4, 5, 6).verdict()).isEqualTo(Verdict.WRONG);
  }

  @Test
  void associationWithoutSignificanceIsUnsupported() {
    assertThat(association("positive", 2, 1, 4, 6, 3, 5).verdict()).isEqualTo(Verdict.UNSUPPORTED);
  }

  @Test
  void twoEnvironmentsShowNoAssociation() {
    assertThat(association("positive", 1, 2).finds()).contains("2 environments have both figures");
  }

  @Test
  void signThatRanksAndLineDisagreeOnIsNotDetermined() {
    ClaimFinding claim = association("positive", 5, 4, 3, 2, 1, 99);

    assertThat(claim.finds()).contains("the sign is not determined");
    assertThat(claim.verdict()).isEqualTo(Verdict.UNSUPPORTED);
  }

  /// Latencies of 1.0, 2.0 and so on, and these counts.
  private static ClaimFinding association(String sign, int... calls) {
    StringBuilder environments = new StringBuilder("environments:\n");
    StringBuilder outcomes = new StringBuilder("outcomes:\n");
    StringBuilder counts = new StringBuilder("counts:\n");
    for (int at = 0; at < calls.length; at++) {
      environments.append("  e%d: {label: E}\n".formatted(at));
      outcomes.append("  e%d: {latency_us: %d.0}\n".formatted(at, at + 1));
      counts.append(
          "  - {environment: e%d, test: latency, role: server, syscall: ioctl, calls: %d}\n"
              .formatted(at, calls[at]));
    }
    return Audit.of(
            StudyYaml.parse(
                "study: s\ntools: {latency: sockperf}\n"
                    + environments
                    + outcomes
                    + counts
                    + """
                    claims:
                      - id: a
                        says: s
                        kind: association
                        across: environments
                        candidate: {test: latency, syscall: ioctl}
                        outcome: latency_us
                        stated: {sign: %s}
                    """
                        .formatted(sign),
                "associations.yaml"))
        .claims()
        .getFirst();
  }

  // ---- invariants ----------------------------------------------------------------------

  @Test
  void sharesMustSumToTheWholeWithinTheirRounding() {
    assertThat(shares("{read: 33.3, write: 33.3, poll: 33.3}").holds()).isTrue();
    assertThat(shares("{read: 33.3, write: 33.3}").holds()).isFalse();
    assertThat(shares("{read: 33.3, write: 33.3}").detail()).contains("33.4% are not told");
    assertThat(shares("{read: 60, write: 61}").detail()).contains("more than the whole");
  }

  private static InvariantFinding shares(String values) {
    return only(
        "shares-sum",
        """
        shares:
          - {environment: one, test: throughput, role: server, of: CPU time, values: %s}
        """
            .formatted(values));
  }

  @Test
  void countsOfAnotherRunThanTheOutcomesAreFound() {
    assertThat(sameRun("run: a", "run: a").holds()).isTrue();
    assertThat(sameRun("run: a", "run: b").holds()).isFalse();
    assertThat(sameRun("rounded: false", "run: b").holds()).isNull();
  }

  private static InvariantFinding sameRun(String ofCount, String ofOutcome) {
    return only(
        "same-run",
        """
        outcomes:
          one: {throughput_gbit_s: {value: 9.5, %s}}
        counts:
          - {environment: one, test: throughput, role: server, syscall: read, calls: 10, %s}
        """
            .formatted(ofOutcome, ofCount));
  }

  @Test
  void totalThatOneSideExceedsDoesNotHold() {
    InvariantFinding finding =
        only(
            "role-total",
            """
            outcomes:
              one: {throughput_total_syscalls: 1000}
            counts:
              - {environment: one, test: throughput, role: server, syscall: read, calls: 1500}
            """);

    assertThat(finding.holds()).isFalse();
    assertThat(finding.detail()).contains("more than the total");
  }

  @Test
  void messagesThatTakeTwiceTheRunTimeBreakTheInvariant() {
    String study =
        """
        outcomes:
          one: {latency_us: 20.0, latency_messages: %d}
        assumptions:
          duration_s: {value: 10, applies_to: [latency], basis: guess}
        """;

    assertThat(onlyOf("one", "half-rtt", study.formatted(250_000)).holds()).isTrue();
    assertThat(onlyOf("one", "half-rtt", study.formatted(500_000)).holds()).isFalse();
  }

  @Test
  void decimalGigabytesStayDecimalWhereTimeSaysSo() {
    String study =
        """
        outcomes:
          one: {throughput_gbit_s: 8.00, transferred: {value: 30.0, unit_as_written: GB}}
        assumptions:
          duration_s: {value: 30, applies_to: [throughput], basis: guess}
        """;

    assertThat(onlyOf("one", "goodput-times-time", study).holds()).isTrue();
  }

  /// What was measured by us has exact figures, and nothing that it must be held against but
  /// itself.
  @Test
  void runOfOursIsAuditedWithoutClaims() {
    AuditReport report = Audit.of(StudyOfRun.of(BenchRuns.twoTests(), "run"));

    assertThat(report.claims()).isEmpty();
    assertThat(report.hasWrongClaim()).isFalse();
    assertThat(report.brokenInvariants()).isEmpty();
    assertThat(report.invariants())
        .filteredOn(one -> one.id().equals("same-run") || one.id().equals("role-total"))
        .isNotEmpty()
        .allSatisfy(one -> assertThat(one.holds()).as(one.detail()).isTrue());
  }

  @Test
  void whatTheTrialsOfARunCheckedReplacesWhatItsStudyCannot() {
    Run run = withInvariants(BenchRuns.twoTests());
    AuditReport report = Audit.of(StudyOfRun.of(run, "run"), run);

    assertThat(report.invariants())
        .filteredOn(one -> one.id().equals("half-rtt"))
        .extracting(InvariantFinding::subject, InvariantFinding::holds, InvariantFinding::detail)
        .containsExactlyInAnyOrder(
            tuple("netns, latency, trial " + lastLatencyTrial(run), false, "2 s, not 1 s"),
            tuple(
                "netns, latency",
                true,
                "checked in each trial when it was taken; trials in which it holds: 4"));
  }

  /// Of five trials of latency the last breaks the invariant.
  private static Run withInvariants(Run run) {
    String broken = lastLatencyTrial(run);
    List<Trial> trials =
        run.trials().stream()
            .map(trial ->
                new Trial(
                    trial.id(),
                    trial.environment(),
                    trial.test(),
                    trial.repeat(),
                    trial.order(),
                    trial.traced(),
                    trial.startedAt(),
                    trial.durationNanos(),
                    trial.outcome(),
                    trial.failure(),
                    trial.roles(),
                    trial.completeness(),
                    trial.kernelActivity(),
                    trial.machine(),
                    "latency".equals(trial.test())
                        ? List.of(
                            new InvariantResult(
                                "half-rtt", !trial.id().equals(broken), "2 s, not 1 s", 1.0))
                        : List.of()))
            .toList();
    return new Run(run.provenance(), run.completeness(), trials, run.tallies());
  }

  private static String lastLatencyTrial(Run run) {
    return run.trials().stream()
        .filter(trial -> "latency".equals(trial.test()))
        .reduce((one, other) -> other)
        .orElseThrow()
        .id();
  }

  private static InvariantFinding only(String id, String study) {
    List<InvariantFinding> found =
        audit(study).invariants().stream().filter(one -> one.id().equals(id)).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private static InvariantFinding onlyOf(String subject, String id, String study) {
    return audit(study).invariants().stream()
        .filter(one -> one.id().equals(id) && one.subject().equals(subject))
        .findFirst()
        .orElseThrow();
  }

  private static AuditReport audit(String more) {
    return Audit.of(Studies.smallWith(more));
  }
}
