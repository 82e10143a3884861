// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// An environment that a campaign names. What it takes to make it is for the program to know.
///
/// @param kind the word of `--environment`, or [#HOSTS]
/// @param options of its machines, by the names of the options of `bench` without dashes
/// @param server node, for [#HOSTS] only
/// @param clients nodes, for [#HOSTS] only
public record CampaignEnvironment(
    String kind,
    SequencedMap<String, String> options,
    @Nullable String server,
    List<String> clients) {
  /// Machines that stand already and are reached by ssh.
  public static final String HOSTS = "hosts";

  /// Keeps unmodifiable copies.
  public CampaignEnvironment {
    options = Collections.unmodifiableSequencedMap(new java.util.LinkedHashMap<>(options));
    clients = List.copyOf(clients);
  }
}
