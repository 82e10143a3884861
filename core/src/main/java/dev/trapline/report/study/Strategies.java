// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import dev.trapline.report.Document;
import dev.trapline.study.StudyEnvironment;
import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/// Ways to make fewer or cheaper calls, each with a condition on what was seen. One whose condition
/// is not met is not advised, and where people would expect it the reason is given.
final class Strategies {
  /// A call this often is on the way of a message.
  private static final double ONCE_A_MESSAGE = 0.9;

  private static final double EVERY_SECOND_MESSAGE = 0.5;

  /// One call for ten messages; or for each 10 MiB, some 160 frames of 64 KiB.
  private static final double HAND_OVER_PER_MESSAGE = 0.1;

  private static final double PER_GIBIBYTE = 100;

  /// Below this the fixed price of a call weighs as much as its copy; a quarter of the largest GSO
  /// frame.
  private static final double SMALL_TRANSFER = 16 * 1024;

  /// From here on zero-copy pays: kernel documentation, networking/msg_zerocopy.rst, "over around
  /// 10 KB".
  private static final double WORTH_NOT_COPYING = 10_000;

  private static final double MANY_FAILURES = 0.3;

  private final SeenCalls seen;
  private final Readings readings;

  Strategies(SeenCalls seen) {
    this.seen = seen;
    readings = new Readings(seen);
  }

  List<Strategy> all() {
    return List.of(
        vhost(),
        fewerReturns(),
        drainPerWait(),
        busyPoll(),
        handOvers(),
        largerTransfers(),
        zeroCopy(),
        emptyReads(),
        otherMultiplexer(),
        batching());
  }

  void addTo(Document document) {
    List<Strategy> all = all();
    document.add(new Document.Heading(2, "What would make fewer or cheaper calls"));
    List<String> against = new ArrayList<>();
    for (Strategy strategy : all) {
      if (strategy.applies()) {
        document.add(new Document.Heading(3, strategy.title()));
        document.add(new Document.Paragraph(strategy.advice()));
        document.add(new Document.Bullets(strategy.evidence()));
      } else if (!strategy.against().isEmpty()) {
        against.add(strategy.title() + ": " + strategy.against());
      }
    }
    if (all.stream().noneMatch(Strategy::applies)) {
      document.add(new Document.Paragraph("Nothing that was counted speaks for a change."));
    }
    if (!against.isEmpty()) {
      document.add(new Document.Heading(3, "Not supported by these figures"));
      document.add(new Document.Bullets(against));
    }
  }

  // ---- rules ---------------------------------------------------------------------------

  private Strategy vhost() {
    List<String> evidence = new ArrayList<>();
    for (SeenCall row : seen.of("ioctl")) {
      if (isOften(row, EVERY_SECOND_MESSAGE) && isOnDeviceModel(row) && !isFirecracker(row)) {
        evidence.add(figure(row) + compared(row));
      }
    }
    for (SeenCall row : seen.rows()) {
      if (row.count().object() == ObjectKind.TUN
          && Readings.isTransfer(row)
          && isOften(row, EVERY_SECOND_MESSAGE)) {
        evidence.add(figure(row) + ": frames go through user space.");
      }
    }
    return new Strategy(
        "vhost-net in place of virtio-net in user space",
        "QEMU: -netdev tap,vhost=on. The kernel's vhost worker moves frames between tap and guest,"
            + " kicks and interrupts go through ioeventfd and irqfd, and the VMM's loop is left out."
            + " The work does not vanish, it moves to a worker thread that no syscall count shows:"
            + " charge the worker's CPU time before you call it saved. VM exits may stay as many.",
        evidence,
        "");
  }

  /// What the same VMM did with vhost, if that was counted on the same side.
  private String compared(SeenCall row) {
    for (SeenCall other : seen.of("ioctl")) {
      String network = other.environment().network();
      if (other.isOf(row.study())
          && other.test().equals(row.test())
          && Objects.equals(other.environment().vmm(), row.environment().vmm())
          && network != null
          && isVhost(network)) {
        if (!Objects.equals(other.count().role(), row.count().role())) {
          return "; "
              + other.where()
              + " "
              + Numbers.published(other.calls())
              + ", "
              + (other.count().role() == null ? "side not told" : other.count().role())
              + ", so the two are not divided.";
        }
        Double perUnit = row.perUnit();
        Double otherPerUnit = other.perUnit();
        return "; "
            + other.where()
            + " "
            + Numbers.published(other.calls())
            + ", "
            + Numbers.percent(1 - other.number() / row.number())
            + " fewer calls"
            + (perUnit == null || otherPerUnit == null || row.work() == null
                ? "."
                : " and "
                    + Numbers.percent(1 - otherPerUnit / perUnit)
                    + " fewer per "
                    + row.work().unit()
                    + ".");
      }
    }
    return ".";
  }

  private Strategy fewerReturns() {
    List<String> evidence = new ArrayList<>();
    for (SeenCall row : seen.of("ioctl")) {
      if (isOften(row, EVERY_SECOND_MESSAGE) && isFirecracker(row)) {
        evidence.add(figure(row) + ".");
      }
    }
    return new Strategy(
        "Fewer returns of a vCPU to Firecracker",
        "With virtio-mmio every interrupt makes the guest read and acknowledge a register, and both"
            + " accesses return KVM_RUN to the VMM. MSI-X over PCI has no such registers: newer"
            + " Firecracker has PCI transport as an option. Firecracker has no vhost-net. Which"
            + " requests these ioctls were is not in a count: split them by request and exit reason"
            + " first.",
        evidence,
        "");
  }

  private Strategy drainPerWait() {
    List<String> evidence = new ArrayList<>();
    List<SeenCall> done = new ArrayList<>();
    for (SeenCall row : seen.where(one -> Readings.WAITING.contains(one.name()))) {
      if (row.test().equals("throughput") && done.stream().noneMatch(row::isBeside)) {
        done.add(row);
        readings
            .transfersPerWait(row)
            .filter(wait -> wait.ratio() < Readings.ONE_TRANSFER_A_WAIT)
            .ifPresent(wait -> evidence.add(wait.reading().place() + ": " + wait.reading().text()));
      }
    }
    return new Strategy(
        "No wait before every transfer",
        "A thread that serves one socket can block in the transfer itself (SO_RCVTIMEO for the"
            + " time-out) and needs no multiplexer; one that serves several drains each until EAGAIN"
            + " before it waits again. It halves the calls; what it saves in time is what the wait"
            + " costs beyond sleeping, which only a measurement tells.",
        evidence,
        done.isEmpty() ? "" : "each wait that was counted beside transfers serves several.");
  }

  private Strategy busyPoll() {
    List<String> evidence = new ArrayList<>();
    for (SeenCall row : seen.where(one -> one.test().equals("latency"))) {
      boolean waits = Readings.WAITING.contains(row.name());
      boolean blocks = Readings.RECEIVING.contains(row.name()) && hasNoWait(row);
      if ((waits || blocks) && row.mayBeTraffic() && isOften(row, ONCE_A_MESSAGE)) {
        evidence.add(figure(row) + (blocks ? ", where the thread sleeps." : "."));
      }
    }
    return new Strategy(
        "Busy polling where latency is worth a CPU",
        "Each sleep on the way of a message ends in a wake-up: an interrupt, the scheduler, often"
            + " an idle CPU that must come back. SO_BUSY_POLL or epoll's busy poll (needs a driver"
            + " with NAPI) or a spinning receiver takes it away and burns a CPU for it. In a VMM the"
            + " sleeping loop lies twice in a round trip; vhost-net takes it out. It makes calls"
            + " shorter, and may well make more of them.",
        evidence,
        "");
  }

  private boolean hasNoWait(SeenCall row) {
    return Readings.WAITING.stream().allMatch(wait -> seen.beside(row, wait) == null);
  }

  private Strategy handOvers() {
    List<String> evidence = new ArrayList<>();
    for (SeenCall row : seen.of("futex")) {
      if (isOften(row, HAND_OVER_PER_MESSAGE)) {
        evidence.add(figure(row) + ".");
      }
    }
    return new Strategy(
        "Fewer hand-overs between threads",
        "A futex call is a lock that was taken or a thread that was woken. In QEMU that is mostly"
            + " the main lock between loop and vCPU threads: an iothread per device, vhost, and"
            + " pinned threads have fewer. Split waits (sleep) from wakes (work) before you count"
            + " this as cost.",
        evidence,
        "");
  }

  private Strategy largerTransfers() {
    List<String> evidence = new ArrayList<>();
    List<String> large = new ArrayList<>();
    for (SeenCall row : seen.where(this::isBulkTransfer)) {
      Readings.Size size = Readings.size(row);
      if (size != null) {
        String text =
            Readings.at(row)
                + ", "
                + row.name()
                + ": "
                + Numbers.decimalBytes(size.bytes())
                + " a call";
        (size.bytes() < SMALL_TRANSFER ? evidence : large).add(text);
      }
    }
    return new Strategy(
        "Larger or vectored transfers",
        "Larger buffers, vectors that join what belongs together, GSO and GRO so that a frame on a"
            + " tap is 64 KiB and not 1.5: the fixed price of a call is paid once for more bytes."
            + " Vectors join buffers; they do not make frames larger.",
        evidence.stream().map(text -> text + ".").toList(),
        large.isEmpty()
            ? ""
            : "the transfers are large as they are ("
                + String.join("; ", large)
                + "), so copying outweighs the call. A vector gathers buffers and does not move more"
                + " bytes by itself.");
  }

  private Strategy zeroCopy() {
    List<String> evidence = new ArrayList<>();
    for (SeenCall row : seen.where(this::isBulkTransfer)) {
      Readings.Size size = Readings.size(row);
      if (size != null && size.bytes() >= WORTH_NOT_COPYING) {
        evidence.add(
            Readings.at(row)
                + ", "
                + row.name()
                + ": "
                + Numbers.decimalBytes(size.bytes())
                + " a call.");
      }
    }
    boolean used =
        List.of("sendfile", "splice").stream().anyMatch(name -> !seen.of(name).isEmpty());
    return new Strategy(
        "Zero-copy for large transfers",
        "At this size the copy is most of a call's work: MSG_ZEROCOPY on the sending side (pays"
            + " from about 10 KB a call, and not on loopback or veth, where the data is copied"
            + " later), sendfile or splice for file data, TCP_ZEROCOPY_RECEIVE for page-aligned"
            + " payload. The calls stay as many, or grow by those that fetch completions."
            + (used ? "" : " No sendfile or splice was seen."),
        evidence,
        "");
  }

  private boolean isBulkTransfer(SeenCall row) {
    return row.test().equals("throughput")
        && Readings.isTransfer(row)
        && row.mayBeTraffic()
        && isOften(row, 0);
  }

  private Strategy emptyReads() {
    List<String> evidence = new ArrayList<>();
    for (SeenCall row : seen.where(one -> Readings.RECEIVING.contains(one.name()))) {
      Count count = row.measured();
      if (count != null && count.calls() > 0 && isOften(row, HAND_OVER_PER_MESSAGE)) {
        double share = (double) count.errors().getOrDefault("EAGAIN", 0L) / count.calls();
        if (share >= MANY_FAILURES) {
          evidence.add(
              figure(row) + ": " + Numbers.percent(share) + " of them found nothing (EAGAIN).");
        }
      }
    }
    return new Strategy(
        "Fewer reads that find nothing",
        "A loop that reads until EAGAIN pays one empty read for each batch. Where batches are of"
            + " one, read once per readiness and go back to waiting, or let batches grow"
            + " (interrupt moderation, SO_RCVLOWAT).",
        evidence,
        "");
  }

  private Strategy otherMultiplexer() {
    boolean seenOne =
        List.of("select", "pselect6", "poll", "ppoll").stream()
            .anyMatch(name -> !seen.of(name).isEmpty());
    return new Strategy(
        "epoll in place of select or poll",
        "",
        List.of(),
        seenOne
            ? "what epoll saves grows with the number of descriptors that are watched and idle, and"
                + " no count tells that number. With a handful of busy sockets the three differ"
                + " little."
            : "");
  }

  private Strategy batching() {
    List<String> pairs = new ArrayList<>();
    for (SeenCall row : seen.of("recvfrom")) {
      Double perMessage = row.perUnit();
      if (row.test().equals("latency") && perMessage != null && perMessage < 1.5) {
        pairs.add(figure(row));
      }
    }
    return new Strategy(
        "Batches of messages (recvmmsg, sendmmsg, io_uring)",
        "",
        List.of(),
        pairs.isEmpty()
            ? ""
            : "a ping-pong has one message under way, so there is nothing to join; one receive and"
                + " one send a message is what blocking calls need ("
                + String.join("; ", pairs)
                + ").");
  }

  // ---- conditions ----------------------------------------------------------------------

  /// At least so often per message, or a hundred times per GiB.
  private static boolean isOften(SeenCall row, double perMessage) {
    Double calls = row.perUnit();
    Work work = row.work();
    return calls != null
        && work != null
        && calls >= (work.unit().equals("message") ? perMessage : PER_GIBIBYTE);
  }

  private static boolean isOnDeviceModel(SeenCall row) {
    StudyEnvironment environment = row.environment();
    String network = environment.network();
    return row.count().object() == ObjectKind.KVM_VCPU
        || row.count().object() == ObjectKind.KVM_VM
        || (environment.vmm() != null && network != null && !isVhost(network));
  }

  private static boolean isVhost(String network) {
    return network.toLowerCase(Locale.ROOT).contains("vhost");
  }

  private static boolean isFirecracker(SeenCall row) {
    String vmm = row.environment().vmm();
    return vmm != null && vmm.toLowerCase(Locale.ROOT).contains("firecracker");
  }

  /// `KVM-KVM throughput, server: 724,154 ioctl, ~21,600 / GiB`.
  private static String figure(SeenCall row) {
    String perUnit = SyscallChapters.perUnit(row);
    return Readings.at(row)
        + ": "
        + Numbers.published(row.calls())
        + " "
        + row.name()
        + (perUnit.isEmpty() ? "" : ", " + perUnit);
  }
}
