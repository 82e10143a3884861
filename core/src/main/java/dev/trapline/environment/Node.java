// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import org.jspecify.annotations.Nullable;

/// A place where one side of a workload runs. How a program is started there differs by kind, and
/// is the runner's business.
public sealed interface Node {
  /// For tables and files.
  String name();

  /// The address under which the other side reaches it.
  String address();

  /// This machine, or a network namespace of it.
  ///
  /// @param networkNamespace path of the namespace to start programs in, or null for ours
  record Local(String name, String address, @Nullable String networkNamespace) implements Node {}

  /// A virtual machine on this machine.
  record Guest(String name, String address, GuestMachine machine) implements Node {}

  /// Another machine, which is there without us.
  record Remote(String name, String address, RemoteMachine machine) implements Node {}
}
