// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.TraplineException;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.Lease;
import dev.trapline.host.LibC;
import dev.trapline.host.NetworkNamespace;
import dev.trapline.host.ProcFs;
import dev.trapline.host.Tool;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// Other machines, as ssh(1) sees them: network namespaces of this one, joined by a bridge, each
/// with an address and a real sshd of its own, reached from here over that bridge.
///
/// They share kernel, clock, files and process numbers; what differs are network, `/sys`, and, by
/// the environment that sshd gives its sessions, the folders that Trapline writes to.
///
/// A killed JVM leaves what the next start of this class removes: see [Lease].
public final class SshNodes implements AutoCloseable {
  /// The most that there are.
  public static final int MOST = 8;

  private static final int SSH_PORT = 2222;
  private static final Duration SSHD_LISTENS_WITHIN = Duration.ofSeconds(30);

  /// Not the one of the product: a benchmark would take us for another one.
  private static final Path LEASES = Path.of("/run/trapline-ssh-nodes");

  private static final Path FOLDERS = Path.of(System.getProperty("java.io.tmpdir"));
  private static final String FOLDER_PREFIX = "trapline-ssh-nodes-";

  /// Tracing is mounted below the `/sys` that ip-netns(8) replaces by one of the namespace.
  private static final String SHELL_BEFORE_SSHD =
      "mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec \"$@\"";

  private final Lease lease;
  private final Path folder;
  private final NetworkNamespace bridge;
  private final String leg;
  private final List<SshNode> nodes = new ArrayList<>();
  private final Map<SshNode, ChildProcess> listeners = new HashMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Thread atExit = new Thread(this::removeAll, "ssh-nodes-exit");

  /// One of them.
  ///
  /// @param name also its `Host` in [#sshConfig], such as `node1`
  /// @param address of its only network card, `eth0`; both sshd's and the one under test
  /// @param port of its sshd
  /// @param key private key that its root takes
  /// @param namespace name of its network namespace
  /// @param folder what is its own among the files: `cache` is its `XDG_CACHE_HOME`, `state` its
  ///   `TRAPLINE_STATE`, `sshd.log` what its sshd said
  public record SshNode(
      String name, String address, int port, Path key, String namespace, Path folder) {
    /// `root`: without another user there is no password to know.
    public String user() {
      return "root";
    }

    /// Where sessions on it keep what is worth keeping.
    public Path cacheHome() {
      return folder.resolve("cache");
    }

    /// Where sessions on it keep leases.
    public Path state() {
      return folder.resolve("state");
    }
  }

  /// A process on a node.
  ///
  /// @param name of its program, as the kernel has it
  /// @param command program and arguments, with blanks between
  public record NodeProcess(int pid, String name, String command) {}

  private SshNodes(Lease lease) throws IOException {
    this.lease = lease;
    this.folder = Files.createDirectory(folderOf(lease.id()));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    this.bridge = new NetworkNamespace("trapline-" + lease.id() + "-bridge");
    this.leg = "tn" + lease.id();
  }

  /// What is missing for this, or empty: to be printed when a test is skipped.
  public static Optional<String> unavailable() {
    if (!LibC.isRoot()) {
      return Optional.of("nodes are network namespaces, and making one needs root");
    }
    for (String tool : List.of("sshd", "ssh", "ssh-keygen", "ip")) {
      if (Tool.find(tool).isEmpty()) {
        return Optional.of(
            "nodes need " + tool + ": apt-get install openssh-server openssh-client iproute2");
      }
    }
    return Optional.empty();
  }

  /// Starts so many, and returns when each listens.
  public static SshNodes start(int count) throws IOException, InterruptedException {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException(count + " nodes; there are 1 to " + MOST);
    }
    Lease lease = Lease.take(LEASES);
    removeFoldersOfTheDead();
    SshNodes made = new SshNodes(lease);
    Runtime.getRuntime().addShutdownHook(made.atExit);
    try {
      made.build(count);
      return made;
    } catch (IOException | InterruptedException | RuntimeException failure) {
      made.close();
      throw failure;
    }
  }

  // ---- what there is -------------------------------------------------------------------

  /// All, in order of their names.
  public List<SshNode> nodes() {
    return List.copyOf(nodes);
  }

  /// The configuration that ssh reaches them by: `ssh -F FILE node1`.
  public Path sshConfig() {
    return folder.resolve("ssh_config");
  }

  /// What runs on a node, its sshd left aside.
  public List<NodeProcess> processesOf(SshNode node) {
    List<NodeProcess> processes = new ArrayList<>();
    String pids = Tool.runOrFail(List.of("ip", "netns", "pids", node.namespace()));
    for (String word : pids.split("\\s+", -1)) {
      if (!word.isEmpty()) {
        int pid = Integer.parseInt(word);
        String name = ProcFs.read(pid + "/comm").orElse("").strip();
        String command = ProcFs.read(pid + "/cmdline").orElse("").replace('\0', ' ').strip();
        // One that ended between the look and the question has no name.
        if (!name.isEmpty() && !name.equals("sshd")) {
          processes.add(new NodeProcess(pid, name, command));
        }
      }
    }
    return processes;
  }

  // ---- faults --------------------------------------------------------------------------

  /// Pulls its cable: nothing arrives any more, and nobody is told.
  public void cut(SshNode node) {
    bridge.ip("link", "set", node.name(), "down");
  }

  /// Puts the cable back. Connections that were not given up meanwhile go on.
  public void mend(SshNode node) {
    bridge.ip("link", "set", node.name(), "up");
  }

  /// Ends its sshd: no new connection is taken, those that are there go on.
  public void stopSshd(SshNode node) throws InterruptedException {
    ChildProcess listener = listeners.remove(node);
    if (listener != null) {
      listener.end(Duration.ofSeconds(10));
    }
  }

  /// Starts its sshd, and returns when it listens.
  public void startSshd(SshNode node) throws InterruptedException {
    Path log = node.folder().resolve("sshd.log");
    String sshd = Tool.find("sshd").orElseThrow().toString();
    ChildProcess listener =
        ChildProcess.start(
            Launch.background(
                List.of(
                    "ip",
                    "netns",
                    "exec",
                    node.namespace(),
                    "sh",
                    "-c",
                    SHELL_BEFORE_SSHD,
                    "sh",
                    // It executes itself again for each connection, by this path.
                    sshd,
                    "-D",
                    "-e",
                    "-f",
                    node.folder().resolve("sshd_config").toString()),
                node.folder().resolve("sshd.out"),
                log,
                null,
                lease.id()));
    listeners.put(node, listener);
    awaitListening(node, listener, log);
  }

  // ---- making and removing -------------------------------------------------------------

  private void build(int count) throws IOException, InterruptedException {
    // What sshd separates its privileges with; Debian's unit file makes it, and none may run here.
    Files.createDirectories(Path.of("/run/sshd"));
    lease.holdNamespace(bridge.name());
    NetworkNamespace.create(bridge.name());
    bridge.ip("link", "add", "bridge", "type", "bridge", "forward_delay", "0");
    bridge.ip("link", "set", "bridge", "up");
    // Goes with the bridge's namespace: whoever removes that removes this end as well.
    Tool.runOrFail(
        List.of(
            "ip",
            "link",
            "add",
            leg,
            "type",
            "veth",
            "peer",
            "name",
            "leg",
            "netns",
            bridge.name()));
    bridge.ip("link", "set", "leg", "master", "bridge", "up");
    Tool.runOrFail(List.of("ip", "link", "set", leg, "up"));
    String subnet = takeSubnet();

    Path key = folder.resolve("key");
    makeKey(key);
    for (int number = 1; number <= count; number++) {
      String name = "node" + number;
      SshNode node =
          new SshNode(
              name,
              subnet + "." + (10 + number),
              SSH_PORT,
              key,
              "trapline-" + lease.id() + "-" + name,
              Files.createDirectory(folder.resolve(name)));
      nodes.add(node);
      buildNode(node);
    }
    writeClientFiles();
  }

  private void buildNode(SshNode node) throws IOException, InterruptedException {
    lease.holdNamespace(node.namespace());
    NetworkNamespace namespace = NetworkNamespace.create(node.namespace());
    namespace.ip(
        "link", "add", "eth0", "type", "veth", "peer", "name", node.name(), "netns", bridge.name());
    bridge.ip("link", "set", node.name(), "master", "bridge", "up");
    namespace.ip("address", "add", node.address() + "/24", "dev", "eth0");
    namespace.ip("link", "set", "eth0", "up");

    Path hostKey = node.folder().resolve("host_key");
    makeKey(hostKey);
    Files.createDirectory(node.cacheHome());
    Files.createDirectory(
        node.state(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(
        node.folder().resolve("sshd_config"),
        String.join(
            "\n",
            "Port " + node.port(),
            "ListenAddress " + node.address(),
            "HostKey " + hostKey,
            "AuthorizedKeysFile " + node.key() + ".pub",
            "AuthenticationMethods publickey",
            "PasswordAuthentication no",
            "PermitRootLogin prohibit-password",
            "UsePAM no",
            "UseDNS no",
            "StrictModes no",
            "PidFile none",
            "PrintMotd no",
            "SetEnv XDG_CACHE_HOME=" + node.cacheHome() + " TRAPLINE_STATE=" + node.state(),
            ""));
    startSshd(node);
  }

  private void writeClientFiles() throws IOException {
    Path knownHosts = folder.resolve("known_hosts");
    StringBuilder known = new StringBuilder();
    StringBuilder config = new StringBuilder();
    for (SshNode node : nodes) {
      String[] hostKey =
          Files.readString(node.folder().resolve("host_key.pub")).strip().split(" ", -1);
      known
          .append("[" + node.address() + "]:" + node.port())
          .append(" " + hostKey[0] + " " + hostKey[1] + "\n");
      config
          .append("Host " + node.name() + "\n")
          .append("  HostName " + node.address() + "\n")
          .append("  Port " + node.port() + "\n");
    }
    config
        .append("Host *\n")
        .append("  User root\n")
        .append("  IdentityFile " + folder.resolve("key") + "\n")
        .append("  IdentitiesOnly yes\n")
        .append("  UserKnownHostsFile " + knownHosts + "\n")
        .append("  GlobalKnownHostsFile /dev/null\n")
        .append("  StrictHostKeyChecking yes\n");
    Files.writeString(knownHosts, known);
    Files.writeString(sshConfig(), config);
  }

  private static void makeKey(Path file) {
    Tool.runOrFail(
        List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file.toString()));
  }

  /// A /24 of the upper half of 198.18.0.0/15, which RFC 2544 reserves for benchmarks; Trapline's
  /// own environments use the lower one. Other tests of this machine have others.
  private String takeSubnet() {
    int first = Math.floorMod(lease.id().hashCode(), 256);
    for (int step = 0; step < 256; step++) {
      String subnet = "198.19." + (first + step) % 256;
      if (addressesIn(subnet) == 0) {
        Tool.runOrFail(List.of("ip", "address", "add", subnet + ".1/24", "dev", leg));
        if (addressesIn(subnet) == 1) {
          return subnet;
        }
        // Somebody else had the same thought between our look and our taking it.
        Tool.runOrFail(List.of("ip", "address", "del", subnet + ".1/24", "dev", leg));
      }
    }
    throw new TraplineException(
        "TEST-FIXTURE", "every subnet of 198.19.0.0/16 is taken on this machine.", "ip address");
  }

  private static long addressesIn(String subnet) {
    return Tool.runOrFail(List.of("ip", "-4", "-o", "address"))
        .lines()
        .filter(line -> line.contains(" " + subnet + "."))
        .count();
  }

  private static void awaitListening(SshNode node, ChildProcess listener, Path log)
      throws InterruptedException {
    long deadline = System.nanoTime() + SSHD_LISTENS_WITHIN.toNanos();
    while (System.nanoTime() < deadline && listener.isAlive()) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(node.address(), node.port()), 1000);
        return;
      } catch (IOException notYet) {
        Thread.sleep(20);
      }
    }
    String words;
    try {
      words = Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      words = unreadable.toString();
    }
    throw new TraplineException(
        "TEST-FIXTURE", "sshd of " + node.name() + " does not listen: " + words, log.toString());
  }

  /// Ends all that runs on the nodes, and removes them and their files.
  @Override
  public void close() {
    removeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException exiting) {
      // Then the hook has run or is about to, and finds nothing.
    }
  }

  private void removeAll() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      for (SshNode node : nodes) {
        NetworkNamespace.removeIfPresent(node.namespace());
      }
      // A namespace is taken apart some time after its name is gone; this end should go now.
      Tool.run(List.of("ip", "link", "del", leg));
      NetworkNamespace.removeIfPresent(bridge.name());
      delete(folder);
    } finally {
      lease.close();
    }
  }

  private static Path folderOf(String leaseId) {
    return FOLDERS.resolve(FOLDER_PREFIX + leaseId);
  }

  /// A lease is there before its folder and goes after it.
  private static void removeFoldersOfTheDead() throws IOException {
    List<Path> left = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(FOLDERS, FOLDER_PREFIX + "*")) {
      folders.forEach(left::add);
    }
    for (Path folder : left) {
      String id = folder.getFileName().toString().substring(FOLDER_PREFIX.length());
      if (!Files.exists(LEASES.resolve(id + ".lease"))) {
        delete(folder);
      }
    }
  }

  /// A process that was killed a moment ago may still write: then once more.
  private static void delete(Path folder) {
    for (int attempt = 1; Files.exists(folder); attempt++) {
      try {
        Files.walkFileTree(
            folder,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                  throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult postVisitDirectory(Path directory, IOException failure)
                  throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
              }
            });
      } catch (IOException failure) {
        if (attempt == 20) {
          throw new TraplineException(
              "TEST-FIXTURE", "cannot remove " + folder + ": " + failure, "rm -r " + folder);
        }
        try {
          Thread.sleep(100);
        } catch (InterruptedException interruption) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }
}
