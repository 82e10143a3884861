// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import dev.trapline.remote.wire.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Gets to nodes by ssh: sends the runtime image where it is missing or damaged, and starts the
/// agent out of it. The usual connect is one ssh connection.
public final class Nodes {
  /// For ssh's own greeting, the check of some 60 MB there, and Java's start.
  private static final Duration GREETS_WITHIN = Duration.ofSeconds(90);

  private static final Duration STALLS_FOR = Duration.ofSeconds(60);
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /// ssh's own exit code for its own failures.
  private static final int SSH_FAILED = 255;

  private Nodes() {}

  /// What a look at a node says.
  private sealed interface Answer {
    record Greeted() implements Answer {}

    /// @param damaged or missing
    record NoRuntime(String machine, boolean damaged) implements Answer {}
  }

  /// Connects to a node. Whatever is missing there is sent.
  ///
  /// @param log file that ssh's and the agent's words are added to
  /// @throws TraplineException `NODE-UNREACHABLE`, `NODE-ARCHITECTURE`, `NODE-RUNTIME` or
  ///   `NODE-AGENT`
  public static AgentConnection connect(
      SshTarget target, RuntimeImage image, Path log, NodeNews news) throws InterruptedException {
    for (int sent = 0; ; sent++) {
      Line line = Line.start(target.command(RemoteScripts.START, image.hash()), log);
      try {
        Answer answer = patiently(target.name(), line, GREETS_WITHIN, () -> ask(target, line));
        if (answer instanceof Answer.NoRuntime none) {
          line.close();
          if (!none.machine().equals(image.machine())) {
            throw NodeFailure.architecture(target.name(), none.machine(), image.machine());
          }
          if (sent > 0) {
            throw NodeFailure.runtime(
                target.name(),
                "it is " + (none.damaged() ? "damaged" : "gone") + " right after it was sent");
          }
          send(target, image, log, news);
          continue;
        }
        return AgentConnection.greeted(target.name(), line);
      } catch (InterruptedException | RuntimeException failure) {
        line.kill();
        line.close();
        throw failure;
      }
    }
  }

  /// Connects by a program whose standard streams lead to an agent: what a node is without ssh.
  ///
  /// @throws TraplineException `NODE-AGENT` if no agent greets
  static AgentConnection connect(String name, List<String> command, Path log)
      throws InterruptedException {
    Line line = Line.start(command, log);
    try {
      boolean greeted =
          patiently(
              name,
              line,
              GREETS_WITHIN,
              () -> {
                String text = line.textLine();
                while (text != null && !text.equals(Wire.GREETING)) {
                  text = line.textLine();
                }
                return text != null;
              });
      if (!greeted) {
        line.await(LAST_WORDS);
        throw NodeFailure.agent(name, ending(line), null);
      }
      return AgentConnection.greeted(name, line);
    } catch (InterruptedException | RuntimeException failure) {
      line.kill();
      line.close();
      throw failure;
    }
  }

  private static Answer ask(SshTarget target, Line line) throws IOException, InterruptedException {
    String machine = null;
    for (String text = line.textLine(); text != null; text = line.textLine()) {
      if (text.startsWith(RemoteScripts.MACHINE)) {
        machine = text.substring(RemoteScripts.MACHINE.length());
      } else if (machine != null && text.equals(Wire.GREETING)) {
        return new Answer.Greeted();
      } else if (machine != null && text.equals(RemoteScripts.MISSING)) {
        return new Answer.NoRuntime(machine, false);
      } else if (machine != null && text.equals(RemoteScripts.DAMAGED)) {
        return new Answer.NoRuntime(machine, true);
      }
    }
    line.await(LAST_WORDS);
    if (machine == null) {
      throw NodeFailure.unreachable(
          target.name(),
          line.exitCode().orElse(SSH_FAILED) == SSH_FAILED
              ? ending(line)
              : "its login shell runs no commands, " + ending(line),
          target.byHand());
    }
    throw NodeFailure.agent(target.name(), ending(line), null);
  }

  private static String ending(Line line) {
    String words = line.words();
    if (!words.isEmpty()) {
      return words;
    }
    return line.exitCode().isPresent()
        ? "it ended with " + line.exitCode().getAsInt() + " and without a word"
        : "it said nothing that was expected";
  }

  private static void send(SshTarget target, RuntimeImage image, Path log, NodeNews news)
      throws InterruptedException {
    Line line = Line.start(target.command(RemoteScripts.TAKE, image.hash()), log);
    try {
      boolean ready =
          patiently(
              target.name(),
              line,
              STALLS_FOR,
              () -> {
                passOn(image, line, target.name(), news);
                return answers(line, RemoteScripts.READY).isPresent();
              });
      if (!ready) {
        line.await(LAST_WORDS);
        throw NodeFailure.runtime(target.name(), ending(line));
      }
    } finally {
      line.kill();
      line.close();
    }
  }

  private static void passOn(RuntimeImage image, Line line, String name, NodeNews news)
      throws IOException {
    long all = Files.size(image.archive());
    try (InputStream archive = Files.newInputStream(image.archive());
        OutputStream way = line.output()) {
      byte[] part = new byte[1 << 16];
      long sent = 0;
      for (int count = archive.read(part); count > 0; count = archive.read(part)) {
        try {
          way.write(part, 0, count);
        } catch (IOException refused) {
          return; // What it has to say about that is read next.
        }
        sent += count;
        line.progress();
        news.sending(name, sent, all);
      }
    } catch (IOException failure) {
      // Closing a way that is broken already.
      if (Files.notExists(image.archive())) {
        throw failure;
      }
    }
  }

  private static Optional<String> answers(Line line, String wanted) throws IOException {
    for (String text = line.textLine(); text != null; text = line.textLine()) {
      if (text.startsWith(wanted)) {
        return Optional.of(text);
      }
    }
    return Optional.empty();
  }

  /// What is kept of ours on a node.
  ///
  /// @param folder as the node names it: untrusted text
  public record Kept(String folder, long kibibytes) {}

  /// Removes the runtime images from a node. Nothing else is kept there.
  ///
  /// @return what there was; empty if nothing
  /// @throws TraplineException `NODE-UNREACHABLE`, or `NODE-RUNTIME` if an agent runs out of it
  ///   just now, or if it cannot be removed
  public static Optional<Kept> clean(SshTarget target, Path log) throws InterruptedException {
    Line line = Line.start(target.command(RemoteScripts.CLEAN, ""), log);
    try {
      @Nullable String said =
          patiently(
              target.name(), line, GREETS_WITHIN, () -> answers(line, "trapline-").orElse(null));
      line.await(LAST_WORDS);
      if (said != null && said.equals(RemoteScripts.BUSY)) {
        throw NodeFailure.runtime(target.name(), "an agent runs out of it just now");
      }
      if (said != null && said.startsWith(RemoteScripts.KEPT)) {
        String[] words = said.substring(RemoteScripts.KEPT.length()).split(" ", 2);
        if (words.length == 2 && words[0].matches("[0-9]{1,15}")) {
          return Optional.of(new Kept(words[1], Long.parseLong(words[0])));
        }
      }
      if (line.exitCode().orElse(SSH_FAILED) != 0) {
        throw NodeFailure.unreachable(target.name(), ending(line), target.byHand());
      }
      if (!line.words().isEmpty() && line.words().contains("rm:")) {
        throw NodeFailure.runtime(target.name(), line.words());
      }
      return Optional.empty();
    } finally {
      line.kill();
      line.close();
    }
  }

  /// Does what blocks on a line in a thread of its own: it ends when the line does, and that is
  /// when nothing happened for too long, or when whoever waits is interrupted.
  private static <T extends @Nullable Object> T patiently(
      String name, Line line, Duration stall, Callable<T> work) throws InterruptedException {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("way to " + name)
        .start(() -> {
          try {
            result.complete(work.call());
          } catch (Exception failure) {
            result.completeExceptionally(failure);
          }
        });
    long seen = line.progressed();
    while (true) {
      try {
        return result.get(stall.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException timeout) {
        long now = line.progressed();
        if (now == seen) {
          line.kill();
          throw NodeFailure.unreachable(
              name, "nothing happened for " + stall.toSeconds() + " s", "ssh to it by hand");
        }
        seen = now;
      } catch (InterruptedException interruption) {
        line.kill();
        throw interruption;
      } catch (ExecutionException failure) {
        if (failure.getCause() instanceof TraplineException known) {
          throw known;
        }
        throw NodeFailure.agent(name, String.valueOf(failure.getMessage()), failure);
      }
    }
  }
}
