// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.util.List;
import java.util.Optional;

/// Something that can count syscalls on this machine. Implementations hold no state: every [#start]
/// is a capture of its own.
public interface CaptureSource {
  /// The word of `--capture`: `ebpf`, `perf`, `strace`.
  String name();

  /// One sentence for tables: how it counts and at what price.
  String description();

  /// What a tally from here never holds, in words, for the report.
  List<String> cannotKnow(CaptureLevel level);

  /// Why it cannot work here, found by trying; empty if it works.
  Optional<Unavailable> unavailable();

  /// Whether this source can observe such a target.
  boolean supports(CaptureTarget target);

  /// Begins to count.
  ///
  /// @throws dev.trapline.TraplineException if it cannot, with the remedy
  Capture start(CaptureTarget target, CaptureLevel level);

  /// The reason why a source does not work here, and what to do.
  ///
  /// @param reason as a part of a sentence: a full stop at its end is taken away, as a tool that is
  ///   quoted may have one
  record Unavailable(String code, String reason, String remedy) {
    /// Takes the full stop away.
    public Unavailable {
      reason = reason.replaceFirst("\\.+$", "");
    }
  }
}
