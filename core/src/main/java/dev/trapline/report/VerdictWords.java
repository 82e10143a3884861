// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What a run says in a few sentences, and what these rest on: the same in every form of a report.
final class VerdictWords {
  /// The setting of a run that names its nodes, joined by `+`.
  private static final String NODES = "nodes";

  /// With more tests the verdict has a line for each, and leaves costs to the tables.
  private static final int MOST_IN_FULL = 4;

  private static final int MOST_FAILURES = 5;

  private VerdictWords() {}

  static String title(Run run) {
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

  static List<String> verdict(Run run, List<TestAnalysis> tests) {
    List<String> sentences = new ArrayList<>();
    boolean many = tests.size() > MOST_IN_FULL;
    for (TestAnalysis test : tests) {
      MedianInterval figure = test.control() == null ? test.traced() : test.control();
      if (figure == null || test.unit() == null) {
        sentences.add(
            TestWords.capitalised(test.test())
                + " in "
                + run.titleOf(test.environment())
                + messageRate(run, test).orElse(": NO RESULT; see below."));
        continue;
      }
      sentences.add(
          TestWords.capitalised(test.test())
              + " ("
              + run.titleOf(test.environment())
              + "): "
              + TestWords.value(test.unit(), figure.median())
              + (test.unit() == UnitOfWork.MESSAGE ? " half-RTT" : " goodput")
              + ", "
              + TestWords.interval(figure, test.unit())
              + (test.control() == null ? "; traced, no control trial." : "; untraced."));
      if (many) {
        continue;
      }
      String signatures = signatures(test);
      if (!signatures.isEmpty()) {
        sentences.add("Per message: " + signatures + ".");
      }
      dearest(test).ifPresent(sentences::add);
    }
    addObservations(sentences, run, tests, many);
    for (EnvironmentFacts environment : run.environments()) {
      if (environment.skipped() != null) {
        sentences.add("NOT RUN in " + environment.name() + ": " + environment.skipped() + ".");
      }
    }
    sentences.addAll(completeness(run));
    run.provenance().warnings().forEach(warning -> sentences.add("WARNING: " + warning + "."));
    for (TestAnalysis test : tests) {
      test.failures().entrySet().stream()
          .limit(MOST_FAILURES)
          .forEach(
              failure -> sentences.add("FAILED " + failure.getKey() + ": " + failure.getValue()));
      if (test.failures().size() > MOST_FAILURES) {
        sentences.add(
            "FAILED: "
                + (test.failures().size() - MOST_FAILURES)
                + " more trials of "
                + test.test()
                + " in "
                + run.titleOf(test.environment())
                + ".");
      }
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

  /// Of many, only what can be shown.
  private static void addObservations(
      List<String> sentences, Run run, List<TestAnalysis> tests, boolean many) {
    int notShown = 0;
    for (TestAnalysis test : tests) {
      RatioInterval ratio = test.observation();
      if (ratio == null) {
        continue;
      }
      Double low = ratio.low();
      Double high = ratio.high();
      if (many && (low == null || high == null || (low <= 1 && high >= 1))) {
        notShown++;
      } else {
        sentences.add(observation(run, test, ratio));
      }
    }
    if (notShown > 0) {
      sentences.add(
          "In " + Words.counted(notShown, "test") + " no effect of being watched is shown.");
    }
  }

  /// What was sent without awaiting answers is no goodput and no latency, so it has no table.
  private static Optional<String> messageRate(Run run, TestAnalysis test) {
    List<Double> untraced = TestWords.messageRates(run, test, false);
    List<Double> traced = TestWords.messageRates(run, test, true);
    List<Double> rates = untraced.isEmpty() ? traced : untraced;
    if (rates.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        ": "
            + Quantity.count(Math.round(MedianInterval.of(rates).median()))
            + " messages/s SENT, median of "
            + rates.size()
            + (untraced.isEmpty() ? "; traced" : "; untraced")
            + "; what arrived is in each trial's outcome.");
  }

  private static String signatures(TestAnalysis test) {
    List<String> parts = new ArrayList<>();
    for (RoleAnalysis role : test.roles()) {
      if (role.signature() != null && !role.signature().terms().isEmpty()) {
        parts.add(role.role() + " " + TestWords.terms(role.signature()));
      }
    }
    return String.join("; ", parts);
  }

  private static Optional<String> dearest(TestAnalysis test) {
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
                  + TestWords.name(first.kind())
                  + " "
                  + Quantity.percent((double) ofFirst / work));
        }
      }
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Most of the kernel work in " + test.test() + ": " + String.join("; ", parts) + ".");
  }

  private static String observation(Run run, TestAnalysis test, RatioInterval ratio) {
    return "Being watched changed "
        + test.test()
        + " in "
        + run.titleOf(test.environment())
        + " x"
        + TestWords.ratio(ratio.estimate())
        + (ratio.low() == null || ratio.high() == null || ratio.confidence() == null
            ? " (too few trials for an interval)."
            : " ("
                + TestWords.ratio(ratio.low())
                + " to "
                + TestWords.ratio(ratio.high())
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

  // ---- basis ---------------------------------------------------------------------------

  static List<String> basis(Run run, List<TestAnalysis> tests) {
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
        "Machine: "
            + machineWords(machine, "")
            + own(provenance.tools()).values().stream()
                .map(version -> "; " + version)
                .collect(Collectors.joining())
            + ".");
    sentences.addAll(nodes(provenance));
    if (provenance.seed() != null) {
      sentences.add(
          "Order of trials: seed "
              + provenance.seed()
              + "; settings: "
              + String.join(
                  ", ",
                  provenance.settings().entrySet().stream()
                      // A campaign's file is a setting too, and no sentence.
                      .filter(entry -> entry.getValue().indexOf('\n') < 0)
                      .map(entry -> entry.getKey() + " " + entry.getValue())
                      .toList())
              + ".");
    }
    sentences.add(
        "Intervals are of order statistics and of ranks, with the confidence that so few trials"
            + " really give."
            + (provenance.settings().containsKey(NODES)
                ? ""
                : " No network card is in these environments: do not take the figures for a real"
                    + " link's."));
    return sentences;
  }

  /// What is of the machine that the run was started on.
  private static SortedMap<String, String> own(SortedMap<String, String> facts) {
    SortedMap<String, String> own = new TreeMap<>(facts);
    own.keySet().removeIf(name -> name.indexOf('.') >= 0);
    return own;
  }

  /// One sentence for each machine that trials ran on by ssh; of those that are alike, one for all.
  private static List<String> nodes(Provenance provenance) {
    Map<String, List<String>> byWords = new LinkedHashMap<>();
    String names = provenance.settings().getOrDefault(NODES, "");
    for (String node : names.isEmpty() ? new String[0] : names.split("\\+", -1)) {
      byWords.computeIfAbsent(node(provenance, node + "."), _ -> new ArrayList<>()).add(node);
    }
    List<String> sentences = new ArrayList<>();
    byWords.forEach((words, alike) ->
        sentences.add(
            (alike.size() == 1 ? "Node " : "Nodes ") + String.join(", ", alike) + ": " + words));
    return sentences;
  }

  /// @param prefix of the facts' names: a node's name and a dot, or nothing
  private static String machineWords(SortedMap<String, String> machine, String prefix) {
    return "Linux "
        + machine.getOrDefault(prefix + "kernel", "unknown")
        + " on "
        + machine.getOrDefault(prefix + "cpus", "?")
        + " CPUs ("
        + machine.getOrDefault(prefix + "cpu", "unknown CPU")
        + ")"
        + ("yes".equals(machine.get(prefix + "hypervisor")) ? ", itself a virtual machine" : "");
  }

  private static String node(Provenance provenance, String prefix) {
    SortedMap<String, String> machine = provenance.machine();
    if (!machine.containsKey(prefix + "kernel")) {
      return "not reached.";
    }
    List<String> parts = new ArrayList<>();
    parts.add(machineWords(machine, prefix));
    if (machine.containsKey(prefix + "card")) {
      parts.add(
          "card "
              + machine.get(prefix + "card")
              + " ("
              + machine.getOrDefault(prefix + "card.driver", "unknown driver")
              + ", MTU "
              + machine.getOrDefault(prefix + "card.mtu", "unknown")
              + ")");
    }
    if (!"0".equals(machine.getOrDefault(prefix + "uid", "0"))) {
      parts.add("not as root");
    }
    provenance
        .tools()
        .forEach((name, version) -> {
          if (name.startsWith(prefix)) {
            parts.add(
                version.equals("missing") ? name.substring(prefix.length()) + " missing" : version);
          }
        });
    return String.join("; ", parts) + ".";
  }
}
