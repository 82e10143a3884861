// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Studies for tests.
public final class Studies {
  /// Reads as a study and says next to nothing; tests add to it.
  public static final String SMALL =
      """
      study: small
      tools: {throughput: iperf3, latency: sockperf ping-pong}
      environments:
        one: {label: One}
        two: {label: Two}
      """;

  private Studies() {}

  /// The published study.
  public static Path published() {
    try {
      return Path.of(
          Objects.requireNonNull(Studies.class.getResource("study.yaml"), "study.yaml").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Its text.
  public static String publishedText() {
    try {
      return Files.readString(published());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// [#SMALL] and more.
  public static Study smallWith(String more) {
    return StudyYaml.parse(SMALL + more, "small.yaml");
  }
}
