// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.run.SourceFile;
import tools.jackson.core.JsonGenerator;

/// The JSON of one entry of `provenance.sources`.
final class SourceFileJson {
  private SourceFileJson() {}

  static void write(JsonGenerator generator, SourceFile source) {
    generator.writeStartObject();
    generator.writeStringProperty("file", source.file());
    generator.writeStringProperty("format", source.format());
    Json.text(generator, "compression", source.compression());
    Json.number(generator, "bytes", source.bytes());
    Json.text(generator, "sha256", source.sha256());
    generator.writeStringProperty("trial", source.trial());
    Json.text(generator, "role", source.role());
    generator.writeStringProperty("labelledBy", source.labelledBy());
    Json.number(generator, "lines", source.lines());
    generator.writeNumberProperty("skippedLines", source.skippedLines());
    Json.text(generator, "truncation", source.truncation());
    Json.texts(generator, "cannotKnow", source.cannotKnow());
    Json.texts(generator, "remarks", source.remarks());
    generator.writeEndObject();
  }

  static SourceFile read(JsonFields fields) {
    return new SourceFile(
        fields.text("file"),
        fields.text("format"),
        fields.textOrNull("compression"),
        fields.numberOrNull("bytes"),
        fields.textOrNull("sha256"),
        fields.text("trial"),
        fields.textOrNull("role"),
        fields.text("labelledBy"),
        fields.numberOrNull("lines"),
        fields.number("skippedLines"),
        fields.textOrNull("truncation"),
        fields.texts("cannotKnow"),
        fields.texts("remarks"));
  }
}
