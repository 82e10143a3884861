// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureResult.ContextSwitches;
import dev.trapline.capture.KvmActivity;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.tally.ObjectKind;
import dev.trapline.tally.Tally;
import dev.trapline.tally.ThreadKey;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// All that a capture saw, as lines of JSON, for the way from one machine to another: first a line
/// for what is of the whole ([#SCHEMA]) and of each role, then one for each key of each tally. What
/// is unknown is null. A histogram is a list of bucket and count by turns, empty buckets left out.
///
/// Written and read line by line: neither end holds more than the result itself.
public final class CaptureJson {
  /// The version of these lines.
  public static final String SCHEMA = "trapline-capture/1";

  /// More keys than any workload has, and what 300 MB hold.
  public static final int MOST_ROWS = 100_000;

  /// Longer lines are no names of threads.
  static final int MOST_CHARACTERS = 1 << 22;

  private CaptureJson() {}

  /// Writes all of it; leaves the writer open.
  ///
  /// @throws IOException as the writer does
  public static void write(CaptureResult result, Writer writer) throws IOException {
    line(writer, generator -> writeWhole(generator, result));
    for (Map.Entry<String, Tally> part : result.byRole().entrySet()) {
      for (Map.Entry<Key, Count> row : part.getValue().counts().entrySet()) {
        line(writer, generator -> writeRow(generator, part.getKey(), row.getKey(), row.getValue()));
      }
    }
    writer.flush();
  }

  private static void line(Writer writer, Json.Content content) throws IOException {
    writer.write(Json.oneLine(content));
    writer.write('\n');
  }

  private static void writeWhole(JsonGenerator generator, CaptureResult result) {
    generator.writeStartObject();
    generator.writeStringProperty("schema", SCHEMA);
    generator.writeNumberProperty(
        "rows", result.byRole().values().stream().mapToInt(tally -> tally.counts().size()).sum());
    generator.writeName("completeness");
    RunJson.writeCompleteness(generator, result.completeness());
    generator.writeName("kernelActivity");
    RunJson.writeKernelActivity(generator, result.activity());
    generator.writeObjectPropertyStart("roles");
    for (Map.Entry<String, Tally> part : result.byRole().entrySet()) {
      generator.writeName(part.getKey());
      RunJson.writeCompleteness(generator, part.getValue().completeness());
    }
    generator.writeEndObject();
    writeSwitches(generator, result.contextSwitches());
    generator.writeObjectPropertyStart("kvm");
    for (Map.Entry<String, KvmActivity> entry : result.kvm().entrySet()) {
      generator.writeName(entry.getKey());
      GuestJson.writeKvm(generator, entry.getValue());
    }
    generator.writeEndObject();
    generator.writeObjectPropertyStart("rates");
    for (Map.Entry<String, CallRate> entry : result.rates().entrySet()) {
      generator.writeName(entry.getKey());
      GuestJson.writeRate(generator, entry.getValue());
    }
    generator.writeEndObject();
    generator.writeEndObject();
  }

  private static void writeSwitches(
      JsonGenerator generator, @Nullable SortedMap<String, ContextSwitches> switches) {
    if (switches == null) {
      generator.writeNullProperty("contextSwitches");
      return;
    }
    generator.writeObjectPropertyStart("contextSwitches");
    for (Map.Entry<String, ContextSwitches> entry : switches.entrySet()) {
      generator.writeObjectPropertyStart(entry.getKey());
      generator.writeNumberProperty("voluntary", entry.getValue().voluntary());
      generator.writeNumberProperty("involuntary", entry.getValue().involuntary());
      generator.writeEndObject();
    }
    generator.writeEndObject();
  }

  private static void writeRow(JsonGenerator generator, String role, Key key, Count count) {
    generator.writeStartObject();
    generator.writeStringProperty("role", role);
    generator.writeNumberProperty("pid", key.thread().pid());
    generator.writeStringProperty("process", key.thread().process());
    generator.writeNumberProperty("tid", key.thread().tid());
    generator.writeStringProperty("thread", key.thread().thread());
    generator.writeStringProperty("syscall", key.syscall());
    ObjectKind object = key.object();
    Json.text(generator, "object", object == null ? null : object.label());
    Json.text(generator, "request", key.request());
    RunJson.writeCalls(generator, count);
    LatencyHistogram latency = count.latency();
    Json.number(generator, "maximumNanos", latency == null ? null : latency.maximumNanos());
    generator.writeArrayPropertyStart("buckets");
    for (int bucket = 0; latency != null && bucket < LatencyHistogram.BUCKETS; bucket++) {
      if (latency.count(bucket) != 0) {
        generator.writeNumber(bucket);
        generator.writeNumber(latency.count(bucket));
      }
    }
    generator.writeEndArray();
    generator.writeEndObject();
  }

  /// Reads it back.
  ///
  /// @param source for complaints: where the lines are from
  /// @throws dev.trapline.TraplineException `RUN-CORRUPT` if they are not what [#write] wrote,
  ///   `RUN-SCHEMA` if another version did
  /// @throws IOException as the reader does
  public static CaptureResult read(Path source, Reader reader) throws IOException {
    try {
      return readLines(source, reader);
    } catch (IllegalArgumentException refusedByANoun) {
      throw StoreFailure.corrupt(source, StoreFailure.reason(refusedByANoun), refusedByANoun);
    }
  }

  private static CaptureResult readLines(Path source, Reader reader) throws IOException {
    JsonFields whole = JsonFields.parse(source, lineOf(source, reader));
    String schema = whole.text("schema");
    if (!schema.equals(SCHEMA)) {
      throw StoreFailure.otherSchema(source, SCHEMA, schema);
    }
    int rows = whole.smallNumber("rows");
    if (rows < 0 || rows > MOST_ROWS) {
      throw StoreFailure.corrupt(
          source, "it has " + rows + " rows, and " + MOST_ROWS + " are the most", null);
    }
    SortedMap<String, Completeness> roles = new TreeMap<>();
    whole
        .objectsByName("roles")
        .forEach((role, fields) -> roles.put(role, RunJsonReader.completeness(fields)));
    SortedMap<String, SortedMap<Key, Count>> counts = new TreeMap<>();
    roles.keySet().forEach(role -> counts.put(role, new TreeMap<>()));
    Map<ThreadKey, ThreadKey> threads = new HashMap<>();
    for (int row = 0; row < rows; row++) {
      JsonFields fields = JsonFields.parse(source, lineOf(source, reader));
      SortedMap<Key, Count> ofRole = counts.get(fields.text("role"));
      if (ofRole == null) {
        throw fields.unexpected("role", "a role of the first line");
      }
      ThreadKey thread =
          new ThreadKey(
              fields.smallNumber("pid"),
              fields.text("process"),
              fields.smallNumber("tid"),
              fields.text("thread"));
      // One object a thread, not one a row.
      Key key = key(fields, threads.computeIfAbsent(thread, same -> same));
      if (ofRole.put(key, count(fields)) != null) {
        throw StoreFailure.corrupt(source, "row " + (row + 1) + " has the key of another", null);
      }
    }
    if (reader.read() >= 0) {
      throw StoreFailure.corrupt(source, "there is more after the last of its rows", null);
    }
    SortedMap<String, Tally> tallies = new TreeMap<>();
    roles.forEach((role, completeness) ->
        tallies.put(role, new Tally(counts.getOrDefault(role, new TreeMap<>()), completeness)));
    return new CaptureResult(
        tallies,
        RunJsonReader.completeness(whole.object("completeness")),
        RunJsonReader.kernelActivity(whole.object("kernelActivity")),
        switches(whole),
        kvm(whole),
        rates(whole));
  }

  private static String lineOf(Path source, Reader reader) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = reader.read(); next != '\n'; next = reader.read()) {
      if (next < 0 || line.length() == MOST_CHARACTERS) {
        throw StoreFailure.corrupt(
            source, next < 0 ? "it ends before its last row" : "a line of it has no end", null);
      }
      line.append((char) next);
    }
    return line.toString();
  }

  private static Key key(JsonFields fields, ThreadKey thread) {
    String object = fields.textOrNull("object");
    return new Key(
        thread,
        fields.text("syscall"),
        object == null ? null : ObjectKind.ofLabel(object),
        fields.textOrNull("request"));
  }

  private static Count count(JsonFields fields) {
    return new Count(
        fields.number("calls"),
        fields.number("timedCalls"),
        fields.numbersByName("errors"),
        fields.numberOrNull("bytes"),
        fields.numberOrNull("wallNanos"),
        fields.numberOrNull("workNanos"),
        fields.numberOrNull("blockedNanos"),
        fields.numberOrNull("runnableNanos"),
        fields.numberOrNull("guestNanos"),
        latency(fields));
  }

  private static @Nullable LatencyHistogram latency(JsonFields fields) {
    Long maximum = fields.numberOrNull("maximumNanos");
    List<Long> pairs = fields.wholeNumbers("buckets");
    if (maximum == null) {
      return null;
    }
    long[] buckets = new long[LatencyHistogram.BUCKETS];
    if (pairs.size() % 2 != 0) {
      throw fields.unexpected("buckets", "a list of pairs");
    }
    for (int index = 0; index < pairs.size(); index += 2) {
      long bucket = pairs.get(index);
      if (bucket < 0 || bucket >= buckets.length) {
        throw fields.unexpected("buckets", "a list of buckets from 0 to " + (buckets.length - 1));
      }
      buckets[(int) bucket] = pairs.get(index + 1);
    }
    return LatencyHistogram.ofBuckets(buckets, maximum);
  }

  private static @Nullable SortedMap<String, ContextSwitches> switches(JsonFields whole) {
    if (whole.objectOrNull("contextSwitches") == null) {
      return null;
    }
    SortedMap<String, ContextSwitches> switches = new TreeMap<>();
    whole
        .objectsByName("contextSwitches")
        .forEach((role, fields) ->
            switches.put(
                role,
                new ContextSwitches(fields.number("voluntary"), fields.number("involuntary"))));
    return switches;
  }

  private static SortedMap<String, KvmActivity> kvm(JsonFields whole) {
    SortedMap<String, KvmActivity> kvm = new TreeMap<>();
    whole
        .objectsByName("kvm")
        .forEach((role, fields) -> {
          KvmActivity activity = GuestJson.readKvm(fields);
          if (activity != null) {
            kvm.put(role, activity);
          }
        });
    return kvm;
  }

  private static SortedMap<String, CallRate> rates(JsonFields whole) {
    SortedMap<String, CallRate> rates = new TreeMap<>();
    whole
        .objectsByName("rates")
        .forEach((role, fields) -> {
          CallRate rate = GuestJson.readRate(fields);
          if (rate != null) {
            rates.put(role, rate);
          }
        });
    return rates;
  }
}
