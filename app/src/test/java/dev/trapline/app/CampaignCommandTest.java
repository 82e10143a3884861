// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.ObjectMapper;

class CampaignCommandTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("c.yaml"), text);
  }

  @Test
  void theFileThatInitPrintsIsTakenByCheck() throws IOException {
    Path file = file(Cli.run("campaign", "init").stdout());
    Cli.Result result = Cli.run("campaign", "check", file.toString(), "--commands");
    assertThat(result.exitCode()).as(result.stderr()).isEqualTo(0);
    assertThat(result.stdoutLines().get(0))
        .isEqualTo("my-stack: 1 environment x 3 tests x (3 traced + 3 control) = 18 trials");
    assertThat(result.stdout())
        .contains("test throughput-1-stream", "iperf3 -c SERVER -p 5201 -P 4 -t 5 -J");
  }

  @Test
  void theSchemaIsJson() {
    assertThat(
            new ObjectMapper()
                .readTree(Cli.run("campaign", "schema").stdout())
                .path("$schema")
                .asString())
        .isEqualTo("https://json-schema.org/draft/2020-12/schema");
  }

  @Test
  void everythingThatIsWrongIsToldAndNothingIsRun() throws IOException {
    Path file = file("campaign: x\nenvironments: [netnss]\ntests: [{tool: iperf}]\nrepeats: -1\n");
    for (String[] words :
        new String[][] {
          {"campaign", "check", file.toString()}, {"bench", "--campaign", file.toString()}
        }) {
      Cli.Result result = Cli.run(words);
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stdout()).isEmpty();
      assertThat(result.stderr())
          .startsWith("error[CAMPAIGN-INVALID]: " + file + " has 3 errors:")
          .contains(
              file + ":2:16: `netnss`",
              "did you mean `netns`?",
              file + ":3:16: `iperf`",
              "did you mean `iperf3`?",
              file + ":4:10: `repeats`");
    }
  }

  @Test
  void aFileThatIsNotThereIsTold() {
    Cli.Result result = Cli.run("campaign", "check", folder.resolve("none").toString());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[CAMPAIGN-INVALID]: ").contains("does not exist");
  }

  @Test
  void aMachineThatCannotBeReachedIsToldInSshsOwnWords() throws IOException {
    if (Tool.find("ssh").isEmpty()) {
      Needs.skip("ssh is not on PATH: apt-get install openssh-client");
    }
    Path file =
        file(
            """
            campaign: lan
            nodes:
              a: {ssh: 127.0.0.1, port: 1, address: 127.0.0.1}
              b: {ssh: 127.0.0.1, port: 1, address: 127.0.0.1}
            environments: [{kind: hosts, server: a, clients: [b]}]
            tests: [{tool: sockperf}]
            """);
    assertThat(Cli.run("campaign", "check", file.toString()).stdout())
        .contains("environment hosts: server a, clients b");
    Cli.Result result = Cli.run("bench", "--campaign", file.toString());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).contains("error[NODE-UNREACHABLE]: ", "onnection refused");
    assertThat(result.stderr()).contains("hint: ");
  }

  @Test
  void whatAFileSaysIsNotSaidAgainOnTheCommandLine() throws IOException {
    Path file = file(Cli.run("campaign", "init").stdout());
    Cli.Result result = Cli.run("bench", "--campaign", file.toString(), "--repeats", "2");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).startsWith("error[USAGE]: --repeats does not go with --campaign");
  }
}
