// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import dev.trapline.run.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/// Looks for one kind of fault in a run. Its entry in docs/reference/findings.md, under a heading
/// that is its id, says what it looks at, the thresholds and their reasons; a test holds that there
/// is one.
///
/// A rule works on figures only, of a campaign, a recording or an import alike; where a figure that
/// it needs is unknown, it finds nothing. Unknown is not innocent: docs say what each rule needs.
///
/// @param id in small letters, parts joined by `-`; published, never renamed
/// @param title what is the matter, in one sentence without figures
/// @param about what the rule looks at
/// @param check the findings in a run, in any order
public record FindingRule(
    String id, String title, About about, Function<RunView, List<Finding>> check) {
  /// What a rule looks at.
  public enum About {
    /// Work that could be saved.
    WORK,
    /// How far the run's figures can be trusted.
    DOUBT
  }

  /// Looks at one side of a test, or one role of a recording.
  interface SideCheck {
    /// The finding, if there is one.
    ///
    /// @param draft with the rule's name and the side's place
    Optional<Finding> check(Draft draft, Side side);
  }

  /// A rule about work that looks at each side by itself.
  static FindingRule ofSides(String id, String title, SideCheck check) {
    return new FindingRule(
        id,
        title,
        About.WORK,
        view ->
            view.sides().stream()
                .map(side -> check.check(new Draft(id, title, view, side.where(), false), side))
                .flatMap(Optional::stream)
                .toList());
  }

  /// Looks at one test of an environment, or at a recording.
  interface TrialsCheck {
    /// The finding, if there is one.
    ///
    /// @param draft with the rule's name and the test's place
    /// @param trials that worked, controls too
    Optional<Finding> check(Draft draft, RunView view, List<Trial> trials);
  }

  /// A rule that looks at the trials of each test by themselves.
  static FindingRule ofTrials(String id, String title, About about, TrialsCheck check) {
    return new FindingRule(
        id,
        title,
        about,
        view -> {
          List<Finding> findings = new ArrayList<>();
          view.trialsByTest()
              .forEach((where, trials) ->
                  check
                      .check(new Draft(id, title, view, where, about == About.DOUBT), view, trials)
                      .ifPresent(findings::add));
          return findings;
        });
  }

  /// A rule about the run as a whole.
  static FindingRule ofRun(
      String id, String title, About about, BiFunction<Draft, RunView, Optional<Finding>> check) {
    return new FindingRule(
        id,
        title,
        about,
        view ->
            check.apply(new Draft(id, title, view, Where.RUN, about == About.DOUBT), view).stream()
                .toList());
  }
}
