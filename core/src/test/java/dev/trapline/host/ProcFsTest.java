// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcFsTest {
  private static final int US = (int) ProcessHandle.current().pid();

  @TempDir Path folder;

  /// The kernel writes the name into /proc/PID/stat as it is, between parentheses.
  @ParameterizedTest
  @ValueSource(
      strings = {"plain", ") R 1 1 1", "(((", ")))", "a b", "x) S 2 (y", ") ", "(", "-\n-"})
  void aNameDoesNotMoveTheFieldsAfterIt(String name) throws Exception {
    Path program = Files.copy(Path.of("/bin/sleep"), folder.resolve(name));
    Process process = new ProcessBuilder(program.toString(), "600").start();
    try {
      int pid = (int) process.pid();
      while (!ProcFs.stat(pid).orElseThrow().name().equals(name)) {
        assertThat(process.isAlive()).isTrue();
        Thread.sleep(5);
      }
      ProcFs.Stat stat = ProcFs.stat(pid).orElseThrow();
      assertThat(stat.isKernelThread()).isFalse();
      assertThat(stat.processGroup()).isEqualTo(ProcFs.stat(US).orElseThrow().processGroup());
      assertThat(stat.fields().get(1)).isEqualTo(Integer.toString(US));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void kernelThreadsAreTold() {
    assertThat(ProcFs.stat(US).orElseThrow().isKernelThread()).isFalse();
    // In a container of its own pid 2 may be anything.
    ProcFs.stat(2)
        .filter(stat -> stat.name().equals("kthreadd"))
        .ifPresent(stat -> assertThat(stat.isKernelThread()).isTrue());
  }

  @Test
  void aProcessThatIsGoneIsAbsentAndNoError() {
    int gone = 4_194_999;
    assertThat(ProcFs.stat(gone)).isEmpty();
    assertThat(ProcFs.threads(gone)).isEmpty();
    assertThat(ProcFs.cpuNanos(gone)).isEmpty();
    assertThat(ProcFs.isListening(gone, "tcp", 1)).isFalse();
  }

  @Test
  void theEnvironmentHoldsWholeEntriesOnly() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("sleep", "600");
    builder.environment().clear();
    builder.environment().put("FIRST", "1");
    builder.environment().put("MARK", "abc");
    Process process = builder.start();
    try {
      int pid = (int) process.pid();
      while (!holds(pid, "MARK=abc")) {
        assertThat(process.isAlive()).isTrue();
        Thread.sleep(5);
      }
      assertThat(holds(pid, "FIRST=1")).isTrue();
      assertThat(holds(pid, "MARK=ab")).isFalse();
      assertThat(holds(pid, "MARK=abcd")).isFalse();
      assertThat(holds(pid, "ARK=abc")).isFalse();
    } finally {
      process.destroyForcibly();
    }
  }

  private static boolean holds(int pid, String entry) {
    return ProcFs.environmentHolds(pid, entry.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aListeningSocketIsSeenWithItsTransport() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      assertThat(ProcFs.isListening(US, "tcp", tcp.getLocalPort())).isTrue();
      assertThat(ProcFs.isListening(US, "udp", udp.getLocalPort())).isTrue();
      if (tcp.getLocalPort() != udp.getLocalPort()) {
        assertThat(ProcFs.isListening(US, "udp", tcp.getLocalPort())).isFalse();
        assertThat(ProcFs.isListening(US, "tcp", udp.getLocalPort())).isFalse();
      }
    }
  }

  @Test
  void aSocketOfSomebodyElseIsNotTakenForThatOfOurServer() throws Exception {
    Process other = new ProcessBuilder("sleep", "600").start();
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // The JDK's helper process closes what it inherited before it becomes the program.
      while (!ProcFs.stat((int) other.pid()).orElseThrow().name().equals("sleep")) {
        Thread.sleep(5);
      }
      assertThat(ProcFs.isListening((int) other.pid(), "tcp", tcp.getLocalPort())).isFalse();
    } finally {
      other.destroyForcibly();
    }
  }
}
