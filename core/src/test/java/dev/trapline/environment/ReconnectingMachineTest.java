// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.host.MachineSample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// When a machine is tried again, against one that goes and comes as the test wants: what a real
/// one does is tested with real sshds.
class ReconnectingMachineTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final List<String> news = new ArrayList<>();
  private boolean up = true;
  private boolean cut;
  private int tries;
  private int comesBackAfter;
  private String kernel = "6.1";

  private RemoteMachine open() {
    tries++;
    if (comesBackAfter > 0 && --comesBackAfter == 0) {
      up = true;
    }
    if (!up) {
      throw new TraplineException("NODE-UNREACHABLE", "beta does not answer.", "look");
    }
    cut = false;
    return new Standing(kernel);
  }

  private final class Standing implements RemoteMachine {
    private final SortedMap<String, String> facts = new TreeMap<>();

    private Standing(String kernel) {
      facts.put("kernel", kernel);
    }

    @Override
    public String name() {
      return "beta";
    }

    @Override
    public SortedMap<String, String> facts() {
      return facts;
    }

    @Override
    public SortedMap<String, String> examine(String address, List<String> peers) {
      return facts;
    }

    @Override
    public ClockReading clock() {
      return new ClockReading(0, 1);
    }

    @Override
    public MachineSample sample() {
      return MachineSample.take();
    }

    @Override
    public RemoteTrial begin(@Nullable String captureSource, @Nullable CaptureLevel level) {
      throw new AssertionError("no trial is begun here");
    }

    @Override
    public boolean isReachable() {
      return !cut;
    }

    @Override
    public void close() {}
  }

  private ReconnectingMachine machine(Duration patience) {
    ReconnectingMachine machine = new ReconnectingMachine("beta", this::open, patience);
    machine.tell(news::add);
    return machine;
  }

  private void lose() {
    up = false;
    cut = true;
  }

  @Test
  void aMachineThatWasLostIsTriedUntilItIsBack() throws Exception {
    ReconnectingMachine machine = machine(LONG);
    machine.connect();
    assertThat(machine.facts()).containsEntry("kernel", "6.1");
    lose();
    comesBackAfter = 3;
    assertThat(machine.isReachable()).isFalse();
    assertThat(machine.clock()).isEqualTo(new ClockReading(0, 1));
    assertThat(tries).isEqualTo(4);
    assertThat(news).containsExactly("node beta was lost; it is tried again", "node beta is back");
  }

  @Test
  void aMachineThatIsGoneForGoodFailsAtOnce() throws Exception {
    ReconnectingMachine machine = machine(Duration.ofMillis(1200));
    machine.connect();
    lose();
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(machine::clock)
        .withMessage("beta does not answer.");
    int asLongAsPatienceLasted = tries;
    assertThat(asLongAsPatienceLasted).isGreaterThan(1);
    for (int trial = 0; trial < 3; trial++) {
      assertThatExceptionOfType(TraplineException.class).isThrownBy(machine::clock);
    }
    assertThat(tries).isLessThanOrEqualTo(asLongAsPatienceLasted + 3);
  }

  @Test
  void aMachineThatNeverAnsweredIsNotWaitedFor() {
    ReconnectingMachine machine = machine(LONG);
    up = false;
    assertThatExceptionOfType(TraplineException.class).isThrownBy(machine::connect);
    assertThatExceptionOfType(TraplineException.class).isThrownBy(machine::clock);
    assertThatExceptionOfType(TraplineException.class).isThrownBy(machine::clock);
    assertThat(tries).isEqualTo(2);
    assertThat(machine.facts()).isEmpty();
  }

  @Test
  void anotherKernelIsAnotherMachine() throws Exception {
    ReconnectingMachine machine = machine(LONG);
    machine.connect();
    cut = true;
    kernel = "6.12";
    assertThatExceptionOfType(TraplineException.class)
        .isThrownBy(machine::clock)
        .satisfies(changed -> assertThat(changed.code()).isEqualTo("NODE-CHANGED"))
        .withMessageContaining("its kernel was 6.1, is 6.12");
    assertThat(machine.isReachable()).isFalse();
  }
}
