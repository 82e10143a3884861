// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.capture.KernelActivity;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.MachineUse;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Run;
import dev.trapline.run.Tallies;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.tally.LatencyHistogram;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// A run as JSON, schema [Run#SCHEMA]. There are two shapes of one schema: `run.json`, which has
/// `files` and leaves the tallies to Parquet, and what `show --json` prints, which has `tallies`.
///
/// Every key is always there, in the order in which this class writes it; unknown is null. Units
/// are in the names. Every field is explained in `docs/reference/run-directory.md`.
public final class RunJson {
  private RunJson() {}

  /// The run with its tallies, ending in a newline.
  public static String withTallies(Run run) {
    StringWriter writer = new StringWriter();
    try {
      writeWithTallies(run, writer);
    } catch (IOException e) {
      throw new UncheckedIOException("a string does not take text", e);
    }
    return writer.toString();
  }

  /// The same into a writer, which stays open, without holding the text in memory.
  ///
  /// @throws IOException as the writer does, such as for a closed pipe
  public static void writeWithTallies(Run run, Writer writer) throws IOException {
    writeWithTallies(run, run.tallies()::forEach, writer);
  }

  /// The same of a run whose tallies pass by.
  ///
  /// @param run whose own tallies are not looked at
  public static void writeWithTallies(Run run, Tallies tallies, Writer writer) throws IOException {
    Json.write(
        writer,
        generator -> {
          generator.writeStartObject();
          writeCommonPart(generator, run);
          generator.writeArrayPropertyStart("tallies");
          tallies.forEach(part -> {
            for (Map.Entry<Key, Count> entry : part.tally().counts().entrySet()) {
              writeRow(generator, new TallyRow(part, entry.getKey(), entry.getValue()));
            }
          });
          generator.writeEndArray();
          generator.writeEndObject();
        });
  }

  /// What `run.json` holds.
  static void write(Run run, TallyFile tallyFile, Writer writer) throws IOException {
    write(
        run.provenance(), run.completeness(), run.environments(), run.trials(), tallyFile, writer);
  }

  /// The same of parts.
  ///
  /// @param trials asked for one at a time
  static void write(
      Provenance provenance,
      Completeness completeness,
      List<EnvironmentFacts> environments,
      Iterable<Trial> trials,
      TallyFile tallyFile,
      Writer writer)
      throws IOException {
    Json.write(
        writer,
        generator -> {
          generator.writeStartObject();
          writeCommonPart(generator, provenance, completeness, environments, trials);
          generator.writeObjectPropertyStart("files");
          generator.writeObjectPropertyStart(RunDirectory.TALLY_FILE);
          generator.writeNumberProperty("rows", tallyFile.rows());
          generator.writeNumberProperty("bytes", tallyFile.bytes());
          generator.writeStringProperty("sha256", tallyFile.sha256());
          generator.writeEndObject();
          generator.writeEndObject();
          generator.writeEndObject();
        });
  }

  /// What a journal's plan file holds.
  static void writePlan(RunJournal.Plan plan, Writer writer) throws IOException {
    Json.write(
        writer,
        generator -> {
          generator.writeStartObject();
          generator.writeStringProperty("schema", RunJournal.PLAN_SCHEMA);
          generator.writeName("provenance");
          writeProvenance(generator, plan.provenance());
          Json.texts(generator, "trials", plan.trials());
          generator.writeEndObject();
        });
  }

  /// What a journal's file of one trial holds.
  static void writeTrialFile(Trial trial, Writer writer) throws IOException {
    Json.write(
        writer,
        generator -> {
          generator.writeStartObject();
          generator.writeStringProperty("schema", RunJournal.TRIAL_SCHEMA);
          generator.writeName("trial");
          writeTrial(generator, trial);
          generator.writeEndObject();
        });
  }

  private static void writeCommonPart(JsonGenerator generator, Run run) {
    writeCommonPart(
        generator, run.provenance(), run.completeness(), run.environments(), run.trials());
  }

  private static void writeCommonPart(
      JsonGenerator generator,
      Provenance provenance,
      Completeness completeness,
      List<EnvironmentFacts> environments,
      Iterable<Trial> trials) {
    generator.writeStringProperty("schema", Run.SCHEMA);
    generator.writeName("provenance");
    writeProvenance(generator, provenance);
    generator.writeName("completeness");
    writeCompleteness(generator, completeness);
    generator.writeArrayPropertyStart("environments");
    environments.forEach(facts -> GuestJson.writeEnvironment(generator, facts));
    generator.writeEndArray();
    generator.writeArrayPropertyStart("trials");
    for (Trial trial : trials) {
      writeTrial(generator, trial);
    }
    generator.writeEndArray();
  }

  private static void writeProvenance(JsonGenerator generator, Provenance provenance) {
    generator.writeStartObject();
    generator.writeStringProperty("kind", provenance.kind());
    generator.writeStringProperty("traplineVersion", provenance.traplineVersion());
    Json.texts(generator, "commandLine", provenance.commandLine());
    Json.instant(generator, "startedAt", provenance.startedAt());
    Json.texts(generator, "machine", provenance.machine());
    Json.texts(generator, "tools", provenance.tools());
    generator.writeStringProperty("captureSource", provenance.captureSource());
    generator.writeStringProperty("captureLevel", provenance.captureLevel());
    generator.writeStringProperty("captureReason", provenance.captureReason());
    Json.texts(generator, "cannotKnow", provenance.cannotKnow());
    Json.text(generator, "campaign", provenance.campaign());
    Json.number(generator, "seed", provenance.seed());
    Json.texts(generator, "settings", provenance.settings());
    Json.texts(generator, "warnings", provenance.warnings());
    generator.writeArrayPropertyStart("sources");
    provenance.sources().forEach(source -> SourceFileJson.write(generator, source));
    generator.writeEndArray();
    generator.writeEndObject();
  }

  static void writeCompleteness(JsonGenerator generator, Completeness completeness) {
    generator.writeStartObject();
    generator.writeStringProperty("verdict", completeness.verdict());
    generator.writeNumberProperty("lostEvents", completeness.lostEvents());
    generator.writeNumberProperty("droppedCalls", completeness.droppedCalls());
    generator.writeNumberProperty("threadsMissed", completeness.threadsMissed());
    generator.writeNumberProperty("inFlightAtStart", completeness.inFlightAtStart());
    generator.writeNumberProperty("inFlightAtEnd", completeness.inFlightAtEnd());
    generator.writeNumberProperty("cutShortByExit", completeness.cutShortByExit());
    Json.texts(generator, "notes", completeness.notes());
    generator.writeEndObject();
  }

  private static void writeTrial(JsonGenerator generator, Trial trial) {
    generator.writeStartObject();
    generator.writeStringProperty("id", trial.id());
    generator.writeStringProperty("environment", trial.environment());
    Json.text(generator, "test", trial.test());
    generator.writeNumberProperty("repeat", trial.repeat());
    generator.writeNumberProperty("order", trial.order());
    generator.writeBooleanProperty("traced", trial.traced());
    Json.instant(generator, "startedAt", trial.startedAt());
    Json.number(generator, "durationNanos", trial.durationNanos());
    generator.writeName("outcome");
    OutcomeJson.write(generator, trial.outcome());
    Json.text(generator, "failure", trial.failure());
    generator.writeObjectPropertyStart("roles");
    for (Map.Entry<String, RoleUse> entry : trial.roles().entrySet()) {
      generator.writeName(entry.getKey());
      writeRoleUse(generator, entry.getValue());
    }
    generator.writeEndObject();
    generator.writeName("completeness");
    writeCompleteness(generator, trial.completeness());
    generator.writeName("kernelActivity");
    writeKernelActivity(generator, trial.kernelActivity());
    generator.writeName("machine");
    writeMachineUse(generator, trial.machine());
    generator.writeArrayPropertyStart("invariants");
    trial.invariants().forEach(invariant -> OutcomeJson.write(generator, invariant));
    generator.writeEndArray();
    generator.writeEndObject();
  }

  private static void writeRoleUse(JsonGenerator generator, RoleUse use) {
    generator.writeStartObject();
    generator.writeStringProperty("node", use.node());
    Json.texts(generator, "command", use.command());
    Json.number(generator, "exitCode", use.exitCode());
    Json.number(generator, "cpuNanos", use.cpuNanos());
    Json.number(generator, "voluntarySwitches", use.voluntarySwitches());
    Json.number(generator, "involuntarySwitches", use.involuntarySwitches());
    GuestJson.writeUse(generator, use);
    generator.writeEndObject();
  }

  static void writeKernelActivity(JsonGenerator generator, KernelActivity activity) {
    generator.writeStartObject();
    Json.number(generator, "netReceiveSoftirqNanos", activity.netReceiveSoftirqNanos());
    Json.number(generator, "netReceiveSoftirqs", activity.netReceiveSoftirqs());
    Json.number(generator, "netTransmitSoftirqNanos", activity.netTransmitSoftirqNanos());
    Json.number(generator, "netTransmitSoftirqs", activity.netTransmitSoftirqs());
    Json.number(generator, "tcpRetransmissions", activity.tcpRetransmissions());
    Json.numbers(generator, "ioUringOperations", activity.ioUringOperations());
    generator.writeEndObject();
  }

  private static void writeMachineUse(JsonGenerator generator, MachineUse machine) {
    generator.writeStartObject();
    Json.number(generator, "contextSwitches", machine.contextSwitches());
    Json.number(generator, "stealNanos", machine.stealNanos());
    Json.numbers(generator, "kernelThreadCpuNanos", machine.kernelThreadCpuNanos());
    Json.number(generator, "otherCpuNanos", machine.otherCpuNanos());
    Json.number(generator, "lowestKilohertz", machine.lowestKilohertz());
    Json.number(generator, "highestKilohertz", machine.highestKilohertz());
    generator.writeEndObject();
  }

  private static void writeRow(JsonGenerator generator, TallyRow row) {
    Count count = row.count();
    generator.writeStartObject();
    generator.writeStringProperty("trial", row.part().trial());
    generator.writeStringProperty("environment", row.part().environment());
    Json.text(generator, "test", row.part().test());
    generator.writeStringProperty("node", row.part().node());
    generator.writeStringProperty("role", row.part().role());
    Json.text(generator, "process", row.process());
    Json.number(generator, "pid", row.pid());
    Json.text(generator, "thread", row.thread());
    Json.number(generator, "tid", row.tid());
    generator.writeStringProperty("syscall", row.key().syscall());
    Json.text(generator, "category", row.category());
    Json.text(generator, "object", row.object());
    Json.text(generator, "request", row.key().request());
    writeCalls(generator, count);
    generator.writeName("latencyNanos");
    writeLatency(generator, count.latency());
    generator.writeEndObject();
  }

  /// A percentile of no calls is as little known as one of untimed calls. How many calls there were
  /// and what time they took, as members of the object at hand.
  static void writeCalls(JsonGenerator generator, Count count) {
    generator.writeNumberProperty("calls", count.calls());
    generator.writeNumberProperty("timedCalls", count.timedCalls());
    Json.numbers(generator, "errors", count.errors());
    Json.number(generator, "bytes", count.bytes());
    Json.number(generator, "wallNanos", count.wallNanos());
    Json.number(generator, "workNanos", count.workNanos());
    Json.number(generator, "blockedNanos", count.blockedNanos());
    Json.number(generator, "runnableNanos", count.runnableNanos());
    Json.number(generator, "guestNanos", count.guestNanos());
  }

  private static void writeLatency(JsonGenerator generator, @Nullable LatencyHistogram latency) {
    if (latency == null || latency.total() == 0) {
      generator.writeNull();
      return;
    }
    generator.writeStartObject();
    generator.writeNumberProperty("p50", latency.quantileNanos(0.5));
    generator.writeNumberProperty("p90", latency.quantileNanos(0.9));
    generator.writeNumberProperty("p99", latency.quantileNanos(0.99));
    generator.writeNumberProperty("p999", latency.quantileNanos(0.999));
    generator.writeNumberProperty("max", latency.maximumNanos());
    generator.writeEndObject();
  }
}
