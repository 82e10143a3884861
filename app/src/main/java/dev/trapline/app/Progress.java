// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CampaignRunner;
import dev.trapline.campaign.CampaignState;
import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.environment.Environment;
import dev.trapline.host.Terminal;
import dev.trapline.report.Printable;
import dev.trapline.report.Quantity;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How a campaign goes, on standard error: one line per trial as it ends, with the time that is
/// left; on a terminal a table instead that is drawn over itself, with what failed in lines above
/// it.
final class Progress implements CampaignRunner.Listener {
  /// What a trial takes beyond its traffic, until trials have shown it.
  private static final double EXPECTED_OVERHEAD_SECONDS = 0.7;

  private static final int WIDTH = 79;

  /// More rows than that are cut off, however high the terminal is.
  private static final int MOST_ROWS = 16;

  /// What a row takes beside the name of its test.
  private static final int ROW_WITHOUT_TEST = 56;

  private static final int NARROWEST_TEST = 8;
  private static final int WIDEST_TEST = 32;

  private final PrintWriter err;
  private final @Nullable Redrawn table;
  private final int total;
  private final long start = System.nanoTime();
  private final double expectedSeconds;
  private final Map<String, Cell> cells = new LinkedHashMap<>();
  private int number;
  private int finished;
  private int failed;
  private int passedOver;
  private String running = "";

  /// What is known of one test in one environment.
  private static final class Cell {
    private final String environment;
    private final String test;
    private final List<Double> controls = new ArrayList<>();
    private final List<Double> traced = new ArrayList<>();
    private @Nullable Outcome last;
    private int ended;
    private int failed;

    Cell(String environment, String test) {
      this.environment = environment;
      this.test = test;
    }

    void add(Trial trial) {
      ended++;
      OptionalDouble figure = CampaignState.figure(trial.outcome());
      if (figure.isEmpty()) {
        failed++;
        return;
      }
      last = trial.outcome();
      (trial.traced() ? traced : controls).add(figure.getAsDouble());
    }

    String median(List<Double> figures) {
      return figures.isEmpty() || last == null
          ? "-"
          : figure(last, MedianInterval.of(figures).median());
    }
  }

  /// @param plan everything that is to run
  /// @param live whether standard error is a terminal that may be drawn on
  Progress(PrintWriter err, Campaign campaign, int plan, boolean live) {
    this.err = err;
    this.table = live ? new Redrawn(err, Terminal::standardErrorSize) : null;
    this.total = plan;
    double traffic = campaign.seconds() / Math.max(1, campaign.plan().size());
    this.expectedSeconds = traffic + EXPECTED_OVERHEAD_SECONDS;
    for (Environment environment : campaign.environments()) {
      for (PlannedWorkload test : campaign.tests()) {
        cells.put(
            environment.name() + " " + test.name(), new Cell(environment.name(), test.name()));
      }
    }
    err.printf(
        Locale.ROOT, "trapline: %d trials, about %s%n", total, time(total * expectedSeconds));
  }

  /// Takes a trial in that an earlier process ran.
  void resumed(Trial trial) {
    count(trial);
  }

  /// Says what an earlier process did.
  void tellResumed(int trials) {
    err.printf(Locale.ROOT, "trapline: trials kept from before: %d%n", trials);
  }

  private void count(Trial trial) {
    if (isRepeated(trial)) {
      return;
    }
    Cell cell = cells.get(trial.environment() + " " + trial.test());
    if (cell != null) {
      cell.add(trial);
    }
    number++;
    if (trial.outcome() == null) {
      failed++;
    }
  }

  /// Whether it was set aside, and another stands for it.
  private static boolean isRepeated(Trial trial) {
    return trial.failure() != null && trial.failure().startsWith(CampaignRunner.SET_ASIDE);
  }

  @Override
  public void starting(Campaign.PlannedTrial planned, String id) {
    if (table != null) {
      running = id;
      table.draw(this::rows);
      return;
    }
    err.printf(
        Locale.ROOT,
        "[%2d/%d] %-32s ",
        Math.min(total, number + passedOver + 1),
        total,
        Printable.terminal(id));
    err.flush();
  }

  @Override
  public void ended(Trial trial) {
    finished++;
    boolean isWarmUp = trial.order() == 0;
    if (!isWarmUp) {
      count(trial);
    }
    if (table != null) {
      running = "";
      if (trial.outcome() == null) {
        table.above(
            (isRepeated(trial) ? "again: " : "FAILED ") + trial.id() + ": " + trial.failure());
      }
      table.draw(this::rows);
      return;
    }
    OptionalDouble value = CampaignState.figure(trial.outcome());
    String figure =
        trial.outcome() == null || value.isEmpty()
            ? isRepeated(trial) ? "again" : "FAILED"
            : figure(trial.outcome(), value.getAsDouble());
    err.println(
        String.format(Locale.ROOT, "%14s   %s left", figure, time(secondsLeft()))
            + Disturbance.of(trial)
                .map(clause -> "%n        beside it: ".formatted() + clause)
                .orElse(""));
    if (trial.outcome() == null && trial.failure() != null) {
      err.println(cut("        " + Printable.terminal(trial.failure())));
    }
  }

  @Override
  public void passedOver(Campaign.PlannedTrial planned) {
    passedOver++;
    if (table != null) {
      table.draw(this::rows);
    } else {
      err.println(
          cut("        " + Printable.terminal(planned.id()) + " is not run: enough is known"));
    }
  }

  @Override
  public void told(String line) {
    if (table != null) {
      table.above("trapline: " + line);
      table.draw(this::rows);
    } else {
      err.println("trapline: " + Printable.terminal(line));
    }
  }

  void done() {
    if (table != null) {
      table.erase();
    }
    err.printf(Locale.ROOT, "trapline: done in %s%n", time((System.nanoTime() - start) / 1e9));
  }

  /// Leaves what stands there, so that an error comes below it, and below the `^C` that a terminal
  /// shows.
  void brokenOff() {
    if (table != null) {
      table.leave();
    }
    err.println();
  }

  private double secondsLeft() {
    int left = Math.max(0, total - number - passedOver);
    double each = finished == 0 ? expectedSeconds : (System.nanoTime() - start) / 1e9 / finished;
    return each * left;
  }

  // ---- the table -----------------------------------------------------------------------

  /// The lines of the table, of which a terminal of this size shows those that fit.
  private List<String> rows(Terminal.Size size) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d of %d trials done, %d failed%s, %s left%s",
            number,
            total,
            failed,
            passedOver == 0 ? "" : ", " + passedOver + " not needed",
            time(secondsLeft()),
            running.isEmpty() ? "" : "; now " + running));
    int test = Math.clamp(size.columns() - 1 - ROW_WITHOUT_TEST, NARROWEST_TEST, WIDEST_TEST);
    lines.add(row(test, "environment", "test", "ended", "failed", "control", "traced"));
    // The first line, the heading, one that says how many are left out, and the cursor's own.
    int most = Math.min(MOST_ROWS, size.rows() - 4);
    int shown = cells.size() <= Math.min(MOST_ROWS, size.rows() - 3) ? cells.size() : most;
    cells.values().stream()
        .limit(Math.max(0, shown))
        .forEach(cell ->
            lines.add(
                row(
                    test,
                    cell.environment,
                    cell.test,
                    Integer.toString(cell.ended),
                    Integer.toString(cell.failed),
                    cell.median(cell.controls),
                    cell.median(cell.traced))));
    if (shown < cells.size()) {
      lines.add("  and " + (cells.size() - Math.max(0, shown)) + " more");
    }
    return lines;
  }

  private static String row(
      int testWidth,
      String environment,
      String test,
      String ended,
      String failed,
      String control,
      String traced) {
    return String.format(
        Locale.ROOT,
        "  %-12s %-" + testWidth + "s %5s %6s %13s %13s",
        cut(environment, 12),
        cut(test, testWidth),
        ended,
        failed,
        control,
        traced);
  }

  private static String cut(String line) {
    return cut(line, WIDTH);
  }

  private static String cut(String line, int width) {
    return line.length() <= width ? line : line.substring(0, Math.max(0, width - 3)) + "...";
  }

  /// Lines at the end of a terminal that are drawn over themselves. Between two drawings the cursor
  /// stands at the beginning of the line below them, so that whatever ends us leaves a good prompt.
  static final class Redrawn {
    /// ED of ECMA-48: erase from here to the end of the page.
    private static final String CLEAR_BELOW = "\u001b[J";

    private final PrintWriter terminal;
    private final Supplier<Terminal.Size> size;

    /// As they stand there.
    private List<String> drawn = List.of();

    /// @param size asked before each drawing, since a window's size changes
    Redrawn(PrintWriter terminal, Supplier<Terminal.Size> size) {
      this.terminal = terminal;
      this.size = size;
    }

    /// Draws lines in place of those that stand there. What is too wide or too many is cut: one
    /// line that wraps or scrolls away, and the next drawing would leave it behind.
    ///
    /// @param lines that there are for a terminal of some size
    void draw(Function<Terminal.Size, List<String>> lines) {
      Terminal.Size now = size.get();
      StringBuilder text = new StringBuilder(erasing(now));
      List<String> fitting = new ArrayList<>();
      for (String line : lines.apply(now)) {
        if (fitting.size() + 1 < now.rows()) {
          fitting.add(cut(Printable.terminal(line), now.columns() - 1));
        }
      }
      fitting.forEach(line -> text.append(line).append('\n'));
      drawn = fitting;
      // At once: a reader of half a drawing sees it flicker.
      terminal.print(text);
      terminal.flush();
    }

    /// Puts a line above them that stays. To be followed by a drawing.
    void above(String line) {
      Terminal.Size now = size.get();
      terminal.print(erasing(now));
      terminal.println(cut(Printable.terminal(line), Math.max(WIDTH, now.columns() - 1)));
      terminal.flush();
    }

    void erase() {
      terminal.print(erasing(size.get()));
      terminal.flush();
    }

    /// Lets them stand.
    void leave() {
      drawn = List.of();
    }

    /// In a window that has become narrower, lines that were drawn take more rows than they did.
    private String erasing(Terminal.Size now) {
      int rows = 0;
      for (String line : drawn) {
        rows += Math.max(1, (line.length() + now.columns() - 1) / now.columns());
      }
      drawn = List.of();
      // What has scrolled out cannot be reached.
      int up = Math.min(rows, now.rows() - 1);
      // CUU of ECMA-48: cursor up.
      return up == 0 ? "" : "\u001b[" + up + "A\r" + CLEAR_BELOW;
    }
  }

  private static String figure(Outcome outcome, double value) {
    return switch (outcome) {
      case Throughput throughput -> Quantity.bitRate(value);
      case BidirectionalThroughput both -> Quantity.bitRate(value);
      case Latency latency -> Quantity.nanos(value);
      case MessageRate rate -> Quantity.count(Math.round(value)) + "/s";
    };
  }

  static String time(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60
        ? whole + " s"
        : String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60);
  }
}
