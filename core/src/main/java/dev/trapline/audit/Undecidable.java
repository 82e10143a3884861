// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

/// Figures that a claim or an invariant needs are not in the study, or are not told apart. It ends
/// one judgement, as "unsupported" or "cannot be checked"; it never leaves the package.
final class Undecidable extends Exception {
  private static final long serialVersionUID = 1L;

  private final String need;

  /// @param fact what is missing, in one sentence
  /// @param need what would help, in one sentence
  Undecidable(String fact, String need) {
    super(fact, null, false, false);
    this.need = need;
  }

  /// What is missing, in one sentence.
  String fact() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  /// What would help, in one sentence.
  String need() {
    return need;
  }
}
