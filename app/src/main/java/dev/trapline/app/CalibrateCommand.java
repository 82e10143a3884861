// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.calibration.Calibration;
import dev.trapline.calibration.CalibrationJson;
import dev.trapline.calibration.CalibrationStore;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.calibration.MachineIdentity;
import dev.trapline.host.Interrupts;
import dev.trapline.report.Printable;
import dev.trapline.report.costs.CalibrationDocument;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `trapline calibrate`: what calls cost on this machine.
@Command(
    name = "calibrate",
    description = {
      "Measures what calls cost on this machine, for predictions and ceilings: a null syscall, read"
          + " and write by size, vectored calls, select, poll and epoll, wake-ups."
    },
    footer = {
      "",
      "Takes some seconds and needs no root. Kept for this machine, kernel and",
      "mitigations in $XDG_STATE_HOME/trapline/calibrations, else for root in",
      "/var/lib/trapline/calibrations, for others below ~/.local/state."
    },
    mixinStandardHelpOptions = true,
    usageHelpWidth = 80,
    sortOptions = false)
public final class CalibrateCommand implements Callable<Integer> {
  private static final int MOST_ROUNDS = 1000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Measure everything N times, 1 to 1000. Default: ${DEFAULT-VALUE}.",
      defaultValue = "" + Calibration.USUAL_ROUNDS)
  private int rounds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the order within the rounds. Default: drawn, and printed.")
  private @Nullable Long seed;

  @Option(names = "--show", description = "Print what is kept, without measuring.")
  private boolean show;

  @Option(names = "--no-keep", description = "Measure and print, keep nothing.")
  private boolean noKeep;

  @Option(names = "--json", description = "As JSON (schema trapline.calibration/1).")
  private boolean json;

  private final AtomicBoolean interrupted = new AtomicBoolean();

  @Override
  public Integer call() throws InterruptedException {
    CalibrationStore store = CalibrationStore.usual();
    if (show) {
      MachineIdentity machine = MachineIdentity.here();
      print(store.read(machine).orElseThrow(() -> missing(store.fileOf(machine))));
      return Main.DONE;
    }
    if (rounds < 1 || rounds > MOST_ROUNDS) {
      throw new ParameterException(
          spec.commandLine(), "--rounds is " + rounds + "; it must be from 1 to " + MOST_ROUNDS);
    }
    if (!noKeep) {
      store.checkWritable();
    }
    MachineCosts costs = measure();
    print(costs);
    if (!noKeep) {
      Path file = store.write(costs);
      PrintWriter err = spec.commandLine().getErr();
      err.println("trapline: kept in " + Printable.terminal(file.toString()));
    }
    return Main.DONE;
  }

  private MachineCosts measure() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    Interrupts.onInterrupt(() -> interrupted.set(true));
    err.printf(Locale.ROOT, "trapline: calibrating, %d rounds%n", rounds);
    long start = System.nanoTime();
    long drawn = seed == null ? start & 0xffff : seed;
    long[] nextLine = {start + 2_000_000_000L};
    try {
      MachineCosts costs =
          Calibration.measure(
              rounds,
              drawn,
              Version.NUMBER,
              (round, all) -> {
                long now = System.nanoTime();
                if (now >= nextLine[0]) {
                  nextLine[0] = now + 2_000_000_000L;
                  err.printf(
                      Locale.ROOT,
                      "[%d/%d] %d s left%n",
                      round,
                      all,
                      Math.round((now - start) / 1e9 / round * (all - round)));
                }
              },
              interrupted::get);
      err.printf(
          Locale.ROOT, "trapline: done in %d s%n", Math.round((System.nanoTime() - start) / 1e9));
      return costs;
    } catch (CancellationException stopped) {
      throw new TraplineException(
          "INTERRUPTED",
          "interrupted while calibrating; nothing was kept, an earlier calibration still is.",
          "trapline calibrate");
    }
  }

  private void print(MachineCosts costs) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(CalibrationJson.write(costs));
    } else {
      CalibrationDocument.of(costs).toTerminal().forEach(out::println);
    }
  }

  private static TraplineException missing(Path file) {
    return new TraplineException(
        "CALIBRATION-MISSING",
        "there is no calibration of this machine with this kernel and these mitigations: no "
            + file
            + ".",
        "trapline calibrate");
  }
}
