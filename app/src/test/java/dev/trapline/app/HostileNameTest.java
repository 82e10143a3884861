// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A program chooses the names of its threads, and they are printed to a terminal: what is in them
/// must not be obeyed, and must not be lost to programs that read JSON.
class HostileNameTest {
  private static final String ESCAPE = "\u001b[31mx\n|<b>`";
  private static final String FIELDS = ") R 1 (\"\\\ty";

  private static final String SOURCE =
      """
      #define _GNU_SOURCE
      #include <pthread.h>
      #include <sys/prctl.h>
      #include <sys/syscall.h>
      #include <unistd.h>

      static void *second(void *unused)
      {
        prctl(PR_SET_NAME, ") R 1 (\\"\\\\\\ty");
        for (int i = 0; i < 101; i++)
          syscall(SYS_getppid);
        return unused;
      }

      int main(void)
      {
        pthread_t thread;
        prctl(PR_SET_NAME, "\\033[31mx\\n|<b>`");
        pthread_create(&thread, 0, second, 0);
        pthread_join(thread, 0);
        for (int i = 0; i < 103; i++)
          syscall(SYS_getppid);
        return 0;
      }
      """;

  @TempDir static Path folder;
  private static Path recorded;
  private static Cli.Result recording;

  @BeforeAll
  static void recordAProgramWithSuchNames() throws Exception {
    Needs.tool("clang");
    Path source = Files.writeString(folder.resolve("hostile.c"), SOURCE);
    Path program = folder.resolve("hostile");
    Cli.Result compiled =
        Processes.run("clang", "-pthread", "-o", program.toString(), source.toString());
    assertThat(compiled.exitCode()).as(compiled.stdout()).isEqualTo(0);
    recorded = folder.resolve("recorded");
    recording =
        Cli.program("record", "--by", "thread", "-o", recorded.toString(), "--", program.toString())
            .run();
    assertThat(recording.exitCode()).as(recording.stderr()).isEqualTo(0);
  }

  @Test
  void theTableOfTheRecordingHoldsNoControlCharacters() {
    assertHarmless(recording.stderr());
    assertThat(recording.stderr()).contains("?[31mx?|<b>`");
  }

  @ParameterizedTest
  @ValueSource(strings = {"thread", "process", "syscall", "category", "object"})
  void norDoesAnyTableThatIsShown(String grouping) {
    Cli.Result shown = Cli.run("show", recorded.toString(), "--by", grouping);
    assertThat(shown.exitCode()).isEqualTo(0);
    assertHarmless(shown.stdout());
  }

  @Test
  void norDoesAnExplanationWithTheRun() {
    assertHarmless(Cli.run("explain", "getppid", "--run", recorded.toString()).stdout());
  }

  @Test
  void jsonKeepsTheNamesAsTheyAre() {
    Set<String> names = new HashSet<>();
    ShowCommandTest.shownAsJson(recorded)
        .path("tallies")
        .forEach(row -> names.add(row.path("thread").asString()));
    assertThat(names).contains(ESCAPE, FIELDS);
    assertThat(Cli.run("show", recorded.toString(), "--json").stdout()).doesNotContain("\u001b");
  }

  @Test
  void whatARunDirectoryOfAStrangerSaysIsNotObeyedEither() throws Exception {
    Path foreign = Files.createDirectory(folder.resolve("foreign"));
    Files.copy(recorded.resolve("tallies.parquet"), foreign.resolve("tallies.parquet"));
    String run = Files.readString(recorded.resolve("run.json"));
    Files.writeString(
        foreign.resolve("run.json"), run.replace("trapline.run/1", "\\u001b]0;title\\u0007"));
    Cli.Result shown = Cli.run("show", foreign.toString());
    assertThat(shown.exitCode()).isEqualTo(2);
    assertHarmless(shown.stderr());
  }

  private static void assertHarmless(String text) {
    assertThat(text.chars().filter(Character::isISOControl).filter(letter -> letter != '\n'))
        .isEmpty();
  }
}
