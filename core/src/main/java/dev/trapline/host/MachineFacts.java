// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a figure's reader must know of the machine that it was measured on. A fact that cannot be
/// read is absent.
public final class MachineFacts {
  private static final Path VULNERABILITIES = Path.of("/sys/devices/system/cpu/vulnerabilities");

  private MachineFacts() {}

  /// Facts by name: `kernel`, `architecture`, `cpu`, `cpus`, `memory-kib`, `hypervisor`,
  /// `clocksource`, `governor`, `system`, `mitigation.NAME`.
  public static SortedMap<String, String> read() {
    SortedMap<String, String> facts = new TreeMap<>();
    line("/proc/sys/kernel/osrelease").ifPresent(value -> facts.put("kernel", value));
    facts.put("architecture", System.getProperty("os.arch"));
    facts.put("cpus", Integer.toString(Runtime.getRuntime().availableProcessors()));
    String cpuInfo = ProcFs.read("cpuinfo").orElse("");
    field(cpuInfo, "model name").ifPresent(value -> facts.put("cpu", value));
    field(cpuInfo, "flags")
        .ifPresent(flags ->
            facts.put("hypervisor", (" " + flags + " ").contains(" hypervisor ") ? "yes" : "no"));
    field(ProcFs.read("meminfo").orElse(""), "MemTotal")
        .ifPresent(value -> facts.put("memory-kib", value.split(" ", -1)[0]));
    line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
        .ifPresent(value -> facts.put("clocksource", value));
    line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
        .ifPresent(value -> facts.put("governor", value));
    operatingSystem().ifPresent(value -> facts.put("system", value));
    mitigations(facts);
    return facts;
  }

  private static void mitigations(SortedMap<String, String> facts) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(VULNERABILITIES)) {
      for (Path file : files) {
        line(file.toString())
            .ifPresent(value -> facts.put("mitigation." + file.getFileName(), value));
      }
    } catch (IOException unreadable) {
      // Absent on kernels before 4.15 and in some containers.
    }
  }

  private static Optional<String> operatingSystem() {
    try {
      for (String line : Files.readAllLines(Path.of("/etc/os-release"))) {
        if (line.startsWith("PRETTY_NAME=")) {
          return Optional.of(line.substring("PRETTY_NAME=".length()).replace("\"", ""));
        }
      }
    } catch (IOException absent) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  private static Optional<String> field(String text, String name) {
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
        return Optional.of(line.substring(colon + 1).strip());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> line(String path) {
    try {
      return Optional.of(Files.readString(Path.of(path)).strip());
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }
}
