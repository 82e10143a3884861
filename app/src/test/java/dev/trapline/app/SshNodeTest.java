// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureSource;
import dev.trapline.environment.NodeFacts;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.environment.RemoteTrial;
import dev.trapline.environment.SshNodes;
import dev.trapline.environment.SshNodes.SshNode;
import dev.trapline.host.Tool;
import dev.trapline.remote.AgentConnection;
import dev.trapline.remote.NodeNews;
import dev.trapline.remote.Nodes;
import dev.trapline.remote.RuntimeImage;
import dev.trapline.remote.SshTarget;
import dev.trapline.tally.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real sshd, real ssh, the real runtime image.
class SshNodeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// What the issue asks for, and what a busy machine may add.
  private static final Duration GONE_WITHIN = Duration.ofSeconds(30);

  private static @Nullable SshNodes machines;
  private static @Nullable RuntimeImage image;

  @TempDir Path folder;
  private final List<String> news = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    SshNodes.unavailable().ifPresent(Needs::skip);
    machines = SshNodes.start(2);
    image = AgentVerb.image(NodeNews.NONE);
  }

  @AfterAll
  static void stop() {
    if (machines != null) {
      machines.close();
    }
  }

  @BeforeEach
  void forgetNews() {
    news.clear();
  }

  private static SshNodes machines() {
    return Objects.requireNonNull(machines);
  }

  private static RuntimeImage image() {
    return Objects.requireNonNull(image);
  }

  private static SshNode node(int index) {
    return machines().nodes().get(index);
  }

  private static SshTarget target(SshNode node) {
    return new SshTarget(
        node.name(), node.name(), null, null, null, machines().sshConfig().toString());
  }

  private AgentConnection connect(SshNode node) throws InterruptedException {
    return Nodes.connect(
        target(node),
        image(),
        folder.resolve(node.name() + ".log"),
        new NodeNews() {
          @Override
          public void building() {
            news.add("building");
          }

          @Override
          public void sending(String name, long sent, long all) {
            if (sent == all) {
              news.add("sent to " + name);
            }
          }
        });
  }

  private static Path runtime(SshNode node) {
    return node.cacheHome().resolve("trapline/runtime").resolve(image().hash());
  }

  private void removeRuntime(SshNode node) throws Exception {
    Nodes.clean(target(node), folder.resolve("clean.log"));
    assertThat(node.cacheHome().resolve("trapline")).doesNotExist();
  }

  @Test
  void theRuntimeImageIsSentOnceAndRepairedWhenItIsDamaged() throws Exception {
    SshNode node = node(0);
    removeRuntime(node);
    connect(node).close();
    assertThat(news).containsExactly("sent to node1");
    connect(node).close();
    assertThat(news).containsExactly("sent to node1");

    Path damaged = runtime(node).resolve("lib/modules");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);
    connect(node).close();
    assertThat(news).containsExactly("sent to node1", "sent to node1");

    Files.delete(runtime(node).resolve("MANIFEST"));
    connect(node).close();
    assertThat(news).hasSize(3);
    try (Stream<Path> kept = Files.list(node.cacheHome().resolve("trapline/runtime"))) {
      assertThat(kept).containsExactly(runtime(node));
    }
  }

  @Test
  void aMillionCallsOnANodeAreCountedExactly() throws Exception {
    Needs.capture("ebpf");
    Path source =
        Files.writeString(
            folder.resolve("million.c"),
            """
            #include <sys/syscall.h>
            #include <unistd.h>
            int main(void) { for (int i = 0; i < 1000000; i++) syscall(SYS_getppid); return 0; }
            """);
    Needs.tool("gcc");
    Tool.runOrFail(List.of("gcc", "-O1", "-static", "-o", folder + "/million", source.toString()));
    try (AgentConnection node = connect(node(0));
        RemoteTrial trial = node.begin("ebpf", CaptureLevel.FULL)) {
      RemoteProgram program =
          trial.start("server", "server", List.of(folder + "/million"), List.of(), null);
      assertThat(program.await(PATIENCE).orElseThrow().exitCode()).isZero();
      CaptureResult result = Objects.requireNonNull(trial.stopCapture());
      assertThat(result.completeness().isComplete()).isTrue();
      assertThat(
              result.byRole().getOrDefault("server", Tally.EMPTY).counts().entrySet().stream()
                  .filter(entry -> entry.getKey().syscall().equals("getppid"))
                  .mapToLong(entry -> entry.getValue().calls())
                  .sum())
          .isEqualTo(1_000_000);
    }
  }

  @Test
  void everySourceOfThisMachineWorksOutOfTheRuntimeImage() throws Exception {
    try (AgentConnection node = connect(node(1))) {
      SortedMap<String, String> facts = node.examine(node(1).address(), List.of());
      for (CaptureSource source : CaptureChooser.SOURCES) {
        boolean worksHere = source.unavailable().isEmpty();
        String there = facts.get("capture." + source.name());
        assertThat(NodeFacts.WORKS.equals(there))
            .as("%s there: %s", source.name(), there)
            .isEqualTo(worksHere);
        if (!worksHere) {
          continue;
        }
        try (RemoteTrial trial = node.begin(source.name(), CaptureLevel.FULL)) {
          RemoteProgram program = trial.start("client", "client", List.of("true"), List.of(), null);
          assertThat(program.await(PATIENCE).orElseThrow().exitCode()).isZero();
          CaptureResult result = Objects.requireNonNull(trial.stopCapture());
          assertThat(result.total().calls()).isPositive();
          program.deliver(folder.resolve("stdout"), folder.resolve("stderr"));
        }
      }
      assertThat(node.examine(node(1).address(), List.of(node(0).address())))
          .containsEntry("uid", "0")
          .containsKey("card");
      assertThat(node.clock().errorNanos()).isPositive();
    }
  }

  @Test
  void aCutConnectionIsALostNodeWhoseAgentEndsByItself() throws Exception {
    SshNode machine = node(0);
    AgentConnection node = connect(machine);
    RemoteTrial trial = node.begin(null, null);
    RemoteProgram program =
        trial.start("server", "server", List.of("sleep", "1000"), List.of(), null);
    assertThat(names(machine)).contains("java", "sleep");
    machines().cut(machine);
    try {
      long cutAt = System.nanoTime();
      TraplineException failure =
          catchThrowableOfType(TraplineException.class, () -> program.await(PATIENCE));
      assertThat(failure.code()).isEqualTo("NODE-LOST");
      while (names(machine).stream().anyMatch(name -> name.equals("java") || name.equals("sleep"))
          && System.nanoTime() - cutAt < GONE_WITHIN.toNanos()) {
        Thread.sleep(100);
      }
      System.out.println(
          "agent and program were gone "
              + Duration.ofNanos(System.nanoTime() - cutAt).toMillis()
              + " ms after the cut");
      assertThat(names(machine)).doesNotContain("java", "sleep");
      trial.close();
      node.close();
    } finally {
      machines().mend(machine);
    }
    connect(machine).close();
  }

  @Test
  void aKilledSshIsALostNodeWhoseAgentEndsAtOnce() throws Exception {
    SshNode machine = node(1);
    AgentConnection node = connect(machine);
    RemoteTrial trial = node.begin(null, null);
    RemoteProgram program =
        trial.start("server", "server", List.of("sleep", "1000"), List.of(), null);
    Processes.signal(node.linePid(), "KILL");
    TraplineException failure =
        catchThrowableOfType(TraplineException.class, () -> program.await(PATIENCE));
    assertThat(failure.code()).isEqualTo("NODE-LOST");
    eventuallyEmpty(machine);
    node.close();
  }

  @Test
  void aKilledAgentLeavesNothingAfterTheNextStart() throws Exception {
    SshNode machine = node(1);
    AgentConnection node = connect(machine);
    RemoteTrial trial = node.begin(null, null);
    trial.start("server", "server", List.of("sleep", "1000"), List.of(), null);
    for (SshNodes.NodeProcess process : machines().processesOf(machine)) {
      if (process.name().equals("java")) {
        Processes.signal(process.pid(), "KILL");
      }
    }
    node.close();
    connect(machine).close();
    eventuallyEmpty(machine);
    try (Stream<Path> leases = Files.list(machine.state())) {
      assertThat(leases.filter(lease -> lease.toString().endsWith(".lease"))).isEmpty();
    }
  }

  @Test
  void aHostThatIsNotThereIsToldInSshsOwnWords() {
    SshTarget nobody = new SshTarget("gamma", "192.0.2.1", null, 1, null, "/dev/null");
    TraplineException failure =
        catchThrowableOfType(
            TraplineException.class,
            () -> Nodes.connect(nobody, image(), folder.resolve("gamma.log"), NodeNews.NONE));
    assertThat(failure.code()).isEqualTo("NODE-UNREACHABLE");
    assertThat(failure).hasMessageContaining("192.0.2.1");
    assertThat(failure.remedy())
        .contains("ssh -o BatchMode=yes -F /dev/null -p 1 -- 192.0.2.1 true");
  }

  @Test
  void aNodeOfAnotherArchitectureIsToldAsSuch() throws Exception {
    RuntimeImage foreign = new RuntimeImage("ab".repeat(32), "riscv64", image().archive());
    TraplineException failure =
        catchThrowableOfType(
            TraplineException.class,
            () ->
                Nodes.connect(
                    target(node(0)), foreign, folder.resolve("node1.log"), NodeNews.NONE));
    assertThat(failure.code()).isEqualTo("NODE-ARCHITECTURE");
    assertThat(failure).hasMessageContaining("riscv64");
  }

  @Test
  void anImageThatIsCutShortIsNeverHalfThere() throws Exception {
    Path cut = folder.resolve("cut.tar.gz");
    byte[] whole = Files.readAllBytes(image().archive());
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length / 2));
    RuntimeImage half = new RuntimeImage("cd".repeat(32), image().machine(), cut);
    TraplineException failure =
        catchThrowableOfType(
            TraplineException.class,
            () -> Nodes.connect(target(node(0)), half, folder.resolve("node1.log"), NodeNews.NONE));
    assertThat(failure.code()).isEqualTo("NODE-RUNTIME");
    try (Stream<Path> kept = Files.list(node(0).cacheHome().resolve("trapline/runtime"))) {
      assertThat(kept.map(path -> path.getFileName().toString()))
          .allMatch(name -> name.equals(image().hash()));
    }
  }

  @Test
  void aNodeWithoutRoomForTheImageSaysSo() throws Exception {
    SshNode machine = node(0);
    String cache = machine.cacheHome().toString();
    Files.createDirectories(machine.cacheHome());
    // On the node: it has mounts of its own.
    onNode(machine, "mount -t tmpfs -o size=9m tmpfs " + cache);
    try {
      TraplineException failure =
          catchThrowableOfType(TraplineException.class, () -> connect(machine).close());
      assertThat(failure).isNotNull();
      assertThat(failure.code()).isEqualTo("NODE-RUNTIME");
      assertThat(failure).hasMessageContaining("No space left on device");
      assertThat(onNode(machine, "ls -A " + cache + "/trapline/runtime")).isEmpty();
    } finally {
      onNode(machine, "umount " + cache);
    }
  }

  private static String onNode(SshNode node, String words) {
    return Tool.runOrFail(
        List.of("ssh", "-T", "-F", machines().sshConfig().toString(), node.name(), words));
  }

  @Test
  void anImageThatIsDamagedInTheCacheHereIsBuiltAgain() throws Exception {
    byte[] whole = Files.readAllBytes(image().archive());
    Files.write(image().archive(), java.util.Arrays.copyOf(whole, whole.length - 1));
    RuntimeImage again = AgentVerb.image(NodeNews.NONE);
    assertThat(again).isEqualTo(image());
    assertThat(Files.size(again.archive())).isBetween(whole.length / 2L, whole.length * 2L);
  }

  @Test
  void aKilledControllerLeavesNothingOnTheNode() throws Exception {
    SshNode machine = node(1);
    connect(machine).close();
    Path log = folder.resolve("controller.log");
    Process controller =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                NodeController.class.getName(),
                machines().sshConfig().toString(),
                machine.name(),
                log.toString())
            .redirectError(folder.resolve("controller.err").toFile())
            .start();
    try (var said = controller.inputReader()) {
      assertThat(said.readLine()).isEqualTo("started");
      assertThat(names(machine)).contains("java", "sleep");
    } finally {
      controller.destroyForcibly().waitFor();
    }
    eventuallyEmpty(machine);
  }

  @Test
  void withoutRootANodeSaysSoAndStillRunsPrograms() throws Exception {
    Needs.tool("setpriv");
    Path open = Files.createTempDirectory("runtime-for-nobody");
    try {
      Tool.runOrFail(List.of("tar", "-xzf", image().archive().toString(), "-C", open.toString()));
      Tool.runOrFail(List.of("chmod", "-R", "a+rX", open.toString()));
      Path state = Files.createDirectory(open.resolve("state"));
      Tool.runOrFail(List.of("chown", "65534:65534", state.toString()));
      try (AgentConnection node =
          AgentConnection.start(
              "nobody",
              List.of(
                  "env",
                  "TRAPLINE_STATE=" + state,
                  "setpriv",
                  "--reuid=65534",
                  "--regid=65534",
                  "--clear-groups",
                  open + "/bin/java",
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:-UsePerfData",
                  "-DZstdNativePath=" + open + "/native/libzstd-jni.so",
                  "-cp",
                  open + "/app/*",
                  "dev.trapline.app.Main",
                  "agent"),
              folder.resolve("nobody.log"))) {
        assertThat(node.facts()).containsEntry("uid", "65534");
        assertThat(node.examine("127.0.0.1", List.of()).get("capture.ebpf"))
            .isNotNull()
            .isNotEqualTo(NodeFacts.WORKS);
        TraplineException refused =
            catchThrowableOfType(
                TraplineException.class, () -> node.begin("ebpf", CaptureLevel.LIGHT));
        assertThat(refused).hasMessageContaining("on node nobody");
        try (RemoteTrial control = node.begin(null, null)) {
          RemoteProgram program =
              control.start("server", "server", List.of("id", "-u"), List.of(), null);
          assertThat(program.await(PATIENCE).orElseThrow().exitCode()).isZero();
          program.deliver(folder.resolve("stdout"), folder.resolve("stderr"));
          assertThat(folder.resolve("stdout")).hasContent("65534");
        }
      }
    } finally {
      Tool.runOrFail(List.of("rm", "-rf", open.toString()));
    }
  }

  @Test
  void onlyTheImagesThatWereUsedLastAreKeptOnANode() throws Exception {
    Path all = node(0).cacheHome().resolve("trapline/runtime");
    connect(node(0)).close();
    for (int version = 1; version <= 4; version++) {
      Path old = Files.createDirectories(all.resolve(String.valueOf(version).repeat(64)));
      Files.writeString(old.resolve("MANIFEST"), "");
      Files.setLastModifiedTime(old, FileTime.fromMillis(version * 1000L));
    }
    Files.createDirectories(all.resolve("something-of-the-users"));
    connect(node(0)).close();
    try (Stream<Path> kept = Files.list(all)) {
      assertThat(kept.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder(
              image().hash(), "3".repeat(64), "4".repeat(64), "something-of-the-users");
    }
    removeRuntime(node(0));
  }

  private static List<String> names(SshNode node) throws IOException {
    return machines().processesOf(node).stream().map(SshNodes.NodeProcess::name).toList();
  }

  private static void eventuallyEmpty(SshNode node) throws Exception {
    for (int tries = 0; tries < 600 && !names(node).isEmpty(); tries++) {
      Thread.sleep(50);
    }
    assertThat(machines().processesOf(node)).isEmpty();
  }
}
