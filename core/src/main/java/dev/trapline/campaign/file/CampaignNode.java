// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import org.jspecify.annotations.Nullable;

/// A machine that a campaign names.
///
/// @param name as environments of the kind `hosts` refer to it
/// @param ssh how it is reached; null for the machine that the campaign is started on
/// @param address numeric address under test: the one that the other side connects to, which need
///   not be the one that ssh uses
public record CampaignNode(String name, @Nullable Ssh ssh, String address) {
  /// How ssh(1) reaches a machine. There is no password: agents and keys are for that.
  ///
  /// @param host as ssh takes it: a name, an address, or a `Host` of its configuration
  /// @param user null for what ssh's configuration says
  /// @param port null for what ssh's configuration says
  /// @param key path of an identity file; null for what agent and configuration offer
  /// @param config path of the configuration that ssh reads instead of the user's and the system's
  ///   (its option `-F`); null for these
  public record Ssh(
      String host,
      @Nullable String user,
      @Nullable Integer port,
      @Nullable String key,
      @Nullable String config) {
    /// The configuration's path, `~/` being the home of whoever runs us: ssh expands that in `-i`
    /// and not in `-F`.
    public @Nullable String configPath() {
      return config != null && config.startsWith("~/")
          ? System.getProperty("user.home") + config.substring(1)
          : config;
    }
  }
}
