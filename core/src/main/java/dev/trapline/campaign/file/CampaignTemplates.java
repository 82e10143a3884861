// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// What is shipped beside the reader: the JSON Schema, and a commented file to start from.
public final class CampaignTemplates {
  private CampaignTemplates() {}

  /// The schema, JSON Schema draft 2020-12. It says all that a schema can say; that names refer to
  /// something, and which keys go with which tool's mode, only the reader knows.
  public static String schema() {
    return resource("campaign.schema.json");
  }

  /// A file with a comment on every key, which can be run as it is.
  public static String example() {
    return resource("campaign.yaml");
  }

  private static String resource(String name) {
    try (InputStream stream = CampaignTemplates.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException(name + " is not in the jar");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
