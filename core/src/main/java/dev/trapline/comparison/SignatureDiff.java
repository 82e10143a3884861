// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.Signature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one message makes one side of the workload call, in two environments: "kvm: 3 ppoll + 3
/// read + 2 ioctl(KVM_SIGNAL_MSI) + 1 writev, 1.0 kicks; kvm-vhost: none, 1.0 kicks, 2.0 vhost
/// interrupts".
///
/// @param test that it is of
/// @param role `server` or `client`
/// @param a of the baseline; null if it has no traced trial of messages
/// @param b of the other
/// @param besidesA what happened per message without a syscall, in words: `2.0 vhost interrupts`
/// @param besidesB the same
/// @param changes kinds whose count differs, largest difference first
/// @param sentence both in words
public record SignatureDiff(
    String test,
    String role,
    @Nullable Signature a,
    @Nullable Signature b,
    List<String> besidesA,
    List<String> besidesB,
    List<Change> changes,
    String sentence) {
  /// Keeps copies.
  public SignatureDiff {
    besidesA = List.copyOf(besidesA);
    besidesB = List.copyOf(besidesB);
    changes = List.copyOf(changes);
  }

  /// A kind of call that one message costs more of on one side.
  ///
  /// @param a calls per message in the baseline; 0 if it is no part of the signature
  /// @param b in the other
  public record Change(CallKind kind, double a, double b) {}
}
