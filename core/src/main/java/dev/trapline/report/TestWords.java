// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.KernelAnalysis;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.Signature;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.Run;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.tally.Count;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// What there is to say of one side's syscalls and of the kernel besides: the same sentences in
/// every form of a report.
public final class TestWords {
  private static final int KERNEL_THREADS = 4;

  private TestWords() {}

  static List<String> aboutRole(RoleAnalysis role, UnitOfWork unit) {
    List<String> sentences = new ArrayList<>();
    if (role.signature() != null) {
      sentences.add(
          "Signature: "
              + terms(role.signature())
              + " per message; "
              + Quantity.percent(role.signature().residual())
              + " of "
              + Quantity.count(role.total().calls())
              + " calls left over (set-up and end).");
    }
    sentences.add(timeAccount(role, unit));
    return sentences;
  }

  /// A vhost worker that has this many times the work of all syscalls is where the packets are.
  private static final double VHOST_CARRIES = 5;

  /// What is to be known of a side that ran in a virtual machine; nothing of one that did not.
  static List<String> aboutGuest(
      RoleAnalysis role,
      List<RoleReport.Party> parties,
      RoleReport.@Nullable Kvm kvm,
      UnitOfWork unit) {
    List<String> sentences = new ArrayList<>();
    String per = " per " + unit.label();
    if (!parties.isEmpty()) {
      List<String> shares = new ArrayList<>();
      for (RoleReport.Party party : parties) {
        if (party.cpuNanosPerUnit() != null) {
          shares.add(party.kind() + " " + Quantity.nanos(party.cpuNanosPerUnit().doubleValue()));
        }
      }
      sentences.add(
          "CPU time of the threads that carried it"
              + per
              + " ("
              + (parties.getFirst().traced() ? "traced" : "untraced")
              + "): "
              + (shares.isEmpty() ? "not known" : String.join(", ", shares))
              + "; of vcpu the guest's own time is a part.");
      vhost(role, parties, unit).ifPresent(sentences::add);
    }
    if (kvm != null) {
      sentences.add(
          kvm.unknownBecause() != null
              ? "What KVM did is not known: " + kvm.unknownBecause() + "."
              : "KVM"
                  + per
                  + ": "
                  + Quantity.significant(kvm.exitsPerUnit())
                  + " exits from the guest, of which "
                  + Quantity.significant(kvm.returnsPerUnit())
                  + " returned to user space; "
                  + (kvm.kicksPerUnit() == null
                      ? ""
                      : Quantity.significant(kvm.kicksPerUnit().doubleValue())
                          + " kicks answered by KVM; ")
                  + Quantity.significant(kvm.injectionsPerUnit())
                  + " interrupts injected by the host."
                  + (kvm.kicksPerUnit() != null
                      ? ""
                      : " Kicks are not known: " + kvm.kicksUnknownBecause() + "."));
    }
    return sentences;
  }

  private static Optional<String> vhost(
      RoleAnalysis role, List<RoleReport.Party> parties, UnitOfWork unit) {
    for (RoleReport.Party party : parties) {
      Double cpu = party.cpuNanosPerUnit();
      Double work = divided(role.total().workNanos(), role.unitsOfWork());
      if (party.kind().equals(ThreadUse.Kind.VHOST_WORKER.label())
          && cpu != null
          && cpu > 0
          && (role.costs().isEmpty() || (work != null && cpu >= VHOST_CARRIES * work))) {
        return Optional.of(
            "Few or no syscalls are right here: the packets are moved in the kernel by "
                + Words.counted(party.threads(), "vhost worker")
                + ", "
                + Quantity.nanos(cpu.doubleValue())
                + " of CPU per "
                + unit.label()
                + ", which make none.");
      }
    }
    return Optional.empty();
  }

  private static String timeAccount(RoleAnalysis role, UnitOfWork unit) {
    Count total = role.total();
    Double cpu = role.tracedCpuNanosPerUnit();
    StringBuilder text = new StringBuilder();
    if (cpu != null) {
      text.append("CPU time per ")
          .append(unit.label())
          .append(": ")
          .append(Quantity.nanos(cpu))
          .append(" traced");
      if (role.controlCpuNanosPerUnit() != null) {
        text.append(", ")
            .append(Quantity.nanos(role.controlCpuNanosPerUnit().median()))
            .append(" untraced");
      }
      text.append(" (the process's own; work in syscalls has interrupts served meanwhile too).");
    }
    Long wall = total.wallNanos();
    Long work = total.workNanos();
    Long blocked = total.blockedNanos();
    Long runnable = total.runnableNanos();
    Long guest = total.guestNanos();
    if (wall != null && wall > 0 && work != null && blocked != null && runnable != null) {
      text.append(text.isEmpty() ? "" : " ")
          .append("Time in syscalls: ")
          .append(Quantity.percent((double) work / wall))
          .append(" work, ")
          .append(Quantity.percent((double) blocked / wall))
          .append(" blocked (waiting by design), ")
          .append(Quantity.percent((double) runnable / wall))
          .append(" runnable (without a CPU)");
      if (guest != null && guest > 0) {
        text.append(", ").append(Quantity.percent((double) guest / wall)).append(" in the guest");
      }
      text.append('.');
    } else {
      text.append(text.isEmpty() ? "" : " ");
      if (wall != null && wall > 0) {
        text.append("Time in syscalls, waiting included: ")
            .append(Quantity.nanos(wall / role.unitsOfWork()))
            .append(" per ")
            .append(unit.label())
            .append("; what it went into is not known by this capture source.");
      } else {
        text.append("Time in syscalls is not known by this capture source.");
      }
    }
    return text.toString();
  }

  static List<String> kernel(KernelAnalysis kernel, UnitOfWork unit) {
    List<String> sentences = new ArrayList<>();
    String per = " per " + unit.label();
    if (kernel.netReceiveNanosPerUnit() != null && kernel.netTransmitNanosPerUnit() != null) {
      sentences.add(
          "softirq NET_RX "
              + Quantity.nanos(kernel.netReceiveNanosPerUnit().doubleValue())
              + per
              + ", NET_TX "
              + Quantity.nanos(kernel.netTransmitNanosPerUnit().doubleValue())
              + " (what ran inside a syscall is in its work too)");
    } else {
      sentences.add("softirq time: not known by this capture source");
    }
    List<Map.Entry<String, Double>> threads =
        new ArrayList<>(kernel.kernelThreadNanosPerUnit().entrySet());
    threads.sort(
        Comparator.comparingDouble((Map.Entry<String, Double> entry) -> entry.getValue())
            .reversed());
    List<String> parts = new ArrayList<>();
    double rest = 0;
    for (Map.Entry<String, Double> thread : threads) {
      if (parts.size() < KERNEL_THREADS) {
        parts.add(thread.getKey() + " " + Quantity.nanos(thread.getValue().doubleValue()));
      } else {
        rest += thread.getValue();
      }
    }
    if (rest > 0) {
      parts.add("others " + Quantity.nanos(rest));
    }
    sentences.add(
        "kernel threads' CPU"
            + per
            + " (untraced): "
            + (parts.isEmpty() ? "none ran" : String.join(", ", parts)));
    if (kernel.contextSwitchesPerUnit() != null) {
      sentences.add(
          "context switches" + per + ": " + Quantity.significant(kernel.contextSwitchesPerUnit()));
    }
    sentences.add(
        "TCP retransmissions in the traced trials: "
            + (kernel.tcpRetransmissions() == null
                ? "not known by this capture source"
                : Quantity.count(kernel.tcpRetransmissions())));
    SortedMap<String, Long> operations = kernel.ioUringOperations();
    if (operations == null) {
      sentences.add("io_uring: NOT COUNTED here; work done through it would be missing above");
    } else if (!operations.isEmpty()) {
      List<String> counted = new ArrayList<>();
      operations.forEach((name, count) -> counted.add(name + " " + Quantity.count(count)));
      sentences.add("io_uring operations: " + String.join(", ", counted));
    }
    return sentences;
  }

  /// `recvfrom/udp`, `ioctl/kvm-vcpu KVM_RUN`.
  public static String name(CallKind kind) {
    String request = kind.request();
    return kind.syscall()
        + (kind.object() == null ? "" : "/" + kind.object().label())
        + (request == null
            ? ""
            : " " + (request.startsWith("FUTEX_") ? request.substring(6) : request));
  }

  /// `1 recvfrom/udp + 1 sendto/udp`.
  public static String terms(Signature signature) {
    List<String> parts = new ArrayList<>();
    for (Signature.Term term : signature.terms()) {
      parts.add(
          (term.whole()
                  ? Long.toString(Math.round(term.perMessage()))
                  : Quantity.significant(term.perMessage()))
              + " "
              + name(term.kind()));
    }
    return parts.isEmpty() ? "no call that comes with every message" : String.join(" + ", parts);
  }

  /// Messages sent in a second, by trial, where that is what a test measures.
  static List<Double> messageRates(Run run, TestAnalysis test, boolean traced) {
    List<Double> rates = new ArrayList<>();
    for (Trial trial : run.trials()) {
      if (trial.environment().equals(test.environment())
          && test.test().equals(trial.test())
          && trial.traced() == traced
          && trial.outcome() instanceof MessageRate rate) {
        rates.add((double) rate.messagesPerSecond());
      }
    }
    return rates;
  }

  /// What is to be said of outcomes that contradict themselves. They stay in the figures: what
  /// breaks in every attempt is the machine's or the tool's, and whoever leaves out what does not
  /// please makes the rest look surer than it is. So it is told what they change.
  static List<String> doubts(TestAnalysis test, List<Trial> traced, List<Trial> control) {
    List<String> sentences = new ArrayList<>();
    addDoubt(sentences, test, control, "control");
    addDoubt(sentences, test, traced, "traced");
    return sentences;
  }

  private static void addDoubt(
      List<String> sentences, TestAnalysis test, List<Trial> trials, String name) {
    List<Double> others = new ArrayList<>();
    int broken = 0;
    for (Trial trial : trials) {
      Double figure = trial.outcome() == null ? null : TestAnalysis.figure(trial.outcome());
      if (test.broken().containsKey(trial.id())) {
        broken++;
      } else if (figure != null) {
        others.add(figure);
      }
    }
    UnitOfWork unit = test.unit();
    if (broken > 0) {
      sentences.add(
          broken
              + " of "
              + Words.counted(trials.size(), name + " trial")
              + (broken == 1 ? " breaks" : " break")
              + " an invariant and "
              + (broken == 1 ? "is" : "are")
              + " in these figures"
              + (others.isEmpty() || unit == null
                  ? "."
                  : ": the median without "
                      + (broken == 1 ? "it" : "them")
                      + " is "
                      + value(unit, MedianInterval.of(others).median())
                      + "."));
    }
  }

  /// An outcome: a rate of bits, or a time.
  public static String value(UnitOfWork unit, double value) {
    return unit == UnitOfWork.MESSAGE ? Quantity.nanos(value) : Quantity.bitRate(value);
  }

  /// `median of 3, LOW to HIGH with 75% confidence`.
  public static String interval(MedianInterval figure, UnitOfWork unit) {
    Double low = figure.low();
    Double high = figure.high();
    Double confidence = figure.confidence();
    if (low == null || high == null || confidence == null) {
      return "one trial, so without an interval";
    }
    return "median of "
        + figure.n()
        + ", "
        + value(unit, low)
        + " to "
        + value(unit, high)
        + " with "
        + Quantity.percent(confidence)
        + " confidence";
  }

  /// A time per unit of work, or `-`.
  public static String perUnit(@Nullable Double nanos) {
    return nanos == null ? Quantity.UNKNOWN : Quantity.nanos(nanos.doubleValue());
  }

  /// Null stays null.
  public static @Nullable Double divided(@Nullable Long value, double by) {
    return value == null || by == 0 ? null : Double.valueOf(value / by);
  }

  /// Three decimals.
  public static String ratio(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  /// The first letter large.
  public static String capitalised(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
