// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.workload.BidirectionalThroughput;
import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.InvariantResult;
import dev.trapline.workload.Latency;
import dev.trapline.workload.MessageRate;
import dev.trapline.workload.Outcome;
import dev.trapline.workload.Throughput;
import dev.trapline.workload.Throughput.CpuUtilisation;
import dev.trapline.workload.Throughput.Datagrams;
import dev.trapline.workload.Throughput.Interval;
import dev.trapline.workload.Throughput.Rounding;
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
  private static final String BIDIRECTIONAL = "bidirectional";
  private static final String LATENCY = "latency";
  private static final String MESSAGE_RATE = "messageRate";

  private OutcomeJson() {}

  static void write(JsonGenerator generator, @Nullable Outcome outcome) {
    switch (outcome) {
      case null -> generator.writeNull();
      case Throughput throughput -> writeThroughput(generator, throughput);
      case BidirectionalThroughput both -> writeBidirectional(generator, both);
      case Latency latency -> writeLatency(generator, latency);
      case MessageRate rate -> writeMessageRate(generator, rate);
    }
  }

  static @Nullable Outcome outcome(@Nullable JsonFields fields) {
    if (fields == null) {
      return null;
    }
    return switch (fields.text("type")) {
      case THROUGHPUT -> throughput(fields);
      case BIDIRECTIONAL ->
          new BidirectionalThroughput(
              throughput(fields.object("toServer")), throughput(fields.object("toClient")));
      case LATENCY -> latency(fields);
      case MESSAGE_RATE -> messageRate(fields);
      default ->
          throw fields.unexpected(
              "type", String.join(" or ", THROUGHPUT, BIDIRECTIONAL, LATENCY, MESSAGE_RATE));
    };
  }

  private static void writeBidirectional(JsonGenerator generator, BidirectionalThroughput both) {
    generator.writeStartObject();
    generator.writeStringProperty("type", BIDIRECTIONAL);
    generator.writeName("toServer");
    writeThroughput(generator, both.toServer());
    generator.writeName("toClient");
    writeThroughput(generator, both.toClient());
    generator.writeEndObject();
  }

  private static void writeThroughput(JsonGenerator generator, Throughput throughput) {
    generator.writeStartObject();
    generator.writeStringProperty("type", THROUGHPUT);
    generator.writeStringProperty("protocol", throughput.protocol());
    Json.fraction(generator, "goodputBitsPerSecond", throughput.goodput().bitsPerSecond());
    generator.writeNumberProperty("receivedBytes", throughput.received().count());
    Json.number(generator, "sentBytes", countOf(throughput.sent()));
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
    Json.number(
        generator,
        "receivedBytesAccordingToServer",
        countOf(throughput.receivedAccordingToServer()));
    writeDatagrams(generator, throughput.datagrams());
    writeRounding(generator, throughput.rounding());
    generator.writeBooleanProperty("partial", throughput.partial());
    generator.writeEndObject();
  }

  private static @Nullable Long countOf(@Nullable Bytes bytes) {
    return bytes == null ? null : Long.valueOf(bytes.count());
  }

  private static void writeDatagrams(JsonGenerator generator, @Nullable Datagrams datagrams) {
    if (datagrams == null) {
      generator.writeNullProperty("datagrams");
      return;
    }
    Integer bytesEach = datagrams.bytesEach();
    generator.writeObjectPropertyStart("datagrams");
    Json.number(generator, "sent", datagrams.sent());
    generator.writeNumberProperty("expected", datagrams.expected());
    generator.writeNumberProperty("lost", datagrams.lost());
    Json.number(generator, "outOfOrder", datagrams.outOfOrder());
    Json.number(generator, "jitterNanos", datagrams.jitterNanos());
    Json.number(
        generator, "bytesEach", bytesEach == null ? null : Long.valueOf(bytesEach.longValue()));
    generator.writeEndObject();
  }

  private static void writeRounding(JsonGenerator generator, @Nullable Rounding rounding) {
    if (rounding == null) {
      generator.writeNullProperty("rounding");
      return;
    }
    generator.writeObjectPropertyStart("rounding");
    generator.writeNumberProperty("receivedBytes", rounding.received().count());
    Json.fraction(generator, "goodputBitsPerSecond", rounding.goodput().bitsPerSecond());
    Json.fraction(generator, "seconds", rounding.seconds());
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
    return new Throughput(
        fields.text("protocol"),
        bitRate(fields, "goodputBitsPerSecond"),
        bytes(fields, "receivedBytes"),
        bytesOrNull(fields, "sentBytes"),
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
        bytesOrNull(fields, "receivedBytesAccordingToServer"),
        fields.has("datagrams") ? datagrams(fields.objectOrNull("datagrams")) : null,
        fields.has("rounding") ? rounding(fields.objectOrNull("rounding")) : null,
        fields.has("partial") && fields.truth("partial"));
  }

  private static @Nullable Datagrams datagrams(@Nullable JsonFields fields) {
    return fields == null
        ? null
        : new Datagrams(
            fields.numberOrNull("sent"),
            fields.number("expected"),
            fields.number("lost"),
            fields.numberOrNull("outOfOrder"),
            fields.numberOrNull("jitterNanos"),
            fields.smallNumberOrNull("bytesEach"));
  }

  private static @Nullable Rounding rounding(@Nullable JsonFields fields) {
    return fields == null
        ? null
        : new Rounding(
            bytes(fields, "receivedBytes"),
            bitRate(fields, "goodputBitsPerSecond"),
            fields.fraction("seconds"));
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

  private static @Nullable Bytes bytesOrNull(JsonFields fields, String name) {
    return fields.numberOrNull(name) == null ? null : bytes(fields, name);
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
    generator.writeBooleanProperty("fullRoundTrips", latency.fullRoundTrips());
    generator.writeBooleanProperty("backToBack", latency.backToBack());
    writeClients(generator, latency.clients());
    generator.writeEndObject();
  }

  private static void writeClients(JsonGenerator generator, Latency.@Nullable Clients clients) {
    if (clients == null) {
      generator.writeNullProperty("clients");
      return;
    }
    generator.writeObjectPropertyStart("clients");
    generator.writeNumberProperty("count", clients.count());
    generator.writeNumberProperty("fastestMeanNanos", clients.fastestMeanNanos());
    generator.writeNumberProperty("slowestMeanNanos", clients.slowestMeanNanos());
    Json.fraction(generator, "validRunSecondsOfAll", clients.validRunSecondsOfAll());
    SortedMap<String, Long> lowest = new TreeMap<>();
    SortedMap<String, Long> highest = new TreeMap<>();
    clients
        .percentileBounds()
        .forEach((percentile, bounds) -> {
          lowest.put(percentile.toString(), bounds.lowestNanos());
          highest.put(percentile.toString(), bounds.highestNanos());
        });
    Json.numbers(generator, "lowestPercentilesNanos", lowest);
    Json.numbers(generator, "highestPercentilesNanos", highest);
    generator.writeEndObject();
  }

  private static SortedMap<Double, Long> percentiles(JsonFields fields, String name) {
    SortedMap<Double, Long> percentiles = new TreeMap<>();
    fields
        .numbersByName(name)
        .forEach((percentile, nanos) -> {
          try {
            percentiles.put(Double.valueOf(percentile), nanos);
          } catch (NumberFormatException e) {
            throw fields.unexpected(name, "an object with percentiles as keys");
          }
        });
    return percentiles;
  }

  private static Latency.@Nullable Clients clients(@Nullable JsonFields fields) {
    if (fields == null) {
      return null;
    }
    SortedMap<Double, Long> highest = percentiles(fields, "highestPercentilesNanos");
    SortedMap<Double, Latency.Clients.Bounds> bounds = new TreeMap<>();
    percentiles(fields, "lowestPercentilesNanos")
        .forEach((percentile, lowest) -> {
          Long most = highest.get(percentile);
          if (most == null) {
            throw fields.unexpected("highestPercentilesNanos", "the percentiles of the lowest");
          }
          bounds.put(percentile, new Latency.Clients.Bounds(lowest, most));
        });
    return new Latency.Clients(
        (int) fields.number("count"),
        fields.number("fastestMeanNanos"),
        fields.number("slowestMeanNanos"),
        fields.fraction("validRunSecondsOfAll"),
        bounds);
  }

  private static Latency latency(JsonFields fields) {
    return new Latency(
        fields.text("protocol"),
        fields.number("meanNanos"),
        fields.numberOrNull("standardDeviationNanos"),
        fields.number("minimumNanos"),
        fields.number("maximumNanos"),
        percentiles(fields, "percentilesNanos"),
        fields.fraction("totalRunSeconds"),
        fields.number("totalMessagesSent"),
        fields.number("totalMessagesReceived"),
        fields.fraction("validRunSeconds"),
        fields.number("validMessagesSent"),
        fields.number("validMessagesReceived"),
        fields.number("droppedMessages"),
        fields.number("duplicatedMessages"),
        fields.number("outOfOrderMessages"),
        fields.numberOrNull("messagesHandledByServer"),
        // Runs written before these were recorded are bench's, which are of this kind.
        fields.has("fullRoundTrips") && fields.truth("fullRoundTrips"),
        !fields.has("backToBack") || fields.truth("backToBack"),
        fields.has("clients") ? clients(fields.objectOrNull("clients")) : null);
  }

  private static void writeMessageRate(JsonGenerator generator, MessageRate rate) {
    Integer messageBytes = rate.messageBytes();
    generator.writeStartObject();
    generator.writeStringProperty("type", MESSAGE_RATE);
    generator.writeStringProperty("protocol", rate.protocol());
    generator.writeNumberProperty("messagesSent", rate.messagesSent());
    Json.fraction(generator, "seconds", rate.seconds());
    generator.writeNumberProperty("messagesPerSecond", rate.messagesPerSecond());
    Json.fraction(generator, "payloadBitsPerSecond", rate.payload().bitsPerSecond());
    Json.number(
        generator,
        "messageBytes",
        messageBytes == null ? null : Long.valueOf(messageBytes.longValue()));
    Json.number(generator, "skippedMessages", rate.skippedMessages());
    Json.number(generator, "messagesHandledByServer", rate.messagesHandledByServer());
    generator.writeEndObject();
  }

  private static MessageRate messageRate(JsonFields fields) {
    return new MessageRate(
        fields.text("protocol"),
        fields.number("messagesSent"),
        fields.fraction("seconds"),
        fields.number("messagesPerSecond"),
        bitRate(fields, "payloadBitsPerSecond"),
        fields.smallNumberOrNull("messageBytes"),
        fields.numberOrNull("skippedMessages"),
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
