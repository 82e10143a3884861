// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.run.Provenance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What differs between two moments or machines that figures of one run must share.
final class CampaignChanges {
  /// Total memory differs by a few KiB from boot to boot.
  private static final Set<String> NOT_COMPARED = Set.of("memory-kib");

  private CampaignChanges() {}

  /// @return one line for each difference, what was and what is; empty if there is none
  static List<String> between(Provenance before, Provenance now) {
    List<String> changes = new ArrayList<>();
    compare("trapline", before.traplineVersion(), now.traplineVersion(), changes);
    compareAll("", before.machine(), now.machine(), changes);
    compareAll("tool ", before.tools(), now.tools(), changes);
    compare("capture source", before.captureSource(), now.captureSource(), changes);
    compare("capture level", before.captureLevel(), now.captureLevel(), changes);
    compareAll("setting ", before.settings(), now.settings(), changes);
    return changes;
  }

  private static void compareAll(
      String what, Map<String, String> before, Map<String, String> now, List<String> changes) {
    Set<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    names.removeAll(NOT_COMPARED);
    for (String name : names) {
      compare(
          what + name,
          before.getOrDefault(name, "unknown"),
          now.getOrDefault(name, "unknown"),
          changes);
    }
  }

  private static void compare(String what, String before, String now, List<String> changes) {
    if (!before.equals(now)) {
      changes.add(what + " was " + brief(before) + ", is " + brief(now));
    }
  }

  private static String brief(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= 60 ? line : line.substring(0, 57) + "...";
  }
}
