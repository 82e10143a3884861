// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.finding.Evidence;
import dev.trapline.finding.Finding;
import dev.trapline.finding.Findings;
import dev.trapline.host.Tool;
import dev.trapline.report.FindingsDocument;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Programs with a fault, and the same mended, under the real capture: `src/test/c/faults.c`. What
/// needs a virtual machine or a machine in a bad state is proved by made runs, in core's
/// `FindingRulesTest`.
class FaultsFoundTest {
  private static final int LACKING = 77;

  @TempDir static Path programs = Path.of("");

  @TempDir Path folder;
  private static Path program = Path.of("faults");

  @BeforeAll
  static void compile() {
    Needs.root();
    Needs.capture("ebpf");
    Needs.tool("gcc");
    program = programs.resolve("faults");
    Tool.runOrFail(
        List.of(
            "gcc",
            "-O1",
            "-w",
            "-static",
            "-pthread",
            "-o",
            program.toString(),
            Repository.root().resolve("app/src/test/c/faults.c").toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "small-unvectored-io",
        "unbatched-udp",
        "socket-options-in-data-path",
        "clock-calls-in-data-path",
        "identity-calls-in-data-path",
        "wait-per-io",
        "eagain-spinning",
        "poll-of-many-descriptors",
        "copy-between-descriptors",
        "large-sends-copied",
        "interrupt-by-syscall",
        "io-uring-hides-work",
        "futex-contention"
      })
  void aFaultIsFoundAndIsGoneWhenMended(String id) {
    Run faulty = recorded(id, "faulty");
    assertThat(Findings.of(faulty))
        .as(() -> "findings of the faulty program: " + words(faulty))
        .anySatisfy(finding -> {
          assertThat(finding.id()).isEqualTo(id);
          assertThat(finding.evidence()).isNotEmpty();
          assertThat(finding.verify()).startsWith("trapline record ").contains("faults");
        });

    Run mended = recorded(id, "mended");
    assertThat(Findings.of(mended))
        .as(() -> "findings of the mended program: " + words(mended))
        .extracting(Finding::id)
        .doesNotContain(id);
  }

  @Test
  void aThreadThatWaitsForWorkIsNoContention() {
    Run idle = recorded("idle-waiting", "faulty");
    assertThat(Findings.of(idle)).extracting(Finding::id).doesNotContain("futex-contention");
  }

  /// How long the mended one waits depends on who else uses the machine, so only the fault is tried
  /// here.
  @Test
  void fourProcessesOnOneCpuAreDelayed() {
    Run faulty = recorded("scheduling-delay", "faulty");
    assertThat(Findings.of(faulty)).extracting(Finding::id).contains("scheduling-delay");
  }

  @Test
  void batchingBySendmmsgMendsDatagramsToo() {
    Run mended = recorded("unbatched-udp-sendmmsg", "mended");
    assertThat(Findings.of(mended)).extracting(Finding::id).doesNotContain("unbatched-udp");
  }

  @ParameterizedTest
  @CsvSource({
    "identity-calls-in-data-path, getpid calls",
    "wait-per-io, poll calls",
    "unbatched-udp, sendto/udp calls"
  })
  void theEvidenceIsTheRowOfTheCall(String id, String figure) {
    Run run = recorded(id, "faulty");
    Finding finding =
        Findings.of(run).stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
    Evidence first = finding.evidence().getFirst();
    assertThat(first.figure()).isEqualTo(figure);
    assertThat(first.unit()).isEqualTo("calls per second");
    assertThat(first.source()).startsWith("tallies, command, host: ");
  }

  @Test
  void theVerbPrintsWhatTheRunDirectoryHoldsAndFailsOnRequest() {
    recorded("identity-calls-in-data-path", "faulty");
    String directory = folder.resolve("run").toString();

    Cli.Result text = Cli.run("findings", directory);
    assertThat(text.exitCode()).isEqualTo(0);
    assertThat(text.stdout()).contains("FINDINGS", "identity-calls-in-data-path: command, host");
    assertThat(text.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));

    JsonNode json = JsonMapper.shared().readTree(Cli.run("findings", directory, "--json").stdout());
    assertThat(json.get("schema").asString()).isEqualTo("trapline.findings/1");
    assertThat(json.get("findings").findValuesAsString("id"))
        .contains("identity-calls-in-data-path");

    assertThat(Cli.run("findings", directory, "--fail-on", "any").exitCode()).isEqualTo(1);
    assertThat(Cli.run("findings", directory, "--fail-on", "drift").exitCode()).isEqualTo(0);
    assertThat(Cli.run("show", directory).stdout()).contains("[identity-calls-in-data-path, ");
    assertThat(Cli.run("findings", directory, "--markdown").stdout()).startsWith("## Findings");
  }

  private Run recorded(String rule, String mode) {
    Path directory = folder.resolve("run");
    if (java.nio.file.Files.exists(directory)) {
      directory = folder.resolve("run-" + mode);
    }
    Cli.Result result =
        Cli.run(
            "record",
            "--capture",
            "ebpf",
            "-o",
            directory.toString(),
            "--",
            program.toString(),
            rule,
            mode);
    if (result.exitCode() == LACKING) {
      Needs.skip("the program lacks something of this machine, see its own line above");
    }
    assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
    return RunDirectory.read(directory);
  }

  private static String words(Run run) {
    return String.join("\n", FindingsDocument.of(Findings.of(run)).toTerminal());
  }
}
