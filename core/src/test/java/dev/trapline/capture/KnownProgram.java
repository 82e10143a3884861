// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.host.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A small program whose calls are known to the last one, compiled when a test needs it.
public final class KnownProgram {
  /// `getppid` calls of its main thread.
  public static final long PARENT_ASKED = 1009;

  /// Reads of a descriptor that is not open, in its second thread.
  public static final long BAD_READS = 499;

  /// Reads that get less than they ask for, from a pipe.
  public static final long PARTIAL_READS = 211;

  /// What each of them gets.
  public static final long BYTES_PER_READ = 3;

  /// Reads of an empty pipe that does not block.
  public static final long EMPTY_READS = 101;

  /// `getppid` calls of its child process.
  public static final long PARENT_ASKED_BY_CHILD = 13;

  /// What it prints and what it ends with.
  public static final String OUTPUT = "known program\n";

  /// Its exit code.
  public static final int EXIT_CODE = 42;

  /// Its name, of the process and of the first thread.
  public static final String NAME = "known";

  /// The name that its second thread gives itself: with what upsets who parses names.
  public static final String THREAD_NAME = "second> (1) = 0";

  private static final String SOURCE =
      """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <pthread.h>
      #include <signal.h>
      #include <string.h>
      #include <sys/prctl.h>
      #include <sys/syscall.h>
      #include <sys/wait.h>
      #include <unistd.h>

      static void *second(void *unused)
      {
        char byte;
        prctl(PR_SET_NAME, "second> (1) = 0");
        for (int i = 0; i < 499; i++)
          read(-1, &byte, 1);
        return NULL;
      }

      static void calls(void)
      {
        int ends[2], empty[2];
        char bytes[64];
        pthread_t thread;
        pipe(ends);
        pipe2(empty, O_NONBLOCK);
        pthread_create(&thread, NULL, second, NULL);
        for (int i = 0; i < 1009; i++)
          syscall(SYS_getppid);
        for (int i = 0; i < 211; i++) {
          write(ends[1], "abc", 3);
          read(ends[0], bytes, sizeof bytes);
        }
        for (int i = 0; i < 101; i++)
          read(empty[0], bytes, sizeof bytes);
        pthread_join(thread, NULL);
        pid_t child = fork();
        if (child == 0) {
          for (int i = 0; i < 13; i++)
            syscall(SYS_getppid);
          _exit(0);
        }
        while (waitpid(child, NULL, 0) < 0)
          ;
      }

      int main(int count, char **words)
      {
        if (count > 1 && strcmp(words[1], "wait") == 0) {
          /* Calls what it calls at the first signal, and then waits to be ended. */
          sigset_t signals;
          int signal;
          sigemptyset(&signals);
          sigaddset(&signals, SIGUSR1);
          sigprocmask(SIG_BLOCK, &signals, NULL);
          write(1, "ready\\n", 6);
          sigwait(&signals, &signal);
          calls();
          write(1, "known program\\n", 14);
          sigwait(&signals, &signal);
        } else {
          calls();
          write(1, "known program\\n", 14);
        }
        return 42;
      }
      """;

  private final Path path;

  private KnownProgram(Path path) {
    this.path = path;
  }

  /// Compiles it; ends the test as skipped where there is no C compiler.
  public static KnownProgram compileIn(Path folder) throws IOException {
    Optional<Path> compiler = Tool.find("cc").or(() -> Tool.find("gcc"));
    if (compiler.isEmpty()) {
      abort("skipped: there is no C compiler (cc, gcc) to make the known program with");
    }
    Path source = Files.writeString(folder.resolve("known.c"), SOURCE);
    Path program = folder.resolve(NAME);
    // Static: the dynamic loader makes calls of its own, and reads among them.
    Tool.runOrFail(
        List.of(
            compiler.orElseThrow().getFileName().toString(),
            "-O1",
            "-w",
            "-static",
            "-pthread",
            "-o",
            program.toString(),
            source.toString()));
    return new KnownProgram(program);
  }

  /// Its command line: it calls and ends.
  public List<String> command() {
    return List.of(path.toString());
  }

  /// Its command line if it is to print `ready`, wait for SIGUSR1, call, print, and wait again.
  public List<String> waitingCommand() {
    return List.of(path.toString(), "wait");
  }
}
