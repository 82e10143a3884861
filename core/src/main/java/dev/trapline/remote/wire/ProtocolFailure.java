// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.wire;

import java.io.IOException;

/// The other end said what nobody says who keeps to the protocol: nothing that it says is believed
/// from then on.
public final class ProtocolFailure extends IOException {
  private static final long serialVersionUID = 1L;

  /// @param fact what was seen, as the end of "it ..."
  public ProtocolFailure(String fact) {
    super(fact);
  }
}
