// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What an environment of a run was made of, and whether it could be made at all.
///
/// @param name as trials have it
/// @param description what lies between the two sides, in one sentence
/// @param emulated whether a guest's instructions were emulated in software: its figures stand for
///   nothing but themselves, and are never compared with native ones unmarked
/// @param skipped why no trial ran in it, with the remedy; null if trials ran
/// @param settings by name, such as `accelerator`, `machine`, `vhost`, `vcpus`, `memory-mib`,
///   `topology`, `guest-kernel`; empty where there is nothing to set
public record EnvironmentFacts(
    String name,
    String description,
    boolean emulated,
    @Nullable String skipped,
    SortedMap<String, String> settings) {
  /// What every output says beside the figures of an emulated environment.
  public static final String EMULATED = "emulated, not representative";

  /// Keeps an unmodifiable copy.
  public EnvironmentFacts {
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
  }

  /// The name, marked if the figures must be.
  public String title() {
    return emulated ? name + " (" + EMULATED + ")" : name;
  }
}
