// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.TraplineException;
import dev.trapline.environment.lab.NestedLab;
import dev.trapline.host.Lease;
import dev.trapline.host.LibC;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The guest of [EbpfGuestTest] under a KVM with virtualization, which this machine may not have:
/// in the nested lab all tracepoints fire, and exits and kicks must come out exactly.
class EbpfGuestInLabTest {
  private static final int ROUNDS = 2003;

  @TempDir Path folder;

  @Test
  void kicksReturnsAndExitsOfAKnownGuestAreExactWhereKvmIsReal() throws Exception {
    if (!LibC.isRoot()) {
      KnownCalls.skip("the lab is tested as root only");
    }
    NestedLab.unavailable().ifPresent(KnownCalls::skip);
    KnownCalls.compileIn(folder);
    Path directory = Files.createDirectory(folder.resolve("run"));
    Files.copy(folder.resolve(KnownCalls.NAME), directory.resolve(KnownCalls.NAME));
    assertThat(directory.resolve(KnownCalls.NAME).toFile().setExecutable(true)).isTrue();
    NestedLab lab =
        new NestedLab(
            directory,
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1)).toList(),
            List.of(
                KnownGuest.class.getName(),
                NestedLab.outputInLab(),
                "/out/" + KnownCalls.NAME,
                "guest-kicks",
                Integer.toString(ROUNDS)),
            System.out::println);
    try (Lease lease = Lease.take(folder.resolve("state"))) {
      assertThat(lab.run(lease)).isZero();
    } catch (TraplineException failure) {
      if (failure.code().equals("GUEST-KERNEL-DOWNLOAD")) {
        KnownCalls.skip(failure.rendered());
      }
      throw failure;
    }
    SortedMap<String, Long> figures = new TreeMap<>();
    List<String> lines = Files.readAllLines(directory.resolve("figures"));
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("returns") || words[0].equals("exits")) {
        figures.put(words[0] + " " + words[1], Long.valueOf(words[2]));
      }
    }
    assertThat(lines).contains("code 0", "verdict complete", "kicks " + 2 * ROUNDS + " null");
    assertThat(figures).containsEntry("returns IO", (long) ROUNDS).containsEntry("returns HLT", 1L);
    // A write to a port that is tied, one to a port that is not; the one to memory is a page fault.
    assertThat(figures.get("exits IOIO")).isEqualTo(2L * ROUNDS);
    assertThat(figures.get("exits NPF")).isGreaterThanOrEqualTo(ROUNDS);
  }
}
