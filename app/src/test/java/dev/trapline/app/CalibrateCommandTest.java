// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.calibration.MachineCosts;
import dev.trapline.host.SyscallLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// `trapline calibrate`, with as few rounds as it takes. How large a figure is says nothing here:
/// the machine of the tests is a busy one.
class CalibrateCommandTest {
  @TempDir Path state;

  @BeforeEach
  void needsMachineCode() {
    if (!SyscallLoop.isSupported()) {
      Needs.skip("calibrating knows x86-64 only");
    }
  }

  private Cli.Program calibrate(String... options) {
    String[] arguments =
        Stream.concat(Stream.of("calibrate"), Stream.of(options)).toArray(String[]::new);
    return Cli.program(arguments).environment("XDG_STATE_HOME", state.toString());
  }

  private List<Path> kept() throws IOException {
    Path folder = state.resolve("trapline/calibrations");
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void everyFigureHasItsCountAndWhatWasKeptIsShownWithoutMeasuring()
      throws IOException, InterruptedException {
    Cli.Result measured = calibrate("--rounds", "2", "--seed", "5", "--json").run();
    assertThat(measured.exitCode()).as(measured.stderr()).isZero();
    JsonNode root = new ObjectMapper().readTree(measured.stdout());
    assertThat(root.get("schema").stringValue()).isEqualTo("trapline.calibration/1");
    assertThat(root.get("unit").stringValue()).isEqualTo("ns");
    assertThat(root.get("rounds").intValue()).isEqualTo(2);
    assertThat(root.get("seed").longValue()).isEqualTo(5);
    assertThat(root.get("machine").get("kernel").stringValue()).isNotEmpty();
    for (String name :
        List.of(
            MachineCosts.NULL_SYSCALL,
            MachineCosts.EVENTFD_KICK,
            MachineCosts.FUTEX_WAKE_SAME_CPU,
            MachineCosts.PIPE_SAME_CPU)) {
      checkFigure(root.get("costs").get(name));
      assertThat(root.get("costs").get(name).get("description").stringValue()).isNotEmpty();
    }
    for (String name :
        List.of(
            MachineCosts.READ,
            MachineCosts.WRITE,
            MachineCosts.READV,
            MachineCosts.READS,
            MachineCosts.WRITEV,
            MachineCosts.WRITES)) {
      JsonNode points = root.get("sweeps").get(name).get("points");
      assertThat(points.size()).as(name).isGreaterThan(3);
      points.forEach(CalibrateCommandTest::checkFigure);
    }
    for (String name : List.of(MachineCosts.SELECT, MachineCosts.POLL, MachineCosts.EPOLL_WAIT)) {
      assertThat(root.get("sweeps").has(name) || root.get("skipped").has(name)).isTrue();
    }
    assertThat(kept()).hasSize(1);
    assertThat(measured.stderr()).contains("kept in " + kept().getFirst());
    Cli.Result shown = calibrate("--show", "--json").run();
    assertThat(shown).isEqualTo(new Cli.Result(0, measured.stdout(), ""));
    assertThat(Files.readString(kept().getFirst())).isEqualTo(measured.stdout());
    Cli.Result table = calibrate("--show").run();
    assertThat(table.exitCode()).isZero();
    assertThat(table.stdoutLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    assertThat(table.stdout())
        .contains("SINGLE OPERATIONS", MachineCosts.NULL_SYSCALL, "64 KiB", "2 rounds");
  }

  private static void checkFigure(JsonNode figure) {
    assertThat(figure.get("n").intValue()).isEqualTo(2);
    assertThat(figure.get("median").doubleValue()).isGreaterThan(0);
    assertThat(figure.get("low").doubleValue())
        .isLessThanOrEqualTo(figure.get("high").doubleValue());
    assertThat(figure.get("confidence").doubleValue()).isBetween(0.0, 1.0);
  }

  @Test
  void withoutAKeptCalibrationShowSaysHowToGetOne() throws IOException, InterruptedException {
    Cli.Result result = calibrate("--show").run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderrLines()).hasSize(2);
    assertThat(result.stderr())
        .startsWith("error[CALIBRATION-MISSING]: ")
        .contains("hint: trapline calibrate");
  }

  @Test
  void aDamagedFileIsToldAndReplacedByTheNextMeasurement()
      throws IOException, InterruptedException {
    assertThat(calibrate("--rounds", "1").run().exitCode()).isZero();
    Path file = kept().getFirst();
    Files.writeString(file, Files.readString(file).substring(0, 500));
    Cli.Result shown = calibrate("--show").run();
    assertThat(shown.exitCode()).isEqualTo(2);
    assertThat(shown.stdout()).isEmpty();
    assertThat(shown.stderrLines()).hasSize(2);
    assertThat(shown.stderr()).startsWith("error[CALIBRATION-CORRUPT]: ").contains(file.toString());
    assertThat(calibrate("--rounds", "1").run().exitCode()).isZero();
    assertThat(calibrate("--show").run().exitCode()).isZero();
  }

  @Test
  void aFolderThatCannotBeWrittenIsToldBeforeMeasuring() throws IOException, InterruptedException {
    Path file = Files.createFile(state.resolve("file"));
    Cli.Result result =
        Cli.program("calibrate", "--rounds", "1")
            .environment("XDG_STATE_HOME", file.toString())
            .run();
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderrLines()).hasSize(2);
    assertThat(result.stderr())
        .startsWith("error[CALIBRATION-NOT-WRITTEN]: ")
        .contains("--no-keep");
    Cli.Result onlySeen =
        Cli.program("calibrate", "--rounds", "1", "--no-keep")
            .environment("XDG_STATE_HOME", file.toString())
            .run();
    assertThat(onlySeen.exitCode()).as(onlySeen.stderr()).isZero();
    assertThat(onlySeen.stdout()).contains("SINGLE OPERATIONS");
  }

  @Test
  void anInterruptKeepsNothing() throws IOException, InterruptedException {
    try (Cli.Running running = calibrate("--rounds", "1000").start()) {
      running.awaitStderr("calibrating");
      running.signal("INT");
      Cli.Result result = running.await();
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.stdout()).isEmpty();
      assertThat(result.stderr()).contains("error[INTERRUPTED]: ", "hint: trapline calibrate");
    }
    assertThat(kept()).isEmpty();
  }
}
