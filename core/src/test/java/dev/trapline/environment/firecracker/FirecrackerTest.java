// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import dev.trapline.environment.vmm.MachinePlan;
import dev.trapline.environment.vmm.RunningVmm;
import dev.trapline.host.LibC;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.ObjectMapper;

/// The driver against Firecracker's published description, and against a fake that enforces it.
/// What only the real program can prove is listed in docs/reference/environments.md.
class FirecrackerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;
  private Path kept = Path.of("");
  private Path kernel = Path.of("");

  @BeforeEach
  void makeFolders() throws IOException {
    kept = Files.createDirectory(folder.resolve("kept"));
    kernel = Files.writeString(folder.resolve("vmlinux"), "no kernel");
  }

  private MachinePlan plan(@Nullable Path initrd, @Nullable Path disk, int queues)
      throws IOException {
    return new MachinePlan(
        "firecracker-server",
        kernel,
        initrd,
        disk,
        "quiet trapline.address=198.18.0.1/24",
        "tap-server",
        "02:00:00:00:00:01",
        2,
        256,
        queues,
        "/proc/self/ns/net",
        List.of(),
        "test",
        Files.createTempDirectory(folder, "s"),
        kept);
  }

  // ---- requests against the description ---------------------------------------------------

  @Test
  void everyRequestAgreesWithThePublishedDescription() throws Exception {
    ApiDescription description = ApiDescription.published();
    for (MachinePlan plan :
        List.of(plan(null, kernel, 1), plan(kernel, null, 1), plan(kernel, kernel, 1))) {
      List<ApiRequest> requests =
          new java.util.ArrayList<>(
              ApiRequest.configuration(plan, "console=ttyS0", kernel, kernel));
      requests.addAll(
          List.of(
              ApiRequest.start(),
              ApiRequest.pause(),
              ApiRequest.resume(),
              ApiRequest.flushMetrics(),
              ApiRequest.pressControlAltDelete()));
      for (ApiRequest request : requests) {
        String body = new ObjectMapper().writeValueAsString(request.body());
        assertThat(description.faults(request.method(), request.path(), body))
            .as(request + " " + body)
            .isEmpty();
      }
    }
  }

  /// Else that test would prove nothing.
  @Test
  void theDescriptionRefusesWhatIsWrong() throws Exception {
    ApiDescription description = ApiDescription.published();
    Map<String, String> wrong =
        Map.of(
            "{\"mem_size_mib\": 256}", "body lacks vcpu_count",
            "{\"mem_size_mib\": \"256\", \"vcpu_count\": 1}",
                "body.mem_size_mib is no whole number",
            "{\"mem_size_mib\": 256, \"vcpu_count\": 33}", "body.vcpu_count is above 32",
            "{\"mem_size_mib\": 256, \"vcpu_count\": 1, \"cpus\": 1}", "body has an unknown cpus",
            "{\"mem_size_mib\": 256, \"vcpu_count\": 1, \"huge_pages\": \"4M\"}",
                "body.huge_pages is none of",
            "nothing", "the body is not JSON");
    wrong.forEach((body, fault) ->
        assertThat(description.faults("PUT", "/machine-config", body))
            .as(body)
            .singleElement()
            .asString()
            .startsWith(fault));
    assertThat(description.faults("POST", "/machine-config", "{}"))
        .containsExactly("there is no POST /machine-config");
    assertThat(
            description.faults(
                "PUT", "/drives/root", "{\"drive_id\": \"other\", \"is_root_device\": false}"))
        .containsExactly("the path says drive_id root, the body does not");
  }

  // ---- the socket -------------------------------------------------------------------------

  private ApiSocket served(FakeFirecracker fake) throws Exception {
    Path socket = folder.resolve("api");
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            fake.serve(socket);
          } catch (IOException ended) {
            // With the test.
          }
        });
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(socket) && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    return new ApiSocket(socket, PATIENCE);
  }

  @Test
  void aMachineIsConfiguredThenStartedAndNotConfiguredAgain() throws Exception {
    FakeFirecracker fake = new FakeFirecracker(null);
    ApiSocket api = served(fake);
    assertThatThrownBy(() -> api.send(ApiRequest.start()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("PUT /actions was refused with 400")
        .hasMessageContaining("without kernel");
    List<ApiRequest> configuration =
        ApiRequest.configuration(plan(kernel, null, 1), "console=ttyS0", kernel, kernel);
    for (ApiRequest request : configuration) {
      api.send(request);
    }
    api.send(ApiRequest.start());
    api.send(ApiRequest.pause());
    api.send(ApiRequest.resume());
    assertThat(fake.accepted())
        .extracting(request -> request.split(" ", 3)[0] + " " + request.split(" ", 3)[1])
        .containsExactly(
            "PUT /logger",
            "PUT /metrics",
            "PUT /machine-config",
            "PUT /boot-source",
            "PUT /network-interfaces/eth0",
            "PUT /actions",
            "PATCH /vm",
            "PATCH /vm");
    assertThatThrownBy(() -> api.send(configuration.get(3)))
        .hasMessageContaining("not supported after starting");
  }

  @Test
  void whoDoesNotSpeakHttpIsToldAsSuch() throws Exception {
    Path socket = folder.resolve("other");
    try (java.nio.channels.ServerSocketChannel server =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      server.bind(java.net.UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual()
          .start(() -> {
            try (java.nio.channels.SocketChannel client = server.accept()) {
              client.write(java.nio.ByteBuffer.wrap("hello\n".getBytes(StandardCharsets.UTF_8)));
              client.shutdownOutput();
              client.read(java.nio.ByteBuffer.allocate(1 << 16));
            } catch (IOException ended) {
              // With the test.
            }
          });
      assertThatThrownBy(() -> new ApiSocket(socket, PATIENCE).send(ApiRequest.start()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("does not speak HTTP: 'hello'");
    }
  }

  // ---- the counters -----------------------------------------------------------------------

  @Test
  void countersAreTheSumsOfAllLines() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("metrics"),
            """
            {"utc_timestamp_ms":1,"net":{"rx_bytes_count":100,"tx_bytes_count":5,"event_fails":9}}
            {"utc_timestamp_ms":2,"net":{"rx_bytes_count":23,"no_rx_avail_buffer":1,"tx_agg":{}}}
            {"utc_timestamp_ms":3,"net":{"rx_by\
            """);
    assertThat(MetricsFile.networkCounters(file))
        .isEqualTo(Map.of("rx_bytes_count", 123L, "tx_bytes_count", 5L, "no_rx_avail_buffer", 1L));
  }

  // ---- the driver, with the fake as its binary --------------------------------------------

  private Path fakeBinary(String option) throws IOException {
    Path script = folder.resolve("firecracker");
    Files.writeString(
        script,
        "#!/bin/sh\nexec '"
            + Path.of(System.getProperty("java.home"), "bin", "java")
            + "' "
            + option
            + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '"
            + System.getProperty("java.class.path")
            + "' "
            + FakeFirecracker.class.getName()
            + " \"$@\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }

  private static void needRoot() {
    if (!LibC.isRoot() || Tool.find("mkfifo").isEmpty()) {
      System.out.println("skipped: starting in a network namespace needs root, and mkfifo(1)");
      org.junit.jupiter.api.Assumptions.abort("needs root");
    }
  }

  @Test
  void aMachineSpeaksOnStandardOutputAndItsCountersAreRead() throws Exception {
    needRoot();
    FirecrackerDriver driver = new FirecrackerDriver(fakeBinary("-Dfake.ends=1"));
    int pid;
    try (RunningVmm running = driver.start(plan(kernel, null, 1))) {
      pid = running.pid();
      assertThat(running.isAlive()).isTrue();
      byte[] said = running.fromGuest().readNBytes("the fake has no guest\n".length());
      assertThat(new String(said, StandardCharsets.UTF_8)).isEqualTo("the fake has no guest\n");
      running.toGuest().write("a line\n".getBytes(StandardCharsets.UTF_8));
      running.pause();
      running.resume();
      assertThat(running.networkCounters())
          .isEqualTo(Map.of("rx_bytes_count", 1000L, "tx_bytes_count", 7L, "rx_packets_count", 1L));
      assertThat(Objects.requireNonNull(running.networkCounters()).get("rx_bytes_count"))
          .isEqualTo(3000L);
      assertThat(running.threads()).isNotEmpty();
      assertThat(running.lastWords()).contains("FAKE firecracker");
    }
    assertThat(Files.exists(Path.of("/proc/" + pid))).isFalse();
    assertThat(kept.resolve("firecracker-server.firecracker-metrics")).isNotEmptyFile();
    assertThat(kept.resolve("firecracker-server.firecracker-log")).exists();
  }

  @Test
  void aMachineThatDoesNotShutDownIsEnded() throws Exception {
    needRoot();
    RunningVmm running = new FirecrackerDriver(fakeBinary("")).start(plan(kernel, null, 1));
    running.close();
    running.close();
    assertThat(running.isAlive()).isFalse();
  }

  @Test
  void whatItRefusesIsToldInItsWords() throws Exception {
    needRoot();
    FirecrackerDriver driver = new FirecrackerDriver(fakeBinary(""));
    kernel = folder.resolve("missing");
    MachinePlan plan = plan(null, null, 1);
    assertThatThrownBy(() -> driver.start(plan))
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo("VMM-NOT-STARTED");
              assertThat(failure)
                  .hasMessageContaining("PUT /boot-source was refused with 400")
                  .hasMessageContaining("cannot be opened");
            });
  }

  @Test
  void oneQueueIsAllThereIs() throws Exception {
    FirecrackerDriver driver = new FirecrackerDriver(fakeBinary(""));
    MachinePlan plan = plan(null, null, 2);
    assertThatThrownBy(() -> driver.start(plan))
        .isInstanceOf(TraplineException.class)
        .hasMessageContaining("one queue pair, not 2");
  }

  @Test
  void withoutTheProgramItIsMissing() {
    FirecrackerDriver driver = new FirecrackerDriver(folder.resolve("none"));
    if (!System.getProperty("os.arch").equals("amd64")) {
      return;
    }
    assertThat(driver.missing())
        .hasValueSatisfying(missing -> {
          assertThat(missing.code()).isEqualTo("FIRECRACKER-MISSING");
          assertThat(missing.reason()).contains("none is not a program");
          assertThat(missing.remedy()).contains("--firecracker");
        });
  }
}
