// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How many bytes of payload the bulk test of an environment moved: as published, or derived from
/// throughput and time.
///
/// A `GB` may be 10^9 or 2^30 bytes, an error of 7.4%. iperf3 prints binary units under decimal
/// names (`unit_snprintf` in its `units.c`), so of iperf3 they are taken as binary; of another tool
/// as written, with the other reading beside it.
///
/// @param bytes in the reading that is taken
/// @param low least that the digits as written allow
/// @param high most that the digits as written allow
/// @param otherReading bytes if the unit means the other thing; null if there is no doubt
/// @param derivation what the bytes are, in words: `82.2 GB` or `9.60 Gbit/s x 30 s`
/// @param derived whether it rests on an assumed duration
/// @param run which run it comes from; null if the source does not tell
public record PayloadAmount(
    double bytes,
    double low,
    double high,
    @Nullable Double otherReading,
    String derivation,
    boolean derived,
    @Nullable String run) {
  private static final double BYTES_PER_GIBIBYTE = 1L << 30;

  /// In units of 2^30 bytes.
  public double gibibytes() {
    return bytes / BYTES_PER_GIBIBYTE;
  }

  /// Of an environment; empty if neither published nor derivable.
  ///
  /// @param run the run that the calls are from; only outcomes of it count. Null for a study that
  ///   does not tell
  public static Optional<PayloadAmount> of(Study study, String environment, @Nullable String run) {
    return outcome(study, environment, StudyOutcome.TRANSFERRED, run)
        .map(outcome -> published(study, outcome))
        .or(() -> derived(study, environment, run));
  }

  private static PayloadAmount published(Study study, StudyOutcome outcome) {
    String unit = outcome.unitAsWritten() == null ? "B" : outcome.unitAsWritten();
    String tool = study.tools().getOrDefault("throughput", "");
    double taken = bytesPer(unit, tool.startsWith("iperf"));
    double other = bytesPer(unit, !tool.startsWith("iperf"));
    Figure figure = outcome.figure();
    return new PayloadAmount(
        figure.number() * taken,
        figure.low() * taken,
        figure.high() * taken,
        taken == other ? null : Double.valueOf(figure.number() * other),
        (figure.value().scale() > 0
                ? figure.value().toPlainString()
                : String.format(Locale.ROOT, "%,d", figure.value().toBigInteger()))
            + " "
            + unit,
        false,
        outcome.run());
  }

  private static double bytesPer(String unit, boolean decimalNamesAreBinary) {
    int power = "BKMGT".indexOf(Character.toUpperCase(unit.charAt(0)));
    boolean binary = unit.contains("i") || (decimalNamesAreBinary && power > 0);
    return Math.pow(binary ? 1024 : 1000, power);
  }

  private static Optional<PayloadAmount> derived(
      Study study, String environment, @Nullable String run) {
    Optional<Assumption> duration =
        study.assumption(Assumption.DURATION).filter(one -> one.appliesTo("throughput"));
    Optional<StudyOutcome> rate = outcome(study, environment, StudyOutcome.THROUGHPUT, run);
    if (duration.isEmpty() || rate.isEmpty()) {
      return Optional.empty();
    }
    double bytesPerGigabit = Double.parseDouble(duration.get().value()) * 1e9 / 8;
    Figure figure = rate.get().figure();
    return Optional.of(
        new PayloadAmount(
            figure.number() * bytesPerGigabit,
            figure.low() * bytesPerGigabit,
            figure.high() * bytesPerGigabit,
            null,
            figure.value().toPlainString() + " Gbit/s x " + duration.get().value() + " s",
            true,
            run));
  }

  private static Optional<StudyOutcome> outcome(
      Study study, String environment, String name, @Nullable String run) {
    return study.outcomes().stream()
        .filter(one -> one.environment().equals(environment) && one.name().equals(name))
        .filter(one -> Objects.equals(one.run(), run))
        .findFirst();
  }
}
