// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.capture.CallRate;
import dev.trapline.capture.KvmActivity;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.RoleUse;
import dev.trapline.run.ThreadUse;
import dev.trapline.run.VmmUse;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// The parts of a run that tell of environments and virtual machines, to JSON and back.
final class GuestJson {
  private GuestJson() {}

  static void writeEnvironment(JsonGenerator generator, EnvironmentFacts facts) {
    generator.writeStartObject();
    generator.writeStringProperty("name", facts.name());
    generator.writeStringProperty("description", facts.description());
    generator.writeBooleanProperty("emulated", facts.emulated());
    Json.text(generator, "skipped", facts.skipped());
    Json.texts(generator, "settings", facts.settings());
    generator.writeEndObject();
  }

  static EnvironmentFacts readEnvironment(JsonFields fields) {
    return new EnvironmentFacts(
        fields.text("name"),
        fields.text("description"),
        fields.truth("emulated"),
        fields.textOrNull("skipped"),
        fields.textsByName("settings"));
  }

  /// The last three keys of a role.
  static void writeUse(JsonGenerator generator, RoleUse use) {
    generator.writeName("vmm");
    writeVmm(generator, use.vmm());
    generator.writeName("kvm");
    writeKvm(generator, use.kvm());
    generator.writeName("rate");
    writeRate(generator, use.rate());
  }

  private static void writeVmm(JsonGenerator generator, @Nullable VmmUse vmm) {
    if (vmm == null) {
      generator.writeNull();
      return;
    }
    generator.writeStartObject();
    Json.texts(generator, "command", vmm.command());
    generator.writeNumberProperty("pid", vmm.pid());
    generator.writeArrayPropertyStart("threads");
    for (ThreadUse thread : vmm.threads()) {
      generator.writeStartObject();
      generator.writeStringProperty("kind", thread.kind().label());
      generator.writeStringProperty("name", thread.name());
      generator.writeNumberProperty("tid", thread.tid());
      Json.number(generator, "cpuNanos", thread.cpuNanos());
      Json.number(generator, "runDelayNanos", thread.runDelayNanos());
      Json.number(generator, "voluntarySwitches", thread.voluntarySwitches());
      Json.number(generator, "involuntarySwitches", thread.involuntarySwitches());
      generator.writeEndObject();
    }
    generator.writeEndArray();
    Json.number(generator, "guestToolCpuNanos", vmm.guestToolCpuNanos());
    Json.numbers(generator, "networkCounters", vmm.networkCounters());
    generator.writeEndObject();
  }

  static @Nullable VmmUse readVmm(@Nullable JsonFields fields) {
    return fields == null
        ? null
        : new VmmUse(
            fields.texts("command"),
            fields.smallNumber("pid"),
            fields.objects("threads").stream().map(GuestJson::readThread).toList(),
            fields.numberOrNull("guestToolCpuNanos"),
            fields.has("networkCounters") ? fields.numbersByNameOrNull("networkCounters") : null);
  }

  private static ThreadUse readThread(JsonFields fields) {
    return new ThreadUse(
        ThreadUse.Kind.ofLabel(fields.text("kind")),
        fields.text("name"),
        fields.smallNumber("tid"),
        fields.numberOrNull("cpuNanos"),
        fields.numberOrNull("runDelayNanos"),
        fields.numberOrNull("voluntarySwitches"),
        fields.numberOrNull("involuntarySwitches"));
  }

  static void writeKvm(JsonGenerator generator, @Nullable KvmActivity kvm) {
    if (kvm == null) {
      generator.writeNull();
      return;
    }
    generator.writeStartObject();
    generator.writeObjectPropertyStart("exits");
    for (Map.Entry<String, KvmActivity.Exits> entry : kvm.exits().entrySet()) {
      generator.writeObjectPropertyStart(entry.getKey());
      generator.writeNumberProperty("count", entry.getValue().count());
      generator.writeNumberProperty("handlingNanos", entry.getValue().handlingNanos());
      Json.number(generator, "offCpuNanos", entry.getValue().offCpuNanos());
      generator.writeEndObject();
    }
    generator.writeEndObject();
    Json.number(generator, "entries", kvm.entries());
    Json.number(generator, "guestNanos", kvm.guestNanos());
    Json.numbers(generator, "returns", kvm.returns());
    Json.numbers(generator, "injections", kvm.injections());
    Json.number(generator, "haltPollNanos", kvm.haltPollNanos());
    Json.number(generator, "unattributedInjections", kvm.unattributedInjections());
    Json.number(generator, "kicks", kvm.kicks());
    Json.text(generator, "kicksUnknownBecause", kvm.kicksUnknownBecause());
    Json.text(generator, "exitsUnknownBecause", kvm.exitsUnknownBecause());
    Json.text(generator, "unknownBecause", kvm.unknownBecause());
    generator.writeEndObject();
  }

  static @Nullable KvmActivity readKvm(@Nullable JsonFields fields) {
    if (fields == null) {
      return null;
    }
    SortedMap<String, KvmActivity.Exits> exits = new TreeMap<>();
    fields
        .objectsByName("exits")
        .forEach((reason, exit) ->
            exits.put(
                reason,
                new KvmActivity.Exits(
                    exit.number("count"),
                    exit.number("handlingNanos"),
                    exit.has("offCpuNanos") ? exit.numberOrNull("offCpuNanos") : null)));
    return new KvmActivity(
        exits,
        fields.numberOrNull("entries"),
        fields.numberOrNull("guestNanos"),
        fields.numbersByName("returns"),
        fields.numbersByName("injections"),
        fields.numberOrNull("haltPollNanos"),
        fields.has("unattributedInjections") ? fields.numberOrNull("unattributedInjections") : null,
        fields.has("kicks") ? fields.numberOrNull("kicks") : null,
        fields.has("kicksUnknownBecause")
            ? fields.textOrNull("kicksUnknownBecause")
            : KvmActivity.KICKS_NOT_WATCHED,
        fields.has("exitsUnknownBecause") ? fields.textOrNull("exitsUnknownBecause") : null,
        fields.textOrNull("unknownBecause"));
  }

  static void writeRate(JsonGenerator generator, @Nullable CallRate rate) {
    if (rate == null) {
      generator.writeNull();
      return;
    }
    generator.writeStartObject();
    generator.writeNumberProperty("intervalNanos", rate.intervalNanos());
    generator.writeArrayPropertyStart("calls");
    rate.calls().forEach(calls -> generator.writeNumber(calls.longValue()));
    generator.writeEndArray();
    generator.writeEndObject();
  }

  static @Nullable CallRate readRate(@Nullable JsonFields fields) {
    if (fields == null) {
      return null;
    }
    List<Long> calls = fields.wholeNumbers("calls");
    return new CallRate(fields.number("intervalNanos"), calls);
  }
}
