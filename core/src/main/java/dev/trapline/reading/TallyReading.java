// SPDX-License-Identifier: Apache-2.0
package dev.trapline.reading;

import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a reader made of one file that holds counts of syscalls. The file's name is not in it: the
/// reader need not know it, and [#tally(String)] puts it in.
///
/// @param counted the counts, with losses that the tool itself tells
/// @param lines of the file, understood or not
/// @param skipped lines that were not understood
/// @param truncation how the file was seen to end early, in words, with the line; null for a whole
///   one and for formats whose end cannot be told
/// @param cannotKnow what this format never tells, in words: `bytes`, `objects of descriptors`
/// @param spanNanos time that the counts are over, if the file tells; null otherwise
/// @param remarks what a user should know of how it was read, such as `3 periodic prints; the last
///   one counts`. No doubt by itself
public record TallyReading(
    Tally counted,
    long lines,
    SkippedLines skipped,
    @Nullable String truncation,
    List<String> cannotKnow,
    @Nullable Long spanNanos,
    List<String> remarks) {
  /// Keeps copies.
  public TallyReading {
    cannotKnow = List.copyOf(cannotKnow);
    remarks = List.copyOf(remarks);
  }

  /// The counts, with truncation and skipped lines among the reasons for doubt.
  ///
  /// @param file as the user named it
  public Tally tally(String file) {
    Completeness completeness = counted.completeness();
    if (truncation != null) {
      completeness = completeness.withNote(file + " is cut: " + truncation);
    }
    if (skipped.count() > 0) {
      List<String> shown = new ArrayList<>();
      for (SkippedLines.Line line : skipped.first()) {
        shown.add(file + ":" + line.number() + ": " + line.excerpt());
      }
      completeness =
          completeness.withNote(
              skipped.count()
                  + (skipped.count() == 1 ? " line of " : " lines of ")
                  + file
                  + " not understood; first: "
                  + String.join(" | ", shown));
    }
    return new Tally(counted.counts(), completeness);
  }
}
