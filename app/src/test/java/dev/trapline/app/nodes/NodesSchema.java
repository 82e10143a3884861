// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app.nodes;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// docs/reference/nodes.schema.json, which is written apart from the code.
public final class NodesSchema {
  private NodesSchema() {}

  /// What is wrong with a JSON text by it.
  public static List<String> errors(String json) throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(
            Files.readString(Path.of("../docs/reference/nodes.schema.json")), InputFormat.JSON)
        .validate(json, InputFormat.JSON)
        .stream()
        .map(Object::toString)
        .toList();
  }
}
