// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.yaml.YamlDialect;
import dev.trapline.yaml.YamlDocument;
import dev.trapline.yaml.YamlFields;
import java.util.List;
import org.snakeyaml.engine.v2.nodes.Node;

/// Figures of a study's file with their places.
final class StudyFigures {
  static final YamlDialect DIALECT =
      new YamlDialect(
          "STUDY-INVALID",
          "study",
          "docs/reference/study.md has the format and an example",
          List.of("label", "vmm", "network", "of", "says", "basis", "caution"),
          true,
          false);

  private StudyFigures() {}

  static Place place(YamlDocument file, Node node) {
    return new Place(file.source(), YamlDocument.line(node));
  }

  static Place place(YamlFields fields) {
    return place(fields.file(), fields.node());
  }

  /// A number with its digits as written, not negative.
  static Figure figure(YamlFields fields, String name, boolean rounded) {
    return new Figure(fields.number(name), rounded, place(fields.file(), fields.required(name)));
  }

  /// A number without a fraction.
  static Figure count(YamlFields fields, String name, boolean rounded) {
    return new Figure(
        fields.wholeNumber(name), rounded, place(fields.file(), fields.required(name)));
  }
}
