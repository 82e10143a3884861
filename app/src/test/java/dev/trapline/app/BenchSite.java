// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Where benches of a test keep their leases, apart from those of everybody else on this machine:
/// what they hold and what they leave is told from it.
record BenchSite(Path state) {
  private static final Path NAMESPACES = Path.of("/run/netns");

  /// A bench whose leases are here.
  Cli.Program bench(String... options) {
    return program("bench", options);
  }

  Cli.Program program(String verb, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addFirst(verb);
    return Cli.program(arguments.toArray(String[]::new))
        .environment("TRAPLINE_STATE", state.toString());
  }

  /// The leases that are held now, or left.
  List<String> leases() {
    try (Stream<Path> files = Files.list(state)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".lease"))
          .map(name -> name.substring(0, name.length() - ".lease".length()))
          .toList();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  /// Waits for the lease of a bench that has just been started.
  String awaitLease() throws InterruptedException {
    Cli.await("a lease is taken", () -> !leases().isEmpty());
    return leases().getFirst();
  }

  /// Waits for a process of a lease whose command line has all these words.
  long awaitProcess(String lease, String... words) throws InterruptedException {
    Cli.await("a process " + List.of(words) + " runs", () -> process(lease, words).isPresent());
    return process(lease, words).orElseThrow();
  }

  static Optional<Long> process(String lease, String... words) {
    for (long pid : Processes.marked(lease)) {
      String commandLine = " " + Processes.commandLine(pid) + " ";
      // What wraps a program has its words too; the program itself has the name.
      if (Stream.of(words).allMatch(word -> commandLine.contains(" " + word + " "))) {
        return Optional.of(pid);
      }
    }
    return Optional.empty();
  }

  static List<Path> namespaces(String lease) {
    if (!Files.exists(NAMESPACES)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(NAMESPACES)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("trapline-" + lease))
          .toList();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  /// Nothing that these leases held is there any more.
  void assertNothingLeftOf(String... ended) {
    assertThat(leases()).isEmpty();
    for (String lease : ended) {
      assertThat(namespaces(lease)).isEmpty();
      assertThat(Processes.marked(lease)).isEmpty();
    }
  }
}
