// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyscallLoopTest {
  private static final long GETPPID = 110;
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long EVENTFD2 = 290;
  private static final long EVENTFD_NONBLOCK = 04000;
  private static final int EBADF = 9;
  private static final int EAGAIN = 11;

  @TempDir Path folder;

  /// The bytes in the source are what their assembly beside them says.
  @Test
  void theMachineCodeIsItsAssemblyAssembled() throws IOException {
    assumeTrue(Tool.find("clang").isPresent(), "clang is not on PATH");
    assumeTrue(Tool.find("llvm-objcopy").isPresent(), "llvm-objcopy is not on PATH");
    Path source = folder.resolve("rows.s");
    Path object = folder.resolve("rows.o");
    Path code = folder.resolve("rows.bin");
    Files.writeString(source, ".intel_syntax noprefix\n" + SyscallLoop.ASSEMBLY);
    Tool.runOrFail(
        List.of(
            "clang",
            "--target=x86_64-linux-gnu",
            "-c",
            source.toString(),
            "-o",
            object.toString()));
    Tool.runOrFail(
        List.of("llvm-objcopy", "-O", "binary", "-j", ".text", object.toString(), code.toString()));
    assertThat(HexFormat.of().formatHex(SyscallLoop.CODE))
        .isEqualTo(HexFormat.of().formatHex(Files.readAllBytes(code)));
  }

  @Test
  void everyCallIsMadeAsOftenAsAsked() throws LibC.Failure {
    needsSupport();
    try (Arena arena = Arena.ofConfined()) {
      int counter = (int) LibC.call(EVENTFD2, 0, EVENTFD_NONBLOCK, 0, 0);
      MemorySegment one = arena.allocate(JAVA_LONG);
      one.set(JAVA_LONG, 0, 1);
      MemorySegment count = arena.allocate(JAVA_LONG);
      SyscallLoop adding =
          new SyscallLoop(
              List.of(
                  SyscallLoop.Call.of(WRITE, counter, one.address(), 8),
                  SyscallLoop.Call.of(WRITE, counter, one.address(), 8)),
              arena);
      adding.run(541);
      adding.run(0);
      SyscallLoop taking =
          new SyscallLoop(List.of(SyscallLoop.Call.of(READ, counter, count.address(), 8)), arena);
      taking.run(1);
      assertThat(count.get(JAVA_LONG, 0)).isEqualTo(2 * 541);
      assertThat(adding.lastResult(1)).isEqualTo(8);
      assertThat(adding.failures(0)).isZero();
      taking.run(3);
      assertThat(taking.failures(0)).isEqualTo(3);
      assertThat(taking.lastErrno(0)).isEqualTo(EAGAIN);
      LibC.close(counter);
    }
  }

  @Test
  void failuresAreCountedForTheCallThatFailed() throws LibC.Failure {
    needsSupport();
    try (Arena arena = Arena.ofConfined()) {
      SyscallLoop loop =
          new SyscallLoop(
              List.of(SyscallLoop.Call.of(GETPPID), SyscallLoop.Call.of(READ, -1, 0, 0)), arena);
      loop.run(7);
      assertThat(loop.lastResult(0))
          .isEqualTo(ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L));
      assertThat(loop.failures(0)).isZero();
      assertThat(loop.lastErrno(0)).isZero();
      assertThat(loop.failures(1)).isEqualTo(7);
      assertThat(loop.lastErrno(1)).isEqualTo(EBADF);
      assertThat(loop.lastResult(1)).isEqualTo(-EBADF);
    }
  }

  @Test
  void wordsAreCopiedBeforeAndAfterTheCall() throws LibC.Failure {
    needsSupport();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(JAVA_LONG, 3);
      for (int word = 0; word < 3; word++) {
        source.setAtIndex(JAVA_LONG, word, 100 + word);
      }
      MemorySegment first = arena.allocate(JAVA_LONG, 3);
      MemorySegment second = arena.allocate(JAVA_LONG, 3);
      new SyscallLoop(
              List.of(
                  SyscallLoop.Call.of(GETPPID)
                      .withCopyBefore(new SyscallLoop.Copy(first, source, 3))
                      .withCopyAfter(new SyscallLoop.Copy(second, first, 2))),
              arena)
          .run(1);
      assertThat(first.toArray(JAVA_LONG)).containsExactly(100, 101, 102);
      assertThat(second.toArray(JAVA_LONG)).containsExactly(100, 101, 0);
    }
  }

  @Test
  void aCallHasSixArgumentsAtTheMost() {
    assertThatThrownBy(() -> SyscallLoop.Call.of(GETPPID, 1, 2, 3, 4, 5, 6, 7))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void needsSupport() {
    assumeTrue(SyscallLoop.isSupported(), "no machine code for this architecture");
  }
}
