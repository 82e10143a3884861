// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.run.RoleTally;
import dev.trapline.tally.Completeness;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Which rows of a tally file belong to which role of which trial, and how sure its tally is. Kept
/// in the file's metadata: a role without a call has no row, and completeness is no column, yet
/// both must survive.
///
/// @param rows how many rows in a row are this part's
record TallyPart(
    String trial,
    String environment,
    @Nullable String test,
    String node,
    String role,
    long rows,
    Completeness completeness) {

  static TallyPart of(RoleTally tally) {
    return new TallyPart(
        tally.trial(),
        tally.environment(),
        tally.test(),
        tally.node(),
        tally.role(),
        tally.tally().counts().size(),
        tally.tally().completeness());
  }

  static String toJson(List<TallyPart> parts) {
    return Json.oneLine(generator -> {
      generator.writeStartArray();
      for (TallyPart part : parts) {
        part.write(generator);
      }
      generator.writeEndArray();
    });
  }

  static List<TallyPart> fromJson(Path file, String json) {
    List<TallyPart> parts = new ArrayList<>();
    for (JsonFields part : JsonFields.parse(file, json).elements()) {
      parts.add(
          new TallyPart(
              part.text("trial"),
              part.text("environment"),
              part.textOrNull("test"),
              part.text("node"),
              part.text("role"),
              part.number("rows"),
              RunJsonReader.completeness(part.object("completeness"))));
    }
    return parts;
  }

  private void write(JsonGenerator generator) {
    generator.writeStartObject();
    generator.writeStringProperty("trial", trial);
    generator.writeStringProperty("environment", environment);
    Json.text(generator, "test", test);
    generator.writeStringProperty("node", node);
    generator.writeStringProperty("role", role);
    generator.writeNumberProperty("rows", rows);
    generator.writeName("completeness");
    RunJson.writeCompleteness(generator, completeness);
    generator.writeEndObject();
  }
}
