// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.qemu;

import dev.trapline.environment.HostThread;
import dev.trapline.environment.vmm.MonitorProcess;
import dev.trapline.environment.vmm.MonitorThreads;
import dev.trapline.host.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// A QEMU process with its control socket and the guest's serial port.
final class RunningQemu extends MonitorProcess {
  private static final Duration QUITS_WITHIN = Duration.ofSeconds(5);

  /// What it says of a serial port that is not connected yet, each time.
  private static final Pattern WAITING =
      Pattern.compile("(?m)^.*info: QEMU waiting for connection on: .*$");

  private final SocketChannel serial;
  private final Qmp control;
  private final Set<Integer> vcpuThreads = new HashSet<>();

  RunningQemu(
      List<String> command,
      ChildProcess process,
      SocketChannel serial,
      Qmp control,
      Path standardError)
      throws IOException, InterruptedException {
    super(command, process, standardError, WAITING, QUITS_WITHIN);
    this.serial = serial;
    this.control = control;
    for (JsonNode cpu : control.execute("query-cpus-fast")) {
      vcpuThreads.add(cpu.path("thread-id").asInt());
    }
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
        pid(),
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
    if (isAlive()) {
      try {
        control.execute(order);
      } catch (IOException dying) {
        // See above.
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static String endOf(Path standardError) {
    return endOf(standardError, WAITING);
  }

  @Override
  protected void askToEnd() {
    tryTo("quit");
  }

  @Override
  protected void closeChannels() throws IOException {
    control.close();
    serial.close();
  }
}
