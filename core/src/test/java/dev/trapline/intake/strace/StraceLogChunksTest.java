// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.trapline.intake.strace.StraceLogReader.Ending;
import dev.trapline.reading.TallyReading;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// However a log is cut into chunks, and whoever reads them, it says the same: what it says when
/// read from its first line to its last.
class StraceLogChunksTest {
  private static final String[] LINES = {
    "7<p> read(3<TCP:[1->2]>, \"\"..., 64) = 5 <0.000012345>\n",
    "7<p> openat(AT_FDCWD</tmp>, \"a\\\"\", O_RDONLY) = 3</tmp/a = 7> <0.1>\n",
    "7<p> clone3({flags=CLONE_VM|CLONE_THREAD} => {parent_tid=[8<ex>]}, 88) = 8<ex> <0.1>\n",
    "7<p> clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n",
    "7<p> <... clone resumed>) = 9 <0.1>\n",
    "8<q> futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>\n",
    "8<q> <... futex resumed>)           = -1 EAGAIN (Resource unavailable) <0.000000005>\n",
    "8<q> <... read resumed>)           = 7 <0.5>\n",
    "8<ex> execve(\"/bin/other\", [], 0x7f <unfinished ...>\n",
    "7<ex> +++ superseded by execve in pid 8 +++\n",
    "7<other> <... execve resumed>) = 0 <0.2>\n",
    "9 execve(\"/usr/bin/true\", [...], 0x7f /* 35 vars */) = 0\n",
    "9<p> ioctl(1<pipe:[1]>, _IOC(_IOC_READ, 0x45, 0x18, 0x10), 0x7f) = 0\n",
    "9<p> read(0<pipe:[1]>,  <detached ...>\n",
    "7<p> socket(AF_VSOCK, SOCK_STREAM, 0) = 12<socket:[385]> <0.1>\n",
    "7<p> socket(AF_VSOCK, SOCK_STREAM, 0 <unfinished ...>\n",
    "7<p> <... socket resumed>) = 12<socket:[385]> <0.1>\n",
    "8<q> accept4(12<socket:[385]>, NULL, NULL, 0 <unfinished ...>\n",
    "8<q> <... accept4 resumed>) = 13<socket:[386]> <0.1>\n",
    "9<p> write(13<socket:[386]>, \"\"..., 9) = 9 <0.1>\n",
    "9<p> read(12<socket:[385]>,  <unfinished ...>\n",
    "9<p> <... read resumed>\"x\", 9) = 9 <0.1>\n",
    "7<p> +++ exited with 0 +++\n",
    "8 +++ killed by SIGKILL +++\n",
    "9<p> +++ exited with 0 +++\n",
    "9 getppid() = 7 <0.000001>\n",
    "getppid() = 7\n",
    "vfork( <unfinished ...>\n",
    "<... vfork resumed>) = 8\n",
    "[pid     7] <... vfork resumed>) = 8\n",
    "vfork(strace: Process 8 attached\n",
    " <unfinished ...>\n",
    "[pid     7] clone(child_stack=NULL, flags=SIGCHLDstrace: Process 9 attached\n",
    ", child_tidptr=0x7f) = 9\n",
    "strace: Process 9 attached\n",
    "[ Process PID=8 runs in 32 bit mode. ]\n",
    "[pid     8] [ Process PID=8 runs in 64 bit mode. ]\n",
    "[pid     8] mmap2(NULL, 0) = 0x7f\n",
    "8 write(1, \") = 3\", 5) = 5 <0.000004>\n",
    "[STDOUT] 8 write(1, \"\", 5) = 5 <0.000004>\n",
    " > /usr/lib/libc.so.6(read+0xe) [0x10]\n",
    "8 --- SIGCHLD {si_signo=SIGCHLD} ---\n",
    "8 +++ exited with 0 +++\r\n",
    "9 execve(\"/bin/xx\", [] <pid changed to 8 ...>\n",
    "100.00    0.000042          21         2           total\n",
    "what is this\n",
  };

  private static final String ODD = "<>()[]{}\"\\,=? -+.0129aE\n\r\u0000\u00ff";

  @TempDir private Path folder;

  private static String randomLog(Random random, int mostLines) {
    StringBuilder log = new StringBuilder();
    for (int line = random.nextInt(mostLines); line >= 0; line--) {
      log.append(LINES[random.nextInt(LINES.length)]);
    }
    int mostChanges = random.nextInt(4) == 0 ? 1 + log.length() / 40 : 1;
    for (int change = random.nextInt(mostChanges); change > 0 && log.length() > 1; change--) {
      int at = random.nextInt(log.length());
      switch (random.nextInt(4)) {
        case 0 -> log.setCharAt(at, ODD.charAt(random.nextInt(ODD.length())));
        case 1 -> log.deleteCharAt(at);
        case 2 -> log.insert(at, ODD.charAt(random.nextInt(ODD.length())));
        default -> log.insert(at, LINES[random.nextInt(LINES.length)]);
      }
    }
    return log.append('\n').toString();
  }

  private static StraceLog read(String log, int chunkBytes, int threads) throws IOException {
    return new StraceLogReader(
            Ending.UNKNOWN, List.of(), new ChunkPipeline.Size(chunkBytes, threads))
        .read(new ByteArrayInputStream(log.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private static void assertSameAsReference(String log, StraceLog read) {
    SequentialReference reference = new SequentialReference();
    SortedMap<Key, Count> counts = reference.read(log);
    TallyReading reading = read.reading();
    assertThat(reading.counted().counts()).as(log).isEqualTo(counts);
    assertThat(reading.lines()).as(log).isEqualTo(reference.lines);
    assertThat(reading.skipped().count()).as(log).isEqualTo(reference.skipped);
    assertThat(read.table()).as(log).hasSize(reference.table().size());
    assertThat(reading.counted().completeness().inFlightAtEnd())
        .as(log)
        .isEqualTo(reference.inFlightAtEnd);
    assertThat(reading.counted().completeness().cutShortByExit())
        .as(log)
        .isEqualTo(reference.cutShortByExit);
    assertThat(reading.counted().completeness().notes())
        .as(log)
        .hasSize(reference.endsWithoutBegin > 0 ? 1 : 0);
  }

  @Test
  void aStreamSaysTheSameInChunksOfAnySize() throws IOException {
    Random random = new Random(4711);
    for (int round = 0; round < 6_000; round++) {
      String log = randomLog(random, 14);
      int chunkBytes = 1 + random.nextInt(2 * log.length());
      assertSameAsReference(log, read(log, chunkBytes, 1));
    }
  }

  @Test
  void severalThreadsSayTheSame() throws IOException {
    Random random = new Random(815);
    for (int round = 0; round < 300; round++) {
      String log = randomLog(random, 120);
      assertSameAsReference(
          log, read(log, 1 + random.nextInt(log.length()), 1 + random.nextInt(5)));
    }
  }

  @Test
  void aFileSaysTheSameInPartsOfAnySize() throws IOException {
    Random random = new Random(42);
    Path file = folder.resolve("log");
    for (int round = 0; round < 1_000; round++) {
      String log = randomLog(random, 14);
      Files.writeString(file, log, StandardCharsets.ISO_8859_1);
      int chunkBytes = 1 + random.nextInt(2 * log.length());
      StraceLog parts =
          new StraceLogReader(Ending.UNKNOWN, List.of(), new ChunkPipeline.Size(chunkBytes, 1))
              .read(file);
      assertSameAsReference(log, parts);
      assertThat(parts).as(log).isEqualTo(read(log, 1 << 20, 1));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "t",
        "tt",
        "ttt",
        "r",
        "y",
        "yy",
        "comm",
        "number-and-address",
        "hex",
        "stack",
        "quiet",
        "terminal",
        "32-bit",
        "attached",
        "exec-by-thread"
      })
  void realLogsSayTheSameInChunksOfAnySize(String name) throws IOException {
    Path file = StraceLogFixtureTest.fixture(name + ".strace");
    String log = Files.readString(file, StandardCharsets.ISO_8859_1);
    StraceLog whole = read(log, 1 << 24, 1);
    assertSameAsReference(log, whole);
    Random random = new Random(7);
    List<StraceLog> others = new ArrayList<>();
    for (int round = 0; round < 8; round++) {
      int chunkBytes = 1 + random.nextInt(round < 4 ? 300 : 20_000);
      ChunkPipeline.Size size = new ChunkPipeline.Size(chunkBytes, 1 + round % 3);
      others.add(new StraceLogReader(Ending.UNKNOWN, List.of(), size).read(file));
      others.add(read(log, chunkBytes, 1 + round % 3));
    }
    assertThat(others).allMatch(whole::equals);
  }

  @Test
  void aLineThatIsTooLongIsSkippedAndTold() throws IOException {
    String line = "7 write(1, \"" + "x".repeat(ChunkPipeline.LONGEST_LINE_BYTES + 100_000) + "\"";
    String log = "7 getppid() = 1\n" + line + "\n7 getppid() = 1\n7 +++ exited with 0 +++\n";
    Path file = folder.resolve("long");
    Files.writeString(file, log);
    for (StraceLog read : List.of(read(log, 1 << 20, 2), new StraceLogReader().read(file))) {
      assertThat(read.reading().counted().calls()).isEqualTo(2);
      assertThat(read.reading().lines()).isEqualTo(4);
      assertThat(read.reading().skipped().count()).isOne();
      assertThat(read.reading().skipped().first().getFirst().number()).isEqualTo(2);
    }
  }

  @Test
  void manyProcessesAreToldByNameInTheEnd() throws IOException {
    StringBuilder log = new StringBuilder();
    int processes = 2 * LogMerger.MOST_KEYS;
    for (int pid = 2; pid < 2 + processes; pid++) {
      log.append(pid).append("<sh> getppid() = 1 <0.000001>\n");
      log.append(pid).append("<sh> +++ exited with 0 +++\n");
    }
    TallyReading reading = read(log.toString(), 1 << 16, 2).reading();
    assertThat(reading.counted().calls()).isEqualTo(processes);
    assertThat(reading.counted().counts().size()).isLessThanOrEqualTo(LogMerger.MOST_KEYS + 2);
    assertThat(reading.remarks()).singleElement().asString().contains("by program and name only");
  }

  @FuzzTest
  void anyTextIsReadOrTold(FuzzedDataProvider data) throws IOException {
    int chunkBytes = data.consumeInt(1, 200);
    StringBuilder log = new StringBuilder();
    for (int parts = data.consumeInt(0, 20); parts > 0; parts--) {
      log.append(data.consumeBoolean() ? data.pickValue(LINES) : data.consumeAsciiString(60));
    }
    String text = log.append('\n').toString();
    assertSameAsReference(text, read(text, chunkBytes, 1));
  }
}
