// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.strace;

import static dev.trapline.intake.strace.ByteText.bytes;
import static dev.trapline.intake.strace.ByteText.startsWith;

import dev.trapline.tally.ObjectKind;
import org.jspecify.annotations.Nullable;

/// The kind of object behind `3<TCP:[127.0.0.1:5201->127.0.0.1:40112]>`, as option `-yy` of
/// strace(1) decorates descriptors.
///
/// A socket that strace finds in no socket table, because it is of a family without one (vsock,
/// packet) or in another network namespace, is written as `<socket:[12345]>`, and with option `-y`
/// every socket is. Its kind is then known only if its `socket` or `accept` call was seen, which
/// the decoration alone does not tell: see [#isBareSocket].
final class DescriptorDecoration {
  private static final byte[] TCP = bytes("TCP");
  private static final byte[] UDP_LITE = bytes("UDPLITE");
  private static final byte[] UDP = bytes("UDP");
  private static final byte[] UNIX = bytes("UNIX");
  private static final byte[] NETLINK = bytes("NETLINK");
  private static final byte[] PIPE = bytes("pipe:[");
  private static final byte[] SOCKET = bytes("socket:[");
  private static final byte[] ANONYMOUS = bytes("anon_inode:");
  private static final byte[] CHARACTER_DEVICE = bytes("<char ");
  private static final byte[] TUN_DEVICE = bytes("/dev/net/tun");
  private static final byte[] TAP_DEVICE = bytes("/dev/tap");

  private static final byte[] EVENTFD = bytes("[eventfd]");
  private static final byte[] EVENTPOLL = bytes("[eventpoll]");
  private static final byte[] TIMERFD = bytes("[timerfd]");
  private static final byte[] IO_URING = bytes("[io_uring]");
  private static final byte[] KVM_VM = bytes("kvm-vm");
  private static final byte[] KVM_VCPU = bytes("kvm-vcpu");

  private static final byte[] FAMILY_VSOCK = bytes("AF_VSOCK");
  private static final byte[] FAMILY_PACKET = bytes("AF_PACKET");
  private static final byte[] FAMILY_NETLINK = bytes("AF_NETLINK");
  private static final byte[] FAMILY_UNIX = bytes("AF_UNIX");
  private static final byte[] FAMILY_INET = bytes("AF_INET");
  private static final byte[] TYPE_STREAM = bytes("SOCK_STREAM");
  private static final byte[] TYPE_DATAGRAM = bytes("SOCK_DGRAM");

  private DescriptorDecoration() {}

  /// The kind that a decoration tells, null if it tells none: for a bare socket.
  ///
  /// @param from behind the opening angle bracket
  static @Nullable ObjectKind kindOf(byte[] text, int from, int to) {
    if (from >= to) {
      return null;
    }
    if (text[from] == '/') {
      return fileKind(text, from, to);
    }
    if (startsWith(text, from, to, TCP)) {
      return ObjectKind.TCP;
    }
    if (startsWith(text, from, to, UDP_LITE)) {
      return ObjectKind.OTHER;
    }
    if (startsWith(text, from, to, UDP)) {
      return ObjectKind.UDP;
    }
    if (startsWith(text, from, to, UNIX)) {
      return ObjectKind.UNIX;
    }
    if (startsWith(text, from, to, PIPE)) {
      return ObjectKind.PIPE;
    }
    if (startsWith(text, from, to, ANONYMOUS)) {
      return anonymousKind(text, from + ANONYMOUS.length, to);
    }
    if (startsWith(text, from, to, SOCKET)) {
      return null;
    }
    return startsWith(text, from, to, NETLINK) ? ObjectKind.NETLINK : ObjectKind.OTHER;
  }

  private static ObjectKind fileKind(byte[] text, int from, int to) {
    // `</dev/net/tun<char 10:200>>`: the device's numbers stand inside. A path cannot hold an
    // angle bracket, strace escapes it.
    int at = from;
    while (at < to && text[at] != '<' && text[at] != '>') {
      at++;
    }
    if (!startsWith(text, at, to, CHARACTER_DEVICE)) {
      return ObjectKind.FILE;
    }
    return startsWith(text, from, to, TUN_DEVICE) || startsWith(text, from, to, TAP_DEVICE)
        ? ObjectKind.TUN
        : ObjectKind.OTHER;
  }

  private static ObjectKind anonymousKind(byte[] text, int from, int to) {
    if (startsWith(text, from, to, EVENTFD)) {
      return ObjectKind.EVENTFD;
    }
    if (startsWith(text, from, to, EVENTPOLL)) {
      return ObjectKind.EPOLL;
    }
    if (startsWith(text, from, to, TIMERFD)) {
      return ObjectKind.TIMERFD;
    }
    if (startsWith(text, from, to, IO_URING)) {
      return ObjectKind.IO_URING;
    }
    if (startsWith(text, from, to, KVM_VCPU)) {
      return ObjectKind.KVM_VCPU;
    }
    return startsWith(text, from, to, KVM_VM) ? ObjectKind.KVM_VM : ObjectKind.OTHER;
  }

  /// Whether a decoration is a socket of which it tells the inode's number only.
  static boolean isBareSocket(byte[] text, int from, int to) {
    return startsWith(text, from, to, SOCKET);
  }

  /// The kind that the arguments of socket(2) ask for.
  static @Nullable ObjectKind kindOfNewSocket(byte[] text, int from, int to) {
    if (startsWith(text, from, to, FAMILY_VSOCK)) {
      return ObjectKind.VSOCK;
    }
    if (startsWith(text, from, to, FAMILY_PACKET)) {
      return ObjectKind.PACKET;
    }
    if (startsWith(text, from, to, FAMILY_NETLINK)) {
      return ObjectKind.NETLINK;
    }
    if (startsWith(text, from, to, FAMILY_UNIX)) {
      return ObjectKind.UNIX;
    }
    if (startsWith(text, from, to, FAMILY_INET)) {
      if (ByteText.indexOf(text, from, to, TYPE_STREAM) >= 0) {
        return ObjectKind.TCP;
      }
      return ByteText.indexOf(text, from, to, TYPE_DATAGRAM) >= 0
          ? ObjectKind.UDP
          : ObjectKind.OTHER;
    }
    return ObjectKind.OTHER;
  }

  /// The number of a bare socket's inode.
  static long inode(byte[] text, int from, int to) {
    int digits = from + SOCKET.length;
    return ByteText.number(text, digits, ByteText.endOfDigits(text, digits, to));
  }
}
