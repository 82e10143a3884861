// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.run.Run;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Hadoop is on the class path of the compiler and of these tests, but is not shipped: a Java
/// machine without it must do, and say nothing on its own.
class HadoopFreeTest {
  @TempDir Path folder;

  @Test
  void aRunIsWrittenAndReadInSilenceWithoutHadoop() throws IOException, InterruptedException {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("hadoop-"))
            .collect(Collectors.joining(File.pathSeparator));
    assertThat(classPath).isNotEqualTo(System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                WriteAndRead.class.getName(),
                folder.resolve("run").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).isEqualTo("equal\n");
  }

  /// What runs in the machine without Hadoop.
  static final class WriteAndRead {
    private WriteAndRead() {}

    public static void main(String[] arguments) {
      Path path = Path.of(arguments[0]);
      Run run = new RandomRuns(4).run();
      RunDirectory.create(path).write(run);
      System.out.println(RunDirectory.read(path).equals(run) ? "equal" : "different");
    }
  }
}
