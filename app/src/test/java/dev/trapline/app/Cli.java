// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// Drives the real `Main`, and returns what a user gets. [#run] does it in this JVM, which is fast;
/// [#program] starts a JVM of its own, for what needs a process: signals, standard input, a COMMAND
/// that writes to our streams, kill -9.
final class Cli {
  /// A deadline against hanging, not an expectation.
  private static final long DEADLINE_SECONDS = 180;

  private Cli() {}

  /// What came out.
  record Result(int exitCode, String stdout, String stderr) {
    List<String> stdoutLines() {
      return stdout.lines().toList();
    }

    List<String> stderrLines() {
      return stderr.lines().toList();
    }
  }

  /// Runs `trapline ARGUMENTS` in this JVM.
  static Result run(String... arguments) {
    return captured((out, err) -> Main.run(arguments, out, err));
  }

  /// The same, past the quick path.
  static Result runParsed(String... arguments) {
    return captured((out, err) -> Main.runParsed(arguments, out, err));
  }

  /// Something that prints and has an exit code.
  interface Body {
    int run(PrintWriter out, PrintWriter err);
  }

  static Result captured(Body body) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    PrintWriter outWriter = new PrintWriter(out);
    PrintWriter errWriter = new PrintWriter(err);
    int code = body.run(outWriter, errWriter);
    outWriter.flush();
    errWriter.flush();
    return new Result(code, out.toString(), err.toString());
  }

  /// `trapline ARGUMENTS` as a process of its own, not started yet.
  static Program program(String... arguments) {
    return new Program(List.of(arguments));
  }

  /// Waits for something to become true.
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited " + DEADLINE_SECONDS + " s in vain until " + what);
      }
      Thread.sleep(10);
    }
  }

  /// What the class path of the tests is, entry by entry.
  static List<String> classPath() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(path.split(File.pathSeparator, -1)).filter(entry -> !entry.isEmpty()).toList();
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /// A process to be.
  static final class Program {
    private final List<String> arguments;
    private final Map<String, String> environment = new TreeMap<>();
    private List<String> wrapper = List.<String>of();
    private List<String> classPath = classPath();
    private String input = "";

    private Program(List<String> arguments) {
      this.arguments = arguments;
    }

    /// What it reads from its standard input.
    Program input(String text) {
      input = text;
      return this;
    }

    Program environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    /// Started by another program, such as `setsid`, which must become ours by exec.
    Program startedBy(String... command) {
      wrapper = List.of(command);
      return this;
    }

    Program withClassPath(List<String> entries) {
      classPath = entries;
      return this;
    }

    Running start() throws IOException {
      List<String> command = new ArrayList<>(wrapper);
      command.addAll(
          List.of(
              java(),
              "--enable-native-access=ALL-UNNAMED",
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "-cp",
              String.join(File.pathSeparator, classPath),
              Main.class.getName()));
      command.addAll(arguments);
      Path folder = Files.createTempDirectory("trapline-cli-");
      Path stdin = Files.writeString(folder.resolve("stdin"), input);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(stdin.toFile())
              .redirectOutput(folder.resolve("stdout").toFile())
              .redirectError(folder.resolve("stderr").toFile());
      builder.environment().putAll(environment);
      return new Running(builder.start(), folder);
    }

    Result run() throws IOException, InterruptedException {
      try (Running running = start()) {
        return running.await();
      }
    }
  }

  /// A process that runs. Closing kills it if it still does.
  static final class Running implements AutoCloseable {
    private final Process process;
    private final Path folder;

    private Running(Process process, Path folder) {
      this.process = process;
      this.folder = folder;
    }

    long pid() {
      return process.pid();
    }

    boolean isAlive() {
      return process.isAlive();
    }

    String stdout() {
      return read("stdout");
    }

    String stderr() {
      return read("stderr");
    }

    private String read(String name) {
      try {
        return new String(Files.readAllBytes(folder.resolve(name)), StandardCharsets.UTF_8);
      } catch (IOException failure) {
        throw new AssertionError(failure);
      }
    }

    /// Sends a signal to this process alone, not to its group.
    void signal(String name) throws IOException, InterruptedException {
      Processes.signal(process.pid(), name);
    }

    /// Waits for standard error to hold some words.
    void awaitStderr(String words) throws InterruptedException {
      Cli.await(
          "standard error has '" + words + "', and not only: " + stderr(),
          () -> stderr().contains(words) || !process.isAlive());
      if (!stderr().contains(words)) {
        throw new AssertionError("ended without saying '" + words + "': " + stderr());
      }
    }

    Result await() throws InterruptedException {
      return await(Duration.ofSeconds(DEADLINE_SECONDS));
    }

    Result await(Duration limit) throws InterruptedException {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("did not end; it said: " + stdout() + stderr());
      }
      return new Result(process.exitValue(), stdout(), stderr());
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      process.onExit().join();
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
