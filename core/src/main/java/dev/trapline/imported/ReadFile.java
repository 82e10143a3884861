// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.reading.SkippedLines;
import dev.trapline.reading.TallyReading;
import dev.trapline.workload.WorkloadReading;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One file that was read (or the files of one `strace -ff`, as one).
///
/// @param name as the user named it
/// @param members the files' own names; one, or those of a `strace -ff`
/// @param compression null for plain text
/// @param bytes null if not known
/// @param sha256 null if it was not taken
/// @param content what it says
/// @param damage why the compressed file ended early; null if it did not
record ReadFile(
    String name,
    List<String> members,
    Format format,
    @Nullable String compression,
    @Nullable Long bytes,
    @Nullable String sha256,
    Content content,
    @Nullable String damage) {
  /// What a file says.
  sealed interface Content {}

  /// Counts of syscalls.
  record Counts(TallyReading reading) implements Content {}

  /// What a benchmark measured.
  record Result(WorkloadReading reading) implements Content {}

  /// Keeps a copy.
  ReadFile {
    members = List.copyOf(members);
  }

  /// What the user said of it, or of any of its members.
  @Nullable String label(Labels labels) {
    for (String member : members) {
      String own = labels.byFile().get(member);
      if (own != null) {
        return own;
      }
    }
    return labels.of(name);
  }

  @Nullable TallyReading counts() {
    return content instanceof Counts(TallyReading reading) ? reading : null;
  }

  @Nullable WorkloadReading result() {
    return content instanceof Result(WorkloadReading reading) ? reading : null;
  }

  long lines() {
    return switch (content) {
      case Counts(TallyReading reading) -> reading.lines();
      case Result(WorkloadReading reading) -> reading.lines();
    };
  }

  SkippedLines skipped() {
    return switch (content) {
      case Counts(TallyReading reading) -> reading.skipped();
      case Result(WorkloadReading reading) -> reading.skipped();
    };
  }

  /// Why this is not all: the text's own end and that of its compressed form.
  @Nullable String truncation() {
    String own =
        switch (content) {
          case Counts(TallyReading reading) -> reading.truncation();
          case Result(WorkloadReading reading) -> reading.truncation();
        };
    List<String> reasons = new ArrayList<>();
    if (damage != null) {
      reasons.add(damage);
    }
    if (own != null) {
      reasons.add(own);
    }
    return reasons.isEmpty() ? null : String.join("; ", reasons);
  }

  List<String> cannotKnow() {
    return content instanceof Counts(TallyReading reading) ? reading.cannotKnow() : List.of();
  }

  List<String> remarks() {
    return switch (content) {
      case Counts(TallyReading reading) -> reading.remarks();
      case Result(WorkloadReading reading) -> reading.remarks();
    };
  }
}
