// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.agent;

/// Something that an agent can be asked besides trials, such as what `doctor` finds there. Who puts
/// the program together gives them to the agent by name.
@FunctionalInterface
public interface Question {
  /// @param argument untrusted text, most often JSON
  /// @return text of less than a megabyte, most often JSON
  /// @throws dev.trapline.TraplineException which the asker gets
  String answer(String argument) throws InterruptedException;
}
