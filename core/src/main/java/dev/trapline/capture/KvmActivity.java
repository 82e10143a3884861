// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What KVM did for the guests of one role while a capture ran. Three figures that are often taken
/// for one another are kept apart: exits from the guest, those of them that KVM handed to user
/// space, and the injections of interrupts into the guest.
///
/// A guest under an emulating host (no VMX or SVM) makes none of these events; then this is
/// [#unknown], which is not a guest without exits.
///
/// @param exits `kvm_exit` by reason, by the names of the kernel's own tables (`EXIT_REASONS` of
///   arch/x86/include/uapi/asm/vmx.h and svm.h) without their prefix, such as `HLT`,
///   `EPT_VIOLATION` or `NPF`
/// @param entries `kvm_entry`
/// @param guestNanos from each entry to the exit that followed
/// @param returns `kvm_userspace_exit` by `KVM_EXIT_` reason of include/uapi/linux/kvm.h, such as
///   `MMIO`, `IO`, `INTR`: only these are KVM_RUN calls that came back
/// @param injections interrupts that the host raised in the guest, by how: the tracepoints
///   `kvm_msi_set_irq`, `kvm_set_irq`
/// @param haltPollNanos time that vCPU threads polled for a wake-up instead of sleeping,
///   `kvm_halt_poll_ns`-independent: measured by `kvm_vcpu_wakeup`; null if not seen
/// @param unknownBecause why all of this is unknown; null if it is known
public record KvmActivity(
    SortedMap<String, Exits> exits,
    long entries,
    long guestNanos,
    SortedMap<String, Long> returns,
    SortedMap<String, Long> injections,
    @Nullable Long haltPollNanos,
    @Nullable String unknownBecause) {
  /// Exits of one reason.
  ///
  /// @param count how many
  /// @param handlingNanos from each to the entry that followed, on the vCPU's thread: in-kernel
  ///   handling, and where KVM_RUN returned also what user space did until it came back; sleep of a
  ///   halted vCPU is in it too
  public record Exits(long count, long handlingNanos) {
    /// Both together.
    public Exits plus(Exits other) {
      return new Exits(count + other.count, handlingNanos + other.handlingNanos);
    }
  }

  /// Keeps unmodifiable copies.
  public KvmActivity {
    exits = Collections.unmodifiableSortedMap(new TreeMap<>(exits));
    returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
    injections = Collections.unmodifiableSortedMap(new TreeMap<>(injections));
  }

  /// Nothing is known, for this reason.
  public static KvmActivity unknown(String because) {
    return new KvmActivity(new TreeMap<>(), 0, 0, new TreeMap<>(), new TreeMap<>(), null, because);
  }

  /// Whether the figures are figures.
  public boolean isKnown() {
    return unknownBecause == null;
  }

  /// Exits of all reasons.
  public long exitCount() {
    return exits.values().stream().mapToLong(Exits::count).sum();
  }

  /// KVM_RUN calls that came back to user space.
  public long returnCount() {
    return returns.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Interrupts raised by the host, however.
  public long injectionCount() {
    return injections.values().stream().mapToLong(Long::longValue).sum();
  }
}
