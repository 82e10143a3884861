// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.capture.KvmActivity;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.RoleUse;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.ThreadKey;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What virtual machines pay for that they need not.
final class GuestRules {
  static final List<FindingRule> RULES =
      List.of(
          FindingRule.ofSides(
              "virtio-in-user-space",
              "The monitor itself moves every packet between tap and guest.",
              GuestRules::virtioInUserSpace),
          FindingRule.ofSides(
              "interrupt-by-syscall",
              "Interrupts are raised in the guest by a syscall each.",
              GuestRules::interruptBySyscall),
          FindingRule.ofSides(
              "returns-to-user-space",
              "KVM gives exits to the monitor in the data path.",
              GuestRules::returnsToUserSpace),
          FindingRule.ofSides(
              "exits-by-halt",
              "The guest's CPUs halt and are woken again in the data path.",
              GuestRules::exitsByHalt),
          FindingRule.ofSides(
              "exits-by-port-io",
              "The guest reaches devices through I/O ports in the data path.",
              GuestRules::exitsByPortIo));

  private static final Set<String> INJECTIONS =
      Set.of("KVM_SIGNAL_MSI", "KVM_IRQ_LINE", "KVM_IRQ_LINE_STATUS");

  /// The reasons of vmx.h and of svm.h, whose table writes `hlt` and `io`.
  private static final Set<String> HALT = Set.of("HLT");

  private static final Set<String> PORT_IO = Set.of("IO", "IOIO", "IO_INSTRUCTION");

  /// A reason with less than so much of all exits decides nothing.
  private static final double LEAST_EXITS = 0.1;

  private GuestRules() {}

  /// Whether it is a virtual machine monitor.
  static boolean isMonitor(Side side) {
    return side.uses().stream().anyMatch(use -> use.vmm() != null)
        || side.counts().keySet().stream()
            .anyMatch(
                key -> Calls.isOn(key, ObjectKind.KVM_VCPU) || Calls.isOn(key, ObjectKind.KVM_VM));
  }

  private static boolean movesPacket(Key key) {
    return Calls.isOn(key, ObjectKind.TUN) && (Calls.isRead(key) || Calls.isWrite(key));
  }

  private static Optional<Finding> virtioInUserSpace(Draft draft, Side side) {
    Count packets = side.sum(GuestRules::movesPacket);
    if (!isMonitor(side) || !side.matters(packets)) {
      return Optional.empty();
    }
    Set<ThreadKey> movers = new HashSet<>();
    side.counts().keySet().stream()
        .filter(GuestRules::movesPacket)
        .forEach(key -> movers.add(key.thread()));
    Count loop = side.sum(key -> movers.contains(key.thread()) && !isGuestRun(key));
    Count waits = side.sum(key -> movers.contains(key.thread()) && Calls.isWait(key));
    Long waitWork = waits.workNanos();
    draft.rows(side, side.kinds(GuestRules::movesPacket));
    addMeasuredVhost(draft, side);
    return draft
        .figure(
            "waits of the same threads",
            waits.calls() / side.divisor(),
            side.per("calls"),
            Draft.row(side, "poll and its like"))
        .confidence(
            Confidence.high("reads and writes of a tap by a process that runs a guest"), side)
        .gain(
            side,
            waitWork == null ? 0 : waitWork,
            loop,
            "all calls of the threads that read the tap go away; a vhost worker copies instead,"
                + " whose CPU time is not subtracted here")
        .advise(
            "Give the network device to vhost-net, which moves packets in the kernel: QEMU's"
                + " -netdev tap,...,vhost=on, or a libvirt interface with driver name='vhost'."
                + " /dev/vhost-net must be there: modprobe vhost_net.",
            "no reads and writes of the tap by the monitor; vhost workers with CPU time in their"
                + " place");
  }

  /// If the same run has the same test with vhost, its CPU time is the best prediction there is.
  private static void addMeasuredVhost(Draft draft, Side side) {
    Double here = draft.view().cpuNanosPerUnit(side.where());
    if (here == null || side.unit() == null) {
      return;
    }
    for (EnvironmentFacts other : draft.view().run().environments()) {
      Double there =
          "on".equals(other.settings().get("vhost"))
              ? draft
                  .view()
                  .cpuNanosPerUnit(
                      new Where(other.name(), side.where().test(), side.where().role()))
              : null;
      if (there != null) {
        draft
            .figure(
                "CPU time of this side, workers included",
                here,
                side.per("ns"),
                "run.json, cpuNanos of " + side.where().words())
            .figure(
                "the same measured with vhost, in " + other.name(),
                there,
                side.per("ns"),
                "run.json, cpuNanos in " + other.name());
        return;
      }
    }
  }

  private static boolean isGuestRun(Key key) {
    return "KVM_RUN".equals(key.request());
  }

  private static Optional<Finding> interruptBySyscall(Draft draft, Side side) {
    SortedMap<dev.trapline.analysis.CallKind, Count> kinds =
        side.kinds(key -> key.request() != null && INJECTIONS.contains(key.request()));
    Count injections = kinds.values().stream().reduce(Count.NONE, Count::plus);
    if (!side.matters(injections)) {
      return Optional.empty();
    }
    return draft
        .rows(side, kinds)
        .confidence(Confidence.high("these requests do nothing else"), side)
        .gain(
            side,
            0,
            injections,
            "an irqfd in the kernel raises the interrupts; if user space still writes the irqfd's"
                + " eventfd, those writes stay")
        .advise(
            "KVM_SIGNAL_MSI: let the kernel raise them by irqfd, as vhost=on does for network"
                + " devices; a monitor of your own registers one with KVM_IRQFD. KVM_IRQ_LINE is the"
                + " line of an old device, such as a serial port or a timer: keep it out of the data"
                + " path. kernel-irqchip must not be off.",
            "hardly any ioctl with these requests");
  }

  // ---- exits ---------------------------------------------------------------------------

  private static Optional<Finding> returnsToUserSpace(Draft draft, Side side) {
    SortedMap<String, Long> returns = new TreeMap<>();
    long exits = 0;
    Long kicks = null;
    for (RoleUse use : side.uses()) {
      KvmActivity kvm = use.kvm();
      if (kvm != null && kvm.isKnown()) {
        kvm.returns().forEach((reason, count) -> returns.merge(reason, count, Long::sum));
        Long known = kvm.exitCount();
        exits += known == null ? 0 : known;
        if (kvm.kicks() != null) {
          kicks = (kicks == null ? 0 : kicks) + kvm.kicks();
        }
      }
    }
    long all = returns.values().stream().mapToLong(Long::longValue).sum();
    if (!side.isDataPath(all)) {
      return Optional.empty();
    }
    returns.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(3)
        .forEach(entry ->
            draft.figure(
                "returns of KVM_RUN because of " + entry.getKey(),
                entry.getValue() / side.divisor(),
                side.per("count"),
                kvmSource(side, "returns")));
    if (exits > 0) {
      draft.figure(
          "of all exits", Math.min(1, (double) all / exits), "share", kvmSource(side, "exits"));
    }
    if (kicks != null) {
      draft.figure(
          "kicks that KVM answered itself, for comparison",
          kicks / side.divisor(),
          side.per("count"),
          kvmSource(side, "kicks"));
    }
    return draft
        .confidence(Confidence.high("kvm_userspace_exit was counted, by reason"), side)
        .advise(
            "Take the device that causes them out of user space: ioeventfd for doorbells (QEMU has"
                + " it for virtio unless it is turned off), vhost for the network, no serial"
                + " console or emulated timer in the data path. Returns for INTR are signals to the"
                + " vCPU thread: find who sends them.",
            "fewer returns by this reason for the same work; how much time that saves cannot be"
                + " told before, since what user space does between is not in these figures");
  }

  private static Optional<Finding> exitsByHalt(Draft draft, Side side) {
    return exits(
        draft,
        side,
        HALT,
        false,
        "Let the vCPU poll before it sleeps: halt_poll_ns of the module kvm on the host, or"
            + " cpuidle_haltpoll or idle=poll in the guest. It takes CPU time from the host to save"
            + " wake-ups: for latency, not for throughput per CPU. Receiving several packets with"
            + " one interrupt does it too.",
        "fewer exits by HLT per unit of work; more time polled");
  }

  private static Optional<Finding> exitsByPortIo(Draft draft, Side side) {
    return exits(
        draft,
        side,
        PORT_IO,
        true,
        "Find the device: a serial console that is written to, a legacy timer, or virtio-pci in its"
            + " old form (disable-legacy=on). A doorbell with an ioeventfd is served in the kernel"
            + " and is the cheap kind; with vhost or virtio-mmio there are none by ports.",
        "fewer exits by port I/O per unit of work");
  }

  private static Optional<Finding> exits(
      Draft draft,
      Side side,
      Set<String> reasons,
      boolean handlingIsWork,
      String advice,
      String expectation) {
    long count = 0;
    long handling = 0;
    long handlingOfAll = 0;
    long all = 0;
    boolean timeIsKnown = true;
    for (RoleUse use : side.uses()) {
      KvmActivity kvm = use.kvm();
      if (kvm == null || !kvm.knowsExits()) {
        continue;
      }
      for (Map.Entry<String, KvmActivity.Exits> entry : kvm.exits().entrySet()) {
        String reason = entry.getKey().toUpperCase(Locale.ROOT);
        all += entry.getValue().count();
        Long onCpu = entry.getValue().onCpuNanos();
        timeIsKnown &= onCpu != null;
        long handlingOnCpu = onCpu == null ? 0 : onCpu;
        if (!HALT.contains(reason)) {
          handlingOfAll += handlingOnCpu;
        }
        if (reasons.contains(reason)) {
          count += entry.getValue().count();
          handling += handlingOnCpu;
        }
      }
    }
    if (!side.isDataPath(count) || count < LEAST_EXITS * all) {
      return Optional.empty();
    }
    draft
        .figure(
            "exits by " + reasons.stream().sorted().findFirst().orElseThrow(),
            count / side.divisor(),
            side.per("count"),
            kvmSource(side, "exits"))
        .figure("of all exits", (double) count / all, "share", kvmSource(side, "exits"))
        .confidence(Confidence.high("kvm_exit was counted, by reason"), side);
    if (handlingIsWork && timeIsKnown) {
      draft.gain(
          new Gain(
              "time of handling exits other than halts, of " + side.where().words(),
              side.per("ns"),
              0,
              handling / side.divisor(),
              handlingOfAll / side.divisor(),
              "these exits go away and no others come in their place"));
    }
    return draft.advise(advice, expectation);
  }

  private static String kvmSource(Side side, String what) {
    return "run.json, kvm." + what + " of " + side.where().words();
  }
}
