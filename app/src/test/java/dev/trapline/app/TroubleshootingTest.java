// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Every error code that a user may see is a heading of `docs/troubleshooting.md`.
class TroubleshootingTest {
  /// A literal that is made an error of, or that cannot be but a code.
  private static final Pattern CODE_IN_JAVA =
      Pattern.compile(
          "(?:TraplineException|Unavailable)\\(\\s*\"([A-Z][A-Z0-9]+)\""
              + "|\"error\\[([A-Z]+)\\]"
              + "|\"([A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+)\"");

  /// Literals that look like codes and are none.
  private static final Set<String> NOT_CODES = Set.of("SHA-256");

  private static final Pattern CODE_IN_SHELL = Pattern.compile("\\bfail ([A-Z][A-Z-]+) ");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ ([A-Z][A-Z0-9-]+)$");

  @Test
  void everyCodeHasAHeading() throws IOException {
    Set<String> codes = new TreeSet<>();
    for (Path source : Repository.mainSources()) {
      collect(CODE_IN_JAVA, source, codes);
    }
    collect(CODE_IN_SHELL, Repository.root().resolve("trapline"), codes);
    assertThat(codes)
        .contains("BUG", "USAGE", "PORT", "RUN-UNFINISHED", "INTERRUPTED", "JDK-MISSING");
    Set<String> headings = new TreeSet<>();
    collect(HEADING, Repository.root().resolve("docs/troubleshooting.md"), headings);
    codes.removeAll(NOT_CODES);
    codes.removeAll(headings);
    assertThat(codes).as("codes without a heading in docs/troubleshooting.md").isEmpty();
  }

  private static void collect(Pattern pattern, Path file, Set<String> found) throws IOException {
    Matcher matcher = pattern.matcher(Files.readString(file));
    while (matcher.find()) {
      for (int group = 1; group <= matcher.groupCount(); group++) {
        if (matcher.group(group) != null) {
          found.add(matcher.group(group));
        }
      }
    }
  }
}
