// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Printable;
import java.util.ArrayDeque;
import java.util.Deque;

/// Writes HTML. Names of elements and attributes are ours; everything else is escaped here, in text
/// and in attributes alike, and what a reader would not see (control characters, bidirectional
/// overrides) is replaced.
final class Markup {
  private final StringBuilder out = new StringBuilder(1 << 20);
  private final Deque<String> open = new ArrayDeque<>();
  private final int mostRows;

  Markup() {
    this(Integer.MAX_VALUE);
  }

  /// @param mostRows that a table may have in this page
  Markup(int mostRows) {
    this.mostRows = mostRows;
  }

  int mostRows() {
    return mostRows;
  }

  /// Begins an element.
  ///
  /// @param attributes name, value, name, value
  Markup open(String tag, String... attributes) {
    begin(tag, attributes);
    open.push(tag);
    return this;
  }

  /// An element that has no content, such as `input`.
  Markup empty(String tag, String... attributes) {
    begin(tag, attributes);
    return this;
  }

  /// Ends the element that was begun last.
  Markup close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  /// Ends it, and begins a new line of the source.
  Markup closeLine() {
    close();
    out.append('\n');
    return this;
  }

  /// Text.
  Markup text(String untrusted) {
    append(untrusted);
    return this;
  }

  /// An element with nothing but text in it.
  Markup element(String tag, String untrusted, String... attributes) {
    return open(tag, attributes).text(untrusted).closeLine();
  }

  /// What must go in as it is: a script or a style sheet of our own, JSON that is escaped for it.
  Markup trusted(String source) {
    out.append(source);
    return this;
  }

  private void begin(String tag, String... attributes) {
    out.append('<').append(tag);
    for (int at = 0; at < attributes.length; at += 2) {
      out.append(' ').append(attributes[at]).append("=\"");
      append(attributes[at + 1]);
      out.append('"');
    }
    out.append('>');
  }

  private void append(String untrusted) {
    String printable = Printable.terminal(untrusted);
    for (int at = 0; at < printable.length(); at++) {
      char letter = printable.charAt(at);
      switch (letter) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(letter);
      }
    }
  }

  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not closed: " + open);
    }
    return out.toString();
  }
}
