// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import dev.trapline.environment.HostThread;
import dev.trapline.environment.vmm.MonitorProcess;
import dev.trapline.environment.vmm.MonitorThreads;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.ProcFs;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A Firecracker process with its API socket and the guest's serial port.
final class RunningFirecracker extends MonitorProcess {
  /// How long a guest may take to shut down. One without a keyboard driver never does.
  private static final Duration SHUTS_DOWN_WITHIN = Duration.ofSeconds(2);

  private static final Duration METRICS_WITHIN = Duration.ofSeconds(2);
  private static final Duration METRICS_POLL = Duration.ofMillis(10);

  /// It says nothing each time that is of no use.
  private static final Pattern NOTHING = Pattern.compile("(?!)");

  private final ApiSocket api;
  private final FileInputStream fromGuest;
  private final FileOutputStream toGuest;
  private final Path metrics;

  RunningFirecracker(
      List<String> command,
      ChildProcess process,
      ApiSocket api,
      FileInputStream fromGuest,
      FileOutputStream toGuest,
      Path metrics,
      Path standardError) {
    super(command, process, standardError, NOTHING, SHUTS_DOWN_WITHIN);
    this.api = api;
    this.fromGuest = fromGuest;
    this.toGuest = toGuest;
    this.metrics = metrics;
  }

  @Override
  public InputStream fromGuest() {
    return fromGuest;
  }

  @Override
  public OutputStream toGuest() {
    return toGuest;
  }

  /// Firecracker names its threads `fc_vcpu N` and `fc_api`.
  @Override
  public List<HostThread> threads() {
    Set<Integer> vcpus = new HashSet<>();
    for (int tid : ProcFs.threads(pid())) {
      ProcFs.read(pid() + "/task/" + tid + "/comm")
          .filter(name -> name.startsWith("fc_vcpu"))
          .ifPresent(_ -> vcpus.add(tid));
    }
    return MonitorThreads.of(
        pid(),
        vcpus,
        name -> name.startsWith("fc_api") ? Optional.of(HostThread.Kind.IO) : Optional.empty());
  }

  @Override
  public void pause() {
    tryTo(ApiRequest.pause());
  }

  @Override
  public void resume() {
    tryTo(ApiRequest.resume());
  }

  /// Firecracker's own counters; they are written to the file that is kept with the run, too.
  @Override
  public @Nullable SortedMap<String, Long> networkCounters() {
    try {
      long before = Files.size(metrics);
      if (tryTo(ApiRequest.flushMetrics())) {
        long deadline = System.nanoTime() + METRICS_WITHIN.toNanos();
        while (Files.size(metrics) == before && System.nanoTime() < deadline) {
          Thread.sleep(METRICS_POLL);
        }
      }
      SortedMap<String, Long> counters = MetricsFile.networkCounters(metrics);
      return counters.isEmpty() ? null : new TreeMap<>(counters);
    } catch (IOException unreadable) {
      return null;
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  /// A machine that cannot be told is dead or dying, and that is seen elsewhere.
  private boolean tryTo(ApiRequest request) {
    if (!isAlive()) {
      return false;
    }
    try {
      api.send(request);
      return true;
    } catch (IOException dying) {
      return false;
    }
  }

  static String endOf(Path standardError) {
    return endOf(standardError, NOTHING);
  }

  @Override
  protected void askToEnd() {
    tryTo(ApiRequest.flushMetrics());
    // A guest whose CPUs are stopped would not see the keys.
    resume();
    tryTo(ApiRequest.pressControlAltDelete());
  }

  @Override
  protected void closeChannels() throws IOException {
    fromGuest.close();
    toGuest.close();
  }
}
