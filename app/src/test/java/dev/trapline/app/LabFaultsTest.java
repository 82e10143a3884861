// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.environment.image.GuestKernel;
import dev.trapline.environment.lab.NestedLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A lab that ends before its time. None of these waits for it to boot.
class LabFaultsTest {
  @TempDir Path folder;
  private BenchSite site;
  private Path directory;

  @BeforeAll
  static void fetchTheKernels() {
    NestedLab.unavailable().ifPresent(Needs::skip);
    try {
      GuestKernel.debian(GuestKernel.Flavour.GENERIC, news -> {});
      GuestKernel.debian(GuestKernel.Flavour.CLOUD, news -> {});
    } catch (TraplineException failure) {
      if (failure.code().equals("GUEST-KERNEL-DOWNLOAD")) {
        Needs.skip(failure.rendered());
      }
      throw failure;
    }
  }

  @BeforeEach
  void makeASite() throws IOException {
    site = new BenchSite(Files.createDirectory(folder.resolve("state")));
    directory = folder.resolve("run");
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalEndsTheLabAndLeavesNothing(String signal) throws Exception {
    try (Cli.Running running = start()) {
      String lease = site.awaitLease();
      awaitQemu(lease);
      running.signal(signal);
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr()).contains("error[INTERRUPTED]: stopped by a signal");
      site.assertNothingLeftOf(lease);
      assertUnfinished();
    }
  }

  @Test
  void aLabWhoseQemuIsKilledFailsWithWhatItSaidLast() throws Exception {
    try (Cli.Running running = start()) {
      String lease = site.awaitLease();
      Processes.signal(awaitQemu(lease), "KILL");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stderr())
          .contains(
              "error[LAB-FAILED]: the lab ended before Trapline in it had ended (exit code 137")
          .contains("The serial port said last:");
      site.assertNothingLeftOf(lease);
      assertUnfinished();
    }
  }

  @Test
  void whatAKilledLabLeavesTheNextStartRemoves() throws Exception {
    String lease;
    try (Cli.Running running = start()) {
      lease = site.awaitLease();
      awaitQemu(lease);
      running.signal("KILL");
      running.await();
    }
    assertThat(Processes.marked(lease)).isNotEmpty();
    dev.trapline.host.Lease.removeOrphans(site.state());
    Cli.await("the lab is gone", () -> Processes.marked(lease).isEmpty());
    site.assertNothingLeftOf(lease);
    assertUnfinished();
  }

  @Test
  void aDirectoryThatIsNotEmptyIsRefusedBeforeAnythingStarts() throws Exception {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("mine"), "x");
    Cli.Result result = site.program("lab", "bench", "-o", directory.toString()).run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[RUN-EXISTS]: ");
    assertThat(directory.resolve("mine")).hasContent("x");
  }

  private Cli.Running start() throws IOException {
    return site.program("lab", "bench", "-o", directory.toString()).start();
  }

  private static long awaitQemu(String lease) throws InterruptedException {
    Cli.await("QEMU runs", () -> BenchSite.process(lease, "-virtfs").isPresent());
    return BenchSite.process(lease, "-virtfs").orElseThrow();
  }

  private void assertUnfinished() {
    TraplineException failure =
        catchThrowableOfType(
            TraplineException.class, () -> dev.trapline.store.RunDirectory.read(directory));
    assertThat(failure.code()).isEqualTo("RUN-UNFINISHED");
  }
}
