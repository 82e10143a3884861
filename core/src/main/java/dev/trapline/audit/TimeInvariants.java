// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Assumption;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.study.StudyOutcome;
import dev.trapline.workload.Latency;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a test did must take as long as it lasted.
final class TimeInvariants {
  private static final String HALF_RTT = "half-rtt";
  private static final String GOODPUT_TIMES_TIME = "goodput-times-time";

  /// How far messages x 2 x latency may be from the run time; as `workload.Latency` has it for our
  /// own runs.
  private static final double HALF_RTT_TOLERANCE = Latency.HALF_ROUND_TRIP_TOLERANCE;

  /// Seconds at the begin (0.4) and at the end (0.05) of a run that sockperf 3.7 does not evaluate:
  /// `TEST_START_WARMUP_MSEC` and `TEST_END_COOLDOWN_MSEC` of its `defs.h`. A published count of
  /// messages may be without them. They are part of the duration asked for: with `-t 3` the total
  /// run has 3.000 s and the valid duration 2.550 s.
  private static final double NOT_EVALUATED_SECONDS = 0.45;

  private TimeInvariants() {}

  /// An environment in one run.
  private record Occasion(String environment, @Nullable String run) {
    String subject() {
      return run == null ? environment : environment + ", run " + run;
    }
  }

  /// A rule for one environment in one run.
  @FunctionalInterface
  private interface Rule {
    InvariantFinding check(Occasion occasion);
  }

  /// Applies a rule to each environment in each run of which the study tells. Runs that lack a
  /// figure are named only if no other run of the environment has all.
  private static List<InvariantFinding> inEachRun(Study study, String test, String id, Rule rule) {
    if (!study.tools().containsKey(test)) {
      return List.of();
    }
    List<InvariantFinding> findings = new ArrayList<>();
    for (StudyEnvironment environment : study.environments()) {
      List<Occasion> occasions = occasions(study, environment.id(), test);
      List<InvariantFinding> all = occasions.stream().map(rule::check).toList();
      List<InvariantFinding> checked = all.stream().filter(one -> one.holds() != null).toList();
      if (!checked.isEmpty()) {
        findings.addAll(checked);
      } else if (all.size() == 1) {
        findings.addAll(all);
      } else {
        findings.add(
            InvariantFinding.unchecked(
                id,
                environment.id(),
                "the figures are of several runs, of which none has all: "
                    + all.stream()
                        .map(one -> one.subject() + ": " + one.detail())
                        .collect(Collectors.joining("; "))));
      }
    }
    return findings;
  }

  /// An environment in each run of which the study tells; at least once.
  private static List<Occasion> occasions(Study study, String environment, String test) {
    Set<@Nullable String> runs = new LinkedHashSet<>();
    for (StudyOutcome outcome : study.outcomes()) {
      if (outcome.environment().equals(environment)
          && test.equals(Figures.testOf(outcome.name()))) {
        runs.add(outcome.run());
      }
    }
    if (runs.isEmpty()) {
      runs.add(null);
    }
    List<Occasion> occasions = new ArrayList<>();
    runs.forEach(run -> occasions.add(new Occasion(environment, run)));
    return occasions;
  }

  // ---- half-rtt ------------------------------------------------------------------------

  static List<InvariantFinding> halfRoundTrip(Figures figures) {
    return inEachRun(
        figures.study(),
        Figures.LATENCY_TEST,
        HALF_RTT,
        occasion -> halfRoundTrip(figures, occasion));
  }

  private static InvariantFinding halfRoundTrip(Figures figures, Occasion occasion) {
    Study study = figures.study();
    String subject = occasion.subject();
    Optional<StudyOutcome> latency =
        figures.transfers().sameRun(occasion.environment(), StudyOutcome.LATENCY, occasion.run());
    if (latency.isEmpty()) {
      return InvariantFinding.unchecked(HALF_RTT, subject, "the latency is not given");
    }
    Optional<Messages> messages = messages(figures, occasion);
    if (messages.isEmpty()) {
      return InvariantFinding.unchecked(
          HALF_RTT,
          subject,
          "the study gives neither the number of messages nor a count of sendto");
    }
    Optional<Bounds> assumed = figures.transfers().seconds(Figures.LATENCY_TEST);
    if (assumed.isEmpty()) {
      return InvariantFinding.unchecked(
          HALF_RTT, subject, "the duration of the latency test is neither given nor assumed");
    }
    boolean half =
        study
            .assumption(Assumption.HALF_ROUND_TRIP)
            .map(one -> one.value().equals("true"))
            .orElse(true);
    Bounds latencyMicros = Bounds.of(latency.get().figure());
    Bounds seconds = messages.get().count().times(latencyMicros).times(half ? 2e-6 : 1e-6);
    Bounds lasted = assumed.get();
    Bounds allowed =
        new Bounds(lasted.value(), lasted.low() - NOT_EVALUATED_SECONDS, lasted.high())
            .widened(HALF_RTT_TOLERANCE);
    String detail =
        messages.get().words()
            + (half ? " x 2" : "")
            + " x "
            + Figures.words(latency.get())
            + " = "
            + Digits.seconds(seconds)
            + ", of "
            + Digits.number(lasted.value(), lasted.value() % 1 == 0 ? 0 : 2)
            + " s: "
            + deviation(seconds, lasted)
            + ", tolerance 2% and the 0.45 s that sockperf does not evaluate; rests on "
            + Assumption.DURATION
            + " and "
            + figures.halfRoundTrip();
    return InvariantFinding.checked(HALF_RTT, subject, seconds.overlaps(allowed), detail);
  }

  private record Messages(Bounds count, String words) {}

  /// As published, or as many as one side made calls of sendto, of which sockperf's ping-pong makes
  /// one for each message.
  private static Optional<Messages> messages(Figures figures, Occasion occasion) {
    Optional<StudyOutcome> published =
        figures.transfers().sameRun(occasion.environment(), StudyOutcome.MESSAGES, occasion.run());
    if (published.isPresent()) {
      Bounds count = Bounds.of(published.get().figure());
      return Optional.of(new Messages(count, Digits.count(count) + " messages"));
    }
    String tool = figures.study().tools().get(Figures.LATENCY_TEST);
    if (tool == null || !tool.contains("sockperf")) {
      return Optional.empty();
    }
    List<StudyCount> rows =
        figures.study().counts().stream()
            .filter(row -> row.environment().equals(occasion.environment()))
            .filter(row -> row.test().equals(Figures.LATENCY_TEST))
            .filter(row -> Objects.equals(row.run(), occasion.run()))
            .filter(row -> Figures.canonical(row.syscall()).equals("sendto"))
            .toList();
    List<StudyCount> ofClient = rows.stream().filter(row -> "client".equals(row.role())).toList();
    List<StudyCount> ofOneSide = ofClient.isEmpty() ? rows : ofClient;
    if (ofOneSide.size() != 1) {
      return Optional.empty();
    }
    Bounds count = Bounds.of(ofOneSide.getFirst().calls());
    return Optional.of(new Messages(count, Digits.count(count) + " sendto, one for each message,"));
  }

  private static String deviation(Bounds found, Bounds expected) {
    return Digits.signed((found.value() / expected.value() - 1) * 100) + "%";
  }

  // ---- goodput-times-time --------------------------------------------------------------

  static List<InvariantFinding> goodputTimesTime(Figures figures) {
    return inEachRun(
        figures.study(),
        Figures.THROUGHPUT_TEST,
        GOODPUT_TIMES_TIME,
        occasion -> {
          try {
            return goodputTimesTime(figures, occasion);
          } catch (Undecidable e) {
            return InvariantFinding.unchecked(GOODPUT_TIMES_TIME, occasion.subject(), e.fact());
          }
        });
  }

  private static InvariantFinding goodputTimesTime(Figures figures, Occasion occasion)
      throws Undecidable {
    Transfers transfers = figures.transfers();
    String subject = occasion.subject();
    Optional<StudyOutcome> transferred =
        transfers.sameRun(occasion.environment(), StudyOutcome.TRANSFERRED, occasion.run());
    Optional<StudyOutcome> goodput =
        transfers.sameRun(occasion.environment(), StudyOutcome.THROUGHPUT, occasion.run());
    Optional<Bounds> seconds = transfers.seconds(Figures.THROUGHPUT_TEST);
    if (transferred.isEmpty() || goodput.isEmpty() || seconds.isEmpty()) {
      List<String> missing = new ArrayList<>();
      if (transferred.isEmpty()) {
        missing.add("what was transferred");
      }
      if (goodput.isEmpty()) {
        missing.add("the goodput");
      }
      if (seconds.isEmpty()) {
        missing.add("the duration");
      }
      return InvariantFinding.unchecked(
          GOODPUT_TIMES_TIME, subject, "the study does not give " + Digits.list(missing));
    }
    if (goodput.get().figure().low() <= 0) {
      return InvariantFinding.unchecked(
          GOODPUT_TIMES_TIME, subject, "nothing is transferred at " + Figures.words(goodput.get()));
    }
    Transfers.Transfer transfer = transfers.of(transferred.get());
    Bounds other = transfer.otherBytes();
    Bounds written = transfer.isAsWritten() || other == null ? transfer.bytes() : other;
    Bounds lasts = Transfers.time(written, goodput.get());
    boolean holds = Transfers.fits(lasts, seconds.get());
    StringBuilder detail =
        new StringBuilder(Figures.words(transferred.get()))
            .append(" as written")
            .append(other == null ? "" : ", powers of ten,")
            .append(" at ")
            .append(Figures.words(goodput.get()))
            .append(" last ")
            .append(Digits.seconds(lasts))
            .append(", of ")
            .append(Digits.number(seconds.get().value(), 0))
            .append(" s: ")
            .append(deviation(lasts, seconds.get()))
            .append(", tolerance 2%");
    if (!holds && !transfer.isAsWritten()) {
      Bounds binary = Transfers.time(transfer.bytes(), goodput.get());
      detail
          .append("; as ")
          .append(transfer.unit())
          .append(' ')
          .append(Digits.seconds(binary))
          .append(Transfers.fits(binary, seconds.get()) ? ", so it is read so" : "");
    }
    detail.append("; rests on ").append(Assumption.DURATION);
    return InvariantFinding.checked(GOODPUT_TIMES_TIME, subject, holds, detail.toString());
  }
}
