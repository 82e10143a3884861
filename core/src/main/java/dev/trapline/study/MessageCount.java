// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How many messages the latency test of an environment exchanged: as published, or derived from
/// time.
///
/// A ping-pong has one message under way, so that messages x 2 x half-RTT is the time it lasted,
/// and the reverse gives the messages. It is an upper bound in so far as warm-up and the time
/// between messages are taken as zero; of sockperf's runs 0.03% to 0.8% are lost there (see
/// `workload.Latency`).
///
/// @param messages not rounded: 455,927.05 stands for about 455,900
/// @param low least that the digits as written allow
/// @param high most that the digits as written allow
/// @param derivation how it was derived and on which assumptions; null if it was published
/// @param run which run it comes from; null if the source does not tell
public record MessageCount(
    double messages, double low, double high, @Nullable String derivation, @Nullable String run) {
  /// Of an environment; empty if neither published nor derivable.
  ///
  /// @param run the run that the calls are from; only outcomes of it count. Null for a study that
  ///   does not tell
  public static Optional<MessageCount> of(Study study, String environment, @Nullable String run) {
    return published(study, environment, run).or(() -> derived(study, environment, run));
  }

  /// The count that the study gives.
  public static Optional<MessageCount> published(
      Study study, String environment, @Nullable String run) {
    return outcome(study, environment, StudyOutcome.MESSAGES, run)
        .map(StudyOutcome::figure)
        .map(figure -> new MessageCount(figure.number(), figure.low(), figure.high(), null, run));
  }

  /// [Selector#MESSAGES_FROM_TIME], whether or not the study gives a count too.
  public static Optional<MessageCount> derived(
      Study study, String environment, @Nullable String run) {
    Optional<Assumption> duration =
        study.assumption(Assumption.DURATION).filter(one -> one.appliesTo("latency"));
    Optional<StudyOutcome> latency = outcome(study, environment, StudyOutcome.LATENCY, run);
    Optional<Assumption> halved = study.assumption(Assumption.HALF_ROUND_TRIP);
    if (duration.isEmpty() || latency.isEmpty() || halved.isEmpty()) {
      return Optional.empty();
    }
    double seconds = Double.parseDouble(duration.get().value());
    boolean half = halved.get().value().equals("true");
    Figure micros = latency.get().figure();
    double roundTrips = half ? 2 : 1;
    if (!(seconds > 0) || !(micros.low() > 0)) {
      return Optional.empty();
    }
    return Optional.of(
        new MessageCount(
            seconds * 1e6 / (roundTrips * micros.number()),
            seconds * 1e6 / (roundTrips * micros.high()),
            seconds * 1e6 / (roundTrips * micros.low()),
            duration.get().value()
                + " s / "
                + (half ? "(2 x " : "(")
                + micros.value().toPlainString()
                + " us)",
            run));
  }

  private static Optional<StudyOutcome> outcome(
      Study study, String environment, String name, @Nullable String run) {
    return study.outcomes().stream()
        .filter(one -> one.environment().equals(environment) && one.name().equals(name))
        .filter(one -> java.util.Objects.equals(one.run(), run))
        .findFirst();
  }
}
