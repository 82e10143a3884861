// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How to start a program: an argument list, never a shell string.
///
/// @param command program (looked up in PATH) and arguments
/// @param environment the whole environment of the child
/// @param standardOutput file to create, or null to inherit ours
/// @param standardError file to create, or null to inherit ours
/// @param detachedInput whether standard input is /dev/null instead of ours
/// @param ownProcessGroup whether a terminal's ^C is kept from it, because we end it ourselves
/// @param networkNamespace path of the namespace to start in, or null for ours
/// @param cpus the CPUs that it and its children may run on; empty for any
/// @param standardInput file to read instead of all that, or null. It is opened for writing too, so
///   that a FIFO neither blocks nor ends
public record Launch(
    List<String> command,
    Map<String, String> environment,
    @Nullable Path standardOutput,
    @Nullable Path standardError,
    boolean detachedInput,
    boolean ownProcessGroup,
    @Nullable String networkNamespace,
    List<Integer> cpus,
    @Nullable Path standardInput) {
  /// On any CPU.
  public Launch(
      List<String> command,
      Map<String, String> environment,
      @Nullable Path standardOutput,
      @Nullable Path standardError,
      boolean detachedInput,
      boolean ownProcessGroup,
      @Nullable String networkNamespace) {
    this(
        command,
        environment,
        standardOutput,
        standardError,
        detachedInput,
        ownProcessGroup,
        networkNamespace,
        List.of(),
        null);
  }

  /// Checks that there is a program.
  public Launch {
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a launch needs a program");
    }
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    cpus = List.copyOf(cpus);
  }

  /// A program in the foreground: our terminal, our environment, our process group.
  public static Launch foreground(List<String> command) {
    return new Launch(command, System.getenv(), null, null, false, false, null);
  }

  /// A program of ours in the background, whose output goes to files. It carries a mark by which it
  /// can be found after we were killed, and numbers are written with a point.
  public static Launch background(
      List<String> command, Path output, Path error, @Nullable String namespace, String leaseId) {
    Map<String, String> environment = new TreeMap<>(System.getenv());
    environment.put(Lease.MARK, leaseId);
    environment.put("LC_ALL", "C");
    return new Launch(command, environment, output, error, true, true, namespace);
  }

  /// The same with other words.
  public Launch withCommand(List<String> other) {
    return new Launch(
        other,
        environment,
        standardOutput,
        standardError,
        detachedInput,
        ownProcessGroup,
        networkNamespace,
        cpus,
        standardInput);
  }

  /// The same on some CPUs only, or on any if there are none.
  public Launch onCpus(List<Integer> numbers) {
    return new Launch(
        command,
        environment,
        standardOutput,
        standardError,
        detachedInput,
        ownProcessGroup,
        networkNamespace,
        numbers,
        standardInput);
  }

  /// The same reading this file, which must exist.
  public Launch withInput(Path file) {
    return new Launch(
        command,
        environment,
        standardOutput,
        standardError,
        detachedInput,
        ownProcessGroup,
        networkNamespace,
        cpus,
        file);
  }
}
