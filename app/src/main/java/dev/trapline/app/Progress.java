// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.campaign.Campaign;
import dev.trapline.campaign.CampaignRunner;
import dev.trapline.campaign.CampaignState;
import dev.trapline.campaign.PlannedWorkload;
import dev.trapline.environment.Environment;
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
import org.jspecify.annotations.Nullable;

/// How a campaign goes, on standard error: one line per trial as it ends, with the time that is
/// left; on a terminal a table instead that is drawn over itself, with what failed in lines above
/// it.
final class Progress implements CampaignRunner.Listener {
  /// What a trial takes beyond its traffic, until trials have shown it.
  private static final double EXPECTED_OVERHEAD_SECONDS = 0.7;

  private static final int WIDTH = 79;

  /// More rows than that are cut off: the table must fit above the prompt.
  private static final int MOST_ROWS = 16;

  private static final String CLEAR_BELOW = "\u001b[J";

  private final PrintWriter err;
  private final boolean live;
  private final int total;
  private final long start = System.nanoTime();
  private final double expectedSeconds;
  private final Map<String, Cell> cells = new LinkedHashMap<>();
  private int number;
  private int finished;
  private int failed;
  private int passedOver;
  private int drawnLines;
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
    this.live = live;
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
    err.printf(Locale.ROOT, "trapline: %d trials are kept from before%n", trials);
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
    if (live) {
      running = id;
      draw();
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
    if (live) {
      running = "";
      if (trial.outcome() == null) {
        above((isRepeated(trial) ? "again: " : "FAILED ") + trial.id() + ": " + trial.failure());
      }
      draw();
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
    if (live) {
      draw();
    } else {
      err.println(
          cut("        " + Printable.terminal(planned.id()) + " is not run: enough is known"));
    }
  }

  @Override
  public void told(String line) {
    if (live) {
      above("trapline: " + line);
      draw();
    } else {
      err.println("trapline: " + Printable.terminal(line));
    }
  }

  void done() {
    erase();
    err.printf(Locale.ROOT, "trapline: done in %s%n", time((System.nanoTime() - start) / 1e9));
  }

  /// Leaves what stands there, so that an error comes below it.
  void brokenOff() {
    drawnLines = 0;
    if (!live) {
      err.println();
    }
  }

  private double secondsLeft() {
    int left = Math.max(0, total - number - passedOver);
    double each = finished == 0 ? expectedSeconds : (System.nanoTime() - start) / 1e9 / finished;
    return each * left;
  }

  // ---- the table -----------------------------------------------------------------------

  private void above(String line) {
    erase();
    err.println(cut(Printable.terminal(line)));
  }

  private void erase() {
    if (drawnLines > 0) {
      err.printf(Locale.ROOT, "\u001b[%dA", drawnLines);
      err.print(CLEAR_BELOW);
      drawnLines = 0;
    }
  }

  private void draw() {
    erase();
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
    lines.add(
        String.format(
            Locale.ROOT,
            "  %-12s %-24s %5s %6s %13s %13s",
            "environment",
            "test",
            "ended",
            "failed",
            "control",
            "traced"));
    for (Cell cell : cells.values()) {
      if (lines.size() == MOST_ROWS + 2) {
        lines.add("  and " + (cells.size() - MOST_ROWS) + " more");
        break;
      }
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-12s %-24s %5d %6d %13s %13s",
              cell.environment,
              cell.test,
              cell.ended,
              cell.failed,
              cell.median(cell.controls),
              cell.median(cell.traced)));
    }
    for (String line : lines) {
      err.println(cut(Printable.terminal(line)));
    }
    err.flush();
    drawnLines = lines.size();
  }

  private static String cut(String line) {
    return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 3) + "...";
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
