// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.environment.Environment;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Sockperf;
import dev.trapline.workload.Workload;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// What is to be measured: tests, environments, how often, how long. The built-in ones have the
/// study's two tests.
///
/// @param name for provenance
/// @param repeats traced trials of each test in each environment
/// @param controls untraced trials likewise; their outcomes are the ones to quote
/// @param seed of the order of trials
/// @param cpus that each side is bound to
/// @param warmUpSeconds of a run of each test in each environment before the first block, of which
///   nothing is kept; 0 for none
/// @param coolDownMillis between two trials
/// @param stop null if all trials are run whatever they find
public record Campaign(
    String name,
    List<Environment> environments,
    List<PlannedWorkload> tests,
    int repeats,
    int controls,
    long seed,
    CpuSets cpus,
    int warmUpSeconds,
    int coolDownMillis,
    @Nullable StopRule stop) {
  /// The sizes of a built-in campaign.
  public enum Preset {
    /// An answer in about a minute.
    QUICK(3, 3),
    /// The study's 30 s and 5 repeats.
    STUDY(5, 30);

    private final int repeats;
    private final int durationSeconds;

    Preset(int repeats, int durationSeconds) {
      this.repeats = repeats;
      this.durationSeconds = durationSeconds;
    }

    /// Traced trials of each test, and as many controls.
    public int repeats() {
      return repeats;
    }

    /// Seconds of traffic in each trial.
    public int durationSeconds() {
      return durationSeconds;
    }

    /// The word of `--preset`.
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// One trial to come.
  ///
  /// @param id unique in the run
  public record PlannedTrial(
      String id, Environment environment, PlannedWorkload test, int repeat, boolean traced) {
    /// Of a workload under its own name, with one client.
    public PlannedTrial(
        String id, Environment environment, Workload workload, int repeat, boolean traced) {
      this(id, environment, PlannedWorkload.of(workload), repeat, traced);
    }

    /// What its clients and servers are.
    public Workload workload() {
      return test.workload();
    }

    /// The same with another workload.
    public PlannedTrial with(Workload other) {
      return new PlannedTrial(
          id, environment, new PlannedWorkload(test.name(), other, test.clients()), repeat, traced);
    }

    /// The same under the name of another attempt at it, from 1.
    PlannedTrial attempt(int attempt) {
      return attempt == 1
          ? this
          : new PlannedTrial(id + "-again-" + (attempt - 1), environment, test, repeat, traced);
    }
  }

  /// Keeps copies.
  public Campaign {
    environments = List.copyOf(environments);
    tests = List.copyOf(tests);
  }

  /// Workloads under their own names, each with one client.
  ///
  /// @param durationSeconds of traffic in one trial; as the workloads have it
  public Campaign(
      String name,
      List<Environment> environments,
      List<? extends Workload> workloads,
      int repeats,
      int controls,
      int durationSeconds,
      long seed,
      CpuSets cpus) {
    this(
        name,
        environments,
        workloads.stream().map(PlannedWorkload::of).toList(),
        repeats,
        controls,
        seed,
        cpus,
        0,
        0,
        null);
  }

  /// The workloads of its tests.
  public List<Workload> workloads() {
    return tests.stream().map(PlannedWorkload::workload).toList();
  }

  /// How long all traffic of all trials lasts, warm-up and pauses included.
  public double seconds() {
    double once = 0;
    for (PlannedWorkload test : tests) {
      once += test.workload().durationSeconds() + coolDownMillis / 1000.0;
    }
    return environments.size()
        * (once * (repeats + controls) + (double) tests.size() * warmUpSeconds);
  }

  /// What runs before the first block, if there is a warm-up.
  List<PlannedTrial> warmUps() {
    List<PlannedTrial> warmUps = new ArrayList<>();
    for (Environment environment : environments) {
      for (PlannedWorkload test : tests) {
        Workload shorter = test.workload().ofDuration(Math.max(1, warmUpSeconds));
        warmUps.add(
            new PlannedTrial(
                "warm-up-" + environment.name() + "-" + test.name(),
                environment,
                new PlannedWorkload(test.name(), shorter, test.clients()),
                0,
                false));
      }
    }
    return warmUps;
  }

  /// The study's two tests.
  public static List<Workload> studyWorkloads(int durationSeconds) {
    return List.of(Iperf3.ofSeconds(durationSeconds), Sockperf.ofSeconds(durationSeconds));
  }

  /// The trials in the order in which they are to run: complete blocks, each with every test in
  /// every environment once traced and once not, shuffled within the block. So a drift of the
  /// machine falls on all alike, and the seed gives the order again.
  ///
  /// The shuffle is Fisher and Yates's with `java.util.Random`, whose sequence is fixed by its
  /// specification.
  public List<PlannedTrial> plan() {
    Random random = new Random(seed);
    List<PlannedTrial> plan = new ArrayList<>();
    for (int repeat = 1; repeat <= Math.max(repeats, controls); repeat++) {
      List<PlannedTrial> block = new ArrayList<>();
      for (Environment environment : environments) {
        for (PlannedWorkload test : tests) {
          if (repeat <= repeats) {
            block.add(planned(environment, test, repeat, true));
          }
          if (repeat <= controls) {
            block.add(planned(environment, test, repeat, false));
          }
        }
      }
      Collections.shuffle(block, random);
      plan.addAll(block);
    }
    return plan;
  }

  private static PlannedTrial planned(
      Environment environment, PlannedWorkload test, int repeat, boolean traced) {
    return new PlannedTrial(
        environment.name() + "-" + test.name() + (traced ? "-traced-" : "-control-") + repeat,
        environment,
        test,
        repeat,
        traced);
  }
}
