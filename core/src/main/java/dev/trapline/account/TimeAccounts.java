// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import dev.trapline.analysis.RunSums;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.workload.Latency;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Makes the accounts of a run: of each test in each environment that was traced with time.
///
/// The work of both sides, and of the kernel's threads that serve them, is taken in full: in a
/// ping-pong one of them works at a time, so it lies one after the other. What is left of the round
/// trip is waiting, and of waiting as much is explained as was measured: woken and not yet on a
/// CPU. What goes on beside the path (a sender's way back to sleep while its peer wakes up)
/// shortens the waiting, not the work, so no negative part is needed to add up.
public final class TimeAccounts {
  private TimeAccounts() {}

  /// In the order of environments in the run, throughput before latency; empty if nothing was
  /// traced, or the capture could not split time.
  public static List<TimeAccount> of(Run run) {
    return of(RunSums.of(run));
  }

  /// As [#of(Run)], where the run's tallies are summed already.
  public static List<TimeAccount> of(RunSums sums) {
    Run run = sums.run();
    Set<String> environments = new LinkedHashSet<>();
    run.trials().forEach(trial -> environments.add(trial.environment()));
    List<TimeAccount> accounts = new ArrayList<>();
    for (String environment : environments) {
      Set<String> tests = new TreeSet<>(java.util.Comparator.reverseOrder());
      for (Trial trial : run.trials()) {
        if (trial.environment().equals(environment) && trial.test() != null) {
          tests.add(trial.test());
        }
      }
      for (String test : tests) {
        TimeAccount account = of(sums, environment, test);
        if (account != null) {
          accounts.add(account);
        }
      }
    }
    return accounts;
  }

  private static @Nullable TimeAccount of(RunSums sums, String environment, String test) {
    List<Trial> traced = new ArrayList<>();
    List<Trial> controls = new ArrayList<>();
    for (Trial trial : sums.run().trials()) {
      if (trial.environment().equals(environment)
          && test.equals(trial.test())
          && trial.outcome() != null
          && trial.outcome().workDone() > 0) {
        (trial.traced() ? traced : controls).add(trial);
      }
    }
    if (traced.isEmpty()) {
      return null;
    }
    boolean pingPong =
        traced.stream()
            .allMatch(
                trial -> trial.outcome() instanceof Latency latency && isOneAfterTheOther(latency));
    double units = 0;
    for (Trial trial : traced) {
      units += unitsOf(trial);
    }
    Parties parties = Parties.of(sums, traced, units, pingPong);
    if (parties == null) {
      return null;
    }
    return pingPong
        ? roundTrip(environment, test, traced, controls, units, parties)
        : cpu(environment, test, traced, parties);
  }

  /// Round trips of several clients overlap: then CPU time is what can be accounted.
  private static boolean isOneAfterTheOther(Latency latency) {
    return latency.backToBack() && latency.clients() == null;
  }

  private static double unitsOf(Trial trial) {
    return trial.outcome() == null ? 0 : trial.outcome().workDone();
  }

  private static TimeAccount roundTrip(
      String environment,
      String test,
      List<Trial> traced,
      List<Trial> controls,
      double messages,
      Parties parties) {
    double seconds = 0;
    for (Trial trial : traced) {
      seconds += trial.outcome() instanceof Latency latency ? latency.totalRunSeconds() : 0;
    }
    double total = seconds * 1e9 / messages;
    List<TimeAccount.Beside> beside = new ArrayList<>(parties.beside());
    List<String> notes = new ArrayList<>(parties.notes());
    List<TimeAccount.Part> parts =
        Split.roundTrip(total, parties.work(), parties.waiting(), beside, notes);
    List<Double> halves = halves(traced);
    double printed = MedianInterval.of(halves).median();
    if (Math.abs(total / 2 - printed) > 0.05 * printed) {
      notes.add(
          String.format(
              java.util.Locale.ROOT,
              "Half of this round trip is %.2f us and the tool printed %.2f us: it leaves warm-up"
                  + " and end out, which the capture counted.",
              total / 2e3,
              printed / 1e3));
    }
    List<Double> untraced = halves(controls);
    return new TimeAccount(
        environment,
        test,
        UnitOfWork.MESSAGE,
        TimeAccount.Basis.ROUND_TRIP,
        traced.size(),
        total,
        "run time over messages sent, both as the tool prints them for its total run",
        untraced.isEmpty() ? null : Double.valueOf(MedianInterval.of(untraced).median()),
        parts,
        beside,
        notes);
  }

  private static List<Double> halves(List<Trial> trials) {
    List<Double> halves = new ArrayList<>();
    for (Trial trial : trials) {
      if (trial.outcome() instanceof Latency latency) {
        halves.add(latency.halfRoundTripNanos(latency.meanNanos()));
      }
    }
    return halves;
  }

  private static TimeAccount cpu(
      String environment, String test, List<Trial> traced, Parties parties) {
    List<TimeAccount.Part> parts = Split.sorted(parties.work());
    double total = 0;
    for (TimeAccount.Part part : parts) {
      total += part.nanos();
    }
    UnitOfWork unit = UnitOfWork.GIBIBYTE;
    for (Trial trial : traced) {
      unit = trial.outcome() == null ? unit : trial.outcome().unitOfWork();
    }
    return new TimeAccount(
        environment,
        test,
        unit,
        TimeAccount.Basis.CPU,
        traced.size(),
        total,
        "the sum of the parts: CPU time of all parties, which nothing else measures as a whole",
        null,
        parts,
        parties.beside(),
        parties.notes());
  }
}
