// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Quantity;
import dev.trapline.study.PayloadAmount;
import dev.trapline.tally.Count;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What the counts of one syscall mean, in sentences. Each sentence has the figures that it was
/// computed from; where something was assumed it says so; and nothing is divided by what another
/// side, test or run did.
final class Readings {
  static final Set<String> RECEIVING = Set.of("read", "readv", "recvfrom", "recvmsg");
  static final Set<String> SENDING = Set.of("write", "writev", "sendto", "sendmsg", "sendfile");

  /// In an order, so that sentences have one.
  static final Set<String> WAITING =
      new TreeSet<>(
          List.of(
              "select", "pselect6", "poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_pwait2"));

  /// Fewer transfers than this for a wait, and the waits are half of the calls.
  static final double ONE_TRANSFER_A_WAIT = 1.5;

  /// Payload of a full segment of TCP with timestamps on a link of 1500 bytes.
  private static final int SEGMENT = 1448;

  private static final double WHOLE_WITHIN = 0.05;
  private static final double AS_GOOD_AS_EXACT = 0.005;
  private static final double MENTIONABLE_SLEEP = 0.1;
  private static final double SELDOM = 0.05;
  private static final double WORTH_TELLING = 0.01;

  private final SeenCalls seen;

  Readings(SeenCalls seen) {
    this.seen = seen;
  }

  /// A sentence without the place that it is about, so that places with the same one share it.
  record Reading(String place, String text) {}

  /// Everything there is to say of the rows of one syscall.
  List<String> of(List<SeenCall> rows) {
    List<Reading> readings = new ArrayList<>();
    List<SeenCall> worth = rows.stream().filter(SeenCall::isWorthDividing).toList();
    worth.forEach(row -> bytesPerCall(row).ifPresent(readings::add));
    worth.forEach(row -> perMessage(row).ifPresent(readings::add));
    List<SeenCall> done = new ArrayList<>();
    for (SeenCall row : worth) {
      if (row.mayBeTraffic() && done.stream().noneMatch(row::isBeside)) {
        done.add(row);
        readings.addAll(ratios(row));
      }
    }
    rows.stream()
        .filter(row ->
            row.isWorthDividing()
                || (row.shareOfWork() != null && row.shareOfWork() >= WORTH_TELLING))
        .forEach(row -> measured(row).ifPresent(readings::add));
    return sentences(readings);
  }

  private static List<String> sentences(List<Reading> readings) {
    SequencedMap<String, List<String>> places = new LinkedHashMap<>();
    for (Reading reading : readings) {
      places.computeIfAbsent(reading.text(), _ -> new ArrayList<>()).add(reading.place());
    }
    return places.entrySet().stream()
        .map(entry -> String.join("; ", entry.getValue()) + ": " + entry.getKey())
        .toList();
  }

  // ---- bytes per call ------------------------------------------------------------------

  /// Mean size of a transfer: measured if it was, else by the payload if these calls carried it.
  record Size(double bytes, boolean measured) {}

  /// Null if neither is known.
  static @Nullable Size size(SeenCall row) {
    Count count = row.measured();
    Long bytes = count == null ? null : count.bytes();
    if (count != null && bytes != null) {
      long successful = count.calls() - count.failedCalls();
      return bytes <= 0 || successful <= 0 ? null : new Size((double) bytes / successful, true);
    }
    return isTransfer(row) && row.mayBeTraffic() && carriesPayload(row)
        ? payload(row).map(one -> new Size(one.bytes() / row.number(), false)).orElse(null)
        : null;
  }

  private static Optional<Reading> bytesPerCall(SeenCall row) {
    Size size = size(row);
    if (size != null && size.measured()) {
      return Optional.of(new Reading(at(row), Numbers.bytes(size.bytes()) + " a call, measured."));
    }
    Optional<PayloadAmount> payload = payload(row);
    if (payload.isEmpty() || !isTransfer(row) || !row.mayBeTraffic()) {
      return Optional.empty();
    }
    if (size == null) {
      return row.measured() == null ? againstThePayload(row) : Optional.empty();
    }
    Double other = payload.get().otherReading();
    return Optional.of(
        new Reading(
            at(row),
            payload.get().derivation()
                + " over "
                + Numbers.published(row.calls())
                + " calls is "
                + Numbers.bytes(size.bytes())
                + " a call"
                + (other == null
                    ? ""
                    : (other < payload.get().bytes()
                            ? ", taking the unit as a power of 2, as iperf3 does (as one of 10 it"
                                + " would be "
                            : ", taking the unit as a power of 10 (as one of 2 it would be ")
                        + Numbers.decimalBytes(other / row.number())
                        + ")")
                + (payload.get().derived() ? ", if the assumed duration holds" : "")
                + (row.count().role() == null
                    ? ", provided that this is the side that carried the payload"
                    : row.measured() == null
                        ? ""
                        : ", provided that these calls carried the payload; their own bytes were"
                            + " not measured")
                + "."
                + (size.bytes() < 2 * SEGMENT
                    ? ""
                    : " That is about "
                        + Numbers.whole(size.bytes() / SEGMENT)
                        + " full TCP segments of 1448 bytes: a call is not a packet.")));
  }

  private static Optional<Reading> againstThePayload(SeenCall row) {
    if (isReversed(row)) {
      return Optional.empty();
    }
    boolean sends = SENDING.contains(row.name());
    return Optional.of(
        new Reading(
            at(row),
            "the payload flows "
                + (sends ? "into" : "out of")
                + " this side and these calls "
                + (sends ? "send" : "receive")
                + ", so the bytes transferred tell nothing of their size."
                + (row.environment().vmm() == null || !sends
                    ? ""
                    : " In a VMM they put the guest's own frames on the tap, here"
                        + " acknowledgements.")));
  }

  private static Optional<PayloadAmount> payload(SeenCall row) {
    return row.test().equals("throughput") && row.number() > 0
        ? PayloadAmount.of(row.study(), row.count().environment(), row.count().run())
            .filter(payload -> payload.bytes() > 0)
        : Optional.empty();
  }

  static boolean isTransfer(SeenCall row) {
    return RECEIVING.contains(row.name()) || SENDING.contains(row.name());
  }

  /// Whether the calls are on the payload's way: into the server, out of the client.
  private static boolean carriesPayload(SeenCall row) {
    String role = row.count().role();
    return !isReversed(row)
        && (role == null
            || (role.equals("server") && RECEIVING.contains(row.name()))
            || (role.equals("client") && SENDING.contains(row.name())));
  }

  /// Whether the tool was told to send the other way, or both.
  private static boolean isReversed(SeenCall row) {
    String tool = " " + row.study().tools().getOrDefault("throughput", "") + " ";
    return tool.contains(" -R ") || tool.contains(" --reverse ") || tool.contains(" --bidir ");
  }

  // ---- per message ---------------------------------------------------------------------

  private static Optional<Reading> perMessage(SeenCall row) {
    Work work = row.work();
    if (work == null || !row.test().equals("latency")) {
      return Optional.empty();
    }
    double calls = row.number() / work.amount();
    if (calls == 0) {
      return Optional.empty();
    }
    String divided =
        Numbers.published(row.calls())
            + " calls for "
            + work.amountInWords()
            + (work.assumed() ? " (" + work.words() + ", an assumed duration)" : "");
    if (calls < SELDOM) {
      return Optional.of(
          new Reading(
              at(row),
              divided
                  + " is one in "
                  + Numbers.computed(1 / calls)
                  + " messages: not on the way of a message."));
    }
    double nearest = Math.rint(calls);
    boolean whole = nearest >= 1 && Math.abs(calls - nearest) <= WHOLE_WITHIN * nearest;
    return Optional.of(
        new Reading(
            at(row),
            divided
                + " is "
                + Numbers.computed(calls)
                + " a message"
                + Numbers.range(row.calls().low() / work.high(), row.calls().high() / work.low())
                + (whole
                    ? ": "
                        + Numbers.whole(nearest)
                        + " with every message"
                        + (Math.abs(calls - nearest) <= AS_GOOD_AS_EXACT * nearest
                            ? "."
                            : ", to within 5%.")
                    : ", no whole number: not every message causes the same.")));
  }

  // ---- ratios --------------------------------------------------------------------------

  private List<Reading> ratios(SeenCall row) {
    List<Reading> readings = new ArrayList<>();
    if (WAITING.contains(row.name())) {
      transfersPerWait(row).ifPresent(wait -> readings.add(wait.reading()));
    } else if (isTransfer(row)) {
      for (String wait : WAITING) {
        ratio(row, wait).ifPresent(readings::add);
      }
    }
    String partner =
        switch (row.name()) {
          case "recvfrom" -> "sendto";
          case "sendto" -> "recvfrom";
          case "recvmsg" -> "sendmsg";
          case "sendmsg" -> "recvmsg";
          default -> null;
        };
    if (partner != null) {
      ratio(row, partner).ifPresent(readings::add);
    }
    return readings;
  }

  private Optional<Reading> ratio(SeenCall row, String partner) {
    SeenCalls.Sum own = seen.beside(row, row.name());
    SeenCalls.Sum other = seen.beside(row, partner);
    if (own == null || other == null || other.number() == 0 || own.number() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Reading(
            row.place(),
            own.words()
                + " to "
                + other.words()
                + ", "
                + Numbers.computed(own.number() / other.number())
                + " : 1"
                + Numbers.range(own.low() / other.high(), own.high() / other.low())
                + (row.count().role() == null
                    ? "; as no side is told, each may be a sum over both sides."
                    : ".")));
  }

  /// How much one wait of an event loop is good for.
  record TransfersPerWait(double ratio, Reading reading) {}

  /// Of the side of a wait call; empty if no transfers were counted there.
  Optional<TransfersPerWait> transfersPerWait(SeenCall wait) {
    SeenCalls.Sum waits = seen.beside(wait, wait.name());
    List<String> parts = new ArrayList<>();
    double transfers = 0;
    double low = 0;
    double high = 0;
    for (String name : seen.counted()) {
      SeenCalls.Sum sum =
          RECEIVING.contains(name) || SENDING.contains(name) ? seen.beside(wait, name) : null;
      if (sum != null) {
        parts.add(sum.words());
        transfers += sum.number();
        low += sum.low();
        high += sum.high();
      }
    }
    if (waits == null || waits.number() == 0 || transfers == 0) {
      return Optional.empty();
    }
    double perWait = transfers / waits.number();
    return Optional.of(
        new TransfersPerWait(
            perWait,
            new Reading(
                wait.place(),
                String.join(" + ", parts)
                    + " for "
                    + waits.words()
                    + ", "
                    + Numbers.computed(perWait)
                    + (parts.size() == 1 ? " a wait" : " transfers a wait")
                    + Numbers.range(low / waits.high(), high / waits.low())
                    + (perWait < ONE_TRANSFER_A_WAIT
                        ? ": the loop pays a second syscall for nearly every transfer."
                        : ": one wake-up serves several."))));
  }

  // ---- measured ------------------------------------------------------------------------

  private static Optional<Reading> measured(SeenCall row) {
    Count count = row.measured();
    if (count == null || count.calls() == 0) {
      return Optional.empty();
    }
    List<String> parts = new ArrayList<>();
    Long work = count.workNanos();
    Long blocked = count.blockedNanos();
    if (work != null && count.timedCalls() > 0) {
      parts.add(Quantity.nanos((double) work / count.timedCalls()) + " of work a call");
      if (row.shareOfWork() != null) {
        parts.add(Numbers.percent(row.shareOfWork()) + " of this side's work in syscalls");
      }
      if (blocked != null && blocked > work * MENTIONABLE_SLEEP) {
        parts.add(
            Quantity.nanos((double) blocked / count.timedCalls())
                + " asleep a call, which is waiting and no cost");
      }
    }
    List<String> errors = new ArrayList<>();
    count
        .errors()
        .forEach((errno, calls) -> {
          if (calls > WORTH_TELLING * count.calls()) {
            errors.add(errno + " " + Numbers.percent((double) calls / count.calls()));
          }
        });
    if (!errors.isEmpty()) {
      parts.add("failed: " + String.join(", ", errors));
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(new Reading(at(row), String.join("; ", parts) + "."));
  }

  /// Place, and what the descriptor was if that is known.
  static String at(SeenCall row) {
    return row.place() + (row.on().isEmpty() ? "" : " (" + row.on() + ")");
  }
}
