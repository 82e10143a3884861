// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How fast this machine's time stamp counter runs. An emulated guest reads the host's counter, and
/// has trouble finding out its frequency by itself.
public final class TscFrequency {
  /// Of arch/x86/kernel/tsc.c: `tsc: Refined TSC clocksource calibration: 2596.136 MHz` if there is
  /// one, else `tsc: Detected 2596.136 MHz processor` or `... TSC`.
  private static final Pattern REFINED = Pattern.compile("tsc: Refined .*: (\\d+\\.\\d{3}) MHz");

  private static final Pattern DETECTED = Pattern.compile("tsc: Detected (\\d+\\.\\d{3}) MHz");
  private static final Pattern CPU_MHZ = Pattern.compile("(?m)^cpu MHz\\s*: (\\d+\\.\\d{3})$");

  private TscFrequency() {}

  /// Kilohertz, as the kernel's log has them. When the log no longer goes back that far, a virtual
  /// machine's `cpu MHz` of /proc/cpuinfo, which is the counter's; that of hardware changes with
  /// load and is not taken.
  public static OptionalLong kilohertz() {
    String log =
        Tool.find("dmesg").isPresent() ? Tool.run(java.util.List.of("dmesg")).output() : "";
    String processor = ProcFs.read("cpuinfo").orElse("");
    for (Pattern pattern : java.util.List.of(REFINED, DETECTED)) {
      OptionalLong found = first(pattern, log);
      if (found.isPresent()) {
        return found;
      }
    }
    return (processor.contains(" hypervisor ") ? first(CPU_MHZ, processor) : OptionalLong.empty());
  }

  /// For the kernel of an emulated guest, each word after a space. Told how fast the counter runs,
  /// it need not measure it against a timer that is emulated too, which fails in one of ten boots
  /// of a microvm; and it does not panic because on a busy host that timer seemed not to tick
  /// (`tsc_early_khz`, `tsc`, `no_timer_check` of Documentation/admin-guide/kernel-parameters.txt).
  public static String asKernelArguments() {
    OptionalLong kilohertz = kilohertz();
    return " no_timer_check"
        + (kilohertz.isPresent()
            ? " tsc_early_khz=" + kilohertz.getAsLong() + " tsc=reliable"
            : "");
  }

  private static OptionalLong first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find()
        ? OptionalLong.of(Long.parseLong(matcher.group(1).replace(".", "")))
        : OptionalLong.empty();
  }
}
