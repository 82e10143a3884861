// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A named network namespace as ip-netns(8) makes it.
public record NetworkNamespace(String name) {
  private static final Path FOLDER = Path.of("/run/netns");

  /// Makes a namespace whose loopback is up.
  ///
  /// @throws dev.trapline.TraplineException if ip(8) refuses
  public static NetworkNamespace create(String name) {
    Tool.runOrFail(List.of("ip", "netns", "add", name));
    NetworkNamespace namespace = new NetworkNamespace(name);
    namespace.ip("link", "set", "lo", "up");
    return namespace;
  }

  /// Runs `ip -n NAME ...`.
  public void ip(String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("ip", "-n", name));
    command.addAll(List.of(arguments));
    Tool.runOrFail(command);
  }

  /// The path that setns(2) takes.
  public String path() {
    return FOLDER.resolve(name).toString();
  }

  /// Ends the processes inside and removes the name; nothing happens if there is none.
  public static void removeIfPresent(String name) {
    if (!Files.exists(FOLDER.resolve(name))) {
      return;
    }
    for (String pid : Tool.run(List.of("ip", "netns", "pids", name)).output().split("\\s+", -1)) {
      if (!pid.isEmpty() && pid.chars().allMatch(Character::isDigit)) {
        try {
          LibC.kill(Integer.parseInt(pid), 9);
        } catch (LibC.Failure alreadyGone) {
          // Ended by itself between the look and the signal.
        }
      }
    }
    Tool.run(List.of("ip", "netns", "del", name));
  }
}
