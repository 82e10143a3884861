// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.RunSums;
import dev.trapline.analysis.SideSum;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.capture.CallRate;
import dev.trapline.capture.KvmActivity;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.Trial;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a report says of one side of a test: its calls, and for a side in a virtual machine the
/// threads that carried it and what KVM did for it.
///
/// @param analysis the figures over all traced trials
/// @param calls dearest first, those of each kind of thread apart where threads have kinds
/// @param threads the same sums by names of threads, dearest first
/// @param about what there is to say of them, in sentences
/// @param parties who took CPU time for it, by kind of thread; empty without a virtual machine
/// @param kvm null without a guest
/// @param rates of the syscalls over time, by traced trial
public record RoleReport(
    RoleAnalysis analysis,
    List<Call> calls,
    List<NamedThreads> threads,
    List<String> about,
    List<Party> parties,
    @Nullable Kvm kvm,
    List<Rate> rates) {
  /// A row below this share of work and of calls says nothing.
  private static final double WORTH_A_ROW = 0.001;

  /// A build has thousands.
  private static final int MOST_THREADS = 40;

  /// One kind of call.
  ///
  /// @param thread the kind of thread that made it, such as `vcpu`; null without a virtual machine
  /// @param share of the side's work, from 0 to 1; null if work is unknown
  /// @param rare whether it is below a thousandth of all work and of all calls
  public record Call(
      String name, @Nullable String thread, CallCost cost, @Nullable Double share, boolean rare) {}

  /// All threads of one name.
  ///
  /// @param name the process's and the thread's, as the kernel has them; untrusted text
  /// @param kind such as `vcpu`; null without a virtual machine
  public record NamedThreads(String name, @Nullable String kind, Count count) {}

  /// Threads of one kind.
  ///
  /// @param kind such as `vcpu` or `vhost-worker`
  /// @param threads how many in a trial, at the most
  /// @param cpuNanosPerUnit in the control trials, if there are any
  /// @param runDelayNanosPerUnit ready, without a CPU, in the same
  /// @param voluntarySwitchesPerUnit times that they slept, in the same
  /// @param traced whether the figures are of traced trials, for want of others
  public record Party(
      String kind,
      int threads,
      @Nullable Double cpuNanosPerUnit,
      @Nullable Double runDelayNanosPerUnit,
      @Nullable Double voluntarySwitchesPerUnit,
      boolean traced) {}

  /// What KVM did, per unit of work, in the traced trials.
  ///
  /// @param exits by reason
  /// @param returns to user space, by reason
  /// @param injections of interrupts by the host, by how
  /// @param kicksPerUnit writes of the guest that KVM answered by an ioeventfd; null if unknown
  /// @param kicksUnknownBecause why kicks are unknown; null if they are known
  /// @param unknownBecause why all of it is unknown; null if it is known
  public record Kvm(
      SortedMap<String, Exits> exits,
      double guestNanosPerUnit,
      double entriesPerUnit,
      SortedMap<String, Double> returns,
      SortedMap<String, Double> injections,
      @Nullable Double haltPollNanosPerUnit,
      @Nullable Double kicksPerUnit,
      @Nullable String kicksUnknownBecause,
      @Nullable String unknownBecause) {
    /// Exits of all reasons, per unit of work.
    public double exitsPerUnit() {
      return exits.values().stream().mapToDouble(Exits::perUnit).sum();
    }

    /// Returns to user space of all reasons, per unit of work.
    public double returnsPerUnit() {
      return returns.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /// Interrupts that the host raised, as messages or by lines, per unit of work; not those
    /// counted again at an entry.
    public double injectionsPerUnit() {
      return injections.getOrDefault(KvmActivity.MSI, 0.0)
          + injections.getOrDefault(KvmActivity.LINE, 0.0);
    }
  }

  /// Exits of one reason.
  ///
  /// @param handlingNanosPerUnit from each to the next entry: sleep of a halted vCPU is in it
  public record Exits(double perUnit, double handlingNanosPerUnit) {}

  /// Syscalls over time in one traced trial.
  public record Rate(String trial, CallRate rate) {}

  /// Keeps copies.
  public RoleReport {
    calls = List.copyOf(calls);
    threads = List.copyOf(threads);
    about = List.copyOf(about);
    parties = List.copyOf(parties);
    rates = List.copyOf(rates);
  }

  /// Whether a virtual machine carried this side.
  public boolean isGuest() {
    return !parties.isEmpty();
  }

  static RoleReport of(
      RunSums sums, TestAnalysis test, RoleAnalysis role, List<Trial> traced, List<Trial> control) {
    SideSum side = sums.side(test.environment(), test.test(), role.role()).orElse(null);
    List<Trial> quiet = control.isEmpty() ? traced : control;
    List<Party> parties = parties(role.role(), quiet, control.isEmpty());
    List<Call> calls = parties.isEmpty() ? calls(role) : callsByThread(side, role);
    List<String> about = new ArrayList<>();
    if (test.unit() != null && !role.costs().isEmpty()) {
      about.addAll(TestWords.aboutRole(role, test.unit()));
    }
    Kvm kvm = kvm(role.role(), traced);
    if (test.unit() != null) {
      about.addAll(TestWords.aboutGuest(role, parties, kvm, test.unit()));
    }
    List<Rate> rates = new ArrayList<>();
    for (Trial trial : traced) {
      RoleUse use = trial.roles().get(role.role());
      if (use != null && use.rate() != null) {
        rates.add(new Rate(trial.id(), use.rate()));
      }
    }
    return new RoleReport(
        role, calls, threads(side, !parties.isEmpty()), about, parties, kvm, rates);
  }

  private static List<Call> calls(RoleAnalysis role) {
    List<Call> calls = new ArrayList<>();
    for (CallCost cost : role.costs()) {
      calls.add(call(role, null, cost));
    }
    return calls;
  }

  private static Call call(RoleAnalysis role, @Nullable String thread, CallCost cost) {
    Long work = cost.count().workNanos();
    Long total = role.total().workNanos();
    Double share =
        work == null || total == null || total == 0 ? null : Double.valueOf((double) work / total);
    double shareOfCalls = (double) cost.count().calls() / role.total().calls();
    return new Call(
        TestWords.name(cost.kind()),
        thread,
        cost,
        share,
        shareOfCalls < WORTH_A_ROW && (share == null || share < WORTH_A_ROW));
  }

  private record ThreadCall(String thread, CallKind kind) implements Comparable<ThreadCall> {
    private static final Comparator<ThreadCall> ORDER =
        Comparator.comparing(ThreadCall::thread).thenComparing(ThreadCall::kind);

    @Override
    public int compareTo(ThreadCall other) {
      return ORDER.compare(this, other);
    }
  }

  private static List<Call> callsByThread(@Nullable SideSum side, RoleAnalysis role) {
    if (side == null) {
      return List.of();
    }
    SortedMap<ThreadCall, Count> sums =
        side.groupedBy(key ->
            new ThreadCall(
                side.threadKinds().getOrDefault(key.thread(), ThreadUse.Kind.OTHER.label()),
                CallKind.of(key)));
    List<Call> calls = new ArrayList<>();
    sums.forEach((key, count) ->
        calls.add(call(role, key.thread(), new CallCost(key.kind(), count, role.unitsOfWork()))));
    calls.sort(
        Comparator.comparingLong((Call call) -> orMinusOne(call.cost().count().workNanos()))
            .thenComparingLong(call -> call.cost().count().calls())
            .reversed()
            .thenComparing(Call::name));
    return calls;
  }

  private static List<NamedThreads> threads(@Nullable SideSum side, boolean kinds) {
    if (side == null) {
      return List.of();
    }
    SortedMap<String, Count> sums = new TreeMap<>();
    Map<String, String> kindOf = new HashMap<>();
    side.groupedBy(Key::thread)
        .forEach((thread, count) -> {
          String name =
              thread.process().equals(thread.thread())
                  ? thread.thread()
                  : thread.process() + ": " + thread.thread();
          sums.merge(name, count, Count::plus);
          kindOf.put(name, side.threadKinds().getOrDefault(thread, ThreadUse.Kind.OTHER.label()));
        });
    List<NamedThreads> threads = new ArrayList<>();
    sums.forEach((name, count) ->
        threads.add(new NamedThreads(name, kinds ? kindOf.get(name) : null, count)));
    threads.sort(
        Comparator.comparingLong((NamedThreads thread) -> orMinusOne(thread.count().workNanos()))
            .thenComparingLong(thread -> thread.count().calls())
            .reversed()
            .thenComparing(NamedThreads::name));
    return threads.size() > MOST_THREADS ? threads.subList(0, MOST_THREADS) : threads;
  }

  private static long orMinusOne(@Nullable Long value) {
    return value == null ? -1 : value;
  }

  // ---- who carried a guest -------------------------------------------------------------

  /// Sums of one kind of thread; null once something in them is unknown.
  private static final class PartySum {
    private int most;
    private final Set<Integer> inTrial = new HashSet<>();
    private @Nullable Double cpu = 0.0;
    private @Nullable Double delay = 0.0;
    private @Nullable Double switches = 0.0;

    void add(ThreadUse thread) {
      inTrial.add(thread.tid());
      cpu = plus(cpu, thread.cpuNanos());
      delay = plus(delay, thread.runDelayNanos());
      switches = plus(switches, thread.voluntarySwitches());
    }

    void endTrial() {
      most = Math.max(most, inTrial.size());
      inTrial.clear();
    }

    private static @Nullable Double plus(@Nullable Double sum, @Nullable Long value) {
      return sum == null || value == null ? null : Double.valueOf(sum + value);
    }
  }

  private static List<Party> parties(String role, List<Trial> trials, boolean traced) {
    Map<ThreadUse.Kind, PartySum> sums = new EnumMap<>(ThreadUse.Kind.class);
    double units = 0;
    for (Trial trial : trials) {
      RoleUse use = trial.roles().get(role);
      if (use == null || use.vmm() == null || trial.outcome() == null) {
        continue;
      }
      units += trial.outcome().workDone();
      for (ThreadUse thread : use.vmm().threads()) {
        sums.computeIfAbsent(thread.kind(), unseen -> new PartySum()).add(thread);
      }
      sums.values().forEach(PartySum::endTrial);
    }
    List<Party> parties = new ArrayList<>();
    double done = units;
    sums.forEach((kind, sum) ->
        parties.add(
            new Party(
                kind.label(),
                sum.most,
                divided(sum.cpu, done),
                divided(sum.delay, done),
                divided(sum.switches, done),
                traced)));
    return parties;
  }

  private static @Nullable Double divided(@Nullable Double value, double by) {
    return value == null || !(by > 0) ? null : Double.valueOf(value / by);
  }

  // ---- KVM -----------------------------------------------------------------------------

  private static @Nullable Kvm kvm(String role, List<Trial> traced) {
    String unknown = null;
    boolean any = false;
    double units = 0;
    SortedMap<String, KvmActivity.Exits> exits = new TreeMap<>();
    SortedMap<String, Long> returns = new TreeMap<>();
    SortedMap<String, Long> injections = new TreeMap<>();
    double guestNanos = 0;
    double entries = 0;
    Double haltPoll = 0.0;
    Double kicks = 0.0;
    String kicksUnknown = null;
    for (Trial trial : traced) {
      RoleUse use = trial.roles().get(role);
      if (use == null || use.kvm() == null || trial.outcome() == null) {
        continue;
      }
      any = true;
      KvmActivity activity = use.kvm();
      Long inside = activity.guestNanos();
      Long entered = activity.entries();
      if (!activity.knowsExits() || inside == null || entered == null) {
        unknown = activity.exitsUnknownBecause();
        continue;
      }
      units += trial.outcome().workDone();
      activity
          .exits()
          .forEach((reason, count) -> exits.merge(reason, count, KvmActivity.Exits::plus));
      activity.returns().forEach((reason, count) -> returns.merge(reason, count, Long::sum));
      activity.injections().forEach((how, count) -> injections.merge(how, count, Long::sum));
      guestNanos += inside;
      entries += entered;
      haltPoll = PartySum.plus(haltPoll, activity.haltPollNanos());
      kicks = PartySum.plus(kicks, activity.kicks());
      kicksUnknown = activity.kicks() == null ? activity.kicksUnknownBecause() : kicksUnknown;
    }
    if (!any) {
      return null;
    }
    if (!(units > 0)) {
      String because =
          unknown == null ? "no work was done in the trials that were traced" : unknown;
      return new Kvm(
          new TreeMap<>(), 0, 0, new TreeMap<>(), new TreeMap<>(), null, null, because, because);
    }
    SortedMap<String, Exits> exitsPerUnit = new TreeMap<>();
    for (var entry : exits.entrySet()) {
      exitsPerUnit.put(
          entry.getKey(),
          new Exits(entry.getValue().count() / units, entry.getValue().handlingNanos() / units));
    }
    return new Kvm(
        exitsPerUnit,
        guestNanos / units,
        entries / units,
        divided(returns, units),
        divided(injections, units),
        divided(haltPoll, units),
        divided(kicks, units),
        kicksUnknown,
        null);
  }

  private static SortedMap<String, Double> divided(SortedMap<String, Long> counts, double by) {
    SortedMap<String, Double> perUnit = new TreeMap<>();
    counts.forEach((name, count) -> perUnit.put(name, count / by));
    return perUnit;
  }
}
