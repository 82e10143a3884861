// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One thing that a run shows and that somebody should act on.
///
/// It is never without evidence in its own run. It is no proof of cause: that is what `verify` is
/// for.
///
/// @param id of its rule; a heading of docs/reference/findings.md
/// @param title what is the matter, in one sentence without figures
/// @param where the part of the run that it is about
/// @param evidence the figures, most telling first; never empty
/// @param confidence that the fault is there
/// @param advice what to do, in sentences
/// @param gain what that saves; null if it cannot be told from this run
/// @param verify the exact command that repeats this run, to be given after the change
/// @param expectation what must be seen then, if the advice was right
/// @param doubt whether this is about how far the run's figures can be trusted, not about work that
///   could be saved
public record Finding(
    String id,
    String title,
    Where where,
    List<Evidence> evidence,
    Confidence confidence,
    String advice,
    @Nullable Gain gain,
    String verify,
    String expectation,
    boolean doubt) {
  /// Keeps a copy.
  ///
  /// @throws IllegalArgumentException if there is no evidence
  public Finding {
    evidence = List.copyOf(evidence);
    if (evidence.isEmpty()) {
      throw new IllegalArgumentException(id + " has no evidence");
    }
  }

  /// The most of the side's work in syscalls that following the advice saves, from 0 to 1; 0 if it
  /// cannot be told.
  public double share() {
    return gain == null ? 0 : gain.share();
  }
}
