// SPDX-License-Identifier: Apache-2.0

import dev.trapline.app.AgentVerb;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.ebpf.EbpfCaptureSource;
import dev.trapline.environment.RemoteProgram;
import dev.trapline.environment.RemoteTrial;
import dev.trapline.environment.SshNodes;
import dev.trapline.environment.SshNodes.SshNode;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.Lease;
import dev.trapline.host.ProcFs;
import dev.trapline.remote.AgentConnection;
import dev.trapline.remote.NodeNews;
import dev.trapline.remote.Nodes;
import dev.trapline.remote.RuntimeImage;
import dev.trapline.remote.SshTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// For `remote-node.sh`: prints "NAME VALUE" lines, microseconds each.
public final class RemoteNode {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PORT = 11111;
  private static final Pattern MEDIAN = Pattern.compile("percentile 50\\.000 = +([0-9.]+)");
  private static final List<String> NOTHING = List.of("/bin/true");

  private final Path folder;
  private final List<SshNode> machines;
  private final List<AgentConnection> agents;
  private final Lease lease;
  private int files;

  private RemoteNode(
      Path folder, List<SshNode> machines, List<AgentConnection> agents, Lease lease) {
    this.folder = folder;
    this.machines = machines;
    this.agents = agents;
    this.lease = lease;
  }

  /// Arguments: `FOLDER ROUNDS SEED SECONDS`.
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Random random = new Random(Long.parseLong(arguments[2]));
    RuntimeImage image = AgentVerb.image(NodeNews.NONE);
    try (SshNodes nodes = SshNodes.start(2);
        Lease lease = Lease.take(folder.resolve("state"))) {
      List<AgentConnection> agents = new ArrayList<>();
      try {
        for (SshNode node : nodes.nodes()) {
          long before = System.nanoTime();
          agents.add(connect(nodes, node, image, folder));
          print("connect-first", before);
        }
        RemoteNode bench = new RemoteNode(folder, nodes.nodes(), agents, lease);
        for (int round = 0; round < Integer.parseInt(arguments[1]); round++) {
          List<String> variants =
              new ArrayList<>(
                  List.of("half", "half-node", "counted", "counted-node", "rtt", "rtt-node", "connect"));
          Collections.shuffle(variants, random);
          for (String variant : variants) {
            if (variant.equals("connect")) {
              agents.get(1).close();
              long before = System.nanoTime();
              agents.set(1, connect(nodes, nodes.nodes().get(1), image, folder));
              print("connect", before);
            } else {
              bench.measure(variant, arguments[3]);
            }
          }
        }
      } finally {
        agents.forEach(AgentConnection::close);
      }
    }
  }

  private static AgentConnection connect(
      SshNodes nodes, SshNode node, RuntimeImage image, Path folder) throws InterruptedException {
    return Nodes.connect(
        new SshTarget(node.name(), node.name(), null, null, null, nodes.sshConfig().toString()),
        image,
        folder.resolve(node.name() + ".log"),
        NodeNews.NONE);
  }

  private static void print(String name, long before) {
    System.out.printf("%s %d%n", name, (System.nanoTime() - before) / 1000);
  }

  private void measure(String variant, String seconds) throws Exception {
    switch (variant) {
      case "half", "counted" -> {
        for (int repeat = 0; repeat < 5; repeat++) {
          long before = System.nanoTime();
          localHalf(variant.equals("counted"));
          print(variant, before);
        }
      }
      case "half-node", "counted-node" -> {
        for (int repeat = 0; repeat < 5; repeat++) {
          long before = System.nanoTime();
          remoteHalf(variant.equals("counted-node"));
          print(variant, before);
        }
      }
      case "rtt" -> System.out.println("rtt " + localPingPong(seconds));
      default -> System.out.println("rtt-node " + remotePingPong(seconds));
    }
  }

  private Launch launch(List<String> command, SshNode node, Path output, int cpu) {
    return Launch.background(
            command,
            output,
            output.resolveSibling(output.getFileName() + ".error"),
            "/run/netns/" + node.namespace(),
            lease.id())
        .onCpus(cpu < 0 ? List.of() : List.of(cpu));
  }

  private Path output() {
    return folder.resolve("output-" + files++);
  }

  private void localHalf(boolean counted) throws Exception {
    Launch launch = launch(NOTHING, machines.get(0), output(), -1);
    if (!counted) {
      ChildProcess.start(launch).await();
      return;
    }
    try (Capture capture =
        new EbpfCaptureSource().start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      capture.launch(launch, "server").await();
      if (capture.stop().total().calls() == 0) {
        throw new IllegalStateException("nothing was counted");
      }
    }
  }

  private void remoteHalf(boolean counted) throws Exception {
    try (RemoteTrial trial =
        agents.get(0).begin(counted ? "ebpf" : null, counted ? CaptureLevel.FULL : null)) {
      RemoteProgram program = trial.start("server", "server", NOTHING, List.of(), null);
      program.await(PATIENCE).orElseThrow();
      if (counted && trial.stopCapture().total().calls() == 0) {
        throw new IllegalStateException("nothing was counted");
      }
      program.deliver(output(), output());
    }
  }

  private List<String> server() {
    return List.of(
        "sockperf", "server", "--tcp", "-i", machines.get(0).address(), "-p", "" + PORT);
  }

  private List<String> client(String seconds) {
    return List.of(
        "sockperf",
        "ping-pong",
        "--tcp",
        "-i",
        machines.get(0).address(),
        "-p",
        "" + PORT,
        "-t",
        seconds);
  }

  private String localPingPong(String seconds) throws Exception {
    ChildProcess server = ChildProcess.start(launch(server(), machines.get(0), output(), 0));
    try {
      while (!ProcFs.isListening(server.pid(), "tcp", PORT)) {
        Thread.sleep(20);
      }
      Path printed = output();
      ChildProcess.start(launch(client(seconds), machines.get(1), printed, 1)).await();
      return median(printed);
    } finally {
      server.end(Duration.ofSeconds(3));
    }
  }

  private String remotePingPong(String seconds) throws Exception {
    try (RemoteTrial serving = agents.get(0).begin(null, null);
        RemoteTrial asking = agents.get(1).begin(null, null)) {
      RemoteProgram server = serving.start("server", "server", server(), List.of(0), null);
      while (!server.isListening("tcp", PORT)) {
        Thread.sleep(20);
      }
      RemoteProgram client = asking.start("client", "client", client(seconds), List.of(1), null);
      client.await(PATIENCE).orElseThrow();
      Path printed = output();
      client.deliver(printed, output());
      return median(printed);
    }
  }

  private static String median(Path printed) throws Exception {
    Matcher matcher = MEDIAN.matcher(Files.readString(printed));
    if (!matcher.find()) {
      throw new IllegalStateException("sockperf printed no median: " + Files.readString(printed));
    }
    return matcher.group(1);
  }
}
