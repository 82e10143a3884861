// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote;

/// Who wants to know how getting to a node goes on; called by the thread that connects.
public interface NodeNews {
  /// Nobody does.
  NodeNews NONE =
      new NodeNews() {
        @Override
        public void building() {}

        @Override
        public void sending(String node, long sentBytes, long allBytes) {}
      };

  /// The runtime image is being built, which takes some ten seconds, once per version.
  void building();

  /// The runtime image is being sent, once per version and node.
  void sending(String node, long sentBytes, long allBytes);
}
