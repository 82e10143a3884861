// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads of proc(5). A process that ended meanwhile reads as absent, not as an error.
public final class ProcFs {
  private static final Path PROC = Path.of("/proc");

  /// `PF_KTHREAD` of the kernel's sched.h, in the flags field of /proc/PID/stat.
  private static final long KERNEL_THREAD_FLAG = 0x00200000L;

  /// Of a line of /proc/net/tcp and its kin, counted from 0.
  private static final int INODE_FIELD = 9;

  /// Of [Stat#fields].
  private static final int PARENT_FIELD = 1;

  private ProcFs() {}

  /// The process ids there are now.
  public static List<Integer> processes() {
    return numbersIn(PROC);
  }

  /// The threads of a process, empty if it is gone.
  public static List<Integer> threads(int pid) {
    return numbersIn(PROC.resolve(Integer.toString(pid)).resolve("task"));
  }

  private static List<Integer> numbersIn(Path folder) {
    List<Integer> numbers = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!name.isEmpty() && name.chars().allMatch(Character::isDigit)) {
          numbers.add(Integer.parseInt(name));
        }
      }
    } catch (IOException gone) {
      return List.of();
    }
    return numbers;
  }

  /// The CPUs that we may run on, rising; never empty.
  public static List<Integer> allowedCpus() {
    List<Integer> cpus = new ArrayList<>();
    for (String line : read("self/status").orElse("").split("\n", -1)) {
      if (line.startsWith("Cpus_allowed_list:")) {
        for (String part : line.substring(line.indexOf(':') + 1).strip().split(",", -1)) {
          String[] ends = part.split("-", -1);
          for (int cpu = Integer.parseInt(ends[0]);
              cpu <= Integer.parseInt(ends[ends.length - 1]);
              cpu++) {
            cpus.add(cpu);
          }
        }
      }
    }
    return cpus.isEmpty() ? List.of(0) : cpus;
  }

  /// Tasks that ran or waited for a CPU, averaged over the last minute; NaN if it cannot be read.
  public static double loadAverage() {
    String[] words = read("loadavg").orElse("").split(" ", -1);
    return words[0].isEmpty() ? Double.NaN : Double.parseDouble(words[0]);
  }

  /// The text of a file below /proc.
  public static Optional<String> read(String path) {
    try {
      return Optional.of(
          new String(Files.readAllBytes(PROC.resolve(path)), StandardCharsets.UTF_8));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /// Whether a process has this entry, such as `NAME=value`, in its environment.
  static boolean environmentHolds(int pid, byte[] entry) {
    byte[] environment;
    try {
      environment = Files.readAllBytes(PROC.resolve(pid + "/environ"));
    } catch (IOException goneOrNotOurs) {
      return false;
    }
    int start = 0;
    for (int at = 0; at <= environment.length; at++) {
      if (at == environment.length || environment[at] == 0) {
        if (Arrays.equals(environment, start, at, entry, 0, entry.length)) {
          return true;
        }
        start = at + 1;
      }
    }
    return false;
  }

  /// The fields of /proc/PID/stat from the third on; the second, a name in parentheses that may
  /// hold anything, apart.
  public record Stat(String name, List<String> fields) {
    /// Whether this is a thread of the kernel's own.
    public boolean isKernelThread() {
      return (Long.parseLong(fields.get(6)) & KERNEL_THREAD_FLAG) != 0;
    }

    /// The process group.
    public int processGroup() {
      return Integer.parseInt(fields.get(2));
    }

    /// The foreground process group of the terminal, -1 without a terminal.
    public int terminalForegroundGroup() {
      return Integer.parseInt(fields.get(5));
    }
  }

  /// Field 3 on of /proc/PID/stat.
  public static Optional<Stat> stat(int pid) {
    return read(pid + "/stat")
        .map(text -> {
          int open = text.indexOf('(');
          int close = text.lastIndexOf(')');
          return new Stat(
              text.substring(open + 1, close), List.of(text.substring(close + 2).split(" ", -1)));
        });
  }

  /// Nanoseconds that a thread has spent on a CPU, from /proc/PID/schedstat, which has the
  /// scheduler's own clock and not the timer tick's.
  public static Optional<Long> cpuNanos(int pid) {
    return read(pid + "/schedstat").map(text -> Long.parseLong(text.split(" ", -1)[0]));
  }

  /// Whether a process, or one that came from it, listens on this port. Another's socket on the
  /// same port does not count: a client would measure the wrong server.
  ///
  /// @param transport `tcp` or `udp`
  public static boolean isListening(int pid, String transport, int port) {
    String wantedState = transport.equals("tcp") ? "0A" : "07";
    String wantedPort = String.format(java.util.Locale.ROOT, ":%04X", port);
    for (String family : List.of(transport, transport + "6")) {
      String table = read(pid + "/net/" + family).orElse("");
      for (String line : table.split("\n", -1)) {
        String[] fields = line.strip().split("\\s+", -1);
        if (fields.length > INODE_FIELD
            && fields[1].endsWith(wantedPort)
            && fields[3].equals(wantedState)
            && familyHolds(pid, "socket:[" + fields[INODE_FIELD] + "]")) {
          return true;
        }
      }
    }
    return false;
  }

  /// Whether this process or a descendant (a tracer's child is the program) has such a descriptor.
  private static boolean familyHolds(int pid, String descriptor) {
    if (holds(pid, descriptor)) {
      return true;
    }
    String parent = Integer.toString(pid);
    for (int child : processes()) {
      boolean isChild =
          stat(child).map(stat -> stat.fields().get(PARENT_FIELD).equals(parent)).orElse(false);
      if (isChild && familyHolds(child, descriptor)) {
        return true;
      }
    }
    return false;
  }

  private static boolean holds(int pid, String descriptor) {
    return openFiles(Integer.toString(pid)).containsValue(descriptor);
  }

  /// The file that a process was started from; empty if it is gone, or another user's.
  public static Optional<Path> executable(int pid) {
    try {
      return Optional.of(Files.readSymbolicLink(PROC.resolve(pid + "/exe")));
    } catch (IOException goneOrNotOurs) {
      return Optional.empty();
    }
  }

  /// Our own descriptors, and what they are of: a path, or such as `socket:[4711]`.
  static Map<Integer, String> openFiles() {
    return openFiles("self");
  }

  private static Map<Integer, String> openFiles(String process) {
    Path folder = PROC.resolve(process + "/fd");
    Map<Integer, String> targets = new HashMap<>();
    for (int number : numbersIn(folder)) {
      try {
        Path link = folder.resolve(Integer.toString(number));
        targets.put(number, Files.readSymbolicLink(link).toString());
      } catch (IOException closedMeanwhile) {
        // Such as the one by which the folder was read.
      }
    }
    return targets;
  }
}
