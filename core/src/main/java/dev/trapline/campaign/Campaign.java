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

/// What is to be measured: workloads, environments, how often, how long. The built-in ones have the
/// study's two tests.
///
/// @param name for provenance
/// @param repeats traced trials of each test in each environment
/// @param controls untraced trials likewise; their outcomes are the ones to quote
/// @param durationSeconds of traffic in one trial
/// @param seed of the order of trials
/// @param cpus that each side is bound to
public record Campaign(
    String name,
    List<Environment> environments,
    List<Workload> workloads,
    int repeats,
    int controls,
    int durationSeconds,
    long seed,
    CpuSets cpus) {
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
      String id, Environment environment, Workload workload, int repeat, boolean traced) {}

  /// Keeps copies.
  public Campaign {
    environments = List.copyOf(environments);
    workloads = List.copyOf(workloads);
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
        for (Workload workload : workloads) {
          if (repeat <= repeats) {
            block.add(planned(environment, workload, repeat, true));
          }
          if (repeat <= controls) {
            block.add(planned(environment, workload, repeat, false));
          }
        }
      }
      Collections.shuffle(block, random);
      plan.addAll(block);
    }
    return plan;
  }

  private static PlannedTrial planned(
      Environment environment, Workload workload, int repeat, boolean traced) {
    return new PlannedTrial(
        environment.name() + "-" + workload.test() + (traced ? "-traced-" : "-control-") + repeat,
        environment,
        workload,
        repeat,
        traced);
  }
}
