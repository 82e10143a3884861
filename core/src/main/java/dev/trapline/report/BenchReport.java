// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.KernelAnalysis;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.Signature;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.Provenance;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.syscall.Blocking;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The report of a bench run: verdict first, then each test, then what the figures rest on. One
/// document for the terminal and for `report.md`.
public final class BenchReport {
  private static final int ROWS_PER_ROLE = 7;
  private static final int KERNEL_THREADS = 4;

  /// A row below this share of work and of calls says nothing.
  private static final double WORTH_A_ROW = 0.001;

  private BenchReport() {}

  /// The whole report.
  public static Document of(Run run) {
    List<TestAnalysis> tests = TestAnalysis.of(run);
    Document document = new Document();
    document.add(new Document.Heading(1, title(run)));
    document.add(new Document.Heading(2, "Verdict"));
    document.add(new Document.Bullets(verdict(run, tests)));
    for (TestAnalysis test : tests) {
      addTest(document, test);
    }
    document.add(new Document.Heading(2, "What these calls are"));
    document.add(new Document.Bullets(meanings(tests)));
    document.add(new Document.Heading(2, "What this rests on"));
    document.add(new Document.Bullets(basis(run, tests)));
    return document;
  }

  private static String title(Run run) {
    Provenance provenance = run.provenance();
    long traced = run.trials().stream().filter(Trial::traced).count();
    return "Trapline "
        + provenance.kind()
        + ": "
        + (provenance.campaign() == null ? "" : provenance.campaign() + ", ")
        + traced
        + " traced and "
        + (run.trials().size() - traced)
        + " control trials, capture "
        + provenance.captureSource()
        + " ("
        + provenance.captureLevel()
        + ")";
  }

  // ---- verdict -------------------------------------------------------------------------

  private static List<String> verdict(Run run, List<TestAnalysis> tests) {
    List<String> sentences = new ArrayList<>();
    for (TestAnalysis test : tests) {
      MedianInterval figure = test.control() == null ? test.traced() : test.control();
      if (figure == null || test.unit() == null) {
        sentences.add(
            capitalised(test.test()) + " in " + test.environment() + ": NO RESULT; see below.");
        continue;
      }
      sentences.add(
          capitalised(test.test())
              + " ("
              + test.environment()
              + "): "
              + value(test.unit(), figure.median())
              + (test.unit() == UnitOfWork.MESSAGE ? " half-RTT" : " goodput")
              + ", "
              + interval(figure, test.unit())
              + (test.control() == null ? "; traced, no control trial." : "; untraced."));
      String signatures = signatures(test);
      if (!signatures.isEmpty()) {
        sentences.add("Per message: " + signatures + ".");
      }
      dearest(test).ifPresent(sentences::add);
    }
    for (TestAnalysis test : tests) {
      if (test.observation() != null) {
        sentences.add(observation(test, test.observation()));
      }
    }
    sentences.addAll(completeness(run));
    run.provenance().warnings().forEach(warning -> sentences.add("WARNING: " + warning + "."));
    for (TestAnalysis test : tests) {
      test.failures().forEach((trial, reason) -> sentences.add("FAILED " + trial + ": " + reason));
      test.broken()
          .forEach((trial, invariants) -> {
            for (InvariantResult invariant : invariants) {
              sentences.add(
                  "BROKEN INVARIANT in "
                      + trial
                      + ": "
                      + invariant.name()
                      + ": "
                      + invariant.detail());
            }
          });
    }
    return sentences;
  }

  private static String signatures(TestAnalysis test) {
    List<String> parts = new ArrayList<>();
    for (RoleAnalysis role : test.roles()) {
      if (role.signature() != null && !role.signature().terms().isEmpty()) {
        parts.add(role.role() + " " + terms(role.signature()));
      }
    }
    return String.join("; ", parts);
  }

  private static java.util.Optional<String> dearest(TestAnalysis test) {
    List<String> parts = new ArrayList<>();
    for (RoleAnalysis role : test.roles()) {
      Long work = role.total().workNanos();
      if (work != null && work > 0 && !role.costs().isEmpty()) {
        CallCost first = role.costs().getFirst();
        Long ofFirst = first.count().workNanos();
        if (ofFirst != null) {
          parts.add(
              role.role()
                  + " "
                  + name(first.kind())
                  + " "
                  + Quantity.percent((double) ofFirst / work));
        }
      }
    }
    return parts.isEmpty()
        ? java.util.Optional.empty()
        : java.util.Optional.of(
            "Most of the kernel work in " + test.test() + ": " + String.join("; ", parts) + ".");
  }

  private static String observation(TestAnalysis test, RatioInterval ratio) {
    return "Being watched changed "
        + test.test()
        + " in "
        + test.environment()
        + " x"
        + ratio(ratio.estimate())
        + (ratio.low() == null || ratio.high() == null || ratio.confidence() == null
            ? " (too few trials for an interval)."
            : " ("
                + ratio(ratio.low())
                + " to "
                + ratio(ratio.high())
                + " with "
                + Quantity.percent(ratio.confidence())
                + " confidence"
                + (ratio.low() <= 1 && ratio.high() >= 1 ? "; no effect can be shown)." : ")."));
  }

  private static List<String> completeness(Run run) {
    if (run.completeness().isComplete()) {
      return List.of(
          "Capture complete: every call that began and ended in a traced trial is counted.");
    }
    return TallyTable.doubts(run.completeness()).stream()
        .filter(doubt -> doubt.startsWith("INCOMPLETE"))
        .map(doubt -> "CAPTURE " + doubt)
        .toList();
  }

  // ---- one test ------------------------------------------------------------------------

  private static void addTest(Document document, TestAnalysis test) {
    document.add(new Document.Heading(2, capitalised(test.test()) + " in " + test.environment()));
    UnitOfWork unit = test.unit();
    if (unit == null) {
      document.add(new Document.Paragraph("No trial of this test has a result."));
      return;
    }
    addOutcomes(document, test, unit);
    for (RoleAnalysis role : test.roles()) {
      addRole(document, role, unit);
    }
    document.add(new Document.Paragraph("The kernel besides, whole machine:"));
    document.add(new Document.Bullets(kernel(test.kernel(), unit)));
  }

  private static void addOutcomes(Document document, TestAnalysis test, UnitOfWork unit) {
    List<List<String>> rows = new ArrayList<>();
    addOutcome(rows, "control (untraced)", test.control(), unit);
    addOutcome(rows, "traced", test.traced(), unit);
    document.add(
        new Document.Table(
            List.of(
                unit == UnitOfWork.MESSAGE ? "half-RTT, mean of a trial" : "goodput",
                "n",
                "median",
                "low",
                "high",
                "confidence"),
            rows,
            1));
    if (!test.percentiles().isEmpty()) {
      List<String> parts = new ArrayList<>();
      test.percentiles()
          .forEach((name, nanos) -> parts.add(name + " " + Quantity.nanos(nanos.doubleValue())));
      document.add(
          new Document.Paragraph(
              "Half-RTT percentiles, median over "
                  + (test.control() == null ? "traced" : "control")
                  + " trials: "
                  + String.join(", ", parts)
                  + "."));
    }
  }

  private static void addOutcome(
      List<List<String>> rows, String name, @Nullable MedianInterval figure, UnitOfWork unit) {
    if (figure != null) {
      Double low = figure.low();
      Double high = figure.high();
      Double confidence = figure.confidence();
      rows.add(
          List.of(
              name,
              Integer.toString(figure.n()),
              value(unit, figure.median()),
              low == null ? Quantity.UNKNOWN : value(unit, low),
              high == null ? Quantity.UNKNOWN : value(unit, high),
              confidence == null ? Quantity.UNKNOWN : Quantity.percent(confidence)));
    }
  }

  /// What one side's syscalls cost, as a table and what there is to say of it.
  static void addRole(Document document, RoleAnalysis role, UnitOfWork unit) {
    document.add(
        new Document.Heading(3, capitalised(role.role()) + ": syscalls per " + unit.label()));
    if (role.costs().isEmpty()) {
      document.add(new Document.Paragraph("No syscalls were captured."));
      return;
    }
    List<CallCost> shown = worthShowing(role);
    document.add(
        role.total().workNanos() == null ? callTable(role, shown) : workTable(role, shown));
    document.add(new Document.Bullets(aboutRole(role, unit, role.costs().size() - shown.size())));
  }

  private static Document.Table workTable(RoleAnalysis role, List<CallCost> shown) {
    List<List<String>> rows = new ArrayList<>();
    for (CallCost cost : shown) {
      rows.add(
          List.of(
              name(cost.kind()),
              Quantity.significant(cost.callsPerUnit()),
              bytesPerCall(cost),
              perUnit(cost.workNanosPerUnit()),
              shareOfWork(cost, role),
              perUnit(cost.blockedNanosPerUnit()),
              perUnit(cost.runnableNanosPerUnit())));
    }
    rows.add(
        List.of(
            "all",
            Quantity.significant(role.total().calls() / role.unitsOfWork()),
            "",
            perUnit(divided(role.total().workNanos(), role.unitsOfWork())),
            "",
            perUnit(divided(role.total().blockedNanos(), role.unitsOfWork())),
            perUnit(divided(role.total().runnableNanos(), role.unitsOfWork()))));
    return new Document.Table(
        List.of("call", "calls", "bytes/call", "work", "", "blocked", "runnable"), rows, 1);
  }

  /// For a source that does not tell work from waiting: columns that it could not fill are not
  /// there, and no share is formed of time that is mostly waiting.
  private static Document.Table callTable(RoleAnalysis role, List<CallCost> shown) {
    boolean timed = shown.stream().anyMatch(cost -> wallPerUnit(cost.count(), role) != null);
    List<String> header = new ArrayList<>(List.of("call", "calls", "bytes/call"));
    List<List<String>> rows = new ArrayList<>();
    for (CallCost cost : shown) {
      List<String> row = new ArrayList<>();
      row.add(name(cost.kind()));
      row.add(Quantity.significant(cost.callsPerUnit()));
      row.add(bytesPerCall(cost));
      if (timed) {
        row.add(perUnit(wallPerUnit(cost.count(), role)));
      }
      rows.add(row);
    }
    List<String> all = new ArrayList<>();
    all.add("all");
    all.add(Quantity.significant(role.total().calls() / role.unitsOfWork()));
    all.add("");
    if (timed) {
      header.add("wall");
      all.add(perUnit(wallPerUnit(role.total(), role)));
    }
    rows.add(all);
    return new Document.Table(header, rows, 1);
  }

  private static String bytesPerCall(CallCost cost) {
    Double bytes = cost.bytesPerCall();
    return bytes == null ? "" : Quantity.bytes(bytes);
  }

  private static @Nullable Double wallPerUnit(Count count, RoleAnalysis role) {
    return count.timedCalls() == 0 ? null : divided(count.wallNanos(), role.unitsOfWork());
  }

  /// The dearest calls, and the most frequent if their work is not known.
  static List<CallCost> worthShowing(RoleAnalysis role) {
    Long totalWork = role.total().workNanos();
    return role.costs().stream()
        .filter(cost -> {
          Long work = cost.count().workNanos();
          double shareOfCalls = (double) cost.count().calls() / role.total().calls();
          return shareOfCalls >= WORTH_A_ROW
              || (work != null && totalWork != null && work >= WORTH_A_ROW * totalWork);
        })
        .limit(ROWS_PER_ROLE)
        .toList();
  }

  private static String shareOfWork(CallCost cost, RoleAnalysis role) {
    Long work = cost.count().workNanos();
    Long total = role.total().workNanos();
    return work == null || total == null || total == 0
        ? Quantity.UNKNOWN
        : Quantity.percent((double) work / total);
  }

  private static List<String> aboutRole(RoleAnalysis role, UnitOfWork unit, int hidden) {
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
    if (hidden > 0) {
      sentences.add(
          Words.counted(hidden, "rarer kind")
              + " of call not shown; all are in the run's tallies.parquet.");
    }
    return sentences;
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

  private static List<String> kernel(KernelAnalysis kernel, UnitOfWork unit) {
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

  /// One sentence or two about each syscall that a table shows.
  private static List<String> meanings(List<TestAnalysis> tests) {
    SortedMap<String, String> meanings = new TreeMap<>();
    for (TestAnalysis test : tests) {
      for (RoleAnalysis role : test.roles()) {
        for (CallCost cost : worthShowing(role)) {
          SyscallCatalogue.instance()
              .byName(cost.kind().syscall())
              .ifPresent(syscall -> meanings.put(syscall.name(), meaning(syscall)));
        }
      }
    }
    List<String> sentences = new ArrayList<>(meanings.values());
    sentences.add("More on each, with its counts in this run: trapline explain NAME --run DIR");
    return sentences;
  }

  /// What a syscall is, in a line or two.
  static String meaning(Syscall syscall) {
    return syscall.name()
        + " ("
        + syscall.category().slug()
        + "): "
        + syscall.purpose()
        + (syscall.blocking() == Blocking.WAITS ? " Waiting is what it is for." : "")
        + (syscall.costNote().isEmpty() ? "" : " " + syscall.costNote());
  }

  // ---- basis ---------------------------------------------------------------------------

  private static List<String> basis(Run run, List<TestAnalysis> tests) {
    Provenance provenance = run.provenance();
    List<String> sentences = new ArrayList<>();
    int checked = 0;
    int broken = 0;
    for (TestAnalysis test : tests) {
      checked += test.checkedInvariants();
      for (List<InvariantResult> wrong : test.broken().values()) {
        broken += wrong.size();
      }
    }
    sentences.add(
        "Invariants (messages x 2 x half-RTT = run time; bytes = goodput x time; both sides"
            + " agree): "
            + (checked - broken)
            + " of "
            + checked
            + " checks hold.");
    sentences.add("Capture by " + provenance.captureReason() + ".");
    if (!provenance.cannotKnow().isEmpty()) {
      sentences.add(
          "Not known by this source: " + String.join("; ", provenance.cannotKnow()) + ".");
    }
    sentences.addAll(
        TallyTable.doubts(run.completeness()).stream()
            .filter(doubt -> !doubt.startsWith("INCOMPLETE"))
            .toList());
    SortedMap<String, String> machine = provenance.machine();
    sentences.add(
        "Machine: Linux "
            + machine.getOrDefault("kernel", "unknown")
            + " on "
            + machine.getOrDefault("cpus", "?")
            + " CPUs ("
            + machine.getOrDefault("cpu", "unknown CPU")
            + ")"
            + ("yes".equals(machine.get("hypervisor")) ? ", itself a virtual machine" : "")
            + "; "
            + String.join("; ", provenance.tools().values())
            + ".");
    if (provenance.seed() != null) {
      sentences.add(
          "Order of trials: seed "
              + provenance.seed()
              + "; settings: "
              + String.join(
                  ", ",
                  provenance.settings().entrySet().stream()
                      .map(entry -> entry.getKey() + " " + entry.getValue())
                      .toList())
              + ".");
    }
    sentences.add(
        "Intervals are of order statistics and of ranks, with the confidence that so few trials"
            + " really give. No network card is in these environments: do not take the figures for"
            + " a real link's.");
    return sentences;
  }

  // ---- words ---------------------------------------------------------------------------

  /// `recvfrom/udp`, `ioctl/kvm-vcpu KVM_RUN`.
  static String name(CallKind kind) {
    String request = kind.request();
    return kind.syscall()
        + (kind.object() == null ? "" : "/" + kind.object().label())
        + (request == null
            ? ""
            : " " + (request.startsWith("FUTEX_") ? request.substring(6) : request));
  }

  private static String terms(Signature signature) {
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

  private static String value(UnitOfWork unit, double value) {
    return unit == UnitOfWork.MESSAGE ? Quantity.nanos(value) : Quantity.bitRate(value);
  }

  private static String interval(MedianInterval figure, UnitOfWork unit) {
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

  private static String perUnit(@Nullable Double nanos) {
    return nanos == null ? Quantity.UNKNOWN : Quantity.nanos(nanos.doubleValue());
  }

  private static @Nullable Double divided(@Nullable Long value, double by) {
    return value == null || by == 0 ? null : Double.valueOf(value / by);
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  static String capitalised(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
