// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import dev.trapline.host.TscFrequency;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// This is a FAKE of Firecracker: no registry offers the real one. It answers at an API socket as
/// the published description has it, refuses what that does not allow, and keeps the order of
/// things: no configuration after the start, no start without a kernel.
///
/// It has no guest of its own. Given the name of a QEMU in `TRAPLINE_FAKE_QEMU` it starts a microvm
/// of QEMU's with what it was told, so that something really boots. What the real program does
/// beyond its API is not shown by it.
final class FakeFirecracker {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ApiDescription description;
  private final List<String> accepted = new CopyOnWriteArrayList<>();
  private final Map<String, JsonNode> configuration = new TreeMap<>();
  private final @Nullable String qemu;
  private @Nullable Process guest;
  private boolean started;
  private int flushes;

  FakeFirecracker(@Nullable String qemu) throws IOException {
    description = ApiDescription.published();
    this.qemu = qemu;
  }

  /// As firecracker(1) is called: `--api-sock PATH --id NAME`.
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 4
        || !arguments[0].equals("--api-sock")
        || !arguments[2].equals("--id")
        || !arguments[3].matches("[A-Za-z0-9-]{1,64}")) {
      System.err.println("FAKE firecracker: not understood: " + String.join(" ", arguments));
      System.exit(153);
    }
    System.err.println("FAKE firecracker: not the real program, see FakeFirecracker.java");
    new FakeFirecracker(System.getenv("TRAPLINE_FAKE_QEMU")).serve(Path.of(arguments[1]));
  }

  /// What was asked and done, `METHOD PATH BODY`.
  List<String> accepted() {
    return accepted;
  }

  /// Answers until the socket is closed.
  void serve(Path socket) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      while (true) {
        try (SocketChannel client = server.accept()) {
          answer(client);
        }
      }
    }
  }

  private void answer(SocketChannel client) throws IOException {
    InputStream input = new BufferedInputStream(Channels.newInputStream(client));
    String[] request = line(input).split(" ", -1);
    int length = 0;
    for (String field = line(input); !field.isEmpty(); field = line(input)) {
      if (field.startsWith("Content-Length: ")) {
        length = Integer.parseInt(field.substring("Content-Length: ".length()));
      }
    }
    String body = new String(input.readNBytes(length), StandardCharsets.UTF_8);
    List<String> faults = new ArrayList<>();
    if (request.length != 3 || !request[2].equals("HTTP/1.1")) {
      faults.add("that is no HTTP/1.1");
    } else {
      faults.addAll(handle(request[0], request[1], body));
    }
    byte[] answer;
    if (faults.isEmpty()) {
      accepted.add(request[0] + " " + request[1] + " " + body);
      answer =
          "HTTP/1.1 204 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII);
    } else {
      byte[] fault =
          JSON.writeValueAsString(Map.of("fault_message", String.join("; ", faults)))
              .getBytes(StandardCharsets.UTF_8);
      answer =
          ("HTTP/1.1 400 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n"
                  + "Content-Type: application/json\r\nContent-Length: "
                  + fault.length
                  + "\r\n\r\n"
                  + new String(fault, StandardCharsets.UTF_8))
              .getBytes(StandardCharsets.UTF_8);
    }
    ByteBuffer bytes = ByteBuffer.wrap(answer);
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  private static String line(InputStream input) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = input.read(); next >= 0 && next != '\n'; next = input.read()) {
      line.append((char) next);
    }
    return line.toString().strip();
  }

  private synchronized List<String> handle(String method, String path, String body)
      throws IOException {
    List<String> faults = new ArrayList<>(description.faults(method, path, body));
    if (!faults.isEmpty()) {
      return faults;
    }
    JsonNode value = JSON.readTree(body);
    // The description says this of some in their summary, of others not at all.
    boolean configures =
        description.isBeforeStartOnly(method, path)
            || path.equals("/logger")
            || path.equals("/metrics");
    if (configures) {
      if (started) {
        return List.of("The requested operation is not supported after starting the microVM.");
      }
      if (path.equals("/metrics") && configuration.containsKey(path)) {
        return List.of("Cannot initialize metrics: already initialized.");
      }
      for (String file : List.of("kernel_image_path", "initrd_path", "path_on_host")) {
        if (value.has(file) && !Files.isReadable(Path.of(value.path(file).asString()))) {
          return List.of("The file cannot be opened: " + value.path(file).asString());
        }
      }
      configuration.put(path, value);
      return List.of();
    }
    return switch (method + " " + path) {
      case "PUT /actions" -> act(value.path("action_type").asString());
      case "PATCH /vm" -> {
        if (!started) {
          yield List.of("The requested operation is not supported before starting the microVM.");
        }
        Process running = guest;
        if (running != null) {
          String signal = value.path("state").asString().equals("Paused") ? "-STOP" : "-CONT";
          new ProcessBuilder("kill", signal, Long.toString(running.pid())).start();
        }
        yield List.of();
      }
      default -> List.of("the fake does not do " + method + " " + path);
    };
  }

  private List<String> act(String action) throws IOException {
    return switch (action) {
      case "InstanceStart" -> {
        if (started) {
          yield List.of("The microVM is already running.");
        }
        if (!configuration.containsKey("/boot-source")) {
          yield List.of("Cannot start microvm without kernel configuration.");
        }
        started = true;
        boot();
        yield List.of();
      }
      case "FlushMetrics" -> {
        flush();
        yield List.of();
      }
      default -> {
        if (!started) {
          yield List.of("The requested operation is not supported before starting the microVM.");
        }
        Process running = guest;
        if (running != null) {
          running.destroyForcibly();
        } else if (System.getProperty("fake.ends") != null) {
          Runtime.getRuntime().halt(0);
        }
        yield List.of();
      }
    };
  }

  /// A line as the real one writes it: what was counted since the line before, among other things.
  private void flush() throws IOException {
    JsonNode metrics = configuration.get("/metrics");
    if (metrics != null) {
      flushes++;
      Files.writeString(
          Path.of(metrics.path("metrics_path").asString()),
          "{\"utc_timestamp_ms\":1,\"api_server\":{\"process_startup_time_us\":5},\"net\":{"
              + "\"rx_bytes_count\":"
              + 1000 * flushes
              + ",\"tx_bytes_count\":7,"
              + "\"rx_packets_count\":"
              + flushes
              + ",\"event_fails\":0,"
              + "\"tap_write_agg\":{\"min_us\":1}},"
              + "\"net_eth0\":{\"rx_bytes_count\":"
              + 1000 * flushes
              + "}}\n",
          StandardOpenOption.APPEND);
    }
  }

  /// What a guest that is emulated cannot find out by itself.
  private static String counterFrequency() {
    return TscFrequency.asKernelArguments();
  }

  private void boot() throws IOException {
    if (qemu == null) {
      System.out.println("the fake has no guest");
      return;
    }
    JsonNode machine = configuration.getOrDefault("/machine-config", JSON.createObjectNode());
    JsonNode source = Objects.requireNonNull(configuration.get("/boot-source"));
    List<String> command =
        new ArrayList<>(
            List.of(
                qemu,
                "-M",
                "microvm",
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-smp",
                machine.path("vcpu_count").asString("1"),
                "-m",
                machine.path("mem_size_mib").asString("128"),
                "-kernel",
                source.path("kernel_image_path").asString(),
                "-initrd",
                source.path("initrd_path").asString(),
                "-append",
                source.path("boot_args").asString() + counterFrequency()));
    JsonNode card = configuration.get("/network-interfaces/eth0");
    if (card != null) {
      command.addAll(
          List.of(
              "-netdev",
              "tap,id=net,ifname="
                  + card.path("host_dev_name").asString()
                  + ",script=no,downscript=no,vhost=off",
              "-device",
              "virtio-net-device,netdev=net,mac=" + card.path("guest_mac").asString()));
    }
    Process running = new ProcessBuilder(command).inheritIO().start();
    guest = running;
    Runtime.getRuntime().addShutdownHook(new Thread(running::destroyForcibly));
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            running.waitFor();
          } catch (InterruptedException ending) {
            // Ending is what comes.
          }
          Runtime.getRuntime().halt(0);
        });
  }
}
