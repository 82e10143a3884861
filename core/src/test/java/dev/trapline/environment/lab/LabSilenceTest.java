// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trapline.TraplineException;
import dev.trapline.host.Lease;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabSilenceTest {
  @TempDir Path folder;

  @Test
  void aLabThatSaysNothingForTooLongIsBegunAgainOnceAndThenToldSo() throws Exception {
    String obstacle = NestedLab.unavailable().orElse("");
    if (!obstacle.isEmpty()) {
      System.out.println("skipped: " + obstacle);
    }
    assumeTrue(obstacle.isEmpty(), obstacle);
    Path directory = Files.createDirectory(folder.resolve("run"));
    List<String> news = new ArrayList<>();
    TraplineException failure;
    try (Lease lease = Lease.take(folder.resolve("state"))) {
      NestedLab lab =
          new NestedLab(directory, List.of(), List.of("-version"), news::add, Duration.ZERO);
      failure = catchThrowableOfType(TraplineException.class, () -> lab.run(lease));
    }
    assumeTrue(!failure.code().equals("GUEST-KERNEL-DOWNLOAD"), failure.rendered());
    assertThat(failure.rendered())
        .startsWith("error[LAB-SILENT]: the lab has said nothing for 0 minutes and has not booted")
        .contains("The serial port said last:", "hint: start it again");
    assertThat(news.stream().filter(line -> line.startsWith("booting the lab"))).hasSize(2);
    assertThat(news.stream().filter(line -> line.contains("beginning again"))).hasSize(1);
  }
}
