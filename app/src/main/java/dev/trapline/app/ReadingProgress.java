// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.imported.ReadingListener;
import dev.trapline.reading.InputText;
import dev.trapline.report.Printable;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How far the reading of files is: a line on standard error now and then, once it takes longer
/// than two seconds.
final class ReadingProgress implements ReadingListener, AutoCloseable {
  private static final long PATIENCE_NANOS = 2_000_000_000L;
  private static final long BETWEEN_LINES_MILLIS = 2_000;

  private record Reading(InputText input, @Nullable Long bytes, long startNanos) {}

  private final PrintWriter err;
  private final Thread teller;
  private volatile @Nullable Reading current;

  ReadingProgress(PrintWriter err) {
    this.err = err;
    this.teller = Thread.ofVirtual().name("progress").start(this::tell);
  }

  @Override
  public void reading(InputText input, @Nullable Long bytes) {
    current = new Reading(input, bytes, System.nanoTime());
  }

  @Override
  public void close() {
    teller.interrupt();
  }

  private void tell() {
    try {
      while (true) {
        Thread.sleep(BETWEEN_LINES_MILLIS);
        Reading reading = current;
        if (reading != null && System.nanoTime() - reading.startNanos() >= PATIENCE_NANOS) {
          err.println(line(reading));
        }
      }
    } catch (InterruptedException done) {
      // All is read.
    }
  }

  private static String line(Reading reading) {
    double seconds = (System.nanoTime() - reading.startNanos()) / 1e9;
    long taken = reading.input().bytesTaken();
    String soFar =
        String.format(
            Locale.ROOT,
            "trapline: reading %s: %.2f GB, %.0f MB/s",
            Printable.terminal(reading.input().name()),
            taken / 1e9,
            taken / 1e6 / seconds);
    if (reading.bytes() == null || taken == 0) {
      return soFar;
    }
    double left = seconds * (reading.bytes() - taken) / taken;
    return soFar
        + String.format(
            Locale.ROOT, ", %.0f%%, %.0f s left", 100.0 * taken / reading.bytes(), left);
  }
}
