// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A part of a document that has a form already, in HTML: of imports and recordings, whose figures
/// are not per test.
final class DocumentPart {
  private static final Pattern FIGURE =
      Pattern.compile("x?(-?[0-9][0-9,]*(?:\\.[0-9]+)?)(?:e(-?[0-9]+))? ?([A-Za-z%/]*)");

  /// Factors of the units that `Quantity` writes.
  private static final Map<String, Double> FACTORS =
      Map.ofEntries(
          Map.entry("", 1.0),
          Map.entry("%", 0.01),
          Map.entry("ns", 1.0),
          Map.entry("us", 1e3),
          Map.entry("ms", 1e6),
          Map.entry("s", 1e9),
          Map.entry("B", 1.0),
          Map.entry("KiB", 1024.0),
          Map.entry("MiB", 1048576.0),
          Map.entry("GiB", 1073741824.0),
          Map.entry("kbit/s", 1e3),
          Map.entry("Mbit/s", 1e6),
          Map.entry("Gbit/s", 1e9));

  private DocumentPart() {}

  static void write(Markup markup, List<Document.Block> blocks) {
    String title = "";
    for (Document.Block block : blocks) {
      switch (block) {
        case Document.Heading heading -> {
          title = heading.text();
          markup.element(heading.level() <= 3 ? "h3" : "h4", heading.text());
        }
        case Document.Entry entry -> markup.element("h3", entry.name());
        case Document.Paragraph paragraph -> markup.element("p", paragraph.text());
        case Document.Labelled labelled ->
            markup.element("p", labelled.label() + ": " + labelled.text());
        case Document.Bullets bullets -> {
          markup.open("ul", "class", "sentences");
          bullets.items().forEach(item -> markup.element("li", item));
          markup.closeLine();
        }
        case Document.Code code -> {
          markup.open("pre").open("code");
          code.lines().forEach(line -> markup.text(line).trusted("\n"));
          markup.close().closeLine();
        }
        case Document.Table table -> write(markup, title, table);
      }
    }
  }

  private static void write(Markup markup, String title, Document.Table table) {
    DataTable data = new DataTable(title.isEmpty() ? "Table" : title);
    for (int column = 0; column < table.header().size(); column++) {
      if (column < table.textColumns()) {
        data.text(table.header().get(column));
      } else {
        data.number(table.header().get(column));
      }
    }
    for (List<String> row : table.rows()) {
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column);
        if (column >= table.textColumns()) {
          Double value = valueOf(cell);
          data.cell(value, same -> cell);
        } else if (column == 0 && isSyscall(cell)) {
          data.call(cell, nameOf(cell));
        } else {
          data.cell(cell);
        }
      }
      String first = row.getFirst();
      if (first.equals("total") || first.equals("all")) {
        data.total();
      } else {
        data.row();
      }
    }
    data.write(markup);
  }

  /// `read/tcp` and `ioctl KVM_RUN` without what follows the name.
  private static String nameOf(String cell) {
    return cell.split("[/ ]", 2)[0];
  }

  private static boolean isSyscall(String cell) {
    return SyscallCatalogue.instance().byName(nameOf(cell)).isPresent();
  }

  /// The number that a cell has, in the smallest unit of its kind; null if it has none.
  static @Nullable Double valueOf(String cell) {
    Matcher figure = FIGURE.matcher(cell.strip());
    if (cell.equals(Quantity.UNKNOWN) || !figure.matches()) {
      return null;
    }
    Double factor = FACTORS.get(figure.group(3));
    if (factor == null) {
      return null;
    }
    double number = Double.parseDouble(figure.group(1).replace(",", ""));
    String exponent = figure.group(2);
    return number * (exponent == null ? 1 : Math.pow(10, Integer.parseInt(exponent))) * factor;
  }
}
