// SPDX-License-Identifier: Apache-2.0
package dev.trapline.imported;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The files that `strace -ff -o NAME` leaves: `NAME.4711`, one per thread. Such files of one NAME
/// are one log.
///
/// @param name `NAME.*`, or the file's own name if it is alone
/// @param byPid file by the number at its end
record PidFiles(String name, SortedMap<Integer, String> byPid, boolean isOneFile) {
  private static final Pattern NUMBERED = Pattern.compile("(?s)(.+)\\.(\\d{1,7})");

  /// In the order of the first file of each.
  static List<PidFiles> grouped(List<String> files) {
    Map<String, SortedMap<Integer, String>> groups = new LinkedHashMap<>();
    for (String file : files) {
      Matcher numbered = NUMBERED.matcher(file);
      boolean hasNumber = numbered.matches();
      groups
          .computeIfAbsent(hasNumber ? numbered.group(1) + ".*" : file, unseen -> new TreeMap<>())
          .put(hasNumber ? Integer.parseInt(numbered.group(2)) : 0, file);
    }
    List<PidFiles> result = new ArrayList<>();
    groups.forEach((name, byPid) -> {
      boolean alone = byPid.size() == 1;
      result.add(new PidFiles(alone ? byPid.values().iterator().next() : name, byPid, alone));
    });
    return result;
  }
}
