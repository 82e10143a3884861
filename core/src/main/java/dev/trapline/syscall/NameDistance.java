// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// How far a misspelt name is from a real one, lower being nearer.
///
/// Edits are counted as by Damerau and Levenshtein with adjacent transpositions, each substring
/// edited once at most ("optimal string alignment"): typing errors, not arbitrary rewrites. A name
/// that the typed one begins or lies within is near however much longer it is, since people leave
/// off ends (`epoll`, `timerfd`).
public final class NameDistance {
  /// What one edit adds to a score.
  static final int PER_EDIT = 10;

  private static final int PREFIX_SCORE = 5;
  private static final int SUBSTRING_SCORE = 15;

  private NameDistance() {}

  /// Which of some names is meant by a misspelt one; null if none is near: more than a third of the
  /// letters would have to change.
  public static @Nullable String nearest(String typed, Collection<String> names) {
    String nearest = null;
    int least = Integer.MAX_VALUE;
    for (String name : names) {
      int score = score(typed, name);
      if (score < least && isNear(typed, name)) {
        least = score;
        nearest = name;
      }
    }
    return nearest;
  }

  private static boolean isNear(String typed, String name) {
    return edits(typed, name) <= Math.max(1, Math.max(typed.length(), name.length()) / 3)
        || (typed.length() >= 3 && name.contains(typed));
  }

  static int score(String typed, String name) {
    int score = PER_EDIT * edits(typed, name) - Math.min(commonPrefix(typed, name), PER_EDIT - 1);
    if (typed.length() >= 2) {
      int extra = Math.min(name.length() - typed.length(), PER_EDIT - 1);
      if (name.startsWith(typed)) {
        score = Math.min(score, PREFIX_SCORE + extra);
      } else if (name.contains(typed)) {
        score = Math.min(score, SUBSTRING_SCORE + extra);
      }
    }
    return score;
  }

  private static int commonPrefix(String a, String b) {
    int length = Math.min(a.length(), b.length());
    int at = 0;
    while (at < length && a.charAt(at) == b.charAt(at)) {
      at++;
    }
    return at;
  }

  static int edits(String a, String b) {
    int[] beforePrevious = new int[b.length() + 1];
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(previous[j] + 1, current[j - 1] + 1);
        least = Math.min(least, previous[j - 1] + substitution);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, beforePrevious[j - 2] + 1);
        }
        current[j] = least;
      }
      int[] recycled = beforePrevious;
      beforePrevious = previous;
      previous = current;
      current = recycled;
    }
    return previous[b.length()];
  }
}
