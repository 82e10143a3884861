// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.CallKind;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Waiting that costs more than it must.
final class WaitRules {
  static final List<FindingRule> RULES =
      List.of(
          FindingRule.ofSides(
              "wait-per-io",
              "Every read or write is preceded by a wait of its own.",
              WaitRules::waitPerIo),
          FindingRule.ofSides(
              "eagain-spinning",
              "A thread asks again and again for data that is not there.",
              WaitRules::spinning),
          FindingRule.ofSides(
              "poll-of-many-descriptors",
              "select or poll looks through many descriptors at each call.",
              WaitRules::manyDescriptors),
          FindingRule.ofSides(
              "futex-contention", "Threads fight over a lock.", WaitRules::contention));

  /// One wait for one read or write, with room for some that brought several and some that were for
  /// nothing. A loop that reads until EAGAIN has one wait for two calls, which is 0.5.
  private static final double LEAST_WAITS = 0.7;

  private static final double MOST_WAITS = 1.4;

  /// Reading until EAGAIN gives one EAGAIN for each wait, which is right; twice as many is not.
  private static final double EAGAIN_PER_WAIT = 2;

  private static final double EAGAIN_SHARE = 0.5;

  /// A poll of one descriptor costs less than a read or write with its data; of many it does not.
  private static final double DEARER_THAN_IO = 3;

  /// Looking at a hundred idle descriptors takes a few microseconds; less is not worth a change.
  private static final double DEAR_NANOS = 4000;

  /// The word changed between the look at it and the wait for it: others want it at that moment.
  private static final double CONTENDED = 0.02;

  /// Who waits for work waits long; who waits for a lock waits as long as others hold it, which is
  /// rarely longer than a few slices of the scheduler.
  private static final long IDLE_NANOS = 10_000_000;

  private WaitRules() {}

  private static boolean movesData(Key key) {
    return Calls.isRead(key) || Calls.isWrite(key);
  }

  private static Optional<Finding> waitPerIo(Draft draft, Side side) {
    SortedMap<CallKind, Count> waits = new TreeMap<>();
    SortedMap<CallKind, Count> io = new TreeMap<>();
    side.threads()
        .values()
        .forEach(counts -> {
          double waited = Side.sum(counts, Calls::isWait).calls();
          Count moved = Side.sum(counts, WaitRules::movesData);
          double done = moved.calls() - moved.failedCalls();
          if (done > 0 && waited >= LEAST_WAITS * done && waited <= MOST_WAITS * done) {
            Side.kinds(counts, Calls::isWait)
                .forEach((kind, count) -> waits.merge(kind, count, Count::plus));
            Side.kinds(counts, WaitRules::movesData)
                .forEach((kind, count) -> io.merge(kind, count, Count::plus));
          }
        });
    Count all = sum(waits);
    if (!side.matters(all)) {
      return Optional.empty();
    }
    return draft
        .rows(side, waits)
        .rows(side, io)
        .figure(
            "waits for one read or write",
            all.calls() / (double) (sum(io).calls() - sum(io).failedCalls()),
            "ratio",
            Draft.row(side, Draft.name(waits.firstKey())))
        .confidence(
            side.tellsThreads()
                ? Confidence.high("the same threads make one wait for one read or write")
                : Confidence.medium("this capture does not tell threads apart"),
            side)
        .gain(
            side,
            waits.values().stream().mapToDouble(Calls::leastWorkNanos).sum(),
            all,
            "the waits go away; where they sleep, the sleeping and waking moves to the read, so"
                + " that less than all of it is saved")
        .advise(
            "With one descriptor: read it blocking, with SO_RCVTIMEO where a limit is needed. With"
                + " several: read until EAGAIN before the next wait, or let one wait bring several"
                + " events (epoll_wait with room for many, edge-triggered).",
            "clearly fewer waits than reads and writes");
  }

  private static Optional<Finding> spinning(Draft draft, Side side) {
    SortedMap<CallKind, Count> spun = new TreeMap<>();
    side.threads()
        .values()
        .forEach(counts -> {
          long waits = Side.sum(counts, Calls::isWait).calls();
          Side.kinds(counts, WaitRules::movesData)
              .forEach((kind, count) -> {
                long nothing = Calls.wouldBlock(count);
                if (nothing >= EAGAIN_SHARE * count.calls() && nothing >= EAGAIN_PER_WAIT * waits) {
                  spun.merge(kind, count, Count::plus);
                }
              });
        });
    Count all = sum(spun);
    long nothing = Calls.wouldBlock(all);
    if (!side.matters(all) || !side.isDataPath(nothing)) {
      return Optional.empty();
    }
    Long work = all.workNanos();
    return draft
        .rows(side, spun)
        .figure(
            "of these calls found nothing (EAGAIN)",
            (double) nothing / all.calls(),
            "share",
            Draft.row(side, Draft.name(spun.firstKey())))
        .confidence(
            Confidence.high("most calls of this kind fail with EAGAIN, without waits between"),
            side)
        .gain(
            side,
            0,
            work == null ? 0 : (double) work * nothing / all.calls(),
            "the calls that find nothing cost no more than the others; waits come in their place,"
                + " at most one for each call that finds something")
        .advise(
            "Wait with epoll_wait or ppoll after an EAGAIN, or leave O_NONBLOCK off. If it spins on"
                + " purpose, for latency: SO_BUSY_POLL does it in the kernel, and the CPU that it"
                + " takes belongs into the figures.",
            "at most one EAGAIN for each wait");
  }

  private static Optional<Finding> manyDescriptors(Draft draft, Side side) {
    SortedMap<CallKind, Count> polls = new TreeMap<>();
    double ioCalls = 0;
    double ioWork = 0;
    for (SortedMap<Key, Count> counts : side.threads().values()) {
      Count waits = Side.sum(counts, key -> Calls.LINEAR_WAITS.contains(key.syscall()));
      Count moved = Side.sum(counts, WaitRules::movesData);
      Long waitWork = waits.workNanos();
      Long movedWork = moved.workNanos();
      if (waits.calls() == 0 || waitWork == null || movedWork == null) {
        continue;
      }
      double perWait = (double) waitWork / waits.calls();
      double perMove = moved.calls() == 0 ? 0 : (double) movedWork / moved.calls();
      if (perWait >= DEAR_NANOS && perWait >= DEARER_THAN_IO * perMove) {
        Side.kinds(counts, key -> Calls.LINEAR_WAITS.contains(key.syscall()))
            .forEach((kind, count) -> polls.merge(kind, count, Count::plus));
        ioCalls += moved.calls();
        ioWork += movedWork;
      }
    }
    Count all = sum(polls);
    Long work = all.workNanos();
    if (work == null || !side.matters(all)) {
      return Optional.empty();
    }
    double perMove = ioCalls == 0 ? 0 : ioWork / ioCalls;
    double perPoll = (double) work / all.calls();
    draft
        .rows(side, polls)
        .figure(
            "work of one such wait", perPoll, "ns", Draft.row(side, Draft.name(polls.firstKey())));
    if (ioCalls > 0) {
      draft.figure(
          "work of one read or write of the same threads",
          perMove,
          "ns",
          Draft.row(side, "all reads and writes"));
    }
    return draft
        .confidence(
            Confidence.medium(
                "a wait that costs so much more than a read looks through many descriptors; how"
                    + " many is not in the counts"),
            side)
        .gain(
            side,
            Math.max(
                0,
                polls.values().stream().mapToDouble(Calls::leastWorkNanos).sum()
                    - all.calls() * Math.max(perMove, 0)),
            all,
            "epoll_wait costs no more than a read or write of the same threads, however many"
                + " descriptors are idle")
        .advise(
            "Use epoll: the kernel keeps the set, and a wait costs what is ready, not what is"
                + " watched. trapline record -- strace -e select,poll shows how many descriptors"
                + " there are.",
            "epoll_wait with far less work for each call");
  }

  private static Optional<Finding> contention(Draft draft, Side side) {
    Count waits = side.sum(WaitRules::waitsForLock);
    Count others = side.sum(key -> waits(key) && !waitsForLock(key));
    Count futexes = side.sum(WaitRules::isFutex);
    boolean othersCollide = Calls.wouldBlock(others) >= CONTENDED * others.calls();
    Count suspects = othersCollide ? waits.plus(others) : waits;
    long changed = Calls.wouldBlock(suspects);
    if (!side.isDataPath(suspects.calls()) || !side.matters(futexes)) {
      return Optional.empty();
    }
    LatencyHistogram latency = suspects.latency();
    Long typical =
        latency == null || latency.total() == 0 ? null : Long.valueOf(latency.quantileNanos(0.5));
    boolean collides = changed >= CONTENDED * suspects.calls();
    if (typical == null ? !collides : typical >= IDLE_NANOS) {
      return Optional.empty();
    }
    draft
        .rows(side, side.kinds(WaitRules::isFutex))
        .figure(
            "waits that found the lock changed already (EAGAIN)",
            (double) changed / suspects.calls(),
            "share",
            Draft.row(side, "futex WAIT"));
    if (typical != null) {
      draft.figure("one wait, median", typical, "ns", Draft.row(side, "futex WAIT"));
    }
    return draft
        .confidence(
            typical == null
                ? Confidence.low("how long a wait lasts is not known, and idle threads wait too")
                : collides
                    ? Confidence.high(
                        "waits are many and short, and found the word changed meanwhile; idle"
                            + " threads wait long and find it as it was")
                    : Confidence.medium(
                        "waits are many and short, by the operation of glibc's locks; its condition"
                            + " variables use another, but not every runtime does"),
            side)
        .gain(side, 0, futexes, "no two threads want the lock at once; what they do under it stays")
        .advise(
            "Hold the lock for less (no syscalls under it), take it less often, or split it: one for"
                + " each thread, bucket or connection. perf lock or a profile with call chains says"
                + " which lock it is.",
            "few futex calls for the same work: a lock that nobody else wants makes none");
  }

  private static boolean isFutex(Key key) {
    return key.syscall().equals("futex");
  }

  private static boolean waits(Key key) {
    String request = key.request();
    return isFutex(key)
        && request != null
        && (request.startsWith("FUTEX_WAIT") || request.startsWith("FUTEX_LOCK"))
        && !request.startsWith("FUTEX_WAIT_REQUEUE");
  }

  /// glibc's mutexes wait with FUTEX_WAIT (lll_futex_wait of lowlevellock-futex.h) and priority
  /// inheriting ones with FUTEX_LOCK_PI; its condition variables, semaphores and joins wait with
  /// FUTEX_WAIT_BITSET (futex-internal.c).
  private static boolean waitsForLock(Key key) {
    String request = key.request();
    return waits(key) && request != null && !request.startsWith("FUTEX_WAIT_BITSET");
  }

  private static Count sum(Map<CallKind, Count> kinds) {
    return kinds.values().stream().reduce(Count.NONE, Count::plus);
  }
}
