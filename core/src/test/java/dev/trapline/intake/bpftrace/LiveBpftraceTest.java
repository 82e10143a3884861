// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the bpftrace of this machine prints of a program whose calls are known. Skipped, and says
/// why, where it cannot run.
class LiveBpftraceTest {
  private static final String DD = "/usr/bin/dd";
  private static final int BLOCKS = 777;
  private static final int BLOCK_BYTES = 1_000;
  private static final int LONGEST_RUN_SECONDS = 60;

  private static final String SCRIPT =
      """
      tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write
      /pid == cpid/ { @calls[tid, comm, probe] = count(); @start[tid] = nsecs; }
      tracepoint:syscalls:sys_exit_read, tracepoint:syscalls:sys_exit_write
      /pid == cpid && @start[tid]/
      {
        @ns[tid, comm, probe] = stats(nsecs - @start[tid]);
        @bytes[tid, comm, probe] = sum(args->ret);
      }
      END { clear(@start); }
      """;

  @TempDir private Path folder;

  @BeforeEach
  void needsBpftrace() throws Exception {
    assumeTrue(Files.isExecutable(Path.of(DD)), DD + " is not there");
    Path probe = folder.resolve("probe");
    int exit;
    try {
      exit = run(probe, "bpftrace", "-e", "tracepoint:syscalls:sys_enter_read { exit(); }");
    } catch (IOException missing) {
      assumeTrue(false, "bpftrace cannot be started: " + missing.getMessage());
      return;
    }
    assumeTrue(exit == 0, "bpftrace cannot trace here: " + Files.readString(probe));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "json"})
  void knownCallsComeOutExactly(String format) throws Exception {
    Path script = Files.writeString(folder.resolve("script.bt"), SCRIPT);
    Path output = folder.resolve("output");
    String program =
        DD + " if=/dev/zero of=/dev/null status=none bs=" + BLOCK_BYTES + " count=" + BLOCKS;
    int exit = run(output, "bpftrace", "-f", format, script.toString(), "-c", program);
    assertThat(exit).as(Files.readString(output)).isZero();

    TallyReading reading = Readings.of(Files.readAllBytes(output));
    Count writes = Readings.of(reading.counted(), "write");
    assertThat(writes.calls()).isEqualTo(BLOCKS);
    assertThat(writes.timedCalls()).isEqualTo(BLOCKS);
    assertThat(writes.bytes()).isEqualTo((long) BLOCKS * BLOCK_BYTES);
    assertThat(writes.wallNanos()).isPositive();
    assertThat(Readings.of(reading.counted(), "read").calls()).isGreaterThanOrEqualTo(BLOCKS);
    assertThat(reading.counted().completeness().isComplete()).isTrue();
  }

  private int run(Path output, String... command) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(command));
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(LONGEST_RUN_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return -1;
    }
    return process.exitValue();
  }
}
