// SPDX-License-Identifier: Apache-2.0
package dev.trapline;

import org.jspecify.annotations.Nullable;

/// A condition that a user can act on: a stable code, the fact with the value seen, and the remedy.
/// It is printed as `error[CODE]: fact` and `hint: remedy`, never as a stack trace.
///
/// It is not for programming errors: those stay `IllegalStateException` and its kin, and are shown
/// as a bug to report. Every code is a heading of `docs/troubleshooting.md`; a test holds the two
/// together.
public final class TraplineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String remedy;

  /// @param code stable, upper case with hyphens, such as `BTF-MISSING`
  /// @param fact one sentence with the value that was seen and its consequence
  /// @param remedy what to do, with the exact command where there is one
  public TraplineException(String code, String fact, String remedy) {
    this(code, fact, remedy, null);
  }

  /// As above, with the failure underneath for `--debug`.
  public TraplineException(String code, String fact, String remedy, @Nullable Throwable cause) {
    super(fact, cause);
    this.code = code;
    this.remedy = remedy;
  }

  /// The stable code, without brackets.
  public String code() {
    return code;
  }

  /// What the user can do about it.
  public String remedy() {
    return remedy;
  }

  /// The two lines that are printed.
  public String rendered() {
    return "error[" + code + "]: " + getMessage() + "\nhint: " + remedy;
  }
}
