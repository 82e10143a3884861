// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.github.luben.zstd.Zstd;
import dev.trapline.TraplineException;
import dev.trapline.capture.ebpf.EbpfCaptureSource;
import dev.trapline.remote.NodeNews;
import dev.trapline.remote.RuntimeImage;
import dev.trapline.remote.agent.Agent;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/// What a controller starts on a node by ssh. It is no verb for people, and is found before the
/// command-line library is: the runtime image on a node has little besides.
public final class AgentVerb {
  static final String NAME = "agent";

  /// The exit code of an agent that did not get to an end in time.
  private static final int HALTED = 3;

  /// One class out of each jar that an agent needs.
  private static final List<Class<?>> PARTS =
      List.of(
          Main.class,
          Agent.class,
          EbpfCaptureSource.class,
          JsonMapper.class,
          JsonFactory.class,
          JsonProperty.class,
          Zstd.class,
          CommandLine.class);

  private AgentVerb() {}

  /// What is sent to nodes so that this verb can be run there.
  ///
  /// @throws TraplineException `NODE-RUNTIME` if it cannot be built
  public static RuntimeImage image(NodeNews news) {
    return RuntimeImage.of(PARTS, news);
  }

  /// Serves until the controller goes away.
  ///
  /// @return exit code
  static int run(InputStream input, OutputStream output, PrintWriter words) {
    try {
      new Agent(CaptureChooser.SOURCES, () -> Runtime.getRuntime().halt(HALTED)).run(input, output);
      return Main.DONE;
    } catch (TraplineException failure) {
      return Main.explain(failure, words);
    } catch (RuntimeException | Error failure) {
      return Main.explainBug(failure, words);
    }
  }
}
