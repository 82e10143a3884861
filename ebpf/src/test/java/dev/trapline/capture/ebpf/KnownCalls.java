// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.capture.CaptureSource;
import dev.trapline.host.Launch;
import dev.trapline.host.Tool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The programs of `src/test/c`, compiled when a test needs them, and the reasons to skip.
final class KnownCalls {
  /// The name of the process before it gives itself another.
  static final String NAME = "known-calls";

  private static final Path SOURCES = Path.of("src/test/c").toAbsolutePath();
  private static Optional<CaptureSource.Unavailable> unavailable = Optional.empty();
  private static boolean tried;

  private final Path folder;
  private final Path program;

  private KnownCalls(Path folder, Path program) {
    this.folder = folder;
    this.program = program;
  }

  /// Ends the test as skipped where BPF does not work, with the reason; it is tried once only.
  static synchronized void needBpf() {
    if (!tried) {
      unavailable = new EbpfCaptureSource().unavailable();
      tried = true;
    }
    unavailable.ifPresent(reason -> skip(reason.toString()));
  }

  /// Ends the test as skipped, and says why where it is read.
  static void skip(String reason) {
    System.out.println("skipped: " + reason);
    abort("skipped: " + reason);
  }

  /// Compiles `known-calls.c` into a folder, where its output goes too.
  static KnownCalls compileIn(Path folder) {
    Path program = folder.resolve(NAME);
    compile(NAME + ".c", program, List.of("-static", "-pthread"));
    return new KnownCalls(folder, program);
  }

  /// Compiles a source of `src/test/c`; the test is skipped without a C compiler.
  static void compile(String source, Path program, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(compiler());
    command.addAll(List.of("-O1", "-Wall", "-o", program.toString()));
    command.addAll(options);
    command.add(SOURCES.resolve(source).toString());
    Tool.runOrFail(command);
  }

  private static String compiler() {
    for (String name : List.of("cc", "gcc", "clang")) {
      if (Tool.find(name).isPresent()) {
        return name;
      }
    }
    skip("there is no C compiler; on Debian: apt-get install gcc libc6-dev");
    throw new IllegalStateException("a skipped test goes on");
  }

  /// How to start it in a mode.
  Launch launch(String... modeAndArguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(modeAndArguments));
    return launchOf(command);
  }

  /// How to start another program, with output to the same files.
  Launch launchOf(List<String> command) {
    return new Launch(command, System.getenv(), output(), error(), true, true, null);
  }

  /// What it printed goes here.
  Path output() {
    return folder.resolve("output");
  }

  /// What went wrong goes here.
  Path error() {
    return folder.resolve("error");
  }
}
