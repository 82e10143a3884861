// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Signatures of counts made by hand.
class SignatureTest {
  private static final double MESSAGES = 1000;

  private static CallCost cost(String syscall, long calls) {
    return new CallCost(
        new CallKind(syscall, ObjectKind.UDP, null), Count.ofCalls(calls), MESSAGES);
  }

  private static Signature fit(CallCost... costs) {
    return Signature.fit(List.of(costs), MESSAGES);
  }

  private static List<String> terms(Signature signature) {
    List<String> words = new ArrayList<>();
    for (Signature.Term term : signature.terms()) {
      words.add((term.whole() ? "" : "~") + term.perMessage() + " " + term.kind().syscall());
    }
    return words;
  }

  @Test
  void aCallPerMessageIsExactAndLeavesNothing() {
    Signature signature = fit(cost("recvfrom", 1000), cost("sendto", 1000));
    assertThat(terms(signature)).containsExactly("1.0 recvfrom", "1.0 sendto");
    assertThat(signature.explainedCalls()).isEqualTo(2000);
    assertThat(signature.residual()).isZero();
  }

  @Test
  void setUpCallsAreTheResidualAndNotTerms() {
    Signature signature = fit(cost("recvfrom", 1004), cost("sendto", 1000), cost("mmap", 16));
    assertThat(terms(signature)).containsExactly("1.0 recvfrom", "1.0 sendto");
    // 4 calls too many and 16 of another kind, of 2020.
    assertThat(signature.residual()).isEqualTo(20.0 / 2020, within(1e-12));
  }

  @Test
  void callsThatAreMissingCountAsResidualToo() {
    Signature signature = fit(cost("recvfrom", 970));
    assertThat(terms(signature)).containsExactly("1.0 recvfrom");
    assertThat(signature.explainedCalls()).isEqualTo(1000);
    assertThat(signature.residual()).isEqualTo(30.0 / 970, within(1e-12));
  }

  @Test
  void whatIsNoWholeNumberIsNotMadeOne() {
    Signature signature = fit(cost("poll", 1500), cost("read", 300));
    assertThat(terms(signature)).containsExactly("~1.5 poll", "~0.3 read");
    assertThat(signature.residual()).isZero();
  }

  @Test
  void wholeMeansWithinFivePercent() {
    assertThat(terms(fit(cost("read", 1049)))).containsExactly("1.0 read");
    assertThat(terms(fit(cost("read", 1051)))).containsExactly("~1.051 read");
    assertThat(terms(fit(cost("read", 951)))).containsExactly("1.0 read");
    assertThat(terms(fit(cost("read", 949)))).containsExactly("~0.949 read");
    assertThat(terms(fit(cost("read", 2099)))).containsExactly("2.0 read");
    assertThat(terms(fit(cost("read", 2101)))).containsExactly("~2.101 read");
  }

  @Test
  void onceInTwentyMessagesIsTheRarestTerm() {
    assertThat(terms(fit(cost("futex", 50)))).containsExactly("~0.05 futex");
    Signature rarer = fit(cost("futex", 49));
    assertThat(rarer.terms()).isEmpty();
    assertThat(rarer.residual()).isEqualTo(1);
  }

  @Test
  void theMostFrequentComesFirstAndTiesGoByName() {
    assertThat(terms(fit(cost("write", 1000), cost("read", 1000), cost("poll", 3000))))
        .containsExactly("3.0 poll", "1.0 read", "1.0 write");
  }

  @Test
  void noCallsHaveNoResidual() {
    Signature signature = fit();
    assertThat(signature.terms()).isEmpty();
    assertThat(signature.residual()).isZero();
  }
}
