// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Files that repeat what the code says, because something cannot ask the code: they are compared,
/// and rewritten by `./test -pl app -am -Dtest=ReferenceFilesTest -Dtrapline.write-references=true
/// -Dsurefire.failIfNoSpecifiedTests=false`.
class ReferenceFilesTest {
  private static final Pattern POM_VERSION =
      Pattern.compile("<artifactId>trapline-[a-z]+</artifactId>\\s*<version>([^<]+)</version>");

  @Test
  void theUsageOfTheQuickPathIsWhatTheCommandLineLibraryRenders() throws IOException {
    String rendered = Cli.runParsed("--help").stdout();
    Path file = Repository.root().resolve("app/src/main/resources/dev/trapline/app/usage.txt");
    if (Boolean.getBoolean("trapline.write-references")) {
      Files.writeString(file, rendered);
    }
    assertThat(Files.readString(file)).isEqualTo(rendered);
  }

  @Test
  void theVersionIsThatOfThePomsAndOfTheLauncher() throws IOException {
    for (String pom : List.of("pom.xml", "core/pom.xml", "ebpf/pom.xml", "app/pom.xml")) {
      Matcher version = POM_VERSION.matcher(Files.readString(Repository.root().resolve(pom)));
      assertThat(version.find()).as(pom).isTrue();
      assertThat(version.group(1)).as(pom).isEqualTo(Version.NUMBER);
    }
    assertThat(Files.readString(Repository.root().resolve("trapline")))
        .contains("trapline-app-" + Version.NUMBER + ".jar");
  }
}
