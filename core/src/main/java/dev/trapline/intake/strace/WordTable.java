// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Finds one object per word in a byte array; a string is made only when a word is new. For the few
/// hundred names of syscalls, errors and requests, which every line repeats.
final class WordTable<V> {
  private static final int INITIAL_CAPACITY = 1024;

  /// A log that is none could hold any number of words.
  private static final int MOST_WORDS = 1 << 16;

  private byte[] @Nullable [] words = new byte[INITIAL_CAPACITY] @Nullable [];
  private @Nullable Object[] values = new @Nullable Object[INITIAL_CAPACITY];
  private int size;
  private final Function<String, V> maker;

  WordTable(Function<String, V> maker) {
    this.maker = maker;
  }

  V get(byte[] text, int from, int to) {
    int slot = slotOf(text, from, to);
    Object found = values[slot];
    if (found == null) {
      byte[] word = Arrays.copyOfRange(text, from, to);
      V made = maker.apply(new String(word, StandardCharsets.UTF_8));
      if (size >= MOST_WORDS) {
        return made;
      }
      found = made;
      words[slot] = word;
      values[slot] = found;
      if (++size > words.length / 2) {
        grow();
      }
    }
    @SuppressWarnings("unchecked") // only the maker's objects are put in
    V value = (V) found;
    return value;
  }

  private int slotOf(byte[] text, int from, int to) {
    int hash = 0;
    for (int at = from; at < to; at++) {
      hash = hash * 31 + text[at];
    }
    int mask = words.length - 1;
    int slot = (hash ^ (hash >>> 15)) & mask;
    while (true) {
      byte[] word = words[slot];
      if (word == null || Arrays.equals(word, 0, word.length, text, from, to)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  private void grow() {
    byte[] @Nullable [] oldWords = words;
    @Nullable Object[] oldValues = values;
    words = new byte[oldWords.length * 2] @Nullable [];
    values = new @Nullable Object[oldValues.length * 2];
    for (int at = 0; at < oldWords.length; at++) {
      byte[] word = oldWords[at];
      if (word != null) {
        int slot = slotOf(word, 0, word.length);
        words[slot] = word;
        values[slot] = oldValues[at];
      }
    }
  }
}
