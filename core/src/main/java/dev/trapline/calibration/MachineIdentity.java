// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.host.MachineFacts;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The facts that decide what a call costs: costs measured under one identity say nothing about
/// another. A new kernel or a mitigation switched off makes another machine of the same hardware.
///
/// @param facts by name, those of [MachineFacts] that count: `architecture`, `cpu`, `kernel`,
///   `hypervisor` and every `mitigation.NAME`; what could not be read is absent
public record MachineIdentity(SortedMap<String, String> facts) {
  private static final List<String> THAT_COUNT =
      List.of("architecture", "cpu", "kernel", "hypervisor");
  private static final String MITIGATION = "mitigation.";
  private static final int SHORT_HASH = 12;

  /// Keeps only what counts.
  public MachineIdentity {
    SortedMap<String, String> counting = new TreeMap<>();
    facts.forEach((name, value) -> {
      if (THAT_COUNT.contains(name) || name.startsWith(MITIGATION)) {
        counting.put(name, value);
      }
    });
    facts = Collections.unmodifiableSortedMap(counting);
  }

  /// Of the machine that we run on.
  public static MachineIdentity here() {
    return new MachineIdentity(MachineFacts.read());
  }

  /// Twelve hexadecimal digits of the SHA-256 of all facts: names the kept file.
  public String hash() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> fact : facts.entrySet()) {
      text.append(fact.getKey()).append('=').append(fact.getValue()).append('\n');
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, SHORT_HASH);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}
