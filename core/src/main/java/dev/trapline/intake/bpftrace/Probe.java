// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What bpftrace's `probe` says as part of a key: `tracepoint:syscalls:sys_enter_read`,
/// `kretprobe:__x64_sys_read`, `fentry:vmlinux:__arm64_sys_read`, or any other probe.
///
/// @param syscall the catalogue's name of the syscall whose entry or exit it is; null for a probe
///   of all syscalls and for one of something else
/// @param edge where in the call it is; null for a probe of something else
/// @param family in which of several places of one call it is: a call that enters the kernel passes
///   the tracepoint and up to three functions, and must not count more than once. Lower is nearer
///   to user space
record Probe(@Nullable String syscall, @Nullable Edge edge, int family) {
  /// Where in a call something was counted.
  enum Edge {
    ENTRY,
    /// A name or a number, which tells no place.
    UNTOLD,
    EXIT
  }

  private static final Probe FOREIGN = new Probe(null, null, 0);

  /// The providers of bpftrace(8), as `probe` spells them.
  private static final Pattern PROVIDER =
      Pattern.compile(
          "(tracepoint|rawtracepoint|kprobe|kretprobe|kfunc|kretfunc|fentry|fexit|uprobe|uretprobe"
              + "|usdt|profile|interval|software|hardware|watchpoint|asyncwatchpoint|iter|self"
              + "|bench|test):(.*)");

  private static final Set<String> WITHOUT_COLON = Set.of("BEGIN", "END", "begin", "end");

  private static final Pattern SYSCALL_EVENT =
      Pattern.compile("syscalls:sys_(enter|exit)_([a-z0-9_]{1,64})");
  private static final Pattern RAW_EVENT =
      Pattern.compile("(?:raw_syscalls:|vmlinux:)?sys_(enter|exit)");
  private static final Pattern KERNEL_FUNCTION =
      Pattern.compile(
          "(?:[A-Za-z0-9_]{1,64}:)?"
              + "(?:(__(?:x64|arm64)_sys_)|(__se_sys_)|(__do_sys_)|(sys_|SyS_))"
              + "([a-z0-9_]{1,64})");

  /// The probe that a part of a key names; null if it names none.
  static @Nullable Probe of(String part) {
    if (WITHOUT_COLON.contains(part)) {
      return FOREIGN;
    }
    Matcher provider = PROVIDER.matcher(part);
    if (!provider.matches()) {
      return null;
    }
    String place = provider.group(2);
    return switch (provider.group(1)) {
      case "tracepoint", "rawtracepoint" -> ofTracepoint(place);
      case "kprobe", "kfunc", "fentry" -> ofFunction(place, Edge.ENTRY);
      case "kretprobe", "kretfunc", "fexit" -> ofFunction(place, Edge.EXIT);
      default -> FOREIGN;
    };
  }

  private static Probe ofTracepoint(String place) {
    Matcher raw = RAW_EVENT.matcher(place);
    if (raw.matches()) {
      return new Probe(null, edge(raw.group(1)), 0);
    }
    Matcher event = SYSCALL_EVENT.matcher(place);
    if (!event.matches()) {
      return FOREIGN;
    }
    // The kernel has an event for it, so it is a syscall, known to the catalogue or not.
    String name = event.group(2);
    return new Probe(catalogued(name).orElse(name), edge(event.group(1)), 0);
  }

  private static Edge edge(String word) {
    return word.equals("enter") ? Edge.ENTRY : Edge.EXIT;
  }

  private static Probe ofFunction(String place, Edge edge) {
    Matcher function = KERNEL_FUNCTION.matcher(place);
    if (!function.matches()) {
      return FOREIGN;
    }
    int family = 1;
    while (function.group(family) == null) {
      family++;
    }
    int foundFamily = family;
    return catalogued(function.group(5))
        .map(name -> new Probe(name, edge, foundFamily))
        .orElse(FOREIGN);
  }

  /// The syscall that a part names without being a probe: `read`, or `__x64_sys_read` as `func` and
  /// `ksym()` say it; null if the catalogue has none of that name.
  static @Nullable String plainName(String part) {
    Matcher function = KERNEL_FUNCTION.matcher(part);
    String bare = function.matches() ? function.group(5) : part;
    return catalogued(bare).orElse(null);
  }

  /// Whether a part can only be a syscall's name: [#plainName] takes the name of a program such as
  /// `sync` for one too.
  static boolean isFunctionName(String part) {
    return KERNEL_FUNCTION.matcher(part).matches() && plainName(part) != null;
  }

  private static Optional<String> catalogued(String name) {
    return SyscallCatalogue.instance().byName(name).map(Syscall::name);
  }

  /// Whether it is of all syscalls, so that a number beside it must tell which.
  boolean isOfAllSyscalls() {
    return edge != null && syscall == null;
  }
}
