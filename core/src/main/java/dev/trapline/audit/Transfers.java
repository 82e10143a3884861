// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Assumption;
import dev.trapline.study.Study;
import dev.trapline.study.StudyOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How many bytes an environment moved, and which gigabyte is meant.
///
/// A unit such as `GB` is 10^9 bytes by the rules of the SI and 2^30 in the output of iperf3, whose
/// `unit_snprintf` in `units.c` divides bytes by 1024 and bits by 1000. Which one it is follows
/// from time: the amount divided by the goodput must be the duration. Where time decides nothing,
/// the tool does; where neither does, it stays as written.
final class Transfers {
  static final double GIBIBYTE = 1L << 30;

  /// How far an amount over its goodput may be from the duration. A run of iperf3 lasts some tenths
  /// of a second longer than asked for, and the two readings of a unit differ by 2.4% (kB) or more.
  static final double TIME_TOLERANCE = 0.02;

  /// What makes iperf3's units binary, as one that a finding rests on.
  static final String BINARY_UNITS_OF_IPERF3 = "the GByte of iperf3 (2^30 bytes)";

  private final Study study;

  Transfers(Study study) {
    this.study = study;
  }

  /// An amount of data with the unit that it seems to be in.
  ///
  /// @param outcome as published
  /// @param unit that is meant, such as `GiB`
  /// @param bytes in that unit
  /// @param otherUnit the other reading; null if the unit as written has only one
  /// @param otherBytes in the other reading; null if `otherUnit` is
  /// @param evidence why the unit is that; empty if it is as written
  /// @param restsOn names of what the unit rests on
  record Transfer(
      StudyOutcome outcome,
      String unit,
      Bounds bytes,
      @Nullable String otherUnit,
      @Nullable Bounds otherBytes,
      String evidence,
      List<String> restsOn) {
    /// Keeps a copy.
    Transfer {
      restsOn = List.copyOf(restsOn);
    }

    /// `82.2 GiB`.
    String words() {
      return outcome.figure().value().toPlainString() + " " + unit;
    }

    boolean isAsWritten() {
      return unit.equals(outcome.unitAsWritten());
    }
  }

  /// The powers of a thousand, or of 1024.
  private static int power(String unit) {
    return "BKMGT".indexOf(Character.toUpperCase(unit.charAt(0)));
  }

  private static boolean isBinary(String unit) {
    return unit.length() == 3 && unit.charAt(1) == 'i';
  }

  /// How many bytes a unit is: `KB` counts as 1000.
  ///
  /// @throws Undecidable if it is no unit of bytes
  static double bytesPer(String unit) throws Undecidable {
    if (unit.isEmpty() || !unit.endsWith("B") || power(unit) < 0) {
      throw new Undecidable(
          "`" + unit + "` is no unit of bytes that is known here.",
          "Use B, KB, KiB, MB, MiB, GB, GiB, TB or TiB.");
    }
    return Math.pow(isBinary(unit) ? 1024 : 1000, power(unit));
  }

  /// The same unit by powers of 1024; null if it is binary already, or the byte.
  static @Nullable String binaryReading(String unit) {
    return isBinary(unit) || power(unit) < 1 ? null : Character.toUpperCase(unit.charAt(0)) + "iB";
  }

  /// `10^9 bytes`, `2^30 bytes`.
  static String meaning(String unit) {
    return (isBinary(unit) ? "2^" + 10 * power(unit) : "10^" + 3 * power(unit)) + " bytes";
  }

  /// What was transferred, in the unit that is meant.
  ///
  /// @throws Undecidable if its unit is none of bytes
  Transfer of(StudyOutcome outcome) throws Undecidable {
    String written = Objects.requireNonNullElse(outcome.unitAsWritten(), "");
    Bounds decimal = Bounds.of(outcome.figure()).times(bytesPer(written));
    String binaryUnit = binaryReading(written);
    if (binaryUnit == null) {
      return new Transfer(outcome, written, decimal, null, null, "", List.of());
    }
    Bounds binary = Bounds.of(outcome.figure()).times(bytesPer(binaryUnit));
    List<String> evidence = new ArrayList<>();
    List<String> restsOn = new ArrayList<>();
    Optional<Bounds> seconds = seconds(Figures.THROUGHPUT_TEST);
    Optional<StudyOutcome> goodput =
        sameRun(outcome.environment(), StudyOutcome.THROUGHPUT, outcome.run())
            .filter(one -> one.figure().low() > 0);
    Boolean meansBinary = null;
    if (seconds.isPresent() && goodput.isPresent()) {
      Bounds binaryTime = time(binary, goodput.get());
      Bounds decimalTime = time(decimal, goodput.get());
      boolean binaryFits = fits(binaryTime, seconds.get());
      if (binaryFits != fits(decimalTime, seconds.get())) {
        meansBinary = binaryFits;
        restsOn.add(Assumption.DURATION);
        evidence.add(
            "at "
                + Figures.words(goodput.get())
                + " it lasts "
                + Digits.number(binaryTime.value(), 2)
                + " s as "
                + binaryUnit
                + " and "
                + Digits.number(decimalTime.value(), 2)
                + " s as "
                + meaning(written)
                + ", of "
                + Digits.number(seconds.get().value(), 0)
                + " s");
      }
    }
    if (isIperf3() && !Boolean.FALSE.equals(meansBinary)) {
      meansBinary = true;
      restsOn.add(BINARY_UNITS_OF_IPERF3);
      evidence.add("iperf3 counts bytes by powers of 1024");
    }
    String why = String.join("; ", evidence);
    return Boolean.TRUE.equals(meansBinary)
        ? new Transfer(outcome, binaryUnit, binary, written, decimal, why, restsOn)
        : new Transfer(outcome, written, decimal, binaryUnit, binary, why, restsOn);
  }

  private boolean isIperf3() {
    String tool = study.tools().get(Figures.THROUGHPUT_TEST);
    return tool != null && tool.contains("iperf3");
  }

  /// How long a test lasted, as assumed.
  Optional<Bounds> seconds(String test) {
    return study
        .assumption(Assumption.DURATION)
        .filter(one -> one.appliesTo(test))
        .flatMap(one -> positive(one.value()))
        .map(Bounds::exact);
  }

  private static Optional<Double> positive(String written) {
    try {
      double value = Double.parseDouble(written);
      return value > 0 && Double.isFinite(value) ? Optional.of(value) : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /// How long moving this much takes, in seconds; a goodput of 0 takes for ever.
  static Bounds time(Bounds bytes, StudyOutcome goodput) {
    return bytes.times(8).over(Bounds.of(goodput.figure()).times(1e9));
  }

  static boolean fits(Bounds time, Bounds seconds) {
    return time.overlaps(seconds.widened(TIME_TOLERANCE));
  }

  /// The outcome that comes from the same run, or one of which neither tells the run.
  Optional<StudyOutcome> sameRun(String environment, String name, @Nullable String run) {
    return study.outcomes().stream()
        .filter(one -> one.environment().equals(environment) && one.name().equals(name))
        .filter(one -> Objects.equals(one.run(), run))
        .findFirst();
  }

  /// How many GiB an environment moved: as published, or its goodput times the duration assumed.
  ///
  /// @throws Undecidable if neither is known
  Amount gibibytes(String environment, @Nullable String run) throws Undecidable {
    Optional<StudyOutcome> transferred = sameRun(environment, StudyOutcome.TRANSFERRED, run);
    if (transferred.isPresent()) {
      Transfer transfer = of(transferred.get());
      return new Amount(
          transfer.bytes().times(1 / GIBIBYTE),
          transfer.words(),
          transfer.restsOn(),
          List.of(),
          environment,
          Figures.THROUGHPUT_TEST,
          run);
    }
    Optional<StudyOutcome> goodput = sameRun(environment, StudyOutcome.THROUGHPUT, run);
    Optional<Bounds> seconds = seconds(Figures.THROUGHPUT_TEST);
    if (goodput.isEmpty() || seconds.isEmpty()) {
      throw new Undecidable(
          "How much " + environment + " transferred is neither given nor to be derived.",
          "Give `transferred` of "
              + environment
              + ", or `throughput_gbit_s` and the assumption `duration_s`.");
    }
    Bounds gibibytes =
        Bounds.of(goodput.get().figure()).times(seconds.get()).times(1e9 / 8 / GIBIBYTE);
    return new Amount(
        gibibytes,
        Digits.number(gibibytes.value())
            + " GiB ["
            + Figures.words(goodput.get())
            + " x "
            + Digits.number(seconds.get().value(), 0)
            + " s]",
        List.of(Assumption.DURATION),
        List.of(),
        environment,
        Figures.THROUGHPUT_TEST,
        run);
  }
}
