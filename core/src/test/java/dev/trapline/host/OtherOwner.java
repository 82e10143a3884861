// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// Another process that takes a lease and holds it until it is killed or told to end.
final class OtherOwner implements AutoCloseable {
  private final Process process;
  private final String id;

  OtherOwner(Path folder) throws IOException {
    process = start("hold", folder);
    BufferedReader said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = said.readLine();
    if (line == null) {
      throw new IOException("the other process said nothing");
    }
    id = line;
  }

  String id() {
    return id;
  }

  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
  }

  /// What another process would remove. It does so: only for folders in which that must be nothing.
  static List<String> orphansAsSeenByAnotherProcess(Path folder) throws IOException {
    Process looker = start("look", folder);
    return new String(looker.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  private static Process start(String what, Path folder) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            OtherOwner.class.getName(),
            what,
            folder.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /// The other process.
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[1]);
    if (arguments[0].equals("look")) {
      Lease.removeOrphans(folder).forEach(System.out::println);
      return;
    }
    try (Lease lease = Lease.take(folder)) {
      System.out.println(lease.id());
      System.out.flush();
      // Until our standard input ends, or we are killed.
      int ended = System.in.read();
      System.out.println(ended);
    }
  }
}
