// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.qemu;

import dev.trapline.TraplineException;
import dev.trapline.environment.vmm.MachinePlan;
import dev.trapline.environment.vmm.RunningVmm;
import dev.trapline.environment.vmm.VmmDriver;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import dev.trapline.host.Tool;
import dev.trapline.host.TscFrequency;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Machines of qemu-system-x86_64(1), written for QEMU 7.2.
///
/// @param accelerator `kvm` or `tcg`
/// @param machine what carries the guest's devices
/// @param vhost whether the kernel moves the packets (vhost-net) instead of QEMU's main loop
/// @param networkCard whether there is one; a guest for a try needs none
public record QemuDriver(String accelerator, Machine machine, boolean vhost, boolean networkCard)
    implements VmmDriver {
  /// The program.
  public static final String PROGRAM = "qemu-system-x86_64";

  private static final Duration SOCKETS_WITHIN = Duration.ofSeconds(20);
  private static final Duration SOCKET_POLL = Duration.ofMillis(20);

  /// Machine types. The first two have virtio devices on PCI, the last on MMIO.
  public enum Machine {
    /// i440FX, QEMU's default.
    PC,
    /// Q35, with PCI Express.
    Q35,
    /// Without PCI and firmware tables: what Firecracker has, in QEMU.
    MICROVM;

    /// The word of `--machine` and of `-M`.
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /// A machine with a network card.
  public QemuDriver(String accelerator, Machine machine, boolean vhost) {
    this(accelerator, machine, vhost, true);
  }

  @Override
  public String name() {
    return "QEMU";
  }

  @Override
  public Optional<Missing> missing() {
    if (!System.getProperty("os.arch").equals("amd64")) {
      return Optional.of(
          new Missing(
              "ENVIRONMENT-UNAVAILABLE",
              "guests are x86-64 here, and this machine is " + System.getProperty("os.arch"),
              "use an x86-64 machine, or --environment netns"));
    }
    if (Tool.find(PROGRAM).isEmpty()) {
      return Optional.of(
          new Missing(
              "ENVIRONMENT-UNAVAILABLE",
              PROGRAM + " is not on PATH",
              "apt-get install " + Tool.packageOf(PROGRAM)));
    }
    if (vhost && !Files.exists(Path.of("/dev/vhost-net"))) {
      return Optional.of(
          new Missing(
              "ENVIRONMENT-UNAVAILABLE",
              "/dev/vhost-net is missing: this kernel has no vhost-net, or it is not loaded",
              "modprobe vhost_net"));
    }
    return Optional.empty();
  }

  @Override
  public SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("vmm", "qemu");
    settings.put("accelerator", accelerator);
    settings.put("machine", machine.label());
    settings.put("vhost", vhost ? "on" : "off");
    return settings;
  }

  @Override
  public String kernelArguments() {
    return "console=ttyS0 panic=-1"
        + (accelerator.equals("tcg") ? TscFrequency.asKernelArguments() : "");
  }

  List<String> command(MachinePlan plan) {
    List<String> command =
        new ArrayList<>(
            List.of(
                PROGRAM,
                "-name",
                plan.name() + ",debug-threads=on",
                "-M",
                machine.label(),
                "-accel",
                accelerator,
                "-cpu",
                accelerator.equals("kvm") ? "host" : "max",
                "-smp",
                Integer.toString(plan.vcpus()),
                "-m",
                Integer.toString(plan.memoryMebibytes()),
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-chardev",
                "socket,id=serial,path=" + comma(serialSocket(plan)) + ",server=on,wait=on",
                "-serial",
                "chardev:serial",
                "-chardev",
                "socket,id=control,path=" + comma(controlSocket(plan)) + ",server=on,wait=off",
                "-mon",
                "chardev=control,mode=control",
                "-kernel",
                plan.kernel().toString(),
                "-append",
                (kernelArguments() + " " + plan.kernelArguments()).strip()));
    if (plan.initrd() != null) {
      command.addAll(List.of("-initrd", plan.initrd().toString()));
    }
    if (plan.disk() != null) {
      command.addAll(
          List.of(
              "-drive",
              "if=none,id=root,format=raw,readonly=on,file=" + comma(plan.disk()),
              "-device",
              (machine == Machine.MICROVM ? "virtio-blk-device" : "virtio-blk-pci")
                  + ",drive=root"));
    }
    if (networkCard) {
      addNetworkCard(command, plan);
    }
    return command;
  }

  private void addNetworkCard(List<String> command, MachinePlan plan) {
    boolean several = plan.queues() > 1;
    command.addAll(
        List.of(
            "-netdev",
            "tap,id=net,ifname="
                + plan.tap()
                + ",script=no,downscript=no,vhost="
                + (vhost ? "on" : "off")
                + (several ? ",queues=" + plan.queues() : "")));
    String card = machine == Machine.MICROVM ? "virtio-net-device" : "virtio-net-pci,romfile=";
    // A vector for each virtqueue, one for the control queue, one for changes of configuration.
    String vectors = machine == Machine.MICROVM ? "" : ",vectors=" + (2 * plan.queues() + 2);
    command.addAll(
        List.of(
            "-device",
            card + ",netdev=net,mac=" + plan.macAddress() + (several ? ",mq=on" + vectors : "")));
  }

  /// In an option's value QEMU takes a comma for the end unless it is there twice.
  private static String comma(Path path) {
    return path.toString().replace(",", ",,");
  }

  private static Path serialSocket(MachinePlan plan) {
    return plan.scratch().resolve("serial");
  }

  private static Path controlSocket(MachinePlan plan) {
    return plan.scratch().resolve("control");
  }

  @Override
  public RunningVmm start(MachinePlan plan) throws InterruptedException {
    List<String> command = command(plan);
    Path words = plan.scratch().resolve("stderr");
    ChildProcess process =
        ChildProcess.start(
            Launch.background(
                    command,
                    plan.scratch().resolve("stdout"),
                    words,
                    plan.networkNamespace(),
                    plan.leaseId())
                .onCpus(plan.cpus()));
    boolean started = false;
    try {
      SocketChannel serial = connect(serialSocket(plan), process, words);
      Qmp control = Qmp.over(connect(controlSocket(plan), process, words));
      RunningQemu running = new RunningQemu(command, process, serial, control, words);
      started = true;
      return running;
    } catch (IOException failure) {
      boolean ended = process.await(SOCKET_POLL.multipliedBy(10)).isPresent();
      throw notStarted(
          ended ? "it ended at once" : String.valueOf(failure.getMessage()), words, failure);
    } finally {
      if (!started) {
        process.kill();
      }
    }
  }

  private static SocketChannel connect(Path socket, ChildProcess process, Path words)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + SOCKETS_WITHIN.toNanos();
    while (true) {
      if (Files.exists(socket)) {
        try {
          return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (java.net.ConnectException notYet) {
          // Bound, and not listening yet.
        }
      }
      Optional<?> ended = process.await(SOCKET_POLL);
      if (ended.isPresent()) {
        throw notStarted("it ended at once", words, null);
      }
      if (System.nanoTime() > deadline) {
        throw notStarted(
            "it did not open " + socket + " within " + SOCKETS_WITHIN.toSeconds() + " s",
            words,
            null);
      }
    }
  }

  private static TraplineException notStarted(
      String why, Path words, @org.jspecify.annotations.Nullable Throwable cause) {
    String said = RunningQemu.endOf(words);
    return new TraplineException(
        "VMM-NOT-STARTED",
        "QEMU was started and is of no use: " + why + (said.isEmpty() ? "." : ". It said: " + said),
        "see what it says; 'trapline doctor' tries the machines that work here",
        cause);
  }
}
