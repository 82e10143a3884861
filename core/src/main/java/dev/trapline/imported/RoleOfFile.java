// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which side counts are of, and how that is known.
///
/// @param role the side
/// @param knownBy in words, for the report
record RoleOfFile(String role, String knownBy) {
  /// Only whole words: `server.strace`, `bm_client-1.log`; not `observer`.
  private static final Pattern SIDE = Pattern.compile("(?<![a-z])(server|client|srv|cli)(?![a-z])");

  /// @param label what the user said, or null
  /// @param alone whether no other file of the trial has counts
  static RoleOfFile of(
      String file, @org.jspecify.annotations.Nullable String label, boolean alone) {
    if (label != null) {
      return new RoleOfFile(label, "label");
    }
    String name = file.substring(file.lastIndexOf('/') + 1);
    Matcher side = SIDE.matcher(name.toLowerCase(Locale.ROOT));
    if (side.find()) {
      String found = side.group(1);
      boolean another = side.find() && !side.group(1).equals(found);
      if (!another) {
        return new RoleOfFile(found.startsWith("s") ? "server" : "client", "the file's name");
      }
    }
    return alone
        ? new RoleOfFile("observed", "no label")
        : new RoleOfFile(name, "no label; named after the file");
  }
}
