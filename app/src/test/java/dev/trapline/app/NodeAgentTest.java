// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.KnownProgram;
import dev.trapline.environment.ClockReading;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.environment.RemoteTrial;
import dev.trapline.host.LibC;
import dev.trapline.host.MachineSample;
import dev.trapline.host.ProcFs;
import dev.trapline.remote.AgentConnection;
import dev.trapline.remote.wire.Message;
import dev.trapline.remote.wire.Wire;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An agent without ssh: the same program, at the other end of a pair of pipes.
class NodeAgentTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

  @TempDir Path folder;
  private AgentConnection node;

  static List<String> agentCommand() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.trapline.app.Main",
        "agent");
  }

  @BeforeEach
  void connect() throws Exception {
    node = AgentConnection.start("beta", agentCommand(), folder.resolve("beta.log"));
  }

  @AfterEach
  void disconnect() {
    node.close();
  }

  @Test
  void aNodeTellsItsFactsAndWhatCanCountThere() throws Exception {
    assertThat(node.name()).isEqualTo("beta");
    assertThat(node.facts()).containsKeys("kernel", "architecture", "cpus", "boot-id", "uid");
    assertThat(node.examine("127.0.0.1", List.of()))
        .containsKeys(
            CaptureChooser.SOURCES.stream()
                .map(source -> "capture." + source.name())
                .toArray(String[]::new));
    assertThat(node.isReachable()).isTrue();
  }

  @Test
  void aNodeIsExaminedAndSampledThere() throws Exception {
    assertThat(node.examine("127.0.0.1", List.of("127.0.0.1")))
        .containsKeys("kernel", "capture.ebpf", "path.127.0.0.1");
    MachineSample first = node.sample();
    MachineSample second = node.sample();
    assertThat(second.contextSwitches().orElseThrow())
        .isGreaterThan(first.contextSwitches().orElseThrow());
    assertThat(second.busyNanos().orElseThrow())
        .isGreaterThanOrEqualTo(first.busyNanos().orElseThrow());
    assertThat(second.ownNanos()).isPresent();
    assertThat(second.kernelThreadNames().keySet())
        .containsAll(second.kernelThreadNanos().keySet());
  }

  @Test
  void theClockOfThisVeryMachineIsItsOwnWithinTheError() throws Exception {
    ClockReading reading = node.clock();
    assertThat(reading.errorNanos()).isPositive();
    assertThat(Math.abs(reading.offsetNanos())).isLessThanOrEqualTo(reading.errorNanos());
  }

  @Test
  void everyCallOfAProgramOnANodeIsCountedAndItsOutputComesHome() throws Exception {
    KnownProgram program = KnownProgram.compileIn(folder);
    boolean counted = false;
    for (CaptureSource source : CaptureChooser.SOURCES) {
      Optional<CaptureSource.Unavailable> obstacle = source.unavailable();
      if (obstacle.isPresent()) {
        System.out.println("skipped: " + source.name() + ": " + obstacle.get().reason());
        continue;
      }
      counted = true;
      try (RemoteTrial trial = node.begin(source.name(), CaptureLevel.FULL)) {
        RemoteProgram known = trial.start("server", "server", program.command(), List.of(), null);
        RemoteProgram.End end = known.await(PATIENCE).orElseThrow();
        assertThat(end.exitCode()).isEqualTo(KnownProgram.EXIT_CODE);
        assertThat(end.cpuNanos()).isNotNull();
        assertThat(known.isAlive()).isFalse();
        CaptureResult result = Objects.requireNonNull(trial.stopCapture());
        assertThat(result.byRole()).containsOnlyKeys("server");
        assertThat(result.completeness().isComplete()).as("%s", result.completeness()).isTrue();
        assertThat(calls(result, "getppid"))
            .isEqualTo(KnownProgram.PARENT_ASKED + KnownProgram.PARENT_ASKED_BY_CHILD);
        known.deliver(folder.resolve("stdout"), folder.resolve("stderr"));
        assertThat(folder.resolve("stdout")).hasContent(KnownProgram.OUTPUT.strip());
        assertThat(folder.resolve("stderr")).isEmptyFile();
      }
    }
    assertThat(counted).as("a source works here").isTrue();
  }

  private static long calls(CaptureResult result, String syscall) {
    Tally tally = result.byRole().getOrDefault("server", Tally.EMPTY);
    return tally.counts().entrySet().stream()
        .filter(entry -> entry.getKey().syscall().equals(syscall))
        .mapToLong(entry -> entry.getValue().calls())
        .sum();
  }

  @Test
  void aControlTrialCountsNothing() throws Exception {
    try (RemoteTrial trial = node.begin(null, null)) {
      RemoteProgram program =
          trial.start(
              "server", "server", List.of("sh", "-c", "echo out; echo err >&2"), List.of(), null);
      assertThat(program.await(PATIENCE).orElseThrow().exitCode()).isZero();
      assertThat(trial.stopCapture()).isNull();
      program.deliver(folder.resolve("stdout"), folder.resolve("stderr"));
      assertThat(folder.resolve("stdout")).hasContent("out");
      assertThat(folder.resolve("stderr")).hasContent("err");
    }
  }

  @Test
  void aStartWaitsForItsMomentOnTheNode() throws Exception {
    try (RemoteTrial trial = node.begin(null, null)) {
      Instant moment = node.clock().there(Instant.now().plusMillis(700));
      RemoteProgram program = trial.start("client", "client", List.of("true"), List.of(), moment);
      RemoteProgram.End end = program.await(PATIENCE).orElseThrow();
      assertThat(end.startedAt()).isAfterOrEqualTo(moment);
      assertThat(end.exitCode()).isZero();
    }
  }

  @Test
  void aSignalBeforeTheMomentCancelsTheStart() throws Exception {
    try (RemoteTrial trial = node.begin(null, null)) {
      RemoteProgram program =
          trial.start(
              "client",
              "client",
              List.of("sleep", "1000"),
              List.of(),
              Instant.now().plusSeconds(60));
      assertThat(program.await(Duration.ofMillis(50))).isEmpty();
      program.signal(SIGTERM);
      RemoteProgram.End end = program.await(PATIENCE).orElseThrow();
      assertThat(end.startedAt()).isNull();
      assertThat(end.exitCode()).isEqualTo(128 + SIGTERM);
    }
  }

  @Test
  void aSignalReachesTheProgram() throws Exception {
    try (RemoteTrial trial = node.begin(null, null)) {
      RemoteProgram program =
          trial.start("server", "server", List.of("sleep", "1000"), List.of(), null);
      assertThat(program.isAlive()).isTrue();
      assertThat(program.isListening("tcp", 5201)).isFalse();
      program.signal(SIGINT);
      assertThat(program.await(PATIENCE).orElseThrow().exitCode()).isEqualTo(128 + SIGINT);
      program.signal(SIGINT);
    }
  }

  @Test
  void aProgramThatDoesNotExistIsToldAsSuch() throws Exception {
    try (RemoteTrial trial = node.begin(null, null)) {
      for (Instant moment : new Instant[] {null, Instant.now().plusSeconds(1)}) {
        TraplineException failure =
            catchThrowableOfType(
                TraplineException.class,
                () -> trial.start("x", "x", List.of("no-such-program"), List.of(), moment));
        assertThat(failure.code()).isEqualTo("COMMAND-NOT-STARTED");
        assertThat(failure)
            .hasMessageContaining("node beta")
            .hasMessageContaining("no-such-program");
      }
      assertThat(node.isReachable()).isTrue();
    }
  }

  @Test
  void closingATrialEndsItsProgramsAndWhatTheyStarted() throws Exception {
    Path started = folder.resolve("pids");
    RemoteTrial trial = node.begin(null, null);
    trial.start(
        "server",
        "server",
        List.of("sh", "-c", "sleep 1000 & echo $! $$ >" + started + "; wait"),
        List.of(),
        null);
    List<Integer> pids = pidsIn(started);
    trial.close();
    eventuallyGone(pids);
    trial.close();
    // And another one can begin.
    node.begin(null, null).close();
  }

  /// Writes down its process id and that of the agent, and stays.
  private static RemoteProgram startSleeper(RemoteTrial trial, Path started) throws Exception {
    return trial.start(
        "server",
        "server",
        List.of("sh", "-c", "echo $$ $PPID >" + started + "; exec sleep 1000"),
        List.of(),
        null);
  }

  @Test
  void anAgentThatIsKilledIsALostNodeAndTheNextOneCleansUpBehindIt() throws Exception {
    Path started = folder.resolve("pids");
    RemoteTrial trial = node.begin(null, null);
    RemoteProgram program = startSleeper(trial, started);
    List<Integer> pids = pidsIn(started);
    LibC.kill(pids.get(1), 9);
    TraplineException failure =
        catchThrowableOfType(TraplineException.class, () -> program.await(PATIENCE));
    assertThat(failure.code()).isEqualTo("NODE-LOST");
    assertThat(failure).hasMessageContaining("node beta");
    assertThat(program.isAlive()).isFalse();
    assertThat(node.isReachable()).isFalse();
    assertThat(catchThrowableOfType(TraplineException.class, () -> node.clock()).code())
        .isEqualTo("NODE-LOST");
    assertThatCode(trial::close).doesNotThrowAnyException();
    node.close();
    node = AgentConnection.start("beta", agentCommand(), folder.resolve("beta.log"));
    eventuallyGone(pids);
  }

  @Test
  void anAgentEndsWithItsInputAndWithItEverythingThatItStarted() throws Exception {
    Path started = folder.resolve("pids");
    startSleeper(node.begin(null, null), started);
    List<Integer> pids = pidsIn(started);
    node.close();
    eventuallyGone(pids);
  }

  @Test
  void anAgentThatTalksNonsenseIsToldAsSuch() {
    List<String> nonsense =
        List.of(
            // No agent at all, and one that only greets.
            "echo welcome",
            "printf '\\ntrapline-agent 1\\n'",
            // A frame of four gigabytes, one of an unknown kind, one that is no JSON.
            "printf '\\ntrapline-agent 1\\n\\377\\377\\377\\377m'; sleep 60",
            "printf '\\ntrapline-agent 1\\n\\0\\0\\0\\0x'; sleep 60",
            "printf '\\ntrapline-agent 1\\n\\0\\0\\0\\2m[]'; sleep 60",
            // Noise without an end.
            "exec cat /dev/zero");
    for (String words : nonsense) {
      TraplineException failure =
          catchThrowableOfType(
              TraplineException.class,
              () ->
                  AgentConnection.start(
                      "gamma", List.of("sh", "-c", words), folder.resolve("gamma.log")));
      assertThat(failure.code()).as(words).isIn("NODE-AGENT", "NODE-LOST");
      assertThat(failure).hasMessageContaining("node gamma");
    }
  }

  @Test
  void anAgentThatHearsNonsenseEnds() throws Exception {
    Random random = new Random(20261128);
    for (int round = 0; round < 3; round++) {
      byte[] noise = new byte[2000];
      random.nextBytes(noise);
      if (round == 0) {
        noise = "\0\0\0\24m{\"ask\":1,\"trial\":2}".getBytes(StandardCharsets.ISO_8859_1);
      }
      Process agent =
          new ProcessBuilder(agentCommand())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (var input = agent.getOutputStream()) {
        input.write(noise);
      } catch (IOException endedAlready) {
        // Which is what is expected of it.
      }
      assertThat(agent.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(agent.exitValue()).isZero();
    }
  }

  @Test
  void anAgentRefusesAWordThatItDoesNotKnowAndGoesOn() throws Exception {
    Process agent =
        new ProcessBuilder(agentCommand()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (InputStream output = agent.getInputStream();
        OutputStream input = agent.getOutputStream()) {
      StringBuilder before = new StringBuilder();
      while (!before.toString().endsWith(Wire.GREETING + "\n")) {
        before.append((char) output.read());
      }
      Wire wire = new Wire(output, input);
      for (long id = 1; id <= 2; id++) {
        wire.send(Message.empty().with("ask", "nonsense").with("id", id));
        Message answer = answer(wire);
        assertThat(answer.number("answer")).isEqualTo(id);
        assertThat(answer.message("error").text("code")).isEqualTo("NODE-AGENT");
        assertThat(answer.message("error").text("fact")).contains("nonsense");
      }
    }
    assertThat(agent.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static Message answer(Wire wire) throws IOException {
    while (true) {
      Wire.Frame frame = wire.read().orElseThrow();
      if (frame.kind() == Wire.MESSAGE) {
        Message message = Message.parse(frame.payload());
        if (message.has("answer")) {
          return message;
        }
      }
    }
  }

  private static List<Integer> pidsIn(Path file) throws IOException, InterruptedException {
    for (int tries = 0; tries < 600; tries++) {
      if (Files.exists(file) && Files.readString(file).endsWith("\n")) {
        return List.of(Files.readString(file).strip().split(" ", -1)).stream()
            .map(Integer::valueOf)
            .toList();
      }
      Thread.sleep(50);
    }
    throw new AssertionError("nothing was started");
  }

  private static void eventuallyGone(List<Integer> pids) throws InterruptedException {
    for (int tries = 0; tries < 600; tries++) {
      if (pids.stream().allMatch(NodeAgentTest::isGone)) {
        return;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("some of these still run: " + pids);
  }

  private static boolean isGone(int pid) {
    Optional<ProcFs.Stat> stat = ProcFs.stat(pid);
    return stat.isEmpty() || stat.get().fields().getFirst().equals("Z");
  }
}
