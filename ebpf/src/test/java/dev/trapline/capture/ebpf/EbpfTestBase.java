// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// What the tests of exactness share: a program whose calls are known, and sums over keys.
abstract class EbpfTestBase {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;
  KnownCalls known;

  @BeforeAll
  static void skipWhereBpfDoesNotWork() {
    KnownCalls.needBpf();
  }

  @BeforeEach
  void compileTheProgram() {
    known = KnownCalls.compileIn(folder);
  }

  /// Captures one launch of the known program from its exec to its end.
  CaptureResult captured(CaptureLevel level, String... modeAndArguments) throws Exception {
    return captured(level, known.launch(modeAndArguments));
  }

  /// Captures one launch from the exec to the end, which must be a success.
  CaptureResult captured(CaptureLevel level, Launch launch) throws Exception {
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Launched(), level)) {
      run(capture, launch);
      return capture.stop();
    }
  }

  /// Launches under a capture, to a good end.
  void run(Capture capture, Launch launch) throws Exception {
    awaitEnd(capture.launch(launch, "program"));
  }

  /// Waits for a good end.
  void awaitEnd(ChildProcess child) throws Exception {
    int code = ChildProcess.exitCode(child.await(PATIENCE).orElseThrow());
    assertThat(code).as(() -> contents(known.error())).isZero();
  }

  /// Everything was seen, and the times of each key add up.
  static void assertComplete(CaptureResult result) {
    assertThat(result.completeness().verdict())
        .as(() -> result.completeness().toString())
        .isEqualTo("complete");
    for (Map.Entry<Key, Count> entry : result.total().counts().entrySet()) {
      Count count = entry.getValue();
      if (count.wallNanos() != null) {
        assertThat(
                known(count.workNanos())
                    + known(count.blockedNanos())
                    + known(count.runnableNanos())
                    + known(count.guestNanos()))
            .as("parts of the wall time of %s", entry.getKey())
            .isEqualTo(known(count.wallNanos()));
      }
    }
  }

  static long known(@Nullable Long value) {
    assertThat(value).isNotNull();
    return value == null ? 0 : value;
  }

  /// The sum of the counts of one syscall.
  static Count sum(CaptureResult result, String syscall) {
    return sum(result, key -> key.syscall().equals(syscall));
  }

  /// The sum of the counts of one syscall by threads of one name.
  static Count sum(CaptureResult result, String thread, String syscall) {
    return sum(
        result, key -> key.syscall().equals(syscall) && key.thread().thread().equals(thread));
  }

  static Count sum(CaptureResult result, Predicate<Key> wanted) {
    return sum(result.total(), wanted);
  }

  static Count sum(Tally tally, Predicate<Key> wanted) {
    Count sum = null;
    for (Map.Entry<Key, Count> entry : tally.counts().entrySet()) {
      if (wanted.test(entry.getKey())) {
        sum = sum == null ? entry.getValue() : sum.plus(entry.getValue());
      }
    }
    return sum == null ? Count.NONE : sum;
  }

  static String contents(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException failure) {
      return "";
    }
  }

  /// Waits for something that other processes bring about.
  static void eventually(BooleanSupplier condition, String otherwise) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(otherwise).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
