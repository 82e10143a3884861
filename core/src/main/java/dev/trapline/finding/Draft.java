// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.CallKind;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A finding while a rule collects what it has. Not thread-safe.
final class Draft {
  private static final int MOST_ROWS = 4;

  private final String id;
  private final String title;
  private final RunView view;
  private final Where where;
  private final boolean doubt;
  private final List<Evidence> evidence = new ArrayList<>();
  private @Nullable Gain gain;
  private Confidence confidence = Confidence.low("nothing says more");

  Draft(String id, String title, RunView view, Where where, boolean doubt) {
    this.id = id;
    this.title = title;
    this.view = view;
    this.where = where;
    this.doubt = doubt;
  }

  /// The run that it is drawn from.
  RunView view() {
    return view;
  }

  /// A figure of run.json or of another row.
  Draft figure(String figure, double value, String unit, String source) {
    evidence.add(new Evidence(figure, value, unit, source));
    return this;
  }

  /// The dearest kinds of call, with how often and how much work, each from its row.
  Draft rows(Side side, Map<CallKind, Count> kinds) {
    kinds.entrySet().stream()
        .sorted(
            java.util.Comparator.comparingLong(
                    (Map.Entry<CallKind, Count> entry) -> workOrCalls(entry.getValue()))
                .reversed())
        .limit(MOST_ROWS)
        .forEach(entry -> row(side, entry.getKey(), entry.getValue()));
    return this;
  }

  private static long workOrCalls(Count count) {
    Long work = count.workNanos();
    return work == null ? count.calls() : work;
  }

  /// One kind of call: how often, and its part of the work.
  Draft row(Side side, CallKind kind, Count count) {
    String name = name(kind);
    evidence.add(
        new Evidence(
            name + " calls", count.calls() / side.divisor(), side.per("calls"), row(side, name)));
    Long work = count.workNanos();
    if (work != null) {
      evidence.add(
          new Evidence(
              name + " work, of all work in syscalls",
              side.share(count),
              "share",
              row(side, name)));
    }
    return this;
  }

  /// The row of a table of this side.
  static String row(Side side, String name) {
    return "tallies, " + side.where().words() + ": " + name;
  }

  /// As in the tables of a run.
  static String name(CallKind kind) {
    String name = kind.syscall();
    if (kind.object() != null) {
      name += "/" + kind.object().label();
    }
    String request = kind.request();
    return request == null
        ? name
        : name + " " + (request.startsWith("FUTEX_") ? request.substring(6) : request);
  }

  /// How sure the fault is; less so if the side's figures are.
  Draft confidence(Confidence sure, Side side) {
    Confidence limited = sure;
    if (!side.complete()) {
      limited = limited.atMost(Confidence.Level.MEDIUM, "the capture is incomplete");
    }
    if (side.emulated()) {
      limited = limited.atMost(Confidence.Level.LOW, "the guest is " + EnvironmentFacts.EMULATED);
    }
    confidence = limited;
    return this;
  }

  /// How sure the fault is.
  Draft confidence(Confidence sure) {
    confidence = sure;
    return this;
  }

  /// What goes away, between these two amounts of the side's work in syscalls; nothing is said
  /// where the work is unknown.
  ///
  /// @param lowNanos at least, over all trials
  /// @param part the calls whose work is the most that can go away
  Draft gain(Side side, double lowNanos, Count part, String assumption) {
    Long work = part.workNanos();
    return work == null ? this : gain(side, lowNanos, (double) work, assumption);
  }

  /// As the other, with the most in nanoseconds.
  Draft gain(Side side, double lowNanos, double highNanos, String assumption) {
    Long all = side.total().workNanos();
    if (all != null && highNanos > 0) {
      double high = Math.min(highNanos, (double) all);
      gain =
          new Gain(
              "work time in syscalls of " + side.where().words(),
              side.per("ns"),
              Math.min(lowNanos, high) / side.divisor(),
              high / side.divisor(),
              all / side.divisor(),
              assumption);
    }
    return this;
  }

  /// A gain that is not one of work in syscalls.
  Draft gain(Gain predicted) {
    gain = predicted;
    return this;
  }

  /// The finding.
  Optional<Finding> advise(String advice, String expectation) {
    return Optional.of(
        new Finding(
            id,
            title,
            where,
            evidence,
            confidence,
            advice,
            gain,
            view.repeat(),
            expectation,
            doubt));
  }
}
