// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// `explain`, and the quick path that answers it in place of the command-line library.
class ExplainCommandTest {
  @ParameterizedTest
  @CsvSource({
    "newfstat, fstat",
    "sendfile64, sendfile",
    "pselect, pselect6",
    "readv, readv",
  })
  void everyNameOfASyscallLeadsToItsEntry(String name, String canonical) {
    Cli.Result result = Cli.run("explain", name);
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdoutLines().getFirst()).contains(canonical);
    assertThat(result.stdout()).isEqualTo(Cli.run("explain", canonical).stdout());
  }

  @Test
  void anUnknownNameGetsTheNearestOnes() {
    Cli.Result result = Cli.run("explain", "redv");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderr())
        .startsWith(
            "error[SYSCALL-UNKNOWN]: no syscall or category is called 'redv'. The nearest: ")
        .contains("readv")
        .endsWith("hint: trapline explain --list\n");
  }

  @Test
  void aCategoryIsExplainedWithItsSyscalls() {
    Cli.Result result = Cli.run("explain", "event-notification");
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).contains("epoll_wait", "ppoll", "pselect6");
  }

  @Test
  void theListHasEverySyscall() {
    Cli.Result result = Cli.run("explain", "--list");
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stdout()).contains("io_uring_enter", "recvmmsg", "ioctl");
  }

  @ParameterizedTest
  @ValueSource(strings = {"readv", "event-notification", "--list", "newfstat"})
  void jsonIsOneObjectWithItsSchema(String wanted) {
    Cli.Result result = Cli.run("explain", wanted, "--json");
    assertThat(result.exitCode()).isEqualTo(0);
    JsonNode node = new ObjectMapper().readTree(result.stdout());
    assertThat(node.path("schema").asString()).isEqualTo("trapline.explain/1");
  }

  static Stream<List<String>> explanations() {
    return Stream.of(
        List.<String>of(),
        List.of("--help"),
        List.of("-h"),
        List.of("--version"),
        List.of("explain", "readv"),
        List.of("explain", "newfstat"),
        List.of("explain", "READV"),
        List.of("explain", "redv"),
        List.of("explain", ""),
        List.of("explain", " "),
        List.of("explain", "'readv'"),
        List.of("explain", "\"readv\""),
        List.of("explain", "@readv"),
        List.of("explain", "read=v"),
        List.of("explain", "-"),
        List.of("explain", "--"),
        List.of("explain", "--", "readv"),
        List.of("explain", "\u001b[1mread\nv"),
        List.of("explain", "help"),
        List.of("explain", "record"),
        List.of("explain", "explain"),
        List.of("explain", "event-notification"),
        List.of("explain", "event-notification", "--json"),
        List.of("explain", "--list"),
        List.of("explain", "--list", "--json"),
        List.of("explain", "--json", "--list"),
        List.of("explain", "--list", "readv"),
        List.of("explain", "readv", "--list"),
        List.of("explain", "--list", "--list"),
        List.of("explain", "--json"),
        List.of("explain", "--json", "--json"),
        List.of("explain", "--json", "readv"),
        List.of("explain", "readv", "--json"),
        List.of("explain", "--json", "readv", "--json"),
        List.of("explain", "readv", "writev"),
        List.of("explain", "--li"),
        List.of("explain", "--json=true", "readv"),
        List.of("explain", "--help"),
        List.of("explain", "readv", "--help"),
        List.of("explain", "--run", "/nonexistent", "readv"),
        List.of("explain", "readv", "--run"),
        List.of("explain"));
  }

  @ParameterizedTest
  @MethodSource("explanations")
  void theQuickPathSaysWhatTheCommandLineLibraryWouldSay(List<String> words) {
    String[] arguments = words.toArray(String[]::new);
    assertThat(Cli.run(arguments)).isEqualTo(Cli.runParsed(arguments));
  }

  @ParameterizedTest
  @ValueSource(strings = {"readv", "--list", "redv", "event-notification"})
  void whatMustBeFastTakesTheQuickPath(String wanted) {
    Cli.captured((out, err) -> {
      assertThat(QuickPath.tryRun(new String[] {"explain", wanted}, out, err)).isPresent();
      return 0;
    });
  }
}
