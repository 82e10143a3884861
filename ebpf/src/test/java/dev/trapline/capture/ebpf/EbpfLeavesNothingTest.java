// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// However a capture ends, the kernel has none of its programs afterwards. Other captures may run
/// on the same machine, so the programs are told by their numbers, not by their names.
class EbpfLeavesNothingTest extends EbpfTestBase {
  @Test
  void aCaptureThatIsClosedOrStoppedLeavesNoProgram() throws Exception {
    int self = (int) ProcessHandle.current().pid();
    Set<Integer> closed;
    try (Capture _ = EbpfCapture.start(new CaptureTarget.Everything(), CaptureLevel.FULL)) {
      closed = programsHeldBy(self);
    }
    assertThat(closed).isNotEmpty();
    eventuallyGone(closed);
    Set<Integer> stopped;
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Launched(), CaptureLevel.LIGHT)) {
      stopped = programsHeldBy(self);
      capture.stop();
      eventuallyGone(stopped);
    }
    assertThat(programsHeldBy(self)).isEmpty();
  }

  @Test
  void aCaptureThatCannotStartLeavesNoProgram() throws Exception {
    CaptureTarget missing = new CaptureTarget.Cgroup(folder);
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> EbpfCapture.start(missing, CaptureLevel.FULL).close())
        .isNotNull();
    assertThat(programsHeldBy((int) ProcessHandle.current().pid())).isEmpty();
  }

  @Test
  void aVirtualMachineKilledInTheMiddleLeavesNoProgram() throws Exception {
    ChildProcess machine =
        ChildProcess.start(
            known.launchOf(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    HoldsACapture.class.getName())));
    try {
      eventually(
          () -> contents(known.output()).contains("holding") || !machine.isAlive(),
          "the other virtual machine does not start");
      assertThat(machine.isAlive()).as(() -> contents(known.error())).isTrue();
      Set<Integer> programs = programsHeldBy(machine.pid());
      assertThat(programs).hasSizeGreaterThan(5);
      machine.kill();
      machine.await();
      eventuallyGone(programs);
    } finally {
      machine.kill();
    }
  }

  /// Starts a capture and waits to be killed.
  static final class HoldsACapture {
    private HoldsACapture() {}

    public static void main(String[] none) throws InterruptedException {
      try (Capture _ = EbpfCapture.start(new CaptureTarget.Everything(), CaptureLevel.FULL)) {
        System.out.println("holding");
        Thread.sleep(600_000);
      }
    }
  }

  /// The numbers of the programs behind the descriptors of a process, those of links included.
  private static Set<Integer> programsHeldBy(int pid) throws IOException {
    Set<Integer> programs = new TreeSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/fdinfo"))) {
      for (Path file : files) {
        for (String line : contents(file).split("\n", -1)) {
          if (line.startsWith("prog_id:")) {
            programs.add(Integer.parseInt(line.substring("prog_id:".length()).strip()));
          }
        }
      }
    }
    return programs;
  }

  private static void eventuallyGone(Set<Integer> programs) {
    long deadline = System.nanoTime() + 2_000_000_000L;
    while (programs.stream().anyMatch(EbpfLeavesNothingTest::isLoaded)) {
      assertThat(System.nanoTime()).as("programs are left").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static boolean isLoaded(int program) {
    int descriptor = Programs.descriptorOf(program);
    if (descriptor >= 0) {
      LibC.close(descriptor);
    }
    return descriptor >= 0;
  }

  /// The question that only a test asks.
  private static final class Programs {
    /// `int bpf_prog_get_fd_by_id(__u32 id)`
    private static final MethodHandle BY_NUMBER =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.libraryLookup("libbpf.so.1", Arena.global())
                    .findOrThrow("bpf_prog_get_fd_by_id"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    static int descriptorOf(int number) {
      try {
        return (int) BY_NUMBER.invokeExact(number);
      } catch (Throwable failure) {
        throw new IllegalStateException(failure);
      }
    }
  }
}
