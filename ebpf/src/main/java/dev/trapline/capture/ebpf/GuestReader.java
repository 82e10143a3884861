// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.trapline.capture.KvmActivity;
import java.lang.foreign.MemorySegment;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Sums what KVM did by role, once everything is detached.
///
/// The kernel program keeps a record for each observed thread in whose context KVM did anything.
/// Interrupts that a kernel thread raised for a process come besides, by process.
final class GuestReader {
  private static final long RECORD_BYTES = EbpfLayout.VCPU.byteSize();
  private static final long EXIT_BYTES = EbpfLayout.EXIT_COUNT.byteSize();
  private static final String EMULATED =
      "KVM_RUN came back, but KVM entered no guest: this host emulates guests (see"
          + " /sys/module/kvm*), without VMX or SVM";

  /// What of KVM the kernel program was attached to.
  ///
  /// @param exits `kvm_entry` and `kvm_exit`
  /// @param returns `kvm_userspace_exit`
  /// @param messages `kvm_msi_set_irq`
  /// @param lines `kvm_set_irq`
  /// @param atEntry `kvm_inj_virq`
  /// @param kicksUnwatchedBecause why not the function of an ioeventfd; null if it was
  record Seen(
      boolean exits,
      boolean returns,
      boolean messages,
      boolean lines,
      boolean atEntry,
      @Nullable String kicksUnwatchedBecause) {
    boolean nothing() {
      return !exits && !returns && !messages && !lines && !atEntry;
    }
  }

  private final MemorySegment records;
  private final int used;
  private final Seen seen;
  private final @Nullable Long unattributed;

  /// @param records the mapped `vcpus`
  /// @param used how many of them are in use
  /// @param seen what was attached
  /// @param unattributed injections by tasks of no one process
  GuestReader(MemorySegment records, int used, Seen seen, long unattributed) {
    this.records = records;
    this.used = used;
    this.seen = seen;
    this.unattributed = seen.messages && seen.lines ? unattributed : null;
  }

  /// What KVM did for one role; null if nothing shows that the role has a guest.
  ///
  /// @param calledRun whether the role called KVM_RUN
  /// @param served injections by kernel threads for the role's processes: messages, lines
  @Nullable KvmActivity activity(int role, boolean calledRun, long[] served) {
    SortedMap<String, KvmActivity.Exits> exits = new TreeMap<>();
    SortedMap<String, Long> returns = new TreeMap<>();
    long entries = 0;
    long guestNanos = 0;
    long messages = served[0];
    long lines = served[1];
    long atEntry = 0;
    long kicks = 0;
    Long haltPoll = null;
    boolean any = calledRun || messages + lines > 0;
    for (int index = 0; index < used; index++) {
      MemorySegment record = records.asSlice(index * RECORD_BYTES, RECORD_BYTES);
      if (record.get(JAVA_INT, field("role")) != role) {
        continue;
      }
      any = true;
      entries += number(record, "entries");
      guestNanos += number(record, "guest");
      messages += number(record, "injected_messages");
      lines += number(record, "injected_lines");
      atEntry += number(record, "injected_at_entry");
      kicks += number(record, "kicks");
      if (number(record, "knows_halt_poll") != 0) {
        haltPoll = (haltPoll == null ? 0 : haltPoll) + number(record, "halt_poll");
      }
      addReturns(record, returns);
      addExits(record, exits);
    }
    if (!any) {
      return null;
    }
    SortedMap<String, Long> injections = new TreeMap<>();
    if (seen.messages) {
      injections.put(KvmActivity.MSI, messages);
    }
    if (seen.lines) {
      injections.put(KvmActivity.LINE, lines);
    }
    String exitsUnknown = null;
    if (!seen.exits) {
      exitsUnknown = "the tracepoints kvm_entry and kvm_exit were not there to attach to";
    } else if (entries == 0 && exits.isEmpty() && (calledRun || !returns.isEmpty())) {
      exitsUnknown = EMULATED;
    }
    boolean knowsExits = exitsUnknown == null;
    if (seen.atEntry && knowsExits) {
      injections.put(KvmActivity.AT_ENTRY, atEntry);
    }
    return new KvmActivity(
        exits,
        knowsExits ? entries : null,
        knowsExits ? guestNanos : null,
        returns,
        injections,
        knowsExits ? haltPoll : null,
        unattributed,
        seen.kicksUnwatchedBecause == null ? kicks : null,
        seen.kicksUnwatchedBecause,
        exitsUnknown,
        null);
  }

  private static void addReturns(MemorySegment record, SortedMap<String, Long> returns) {
    for (int reason = 0; reason <= EbpfLayout.RETURN_FAILED; reason++) {
      long count = record.get(JAVA_LONG, field("returns") + reason * 8L);
      if (count > 0) {
        returns.merge(KvmReasons.returned(reason), count, Long::sum);
      }
    }
  }

  private static void addExits(MemorySegment record, SortedMap<String, KvmActivity.Exits> exits) {
    for (int at = 0; at < EbpfLayout.EXIT_REASONS; at++) {
      addExit(record.asSlice(field("exits") + at * EXIT_BYTES, EXIT_BYTES), exits);
    }
    addExit(record.asSlice(field("other_exits"), EXIT_BYTES), exits);
  }

  private static void addExit(MemorySegment exit, SortedMap<String, KvmActivity.Exits> exits) {
    long key = exit.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.EXIT_COUNT, "key"));
    long count = exit.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.EXIT_COUNT, "count"));
    if (count == 0) {
      return;
    }
    String name = key == 0 ? "OTHER" : KvmReasons.exit((int) (key >>> 32), (int) key);
    exits.merge(
        name,
        new KvmActivity.Exits(
            count,
            exit.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.EXIT_COUNT, "handling")),
            exit.get(JAVA_LONG, EbpfLayout.offset(EbpfLayout.EXIT_COUNT, "off_cpu"))),
        KvmActivity.Exits::plus);
  }

  private static long number(MemorySegment record, String name) {
    return record.get(JAVA_LONG, field(name));
  }

  private static long field(String name) {
    return EbpfLayout.offset(EbpfLayout.VCPU, name);
  }
}
