// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import dev.trapline.tally.Completeness;
import java.util.List;
import java.util.Optional;

/// Everything that one call of `bench` or `record` found out.
///
/// @param completeness of all traced trials together; its notes name what was lost where
/// @param trials in the order in which they ran, failed ones too
/// @param tallies of the traced trials
/// @param environments what each was made of, those too in which no trial could run; empty for
///   recordings, imports and runs from before this was kept
public record Run(
    Provenance provenance,
    Completeness completeness,
    List<Trial> trials,
    List<RoleTally> tallies,
    List<EnvironmentFacts> environments) {
  /// The published name of this shape.
  public static final String SCHEMA = "trapline.run/1";

  /// Keeps unmodifiable copies.
  public Run {
    trials = List.copyOf(trials);
    tallies = List.copyOf(tallies);
    environments = List.copyOf(environments);
  }

  /// A run whose environments have nothing to tell.
  public Run(
      Provenance provenance,
      Completeness completeness,
      List<Trial> trials,
      List<RoleTally> tallies) {
    this(provenance, completeness, trials, tallies, List.of());
  }

  /// What is kept of this environment.
  public Optional<EnvironmentFacts> environment(String name) {
    return environments.stream().filter(facts -> facts.name().equals(name)).findFirst();
  }

  /// Whether guests of this environment were emulated in software.
  public boolean isEmulated(String environment) {
    return environment(environment).map(EnvironmentFacts::emulated).orElse(false);
  }

  /// The environment's name, marked if its figures must be.
  public String titleOf(String environment) {
    return environment(environment).map(EnvironmentFacts::title).orElse(environment);
  }

  /// The trial of this id.
  public Optional<Trial> trial(String id) {
    return trials.stream().filter(trial -> trial.id().equals(id)).findFirst();
  }
}
