// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// All rules there are.
public final class FindingCatalogue {
  /// In the order of docs/reference/findings.md.
  public static final List<FindingRule> RULES =
      Stream.of(
              GuestRules.RULES,
              CallRules.RULES,
              WaitRules.RULES,
              CopyRules.RULES,
              MachineRules.RULES,
              DoubtRules.RULES)
          .flatMap(List::stream)
          .toList();

  private FindingCatalogue() {}

  /// The rule of this id.
  public static Optional<FindingRule> rule(String id) {
    return RULES.stream().filter(rule -> rule.id().equals(id)).findFirst();
  }
}
