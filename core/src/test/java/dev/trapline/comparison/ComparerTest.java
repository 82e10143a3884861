// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.TraplineException;
import dev.trapline.comparison.Comparer.Allowed;
import dev.trapline.comparison.Comparer.NamedRun;
import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.comparison.ComparisonRow.Verdict;
import dev.trapline.metric.Metric.Family;
import dev.trapline.run.Run;
import dev.trapline.store.RandomRuns;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ComparerTest {
  private static Comparison environments(ComparableRuns runs) {
    return Comparer.ofEnvironments(new NamedRun("run", runs.run()), null, Allowed.NOTHING);
  }

  private static Comparison beforeAfter(ComparableRuns before, ComparableRuns after) {
    return Comparer.ofRuns(
        List.of(new NamedRun("before", before.run()), new NamedRun("after", after.run())),
        null,
        Allowed.NOTHING);
  }

  private static ComparisonRow row(Pair pair, String id) {
    return pair.rows().stream()
        .filter(row -> row.metric().id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row " + id));
  }

  // ---- verdicts ------------------------------------------------------------------------

  @Test
  void withThreeTrialsNoDifferenceCanBeShownHoweverLarge() {
    Pair pair = environments(new ComparableRuns(1)).pairs().getFirst();
    ComparisonRow mean = row(pair, "latency.mean");
    assertThat(mean.verdict()).isEqualTo(Verdict.NOT_SHOWN);
    assertThat(mean.reason())
        .isEqualTo(
            "no difference can be shown (n = 3; p is at least 0.10), though all of one are below"
                + " all of the other");
    assertThat(Objects.requireNonNull(mean.ratio())).isLessThan(0.5);
    assertThat(Objects.requireNonNull(mean.effect()).delta()).isEqualTo(-1);
    assertThat(pair.rows()).noneMatch(row -> row.verdict() == Verdict.LOWER);
    assertThat(Objects.requireNonNull(mean.rankInterval()).confidence())
        .isCloseTo(0.9, within(1e-9));
  }

  @Test
  void withSixTrialsItIsShownAfterHolm() {
    Pair pair = environments(new ComparableRuns(2).repeats(6)).pairs().getFirst();
    ComparisonRow mean = row(pair, "latency.mean");
    assertThat(mean.verdict()).isEqualTo(Verdict.LOWER);
    assertThat(mean.isBetter()).isTrue();
    double p = Objects.requireNonNull(mean.test()).p();
    assertThat(mean.adjustedP()).isGreaterThan(p).isLessThan(0.05);
    assertThat(row(pair, "throughput.goodput").isBetter()).isTrue();
    assertThat(row(pair, "throughput.goodput").verdict()).isEqualTo(Verdict.HIGHER);
  }

  @Test
  void oneEnvironmentAgainstItselfShowsNothing() {
    int shown = 0;
    for (long seed = 1; seed <= 10; seed++) {
      Comparison comparison =
          beforeAfter(
              new ComparableRuns(seed).environments("kvm").repeats(8),
              new ComparableRuns(100 + seed).environments("kvm").repeats(8));
      shown +=
          (int)
              comparison.pairs().getFirst().rows().stream()
                  .filter(row -> row.metric().family() == Family.OUTCOME)
                  .filter(row -> row.verdict() != Verdict.NOT_SHOWN)
                  .count();
    }
    // Of 20 tables each is wrong with at most 5%; the seeds make it the same every time.
    assertThat(shown).isLessThanOrEqualTo(6);
  }

  @Test
  void whatWasSeenOnNoSideHasNoRowAndWhatOneSideDidNotDoIsAZeroThatWasCounted() {
    Pair pair = environments(new ComparableRuns(3)).pairs().getFirst();
    ComparisonRow reads = row(pair, "latency.server.calls.read/tun");
    assertThat(Objects.requireNonNull(reads.a().median())).isCloseTo(3, within(0.05));
    assertThat(reads.b().values()).containsExactly(0.0, 0.0, 0.0);
    assertThat(pair.rows()).noneMatch(row -> row.metric().id().endsWith(".eagain"));
  }

  @Test
  void whatOneSideCannotHaveIsUnknownThereAndNotZero() {
    Pair pair = environments(new ComparableRuns(4).environments("netns", "kvm")).pairs().getFirst();
    ComparisonRow exits = row(pair, "latency.server.exits");
    assertThat(exits.a().values()).isEmpty();
    assertThat(exits.a().median()).isNull();
    assertThat(exits.ratio()).isNull();
    assertThat(exits.verdict()).isEqualTo(Verdict.UNKNOWN);
    assertThat(exits.reason()).isEqualTo("no figure of a");
  }

  @Test
  void sharesOfTheWorkTimeAddUpToOneAndWaitingIsNoneOfIt() {
    Pair pair = environments(new ComparableRuns(5)).pairs().getFirst();
    Map<String, Double> sums = new HashMap<>();
    for (ComparisonRow row : pair.rows()) {
      String id = row.metric().id();
      boolean party =
          id.contains(".work.") || id.endsWith("cpu.vhost-worker") || id.endsWith("ksoftirqd");
      if (party) {
        sums.merge(row.metric().test(), Objects.requireNonNull(row.explainedShare()), Double::sum);
      }
      if (id.endsWith(".run-delay") || id.endsWith(".guest-time") || id.endsWith(".halt-poll")) {
        assertThat(row.explainedNanos()).as(id).isNull();
      }
    }
    assertThat(sums).containsOnlyKeys("latency", "throughput");
    assertThat(sums.values()).allSatisfy(sum -> assertThat(sum).isCloseTo(1, within(0.01)));
  }

  @Test
  void rowsOfATableAreRankedByTheWorkTimeTheyExplain() {
    Pair pair = environments(new ComparableRuns(6)).pairs().getFirst();
    double before = Double.POSITIVE_INFINITY;
    String test = "";
    for (ComparisonRow row : pair.rows()) {
      if (row.metric().family() != Family.DETAIL) {
        continue;
      }
      if (!row.metric().test().equals(test)) {
        test = row.metric().test();
        before = Double.POSITIVE_INFINITY;
      }
      Double nanos = row.explainedNanos();
      double weight = nanos == null ? -1 : Math.abs(nanos);
      assertThat(weight).isLessThanOrEqualTo(before);
      before = weight;
    }
  }

  @Test
  void driftIsTold() {
    Pair pair =
        environments(new ComparableRuns(7).repeats(8).noise(0.001).drift(0.05)).pairs().getFirst();
    assertThat(row(pair, "latency.mean").notes())
        .anyMatch(note -> note.startsWith("a rises over its 8 trials (Mann-Kendall p"));
  }

  @Test
  void theSignatureDiffSaysWhatAMessageCallsOnBothSides() {
    Pair pair = environments(new ComparableRuns(8)).pairs().getFirst();
    SignatureDiff server = pair.signatures().getFirst();
    assertThat(server.role()).isEqualTo("server");
    assertThat(server.sentence())
        .startsWith(
            "kvm: 3 ppoll + 3 read/tun + 2 ioctl(KVM_SIGNAL_MSI) + 1 writev/tun; kvm-vhost: none,"
                + " 2.0 vhost interrupts, ");
    assertThat(server.changes()).hasSize(4);
    assertThat(server.changes().getFirst().a()).isEqualTo(3);
    assertThat(server.changes().getFirst().b()).isZero();
  }

  @Test
  void allOtherEnvironmentsAreHeldAgainstTheBaseline() {
    Run run = new ComparableRuns(9).environments("kvm", "kvm-vhost", "netns").run();
    Comparison comparison =
        Comparer.ofEnvironments(new NamedRun("run", run), "netns", Allowed.NOTHING);
    assertThat(comparison.pairs()).extracting(pair -> pair.a().name()).containsOnly("netns");
    assertThat(comparison.pairs())
        .extracting(pair -> pair.b().name())
        .containsExactly("kvm", "kvm-vhost");
  }

  // ---- refusals ------------------------------------------------------------------------

  private static void assertRefused(String code, Runnable comparison) {
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(comparison::run)
        .satisfies(refusal -> {
          assertThat(refusal.code()).isEqualTo(code);
          assertThat(refusal.remedy()).isNotBlank();
        });
  }

  @Test
  void aRunWithOneEnvironmentHasNothingToCompare() {
    assertRefused(
        "COMPARE-ONE-SIDE", () -> environments(new ComparableRuns(1).environments("netns")));
  }

  @Test
  void anUnknownBaselineIsRefused() {
    Run run = new ComparableRuns(1).run();
    assertRefused(
        "COMPARE-BASELINE",
        () -> Comparer.ofEnvironments(new NamedRun("run", run), "moon", Allowed.NOTHING));
  }

  @Test
  void runsWithDifferentMessageSizesAreRefused() {
    assertRefused(
        "COMPARE-WORKLOAD",
        () -> beforeAfter(new ComparableRuns(1), new ComparableRuns(2).messageBytes(1400)));
  }

  @Test
  void runsOfDifferentLengthAreComparedAndThatIsTold() {
    Comparison comparison = beforeAfter(new ComparableRuns(1), new ComparableRuns(2).seconds(5));
    assertThat(comparison.notes()).anyMatch(note -> note.contains("duration-seconds 3 and 5"));
  }

  @Test
  void runsWithoutACommonTestAreRefused() {
    assertRefused(
        "COMPARE-NO-COMMON-TEST",
        () ->
            beforeAfter(
                new ComparableRuns(1).tests("latency"), new ComparableRuns(2).tests("throughput")));
  }

  @Test
  void runsWithoutACommonEnvironmentAreRefusedUnlessEachHasOneOnly() {
    assertRefused(
        "COMPARE-NO-COMMON-ENVIRONMENT",
        () ->
            beforeAfter(
                new ComparableRuns(1).environments("kvm", "kvm-vhost"),
                new ComparableRuns(2).environments("netns")));
    Comparison comparison =
        beforeAfter(
            new ComparableRuns(1).environments("kvm"),
            new ComparableRuns(2).environments("kvm-vhost"));
    assertThat(comparison.notes()).anyMatch(note -> note.contains("different environments"));
  }

  @Test
  void emulatedIsNotComparedWithNativeUnlessAllowedAndThenMarked() {
    ComparableRuns runs = new ComparableRuns(1).emulated("kvm");
    assertRefused("COMPARE-EMULATED", () -> environments(runs));
    Comparison marked =
        Comparer.ofEnvironments(new NamedRun("run", runs.run()), null, new Allowed(true, false));
    assertThat(marked.marks()).anyMatch(mark -> mark.startsWith("EMULATED: kvm"));
    assertThat(environments(new ComparableRuns(1).emulated("kvm", "kvm-vhost")).marks()).hasSize(2);
  }

  @Test
  void incompleteCapturesAreNotComparedUnlessAllowedAndThenMarked() {
    ComparableRuns runs = new ComparableRuns(1).incomplete();
    assertRefused("COMPARE-INCOMPLETE", () -> environments(runs));
    Comparison marked =
        Comparer.ofEnvironments(new NamedRun("run", runs.run()), null, new Allowed(false, true));
    assertThat(marked.marks()).anyMatch(mark -> mark.startsWith("INCOMPLETE: "));
  }

  @Test
  void differentMachinesAreTold() {
    assertThat(beforeAfter(new ComparableRuns(1), new ComparableRuns(2).kernel("6.12.0")).notes())
        .anyMatch(note -> note.contains("kernel 6.1.0 and 6.12.0"));
  }

  @Test
  void kindsOfCallsOfDifferentCaptureSourcesAreNotCompared() {
    Comparison comparison =
        beforeAfter(new ComparableRuns(1), new ComparableRuns(2).captureSource("strace"));
    assertThat(comparison.pairs().getFirst().rows()).noneMatch(row -> row.metric().kind() != null);
    assertThat(comparison.notes()).anyMatch(note -> note.startsWith("Kinds of calls are not"));
  }

  @Test
  void withoutControlTrialsTracedOnesStandInAndThatIsTold() {
    Comparison comparison = environments(new ComparableRuns(1).controls(0));
    assertThat(comparison.notes()).anyMatch(note -> note.contains("no control trials"));
    assertThat(row(comparison.pairs().getFirst(), "latency.mean").a().trials())
        .allMatch(trial -> trial.contains("traced"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void noRunWhatsoeverBreaksADocumentOfEverything(long seed) {
    for (int more = 0; more < 20; more++) {
      Run run = new RandomRuns(seed * 1000 + more).run();
      Comparer.forReport(run).ifPresent(comparison -> assertThat(comparison.pairs()).isNotEmpty());
    }
  }

  @Test
  void theSameRunGivesTheSameComparison() {
    assertThat(environments(new ComparableRuns(11)))
        .isEqualTo(environments(new ComparableRuns(11)));
  }

  // ---- conditions ----------------------------------------------------------------------

  private static List<Threshold.Outcome> outcomes(Comparison comparison, String condition) {
    List<Threshold.Outcome> outcomes = new ArrayList<>();
    for (Threshold.Judged judged : Threshold.parse(condition).judge(comparison)) {
      outcomes.add(judged.outcome());
    }
    return outcomes;
  }

  @Test
  void aFactorIsShownByThreeAgainstThreeIfAllAreBeyondIt() {
    Comparison slower =
        beforeAfter(
            new ComparableRuns(1).environments("kvm"),
            new ComparableRuns(2).environments("kvm").latencyFactor(1.3));
    assertThat(outcomes(slower, "latency.p99 > 1.05x")).containsExactly(Threshold.Outcome.FAILED);
    assertThat(outcomes(slower, "latency.p99 > 5%")).containsExactly(Threshold.Outcome.FAILED);
    assertThat(outcomes(slower, "latency.p99>=1.05x")).containsExactly(Threshold.Outcome.FAILED);
    assertThat(outcomes(slower, "latency.p99 > 1.5x")).containsExactly(Threshold.Outcome.PASSED);
    assertThat(outcomes(slower, "latency.p99 < 1x")).containsExactly(Threshold.Outcome.PASSED);
    assertThat(outcomes(slower, "p99 > 1.05x")).containsExactly(Threshold.Outcome.FAILED);
  }

  @Test
  void withTwoTrialsNothingCanBeDecided() {
    Comparison comparison = environments(new ComparableRuns(1).repeats(2));
    assertThat(outcomes(comparison, "latency.mean < 0.9x"))
        .containsExactly(Threshold.Outcome.UNDECIDABLE);
  }

  @Test
  void aLimitNeedsFiveTrials() {
    assertThat(outcomes(environments(new ComparableRuns(1).repeats(4)), "latency.mean > 1us"))
        .containsExactly(Threshold.Outcome.UNDECIDABLE);
    Comparison five = environments(new ComparableRuns(1).repeats(5));
    assertThat(outcomes(five, "latency.mean > 1us")).containsExactly(Threshold.Outcome.FAILED);
    assertThat(outcomes(five, "latency.mean > 1s")).containsExactly(Threshold.Outcome.PASSED);
    assertThat(outcomes(five, "throughput.goodput < 1Gbit/s"))
        .containsExactly(Threshold.Outcome.FAILED);
  }

  @Test
  void aMetricWithoutItsTestIsJudgedInEachThatHasIt() {
    assertThat(outcomes(environments(new ComparableRuns(1)), "server.calls < 0.5x"))
        .containsExactly(Threshold.Outcome.FAILED, Threshold.Outcome.FAILED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "latency",
        "latency.p99",
        "latency.p99 > fast",
        "latency.p99 = 1x",
        "> 1x",
        "latency.p99 > 1parsec",
        "latency.p99 > -200%",
        "latency.p99 > 1.0.0x"
      })
  void whatIsNoConditionIsRefused(String text) {
    assertRefused("COMPARE-THRESHOLD", () -> Threshold.parse(text));
  }

  @Test
  void aConditionOnWhatIsNotThereOrInAnotherUnitIsRefused() {
    Comparison comparison = environments(new ComparableRuns(1));
    assertRefused("COMPARE-METRIC", () -> Threshold.parse("latency.p42 > 1.05x").judge(comparison));
    assertRefused(
        "COMPARE-THRESHOLD", () -> Threshold.parse("latency.p99 > 5Gbit/s").judge(comparison));
  }
}
