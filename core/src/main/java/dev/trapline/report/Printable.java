// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

/// Untrusted text (names of threads, words of tools) on its way to a reader.
public final class Printable {
  private Printable() {}

  /// The same with everything that a terminal would obey (control characters, bidirectional
  /// overrides, line separators) replaced by `?`.
  public static String terminal(String untrusted) {
    StringBuilder safe = new StringBuilder(untrusted.length());
    untrusted.codePoints().forEach(point -> safe.appendCodePoint(isObeyed(point) ? '?' : point));
    return safe.toString();
  }

  /// Like [#terminal], on one line, and with everything that Markdown or HTML would obey escaped.
  public static String markdown(String untrusted) {
    StringBuilder safe = new StringBuilder(untrusted.length());
    for (char letter : terminal(untrusted).toCharArray()) {
      switch (letter) {
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '&' -> safe.append("&amp;");
        case '\\', '`', '*', '_', '[', ']', '|', '#', '!' -> safe.append('\\').append(letter);
        default -> safe.append(letter);
      }
    }
    return safe.toString();
  }

  private static boolean isObeyed(int point) {
    int type = Character.getType(point);
    return Character.isISOControl(point)
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.SURROGATE;
  }
}
