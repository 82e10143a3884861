// SPDX-License-Identifier: Apache-2.0

import dev.trapline.intake.strace.StraceLogReader;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Reads a log of strace: once and prints calls and microseconds; or, with `warm`, once per line of
/// its standard input, and prints the nanoseconds that each time took. For read-strace-log.sh.
public final class ReadStraceLog {
  private ReadStraceLog() {}

  public static void main(String[] arguments) throws IOException {
    Path log = Path.of(arguments[0]);
    if (arguments.length == 1) {
      TallyReading reading = new StraceLogReader().read(log).reading();
      Count total = reading.counted().total();
      System.out.println(total.calls() + " " + total.wallNanos() / 1000);
      System.err.println(reading.skipped().count() + " lines skipped");
      return;
    }
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (commands.readLine() != null) {
      long start = System.nanoTime();
      TallyReading reading = new StraceLogReader().read(log).reading();
      long nanos = System.nanoTime() - start;
      System.out.println(nanos + " " + reading.lines());
    }
  }
}
