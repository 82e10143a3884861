// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.List;

/// Fills prose into lines of a fixed width. Not a formatter: blank lines part paragraphs, `- `
/// opens a list item, four leading spaces keep a line as it is, and nothing else means anything.
final class TextWrap {
  /// The width that fits every terminal.
  static final int COLUMNS = 80;

  private TextWrap() {}

  /// Adds a text of one or more paragraphs, every line indented by some spaces.
  static void addProse(List<String> lines, String text, int indent) {
    StringBuilder paragraph = new StringBuilder();
    int at = 0;
    while (at <= text.length()) {
      int newline = text.indexOf('\n', at);
      int end = newline < 0 ? text.length() : newline;
      String line = text.substring(at, end);
      boolean verbatim = line.startsWith("    ");
      boolean item = line.startsWith("- ");
      if (line.isBlank() || verbatim || item) {
        addParagraph(lines, paragraph, indent);
      }
      if (verbatim) {
        lines.add(" ".repeat(indent) + line);
      } else if (line.isBlank()) {
        if (end < text.length()) {
          lines.add("");
        }
      } else {
        paragraph.append(paragraph.isEmpty() ? "" : " ").append(line.strip());
      }
      at = end + 1;
    }
    addParagraph(lines, paragraph, indent);
  }

  private static void addParagraph(List<String> lines, StringBuilder paragraph, int indent) {
    if (paragraph.isEmpty()) {
      return;
    }
    int hanging = paragraph.indexOf("- ") == 0 ? indent + 2 : indent;
    add(lines, " ".repeat(indent), paragraph.toString(), hanging);
    paragraph.setLength(0);
  }

  /// Adds one paragraph whose first line begins with a given head and whose other lines are
  /// indented by some spaces. A word that fits no line stands alone and sticks out.
  static void add(List<String> lines, String head, String text, int hanging) {
    StringBuilder line = new StringBuilder(head);
    boolean lineHasWord = false;
    int at = 0;
    while (at < text.length()) {
      int space = text.indexOf(' ', at);
      int end = space < 0 ? text.length() : space;
      if (end > at) {
        int width = line.length() + (lineHasWord ? 1 : 0) + (end - at);
        if (lineHasWord && width > COLUMNS) {
          lines.add(line.toString());
          line.setLength(0);
          line.append(" ".repeat(hanging));
          lineHasWord = false;
        }
        line.append(lineHasWord ? " " : "").append(text, at, end);
        lineHasWord = true;
      }
      at = end + 1;
    }
    lines.add(line.toString().stripTrailing());
  }

  /// The text cut at a word to fit a width, with `...` where something was left off.
  static String cut(String text, int width) {
    if (text.length() <= width) {
      return text;
    }
    int end = text.lastIndexOf(' ', width - 3);
    return text.substring(0, end <= 0 ? width - 3 : end) + "...";
  }
}
