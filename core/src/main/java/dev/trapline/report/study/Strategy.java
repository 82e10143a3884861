// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import java.util.List;

/// A way to make fewer or cheaper calls, and whether the figures speak for it.
///
/// @param title what to do, in a few words
/// @param advice how, and what it does not do
/// @param evidence the figures that it rests on; empty if none speaks for it
/// @param against why not, where the figures do not speak for it; empty if there is nothing to say
record Strategy(String title, String advice, List<String> evidence, String against) {
  /// Keeps a copy.
  Strategy {
    evidence = List.copyOf(evidence);
  }

  boolean applies() {
    return !evidence.isEmpty();
  }
}
