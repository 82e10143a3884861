// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SplitTest {
  private static TimeAccount.Part part(String name, TimeAccount.Kind kind, double nanos) {
    return new TimeAccount.Part(name, "server", kind, nanos, "a test");
  }

  private static double nanosOf(List<TimeAccount.Part> parts, TimeAccount.Kind kind) {
    return parts.stream()
        .filter(part -> part.kind() == kind)
        .mapToDouble(TimeAccount.Part::nanos)
        .sum();
  }

  @Test
  void whateverTheFiguresThePartsAddUpAndNoneIsNegative() {
    Random random = new Random(20261128);
    for (int attempt = 0; attempt < 20_000; attempt++) {
      double total = 1 + random.nextInt(100_000);
      List<TimeAccount.Part> work = some(random, "work", TimeAccount.Kind.KERNEL_WORK, total);
      List<TimeAccount.Part> waiting = some(random, "waiting", TimeAccount.Kind.RUNNABLE, total);
      List<TimeAccount.Beside> beside = new ArrayList<>();
      List<String> notes = new ArrayList<>();
      List<TimeAccount.Part> parts = Split.roundTrip(total, work, waiting, beside, notes);
      assertThat(Split.sum(parts)).isCloseTo(total, within(1e-6 * total));
      double worked = Split.sum(work);
      double waited = Split.sum(waiting);
      for (TimeAccount.Part part : parts) {
        assertThat(part.nanos()).isPositive();
      }
      assertThat(nanosOf(parts, TimeAccount.Kind.KERNEL_WORK))
          .isCloseTo(Math.min(worked, total), within(1e-6 * total));
      assertThat(nanosOf(parts, TimeAccount.Kind.RUNNABLE)).isLessThanOrEqualTo(waited + 1e-6);
      assertThat(notes.stream().anyMatch(note -> note.contains("an estimate")))
          .isEqualTo(worked > total);
      assertThat(nanosOf(parts, TimeAccount.Kind.UNEXPLAINED))
          .isCloseTo(Math.max(0, total - worked - waited), within(1e-6 * total));
    }
  }

  private static List<TimeAccount.Part> some(
      Random random, String name, TimeAccount.Kind kind, double total) {
    List<TimeAccount.Part> parts = new ArrayList<>();
    int count = random.nextInt(5);
    for (int index = 0; index < count; index++) {
      double nanos = random.nextInt(4) == 0 ? 0 : random.nextDouble() * total * 0.6;
      parts.add(part(name + index, kind, nanos));
    }
    return parts;
  }

  /// A ping-pong as it goes: each side still works a little after it has woken the other, and
  /// something unknown takes time on the way.
  @Test
  void ofASimulatedPingPongTheWorkIsExactAndTheUnknownIsALowerBound() {
    Random random = new Random(7);
    for (int attempt = 0; attempt < 5_000; attempt++) {
      double clientWork = 1 + random.nextInt(20_000);
      double serverWork = 1 + random.nextInt(20_000);
      double clientWaits = random.nextInt(60_000);
      double serverWaits = random.nextInt(60_000);
      double unknown = random.nextInt(3) == 0 ? 0 : random.nextInt(30_000);
      // What a side works on while the other is woken and does not run yet.
      double clientTail = random.nextDouble() * Math.min(clientWork, serverWaits);
      double serverTail = random.nextDouble() * Math.min(serverWork, clientWaits);
      double total =
          clientWork + serverWork + clientWaits + serverWaits - clientTail - serverTail + unknown;
      List<TimeAccount.Part> parts =
          Split.roundTrip(
              total,
              List.of(
                  part("client", TimeAccount.Kind.KERNEL_WORK, clientWork),
                  part("server", TimeAccount.Kind.KERNEL_WORK, serverWork)),
              List.of(
                  part("client waits", TimeAccount.Kind.RUNNABLE, clientWaits),
                  part("server waits", TimeAccount.Kind.RUNNABLE, serverWaits)),
              new ArrayList<>(),
              new ArrayList<>());
      assertThat(Split.sum(parts)).isCloseTo(total, within(1e-3));
      assertThat(nanosOf(parts, TimeAccount.Kind.KERNEL_WORK))
          .isCloseTo(clientWork + serverWork, within(1e-3));
      double unexplained = nanosOf(parts, TimeAccount.Kind.UNEXPLAINED);
      assertThat(unexplained).isLessThanOrEqualTo(unknown + 1e-3);
      assertThat(unexplained).isGreaterThanOrEqualTo(unknown - clientTail - serverTail - 1e-3);
    }
  }

  @Test
  void whatIsCutFromWaitingStandsBesideWithItsFigure() {
    List<TimeAccount.Beside> beside = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    List<TimeAccount.Part> parts =
        Split.roundTrip(
            100,
            List.of(part("work", TimeAccount.Kind.USER, 60)),
            List.of(
                part("one", TimeAccount.Kind.RUNNABLE, 60),
                part("other", TimeAccount.Kind.RUNNABLE, 20)),
            beside,
            notes);
    assertThat(parts).extracting(TimeAccount.Part::name).containsExactly("work", "one", "other");
    assertThat(parts).extracting(TimeAccount.Part::nanos).containsExactly(60.0, 30.0, 10.0);
    assertThat(beside).hasSize(1);
    assertThat(beside.getFirst().nanos()).isEqualTo(80);
    assertThat(notes).hasSize(1);
  }

  @Test
  void moreWorkThanTimeIsCutInProportionAndSaidToBeAnEstimate() {
    List<TimeAccount.Beside> beside = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    List<TimeAccount.Part> parts =
        Split.roundTrip(
            100,
            List.of(
                part("one", TimeAccount.Kind.GUEST, 80),
                part("other", TimeAccount.Kind.VHOST, 120)),
            List.of(part("waits", TimeAccount.Kind.RUNNABLE, 10)),
            beside,
            notes);
    assertThat(parts).extracting(TimeAccount.Part::name).containsExactly("other", "one");
    assertThat(parts).extracting(TimeAccount.Part::nanos).containsExactly(60.0, 40.0);
    assertThat(beside)
        .extracting(TimeAccount.Beside::name)
        .containsExactly("work, as measured", "waiting for a CPU, as measured");
    assertThat(beside.getFirst().nanos()).isEqualTo(200);
    assertThat(notes).anySatisfy(note -> assertThat(note).contains("an estimate"));
  }
}
