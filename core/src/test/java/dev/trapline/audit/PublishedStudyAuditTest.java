// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.study.Assumption;
import dev.trapline.study.Claim;
import dev.trapline.study.Figure;
import dev.trapline.study.Selector;
import dev.trapline.study.Studies;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyOutcome;
import dev.trapline.study.StudyYaml;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The study that was published, whole. Its expected figures were computed by hand from the file.
class PublishedStudyAuditTest {
  private static final Study STUDY = StudyYaml.read(Studies.published());
  private static final AuditReport REPORT = Audit.of(STUDY);

  @Test
  void everyClaimHasItsVerdict() {
    Map<String, Verdict> expected = new LinkedHashMap<>();
    expected.put("bm-read-size", Verdict.CORRECTED);
    expected.put("microvm-readv-size", Verdict.CORRECTED);
    expected.put("bm-select-per-read", Verdict.CONFIRMED);
    expected.put("bm-latency-ratio", Verdict.CONFIRMED);
    expected.put("kvm-ppoll-per-msg", Verdict.CONFIRMED);
    expected.put("vhost-ioctl-tput", Verdict.CORRECTED);
    expected.put("vhost-ioctl-lat", Verdict.CONFIRMED);
    expected.put("vhost-total", Verdict.CONFIRMED);
    expected.put("kvm-ioctl-higher", Verdict.CONFIRMED);
    expected.put("microvm-ioctl-is-kvm-run", Verdict.UNSUPPORTED);
    expected.put("ioctl-is-kvm-run", Verdict.UNSUPPORTED);
    expected.put("vector-halves", Verdict.WRONG);
    expected.put("epoll-o1", Verdict.UNSUPPORTED);
    expected.put("getpid-vdso", Verdict.WRONG);
    expected.put("pingpong-two", Verdict.CONFIRMED);
    expected.put("count-correlates", Verdict.WRONG);
    expected.put("exits-correlate-latency", Verdict.UNSUPPORTED);

    Map<String, Verdict> found = new LinkedHashMap<>();
    REPORT.claims().forEach(claim -> found.put(claim.id(), claim.verdict()));
    assertThat(found).containsExactlyEntriesOf(expected);
    assertThat(REPORT.hasWrongClaim()).isTrue();
  }

  @Test
  void figuresAreThoseOfTheArithmetic() {
    double gibibyte = 1L << 30;
    assertFound("bm-read-size", 82.2 * gibibyte / 1.9e6 / 1000);
    assertFound("microvm-readv-size", 37.1 * gibibyte / 617e3 / 1000);
    assertFound("bm-select-per-read", 1_895_163 / 1.9e6);
    assertFound("bm-latency-ratio", 1);
    assertFound("kvm-ppoll-per-msg", 688_115 / 226e3);
    assertFound("vhost-ioctl-tput", 100 * (1 - 84_007.0 / 724_154));
    assertFound("vhost-ioctl-lat", 100 * (1 - 2_052.0 / 462_795));
    assertFound("vhost-total", 100 * (1 - 98.0 / 1910));
    assertFound("vector-halves", 100 * (1 - (617e3 / 37.1) / (1.9e6 / 82.2)));
    assertFound("pingpong-two", 2 * 455_731 / (30 / (2 * 32.9e-6)));
    assertFound("count-correlates", 0.7302892593873477);
    assertFound("exits-correlate-latency", 0.9645909702913121);
  }

  private static void assertFound(String id, double expected) {
    ClaimFinding.Computed computed = Objects.requireNonNull(claim(id).computed(), id);
    assertThat(computed.bounds().value()).as(id).isCloseTo(expected, within(1e-9 * expected));
    assertThat(computed.bounds().low()).as(id).isLessThanOrEqualTo(expected * (1 + 1e-9));
    assertThat(computed.bounds().high()).as(id).isGreaterThanOrEqualTo(expected * (1 - 1e-9));
  }

  @Test
  void gigabyteOfIperf3IsCorrectedAndTheClaimsFigureExplained() {
    ClaimFinding claim = claim("bm-read-size");

    assertThat(claim.finds())
        .isEqualTo("46.5 kB per call, 45.2 to 47.7 as the figures are rounded; not 43 KB");
    assertThat(claim.derivation()).contains("30.05 s as GiB", "27.98 s as 10^9 bytes");
    assertThat(claim.restsOn())
        .containsExactly(Assumption.DURATION, Transfers.BINARY_UNITS_OF_IPERF3);
    assertThat(claim.cautions())
        .containsExactly(
            "The claim's figure comes out if its GB are taken for 10^9 bytes: 43.3 kB.");
  }

  @Test
  void reductionIsAlsoGivenPerUnitOfWork() {
    assertThat(claim("vhost-ioctl-tput").finds()).isEqualTo("88.4% less; not 90%");
    assertThat(claim("vhost-ioctl-tput").cautions())
        .anyMatch(note -> note.startsWith("Per GiB it is 91.6% less") && note.contains("duration"))
        .anyMatch(note -> note.startsWith("The figures are of two runs"));
    assertThat(claim("vhost-total").finds()).startsWith("94.9% less");
    assertThat(claim("vhost-total").cautions())
        .anyMatch(note -> note.startsWith("Per GiB it is 96.3% less"));
    assertThat(claim("vhost-ioctl-lat").finds()).isEqualTo("99.56% less");
    assertThat(claim("vhost-ioctl-lat").cautions())
        .anyMatch(note -> note.contains("not tell which side made the 2,052 ioctl"));
  }

  @Test
  void boundThatOnlyRawCountsReachIsWrongAndSaysWhereItMayComeFrom() {
    ClaimFinding claim = claim("vector-halves");

    assertThat(claim.finds()).startsWith("28.1% less per GiB").endsWith("not 50% or more");
    assertThat(claim.cautions())
        .anyMatch(note -> note.startsWith("Raw counts give 67.5%, which may be where"))
        .anyMatch(note -> note.startsWith("The two differ in environment and vmm"));
  }

  @Test
  void mechanismNamesWhatIsMissingAndTheCommand() {
    assertThat(claim("microvm-ioctl-is-kvm-run").needs())
        .hasSize(2)
        .anyMatch(need -> need.contains("0xae80 is KVM_RUN") && need.contains("trapline record"))
        .anyMatch(need ->
            need.contains("a return to user space is not a VM exit") && need.contains("bpftrace"));
    assertThat(claim("ioctl-is-kvm-run").needs()).hasSize(3);
    assertThat(claim("epoll-o1").needs()).hasSize(1);
  }

  @Test
  void catalogueKnowsWhatIsNotInTheVdso() {
    assertThat(claim("getpid-vdso").finds()).contains("getpid and gettid have no entry");
    assertThat(claim("getpid-vdso").derivation())
        .contains("getpid(2), gettid(2) and vdso(7)", "glibc 2.25");
  }

  @Test
  void associationHasNAndPAndTheLeastPThereCouldBe() {
    assertThat(claim("count-correlates").finds())
        .startsWith("r = +0.73 (n = 4, p = 0.27)")
        .contains("positive, not negative, and not significant");
    assertThat(claim("count-correlates").cautions())
        .anyMatch(note -> note.startsWith("Per GiB it is r = +0.08"));
    ClaimFinding exits = claim("exits-correlate-latency");
    assertThat(exits.finds())
        .startsWith("r = +0.96 (n = 4,")
        .contains("rank correlation +1.00, exact p = 0.083, the least that n = 4 can have");
    assertThat(exits.needs()).anyMatch(need -> need.contains("at least 5 environments"));
    assertThat(exits.cautions()).contains("Counts ioctl calls, not exits.");
    assertThat(exits.restsOn()).containsExactly(Assumption.DURATION, Assumption.HALF_ROUND_TRIP);
  }

  @Test
  void oneThreadsFigureAndOneSidesFigureAreNotPassedOffAsMore() {
    assertThat(claim("kvm-ioctl-higher").cautions())
        .anyMatch(note -> note.endsWith("are of thread fc_vcpu 0 only."));
    assertThat(claim("pingpong-two").cautions())
        .anyMatch(note -> note.contains("the other side makes as many"));
  }

  // ---- invariants ----------------------------------------------------------------------

  @Test
  void timeOfTheMessagesIsTheRunTime() {
    assertThat(invariant("half-rtt", "kvm").holds()).isTrue();
    assertThat(invariant("half-rtt", "kvm").detail()).contains("29.52 s", "of 30 s", "duration_s");
    assertThat(invariant("half-rtt", "baremetal").detail()).contains("455,731 sendto", "29.99 s");
    assertThat(invariant("half-rtt", "microvm").holds()).isNull();
  }

  @Test
  void gigabytesThatLastTooShortAreReadAsBinary() {
    assertThat(invariant("goodput-times-time", "baremetal").holds()).isFalse();
    assertThat(invariant("goodput-times-time", "baremetal").detail())
        .contains("27.98 s", "as GiB 30.05 s", "so it is read so");
    assertThat(invariant("goodput-times-time", "microvm").detail()).contains("37.1 GB", "30.06 s");
    assertThat(invariant("goodput-times-time", "kvm").holds()).isNull();
  }

  @Test
  void totalsAreHeldAgainstEachSidesRows() {
    assertThat(invariant("role-total", "kvm, throughput").holds()).isFalse();
    assertThat(invariant("role-total", "kvm, throughput").detail())
        .contains("1,304,388", "unaccounted: 32% (605,612)");
    assertThat(invariant("role-total", "baremetal, throughput").holds()).isTrue();
    assertThat(invariant("role-total", "baremetal, throughput").detail())
        .contains("3,795,301", "4,441,336", "the total is not of both sides");
    assertThat(invariant("role-total", "microvm, throughput").holds()).isFalse();
  }

  @Test
  void runsThatAreNotToldCannotBeChecked() {
    assertThat(REPORT.invariants())
        .filteredOn(one -> one.id().equals("same-run"))
        .singleElement()
        .satisfies(one -> assertThat(one.holds()).isNull());
  }

  @Test
  void claimThatIsMorePreciseThanItsFiguresIsFound() {
    assertThat(REPORT.brokenInvariants())
        .filteredOn(one -> one.id().equals("rounded-as-exact"))
        .singleElement()
        .satisfies(one -> {
          assertThat(one.subject()).isEqualTo("bm-read-size");
          assertThat(one.detail()).contains("42.5 to 43.5", "45.2 to 47.7");
        });
  }

  // ---- properties ----------------------------------------------------------------------

  @Test
  void verdictsDoNotDependOnNames() {
    String text = Studies.publishedText();
    int number = 0;
    for (Claim claim : STUDY.claims()) {
      text = text.replace("id: " + claim.id() + "\n", "id: x" + number++ + "\n");
    }
    text = text.replaceAll("(?m)^    says: .*$", "    says: \"something\"");
    AuditReport renamed = Audit.of(StudyYaml.parse(text, "renamed.yaml"));

    assertThat(renamed.claims()).extracting(ClaimFinding::id).doesNotContain("vhost-total");
    assertThat(renamed.claims())
        .extracting(ClaimFinding::verdict)
        .isEqualTo(REPORT.claims().stream().map(ClaimFinding::verdict).toList());
    assertThat(renamed.claims())
        .extracting(ClaimFinding::finds)
        .isEqualTo(REPORT.claims().stream().map(ClaimFinding::finds).toList());
  }

  @Test
  void changingAnyFigureOfAClaimChangesWhatIsFound() {
    int tried = 0;
    for (Claim claim : STUDY.claims()) {
      for (Selector selector : selectors(claim)) {
        for (StudyCount row : STUDY.counts()) {
          // An association takes the rows of one side where there are two.
          boolean otherSide = claim instanceof Claim.Association && "client".equals(row.role());
          if (selector.matches(row) && !otherSide) {
            assertChanged(claim, withCounts(one -> one.equals(row), tripled(row.calls())));
            tried++;
          }
        }
        for (StudyOutcome outcome : STUDY.outcomes()) {
          if (names(selector, outcome)) {
            assertChanged(
                claim, withOutcomes(one -> one.equals(outcome), tripled(outcome.figure())));
            tried++;
          }
        }
      }
    }
    assertThat(tried).isGreaterThan(25);
  }

  @Test
  void figureThatIsZeroOrBeyondReasonNeverEndsTheAudit() {
    for (String digits : List.of("0", "0.0", "1e-300", "1e300", "9e18")) {
      Figure odd = new Figure(new BigDecimal(digits), true, STUDY.claims().getFirst().place());
      for (StudyCount row : STUDY.counts()) {
        assertThat(Audit.of(withCounts(one -> one.equals(row), odd)).claims()).hasSize(17);
      }
      assertThat(Audit.of(withCounts(one -> true, odd)).claims()).hasSize(17);
      for (StudyOutcome outcome : STUDY.outcomes()) {
        assertThat(Audit.of(withOutcomes(one -> one.equals(outcome), odd)).claims()).hasSize(17);
      }
      assertThat(Audit.of(withOutcomes(one -> true, odd)).claims()).hasSize(17);
    }
  }

  @Test
  void rowOrOutcomeThatIsMissingNeverEndsTheAudit() {
    for (StudyCount row : STUDY.counts()) {
      List<StudyCount> others = new ArrayList<>(STUDY.counts());
      others.remove(row);
      assertThat(Audit.of(study(others, STUDY.outcomes())).claims()).hasSize(17);
    }
    for (StudyOutcome outcome : STUDY.outcomes()) {
      List<StudyOutcome> others = new ArrayList<>(STUDY.outcomes());
      others.remove(outcome);
      assertThat(Audit.of(study(STUDY.counts(), others)).claims()).hasSize(17);
    }
    assertThat(Audit.of(study(List.of(), List.of())).claims())
        .filteredOn(claim -> claim.verdict() != Verdict.UNSUPPORTED)
        .as("only the catalogue needs no figures")
        .extracting(ClaimFinding::kind)
        .containsExactly("catalogue");
  }

  private static void assertChanged(Claim claim, Study changed) {
    ClaimFinding before = claim(claim.id());
    ClaimFinding after =
        Audit.of(changed).claims().stream()
            .filter(one -> one.id().equals(claim.id()))
            .findFirst()
            .orElseThrow();
    assertThat(after.finds()).as(claim.id()).isNotEqualTo(before.finds());
  }

  private static List<Selector> selectors(Claim claim) {
    return switch (claim) {
      case Claim.PerCallSize one -> List.of(one.bytes(), one.calls());
      case Claim.Ratio one -> List.of(one.of(), one.to());
      case Claim.PerMessage one -> List.of(one.of(), one.messages());
      case Claim.Reduction one -> List.of(one.from(), one.to());
      case Claim.Ordering one -> List.of(one.greater(), one.smaller());
      case Claim.Association one -> List.of(one.candidate());
      // No figure decides them.
      case Claim.Mechanism _, Claim.OfCatalogue _ -> List.of();
    };
  }

  private static boolean names(Selector selector, StudyOutcome outcome) {
    boolean sameEnvironment =
        selector.environment() == null || selector.environment().equals(outcome.environment());
    boolean derivedFrom = selector.derived() != null && outcome.name().equals(StudyOutcome.LATENCY);
    return sameEnvironment && (outcome.name().equals(selector.outcome()) || derivedFrom);
  }

  private static Study withCounts(Predicate<StudyCount> changed, Figure figure) {
    List<StudyCount> counts = new ArrayList<>();
    for (StudyCount row : STUDY.counts()) {
      counts.add(
          changed.test(row)
              ? new StudyCount(
                  row.environment(),
                  row.test(),
                  row.role(),
                  row.syscall(),
                  row.object(),
                  row.request(),
                  row.thread(),
                  figure,
                  row.measured(),
                  row.run())
              : row);
    }
    return study(counts, STUDY.outcomes());
  }

  private static Study withOutcomes(Predicate<StudyOutcome> changed, Figure figure) {
    List<StudyOutcome> outcomes = new ArrayList<>();
    for (StudyOutcome one : STUDY.outcomes()) {
      outcomes.add(
          changed.test(one)
              ? new StudyOutcome(
                  one.environment(), one.name(), figure, one.unitAsWritten(), one.run())
              : one);
    }
    return study(STUDY.counts(), outcomes);
  }

  private static Figure tripled(Figure figure) {
    return new Figure(
        figure.value().multiply(BigDecimal.valueOf(3)), figure.rounded(), figure.place());
  }

  private static Study study(List<StudyCount> counts, List<StudyOutcome> outcomes) {
    return new Study(
        STUDY.name(),
        STUDY.source(),
        STUDY.tools(),
        STUDY.environments(),
        outcomes,
        counts,
        STUDY.shares(),
        STUDY.alsoSeen(),
        STUDY.assumptions(),
        STUDY.claims(),
        STUDY.notes());
  }

  // ---- access --------------------------------------------------------------------------

  private static ClaimFinding claim(String id) {
    return REPORT.claims().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
  }

  private static InvariantFinding invariant(String id, @Nullable String subject) {
    return REPORT.invariants().stream()
        .filter(one -> one.id().equals(id) && one.subject().equals(subject))
        .findFirst()
        .orElseThrow();
  }
}
