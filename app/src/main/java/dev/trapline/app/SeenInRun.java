// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.report.Document;
import dev.trapline.report.Quantity;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.syscall.Category;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.workload.Outcome;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a run saw of one syscall or category: the second half of `explain --run`.
final class SeenInRun {
  private SeenInRun() {}

  /// One row of the table.
  private record Row(String test, String role, String call) implements Comparable<Row> {
    @Override
    public int compareTo(Row other) {
      int byTest = test.compareTo(other.test);
      int byRole = role.compareTo(other.role);
      return byTest != 0 ? byTest : byRole != 0 ? byRole : call.compareTo(other.call);
    }
  }

  static void print(Path directory, String name, PrintWriter out) {
    Run run = RunDirectory.read(directory);
    SortedMap<Row, Count> seen = new TreeMap<>();
    Predicate<Key> wanted = wanted(name);
    for (RoleTally tally : run.tallies()) {
      for (Map.Entry<Key, Count> entry : tally.tally().counts().entrySet()) {
        Key key = entry.getKey();
        if (wanted.test(key)) {
          String request = key.request();
          Row row =
              new Row(
                  tally.test() == null ? tally.environment() : tally.test(),
                  tally.role(),
                  key.syscall()
                      + (key.object() == null ? "" : "/" + key.object().label())
                      + (request == null ? "" : " " + request));
          seen.merge(row, entry.getValue(), Count::plus);
        }
      }
    }
    Document document = new Document();
    document.add(new Document.Heading(1, "Seen in " + directory));
    if (seen.isEmpty()) {
      document.add(new Document.Paragraph("Not once."));
    } else {
      List<List<String>> rows = new ArrayList<>();
      seen.forEach((row, count) -> rows.add(cells(run, row, count)));
      document.add(
          new Document.Table(
              List.of("call", "test", "role", "calls", "per unit", "bytes/call", "work", "blocked"),
              rows,
              3));
      document.add(
          new Document.Paragraph(
              "Sums over all traced trials; a unit is a message in latency, a GiB in throughput."
                  + " Capture "
                  + run.completeness().verdict()
                  + "."));
    }
    document.toTerminal().forEach(out::println);
  }

  private static Predicate<Key> wanted(String name) {
    SyscallCatalogue catalogue = SyscallCatalogue.instance();
    Optional<Category> category = Category.bySlug(name);
    if (category.isPresent()) {
      return key ->
          catalogue
              .byName(key.syscall())
              .map(syscall -> syscall.category() == category.get())
              .orElse(false);
    }
    String canonical = catalogue.byName(name).map(Syscall::name).orElse(name);
    return key -> key.syscall().equals(canonical);
  }

  private static List<String> cells(Run run, Row row, Count count) {
    double units = 0;
    for (Trial trial : run.trials()) {
      @Nullable Outcome outcome = trial.outcome();
      if (trial.traced() && row.test().equals(trial.test()) && outcome != null) {
        units += outcome.workDone();
      }
    }
    Long bytes = count.bytes();
    long successful = count.calls() - count.failedCalls();
    return List.of(
        row.call(),
        row.test(),
        row.role(),
        Quantity.count(count.calls()),
        units == 0 ? Quantity.UNKNOWN : Quantity.significant(count.calls() / units),
        bytes == null || bytes == 0 || successful == 0
            ? ""
            : Quantity.bytes((double) bytes / successful),
        Quantity.nanos(count.workNanos()),
        Quantity.nanos(count.blockedNanos()));
  }
}
