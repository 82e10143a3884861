// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import java.util.HashMap;
import java.util.Map;

/// The names of syscalls, errors and requests in one log, one object each, for all threads that
/// read it. Thread-safe; each reading thread keeps a [WordTable] of its own before it.
final class Vocabulary {
  /// An error or a request.
  ///
  /// @param id a small number, unique in one vocabulary
  record Word(int id, String text) {}

  /// Names that the catalogue does not have: those of other architectures are some hundreds. A file
  /// with more of them is no log of strace, and must not fill the memory with keys.
  private static final int MOST_UNKNOWN_CALLS = 4096;

  private static final int MOST_WORDS = 1 << 16;

  private static final Word OTHERS = new Word(MOST_WORDS, "(others)");

  /// Stands for all names beyond [#MOST_UNKNOWN_CALLS].
  static final CallTraits ONE_TOO_MANY = CallTraits.of("", -1);

  private final Map<String, CallTraits> calls = new HashMap<>();
  private final Map<String, Word> words = new HashMap<>();
  private int unknownCalls;

  /// What is known of a syscall, or [#ONE_TOO_MANY].
  synchronized CallTraits call(String name) {
    CallTraits found = calls.get(name);
    if (found == null) {
      found = CallTraits.of(name, calls.size());
      if (!found.isKnown() && ++unknownCalls > MOST_UNKNOWN_CALLS) {
        return ONE_TOO_MANY;
      }
      calls.put(name, found);
    }
    return found;
  }

  /// An error or request.
  synchronized Word word(String text) {
    Word found = words.get(text);
    if (found == null) {
      if (words.size() >= MOST_WORDS) {
        return OTHERS;
      }
      found = new Word(words.size(), text);
      words.put(text, found);
    }
    return found;
  }
}
