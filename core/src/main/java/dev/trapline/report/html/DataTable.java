// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Quantity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

/// A table that a reader can sort and, if it is long, filter. Without the page's script it is a
/// table in the order in which it was made.
final class DataTable {
  /// Shorter ones are seen at a glance.
  private static final int WORTH_FILTERING = 9;

  /// A column.
  ///
  /// @param numeric whether cells are numbers: to the right, and largest first when sorted
  /// @param hint what it is, if its label does not say enough; may be empty
  record Column(String label, boolean numeric, String hint) {}

  /// A cell.
  ///
  /// @param value what it is sorted by; null sorts last
  /// @param syscall whose explanation it opens; null for none
  /// @param share from 0 to 1, drawn as a bar behind the text; null for none
  private record Cell(
      String text, @Nullable Double value, @Nullable String syscall, @Nullable Double share) {}

  /// A row.
  private record Row(List<Cell> cells, String kind) {}

  private final String caption;
  private final List<Column> columns = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();
  private @Nullable Row total;
  private List<Cell> current = new ArrayList<>();
  private boolean wide;

  /// @param caption what it shows; read out by a screen reader
  DataTable(String caption) {
    this.caption = caption;
  }

  DataTable text(String label) {
    columns.add(new Column(label, false, ""));
    return this;
  }

  DataTable number(String label) {
    return number(label, "");
  }

  DataTable number(String label, String hint) {
    columns.add(new Column(label, true, hint));
    return this;
  }

  /// Lets long text wrap, for tables of words.
  DataTable ofWords() {
    wide = true;
    return this;
  }

  DataTable cell(String text) {
    current.add(new Cell(text, null, null, null));
    return this;
  }

  DataTable call(String name, String syscall) {
    current.add(new Cell(name, null, syscall, null));
    return this;
  }

  DataTable cell(@Nullable Double value, DoubleFunction<String> words) {
    current.add(new Cell(value == null ? Quantity.UNKNOWN : words.apply(value), value, null, null));
    return this;
  }

  DataTable share(@Nullable Double value) {
    current.add(
        new Cell(value == null ? Quantity.UNKNOWN : Quantity.percent(value), value, null, value));
    return this;
  }

  /// Ends a row.
  DataTable row() {
    return row("");
  }

  /// Ends a row that is hidden until it is asked for.
  DataTable rareRow() {
    return row("rare");
  }

  private DataTable row(String kind) {
    rows.add(new Row(List.copyOf(current), kind));
    current = new ArrayList<>();
    return this;
  }

  /// Ends the row that stands at the bottom however the others are sorted.
  DataTable total() {
    total = new Row(List.copyOf(current), "total");
    current = new ArrayList<>();
    return this;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  void write(Markup markup) {
    long rare = rows.stream().filter(row -> row.kind().equals("rare")).count();
    boolean filtered = rows.size() >= WORTH_FILTERING;
    markup.open("div", "class", "table-block");
    if (filtered || rare > 0) {
      markup.open("div", "class", "table-tools");
      if (filtered) {
        markup
            .open("label")
            .text("Filter ")
            .empty(
                "input",
                "type",
                "search",
                "class",
                "filter",
                "aria-label",
                "Filter rows: " + caption,
                "placeholder",
                "name")
            .close();
      }
      if (rare > 0) {
        markup.element(
            "button",
            "Show " + rare + " rarer",
            "type",
            "button",
            "class",
            "show-rare",
            "aria-expanded",
            "false",
            "data-rare",
            Long.toString(rare));
      }
      markup.element("output", "", "class", "shown", "aria-live", "polite");
      markup.closeLine();
    }
    markup.open(
        "div", "class", "table-scroll", "tabindex", "0", "role", "region", "aria-label", caption);
    markup.open("table", "class", wide ? "data words" : "data");
    markup.element("caption", caption);
    markup.open("thead").open("tr");
    for (Column column : columns) {
      markup.open("th", "scope", "col", "aria-sort", "none", "class", column.numeric() ? "n" : "t");
      if (column.hint().isEmpty()) {
        markup.open("button", "type", "button", "class", "sort");
      } else {
        markup.open("button", "type", "button", "class", "sort", "title", column.hint());
      }
      markup.text(column.label()).close().close();
    }
    markup.close().closeLine();
    markup.open("tbody");
    List<Row> shown = rows;
    if (rows.size() > markup.mostRows()) {
      shown =
          rows.stream()
              .sorted(Comparator.comparing(row -> row.kind().equals("rare")))
              .limit(markup.mostRows())
              .toList();
    }
    for (Row row : shown) {
      write(markup, row);
    }
    markup.closeLine();
    if (total != null) {
      markup.open("tfoot");
      write(markup, total);
      markup.closeLine();
    }
    markup.close().close().closeLine();
    if (shown.size() < rows.size()) {
      markup.element(
          "p",
          "The first "
              + shown.size()
              + " of "
              + rows.size()
              + " rows: the page would be too large with all. All are in trapline report RUN"
              + " --format json; of a recording in trapline show RUN --json.",
          "class",
          "about");
    }
  }

  private void write(Markup markup, Row row) {
    if (row.kind().isEmpty()) {
      markup.open("tr");
    } else {
      markup.open("tr", "class", row.kind());
    }
    for (int at = 0; at < row.cells().size(); at++) {
      Cell cell = row.cells().get(at);
      List<String> attributes = new ArrayList<>();
      if (at == 0) {
        attributes.addAll(List.of("scope", "row"));
      }
      attributes.addAll(List.of("class", columns.get(at).numeric() ? "n" : "t"));
      if (cell.value() != null) {
        // Only for the order: a float has digits enough.
        attributes.addAll(List.of("data-v", Float.toString(cell.value().floatValue())));
      }
      markup.open(at == 0 ? "th" : "td", attributes.toArray(String[]::new));
      if (cell.syscall() != null) {
        markup
            .open("a", "class", "call", "href", "#" + Explanations.idOf(cell.syscall()))
            .text(cell.text())
            .close();
      } else if (cell.share() != null) {
        markup
            .empty(
                "meter",
                "min",
                "0",
                "max",
                "1",
                "value",
                String.format(java.util.Locale.ROOT, "%.4f", cell.share()),
                "aria-hidden",
                "true")
            .trusted("</meter>")
            .text(cell.text());
      } else {
        markup.text(cell.text());
      }
      markup.close();
    }
    markup.closeLine();
  }
}
