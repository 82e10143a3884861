// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What KVM did for the guests of one role while a capture ran. Four figures that are often taken
/// for one another are kept apart: exits from the guest, those of them that KVM handed to user
/// space, the guest's kicks that KVM answered itself, and the injections of interrupts into the
/// guest.
///
/// On a host that emulates guests (no VMX or SVM) KVM_RUN returns while no guest is ever entered:
/// then `returns` and `injections` are known and the rest is not, which [#exitsUnknownBecause]
/// says. It is not a guest without exits.
///
/// @param exits `kvm_exit` by reason, by the names of the kernel's own tables (`EXIT_REASON_` of
///   arch/x86/include/uapi/asm/vmx.h, `SVM_EXIT_` of svm.h) without their prefix, such as `HLT`,
///   `EPT_VIOLATION` or `NPF`; empty if unknown
/// @param entries `kvm_entry`; null if unknown
/// @param guestNanos from each entry to the exit that followed; null if unknown
/// @param returns `kvm_userspace_exit` by `KVM_EXIT_` reason of include/uapi/linux/kvm.h, such as
///   `MMIO`, `IO`, `INTR`, and `ERROR` where KVM_RUN failed: only these are KVM_RUN calls that came
///   back
/// @param injections interrupts that the host raised in the guest, by tracepoint: `kvm_msi_set_irq`
///   (ioctl KVM_SIGNAL_MSI, or an irqfd that a vhost worker signals), `kvm_set_irq` (any line of an
///   interrupt controller, also each way of ioctl KVM_IRQ_LINE), and `kvm_inj_virq`, what of all
///   that, and of the guest's own timers, KVM handed over at an entry (none of it with posted
///   interrupts). The first two are causes, the last is an effect: they are not to be added up
/// @param haltPollNanos time that vCPU threads of a halted guest polled for a wake-up instead of
///   sleeping, with success or without: the kernel's own `halt_poll_success_ns` and
///   `halt_poll_fail_ns` of each vCPU. The tracepoints do not tell it: `kvm_vcpu_wakeup` gives the
///   whole time halted, the sleep too, and `kvm_halt_poll_ns` how long the next poll may be. It is
///   part of the handling time of the `HLT` exits. Null if unknown
/// @param unattributedInjections by tasks of the kernel that serve no one process, such as
///   kworkers, on the whole machine: some may have been for this guest. Null if unknown
/// @param kicks writes of the guest that KVM answered by signalling an eventfd (`ioeventfd`,
///   virt/kvm/eventfd.c) and nothing else: what the guest's notice to a virtqueue is where the
///   monitor ties the queue's notification register to an eventfd, as QEMU does with ioeventfd=on
///   (its default) and Firecracker always, whether vhost moves the packets or the monitor. By port,
///   MMIO or fast MMIO; each is an exit too, and no return. Another device that is tied so is
///   counted too; a kick that is not tied so comes back to user space, and is in `returns` by
///   `MMIO` or `IO` and not in here. Null if unknown
/// @param kicksUnknownBecause why kicks are unknown; null if they are known
/// @param exitsUnknownBecause why exits, entries, guest time and halt polling are unknown; null if
///   they are known
/// @param unknownBecause why all of this is unknown; null if some of it is known
public record KvmActivity(
    SortedMap<String, Exits> exits,
    @Nullable Long entries,
    @Nullable Long guestNanos,
    SortedMap<String, Long> returns,
    SortedMap<String, Long> injections,
    @Nullable Long haltPollNanos,
    @Nullable Long unattributedInjections,
    @Nullable Long kicks,
    @Nullable String kicksUnknownBecause,
    @Nullable String exitsUnknownBecause,
    @Nullable String unknownBecause) {
  /// [#kicksUnknownBecause] of a source, or of a run of an earlier version, that counted none.
  public static final String KICKS_NOT_WATCHED = "kicks were not counted when this was captured";

  /// The key of [#injections] for messages: what virtio devices of today send.
  public static final String MSI = "kvm_msi_set_irq";

  /// The key of [#injections] for lines of an interrupt controller.
  public static final String LINE = "kvm_set_irq";

  /// The key of [#injections] for what was handed over at an entry.
  public static final String AT_ENTRY = "kvm_inj_virq";

  /// Exits of one reason.
  ///
  /// @param count how many
  /// @param handlingNanos from each to the entry that followed, on the vCPU's thread: in-kernel
  ///   handling, and where KVM_RUN returned also what user space did until it came back
  /// @param offCpuNanos the part of it in which the thread was off the CPU: the sleep of a halted
  ///   vCPU above all, and waiting for a CPU; null if unknown
  public record Exits(long count, long handlingNanos, @Nullable Long offCpuNanos) {
    /// The part of the handling that took a CPU; null if unknown.
    public @Nullable Long onCpuNanos() {
      return offCpuNanos == null ? null : Long.valueOf(Math.max(0, handlingNanos - offCpuNanos));
    }

    /// Both together.
    public Exits plus(Exits other) {
      return new Exits(
          count + other.count,
          handlingNanos + other.handlingNanos,
          offCpuNanos == null || other.offCpuNanos == null
              ? null
              : Long.valueOf(offCpuNanos + other.offCpuNanos));
    }
  }

  /// Keeps unmodifiable copies.
  public KvmActivity {
    exits = Collections.unmodifiableSortedMap(new TreeMap<>(exits));
    returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
    injections = Collections.unmodifiableSortedMap(new TreeMap<>(injections));
  }

  /// From a source that tells exits, and no kicks.
  public KvmActivity(
      SortedMap<String, Exits> exits,
      long entries,
      long guestNanos,
      SortedMap<String, Long> returns,
      SortedMap<String, Long> injections,
      @Nullable Long haltPollNanos,
      @Nullable String unknownBecause) {
    this(
        exits,
        entries,
        guestNanos,
        returns,
        injections,
        haltPollNanos,
        null,
        null,
        unknownBecause == null ? KICKS_NOT_WATCHED : unknownBecause,
        unknownBecause,
        unknownBecause);
  }

  /// Nothing is known, for this reason.
  public static KvmActivity unknown(String because) {
    return new KvmActivity(
        new TreeMap<>(),
        null,
        null,
        new TreeMap<>(),
        new TreeMap<>(),
        null,
        null,
        null,
        because,
        because,
        because);
  }

  /// Whether returns and injections are figures.
  public boolean isKnown() {
    return unknownBecause == null;
  }

  /// Whether exits, entries and guest time are figures.
  public boolean knowsExits() {
    return unknownBecause == null && exitsUnknownBecause == null;
  }

  /// Exits of all reasons; null if unknown.
  public @Nullable Long exitCount() {
    return knowsExits() ? exits.values().stream().mapToLong(Exits::count).sum() : null;
  }

  /// KVM_RUN calls that came back to user space; a figure only if [#isKnown].
  public long returnCount() {
    return returns.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Interrupts that the host raised, as messages or by lines; not those counted again at an entry.
  /// A figure only if [#isKnown].
  public long injectionCount() {
    return injections.getOrDefault(MSI, 0L) + injections.getOrDefault(LINE, 0L);
  }
}
