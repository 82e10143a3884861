// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.SideSum;
import dev.trapline.analysis.Signature;
import dev.trapline.capture.KvmActivity;
import dev.trapline.comparison.Comparer.Ground;
import dev.trapline.comparison.SignatureDiff.Change;
import dev.trapline.metric.CallSums;
import dev.trapline.metric.TrialMetrics;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Makes the signature diffs of a pair.
final class Signatures {
  private static final List<String> ROLES = List.of("server", "client");

  /// Below this a message does not have it: as in [Signature].
  private static final double RAREST = 0.05;

  /// A sentence with more is not read; all are in the signatures.
  private static final int MOST_TERMS = 12;

  /// ioctl(2) requests by which user space raises an interrupt in a guest.
  private static final Set<String> INJECTING =
      Set.of("KVM_SIGNAL_MSI", "KVM_IRQ_LINE", "KVM_IRQ_LINE_STATUS", "KVM_INTERRUPT");

  private Signatures() {}

  static List<SignatureDiff> of(Ground a, Ground b, List<PairRows.SharedTest> tests) {
    List<SignatureDiff> diffs = new ArrayList<>();
    for (PairRows.SharedTest test : tests) {
      for (String role : ROLES) {
        Seen ofA = seen(a, test.a(), role);
        Seen ofB = seen(b, test.b(), role);
        if (ofA != null && ofB != null) {
          diffs.add(diff(a, b, test.a(), role, ofA, ofB));
        }
      }
    }
    return diffs;
  }

  /// What one message makes one side do.
  private record Seen(Signature signature, List<String> besides) {}

  private static @Nullable Seen seen(Ground ground, String test, String role) {
    List<TrialMetrics> traced =
        ground.ofTest(test).stream()
            .filter(trial -> trial.trial().traced() && trial.shape().unit() == UnitOfWork.MESSAGE)
            .toList();
    SideSum side =
        traced.isEmpty()
            ? null
            : ground
                .metrics()
                .sums()
                .side(ground.side().environment(), traced.getFirst().trial().test(), role)
                .orElse(null);
    double messages = traced.stream().mapToDouble(TrialMetrics::unitsOfWork).sum();
    if (side == null || !(messages > 0)) {
      return null;
    }
    CallSums sums = CallSums.of(side);
    List<CallCost> costs = new ArrayList<>();
    sums.byKind().forEach((kind, count) -> costs.add(new CallCost(kind, count, messages)));
    return new Seen(Signature.fit(costs, messages), besides(traced, role, sums, messages));
  }

  /// What happened without a syscall: kicks that KVM answered, interrupts that vhost raised, its
  /// workers' CPU time.
  private static List<String> besides(
      List<TrialMetrics> traced, String role, CallSums sums, double messages) {
    double injections = 0;
    double kvmMessages = 0;
    double kicks = 0;
    double kickMessages = 0;
    double workerNanos = 0;
    double workerMessages = 0;
    for (TrialMetrics trial : traced) {
      RoleUse use = trial.trial().roles().get(role);
      if (use == null) {
        continue;
      }
      KvmActivity kvm = use.kvm();
      if (kvm != null && kvm.isKnown()) {
        injections += kvm.injectionCount();
        kvmMessages += trial.unitsOfWork();
        if (kvm.kicks() != null) {
          kicks += kvm.kicks();
          kickMessages += trial.unitsOfWork();
        }
      }
      Long nanos = vhostNanos(use);
      if (nanos != null) {
        workerNanos += nanos;
        workerMessages += trial.unitsOfWork();
      }
    }
    double byCall = 0;
    for (Map.Entry<CallKind, dev.trapline.tally.Count> entry : sums.byKind().entrySet()) {
      String request = entry.getKey().request();
      byCall += request != null && INJECTING.contains(request) ? entry.getValue().calls() : 0;
    }
    List<String> besides = new ArrayList<>();
    boolean vhost = workerMessages > 0 && workerNanos > 0;
    if (kickMessages > 0 && kicks / kickMessages >= RAREST) {
      besides.add(number(kicks / kickMessages) + " kicks");
    }
    if (kvmMessages > 0) {
      double without = injections / kvmMessages - byCall / messages;
      if (without >= RAREST) {
        besides.add(
            number(without) + (vhost ? " vhost interrupts" : " interrupts without a syscall"));
      }
    }
    if (vhost) {
      besides.add(number(workerNanos / workerMessages / 1e3) + " us of vhost worker");
    }
    return besides;
  }

  private static @Nullable Long vhostNanos(RoleUse use) {
    if (use.vmm() == null) {
      return null;
    }
    long sum = 0;
    for (ThreadUse thread : use.vmm().threads()) {
      if (thread.kind() == ThreadUse.Kind.VHOST_WORKER) {
        Long nanos = thread.cpuNanos();
        if (nanos == null) {
          return null;
        }
        sum += nanos;
      }
    }
    return sum;
  }

  private static SignatureDiff diff(
      Ground a, Ground b, String test, String role, Seen ofA, Seen ofB) {
    Map<CallKind, double[]> counts = new TreeMap<>();
    collect(counts, ofA.signature(), 0);
    collect(counts, ofB.signature(), 1);
    List<Change> changes = new ArrayList<>();
    counts.forEach((kind, pair) -> {
      if (pair[0] != pair[1]) {
        changes.add(new Change(kind, pair[0], pair[1]));
      }
    });
    changes.sort(
        Comparator.comparingDouble((Change change) -> Math.abs(change.b() - change.a()))
            .reversed());
    return new SignatureDiff(
        test,
        role,
        ofA.signature(),
        ofB.signature(),
        ofA.besides(),
        ofB.besides(),
        changes,
        words(ofA).equals(words(ofB))
            ? a.side().name() + " and " + b.side().name() + ": " + words(ofA)
            : a.side().name() + ": " + words(ofA) + "; " + b.side().name() + ": " + words(ofB));
  }

  private static void collect(Map<CallKind, double[]> counts, Signature signature, int at) {
    for (Signature.Term term : signature.terms()) {
      counts.computeIfAbsent(term.kind(), unseen -> new double[2])[at] = term.perMessage();
    }
  }

  private static String words(Seen seen) {
    List<String> terms = new ArrayList<>();
    List<Signature.Term> all = seen.signature().terms();
    for (Signature.Term term : all.subList(0, Math.min(MOST_TERMS, all.size()))) {
      terms.add(
          (term.whole() ? Long.toString(Math.round(term.perMessage())) : number(term.perMessage()))
              + " "
              + CallSums.name(term.kind()));
    }
    if (all.size() > MOST_TERMS) {
      int rarer = all.size() - MOST_TERMS;
      terms.add(rarer + (rarer == 1 ? " rarer kind" : " rarer kinds"));
    }
    String calls = terms.isEmpty() ? "none" : String.join(" + ", terms);
    return seen.besides().isEmpty() ? calls : calls + ", " + String.join(", ", seen.besides());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 1 ? "%.2f" : "%.1f", value);
  }
}
