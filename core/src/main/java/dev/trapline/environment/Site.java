// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import dev.trapline.host.Lease;
import java.nio.file.Path;
import java.util.List;

/// What an environment is given to be made with.
///
/// @param lease into which everything is written before it is made
/// @param kept an existing folder for what is to be kept of it, such as a guest's console
/// @param serverCpus the CPUs of the server's side; empty for any
/// @param clientCpus the CPUs of the client's side; empty for any
public record Site(Lease lease, Path kept, List<Integer> serverCpus, List<Integer> clientCpus) {
  /// Keeps copies.
  public Site {
    serverCpus = List.copyOf(serverCpus);
    clientCpus = List.copyOf(clientCpus);
  }

  /// On any CPU.
  public Site(Lease lease, Path kept) {
    this(lease, kept, List.of(), List.of());
  }
}
