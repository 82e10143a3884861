// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A whole study.
///
/// @param name of the study
/// @param source the file, or the run directory
/// @param tools by test: what measured it, as `iperf3 -P 4`
/// @param environments in the order of the source
/// @param outcomes what each environment reached
/// @param counts rows; the same syscall may have several, of other roles or threads
/// @param shares percentages, where the study gives them in place of counts
/// @param alsoSeen syscalls that the study names without a count: absent, not zero
/// @param notes what its figures lack, in sentences: lost events, failed trials, what the capture
///   could not know. Empty for a study that says nothing of it, which is not "nothing lost"
public record Study(
    String name,
    String source,
    SortedMap<String, String> tools,
    List<StudyEnvironment> environments,
    List<StudyOutcome> outcomes,
    List<StudyCount> counts,
    List<StudyShare> shares,
    List<String> alsoSeen,
    List<Assumption> assumptions,
    List<Claim> claims,
    List<String> notes) {
  /// Keeps unmodifiable copies.
  public Study {
    tools = Collections.unmodifiableSortedMap(new TreeMap<>(tools));
    environments = List.copyOf(environments);
    outcomes = List.copyOf(outcomes);
    counts = List.copyOf(counts);
    shares = List.copyOf(shares);
    alsoSeen = List.copyOf(alsoSeen);
    assumptions = List.copyOf(assumptions);
    claims = List.copyOf(claims);
    notes = List.copyOf(notes);
  }

  /// The outcome of this name in an environment, of whichever run; see [StudyOutcome#run].
  public Optional<StudyOutcome> outcome(String environment, String outcomeName) {
    return outcomes.stream()
        .filter(one -> one.environment().equals(environment) && one.name().equals(outcomeName))
        .findFirst();
  }

  /// The assumption of this name.
  public Optional<Assumption> assumption(String assumptionName) {
    return assumptions.stream().filter(one -> one.name().equals(assumptionName)).findFirst();
  }

  /// The environment of this id.
  public Optional<StudyEnvironment> environment(String id) {
    return environments.stream().filter(one -> one.id().equals(id)).findFirst();
  }
}
