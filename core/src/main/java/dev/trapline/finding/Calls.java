// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import java.util.Set;

/// Groups of calls that rules speak of, by canonical name.
final class Calls {
  /// Wait for any of several descriptors.
  static final Set<String> WAITS =
      Set.of("select", "pselect6", "poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_pwait2");

  /// Look at every descriptor that they were given, at each call.
  static final Set<String> LINEAR_WAITS = Set.of("select", "pselect6", "poll", "ppoll");

  /// Take one buffer from a descriptor.
  static final Set<String> PLAIN_READS = Set.of("read", "recvfrom", "recvmsg");

  /// Give one buffer to a descriptor.
  static final Set<String> PLAIN_WRITES = Set.of("write", "sendto", "sendmsg");

  private static final Set<String> READS =
      Set.of(
          "read",
          "readv",
          "pread64",
          "preadv",
          "preadv2",
          "recvfrom",
          "recvmsg",
          "recvmmsg",
          "accept",
          "accept4");

  private static final Set<String> WRITES =
      Set.of(
          "write",
          "writev",
          "pwrite64",
          "pwritev",
          "pwritev2",
          "sendto",
          "sendmsg",
          "sendmmsg",
          "sendfile",
          "splice");

  private static final Set<ObjectKind> STREAMS =
      Set.of(ObjectKind.TCP, ObjectKind.UNIX, ObjectKind.PIPE, ObjectKind.VSOCK);

  private Calls() {}

  static boolean isWait(Key key) {
    return WAITS.contains(key.syscall());
  }

  /// Whether it takes data from what may have none yet: not from a file, and not from a descriptor
  /// that only wakes up.
  static boolean isRead(Key key) {
    return READS.contains(key.syscall()) && carriesData(key);
  }

  static boolean isWrite(Key key) {
    return WRITES.contains(key.syscall()) && carriesData(key);
  }

  private static boolean carriesData(Key key) {
    ObjectKind object = key.object();
    return object != ObjectKind.FILE
        && object != ObjectKind.EVENTFD
        && object != ObjectKind.TIMERFD
        && object != ObjectKind.NETLINK;
  }

  /// Whether bytes have no borders in what the descriptor is.
  static boolean isStream(Key key) {
    return key.object() != null && STREAMS.contains(key.object());
  }

  static boolean isOn(Key key, ObjectKind object) {
    return key.object() == object;
  }

  /// The calls that found nothing there.
  static long wouldBlock(Count count) {
    return count.errors().getOrDefault("EAGAIN", 0L);
  }

  /// Bytes of a successful call; 0 if they are unknown or none.
  static double bytesPerCall(Count count) {
    Long bytes = count.bytes();
    long successful = count.calls() - count.failedCalls();
    return bytes == null || successful == 0 ? 0 : (double) bytes / successful;
  }

  /// What so many calls cost at the least: each as much as the cheapest tenth of them. Only calls
  /// that hardly ever sleep can be told so, whose wall time is work; 0 for others, since their
  /// sleeping and waking moves to another call when they go away.
  static double leastWorkNanos(Count count) {
    LatencyHistogram latency = count.latency();
    Long wall = count.wallNanos();
    Long work = count.workNanos();
    if (latency == null || latency.total() == 0 || wall == null || work == null) {
      return 0;
    }
    boolean sleeps = work < MOSTLY_WORK * wall;
    double least = latency.quantileNanos(CHEAPEST) * (double) count.calls();
    return sleeps ? 0 : Math.min(least, (double) work);
  }

  /// A few preemptions are allowed for.
  private static final double MOSTLY_WORK = 0.5;

  private static final double CHEAPEST = 0.1;
}
