// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A machine as ssh(1) reaches it. What is not given here is as ssh's configuration has it: jump
/// hosts, agents, known hosts. There is no password, and nothing is asked.
///
/// @param name that the campaign gives the node
/// @param host as ssh takes it
/// @param user null for what ssh's configuration says
/// @param port null for what ssh's configuration says
/// @param key path of an identity file; null for what agent and configuration offer
/// @param config path of the configuration that ssh reads instead of the user's and the system's;
///   null for these
public record SshTarget(
    String name,
    String host,
    @Nullable String user,
    @Nullable Integer port,
    @Nullable String key,
    @Nullable String config) {
  /// Options that make ssh a pipe and nothing else, whatever the configuration says
  /// (ssh_config(5)). A dead network is noticed after six seconds. An existing master connection is
  /// used; none is made, because it would outlive us.
  private static final List<String> OPTIONS =
      List.of(
          "BatchMode=yes",
          "ConnectTimeout=10",
          "ServerAliveInterval=2",
          "ServerAliveCountMax=3",
          "ControlMaster=no",
          "ClearAllForwardings=yes",
          "ForwardAgent=no",
          "ForwardX11=no",
          "PermitLocalCommand=no",
          "RemoteCommand=none",
          "SessionType=default",
          "StdinNull=no",
          "ForkAfterAuthentication=no");

  /// The command that runs a script of ours there.
  ///
  /// @param script without a single quote: the one string that a remote shell of any kind reads
  /// @param argument of the script: hexadecimal digits
  List<String> command(String script, String argument) {
    if (script.contains("'") || script.contains("\\") || !argument.matches("[0-9a-f]*")) {
      throw new IllegalArgumentException("this cannot be said to every remote shell");
    }
    List<String> command = new ArrayList<>(List.of("ssh", "-T"));
    for (String option : OPTIONS) {
      command.add("-o");
      command.add(option);
    }
    command.addAll(way());
    command.add("exec /bin/sh -c '" + script + "' trapline " + argument);
    return command;
  }

  /// The options of this target, and its host.
  private List<String> way() {
    List<String> words = new ArrayList<>();
    option(words, "-F", config);
    option(words, "-i", key);
    option(words, "-p", port == null ? null : port.toString());
    option(words, "-l", user);
    words.add("--");
    words.add(host);
    return words;
  }

  private static void option(List<String> words, String option, @Nullable String value) {
    if (value != null) {
      words.add(option);
      words.add(value);
    }
  }

  /// What a person may type to see for himself.
  String byHand() {
    return "ssh -o BatchMode=yes " + String.join(" ", way()) + " true";
  }
}
