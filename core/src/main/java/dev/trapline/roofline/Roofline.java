// SPDX-License-Identifier: Apache-2.0
package dev.trapline.roofline;

import dev.trapline.analysis.CallKind;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.run.Run;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Goodput against bytes per call, both on logarithmic axes, below the ceilings of one CPU of this
/// machine. With few bytes per call the time goes into the calls themselves and goodput can rise no
/// faster than the bytes per call (a slope); with many it goes into copying, and no larger call
/// helps (a flat roof). Where the two meet is the ridge.
///
/// It is to syscalls what the roofline of Williams, Waterman and Patterson (CACM 52(4), 2009) is to
/// floating-point operations. See `docs/concepts/roofline.md`.
///
/// @param points one per traced trial and side
/// @param ceilings none without calibration
/// @param ridgeBytesPerCall where the slope meets the flat roof; null without calibration
/// @param notes what the picture rests on
public record Roofline(
    List<Point> points,
    List<Ceiling> ceilings,
    @Nullable Double ridgeBytesPerCall,
    List<String> notes) {
  /// Which ceiling a point is under.
  public enum Bound {
    /// Left of the ridge: fewer, larger calls would help.
    CALL_BOUND,
    /// Right of it: only copying less would.
    COPY_BOUND;

    /// `call-bound`, `copy-bound`.
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /// One side of one trial.
  ///
  /// @param kind the call that moved most of its bytes
  /// @param callsPerSecond of that kind
  /// @param goodputBitsPerSecond that these calls moved, while traced
  /// @param threads that made such calls: the ceilings are of one
  /// @param ceilingBitsPerSecond the lower of the two at this place, times the threads; null
  ///   without calibration
  /// @param shareOfCeiling goodput over ceiling; null without calibration
  /// @param bound null without calibration
  public record Point(
      String trial,
      String environment,
      String test,
      String role,
      CallKind kind,
      double bytesPerCall,
      double callsPerSecond,
      double goodputBitsPerSecond,
      int threads,
      @Nullable Double ceilingBitsPerSecond,
      @Nullable Double shareOfCeiling,
      @Nullable Bound bound) {}

  /// A line to draw.
  ///
  /// @param name such as `write: rate of calls x bytes`
  /// @param source of the figures, in words
  /// @param bytesPerCall of each corner, rising
  /// @param bitsPerSecond at each
  /// @param measured whether the corners are measured places, not a model's straight line
  public record Ceiling(
      String name,
      String source,
      List<Double> bytesPerCall,
      List<Double> bitsPerSecond,
      boolean measured) {
    /// Keeps copies.
    public Ceiling {
      bytesPerCall = List.copyOf(bytesPerCall);
      bitsPerSecond = List.copyOf(bitsPerSecond);
    }
  }

  /// Keeps copies.
  public Roofline {
    points = List.copyOf(points);
    ceilings = List.copyOf(ceilings);
    notes = List.copyOf(notes);
  }

  /// Of a run.
  ///
  /// @param costs of the machine that the run was made on; null if it was not calibrated
  public static Roofline of(Run run, @Nullable MachineCosts costs) {
    return new Roofline(List.of(), List.of(), null, List.of());
  }
}
