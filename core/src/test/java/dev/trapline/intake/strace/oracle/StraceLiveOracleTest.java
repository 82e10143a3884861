// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace.oracle;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.capture.strace.StraceCaptureSource;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Fresh runs of `strace -C`: the table that our reader makes of the log is the one that strace
/// wrote behind it. Not among the options are `-ff`, which strace refuses together with `-C`, and
/// `-z`, whose log and table strace 6.1 itself does not keep in step (see [StraceTable]).
class StraceLiveOracleTest {
  private static final String NEEDS = "# needs: ";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "iperf3,   -f",
    "iperf3,   -f -w",
    "iperf3,   -f -yy -T --decode-pids=comm",
    "sockperf, -f",
    "sockperf, -f -w",
    "sockperf, -f -yy -T -ttt",
    "curl,     -f",
    "curl,     -f -w",
    "curl,     -f -y -tt -s 0",
    "pipeline, -f",
    "pipeline, -f -w",
    "pipeline, -q",
    "pipeline, -f -k",
    "pipeline, -f -a 1",
    "pipeline, -f -v -x -r",
    "pipeline, -f -X raw -e raw=all",
    "pipeline, -f -X verbose --seccomp-bpf",
    "pipeline, -f -e trace=file,process",
    "pipeline, -f -e inject=newfstatat:error=EIO:when=7+50",
    "signals,  -f",
    "signals,  -f -w -yy",
    "jvm,      -f",
    "jvm,      -f -w",
    "jvm,      -f -yy -T -q",
  })
  void theTableOfTheLogIsThatOfStrace(String program, String options) throws IOException {
    new StraceCaptureSource().unavailable().ifPresent(unavailable -> skip(unavailable.reason()));
    Path script = script(program);
    Path output = folder.resolve("log");
    List<String> command = new ArrayList<>(List.of("strace", "-C", "-o", output.toString()));
    command.addAll(List.of(options.split(" ", -1)));
    command.addAll(
        List.of("--", "sh", script.toString(), String.valueOf(freePort()), folder.toString()));
    String said = run(command);
    LogAndTable.of(Files.readString(output, StandardCharsets.ISO_8859_1))
        .agree(String.join(" ", command) + "\n" + said);
  }

  /// Runs it for two minutes at most. What it says goes to a file: whoever is left behind by a
  /// program that failed would keep a pipe open.
  private String run(List<String> command) throws IOException {
    Path said = folder.resolve("said");
    List<String> bounded =
        new ArrayList<>(List.of("sh", "-c", "exec timeout -k 5 120 \"$@\" > " + said + " 2>&1"));
    bounded.add("sh");
    bounded.addAll(command);
    Tool.run(bounded);
    return Files.readString(said, StandardCharsets.ISO_8859_1);
  }

  /// Copies a program out of the resources; ends the test as skipped if it lacks a tool.
  private Path script(String program) throws IOException {
    Path script = folder.resolve(program + ".sh");
    try (InputStream resource = getClass().getResourceAsStream("programs/" + program + ".sh")) {
      Files.copy(resource, script);
    }
    for (String line : Files.readAllLines(script)) {
      if (line.startsWith(NEEDS)) {
        for (String tool : line.substring(NEEDS.length()).split(" ", -1)) {
          if (Tool.find(tool).isEmpty()) {
            skip(program + " needs " + tool + ": apt-get install " + Tool.packageOf(tool));
          }
        }
      }
    }
    return script;
  }

  private static void skip(String reason) {
    System.out.println("skipped: " + reason);
    abort("skipped: " + reason);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
