// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A figure that a selector named, ready to be computed with.
///
/// @param bounds its value
/// @param words how it is written in a derivation, with its range
/// @param restsOn names of assumptions
/// @param cautions what to bear in mind, in sentences
/// @param environment where it was measured
/// @param test in which test; null if it is of none
/// @param run in which run; null if not told
record Amount(
    Bounds bounds,
    String words,
    List<String> restsOn,
    List<String> cautions,
    String environment,
    @Nullable String test,
    @Nullable String run) {
  /// Keeps copies.
  Amount {
    restsOn = List.copyOf(restsOn);
    cautions = List.copyOf(cautions);
  }

  /// This for each unit of some work.
  ///
  /// @throws Undecidable if there may have been no work
  Amount per(Amount work) throws Undecidable {
    if (work.bounds().mayBeZero()) {
      throw new Undecidable(
          "Nothing can be divided by " + work.words() + ".", "Give a figure that is not zero.");
    }
    return new Amount(
        bounds.over(work.bounds()),
        words + " / " + work.words(),
        Stream.concat(restsOn.stream(), work.restsOn().stream()).distinct().toList(),
        Stream.concat(cautions.stream(), work.cautions().stream()).distinct().toList(),
        environment,
        test,
        run);
  }
}
