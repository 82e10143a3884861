// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import java.nio.file.Path;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Whose calls are counted. Threads and children that a target starts later are always counted too.
/// Never Trapline itself.
public sealed interface CaptureTarget {
  /// Only what [Capture#launch] starts, from its exec on.
  record Launched() implements CaptureTarget {}

  /// Processes that run already, each under a role of its own choosing, and what [Capture#launch]
  /// starts besides: virtual machine monitors that stand while a benchmark runs in their guests.
  record Roles(SortedMap<String, SortedSet<Integer>> pidsByRole) implements CaptureTarget {
    /// Keeps copies.
    ///
    /// @throws IllegalArgumentException if a process has two roles
    public Roles {
      SortedMap<String, SortedSet<Integer>> copy = new TreeMap<>();
      SortedSet<Integer> all = new TreeSet<>();
      pidsByRole.forEach((role, pids) -> {
        copy.put(role, new TreeSet<>(pids));
        pids.forEach(pid -> {
          if (!all.add(pid)) {
            throw new IllegalArgumentException("process " + pid + " has two roles");
          }
        });
      });
      pidsByRole = copy;
    }
  }

  /// Processes that run already, with all their threads.
  record Processes(SortedSet<Integer> pids) implements CaptureTarget {
    /// Keeps a copy.
    public Processes {
      pids = new TreeSet<>(pids);
    }
  }

  /// Every task in a cgroup (version 2) or below it.
  ///
  /// @param path the folder below the cgroup file system
  record Cgroup(Path path) implements CaptureTarget {}

  /// Every task of the machine.
  record Everything() implements CaptureTarget {}
}
