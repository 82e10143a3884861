// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.run.RoleTally;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.SourceFile;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.ObjectKind;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Throughput;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A run of ours as a study: the same shape as a published one, but with what was measured beside
/// each count.
///
/// Throughput and latency are medians of the untraced trials, if there are any, since being watched
/// costs time. Bytes and messages are sums over the traced trials, because the counts are of these.
/// The two sets of trials are two runs of the study, so nothing divides across them.
///
/// Trials without an outcome are left out and named, unless no traced trial of the test has one (a
/// recording, an imported log): then their counts stand without a unit of work.
public final class StudyOfRun {
  /// What the test is called in which a command was recorded and nothing was measured.
  public static final String RECORDING = "recording";

  /// Digits of a median that are worth keeping; sockperf and iperf3 print three to five.
  private static final MathContext DIGITS = new MathContext(4);

  private static final long BYTES_PER_GIBIBYTE = 1L << 30;

  private static final Comparator<CallKind> KIND_ORDER =
      Comparator.comparing(CallKind::syscall)
          .thenComparing(CallKind::object, Comparator.nullsFirst(Comparator.naturalOrder()))
          .thenComparing(CallKind::request, Comparator.nullsFirst(Comparator.naturalOrder()));

  private final Run run;
  private final Place place;
  private final SortedMap<String, String> tools = new TreeMap<>();
  private final List<StudyOutcome> outcomes = new ArrayList<>();
  private final List<StudyCount> counts = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private StudyOfRun(Run run, String source) {
    this.run = run;
    place = new Place(source, 0);
  }

  /// The study that a run is.
  ///
  /// @param source how its figures are to be cited: the run directory
  public static Study of(Run run, String source) {
    return new StudyOfRun(run, source).study();
  }

  private Study study() {
    Set<String> environments = new LinkedHashSet<>();
    run.trials().forEach(trial -> environments.add(trial.environment()));
    for (String environment : environments) {
      Set<String> tests = new TreeSet<>(Comparator.reverseOrder());
      for (Trial trial : run.trials()) {
        if (trial.environment().equals(environment)) {
          tests.add(testOf(trial));
        }
      }
      for (String test : tests) {
        addTest(environment, test);
      }
    }
    addDoubts();
    String campaign = run.provenance().campaign();
    return new Study(
        run.provenance().kind() + (campaign == null ? "" : " " + campaign),
        place.source(),
        tools,
        environments.stream().map(this::environment).toList(),
        outcomes,
        counts,
        List.of(),
        List.of(),
        outcomes.stream().anyMatch(one -> one.name().equals(StudyOutcome.LATENCY))
            ? List.of(
                new Assumption(
                    Assumption.HALF_ROUND_TRIP,
                    "true",
                    List.of("latency"),
                    "sockperf reports half of a round trip; with --full-rtt it was halved here",
                    place))
            : List.of(),
        List.of(),
        notes);
  }

  private StudyEnvironment environment(String id) {
    // Whether the machine is a guest says nothing about an environment that makes guests itself.
    boolean guest = "yes".equals(run.provenance().machine().get("hypervisor"));
    return new StudyEnvironment(id, id, guest ? Boolean.TRUE : null, null, null, place);
  }

  private static String testOf(Trial trial) {
    return trial.test() == null ? RECORDING : trial.test();
  }

  private void addTest(String environment, String test) {
    List<Trial> traced = new ArrayList<>();
    List<Trial> controls = new ArrayList<>();
    List<Trial> failed = new ArrayList<>();
    for (Trial trial : run.trials()) {
      if (trial.environment().equals(environment) && testOf(trial).equals(test)) {
        tools.putIfAbsent(test, tool(trial, test));
        if (trial.outcome() == null) {
          failed.add(trial);
        } else {
          (trial.traced() ? traced : controls).add(trial);
        }
      }
    }
    boolean withoutUnits = traced.isEmpty();
    if (withoutUnits) {
      failed.stream().filter(Trial::traced).forEach(traced::add);
    }
    String tracedRun = environment + "/" + test + "/traced";
    addFigure(
        environment,
        controls.isEmpty() ? traced : controls,
        controls.isEmpty() ? tracedRun : environment + "/" + test + "/control");
    addSums(environment, traced, tracedRun);
    BigInteger calls = addCounts(environment, test, traced, tracedRun);
    addTotal(environment, test, calls, tracedRun);
    for (Trial trial : failed) {
      if (trial.test() != null) {
        notes.add(
            "Trial "
                + trial.id()
                + " has no outcome ("
                + (trial.failure() == null ? "no reason told" : trial.failure())
                + "), so "
                + (withoutUnits && trial.traced()
                    ? "its counts stand without a unit of work."
                    : "nothing of it is in here."));
      }
    }
  }

  private String tool(Trial trial, String test) {
    RoleUse client = trial.roles().get("client");
    if (client == null && !trial.roles().isEmpty()) {
      client = trial.roles().firstEntry().getValue();
    }
    if (client != null && !client.command().isEmpty()) {
      return String.join(" ", client.command());
    }
    // Files that were imported tell the program, not its options.
    String named = String.join(", ", run.provenance().tools().values());
    return (named.isEmpty() ? test : named)
        + (trial.outcome() instanceof BidirectionalThroughput ? " --bidir" : "");
  }

  // ---- outcomes ------------------------------------------------------------------------

  private void addFigure(String environment, List<Trial> trials, String runId) {
    List<BigDecimal> rates = new ArrayList<>();
    List<BigDecimal> latencies = new ArrayList<>();
    for (Trial trial : trials) {
      switch (trial.outcome()) {
        case Throughput throughput ->
            rates.add(BigDecimal.valueOf(throughput.goodput().gigabitsPerSecond()));
        case BidirectionalThroughput both ->
            rates.add(BigDecimal.valueOf(both.goodput().gigabitsPerSecond()));
        case MessageRate sentOnly -> {}
        case Latency latency when !latency.backToBack() ->
            notes.add(
                "Trial "
                    + trial.id()
                    + " is no ping-pong without a pause, so its latency is not one of a study and is"
                    + " left out.");
        case Latency latency ->
            latencies.add(
                BigDecimal.valueOf(latency.halfRoundTripNanos(latency.meanNanos()))
                    .movePointLeft(3));
        case null -> {}
      }
    }
    addMedian(environment, StudyOutcome.THROUGHPUT, rates, runId);
    addMedian(environment, StudyOutcome.LATENCY, latencies, runId);
  }

  private void addMedian(String environment, String name, List<BigDecimal> values, String runId) {
    if (!values.isEmpty()) {
      values.sort(Comparator.naturalOrder());
      int upper = values.size() / 2;
      BigDecimal median =
          values.size() % 2 == 1
              ? values.get(upper)
              : values.get(upper - 1).add(values.get(upper)).divide(BigDecimal.valueOf(2));
      outcomes.add(
          new StudyOutcome(
              environment, name, new Figure(median.round(DIGITS), false, place), null, runId));
    }
  }

  private void addSums(String environment, List<Trial> traced, String runId) {
    BigInteger bytes = null;
    BigInteger offBy = BigInteger.ZERO;
    BigInteger messages = null;
    for (Trial trial : traced) {
      List<Throughput> directions = List.of();
      switch (trial.outcome()) {
        case Throughput throughput -> directions = List.of(throughput);
        case BidirectionalThroughput both -> directions = List.of(both.toServer(), both.toClient());
        case MessageRate rate -> messages = plus(messages, rate.messagesSent());
        case Latency latency -> messages = plus(messages, latency.totalMessagesSent());
        case null -> {}
      }
      for (Throughput direction : directions) {
        bytes = plus(bytes, direction.received().count());
        offBy =
            plus(offBy, direction.rounding() == null ? 0 : direction.rounding().received().count());
        if (direction.partial()) {
          notes.add(
              "Trial "
                  + trial.id()
                  + ": the tool's output was cut, so calls of the whole trial stand beside bytes of"
                  + " a part of it, and calls per GiB are too high.");
        }
      }
    }
    if (bytes != null && offBy.signum() > 0) {
      outcomes.add(
          new StudyOutcome(
              environment, StudyOutcome.TRANSFERRED, rounded(bytes, offBy), "GiB", runId));
    } else {
      addSum(environment, StudyOutcome.TRANSFERRED, bytes, "B", runId);
    }
    addSum(environment, StudyOutcome.MESSAGES, messages, null, runId);
  }

  /// In GiB, with no more digits than are right to within the rounding.
  private Figure rounded(BigInteger bytes, BigInteger offBy) {
    double lastDigit = 2 * offBy.doubleValue() / BYTES_PER_GIBIBYTE;
    int digits = Math.max(0, (int) Math.floor(-Math.log10(lastDigit)));
    BigDecimal gibibytes =
        new BigDecimal(bytes)
            .divide(BigDecimal.valueOf(BYTES_PER_GIBIBYTE), digits, RoundingMode.HALF_UP);
    return new Figure(gibibytes, true, place);
  }

  private static BigInteger plus(@Nullable BigInteger sum, long more) {
    return (sum == null ? BigInteger.ZERO : sum).add(BigInteger.valueOf(more));
  }

  private void addSum(
      String environment,
      String name,
      @Nullable BigInteger sum,
      @Nullable String unit,
      String runId) {
    if (sum != null) {
      outcomes.add(
          new StudyOutcome(
              environment, name, new Figure(new BigDecimal(sum), false, place), unit, runId));
    }
  }

  private void addTotal(String environment, String test, BigInteger calls, String runId) {
    String name =
        switch (test) {
          case "throughput" -> StudyOutcome.THROUGHPUT_TOTAL;
          case "latency" -> StudyOutcome.LATENCY_TOTAL;
          default -> null;
        };
    if (name != null && calls.signum() > 0) {
      addSum(environment, name, calls, null, runId);
    }
  }

  // ---- counts --------------------------------------------------------------------------

  /// What is a row of its own, whichever thread it was.
  private record CallKind(String syscall, @Nullable ObjectKind object, @Nullable String request)
      implements Comparable<CallKind> {
    static CallKind of(Key key) {
      return new CallKind(key.syscall(), key.object(), key.request());
    }

    @Override
    public int compareTo(CallKind other) {
      return KIND_ORDER.compare(this, other);
    }
  }

  private BigInteger addCounts(String environment, String test, List<Trial> trials, String runId) {
    Set<String> ids = new TreeSet<>();
    trials.forEach(trial -> ids.add(trial.id()));
    SortedMap<String, SortedMap<CallKind, Count>> byRole = new TreeMap<>(Comparator.reverseOrder());
    for (RoleTally tally : run.tallies()) {
      if (ids.contains(tally.trial())) {
        SortedMap<CallKind, Count> sums =
            byRole.computeIfAbsent(tally.role(), _ -> new TreeMap<>());
        for (Map.Entry<CallKind, Count> entry : tally.tally().groupedBy(CallKind::of).entrySet()) {
          sums.merge(entry.getKey(), entry.getValue(), Count::plus);
        }
      }
    }
    BigInteger total = BigInteger.ZERO;
    for (Map.Entry<String, SortedMap<CallKind, Count>> role : byRole.entrySet()) {
      for (Map.Entry<CallKind, Count> entry : role.getValue().entrySet()) {
        Count count = entry.getValue();
        if (count.calls() > 0) {
          CallKind kind = entry.getKey();
          total = plus(total, count.calls());
          counts.add(
              new StudyCount(
                  environment,
                  test,
                  role.getKey(),
                  kind.syscall(),
                  kind.object(),
                  kind.request(),
                  null,
                  Figure.exact(count.calls(), place),
                  count,
                  runId));
        }
      }
    }
    return total;
  }

  // ---- doubts --------------------------------------------------------------------------

  private void addDoubts() {
    Completeness completeness = run.completeness();
    addLoss(completeness.lostEvents(), "events were lost by the capture");
    addLoss(completeness.droppedCalls(), "calls found no room and are in no row");
    addLoss(completeness.threadsMissed(), "threads could not be followed");
    for (String note : completeness.notes()) {
      notes.add("The capture is incomplete: " + note);
    }
    for (SourceFile source : run.provenance().sources()) {
      if (source.skippedLines() > 0) {
        notes.add(
            source.skippedLines()
                + " lines of "
                + source.file()
                + " were not understood, and what they count is in no row.");
      }
      if (source.truncation() != null) {
        notes.add(source.file() + " ends early: " + source.truncation());
      }
    }
    for (Trial trial : run.trials()) {
      for (InvariantResult invariant : trial.invariants()) {
        if (!invariant.holds()) {
          notes.add(
              "Trial "
                  + trial.id()
                  + " breaks the invariant "
                  + invariant.name()
                  + ": "
                  + invariant.detail());
        }
      }
    }
    for (String unknown : run.provenance().cannotKnow()) {
      notes.add(
          "Not known by the capture source " + run.provenance().captureSource() + ": " + unknown);
    }
    notes.addAll(run.provenance().warnings());
  }

  private void addLoss(long number, String what) {
    if (number > 0) {
      notes.add("The capture is incomplete: " + number + " " + what + ".");
    }
  }
}
