// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.TraplineException;
import dev.trapline.statistics.MedianInterval;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `trapline.calibration/1`: what is kept, and what `calibrate --json` prints. Described in
/// `docs/reference/calibrate.md`.
public final class CalibrationJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private CalibrationJson() {}

  /// All of it, with a line end.
  public static String write(MachineCosts costs) {
    ObjectNode root = MAPPER.createObjectNode().put("schema", MachineCosts.SCHEMA);
    root.put("unit", MachineCost.UNIT);
    root.put("hash", costs.machine().hash());
    ObjectNode machine = root.putObject("machine");
    costs.machine().facts().forEach(machine::put);
    root.put("measuredAt", costs.measuredAt().toString());
    root.put("traplineVersion", costs.traplineVersion());
    root.put("rounds", costs.rounds());
    root.put("seed", costs.seed());
    ObjectNode named = root.putObject("costs");
    for (MachineCost cost : costs.costs().values()) {
      ObjectNode node = named.putObject(cost.name()).put("description", cost.description());
      put(node, cost.nanos());
    }
    ObjectNode sweeps = root.putObject("sweeps");
    for (CostSweep sweep : costs.sweeps().values()) {
      ObjectNode node =
          sweeps
              .putObject(sweep.name())
              .put("description", sweep.description())
              .put("parameter", sweep.parameter());
      ArrayNode points = node.putArray("points");
      for (CostSweep.Point point : sweep.points()) {
        put(points.addObject().put("at", point.at()), point.nanos());
      }
    }
    ObjectNode skipped = root.putObject("skipped");
    costs.skipped().forEach(skipped::put);
    ArrayNode warnings = root.putArray("warnings");
    costs.warnings().forEach(warnings::add);
    return root.toPrettyString() + "\n";
  }

  private static void put(ObjectNode node, MedianInterval nanos) {
    node.put("n", nanos.n())
        .put("median", nanos.median())
        .put("low", nanos.low())
        .put("high", nanos.high())
        .put("confidence", nanos.confidence());
  }

  /// The reverse.
  ///
  /// @param file that the text is from, for complaints
  /// @throws TraplineException `CALIBRATION-CORRUPT`
  static MachineCosts read(Path file, String text) {
    try {
      JsonNode root = MAPPER.readTree(text);
      String schema = text(root, "schema");
      if (!schema.equals(MachineCosts.SCHEMA)) {
        throw corrupt(file, "its schema is '" + schema + "', not " + MachineCosts.SCHEMA, null);
      }
      SortedMap<String, MachineCost> costs = new TreeMap<>();
      for (Map.Entry<String, JsonNode> entry : object(root, "costs").properties()) {
        costs.put(
            entry.getKey(),
            new MachineCost(
                entry.getKey(), text(entry.getValue(), "description"), interval(entry.getValue())));
      }
      SortedMap<String, CostSweep> sweeps = new TreeMap<>();
      for (Map.Entry<String, JsonNode> entry : object(root, "sweeps").properties()) {
        List<CostSweep.Point> points = new ArrayList<>();
        for (JsonNode point : field(entry.getValue(), "points").values()) {
          points.add(new CostSweep.Point(number(point, "at").longValue(), interval(point)));
        }
        sweeps.put(
            entry.getKey(),
            new CostSweep(
                entry.getKey(),
                text(entry.getValue(), "description"),
                text(entry.getValue(), "parameter"),
                points));
      }
      List<String> warnings = new ArrayList<>();
      for (JsonNode warning : field(root, "warnings").values()) {
        warnings.add(warning.stringValue());
      }
      return new MachineCosts(
          new MachineIdentity(texts(root, "machine")),
          Instant.parse(text(root, "measuredAt")),
          text(root, "traplineVersion"),
          number(root, "rounds").intValue(),
          number(root, "seed").longValue(),
          costs,
          sweeps,
          texts(root, "skipped"),
          warnings);
    } catch (JacksonException | DateTimeException | IllegalArgumentException damage) {
      String message = String.valueOf(damage.getMessage());
      throw corrupt(file, message.lines().findFirst().orElse("not JSON"), damage);
    }
  }

  static TraplineException corrupt(Path file, String fact, @Nullable Throwable cause) {
    return new TraplineException(
        "CALIBRATION-CORRUPT",
        "the kept calibration " + file + " is damaged: " + fact + ".",
        "trapline calibrate measures again and replaces it",
        cause);
  }

  private static MedianInterval interval(JsonNode node) {
    double median = number(node, "median").doubleValue();
    if (!(median > 0)) {
      throw new IllegalArgumentException("a cost of " + median + " ns is none");
    }
    return new MedianInterval(
        number(node, "n").intValue(),
        median,
        fraction(node, "low"),
        fraction(node, "high"),
        fraction(node, "confidence"));
  }

  private static @Nullable Double fraction(JsonNode node, String name) {
    return field(node, name).isNull() ? null : Double.valueOf(number(node, name).doubleValue());
  }

  private static JsonNode field(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no '" + name + "' where one belongs");
    }
    return value;
  }

  private static JsonNode object(JsonNode node, String name) {
    JsonNode value = field(node, name);
    if (!value.isObject()) {
      throw new IllegalArgumentException("'" + name + "' is no object");
    }
    return value;
  }

  private static JsonNode number(JsonNode node, String name) {
    JsonNode value = field(node, name);
    if (!value.isNumber()) {
      throw new IllegalArgumentException("'" + name + "' is no number");
    }
    return value;
  }

  private static String text(JsonNode node, String name) {
    JsonNode value = field(node, name);
    if (!value.isString()) {
      throw new IllegalArgumentException("'" + name + "' is no text");
    }
    return value.stringValue();
  }

  private static SortedMap<String, String> texts(JsonNode node, String name) {
    SortedMap<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object(node, name).properties()) {
      texts.put(entry.getKey(), text(object(node, name), entry.getKey()));
    }
    return texts;
  }
}
