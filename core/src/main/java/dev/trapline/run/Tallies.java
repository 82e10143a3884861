// SPDX-License-Identifier: Apache-2.0
package dev.trapline.run;

import java.util.function.Consumer;

/// Tallies that pass by one at a time, such as from a file: those of a run of hundreds of trials do
/// not fit into memory. A list of them is one by `list::forEach`.
@FunctionalInterface
public interface Tallies {
  /// Gives each to the consumer. It can be asked again, and reads its file again.
  ///
  /// @throws dev.trapline.TraplineException as its file gives reason to
  void forEach(Consumer<? super RoleTally> consumer);
}
