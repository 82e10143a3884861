// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

import dev.trapline.TraplineException;
import org.jspecify.annotations.Nullable;

/// The words for everything that can go wrong with a node. Each method makes an exception; none
/// throws.
final class NodeFailure {
  private NodeFailure() {}

  static TraplineException unreachable(String name, String words, String tryIt) {
    return new TraplineException(
        "NODE-UNREACHABLE",
        "node " + name + " cannot be reached: " + sentence(words),
        "try by hand: " + tryIt);
  }

  static TraplineException lost(String name, String words, @Nullable Throwable cause) {
    return new TraplineException(
        "NODE-LOST",
        "node "
            + name
            + " was lost: "
            + sentence(words)
            + " What runs there for us ends by itself within 10 s.",
        "look whether it is up; finished trials are kept: trapline bench --resume DIR",
        cause);
  }

  static TraplineException runtime(String name, String words) {
    return new TraplineException(
        "NODE-RUNTIME",
        "node " + name + " has no runtime image to work with: " + sentence(words),
        "make room in ~/.cache/trapline there, or set XDG_CACHE_HOME for ssh sessions on it");
  }

  static TraplineException notBuilt(String words, @Nullable Throwable cause) {
    return new TraplineException(
        "NODE-RUNTIME",
        "the runtime image for nodes cannot be built here: " + sentence(words),
        "it is linked by jlink of a JDK 25: check that JAVA_HOME is a JDK, and that there is room"
            + " in the cache (TRAPLINE_CACHE)",
        cause);
  }

  static TraplineException architecture(String name, String theirs, String ours) {
    return new TraplineException(
        "NODE-ARCHITECTURE",
        "node " + name + " is " + theirs + ", and the runtime image made here is for " + ours + ".",
        "start the campaign from a machine of the node's architecture");
  }

  static TraplineException agent(String name, String words, @Nullable Throwable cause) {
    return new TraplineException(
        "NODE-AGENT",
        "the agent on node " + name + " does not work: " + sentence(words),
        "its words are in the node's log in the run directory; trapline nodes check FILE",
        cause);
  }

  private static String sentence(String words) {
    return words.endsWith(".") ? words : words + ".";
  }
}
