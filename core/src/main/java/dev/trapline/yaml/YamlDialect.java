// SPDX-License-Identifier: Apache-2.0
package dev.trapline.yaml;

import java.util.List;

/// What one kind of file of ours has of its own, as far as reading YAML goes.
///
/// @param code of every complaint
/// @param noun what a file of the kind is: `study`, `campaign`
/// @param format the hint that names the documentation
/// @param sentences keys whose values are sentences. Inside `{...}` a comma ends a value, and what
///   follows it is a key without a value: `{network: virtio-mmio, in the VMM}`. That is taken as
///   what its writer meant, and only after these keys
/// @param roundedFigures whether a number may be marked with `rounded: true`
/// @param columns whether complaints have the column beside the line
public record YamlDialect(
    String code,
    String noun,
    String format,
    List<String> sentences,
    boolean roundedFigures,
    boolean columns) {
  /// Keeps a copy.
  public YamlDialect {
    sentences = List.copyOf(sentences);
  }
}
