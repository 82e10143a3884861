// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.TraplineException;
import dev.trapline.capture.KernelActivity;
import dev.trapline.reading.TallyReading;
import dev.trapline.run.MachineUse;
import dev.trapline.run.RoleTally;
import dev.trapline.run.SourceFile;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.WorkloadReading;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Puts what files say into trials. Counts and an outcome of one trial may be divided by each
/// other, so which trial a file is of must be told or beyond doubt: it is refused otherwise, never
/// guessed.
///
/// A trial is known by its label, or else by environment and test. Counts whose test is not told
/// belong to the one outcome of their environment; with several, the user must say. Counts of one
/// side from two tools are refused, since adding them would count calls twice.
final class RunAssembly {
  private static final String CODE = "IMPORT-AMBIGUOUS";
  private static final String DEFAULT_ENVIRONMENT = "imported";
  private static final String DEFAULT_TRIAL = "import";

  private final Labels roles;
  private final Labels environments;
  private final Labels tests;
  private final Labels trials;

  private final List<Trial> madeTrials = new ArrayList<>();
  private final List<RoleTally> madeTallies = new ArrayList<>();
  private final List<SourceFile> sources = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  RunAssembly(Labels roles, Labels environments, Labels tests, Labels trials) {
    this.roles = roles;
    this.environments = environments;
    this.tests = tests;
    this.trials = trials;
  }

  /// @throws TraplineException `IMPORT-AMBIGUOUS` if labels are missing or contradict,
  ///   `WORKLOAD-OUTPUT` if two outputs of one trial are of two runs
  Imported assemble(List<ReadFile> files) {
    Map<String, List<ReadFile>> byTrial = new LinkedHashMap<>();
    for (ReadFile file : files) {
      byTrial.computeIfAbsent(trialOf(file, files), id -> new ArrayList<>()).add(file);
    }
    byTrial.forEach((id, members) -> {
      if (areSeveralRunsOfOneTest(members)) {
        int number = 1;
        for (ReadFile member : members) {
          addTrial(id + "-" + number, number, List.of(member));
          number++;
        }
      } else {
        addTrial(id, 1, members);
      }
    });
    return imported(files);
  }

  // ---- which trial a file is of --------------------------------------------------------

  private String trialOf(ReadFile file, List<ReadFile> all) {
    String label = file.label(trials);
    if (label != null) {
      return label;
    }
    String test = testOf(file);
    if (test != null) {
      return trialName(file, test);
    }
    Set<String> candidates = new LinkedHashSet<>();
    for (ReadFile other : all) {
      boolean sameEnvironment = environmentOf(other).equals(environmentOf(file));
      String otherTest = testOf(other);
      if (other.result() != null && sameEnvironment && otherTest != null) {
        String otherLabel = other.label(trials);
        candidates.add(otherLabel == null ? trialName(other, otherTest) : otherLabel);
      }
    }
    if (candidates.size() > 1) {
      throw new TraplineException(
          CODE,
          file.name()
              + " has counts, and they may be of any of the trials "
              + String.join(", ", candidates)
              + ": nothing may be divided by the outcome of another trial.",
          "say which: --test throughput=" + file.name() + " or --trial NAME=FILE for all of them");
    }
    return candidates.isEmpty() ? trialName(file, null) : candidates.iterator().next();
  }

  private @Nullable String testOf(ReadFile file) {
    String label = file.label(tests);
    WorkloadReading result = file.result();
    return label == null && result != null ? result.test() : label;
  }

  private String environmentOf(ReadFile file) {
    String label = file.label(environments);
    return label == null ? DEFAULT_ENVIRONMENT : label;
  }

  private String trialName(ReadFile file, @Nullable String test) {
    String environment = file.label(environments);
    if (environment == null) {
      return test == null ? DEFAULT_TRIAL : test;
    }
    return environment + "-" + (test == null ? DEFAULT_TRIAL : test);
  }

  /// Outcomes alone need not be of one trial; with counts they must.
  private boolean areSeveralRunsOfOneTest(List<ReadFile> members) {
    boolean labelled = members.stream().anyMatch(member -> member.label(trials) != null);
    boolean counts = members.stream().anyMatch(member -> member.counts() != null);
    return !labelled && !counts && members.size() > 1 && !areTwoSides(members);
  }

  private static boolean areTwoSides(List<ReadFile> results) {
    if (results.size() != 2) {
      return false;
    }
    WorkloadReading one = results.get(0).result();
    WorkloadReading other = results.get(1).result();
    return one != null
        && other != null
        && one.side() != null
        && other.side() != null
        && one.side() != other.side();
  }

  // ---- one trial -----------------------------------------------------------------------

  private void addTrial(String id, int repeat, List<ReadFile> members) {
    String environment = theOne(id, "environment", "--environment", members, this::environmentOf);
    String test = theOne(id, "test", "--test", members, this::testOf);
    List<ReadFile> counted = members.stream().filter(file -> file.counts() != null).toList();
    List<ReadFile> measured = members.stream().filter(file -> file.result() != null).toList();
    WorkloadReading result = result(id, measured);
    Map<String, List<ReadFile>> byRole = byRole(id, counted);
    SortedMap<String, Tally> tallies = new TreeMap<>();
    Map<String, Long> spans = new HashMap<>();
    Completeness completeness = Completeness.COMPLETE;
    for (Map.Entry<String, List<ReadFile>> entry : byRole.entrySet()) {
      Tally tally = Tally.EMPTY;
      for (ReadFile file : entry.getValue()) {
        TallyReading reading = Objects.requireNonNull(file.counts());
        tally = tally.plus(reading.tally(file.name()));
        if (reading.spanNanos() != null) {
          spans.merge(entry.getKey(), reading.spanNanos(), Math::max);
        }
      }
      tallies.put(entry.getKey(), tally);
      completeness = completeness.plus(tally.completeness());
      madeTallies.add(
          new RoleTally(
              id,
              textOr(environment, DEFAULT_ENVIRONMENT),
              test,
              "imported",
              entry.getKey(),
              tally));
    }
    for (ReadFile file : measured) {
      sources.add(source(file, id, null, file.label(trials) == null ? "its content" : "label"));
    }
    madeTrials.add(
        new Trial(
            id,
            textOr(environment, DEFAULT_ENVIRONMENT),
            test,
            repeat,
            madeTrials.size() + 1,
            !counted.isEmpty(),
            result == null ? null : result.parameters().startedAt(),
            durationNanos(result, spans),
            result == null ? null : result.outcome(),
            failure(result),
            new TreeMap<>(),
            completeness,
            KernelActivity.UNKNOWN,
            new MachineUse(null, null, new TreeMap<>()),
            invariants(result, tallies, spans)));
    warnOfPerturbation(id, result, counted);
  }

  private static String textOr(@Nullable String text, String otherwise) {
    return text == null ? otherwise : text;
  }

  /// What a label says of the trial's files, which must be one thing.
  private static @Nullable String theOne(
      String trial,
      String what,
      String option,
      List<ReadFile> members,
      java.util.function.Function<ReadFile, @Nullable String> label) {
    Map<String, String> seen = new LinkedHashMap<>();
    for (ReadFile file : members) {
      String said = label.apply(file);
      if (said != null) {
        seen.putIfAbsent(said, file.name());
      }
    }
    if (seen.size() > 1) {
      List<String> parts = new ArrayList<>();
      seen.forEach((said, file) -> parts.add(said + " (" + file + ")"));
      throw new TraplineException(
          CODE,
          "trial "
              + trial
              + " would have more than one "
              + what
              + ": "
              + String.join(", ", parts)
              + ".",
          "label the files alike, with " + option + " LABEL=FILE, or of different --trial");
    }
    return seen.isEmpty() ? null : seen.keySet().iterator().next();
  }

  private static @Nullable WorkloadReading result(String id, List<ReadFile> measured) {
    if (measured.isEmpty()) {
      return null;
    }
    WorkloadReading first = Objects.requireNonNull(measured.getFirst().result());
    if (measured.size() == 1) {
      return first;
    }
    if (areTwoSides(measured)) {
      return WorkloadReading.ofBoth(first, Objects.requireNonNull(measured.getLast().result()));
    }
    throw new TraplineException(
        CODE,
        "trial "
            + id
            + " would have more than one outcome: "
            + String.join(", ", measured.stream().map(ReadFile::name).toList())
            + ".",
        "say which trial each file is of: --trial NAME=FILE, counts too");
  }

  private Map<String, List<ReadFile>> byRole(String id, List<ReadFile> counted) {
    Map<String, List<ReadFile>> byRole = new TreeMap<>();
    for (ReadFile file : counted) {
      RoleOfFile role = RoleOfFile.of(file.name(), file.label(roles), counted.size() == 1);
      byRole.computeIfAbsent(role.role(), unseen -> new ArrayList<>()).add(file);
      sources.add(source(file, id, role.role(), role.knownBy()));
    }
    byRole.forEach((role, files) -> {
      for (ReadFile file : files) {
        if (file.format() != files.getFirst().format()) {
          throw new TraplineException(
              CODE,
              files.getFirst().name()
                  + " ("
                  + files.getFirst().format().label()
                  + ") and "
                  + file.name()
                  + " ("
                  + file.format().label()
                  + ") both have counts of "
                  + role
                  + " in trial "
                  + id
                  + ": added up, calls would count twice.",
              "give one of them, or label what differs: --role NAME=FILE, --trial NAME=FILE");
        }
      }
    });
    return byRole;
  }

  private static SourceFile source(
      ReadFile file, String trial, @Nullable String role, String labelledBy) {
    return new SourceFile(
        file.name(),
        file.format().label(),
        file.compression(),
        file.bytes(),
        file.sha256(),
        trial,
        role,
        labelledBy,
        file.lines(),
        file.skipped().count(),
        file.truncation(),
        file.cannotKnow(),
        file.remarks());
  }

  private static @Nullable String failure(@Nullable WorkloadReading result) {
    return result == null || result.outcome() != null
        ? null
        : result.file()
            + " is of one side only, which does not know the outcome; give the other side's too";
  }

  private static @Nullable Long durationNanos(
      @Nullable WorkloadReading result, Map<String, Long> spans) {
    Double seconds = result == null ? null : seconds(result);
    return seconds == null
        ? spans.values().stream().max(Long::compare).orElse(null)
        : Long.valueOf(Math.round(seconds * 1e9));
  }

  /// How long the traffic lasted: as measured, otherwise as asked for.
  private static @Nullable Double seconds(WorkloadReading result) {
    return switch (result.outcome()) {
      case Throughput throughput -> throughput.receiverSeconds();
      case BidirectionalThroughput both -> both.toServer().receiverSeconds();
      case Latency latency -> latency.totalRunSeconds();
      case MessageRate rate -> rate.seconds();
      case null -> result.parameters().durationSeconds();
    };
  }

  private static List<InvariantResult> invariants(
      @Nullable WorkloadReading result, SortedMap<String, Tally> tallies, Map<String, Long> spans) {
    Outcome outcome = result == null ? null : result.outcome();
    if (result == null || outcome == null) {
      return List.of();
    }
    List<InvariantResult> all = new ArrayList<>(outcome.invariants());
    all.addAll(CountTies.of(outcome, tallies, spans, seconds(result)));
    return all;
  }

  private void warnOfPerturbation(
      String id, @Nullable WorkloadReading result, List<ReadFile> counted) {
    boolean slow =
        counted.stream().anyMatch(file -> !file.format().tool().equals(Format.BPFTRACE.tool()));
    if (result != null && slow) {
      warnings.add(
          "the outcome of "
              + id
              + " was reached while "
              + counted.getFirst().format().tool()
              + " watched, and watching costs; no untraced run is here to say how"
              + " much");
    }
  }

  // ---- all together --------------------------------------------------------------------

  private Imported imported(List<ReadFile> files) {
    Set<String> tools = new LinkedHashSet<>();
    Set<String> cannotKnow = new LinkedHashSet<>();
    SortedMap<String, String> versions = new TreeMap<>();
    Instant startedAt = null;
    for (ReadFile file : files) {
      if (file.counts() != null) {
        tools.add(file.format().tool());
        cannotKnow.addAll(file.cannotKnow());
      }
      WorkloadReading result = file.result();
      if (result != null) {
        String version = result.parameters().version();
        if (version != null) {
          versions.putIfAbsent(result.tool(), result.tool() + " " + version);
        }
        Instant start = result.parameters().startedAt();
        startedAt =
            startedAt == null || (start != null && start.isBefore(startedAt)) ? start : startedAt;
      }
      if (file.result() != null && file.truncation() != null) {
        warnings.add(file.name() + " is cut: " + file.truncation());
      }
    }
    Completeness completeness = Completeness.COMPLETE;
    for (RoleTally tally : madeTallies) {
      completeness = completeness.plus(tally.tally().completeness());
    }
    return new Imported(
        startedAt,
        tools.isEmpty() ? "none" : String.join("+", tools),
        List.copyOf(cannotKnow),
        versions,
        warnings,
        sources,
        completeness,
        madeTrials,
        madeTallies);
  }
}
