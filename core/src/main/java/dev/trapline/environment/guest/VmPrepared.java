// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import dev.trapline.TraplineException;
import dev.trapline.environment.Environment;
import dev.trapline.environment.Node;
import dev.trapline.environment.Site;
import dev.trapline.environment.vmm.MachinePlan;
import dev.trapline.environment.vmm.VmmDriver;
import java.util.ArrayList;
import java.util.List;

/// The machines and their network while they stand. Between trials the guests' CPUs are stopped: a
/// guest that ticks takes time from the other environments' trials.
final class VmPrepared implements Environment.Prepared {
  /// A machine that dies in trial after trial will not be better the next time.
  private static final int MOST_RESTARTS = 5;

  private final String environment;
  private final TapNetwork network;
  private final List<VmMachine> machines = new ArrayList<>();
  private final Node server;
  private final Node client;
  private int restarts;

  VmPrepared(
      String environment,
      VmmDriver driver,
      MachineSettings settings,
      GuestImage.Built image,
      Site site)
      throws InterruptedException {
    this.environment = environment;
    network = TapNetwork.create(site.lease(), environment, settings);
    boolean stands = false;
    try {
      server =
          guest(
              driver,
              settings,
              image,
              site,
              "server",
              TapNetwork.SERVER_TAP,
              TapNetwork.SERVER_ADDRESS,
              site.serverCpus());
      client =
          settings.topology() == MachineSettings.Topology.HOST_GUEST
              ? new Node.Local("host", TapNetwork.CLIENT_ADDRESS, network.path())
              : guest(
                  driver,
                  settings,
                  image,
                  site,
                  "client",
                  TapNetwork.CLIENT_TAP,
                  TapNetwork.CLIENT_ADDRESS,
                  site.clientCpus());
      // All at once: most of a boot is waiting.
      for (VmMachine machine : machines) {
        machine.boot();
      }
      for (VmMachine machine : machines) {
        machine.awaitReady();
      }
      machines.forEach(VmMachine::pause);
      stands = true;
    } finally {
      if (!stands) {
        close();
      }
    }
  }

  private Node guest(
      VmmDriver driver,
      MachineSettings settings,
      GuestImage.Built image,
      Site site,
      String side,
      String tap,
      String address,
      List<Integer> cpus) {
    String name = environment + "-" + side;
    VmMachine machine =
        new VmMachine(
            driver,
            name,
            scratch ->
                new MachinePlan(
                    name,
                    image.kernel(),
                    image.initrd(),
                    settings.rootDisk(),
                    kernelArguments(settings, address),
                    tap,
                    // Locally administered (IEEE 802), ending as the address does.
                    "02:00:00:00:00:0" + address.substring(address.length() - 1),
                    settings.vcpus(),
                    settings.memoryMebibytes(),
                    settings.queues(),
                    network.path(),
                    cpus,
                    site.lease().id(),
                    scratch,
                    site.kept()),
            site.kept().resolve(name + ".console"),
            settings.readyWithin());
    machines.add(machine);
    return new Node.Guest(side + "-guest", address, machine);
  }

  private static String kernelArguments(MachineSettings settings, String address) {
    return "quiet ipv6.disable=1 random.trust_cpu=on trapline.address="
        + address
        + TapNetwork.PREFIX
        + " trapline.time="
        + System.currentTimeMillis() / 1000
        + (settings.rootDisk() == null ? "" : " trapline.root=/dev/vda");
  }

  @Override
  public Node server() {
    return server;
  }

  @Override
  public Node client() {
    return client;
  }

  @Override
  public void ready() throws InterruptedException {
    List<VmMachine> dead = machines.stream().filter(machine -> !machine.isUsable()).toList();
    if (!dead.isEmpty()) {
      restarts++;
      if (restarts > MOST_RESTARTS) {
        throw new TraplineException(
            "VM-GAVE-UP",
            "virtual machines of "
                + environment
                + " died in "
                + restarts
                + " trials, and are not started again.",
            "see the .console files in the run's raw folder");
      }
      for (VmMachine machine : dead) {
        machine.close();
        machine.boot();
      }
      for (VmMachine machine : dead) {
        machine.awaitReady();
      }
    }
    machines.forEach(VmMachine::resume);
  }

  @Override
  public void rest() {
    machines.forEach(VmMachine::pause);
  }

  @Override
  public void close() {
    machines.forEach(VmMachine::close);
    network.close();
  }
}
