// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.CallKind;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Calls that need not be there, or not so many of them.
final class CallRules {
  static final List<FindingRule> RULES =
      List.of(
          FindingRule.ofSides(
              "small-unvectored-io",
              "Small pieces of a stream are moved by a call each.",
              CallRules::smallUnvectored),
          FindingRule.ofSides(
              "unbatched-udp", "Datagrams are moved by a call each.", CallRules::unbatchedUdp),
          FindingRule.ofSides(
              "socket-options-in-data-path",
              "Socket options are set or asked for again and again.",
              CallRules::socketOptions),
          FindingRule.ofSides(
              "clock-calls-in-data-path",
              "The time is asked for by a real syscall.",
              CallRules::clocks),
          FindingRule.ofSides(
              "identity-calls-in-data-path",
              "The process asks the kernel who it is, again and again.",
              CallRules::identities));

  /// From about a page on, copying costs as much as the call around it.
  static final double SMALL_BYTES = 4096;

  /// One call for each piece, and not for two: what a request and its answer need.
  private static final double PIECES = 2;

  /// What one call can take at the most: UIO_MAXIOV of a vector is far more; 64 segments is the
  /// limit of UDP_SEGMENT (UDP_MAX_SEGMENTS of include/linux/udp.h up to Linux 6.8, 128 after).
  private static final double SEGMENTS = 64;

  /// More than an Ethernet frame of 1500 bytes takes with its IP and UDP headers went as one call
  /// for several datagrams already (GSO), or is fragmented.
  private static final double LARGEST_DATAGRAM = 1472;

  private static final Set<String> OPTIONS = Set.of("setsockopt", "getsockopt");

  private static final Set<String> CLOCKS =
      Set.of("clock_gettime", "gettimeofday", "time", "getrusage", "times");

  private static final Set<String> IDENTITIES =
      Set.of(
          "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getpgrp",
          "getsid", "getpgid");

  private CallRules() {}

  /// Of threads that do one thing several times without doing the other or waiting: the calls that
  /// could have been one.
  private static SortedMap<CallKind, Count> runsOf(
      Side side, Set<String> names, java.util.function.Predicate<Key> on, double largest) {
    SortedMap<CallKind, Count> found = new TreeMap<>();
    side.threads()
        .forEach((thread, counts) -> {
          boolean writes = names.equals(Calls.PLAIN_WRITES);
          Count others =
              Side.sum(
                  counts,
                  key -> Calls.isWait(key) || (writes ? Calls.isRead(key) : Calls.isWrite(key)));
          Side.kinds(counts, key -> names.contains(key.syscall()) && on.test(key))
              .forEach((kind, count) -> {
                double bytes = Calls.bytesPerCall(count);
                long moved = count.calls() - count.failedCalls();
                if (bytes > 0 && bytes <= largest && moved >= PIECES * others.calls()) {
                  found.merge(kind, count, Count::plus);
                }
              });
        });
    return found;
  }

  private static Optional<Finding> smallUnvectored(Draft draft, Side side) {
    SortedMap<CallKind, Count> small =
        runsOf(side, Calls.PLAIN_WRITES, Calls::isStream, SMALL_BYTES - 1);
    runsOf(side, Calls.PLAIN_READS, Calls::isStream, SMALL_BYTES - 1)
        .forEach((kind, count) -> small.merge(kind, count, Count::plus));
    Count all = sum(small);
    if (!side.matters(all)) {
      return Optional.empty();
    }
    double least = 0;
    double most = 0;
    for (Count count : small.values()) {
      double bytes = Calls.bytesPerCall(count);
      double goesAway = 1 - bytes / SMALL_BYTES;
      Long work = count.workNanos();
      least += Calls.leastWorkNanos(count) * goesAway * goesAway;
      most += work == null ? 0 : work * goesAway;
    }
    draft.rows(side, small);
    small.forEach((kind, count) ->
        draft.figure(
            Draft.name(kind) + ", mean of a call",
            Calls.bytesPerCall(count),
            "bytes",
            Draft.row(side, Draft.name(kind))));
    return draft
        .confidence(
            side.tellsThreads()
                ? Confidence.high(
                    "the same threads make at least two such calls for each time they wait or turn"
                        + " round")
                : Confidence.medium("this capture does not tell threads apart"),
            side)
        .gain(
            side,
            least,
            most,
            "the pieces are there at the same time, and go in calls of 4 KiB; what a call costs"
                + " without its bytes goes away for all others")
        .advise(
            "Put pieces together before they go: writev(2) for a header and its body, a buffer of"
                + " some KiB for a stream (stdio, BufferedOutputStream, bufio), MSG_MORE or"
                + " TCP_CORK where they cannot be put together. Read into a buffer of some KiB and"
                + " take the pieces from there.",
            "fewer calls with more bytes each, for the same bytes");
  }

  private static Optional<Finding> unbatchedUdp(Draft draft, Side side) {
    SortedMap<CallKind, Count> single =
        runsOf(side, Calls.PLAIN_WRITES, key -> Calls.isOn(key, ObjectKind.UDP), LARGEST_DATAGRAM);
    runsOf(side, Calls.PLAIN_READS, key -> Calls.isOn(key, ObjectKind.UDP), LARGEST_DATAGRAM)
        .forEach((kind, count) -> single.merge(kind, count, Count::plus));
    Count all = sum(single);
    Long work = all.workNanos();
    if (!side.matters(all)) {
      return Optional.empty();
    }
    return draft
        .rows(side, single)
        .figure(
            "mean of a datagram",
            Calls.bytesPerCall(all),
            "bytes",
            Draft.row(side, Draft.name(single.firstKey())))
        .confidence(
            side.tellsThreads()
                ? Confidence.high(
                    "the same threads move at least two datagrams for each time they wait or turn"
                        + " round")
                : Confidence.medium("this capture does not tell threads apart"),
            side)
        .gain(
            side,
            0,
            work == null ? 0 : work * (1 - 1 / SEGMENTS),
            "datagrams are there at the same time and go 64 at once by UDP_SEGMENT, which passes"
                + " the stack once; sendmmsg(2) saves only the entries and may save next to"
                + " nothing of this")
        .advise(
            "Send many datagrams of one size to one peer with UDP_SEGMENT (GSO, Linux 4.18 on), any"
                + " others with sendmmsg(2); receive with UDP_GRO (5.0 on) or recvmmsg(2).",
            "fewer calls for the same datagrams");
  }

  private static Optional<Finding> socketOptions(Draft draft, Side side) {
    return needless(
        draft,
        side,
        OPTIONS,
        "Set an option once, when the socket is made, and remember what getsockopt said. TCP_QUICKACK"
            + " does not last and is the exception: use it only where it was shown to help.");
  }

  private static Optional<Finding> clocks(Draft draft, Side side) {
    return needless(
        draft,
        side,
        CLOCKS,
        "clock_gettime and gettimeofday make no syscall where the vDSO can read the clock, and are"
            + " not counted then. If they are, look at"
            + " /sys/devices/system/clocksource/clocksource0/current_clocksource (tsc and kvm-clock"
            + " are read without a call, hpet and acpi_pm are not), at static or statically traced"
            + " binaries, and at clocks of CPU time, which always call. Otherwise ask less often.");
  }

  private static Optional<Finding> identities(Draft draft, Side side) {
    return needless(
        draft,
        side,
        IDENTITIES,
        "Keep the answer: it changes at a fork at most (pthread_atfork). glibc has not kept it since"
            + " 2.25.");
  }

  private static Optional<Finding> needless(
      Draft draft, Side side, Set<String> names, String advice) {
    SortedMap<CallKind, Count> kinds = side.kinds(key -> names.contains(key.syscall()));
    Count all = sum(kinds);
    if (!side.matters(all)) {
      return Optional.empty();
    }
    return draft
        .rows(side, kinds)
        .confidence(Confidence.high("these calls move no data"), side)
        .gain(
            side,
            kinds.values().stream().mapToDouble(Calls::leastWorkNanos).sum(),
            all,
            "the calls go away and nothing comes in their place")
        .advise(advice, "hardly any such call left");
  }

  private static Count sum(Map<CallKind, Count> kinds) {
    return kinds.values().stream().reduce(Count.NONE, Count::plus);
  }
}
