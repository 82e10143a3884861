// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.StudyCount;
import java.util.List;
import java.util.Map;

/// What would have to be measured to decide a claim about a mechanism, by the name that a claim's
/// `needs` uses: in words, with the command that gets it.
///
/// The programs compile with bpftrace 0.17 (`bpftrace -d`); the tracepoints are those of the
/// kernel's `arch/x86/kvm/trace.h`. 0xae80 is `KVM_RUN` of `linux/kvm.h`: `_IO(0xAE, 0x80)`.
final class Measurements {
  /// A need that is met as soon as the rows tell the request.
  static final String IOCTL_REQUEST = "ioctl-request";

  private static final Map<String, Measurement> BY_NAME =
      Map.of(
          IOCTL_REQUEST,
          new Measurement(
              "the ioctl request numbers",
              "The request number of each ioctl, of which 0xae80 is KVM_RUN:"
                  + " `trapline record -p PID -d 30`, which counts ioctl by request."),
          "kvm-exit-count",
          new Measurement(
              "a count of VM exits by reason",
              "A count of the tracepoint kvm:kvm_exit by reason, since a return to user space is not a"
                  + " VM exit: exits that the kernel handles itself are not seen as returns of an ioctl:"
                  + " `bpftrace -e 'tracepoint:kvm:kvm_exit /pid == PID/ { @[args->exit_reason] ="
                  + " count(); }'`."),
          "exit-cost",
          new Measurement(
              "what an exit costs",
              "The time from each kvm:kvm_exit to the next kvm:kvm_entry of the same thread, since what"
                  + " an exit costs depends on its reason and on the machine:"
                  + " `bpftrace -e 'tracepoint:kvm:kvm_exit /pid == PID/ { @at[tid] = nsecs; }"
                  + " tracepoint:kvm:kvm_entry /@at[tid]/ { @nanos = hist(nsecs - @at[tid]);"
                  + " delete(@at[tid]); }'`."),
          "wait-cost-by-descriptor-count",
          new Measurement(
              "what a wait costs by the number of descriptors",
              "The work, not the waiting, of each call at several numbers of descriptors with the same"
                  + " traffic on each: `trapline record -p PID -d 10` with `iperf3 -c SERVER -P 1`, then"
                  + " `-P 16`, then `-P 128`. With the few descriptors of one run the two cannot be told"
                  + " apart."));

  private Measurements() {}

  /// @param name as it stands in a sentence
  /// @param how what exactly, and with which command, in one sentence
  record Measurement(String name, String how) {}

  /// What a need means; one that is not known here is named as it stands.
  static Measurement of(String need) {
    String words = need.replace('-', ' ');
    return BY_NAME.getOrDefault(
        need, new Measurement(words, "A measurement of " + words + "; the study has none."));
  }

  /// Whether the rows that a claim is about have it already.
  static boolean isMet(String need, List<StudyCount> rows) {
    return need.equals(IOCTL_REQUEST)
        && !rows.isEmpty()
        && rows.stream().allMatch(row -> row.request() != null);
  }
}
