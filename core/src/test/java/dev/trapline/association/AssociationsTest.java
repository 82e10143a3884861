// SPDX-License-Identifier: Apache-2.0
package dev.trapline.association;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.association.Association.Scope;
import dev.trapline.comparison.ComparableRuns;
import dev.trapline.store.RandomRuns;
import java.util.List;
import org.junit.jupiter.api.Test;

class AssociationsTest {
  @Test
  void threeTrialsShowNothingAndTheNotesSayWhatWould() {
    Associations found = Associations.of(new ComparableRuns(1).run());
    assertThat(found.found()).isNotEmpty().noneMatch(Association::shown);
    assertThat(found.notes())
        .anyMatch(note -> note.startsWith("3 trials show no association, whatever they are"))
        .anyMatch(note -> note.contains("any two points lie on a line"))
        .anyMatch(note -> note.contains("need not be its cause"));
  }

  @Test
  void aRawCountGoesWithTheOutcomeOfAFixedTimeAndIsSaidToDoSoByItself() {
    Associations found =
        Associations.of(new ComparableRuns(2).environments("netns").repeats(12).run());
    Association calls =
        found.found().stream()
            .filter(each -> each.scope() == Scope.TRIALS)
            .filter(each -> each.candidate().id().equals("latency.server.calls.raw"))
            .findFirst()
            .orElseThrow();
    assertThat(calls.shown()).isTrue();
    assertThat(calls.kendall().tau()).isLessThan(-0.9);
    assertThat(calls.confounders()).anyMatch(text -> text.contains("the outcome again"));
    assertThat(calls.sentence())
        .startsWith("In netns (n = 12), latency half-RTT mean falls with server calls in all");
  }

  @Test
  void threeEnvironmentsAreThreePointsAndShowNothing() {
    Associations found =
        Associations.of(
            new ComparableRuns(3).environments("netns", "kvm", "kvm-vhost").repeats(8).run());
    List<Association> across =
        found.found().stream().filter(each -> each.scope() == Scope.ENVIRONMENTS).toList();
    assertThat(across)
        .isNotEmpty()
        .allSatisfy(each -> {
          assertThat(each.n()).isEqualTo(3);
          assertThat(each.shown()).isFalse();
          assertThat(each.confounders())
              .anyMatch(text -> text.startsWith("Environments differ in more"));
        });
  }

  @Test
  void pIsAdjustedForAllCandidatesOfAScope() {
    Associations found = Associations.of(new ComparableRuns(4).repeats(7).run());
    assertThat(found.found())
        .isNotEmpty()
        .allSatisfy(
            each -> assertThat(each.adjustedP()).isGreaterThanOrEqualTo(each.kendall().p()));
  }

  @Test
  void noRunWhatsoeverBreaksIt() {
    for (long seed = 1; seed <= 200; seed++) {
      assertThat(Associations.of(new RandomRuns(seed).run()).found()).isNotNull();
    }
  }
}
