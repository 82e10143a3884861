// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import java.util.ArrayList;
import java.util.List;

/// A report before it has a form: headings, sentences, tables. One document gives the terminal's
/// text and the Markdown, so that both say the same.
///
/// All text in it counts as untrusted and is escaped by the renderer.
public final class Document {
  /// A part of a document.
  public sealed interface Block {}

  /// A heading.
  ///
  /// @param level 1 for the title, 2 and 3 for parts, 4 for names, which keep their case
  public record Heading(int level, String text) implements Block {}

  /// A heading of level 3 that is a name, such as a syscall's, and is spelt as it is.
  public record Entry(String name) implements Block {}

  /// A paragraph; wrapped where the form has lines.
  public record Paragraph(String text) implements Block {}

  /// Sentences that stand one below the other.
  public record Bullets(List<String> items) implements Block {}

  /// Columns; the first is text, the others are numbers unless `textColumns` says more.
  ///
  /// @param textColumns how many columns from the left are text
  public record Table(List<String> header, List<List<String>> rows, int textColumns)
      implements Block {}

  /// A paragraph that says in a word or two what it is about.
  public record Labelled(String label, String text) implements Block {}

  /// Lines that are kept as they are.
  ///
  /// @param language for those who colour it, such as `c`; letters only
  public record Code(String language, List<String> lines) implements Block {
    /// Checks the language.
    public Code {
      if (!language.chars().allMatch(Character::isLetter)) {
        throw new IllegalArgumentException("no name of a language: " + language);
      }
      lines = List.copyOf(lines);
    }
  }

  private static final int WIDTH = 80;

  /// Of a first column that had to give way: a name is not to be had with less.
  private static final int NARROWEST = 8;

  private final List<Block> blocks = new ArrayList<>();

  /// Adds a part at the end.
  public Document add(Block block) {
    blocks.add(block);
    return this;
  }

  /// Adds all parts of another document at the end.
  public Document addAll(Document other) {
    blocks.addAll(other.blocks);
    return this;
  }

  /// Its parts.
  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  /// Lines of at most 80 columns.
  public List<String> toTerminal() {
    List<String> lines = new ArrayList<>();
    for (Block block : blocks) {
      switch (block) {
        case Heading heading -> {
          if (!lines.isEmpty()) {
            lines.add("");
          }
          String text = Printable.terminal(heading.text());
          boolean isPart = heading.level() == 2 || heading.level() == 3;
          lines.add(isPart ? text.toUpperCase(java.util.Locale.ROOT) : text);
        }
        case Paragraph paragraph -> wrap(lines, paragraph.text(), "", "");
        case Bullets bullets -> {
          for (String item : bullets.items()) {
            wrap(lines, item, "  ", "    ");
          }
        }
        case Table table -> addTable(lines, table);
        case Entry entry -> {
          String name = Printable.terminal(entry.name());
          lines.addAll(List.of("", name, "-".repeat(Math.min(WIDTH, name.length()))));
        }
        case Labelled labelled -> {
          lines.add("");
          wrap(lines, labelled.label() + ": " + labelled.text(), "  ", "    ");
        }
        case Code code -> {
          lines.add("");
          code.lines().forEach(line -> lines.add("    " + Printable.terminal(line)));
          lines.add("");
        }
      }
    }
    return lines;
  }

  private static void wrap(List<String> lines, String text, String first, String others) {
    StringBuilder line = new StringBuilder(first);
    boolean empty = true;
    for (String word : Printable.terminal(text).split(" ", -1)) {
      if (!empty && line.length() + 1 + word.length() > WIDTH) {
        lines.add(line.toString());
        line = new StringBuilder(others);
        empty = true;
      }
      if (!empty) {
        line.append(' ');
      }
      line.append(word);
      empty = false;
    }
    lines.add(line.toString());
  }

  private static void addTable(List<String> lines, Table table) {
    int columns = table.header().size();
    int[] widths = new int[columns];
    List<List<String>> all = new ArrayList<>();
    all.add(table.header());
    all.addAll(table.rows());
    for (List<String> row : all) {
      for (int column = 0; column < columns; column++) {
        widths[column] = Math.max(widths[column], Printable.terminal(row.get(column)).length());
      }
    }
    int total = 2 + (columns - 1) * 2;
    for (int width : widths) {
      total += width;
    }
    // What does not fit is taken from the first column, whose end says least.
    if (total > WIDTH) {
      widths[0] = Math.min(widths[0], Math.max(NARROWEST, widths[0] - (total - WIDTH)));
    }
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder("  ");
      for (int column = 0; column < columns; column++) {
        String cell = Printable.terminal(row.get(column));
        if (cell.length() > widths[column]) {
          cell = cell.substring(0, widths[column] - 1) + "~";
        }
        String padding = " ".repeat(widths[column] - cell.length());
        line.append(column < table.textColumns() ? cell + padding : padding + cell);
        if (column + 1 < columns) {
          line.append("  ");
        }
      }
      lines.add(line.toString().stripTrailing());
    }
  }

  /// CommonMark with tables.
  public String toMarkdown() {
    StringBuilder text = new StringBuilder();
    for (Block block : blocks) {
      switch (block) {
        case Heading heading ->
            text.append("#".repeat(heading.level()))
                .append(' ')
                .append(Printable.markdown(heading.text()))
                .append("\n\n");
        case Paragraph paragraph ->
            text.append(Printable.markdown(paragraph.text())).append("\n\n");
        case Bullets bullets -> {
          for (String item : bullets.items()) {
            text.append("- ").append(Printable.markdown(item)).append('\n');
          }
          text.append('\n');
        }
        case Entry entry ->
            text.append("### `")
                .append(Printable.terminal(entry.name()).replace('`', '\''))
                .append("`\n\n");
        case Labelled labelled ->
            text.append("**")
                .append(Printable.markdown(labelled.label()))
                .append(":** ")
                .append(Printable.markdown(labelled.text()))
                .append("\n\n");
        case Code code -> appendCode(text, code);
        case Table table -> {
          appendRow(text, table.header());
          for (int column = 0; column < table.header().size(); column++) {
            text.append(column < table.textColumns() ? "|:---" : "|---:");
          }
          text.append("|\n");
          for (List<String> row : table.rows()) {
            appendRow(text, row);
          }
          text.append('\n');
        }
      }
    }
    return text.toString();
  }

  /// The fence is longer than any in the lines, so that none of them can end it.
  private static void appendCode(StringBuilder text, Code code) {
    StringBuilder fence = new StringBuilder("```");
    while (code.lines().stream().anyMatch(line -> line.contains(fence))) {
      fence.append('`');
    }
    text.append(fence).append(code.language()).append('\n');
    code.lines().forEach(line -> text.append(Printable.terminal(line)).append('\n'));
    text.append(fence).append("\n\n");
  }

  private static void appendRow(StringBuilder text, List<String> cells) {
    for (String cell : cells) {
      text.append("| ").append(Printable.markdown(cell)).append(' ');
    }
    text.append("|\n");
  }
}
