// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.remote.agent.Agent;
import dev.trapline.remote.agent.Question;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.Map;

/// What a controller starts on a node by ssh. It is no verb for people, and is found before the
/// command-line library is: the runtime image on a node has little besides.
final class AgentVerb {
  static final String NAME = "agent";

  /// The exit code of an agent that did not get to an end in time.
  private static final int HALTED = 3;

  /// What an agent can be asked besides trials.
  private static final Map<String, Question> QUESTIONS = Map.of();

  private AgentVerb() {}

  /// Serves until the controller goes away.
  ///
  /// @return exit code
  static int run(InputStream input, OutputStream output, PrintWriter words) {
    try {
      new Agent(CaptureChooser.SOURCES, QUESTIONS, () -> Runtime.getRuntime().halt(HALTED))
          .run(input, output);
      return Main.DONE;
    } catch (TraplineException failure) {
      return Main.explain(failure, words);
    }
  }
}
