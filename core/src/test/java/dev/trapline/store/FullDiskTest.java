// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.TraplineException;
import dev.trapline.run.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs on a real file system that is full: a tmpfs of one megabyte, mounted for the test. Needs
/// the right to mount.
class FullDiskTest {
  private static final int PAGE_BYTES = 4096;
  private static final int DISK_BYTES = 256 * PAGE_BYTES;

  @TempDir Path disk;
  private boolean mounted;

  @BeforeEach
  void mountATinyFileSystem() throws Exception {
    String said =
        said("mount", "-t", "tmpfs", "-o", "size=" + DISK_BYTES, "trapline-test", disk.toString());
    mounted = said.isEmpty();
    if (!mounted) {
      System.out.println("FullDiskTest is skipped: mount says '" + said.strip() + "'");
    }
    assumeTrue(mounted, said);
  }

  @AfterEach
  void unmountIt() throws Exception {
    if (mounted) {
      assertThat(said("umount", disk.toString())).isEmpty();
    }
  }

  @Test
  void whateverRoomThereIsTheRunIsWholeOrNotThere() throws IOException {
    Run run = largeRun();
    Set<String> filesThatFailed = new TreeSet<>();
    int pagesLeft = 3;
    while (!isWhole(run, pagesLeft, filesThatFailed)) {
      pagesLeft++;
    }
    assertThat(filesThatFailed).containsExactly("run.json", "tallies.parquet");
  }

  @Test
  void aDiskWithoutRoomForADirectoryIsTold() throws IOException {
    Path filler = disk.resolve("filler");
    try (var inodes = Files.newOutputStream(filler)) {
      inodes.write(new byte[DISK_BYTES]);
    }
    RunDirectory directory = RunDirectory.create(disk.resolve("run"));
    TraplineException failure =
        catchThrowableOfType(TraplineException.class, () -> directory.write(SmallRuns.run()));
    assertThat(failure.rendered())
        .isEqualTo(
            "error[RUN-NOT-WRITTEN]: cannot write "
                + disk.resolve("run/tallies.parquet")
                + ": No space left on device (0 KiB free of 1024 KiB there).\n"
                + "hint: make room or grant write access, or give a new or empty directory with"
                + " -o DIR, and run again; the tools' raw output stays in "
                + disk.resolve("run"));
  }

  private boolean isWhole(Run run, int pagesLeft, Set<String> filesThatFailed) throws IOException {
    Path filler = disk.resolve("filler");
    Files.write(filler, new byte[DISK_BYTES - pagesLeft * PAGE_BYTES]);
    Path path = disk.resolve("run-" + pagesLeft);
    RunDirectory directory = RunDirectory.create(path);
    TraplineException failure =
        catchThrowableOfType(TraplineException.class, () -> directory.write(run));
    try {
      if (failure == null) {
        assertThat(RunDirectory.read(path)).isEqualTo(run);
        return true;
      }
      assertThat(openFilesBelow(path)).isEmpty();
      assertThat(failure.code()).isEqualTo("RUN-NOT-WRITTEN");
      assertThat(failure).hasMessageContaining("No space left on device");
      assertThat(
              catchThrowableOfType(TraplineException.class, () -> RunDirectory.read(path)).code())
          .isEqualTo("RUN-UNFINISHED");
      Set<String> left = namesIn(path);
      assertThat(left).isSubsetOf("raw", "tallies.parquet");
      filesThatFailed.add(left.contains("tallies.parquet") ? "run.json" : "tallies.parquet");
      return false;
    } finally {
      Files.delete(filler);
      remove(path);
    }
  }

  /// Both files of many pages, so that both can run out of room in the middle.
  private static Run largeRun() {
    return new Run(
        SmallRuns.provenance(),
        SmallRuns.run().completeness().withNote("a note ".repeat(6000)),
        List.of(SmallRuns.trial()),
        new RandomRuns(1).tallies(8, 200));
  }

  private static List<String> openFilesBelow(Path path) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors
          .map(FullDiskTest::targetOf)
          .filter(target -> target.startsWith(path.toString()))
          .toList();
    }
  }

  /// Nothing for a descriptor that was closed meanwhile, such as the one that lists the others.
  private static String targetOf(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static Set<String> namesIn(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  private static void remove(Path path) throws IOException {
    for (String name : namesIn(path)) {
      Files.delete(path.resolve(name));
    }
    Files.delete(path);
  }

  /// What a command prints, with its exit code if it is not 0; nothing if all went well.
  private static String said(String... command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exitCode = process.waitFor();
    return exitCode == 0 ? "" : output + "(exit code " + exitCode + ")";
  }
}
