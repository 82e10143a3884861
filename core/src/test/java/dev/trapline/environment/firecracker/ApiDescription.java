// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Firecracker's published description of its API, and what of a request does not agree with it:
/// method, path, names, types, enumerations, ranges. Properties that it does not name are refused,
/// as Firecracker does, unless it allows them.
final class ApiDescription {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Object> root;

  private ApiDescription(Map<String, Object> root) {
    this.root = root;
  }

  static ApiDescription published() throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(ApiDescription.class.getResourceAsStream("firecracker-api.yaml"))) {
      return new ApiDescription(
          object(new Load(LoadSettings.builder().build()).loadFromInputStream(stream)));
    }
  }

  /// What is wrong with a request; empty if nothing is.
  List<String> faults(String method, String path, String body) {
    for (Map.Entry<String, Object> candidate : object(root.get("paths")).entrySet()) {
      List<String> names = new ArrayList<>();
      Matcher parameter = Pattern.compile("\\{(\\w+)}").matcher(candidate.getKey());
      while (parameter.find()) {
        names.add(parameter.group(1));
      }
      Matcher match =
          Pattern.compile(candidate.getKey().replaceAll("\\{\\w+}", "([A-Za-z0-9_]+)"))
              .matcher(path);
      Object operation =
          object(candidate.getValue()).get(method.toLowerCase(java.util.Locale.ROOT));
      if (match.matches() && operation != null) {
        Map<String, String> values = new TreeMap<>();
        for (int index = 0; index < names.size(); index++) {
          values.put(names.get(index), match.group(index + 1));
        }
        return bodyFaults(object(operation), body, values);
      }
    }
    return List.of("there is no " + method + " " + path);
  }

  /// Whether the description says that a request is for before the start only.
  boolean isBeforeStartOnly(String method, String path) {
    for (Map.Entry<String, Object> candidate : object(root.get("paths")).entrySet()) {
      if (path.matches(candidate.getKey().replaceAll("\\{\\w+}", "[A-Za-z0-9_]+"))) {
        Object operation =
            object(candidate.getValue()).get(method.toLowerCase(java.util.Locale.ROOT));
        return operation != null
            && String.valueOf(object(operation).get("summary")).contains("Pre-boot only");
      }
    }
    return false;
  }

  private List<String> bodyFaults(
      Map<String, Object> operation, String body, Map<String, String> pathValues) {
    List<String> faults = new ArrayList<>();
    Object parameters = operation.get("parameters");
    for (Object entry : parameters instanceof List<?> list ? list : List.of()) {
      Map<String, Object> parameter = object(entry);
      if (!"body".equals(parameter.get("in"))) {
        continue;
      }
      JsonNode value;
      try {
        value = JSON.readTree(body);
      } catch (JacksonException notJson) {
        return List.of("the body is not JSON");
      }
      check(object(parameter.get("schema")), value, "body", faults);
      pathValues.forEach((name, expected) -> {
        if (!value.path(name).asString("").equals(expected)) {
          faults.add("the path says " + name + " " + expected + ", the body does not");
        }
      });
    }
    return faults;
  }

  private void check(Map<String, Object> given, JsonNode value, String where, List<String> faults) {
    Map<String, Object> schema = given;
    while (schema.get("$ref") instanceof String reference) {
      schema = definition(reference);
    }
    String fault =
        switch (String.valueOf(schema.get("type"))) {
          case "object" -> value.isObject() ? null : "is no object";
          case "string" -> value.isString() ? null : "is no string";
          case "integer" -> value.isIntegralNumber() ? null : "is no whole number";
          case "boolean" -> value.isBoolean() ? null : "is no truth value";
          case "array" -> value.isArray() ? null : "is no array";
          default -> null;
        };
    if (fault != null) {
      faults.add(where + " " + fault);
      return;
    }
    if (schema.get("enum") instanceof List<?> values
        && values.stream().map(String::valueOf).noneMatch(value.asString()::equals)) {
      faults.add(where + " is none of " + values);
    }
    if (schema.get("minimum") instanceof Number least && value.asLong() < least.longValue()) {
      faults.add(where + " is below " + least);
    }
    if (schema.get("maximum") instanceof Number most && value.asLong() > most.longValue()) {
      faults.add(where + " is above " + most);
    }
    if (value.isObject()) {
      checkProperties(schema, value, where, faults);
    }
  }

  private void checkProperties(
      Map<String, Object> schema, JsonNode value, String where, List<String> faults) {
    Map<String, Object> known =
        schema.get("properties") == null ? Map.of() : object(schema.get("properties"));
    if (schema.get("required") instanceof List<?> required) {
      for (Object name : required) {
        if (!value.has(String.valueOf(name))) {
          faults.add(where + " lacks " + name);
        }
      }
    }
    for (Map.Entry<String, JsonNode> property : value.properties()) {
      Object of = known.get(property.getKey());
      if (of != null) {
        check(object(of), property.getValue(), where + "." + property.getKey(), faults);
      } else if (schema.get("additionalProperties") == null) {
        faults.add(where + " has an unknown " + property.getKey());
      }
    }
  }

  private Map<String, Object> definition(String reference) {
    return object(
        object(root.get("definitions")).get(reference.substring("#/definitions/".length())));
  }

  @SuppressWarnings("unchecked") // keys of a YAML document of ours are texts
  private static Map<String, Object> object(@Nullable Object value) {
    return (Map<String, Object>) Objects.requireNonNull(value);
  }
}
