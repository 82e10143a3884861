// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.Throughput.CpuUtilisation;
import dev.trapline.workload.Throughput.Interval;
import dev.trapline.workload.Throughput.Stream;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// What a workload measured, as JSON and back: an object whose `type` comes first. What follows
/// from other figures (unit of work, work done) is not kept.
final class OutcomeJson {
  private static final String THROUGHPUT = "throughput";
  private static final String LATENCY = "latency";

  private OutcomeJson() {}

  static void write(JsonGenerator generator, @Nullable Outcome outcome) {
    switch (outcome) {
      case null -> generator.writeNull();
      case Throughput throughput -> writeThroughput(generator, throughput);
      case Latency latency -> writeLatency(generator, latency);
    }
  }

  static @Nullable Outcome outcome(@Nullable JsonFields fields) {
    if (fields == null) {
      return null;
    }
    return switch (fields.text("type")) {
      case THROUGHPUT -> throughput(fields);
      case LATENCY -> latency(fields);
      default -> throw fields.unexpected("type", THROUGHPUT + " or " + LATENCY);
    };
  }

  private static void writeThroughput(JsonGenerator generator, Throughput throughput) {
    generator.writeStartObject();
    generator.writeStringProperty("type", THROUGHPUT);
    generator.writeStringProperty("protocol", throughput.protocol());
    Json.fraction(generator, "goodputBitsPerSecond", throughput.goodput().bitsPerSecond());
    generator.writeNumberProperty("receivedBytes", throughput.received().count());
    generator.writeNumberProperty("sentBytes", throughput.sent().count());
    Json.fraction(generator, "receiverSeconds", throughput.receiverSeconds());
    Json.number(generator, "retransmits", throughput.retransmits());
    generator.writeArrayPropertyStart("streams");
    for (Stream stream : throughput.streams()) {
      generator.writeStartObject();
      Json.fraction(generator, "goodputBitsPerSecond", stream.goodput().bitsPerSecond());
      generator.writeNumberProperty("receivedBytes", stream.received().count());
      Json.number(generator, "retransmits", stream.retransmits());
      generator.writeEndObject();
    }
    generator.writeEndArray();
    writeIntervals(generator, "sentIntervals", throughput.sentIntervals());
    writeIntervals(generator, "receivedIntervals", throughput.receivedIntervals());
    writeCpu(generator, "clientCpu", throughput.clientCpu());
    writeCpu(generator, "serverCpu", throughput.serverCpu());
    Bytes accordingToServer = throughput.receivedAccordingToServer();
    Json.number(
        generator,
        "receivedBytesAccordingToServer",
        accordingToServer == null ? null : Long.valueOf(accordingToServer.count()));
    generator.writeEndObject();
  }

  private static void writeIntervals(
      JsonGenerator generator, String name, List<Interval> intervals) {
    generator.writeArrayPropertyStart(name);
    for (Interval interval : intervals) {
      generator.writeStartObject();
      Json.fraction(generator, "startSeconds", interval.startSeconds());
      Json.fraction(generator, "endSeconds", interval.endSeconds());
      Json.fraction(generator, "bitsPerSecond", interval.rate().bitsPerSecond());
      generator.writeEndObject();
    }
    generator.writeEndArray();
  }

  private static void writeCpu(JsonGenerator generator, String name, @Nullable CpuUtilisation cpu) {
    if (cpu == null) {
      generator.writeNullProperty(name);
      return;
    }
    generator.writeObjectPropertyStart(name);
    Json.fraction(generator, "totalPercent", cpu.totalPercent());
    Json.fraction(generator, "userPercent", cpu.userPercent());
    Json.fraction(generator, "systemPercent", cpu.systemPercent());
    generator.writeEndObject();
  }

  private static Throughput throughput(JsonFields fields) {
    Long accordingToServer = fields.numberOrNull("receivedBytesAccordingToServer");
    return new Throughput(
        fields.text("protocol"),
        bitRate(fields, "goodputBitsPerSecond"),
        bytes(fields, "receivedBytes"),
        bytes(fields, "sentBytes"),
        fields.fraction("receiverSeconds"),
        fields.numberOrNull("retransmits"),
        fields.objects("streams").stream()
            .map(stream ->
                new Stream(
                    bitRate(stream, "goodputBitsPerSecond"),
                    bytes(stream, "receivedBytes"),
                    stream.numberOrNull("retransmits")))
            .toList(),
        intervals(fields, "sentIntervals"),
        intervals(fields, "receivedIntervals"),
        cpu(fields.objectOrNull("clientCpu")),
        cpu(fields.objectOrNull("serverCpu")),
        accordingToServer == null ? null : bytes(fields, "receivedBytesAccordingToServer"));
  }

  private static List<Interval> intervals(JsonFields fields, String name) {
    return fields.objects(name).stream()
        .map(interval ->
            new Interval(
                interval.fraction("startSeconds"),
                interval.fraction("endSeconds"),
                bitRate(interval, "bitsPerSecond")))
        .toList();
  }

  private static @Nullable CpuUtilisation cpu(@Nullable JsonFields fields) {
    return fields == null
        ? null
        : new CpuUtilisation(
            fields.fraction("totalPercent"),
            fields.fraction("userPercent"),
            fields.fraction("systemPercent"));
  }

  private static BitRate bitRate(JsonFields fields, String name) {
    double bitsPerSecond = fields.fraction(name);
    if (!(bitsPerSecond >= 0)) {
      throw fields.unexpected(name, "a rate of 0 or more");
    }
    return new BitRate(bitsPerSecond);
  }

  private static Bytes bytes(JsonFields fields, String name) {
    long count = fields.number(name);
    if (count < 0) {
      throw fields.unexpected(name, "a count of 0 or more");
    }
    return new Bytes(count);
  }

  private static void writeLatency(JsonGenerator generator, Latency latency) {
    generator.writeStartObject();
    generator.writeStringProperty("type", LATENCY);
    generator.writeStringProperty("protocol", latency.protocol());
    generator.writeNumberProperty("meanNanos", latency.meanNanos());
    Json.number(generator, "standardDeviationNanos", latency.standardDeviationNanos());
    generator.writeNumberProperty("minimumNanos", latency.minimumNanos());
    generator.writeNumberProperty("maximumNanos", latency.maximumNanos());
    generator.writeObjectPropertyStart("percentilesNanos");
    for (Map.Entry<Double, Long> entry : latency.percentilesNanos().entrySet()) {
      generator.writeNumberProperty(entry.getKey().toString(), entry.getValue().longValue());
    }
    generator.writeEndObject();
    Json.fraction(generator, "totalRunSeconds", latency.totalRunSeconds());
    generator.writeNumberProperty("totalMessagesSent", latency.totalMessagesSent());
    generator.writeNumberProperty("totalMessagesReceived", latency.totalMessagesReceived());
    Json.fraction(generator, "validRunSeconds", latency.validRunSeconds());
    generator.writeNumberProperty("validMessagesSent", latency.validMessagesSent());
    generator.writeNumberProperty("validMessagesReceived", latency.validMessagesReceived());
    generator.writeNumberProperty("droppedMessages", latency.droppedMessages());
    generator.writeNumberProperty("duplicatedMessages", latency.duplicatedMessages());
    generator.writeNumberProperty("outOfOrderMessages", latency.outOfOrderMessages());
    Json.number(generator, "messagesHandledByServer", latency.messagesHandledByServer());
    generator.writeEndObject();
  }

  private static Latency latency(JsonFields fields) {
    SortedMap<Double, Long> percentiles = new TreeMap<>();
    fields
        .numbersByName("percentilesNanos")
        .forEach((percentile, nanos) -> {
          try {
            percentiles.put(Double.valueOf(percentile), nanos);
          } catch (NumberFormatException e) {
            throw fields.unexpected("percentilesNanos", "an object with percentiles as keys");
          }
        });
    return new Latency(
        fields.text("protocol"),
        fields.number("meanNanos"),
        fields.numberOrNull("standardDeviationNanos"),
        fields.number("minimumNanos"),
        fields.number("maximumNanos"),
        percentiles,
        fields.fraction("totalRunSeconds"),
        fields.number("totalMessagesSent"),
        fields.number("totalMessagesReceived"),
        fields.fraction("validRunSeconds"),
        fields.number("validMessagesSent"),
        fields.number("validMessagesReceived"),
        fields.number("droppedMessages"),
        fields.number("duplicatedMessages"),
        fields.number("outOfOrderMessages"),
        fields.numberOrNull("messagesHandledByServer"));
  }

  static void write(JsonGenerator generator, InvariantResult invariant) {
    generator.writeStartObject();
    generator.writeStringProperty("name", invariant.name());
    generator.writeBooleanProperty("holds", invariant.holds());
    generator.writeStringProperty("detail", invariant.detail());
    Json.fraction(generator, "relativeError", invariant.relativeError());
    generator.writeEndObject();
  }

  static InvariantResult invariant(JsonFields fields) {
    return new InvariantResult(
        fields.text("name"),
        fields.truth("holds"),
        fields.text("detail"),
        fields.fractionOrNull("relativeError"));
  }
}
