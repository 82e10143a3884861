// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.vmm;

import dev.trapline.host.ChildProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/// What every monitor is that we start: a child process with words of its own, which is asked to
/// end and killed if it does not. How it is told anything is its driver's business.
public abstract class MonitorProcess implements RunningVmm {
  private static final int QUOTED_CHARACTERS = 400;

  private final List<String> command;
  private final ChildProcess process;
  private final Path standardError;
  private final Pattern ofNoUse;
  private final Duration endsWithin;

  /// @param ofNoUse what it says of itself on standard error each time, and is never shown
  /// @param endsWithin how long it may take to end when it was asked to
  protected MonitorProcess(
      List<String> command,
      ChildProcess process,
      Path standardError,
      Pattern ofNoUse,
      Duration endsWithin) {
    this.command = List.copyOf(command);
    this.process = process;
    this.standardError = standardError;
    this.ofNoUse = ofNoUse;
    this.endsWithin = endsWithin;
  }

  /// Asks it to end; nothing happens if it cannot be asked.
  protected abstract void askToEnd();

  /// Closes what it was talked to by, when the process is gone.
  ///
  /// @throws IOException if the other end is closed already, which does no harm
  protected abstract void closeChannels() throws IOException;

  @Override
  public final List<String> command() {
    return command;
  }

  @Override
  public final int pid() {
    return process.pid();
  }

  @Override
  public final boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public final String lastWords() {
    return endOf(standardError, ofNoUse);
  }

  /// The end of what a monitor said, in one line; empty if it said nothing or it cannot be read.
  ///
  /// @param ofNoUse what is left out of it
  public static String endOf(Path standardError, Pattern ofNoUse) {
    try {
      String said = new String(Files.readAllBytes(standardError), StandardCharsets.UTF_8);
      String text = ofNoUse.matcher(said).replaceAll("").replaceAll("[^\\p{Graph}]+", " ").strip();
      return text.substring(Math.max(0, text.length() - QUOTED_CHARACTERS));
    } catch (IOException unreadable) {
      return "";
    }
  }

  @Override
  public final void close() {
    // An interrupt waits: it must not cut short a clean-up.
    boolean interrupted = Thread.interrupted();
    try {
      askToEnd();
      while (process.isAlive()) {
        try {
          if (process.await(endsWithin).isEmpty()) {
            process.kill();
          }
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
      closeChannels();
    } catch (IOException closedAlready) {
      // Its other end is gone.
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
