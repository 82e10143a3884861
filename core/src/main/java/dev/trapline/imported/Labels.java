// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import dev.trapline.TraplineException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the user said of the files: `server=FILE` labels one, `server` alone labels all that have
/// no label of their own.
///
/// @param option as the user wrote it, such as `--role`, for errors
/// @param byFile label by the file's name as given
/// @param ofAll null if there is none
public record Labels(String option, Map<String, String> byFile, @Nullable String ofAll) {
  /// Keeps a copy.
  public Labels {
    byFile = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(byFile));
  }

  /// Reads the values of an option that may stand several times.
  ///
  /// @param files that are read; a label for another one adds it
  /// @throws TraplineException `USAGE` if a file has two labels of one kind, or the label is empty
  public static Labels parse(String option, List<String> values, List<String> files) {
    Map<String, String> byFile = new LinkedHashMap<>();
    String ofAll = null;
    Set<String> known = new HashSet<>(files);
    for (String value : values) {
      int equals = known.contains(value) ? -1 : value.indexOf('=');
      String label = equals < 0 ? value : value.substring(0, equals);
      String file = equals < 0 ? null : value.substring(equals + 1);
      if (label.isBlank() || (file != null && file.isEmpty())) {
        throw misuse(option, "'" + value + "' has an empty part");
      }
      String before = file == null ? ofAll : byFile.put(file, label);
      if (before != null && !before.equals(label)) {
        throw misuse(
            option,
            (file == null ? "all files" : file) + " would be both " + before + " and " + label);
      }
      if (file == null) {
        ofAll = label;
      }
    }
    return new Labels(option, byFile, ofAll);
  }

  private static TraplineException misuse(String option, String fact) {
    return new TraplineException(
        "USAGE",
        option + ": " + fact + ".",
        option + " NAME for all files, or " + option + " NAME=FILE for one, each at most once");
  }

  /// The label of a file, or null.
  public @Nullable String of(String file) {
    String own = byFile.get(file);
    return own == null ? ofAll : own;
  }
}
