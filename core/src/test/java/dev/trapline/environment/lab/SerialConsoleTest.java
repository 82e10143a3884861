// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SerialConsoleTest {
  @TempDir Path folder;
  private Path file;
  private final List<String> news = new ArrayList<>();
  private SerialConsole serial;

  @BeforeEach
  void followAFileThatIsNotThereYet() throws IOException {
    file = folder.resolve("serial.log");
    serial = new SerialConsole(file, news::add);
    serial.poll();
  }

  @Test
  void whatTraplineSaysInTheLabIsPassedOnOnceItsLineIsWhole() throws IOException {
    comes("SeaBIOS\r\n[    0.1] Linux\r\ntrapline-lab: booted 6.1.0\r\n[ 1/4] netns-lat");
    assertThat(news).containsExactly("the lab has booted Linux 6.1.0");
    comes("ency   37 us\r\n");
    assertThat(news).last().isEqualTo("[ 1/4] netns-latency   37 us");
  }

  @Test
  void theKernelsWordsAreNotPassedOnButStandInTheTail() throws IOException {
    comes("trapline-lab: booted 6.1.0\n[   62.363657] kvm [149]: vcpu0, Unhandled WRMSR\n");
    assertThat(news).hasSize(1);
    assertThat(serial.tail()).contains("Unhandled WRMSR");
  }

  @Test
  void theExitCodeIsKnownOnceTheLabHasToldIt() throws IOException {
    comes("trapline-lab: booted 6.1.0\ntrapline-lab: ended 1");
    assertThat(serial.exitCode()).isEmpty();
    comes("\n[  115.298536] reboot: Power down\n");
    assertThat(serial.exitCode()).hasValue(1);
    assertThat(serial.failure()).isNull();
    assertThat(serial.hasBooted()).isTrue();
  }

  @Test
  void garbledCodesAndFailuresAreNoSuccess() throws IOException {
    comes("trapline-lab: ended x1\ntrapline-lab: failed mount usr\n");
    assertThat(serial.exitCode()).isEmpty();
    assertThat(serial.failure()).isEqualTo("mount usr");
  }

  @Test
  void theTailIsShortWhateverComes() throws IOException {
    comes("x".repeat(100_000) + "\n".repeat(10) + "line\n".repeat(1000) + "the last");
    assertThat(serial.tail().lines()).hasSize(13).last().isEqualTo("the last");
    assertThat(serial.tail()).hasSizeLessThan(13_100);
  }

  @Test
  void aLabThatSaysNothingHasAnEmptyTail() {
    assertThat(serial.tail()).isEqualTo("(nothing)");
    assertThat(serial.silentNanos()).isNotNegative();
  }

  private void comes(String text) throws IOException {
    Files.write(
        file,
        text.getBytes(StandardCharsets.ISO_8859_1),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    serial.poll();
  }
}
