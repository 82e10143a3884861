// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import dev.trapline.run.Trial;
import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How far a campaign is, made of its finished trials alone: so a process that goes on with it
/// decides as the one before would have. Of each trial it keeps a name, and a figure of those that
/// the stop rule looks at.
public final class CampaignState {
  private static final Pattern ATTEMPT = Pattern.compile("-again-[0-9]+$");

  private final @Nullable StopRule stop;
  private final Map<String, Integer> attempts = new HashMap<>();
  private final Set<String> done = new HashSet<>();
  private final Map<String, NavigableMap<Integer, Double>> controls = new HashMap<>();
  private int trials;

  /// Of no trial yet.
  public CampaignState(Campaign campaign) {
    this.stop = campaign.stop();
  }

  /// Takes a finished trial in.
  public void add(Trial trial) {
    trials++;
    String planned = ATTEMPT.matcher(trial.id()).replaceFirst("");
    attempts.merge(planned, 1, Integer::sum);
    if (trial.outcome() == null) {
      return;
    }
    done.add(planned);
    OptionalDouble figure = figure(trial.outcome());
    if (!trial.traced() && figure.isPresent()) {
      controls
          .computeIfAbsent(trial.environment() + " " + trial.test(), unseen -> new TreeMap<>())
          .put(trial.repeat(), figure.getAsDouble());
    }
  }

  /// The figure that a test is about: bits per second, nanoseconds of half a round trip, or
  /// messages per second.
  public static OptionalDouble figure(@Nullable Outcome outcome) {
    return switch (outcome) {
      case Throughput throughput -> OptionalDouble.of(throughput.goodput().bitsPerSecond());
      case BidirectionalThroughput both -> OptionalDouble.of(both.goodput().bitsPerSecond());
      case Latency latency -> OptionalDouble.of(latency.halfRoundTripNanos(latency.meanNanos()));
      case MessageRate rate -> OptionalDouble.of((double) rate.messagesPerSecond());
      case null -> OptionalDouble.empty();
    };
  }

  /// How many trials there were, those set aside too.
  public int trials() {
    return trials;
  }

  /// How often it was tried.
  int attempts(Campaign.PlannedTrial planned) {
    return attempts.getOrDefault(planned.id(), 0);
  }

  /// Whether it has a result, or was tried as often as is tried.
  boolean isDone(Campaign.PlannedTrial planned) {
    return done.contains(planned.id()) || attempts(planned) >= CampaignRunner.MOST_ATTEMPTS;
  }

  /// Whether the stop rule passes it over, by the trials of the blocks before its own.
  boolean isStopped(Campaign.PlannedTrial planned) {
    if (stop == null) {
      return false;
    }
    NavigableMap<Integer, Double> figures = controls.get(cell(planned));
    return figures != null && stop.isMet(figures.headMap(planned.repeat(), false).values());
  }

  /// Whether its test is through in its environment as far as the stop rule goes.
  boolean isOver(Campaign.PlannedTrial planned) {
    NavigableMap<Integer, Double> figures = controls.get(cell(planned));
    return stop != null && figures != null && stop.isMet(figures.values());
  }

  private static String cell(Campaign.PlannedTrial planned) {
    return planned.environment().name() + " " + planned.test().name();
  }

  /// The planned trials that have no result and should have one, in the order of the plan.
  public List<String> missing(List<Campaign.PlannedTrial> plan) {
    List<String> missing = new ArrayList<>();
    for (Campaign.PlannedTrial planned : plan) {
      if (!done.contains(planned.id()) && !isStopped(planned)) {
        missing.add(planned.id());
      }
    }
    return missing;
  }
}
