// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.Locale;

/// What the descriptor of a call is, which says more about a `read` than the name of the call: a
/// read on a tap is packet I/O, one on a disk image is not.
///
/// It is the kind at the time of the call, not of the descriptor's number. A call without a
/// descriptor has no kind (null where a kind is expected), which is not `OTHER`.
public enum ObjectKind {
  TCP,
  UDP,
  UNIX,
  VSOCK,
  NETLINK,
  PACKET,
  PIPE,
  FILE,
  EVENTFD,
  EPOLL,
  TIMERFD,
  TUN,
  KVM_VM,
  KVM_VCPU,
  IO_URING,
  OTHER;

  private final String label = name().toLowerCase(Locale.ROOT).replace("kvm_", "kvm-");

  /// The word used in tables and files: `tcp`, `kvm-vcpu`, `io_uring`.
  public String label() {
    return label;
  }

  /// The reverse of [#label].
  ///
  /// @throws IllegalArgumentException if no kind has this label
  public static ObjectKind ofLabel(String label) {
    for (ObjectKind kind : values()) {
      if (kind.label.equals(label)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no object kind is called '" + label + "'");
  }
}
