// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.qemu;

import dev.trapline.environment.HostThread;
import dev.trapline.environment.vmm.MonitorThreads;
import dev.trapline.environment.vmm.RunningVmm;
import dev.trapline.host.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// A QEMU process with its control socket and the guest's serial port.
final class RunningQemu implements RunningVmm {
  private static final Duration QUITS_WITHIN = Duration.ofSeconds(5);
  private static final int QUOTED_CHARACTERS = 400;

  private final List<String> command;
  private final ChildProcess process;
  private final SocketChannel serial;
  private final Qmp control;
  private final Path standardError;
  private final Set<Integer> vcpuThreads = new HashSet<>();

  RunningQemu(
      List<String> command,
      ChildProcess process,
      SocketChannel serial,
      Qmp control,
      Path standardError)
      throws IOException, InterruptedException {
    this.command = List.copyOf(command);
    this.process = process;
    this.serial = serial;
    this.control = control;
    this.standardError = standardError;
    for (JsonNode cpu : control.execute("query-cpus-fast")) {
      vcpuThreads.add(cpu.path("thread-id").asInt());
    }
  }

  @Override
  public List<String> command() {
    return command;
  }

  @Override
  public int pid() {
    return process.pid();
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public InputStream fromGuest() {
    return Channels.newInputStream(serial);
  }

  @Override
  public OutputStream toGuest() {
    return Channels.newOutputStream(serial);
  }

  /// Names are those of `debug-threads=on`.
  @Override
  public List<HostThread> threads() {
    return MonitorThreads.of(
        process.pid(),
        vcpuThreads,
        name -> name.startsWith("IO ") ? Optional.of(HostThread.Kind.IO) : Optional.empty());
  }

  @Override
  public void pause() {
    tryTo("stop");
  }

  @Override
  public void resume() {
    tryTo("cont");
  }

  /// A machine that cannot be told is dead or dying, and that is seen elsewhere.
  private void tryTo(String order) {
    if (process.isAlive()) {
      try {
        control.execute(order);
      } catch (IOException dying) {
        // See above.
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String lastWords() {
    return endOf(standardError);
  }

  static String endOf(Path file) {
    try {
      String text =
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
              // What it says of a serial port that is not connected yet, each time.
              .replaceAll("(?m)^.*info: QEMU waiting for connection on: .*$", "")
              .replaceAll("[^\\p{Graph}]+", " ")
              .strip();
      return text.substring(Math.max(0, text.length() - QUOTED_CHARACTERS));
    } catch (IOException unreadable) {
      return "";
    }
  }

  @Override
  public void close() {
    // An interrupt waits: it must not cut short a clean-up.
    boolean interrupted = Thread.interrupted();
    try {
      tryTo("quit");
      while (process.isAlive()) {
        try {
          if (process.await(QUITS_WITHIN).isEmpty()) {
            process.kill();
          }
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
      control.close();
      serial.close();
    } catch (IOException closedAlready) {
      // Its other end is gone.
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
