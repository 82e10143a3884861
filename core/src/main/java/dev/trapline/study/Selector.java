// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which figures a claim is about: rows of counts, an outcome, or a derived amount. Exactly one of
/// `syscalls`, `outcome` and `derived` says which; of the others null is "any".
///
/// @param sideNotTold only rows whose side the study does not tell; never together with a role
/// @param thread only rows of this thread
/// @param syscalls any of these; empty if the selector names an outcome or a derivation
/// @param outcome name of an outcome; null for counts
/// @param derived a formula over assumptions and outcomes; null for figures that are given. The
///   only one is [#MESSAGES_FROM_TIME]
/// @param per what the count is to be divided by: `message` or `GiB`; null for nothing
/// @param absentMeansZeroFor environments in which no such row means that there were none
public record Selector(
    @Nullable String environment,
    @Nullable String test,
    @Nullable String role,
    boolean sideNotTold,
    @Nullable String thread,
    List<String> syscalls,
    @Nullable String outcome,
    @Nullable String derived,
    @Nullable String per,
    List<String> absentMeansZeroFor,
    Place place) {
  /// Messages of a ping-pong whose count was not published; see [MessageCount].
  public static final String MESSAGES_FROM_TIME = "duration_s / (2 x latency)";

  /// Keeps copies.
  public Selector {
    syscalls = List.copyOf(syscalls);
    absentMeansZeroFor = List.copyOf(absentMeansZeroFor);
  }

  /// Whether a row of counts is one of those meant. Names of syscalls are compared by what they
  /// stand for: `fstat` selects rows of `newfstat`. A selector of outcomes matches no row.
  public boolean matches(StudyCount count) {
    return anyOr(environment, count.environment())
        && anyOr(test, count.test())
        && anyOr(role, count.role())
        && (!sideNotTold || count.role() == null)
        && anyOr(thread, count.thread())
        && syscalls.stream().anyMatch(name -> canonical(name).equals(canonical(count.syscall())));
  }

  private static boolean anyOr(@Nullable String wanted, @Nullable String found) {
    return wanted == null || wanted.equals(found);
  }

  private static String canonical(String name) {
    return SyscallCatalogue.instance().byName(name).map(Syscall::name).orElse(name);
  }
}
