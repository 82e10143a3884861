// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import org.jspecify.annotations.Nullable;

/// What part of a run a finding is about. A null part is "all of them".
///
/// @param environment such as `netns`; `host` for a recording; null for the whole run
/// @param test `throughput` or `latency`; null for a recording, or if it is about no one test
/// @param role such as `server`; null if it is about no one side
public record Where(@Nullable String environment, @Nullable String test, @Nullable String role) {
  /// The whole run.
  public static final Where RUN = new Where(null, null, null);

  /// In words: `server, throughput in netns`; `the run` if it is about all of it. Parts of it come
  /// from files and command lines, and are untrusted.
  public String words() {
    StringBuilder words = new StringBuilder();
    if (role != null) {
      words.append(role);
    }
    if (test != null) {
      words.append(words.isEmpty() ? "" : ", ").append(test);
    }
    if (environment != null) {
      words.append(words.isEmpty() ? "" : test == null ? ", " : " in ").append(environment);
    }
    return words.isEmpty() ? "the run" : words.toString();
  }
}
