// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NodeFactsTest {
  @Test
  void numbersOfTheKernelAreReadWhole() throws Exception {
    SortedMap<String, String> facts = NodeFacts.machine();
    try (var stream = new java.io.FileInputStream("/proc/sys/net/ipv4/tcp_rmem")) {
      String told = new String(stream.readNBytes(4096), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(facts).containsEntry("tcp-rmem", told.strip().replace('\t', ' '));
    }
    assertThat(facts)
        .containsEntry(
            "boot-id", Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip())
        .containsKeys("kernel", "cpus", "uid", "congestion-control");
  }

  @Test
  void sourcesAreTriedAndWaysAreAsked() {
    SortedMap<String, String> facts =
        NodeFacts.examine(
            List.of(source("good", null), source("bad", "x".repeat(1000))),
            "127.0.0.1",
            List.of("127.0.0.1", "not an address"));
    assertThat(facts)
        .containsEntry("capture.good", NodeFacts.WORKS)
        .containsEntry("card", "lo")
        .containsEntry("path.127.0.0.1", "answers, by lo");
    assertThat(facts.get("path.not an address")).startsWith("no way there: ");
    // What another machine says is bounded, so that its reader can refuse more.
    assertThat(facts.get("capture.bad")).hasSize(NodeFacts.LONGEST_VALUE).endsWith("x...");
  }

  @Test
  void withoutACardThatHasTheAddressNothingIsToldOfOne() {
    SortedMap<String, String> facts = NodeFacts.examine(List.of(), "192.0.2.77", List.of());
    assertThat(facts.keySet()).noneMatch(name -> name.startsWith("card") || name.startsWith("off"));
  }

  private static CaptureSource source(String name, @Nullable String obstacle) {
    return new CaptureSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public String description() {
        return name;
      }

      @Override
      public List<String> cannotKnow(CaptureLevel level) {
        return List.of();
      }

      @Override
      public Optional<Unavailable> unavailable() {
        return Optional.ofNullable(obstacle).map(reason -> new Unavailable("NO", reason, "none"));
      }

      @Override
      public boolean supports(CaptureTarget target) {
        return true;
      }

      @Override
      public Capture start(CaptureTarget target, CaptureLevel level) {
        throw new AssertionError("examining a node counts nothing");
      }
    };
  }
}
