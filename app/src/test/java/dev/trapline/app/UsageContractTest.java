// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every verb keeps to: help fits a terminal, misuse is told in two lines and never by a stack
/// trace, and the exit codes are the documented ones.
class UsageContractTest {
  private static final int WIDTH = 80;

  static Stream<List<String>> helps() {
    return Stream.of(
        List.<String>of(),
        List.of("--help"),
        List.of("-h"),
        List.of("help"),
        List.of("bench", "--help"),
        List.of("campaign", "--help"),
        List.of("campaign", "check", "--help"),
        List.of("campaign", "init", "--help"),
        List.of("campaign", "schema", "--help"),
        List.of("nodes", "--help"),
        List.of("nodes", "check", "--help"),
        List.of("nodes", "clean", "--help"),
        List.of("record", "--help"),
        List.of("show", "--help"),
        List.of("compare", "--help"),
        List.of("findings", "--help"),
        List.of("explain", "--help"),
        List.of("doctor", "--help"),
        List.of("lab", "--help"),
        List.of("lab", "bench", "--help"),
        List.of("lab"),
        List.of("calibrate", "--help"),
        List.of("help", "record"));
  }

  @ParameterizedTest
  @MethodSource("helps")
  void helpFitsATerminalAndIsASuccess(List<String> words) {
    String[] arguments = words.toArray(String[]::new);
    Cli.Result result = Cli.run(arguments);
    assertThat(result.exitCode()).isEqualTo(0);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).startsWith("Usage: trapline");
    assertThat(result.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(WIDTH));
  }

  @Test
  void theTopHelpNamesEveryVerb() {
    assertThat(Cli.run("--help").stdout())
        .contains("bench", "campaign", "record", "show", "explain", "doctor", "Begin with:");
  }

  @Test
  void theVersionIsOneLine() {
    assertThat(Cli.run("--version"))
        .isEqualTo(new Cli.Result(0, "trapline " + Version.NUMBER + "\n", ""));
  }

  static Stream<List<String>> misuses() {
    return Stream.of(
        List.of("frobnicate"),
        List.of("--frobnicate"),
        List.of("bench", "--frobnicate"),
        List.of("bench", "surplus"),
        List.of("bench", "--duration", "soon"),
        List.of("bench", "--duration", "0"),
        List.of("bench", "--duration", "3601"),
        List.of("bench", "--repeats", "0"),
        List.of("bench", "--repeats", "101"),
        List.of("bench", "--preset", "huge"),
        List.of("bench", "--level", "much"),
        List.of("bench", "--seed"),
        List.of("bench", "--cpus", "0"),
        List.of("bench", "--cpus", "0:"),
        List.of("bench", "--cpus", "0:1-0-1"),
        List.of("bench", "--cpus", "0:0-2147483647"),
        List.of("bench", "--cpus", "4000:4001"),
        List.of("bench", "--resume", "x", "--seed", "1"),
        List.of("bench", "--resume", "x", "--preset", "quick"),
        List.of("campaign", "frobnicate"),
        List.of("campaign", "check"),
        List.of("nodes", "frobnicate"),
        List.of("nodes", "check"),
        List.of("nodes", "clean"),
        List.of("nodes", "check", "x", "--deadline", "0"),
        List.of("record"),
        List.of("record", "--frobnicate"),
        List.of("record", "--all", "-p", "1"),
        List.of("record", "-p", "1", "--", "true"),
        List.of("record", "-p", "one"),
        List.of("record", "--by", "colour", "--", "true"),
        List.of("record", "-d", "0", "--", "true"),
        List.of("record", "-d", "-1", "--", "true"),
        List.of("record", "-d", "NaN", "--", "true"),
        List.of("record", "-d", "1e300", "--", "true"),
        List.of("calibrate", "--rounds", "0"),
        List.of("calibrate", "--rounds", "1001"),
        List.of("calibrate", "--seed", "some"),
        List.of("calibrate", "surplus"),
        List.of("show"),
        List.of("show", "a", "b"),
        List.of("compare"),
        List.of("compare", "a", "--json", "--markdown"),
        List.of("compare", "a", "--allow", "all"),
        List.of("show", ".", "--by", "colour"),
        List.of("findings"),
        List.of("findings", ".", "--fail-on", "nothing-known"),
        List.of("explain"),
        List.of("explain", "--json"),
        List.of("explain", "read", "write"),
        List.of("explain", "--frobnicate"),
        List.of("doctor", "--frobnicate"),
        List.of("lab", "frobnicate"),
        List.of("lab", "bench"),
        List.of("lab", "bench", "--environment", "netns"),
        List.of("help", "frobnicate"));
  }

  @ParameterizedTest
  @MethodSource("misuses")
  void misuseIsToldInTwoLinesWithARemedy(List<String> words) {
    String[] arguments = words.toArray(String[]::new);
    Cli.Result result = Cli.run(arguments);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderrLines()).hasSize(2);
    assertThat(result.stderrLines().get(0)).startsWith("error[USAGE]: ");
    assertThat(result.stderrLines().get(1)).startsWith("hint: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bench", "record"})
  void anUnknownCaptureSourceIsNamed(String verb) {
    Cli.Result result = Cli.run(verb, "--capture", "magic", "true");
    if (verb.equals("bench")) {
      result = Cli.run(verb, "--capture", "magic");
    }
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr())
        .isEqualTo(
            """
            error[CAPTURE-UNKNOWN]: there is no capture source 'magic'.
            hint: --capture auto, ebpf, perf or strace
            """);
  }

  @Test
  void anUnknownEnvironmentIsNamed() {
    Cli.Result result = Cli.run("bench", "--environment", "moon");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr())
        .isEqualTo(
            """
            error[ENVIRONMENT-UNKNOWN]: there is no environment 'moon'.
            hint: --environment netns, loopback, kvm, kvm-vhost, microvm, firecracker
            """);
  }

  @Test
  void whatTheUserGaveIsNotObeyedByTheTerminalWhenItIsQuoted() {
    assertThat(Cli.run("\u001b[31mfrob").stderr()).doesNotContain("\u001b");
    assertThat(Cli.run("explain", "\u001b[31mfrob").stderr()).doesNotContain("\u001b");
    assertThat(Cli.run("show", "/\u001b[31mfrob").stderr()).doesNotContain("\u001b");
  }
}
