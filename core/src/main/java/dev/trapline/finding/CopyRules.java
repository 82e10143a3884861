// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.analysis.CallKind;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Bytes that pass through user space without need.
final class CopyRules {
  static final List<FindingRule> RULES =
      List.of(
          FindingRule.ofSides(
              "copy-between-descriptors",
              "Data is read from one descriptor only to be written to another.",
              CopyRules::between),
          FindingRule.ofSides(
              "large-sends-copied",
              "Large sends are copied into the kernel.",
              CopyRules::largeSends));

  /// What a thread reads and writes is the same data if the sums are as near as this; a protocol of
  /// its own would add more.
  private static final double SAME_WITHIN = 0.02;

  /// Less is a configuration file, not a data path.
  private static final long LEAST_BYTES = 1 << 20;

  /// Below, pinning pages costs more than copying them: "generally only effective at writes over
  /// around 10 KB", Documentation/networking/msg_zerocopy.rst.
  private static final double LARGE_BYTES = 10_000;

  /// A fifth of the work, since only a part of it is the copy.
  private static final double LEAST_SHARE = 0.2;

  private static final Set<String> READS = Set.of("read", "readv", "pread64", "recvfrom");
  private static final Set<String> WRITES = Set.of("write", "writev", "sendto", "sendmsg");

  private CopyRules() {}

  private static boolean canSplice(Key key) {
    ObjectKind object = key.object();
    return object == ObjectKind.FILE
        || object == ObjectKind.TCP
        || object == ObjectKind.UNIX
        || object == ObjectKind.PIPE;
  }

  private static Optional<Finding> between(Draft draft, Side side) {
    SortedMap<CallKind, Count> reads = new TreeMap<>();
    SortedMap<CallKind, Count> writes = new TreeMap<>();
    side.threads()
        .values()
        .forEach(counts ->
            Side.kinds(counts, key -> READS.contains(key.syscall()) && canSplice(key))
                .forEach((from, read) ->
                    Side.kinds(counts, key -> WRITES.contains(key.syscall()) && canSplice(key))
                        .forEach((to, written) -> {
                          if (sameBytes(read, written) && from.object() != to.object()) {
                            reads.merge(from, read, Count::plus);
                            writes.merge(to, written, Count::plus);
                          }
                        })));
    Count read = sum(reads);
    Count both = read.plus(sum(writes));
    Long bytes = read.bytes();
    if (!side.matters(both) || bytes == null) {
      return Optional.empty();
    }
    return draft
        .rows(side, reads)
        .rows(side, writes)
        .figure(
            "read and written again",
            bytes / side.divisor(),
            side.per("bytes"),
            Draft.row(side, Draft.name(reads.firstKey())))
        .confidence(
            Confidence.medium(
                "a thread reads as many bytes from one kind of descriptor as it writes to another;"
                    + " whether it changes them between is not seen"),
            side)
        .gain(
            side,
            0,
            read,
            "the bytes are passed on unchanged; the reads go away. The copying part of the writes"
                + " goes too where the receiver is a network card, and is not counted here")
        .advise(
            "From a file to a socket: sendfile(2). Between a socket and a pipe: splice(2); between"
                + " two sockets: splice through a pipe. Between files: copy_file_range(2).",
            "sendfile, splice or copy_file_range in place of the reads and writes");
  }

  private static boolean sameBytes(Count read, Count written) {
    Long in = read.bytes();
    Long out = written.bytes();
    return in != null && out != null && in >= LEAST_BYTES && Math.abs(in - out) <= SAME_WITHIN * in;
  }

  /// Only of recordings: the built-in environments have no network card, and a packet that stays on
  /// the machine is copied after all ("Loopback" of msg_zerocopy.rst).
  private static Optional<Finding> largeSends(Draft draft, Side side) {
    SortedMap<CallKind, Count> sends = new TreeMap<>();
    side.kinds(key -> WRITES.contains(key.syscall()) && Calls.isOn(key, ObjectKind.TCP))
        .forEach((kind, count) -> {
          if (Calls.bytesPerCall(count) >= LARGE_BYTES) {
            sends.put(kind, count);
          }
        });
    Count all = sum(sends);
    boolean takesNotices =
        side.counts().entrySet().stream()
            .anyMatch(entry ->
                entry.getKey().syscall().equals("recvmsg")
                    && Calls.isOn(entry.getKey(), ObjectKind.TCP)
                    && entry.getValue().calls() > entry.getValue().failedCalls()
                    && Calls.bytesPerCall(entry.getValue()) == 0);
    if (side.where().test() != null
        || takesNotices
        || !side.matters(all)
        || side.share(all) < LEAST_SHARE) {
      return Optional.empty();
    }
    return draft
        .rows(side, sends)
        .figure(
            "mean of a send",
            Calls.bytesPerCall(all),
            "bytes",
            Draft.row(side, Draft.name(sends.firstKey())))
        .confidence(
            Confidence.low(
                "where the peer is, and what part of the work is copying, is not in the counts"),
            side)
        .advise(
            "If the peer is reached by a network card: MSG_ZEROCOPY (SO_ZEROCOPY, completions by the"
                + " error queue), or sendfile(2) for what is in a file. To a peer on the same"
                + " machine neither saves the copy. perf record -g shows beforehand whether copying"
                + " is worth it.",
            "less work for the same bytes; recvmsg calls for the completions");
  }

  private static Count sum(SortedMap<CallKind, Count> kinds) {
    return kinds.values().stream().reduce(Count.NONE, Count::plus);
  }
}
