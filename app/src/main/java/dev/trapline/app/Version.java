// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import picocli.CommandLine.IVersionProvider;

/// The version, in one place.
public final class Version implements IVersionProvider {
  /// As in the poms; a test compares them.
  public static final String NUMBER = "0.1.0";

  @Override
  public String[] getVersion() {
    return new String[] {"trapline " + NUMBER};
  }
}
