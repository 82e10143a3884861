// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Files of others through the real program: what a user gets, and what he gets told.
class ImportCommandTest {
  private static final String STRACE =
      """
      4711 write(5<TCP:[127.0.0.1:40112->127.0.0.1:5201]>, ""..., 131072) = 131072 <0.000021>
      4711 write(5<TCP:[127.0.0.1:40112->127.0.0.1:5201]>, ""..., 131072) = 131072 <0.000020>
      4711 pselect6(6, [5], [], NULL, NULL, NULL) = 1 (in [5]) <0.001000>
      4711 +++ exited with 0 +++
      """;

  private static final String STRACE_TABLE =
      """
      % time     seconds  usecs/call     calls    errors syscall
      ------ ----------- ----------- --------- --------- ----------------
       75.00    0.000300           3       100        10 read
       25.00    0.000100           1       100           write
      ------ ----------- ----------- --------- --------- ----------------
      100.00    0.000400           2       200        10 total
      """;

  private static final String IPERF3 =
      """
      Connecting to host 127.0.0.1, port 5201
      [  5] local 127.0.0.1 port 40112 connected to 127.0.0.1 port 5201
      [ ID] Interval           Transfer     Bitrate         Retr  Cwnd
      [  5]   0.00-1.00   sec   256 KBytes  2.10 Mbits/sec    0    320 KBytes
      - - - - - - - - - - - - - - - - - - - - - - - - -
      [ ID] Interval           Transfer     Bitrate         Retr
      [  5]   0.00-1.00   sec   256 KBytes  2.10 Mbits/sec    0             sender
      [  5]   0.00-1.00   sec   256 KBytes  2.10 Mbits/sec                  receiver

      iperf Done.
      """;

  @TempDir Path folder;

  @Test
  void countsAndOutcomeOfOneTrialMeet() throws IOException {
    Cli.Result result = run(file("client.strace", STRACE), file("client.txt", IPERF3));
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(result.stdout())
        .contains("THROUGHPUT IN IMPORTED")
        .contains("CLIENT: SYSCALLS PER GIB")
        .contains("counted-bytes-client holds");
    assertThat(result.stdoutLines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(81));
  }

  @Test
  void countsOfAnotherTrialAreNotDividedByTheOutcomeAndTheReasonIsTold() throws IOException {
    String counts = file("a.strace", STRACE);
    String outcome = file("b.txt", IPERF3);
    Cli.Result result =
        run(counts, outcome, "--trial", "one=" + counts, "--trial", "two=" + outcome);
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(flat(result.stdout()))
        .contains("are refused: the counts are of trial one, the outcome of trial two")
        .doesNotContain("PER GIB");
  }

  @Test
  void countsThatCannotBeOfTheSameWorkAreNotDividedWhateverTheLabelsSay() throws IOException {
    String counts = file("client.strace", STRACE);
    String outcome = file("client.txt", IPERF3.replace("256 KBytes  2.10", "256 MBytes  2150"));
    Cli.Result result = run(counts, outcome);
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(flat(result.stdout()))
        .contains("are refused: counts and outcome are not of the same work")
        .doesNotContain("PER GIB");
  }

  @Test
  void labelsSayWhatFilesAre() throws IOException {
    String server = file("a.log", STRACE);
    String client = file("b.log", STRACE);
    Cli.Result result =
        run(
            "--role",
            "server=" + server,
            "--role",
            "client=" + client,
            "--environment",
            "kvm",
            "--test",
            "throughput",
            "--json");
    JsonNode run = new ObjectMapper().readTree(result.stdout());
    assertThat(run.path("trials").path(0).path("environment").stringValue()).isEqualTo("kvm");
    assertThat(run.path("trials").path(0).path("test").stringValue()).isEqualTo("throughput");
    assertThat(run.path("tallies").findValuesAsString("role"))
        .contains("server", "client")
        .doesNotContain("observed");
  }

  @Test
  void runThatIsKeptIsShownAsItWasImported() throws IOException {
    Path directory = folder.resolve("run");
    Cli.Result imported =
        run(file("client.strace", STRACE), file("c.txt", IPERF3), "-o", directory.toString());
    assertThat(imported.exitCode()).as(imported.stderr()).isZero();
    assertThat(Cli.run("show", directory.toString()).stdout()).isEqualTo(imported.stdout());
    assertThat(directory.resolve("report.md")).isNotEmptyFile();
    assertThat(Cli.run("audit", directory.toString()).exitCode()).isZero();
    assertThat(Cli.run("report", directory.toString()).exitCode()).isZero();
    assertThat(Cli.run("explain", "write", "--run", directory.toString()).stdout())
        .contains("write");
  }

  @Test
  void runnersPrefixesAreReadOver() throws IOException {
    String prefixed = IPERF3.indent(0).replaceAll("(?m)^", "[STDOUT] ");
    Cli.Result plain = run(file("plain.txt", IPERF3));
    Cli.Result result = run(file("other.txt", prefixed));
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(outcomeOf(result)).isEqualTo(outcomeOf(plain));
  }

  private static String outcomeOf(Cli.Result result) {
    return result.stdoutLines().stream()
        .filter(line -> line.contains("goodput"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void compressedLogsAreReadAsTheyAre() throws IOException {
    Path file = folder.resolve("server.log.gz");
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(STRACE.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(run(file.toString()).stdout()).contains("strace log, gzip");
  }

  @Test
  void standardInputIsAFileToo() throws Exception {
    Cli.Result result = Cli.program("import", "-").input(STRACE).run();
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(result.stdout()).contains("pselect6");
  }

  @Test
  void linesThatMakeNoSenseAreCountedAndTheFirstShownWithFileAndLine() throws IOException {
    String file =
        file("odd.strace", STRACE.replaceFirst("4711 pselect6", "what is this\n4711 pselect6"));
    Cli.Result result = run(file);
    assertThat(result.exitCode()).as(result.stderr()).isZero();
    assertThat(flat(result.stdout()))
        .contains(file + ":3: what is this")
        .contains("INCOMPLETE: 1 line");
  }

  @Test
  void cutLogIsToldApartFromAWholeOne() throws IOException {
    assertThat(flat(run(file("whole.strace", STRACE)).stdout())).doesNotContain("is CUT");
    String cut = STRACE.substring(0, STRACE.indexOf(", 131072) = 131072 <0.000020>"));
    assertThat(flat(run(file("cut.strace", cut)).stdout())).contains("is CUT");
  }

  @Test
  void countsOfOneSideFromTwoToolsAreRefusedSinceCallsWouldCountTwice() throws IOException {
    Path directory = folder.resolve("run");
    Cli.Result result =
        run(
            file("server.log", STRACE),
            file("server.table", STRACE_TABLE),
            "-o",
            directory.toString());
    refused(result, "IMPORT-AMBIGUOUS", "calls would count twice");
    assertThat(directory).doesNotExist();
  }

  @Test
  void countsThatMayBeOfSeveralTestsAreAskedFor() throws IOException {
    Cli.Result result =
        run(
            file("x.log", STRACE),
            file("a.txt", IPERF3),
            file("b.txt", IPERF3),
            "--test",
            "throughput=" + folder.resolve("a.txt"),
            "--test",
            "other=" + folder.resolve("b.txt"));
    refused(result, "IMPORT-AMBIGUOUS", "may be of any of the trials");
  }

  @Test
  void fileOfTwoToolsIsRefusedWithTheLine() throws IOException {
    String file = file("mixed.log", STRACE + IPERF3);
    Cli.Result result = run(file, "-o", folder.resolve("run").toString());
    refused(result, "IMPORT-MIXED", file + ":5: ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void secondToolFarBehindTheBeginningIsFoundTooAndNothingIsKept() throws IOException {
    String file = file("mixed.log", STRACE.repeat(4000) + IPERF3);
    Cli.Result result = run(file, "-o", folder.resolve("run").toString());
    refused(result, "IMPORT-MIXED", file + ":16001: ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void documentOfJsonFarBehindTheBeginningIsASecondToolToo() throws IOException {
    String json = "{\n\t\"start\":\t{\n\t\t\"connected\":\t[{\n\t\t\t\t\"socket\":\t5,\n";
    String file = file("mixed.log", STRACE.repeat(4000) + json);
    Cli.Result result = run(file, "-o", folder.resolve("run").toString());
    refused(result, "IMPORT-MIXED", file + ":16001: ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Nov 01 12:00:00 host kernel: eth0: link up\n",
        "Starting Nmap 7.80\nHost is up.\n",
        "{\"key\": 1}\n",
        "<html><body>404</body></html>\n"
      })
  void logOfAnotherToolIsRefusedWithItsFirstLine(String text) throws IOException {
    String file = file("other.log", text);
    Cli.Result result = run(file, "-o", folder.resolve("run").toString());
    refused(result, "IMPORT-FORMAT", file + ":1: ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void emptyFileDirectoryNoiseAndMissingFileAreRefusedByName() throws IOException {
    byte[] noise = new byte[10_000];
    new Random(3).nextBytes(noise);
    Path binary = Files.write(folder.resolve("noise"), noise);
    refused(run(file("empty", "")), "IMPORT-FILE", "empty:1: is empty");
    refused(run(folder.toString()), "IMPORT-FILE", "is a directory");
    refused(run(folder.resolve("none").toString()), "IMPORT-FILE", "does not exist");
    Cli.Result result = run(binary.toString());
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stderr()).contains("error[IMPORT-F").doesNotContain("\tat ");
  }

  @Test
  void oneBadFileAmongGoodOnesLeavesNothing() throws IOException {
    Cli.Result result =
        run(
            file("good.strace", STRACE),
            file("bad.log", "no tool writes this\n"),
            "-o",
            folder.resolve("run").toString());
    refused(result, "IMPORT-FORMAT", "bad.log:1: ");
    assertThat(folder.resolve("run")).doesNotExist();
    assertThat(result.stdout()).isEmpty();
  }

  @Test
  void directoryThatHoldsARunIsRefusedBeforeAnythingIsRead() throws IOException {
    file("run/run.json", "{}");
    Cli.Result result =
        run(folder.resolve("none").toString(), "-o", folder.resolve("run").toString());
    refused(result, "RUN-EXISTS", "holds run.json");
  }

  @Test
  void withoutAFileItSaysWhatItNeeds() {
    refused(Cli.run("import"), "USAGE", "import needs a FILE");
  }

  @Test
  void hostileNamesDoNotReachTheTerminal() throws IOException {
    String file =
        file(
            "evil.strace",
            "4711<\\33[31mred> read(3, \"\", 1) = 0 <0.000001>\n4711 +++ exited with 0 +++\n");
    Cli.Result result = run(file, "--json");
    assertThat(result.stdout()).doesNotContain("\u001b");
    assertThat(Cli.run("import", file).stdout()).doesNotContain("\u001b");
  }

  private static void refused(Cli.Result result, String code, String words) {
    assertThat(result.exitCode()).as(result.stderr() + result.stdout()).isEqualTo(2);
    assertThat(result.stderrLines()).as(result.stderr()).hasSize(2);
    assertThat(result.stderr()).startsWith("error[" + code + "]: ").contains(words);
    assertThat(result.stderrLines().getLast()).startsWith("hint: ");
  }

  /// Without the ends of lines, which fall where the width has it.
  private static String flat(String text) {
    return text.replaceAll("\\s+", " ");
  }

  private static Cli.Result run(String... arguments) {
    List<String> all = new java.util.ArrayList<>(List.of("import"));
    all.addAll(List.of(arguments));
    return Cli.run(all.toArray(new String[0]));
  }

  private String file(String name, String content) throws IOException {
    Path path = folder.resolve(name);
    Files.createDirectories(path.getParent() == null ? folder : path.getParent());
    return Files.writeString(path, content).toString();
  }
}
