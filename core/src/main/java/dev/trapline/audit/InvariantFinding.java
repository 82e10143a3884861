// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import org.jspecify.annotations.Nullable;

/// Whether figures of a study that must agree do.
///
/// @param id which rule, such as `half-rtt`; it occurs once for each subject
/// @param subject what it was applied to: an environment with its run, or a claim's id
/// @param holds null if it cannot be checked, which is not that it holds
/// @param detail both figures and how they are derived, or what is missing to check it
public record InvariantFinding(String id, String subject, @Nullable Boolean holds, String detail) {
  /// One that holds, or does not.
  static InvariantFinding checked(String id, String subject, boolean holds, String detail) {
    return new InvariantFinding(id, subject, holds, detail);
  }

  /// One for which figures are missing.
  static InvariantFinding unchecked(String id, String subject, String missing) {
    return new InvariantFinding(id, subject, null, missing);
  }

  /// Whether it was checked and does not hold.
  public boolean isBroken() {
    return holds != null && !holds;
  }
}
