// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import dev.trapline.tally.Completeness;
import dev.trapline.tally.Tally;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a capture saw, kept apart by the role that each process was given.
///
/// @param byRole role to tally; a role whose processes made no call has an empty tally
/// @param completeness of the whole capture: a loss that cannot be laid at one role's door is here
/// @param contextSwitches per role, of the observed threads; null if the source cannot know
/// @param kvm per role that ran guests; a role without any, or a source that cannot know, has no
///   entry
/// @param rates per role, how many calls came when; a role whose source cannot know has no entry
public record CaptureResult(
    SortedMap<String, Tally> byRole,
    Completeness completeness,
    KernelActivity activity,
    @Nullable SortedMap<String, ContextSwitches> contextSwitches,
    SortedMap<String, KvmActivity> kvm,
    SortedMap<String, CallRate> rates) {
  /// From a source that sees syscalls only.
  public CaptureResult(
      SortedMap<String, Tally> byRole,
      Completeness completeness,
      KernelActivity activity,
      @Nullable SortedMap<String, ContextSwitches> contextSwitches) {
    this(byRole, completeness, activity, contextSwitches, new TreeMap<>(), new TreeMap<>());
  }

  /// Times that threads left the CPU.
  ///
  /// @param voluntary because they slept
  /// @param involuntary because the scheduler preferred another
  public record ContextSwitches(long voluntary, long involuntary) {}

  /// Keeps unmodifiable copies.
  public CaptureResult {
    byRole = Collections.unmodifiableSortedMap(new TreeMap<>(byRole));
    if (contextSwitches != null) {
      contextSwitches = Collections.unmodifiableSortedMap(new TreeMap<>(contextSwitches));
    }
    kvm = Collections.unmodifiableSortedMap(new TreeMap<>(kvm));
    rates = Collections.unmodifiableSortedMap(new TreeMap<>(rates));
  }

  /// All roles together, with the completeness of the whole.
  public Tally total() {
    Tally sum = Tally.EMPTY;
    for (Tally tally : byRole.values()) {
      sum = sum.plus(tally);
    }
    return new Tally(sum.counts(), completeness);
  }
}
