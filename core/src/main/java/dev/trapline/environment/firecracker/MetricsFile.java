// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Firecracker's file of counters: a JSON object a line, of what was counted since the line before
/// (`SharedIncMetric` of src/vmm/src/logger/metrics.rs). The object `net` is of all network cards
/// together; a machine of ours has one.
final class MetricsFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private MetricsFile() {}

  /// The sums of what the network card counted: packets, bytes, virtqueue kicks, failures, by the
  /// names that Firecracker gives them. A line that is not whole yet is left out.
  ///
  /// @throws IOException if the file cannot be read
  static SortedMap<String, Long> networkCounters(Path file) throws IOException {
    SortedMap<String, Long> sums = new TreeMap<>();
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    for (String line : text.split("\n", -1)) {
      JsonNode net;
      try {
        net = JSON.readTree(line).path("net");
      } catch (JacksonException notWhole) {
        continue;
      }
      for (Map.Entry<String, JsonNode> counter : net.properties()) {
        if (isOfTraffic(counter.getKey()) && counter.getValue().isIntegralNumber()) {
          sums.merge(counter.getKey(), counter.getValue().asLong(), Long::sum);
        }
      }
    }
    return sums;
  }

  private static boolean isOfTraffic(String name) {
    return name.startsWith("rx_") || name.startsWith("tx_") || name.startsWith("no_");
  }
}
