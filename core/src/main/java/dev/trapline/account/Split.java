// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The arithmetic of an account: how parts come to add up.
final class Split {
  private Split() {}

  /// Every instant is charged once: to work, else to waiting for a CPU, else to nothing known.
  ///
  /// With `W` the work, `Q` the waiting as measured and `T` the round trip: if `W > T` some of the
  /// work was done at the same time, and the surplus is named as overlap. Else waiting has `T - W`
  /// at the most. If `Q` is more than that, a part of it went on while somebody worked, and each
  /// waiting part is cut in proportion; if it is less, the rest is unexplained.
  ///
  /// @param beside gets what was cut
  /// @param notes gets what cannot be told apart
  static List<TimeAccount.Part> roundTrip(
      double total,
      List<TimeAccount.Part> work,
      List<TimeAccount.Part> waiting,
      List<TimeAccount.Beside> beside,
      List<String> notes) {
    double worked = sum(work);
    double waited = sum(waiting);
    double free = total - worked;
    List<TimeAccount.Part> parts = new ArrayList<>(work);
    double share = waited <= 0 || free <= 0 ? 0 : Math.min(1, free / waited);
    for (TimeAccount.Part part : waiting) {
      parts.add(
          new TimeAccount.Part(
              part.name(), part.party(), part.kind(), part.nanos() * share, part.source()));
    }
    if (share < 1 && waited > 0) {
      beside.add(
          new TimeAccount.Beside(
              "waiting for a CPU, as measured",
              waited,
              "more than was left of the round trip: a sender still works while its peer waits to"
                  + " run, and that time is charged to the work"));
      notes.add(
          "Nothing is left unexplained, which does not show that nothing else took time: what took"
              + " time while a side waited for its CPU cannot be told from that.");
    }
    List<TimeAccount.Part> sorted = sorted(parts);
    double remainder = total - sum(sorted);
    // A rounding error of the sum is no remainder.
    if (Math.abs(remainder) > 1e-9 * total) {
      sorted.add(remainder > 0 ? unexplained(remainder) : overlap(remainder));
    }
    if (remainder < -1e-9 * total) {
      notes.add(
          "The work alone is more than the round trip: some of it was done at the same time, or"
              + " before the first message and behind the last. It is not known which part.");
    }
    return sorted;
  }

  /// Largest first, without those that are nothing.
  static List<TimeAccount.Part> sorted(List<TimeAccount.Part> parts) {
    List<TimeAccount.Part> sorted = new ArrayList<>();
    for (TimeAccount.Part part : parts) {
      if (part.nanos() > 0) {
        sorted.add(part);
      }
    }
    sorted.sort(Comparator.comparingDouble(TimeAccount.Part::nanos).reversed());
    return sorted;
  }

  static double sum(List<TimeAccount.Part> parts) {
    double sum = 0;
    for (TimeAccount.Part part : parts) {
      sum += part.nanos();
    }
    return sum;
  }

  private static TimeAccount.Part unexplained(double nanos) {
    return remainder(
        TimeAccount.UNEXPLAINED,
        TimeAccount.Kind.UNEXPLAINED,
        nanos,
        "what is left: interrupts and softirqs outside of the observed threads, preemption outside"
            + " of calls, a hypervisor's own time, and anything else that nothing here measures");
  }

  private static TimeAccount.Part overlap(double nanos) {
    return remainder(
        TimeAccount.OVERLAP,
        TimeAccount.Kind.OVERLAP,
        nanos,
        "by how much the work is more than the round trip");
  }

  private static TimeAccount.Part remainder(
      String name, TimeAccount.Kind kind, double nanos, String source) {
    @Nullable String nobody = null;
    return new TimeAccount.Part(name, nobody, kind, nanos, source);
  }
}
