// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// The arithmetic of an account: how parts come to add up.
final class Split {
  private Split() {}

  /// Every instant is charged once: to work, else to waiting for a CPU, else to nothing known.
  ///
  /// With `W` the work, `Q` the waiting as measured and `T` the round trip: if `W > T`, some of the
  /// work was done at the same time; an instant at which several work is shared by them, and since
  /// it is not known who worked beside whom, all work is cut in proportion. Else waiting has `T -
  /// W` at the most. If `Q` is more than that, a part of it went on while somebody worked, and each
  /// waiting part is cut in proportion; if it is less, the rest is unexplained. No part is
  /// negative.
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
    double workShare = worked > total ? total / worked : 1;
    double free = Math.max(0, total - worked);
    double waitShare = waited <= free ? 1 : free / waited;
    List<TimeAccount.Part> parts = new ArrayList<>(times(work, workShare));
    parts.addAll(times(waiting, waitShare));
    if (workShare < 1) {
      beside.add(
          new TimeAccount.Beside(
              "work, as measured",
              worked,
              "x"
                  + String.format(Locale.ROOT, "%.2f", worked / total)
                  + " of the round trip: each part of it was cut to fit"));
      notes.add(
          "The work alone is more than the round trip: parties worked at the same time, or before the"
              + " first message and after the last. Who did when is not known, so all work is cut in"
              + " proportion: an estimate.");
    }
    if (waitShare < 1) {
      beside.add(
          new TimeAccount.Beside(
              "waiting for a CPU, as measured",
              waited,
              "more than the work left of the round trip: one side still works while the other waits"
                  + " to run, and that time is charged to the work"));
      notes.add(
          "Nothing is left unexplained, which does not show that nothing else took time: what took"
              + " time while a side waited for its CPU cannot be told from that.");
    }
    List<TimeAccount.Part> sorted = sorted(parts);
    double remainder = total - sum(sorted);
    // A rounding error of the sum is no remainder.
    if (remainder > 1e-9 * total) {
      sorted.add(
          new TimeAccount.Part(
              TimeAccount.UNEXPLAINED,
              null,
              TimeAccount.Kind.UNEXPLAINED,
              remainder,
              "what is left: interrupts and softirqs outside of the observed threads, preemption"
                  + " outside of calls, a hypervisor's own time, and anything else that nothing here"
                  + " measures"));
    }
    return sorted;
  }

  private static List<TimeAccount.Part> times(List<TimeAccount.Part> parts, double share) {
    List<TimeAccount.Part> cut = new ArrayList<>();
    for (TimeAccount.Part part : parts) {
      cut.add(
          new TimeAccount.Part(
              part.name(), part.party(), part.kind(), part.nanos() * share, part.source()));
    }
    return cut;
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
}
