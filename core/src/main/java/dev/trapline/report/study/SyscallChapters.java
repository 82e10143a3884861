// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.syscall.Category;
import dev.trapline.syscall.DeepEntry;
import dev.trapline.syscall.NetworkRelevance;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The ten categories: each syscall that was seen, with what it is, where it was counted and what
/// that means.
final class SyscallChapters {
  /// Header of the column that holds counts as they were published.
  static final String CALLS = "calls";

  private static final int SIGNATURE_WIDTH = 74;
  private static final String SIGNATURE_INDENT = "    ";

  private final SeenCalls seen;
  private final Readings readings;
  private final SyscallCatalogue catalogue = SyscallCatalogue.instance();

  SyscallChapters(SeenCalls seen) {
    this.seen = seen;
    readings = new Readings(seen);
  }

  void addTo(Document document) {
    int number = 0;
    for (Category category : Category.values()) {
      number++;
      document.add(new Document.Heading(2, number + ". " + category.title()));
      document.add(new Document.Paragraph(category.explanation()));
      List<Syscall> syscalls = seenIn(category);
      if (syscalls.isEmpty()) {
        document.add(new Document.Paragraph("None was seen."));
      }
      for (Syscall syscall : syscalls) {
        addSyscall(document, syscall);
      }
    }
    addUnknown(document);
  }

  private List<Syscall> seenIn(Category category) {
    Set<String> names = new LinkedHashSet<>(seen.counted());
    names.addAll(seen.namedOnly());
    return names.stream()
        .map(catalogue::byName)
        .flatMap(Optional::stream)
        .filter(syscall -> syscall.category() == category)
        .toList();
  }

  private void addSyscall(Document document, Syscall syscall) {
    List<SeenCall> rows = seen.of(syscall.name());
    List<String> spellings = seen.otherSpellings(syscall.name());
    document.add(new Document.Entry(syscall.name()));
    document.add(
        new Document.Paragraph(
            syscall.purpose()
                + (spellings.isEmpty()
                    ? ""
                    : " The study writes " + String.join(", ", spellings) + ".")));
    document.add(new Document.Code("c", signature(syscall.signature())));
    if (rows.isEmpty()) {
      document.add(
          new Document.Paragraph(
              "Named without a count: it was made, and how often is not told. "
                  + syscall.costNote()));
    } else {
      document.add(table(rows));
      assumed(rows).ifPresent(text -> document.add(new Document.Paragraph(text)));
      List<String> sentences = readings.of(rows);
      if (!sentences.isEmpty()) {
        document.add(new Document.Bullets(sentences));
      }
    }
    addMeaning(document, syscall, rows);
  }

  /// Breaks between arguments, never within one.
  private static List<String> signature(String signature) {
    List<String> lines = new ArrayList<>();
    String rest = signature + ";";
    String indent = "";
    while (indent.length() + rest.length() > SIGNATURE_WIDTH) {
      int comma = rest.lastIndexOf(", ", SIGNATURE_WIDTH - indent.length());
      if (comma < 0) {
        break;
      }
      lines.add(indent + rest.substring(0, comma + 1));
      rest = rest.substring(comma + 2);
      indent = SIGNATURE_INDENT;
    }
    lines.add(indent + rest);
    return lines;
  }

  // ---- the counts ----------------------------------------------------------------------

  /// Every row, in the order of the source. Columns that would be empty throughout are left out.
  static Document.Table table(List<SeenCall> rows) {
    List<String> header = new ArrayList<>(List.of("where", "test", "side"));
    List<Function<SeenCall, String>> columns = new ArrayList<>();
    columns.add(SeenCall::where);
    columns.add(SeenCall::test);
    columns.add(SeenCall::side);
    if (rows.stream().anyMatch(row -> row.count().thread() != null)) {
      header.add("thread");
      columns.add(row -> row.count().thread() == null ? "" : row.count().thread());
    }
    if (rows.stream().anyMatch(row -> !row.on().isEmpty())) {
      header.add("on");
      columns.add(SeenCall::on);
    }
    int textColumns = header.size();
    header.add(CALLS);
    columns.add(row -> Numbers.published(row.calls()));
    if (rows.stream().anyMatch(row -> !perUnit(row).isEmpty())) {
      header.add("per unit of work");
      columns.add(SyscallChapters::perUnit);
    }
    if (rows.stream().anyMatch(row -> row.shareOfWork() != null)) {
      header.add("work");
      columns.add(row -> row.shareOfWork() == null ? "-" : Numbers.percent(row.shareOfWork()));
    }
    List<List<String>> cells = new ArrayList<>();
    for (SeenCall row : rows) {
      cells.add(columns.stream().map(column -> column.apply(row)).toList());
    }
    return new Document.Table(header, cells, textColumns);
  }

  static String perUnit(SeenCall row) {
    Double calls = row.perUnit();
    Work work = row.work();
    return calls == null || work == null || !row.isWorthDividing()
        ? ""
        : (work.assumed() ? "~" : "") + Numbers.computed(calls) + " / " + work.unit();
  }

  private static Optional<String> assumed(List<SeenCall> rows) {
    return rows.stream().anyMatch(row -> perUnit(row).startsWith("~"))
        ? Optional.of("~ rests on the assumed duration, see Units of work.")
        : Optional.empty();
  }

  // ---- what it means -------------------------------------------------------------------

  private void addMeaning(Document document, Syscall syscall, List<SeenCall> rows) {
    Optional<DeepEntry> found = catalogue.deepEntry(syscall);
    if (found.isEmpty()) {
      if (!rows.isEmpty() && !syscall.costNote().isEmpty()) {
        document.add(new Document.Labelled("Cost", syscall.costNote()));
      }
      return;
    }
    DeepEntry deep = found.get();
    addLabelled(document, "What it tells", deep.pattern());
    // What is neither counted nor on the way of data is told of briefly: nothing rests on it here.
    if (!rows.isEmpty() && syscall.networkRelevance() == NetworkRelevance.DATA_PATH) {
      addLabelled(document, "Good use", deep.efficient());
      addLabelled(document, "When it costs", deep.costs());
      addLabelled(document, "Instead", deep.instead());
    }
    addLabelled(document, "Beware", deep.caution());
  }

  private static void addLabelled(Document document, String label, String prose) {
    String text = prose.replace('\n', ' ').strip();
    if (!text.isEmpty()) {
      document.add(new Document.Labelled(label, text));
    }
  }

  private void addUnknown(Document document) {
    List<SeenCall> unknown = seen.where(row -> row.syscall() == null);
    if (!unknown.isEmpty()) {
      document.add(new Document.Heading(2, "Not in the catalogue"));
      document.add(
          new Document.Paragraph(
              "Numbers of another entry of the kernel, or newer than the catalogue; counted all the"
                  + " same."));
      for (String name : seen.counted()) {
        List<SeenCall> rows = unknown.stream().filter(row -> row.name().equals(name)).toList();
        if (!rows.isEmpty()) {
          document.add(new Document.Entry(name.isEmpty() ? "(no name)" : name));
          document.add(table(rows));
        }
      }
    }
  }
}
