// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.json;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.KernelAnalysis;
import dev.trapline.analysis.Signature;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.report.FindingsJson;
import dev.trapline.report.RoleReport;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestReport;
import dev.trapline.report.TestWords;
import dev.trapline.run.EnvironmentFacts;
import dev.trapline.run.Provenance;
import dev.trapline.run.RoleUse;
import dev.trapline.run.Trial;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.workload.UnitOfWork;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A report as JSON, schema [#SCHEMA]: what its tables and charts show, as numbers. Every key is
/// always there, unknown is null, units are in the names; costs are per the test's unit of work,
/// `message` or `GiB`.
///
/// It is not the run: single counts by thread are in `trapline show --json`.
public final class ReportJson {
  /// Name and version.
  public static final String SCHEMA = "trapline.report/1";

  /// More points than this say nothing more in a chart, and would make the page heavy.
  private static final int MOST_INTERVALS = 240;

  private ReportJson() {}

  /// The report on one line, ending in a newline.
  public static String of(RunReport report) {
    return JsonMapper.shared().writeValueAsString(node(report)) + "\n";
  }

  private static ObjectNode node(RunReport report) {
    ObjectNode node = object();
    node.put("schema", SCHEMA);
    node.put("title", report.title());
    addAll(node.putArray("verdict"), report.verdict());
    ArrayNode environments = node.putArray("environments");
    report.environments().forEach(facts -> environments.add(environment(facts)));
    ArrayNode findings = node.putArray("findings");
    report.findings().forEach(finding -> findings.add(FindingsJson.node(finding)));
    ArrayNode tests = node.putArray("tests");
    report.tests().forEach(test -> tests.add(test(test)));
    node.set("comparison", ComparisonPart.of(report.comparison()));
    node.set("associations", ComparisonPart.of(report.associations()));
    ArrayNode accounts = node.putArray("accounts");
    report.accounts().forEach(account -> accounts.add(CostsJson.account(account)));
    ArrayNode models = node.putArray("models");
    report.models().forEach(model -> models.add(CostsJson.model(model)));
    node.set("roofline", CostsJson.roofline(report.roofline()));
    node.set("calibration", CostsJson.calibration(report.costs()));
    ArrayNode trials = node.putArray("trials");
    report.run().trials().forEach(trial -> trials.add(trial(trial)));
    node.set("completeness", completeness(report.run().completeness()));
    node.set("provenance", provenance(report.run().provenance()));
    addAll(node.putArray("basis"), report.basis());
    return node;
  }

  private static ObjectNode environment(EnvironmentFacts facts) {
    ObjectNode node = object();
    node.put("name", facts.name());
    node.put("description", facts.description());
    node.put("emulated", facts.emulated());
    node.put("mark", facts.emulated() ? EnvironmentFacts.EMULATED : null);
    node.put("skipped", facts.skipped());
    node.set("settings", texts(facts.settings()));
    return node;
  }

  // ---- one test ------------------------------------------------------------------------

  private static ObjectNode test(TestReport test) {
    TestAnalysis analysis = test.analysis();
    UnitOfWork unit = analysis.unit();
    ObjectNode node = object();
    node.put("environment", analysis.environment());
    node.put("test", analysis.test());
    node.put("emulated", test.emulated());
    node.put("mark", test.emulated() ? EnvironmentFacts.EMULATED : null);
    node.put("unit", unit == null ? null : unit.label());
    ObjectNode outcome = node.putObject("outcome");
    outcome.put("metric", unit == null ? null : metric(unit));
    outcome.put("unit", unit == null ? null : unit == UnitOfWork.MESSAGE ? "ns" : "bit/s");
    outcome.put("higherIsBetter", unit == null ? null : unit != UnitOfWork.MESSAGE);
    outcome.set("control", interval(analysis.control()));
    outcome.set("traced", interval(analysis.traced()));
    outcome.set("observation", interval(analysis.observation()));
    ArrayNode points = outcome.putArray("trials");
    for (TestReport.Point point : test.points()) {
      ObjectNode one = points.addObject();
      one.put("trial", point.trial());
      one.put("order", point.order());
      one.put("repeat", point.repeat());
      one.put("traced", point.traced());
      one.put("value", point.value());
    }
    ArrayNode percentiles = node.putArray("percentiles");
    test.percentiles()
        .forEach((percentile, nanos) -> {
          ObjectNode one = percentiles.addObject();
          one.put("percentile", percentile);
          one.put("halfRttNanos", nanos);
        });
    ArrayNode roles = node.putArray("roles");
    test.roles().forEach(role -> roles.add(role(role)));
    node.set("kernel", kernel(analysis.kernel()));
    ObjectNode invariants = node.putObject("invariants");
    invariants.put("checked", analysis.checkedInvariants());
    ArrayNode broken = invariants.putArray("broken");
    analysis
        .broken()
        .forEach((trial, results) ->
            results.forEach(result -> {
              ObjectNode one = broken.addObject();
              one.put("trial", trial);
              one.put("name", result.name());
              one.put("detail", result.detail());
            }));
    node.set("failures", texts(analysis.failures()));
    return node;
  }

  private static String metric(UnitOfWork unit) {
    return unit == UnitOfWork.MESSAGE ? "half-RTT" : "goodput";
  }

  static @Nullable ObjectNode interval(@Nullable MedianInterval interval) {
    if (interval == null) {
      return null;
    }
    ObjectNode node = object();
    node.put("n", interval.n());
    put(node, "median", interval.median());
    put(node, "low", interval.low());
    put(node, "high", interval.high());
    put(node, "confidence", interval.confidence());
    return node;
  }

  private static @Nullable ObjectNode interval(@Nullable RatioInterval interval) {
    if (interval == null) {
      return null;
    }
    ObjectNode node = object();
    put(node, "tracedOverControl", interval.estimate());
    put(node, "low", interval.low());
    put(node, "high", interval.high());
    put(node, "confidence", interval.confidence());
    return node;
  }

  // ---- one side ------------------------------------------------------------------------

  private static ObjectNode role(RoleReport role) {
    ObjectNode node = object();
    node.put("role", role.analysis().role());
    node.put("unitsOfWork", role.analysis().unitsOfWork());
    put(node, "tracedCpuNanosPerUnit", role.analysis().tracedCpuNanosPerUnit());
    node.set("controlCpuNanosPerUnit", interval(role.analysis().controlCpuNanosPerUnit()));
    node.set("total", cost(new Cost(role.analysis().total(), role.analysis().unitsOfWork())));
    node.set("signature", signature(role.analysis().signature()));
    ArrayNode calls = node.putArray("calls");
    role.calls().forEach(call -> calls.add(call(call)));
    ArrayNode threads = node.putArray("threads");
    for (RoleReport.NamedThreads thread : role.threads()) {
      ObjectNode one = threads.addObject();
      one.put("name", thread.name());
      one.put("kind", thread.kind());
      one.setAll(cost(new Cost(thread.count(), role.analysis().unitsOfWork())));
    }
    ArrayNode parties = node.putArray("parties");
    for (RoleReport.Party party : role.parties()) {
      ObjectNode one = parties.addObject();
      one.put("kind", party.kind());
      one.put("threads", party.threads());
      one.put("traced", party.traced());
      put(one, "cpuNanosPerUnit", party.cpuNanosPerUnit());
      put(one, "runDelayNanosPerUnit", party.runDelayNanosPerUnit());
      put(one, "voluntarySwitchesPerUnit", party.voluntarySwitchesPerUnit());
    }
    node.set("kvm", kvm(role.kvm()));
    ArrayNode rates = node.putArray("rates");
    role.rates().forEach(rate -> rates.add(rate(rate)));
    addAll(node.putArray("about"), role.about());
    return node;
  }

  /// What a row and the sum below it have in common.
  private record Cost(Count count, double units) {}

  private static ObjectNode cost(Cost cost) {
    Count count = cost.count();
    boolean timed = count.timedCalls() > 0;
    ObjectNode node = object();
    node.put("calls", count.calls());
    node.put("failedCalls", count.failedCalls());
    put(node, "callsPerUnit", ratio((double) count.calls(), cost.units()));
    put(node, "wallNanosPerUnit", timed ? perUnit(count.wallNanos(), cost.units()) : null);
    put(node, "workNanosPerUnit", perUnit(count.workNanos(), cost.units()));
    put(node, "blockedNanosPerUnit", perUnit(count.blockedNanos(), cost.units()));
    put(node, "runnableNanosPerUnit", perUnit(count.runnableNanos(), cost.units()));
    put(node, "guestNanosPerUnit", perUnit(count.guestNanos(), cost.units()));
    return node;
  }

  private static @Nullable Double perUnit(@Nullable Long value, double units) {
    return value == null ? null : ratio(value.doubleValue(), units);
  }

  private static @Nullable Double ratio(double value, double by) {
    return by > 0 ? Double.valueOf(value / by) : null;
  }

  private static ObjectNode call(RoleReport.Call call) {
    CallCost cost = call.cost();
    ObjectNode node = object();
    node.put("name", call.name());
    node.put("syscall", cost.kind().syscall());
    node.put("object", cost.kind().object() == null ? null : cost.kind().object().label());
    node.put("request", cost.kind().request());
    node.put("thread", call.thread());
    node.setAll(cost(new Cost(cost.count(), cost.unitsOfWork())));
    put(node, "shareOfWork", call.share());
    put(node, "bytesPerCall", cost.bytesPerCall());
    LatencyHistogram latency = cost.count().latency();
    boolean known = latency != null && latency.total() > 0;
    put(node, "p50Nanos", known ? quantile(latency, 0.5) : null);
    put(node, "p99Nanos", known ? quantile(latency, 0.99) : null);
    ObjectNode errors = node.putObject("errors");
    cost.count().errors().forEach((name, number) -> errors.put(name, number.longValue()));
    return node;
  }

  private static @Nullable Double quantile(@Nullable LatencyHistogram latency, double quantile) {
    return latency == null ? null : Double.valueOf(latency.quantileNanos(quantile));
  }

  private static @Nullable ObjectNode signature(@Nullable Signature signature) {
    if (signature == null) {
      return null;
    }
    ObjectNode node = object();
    node.put("text", TestWords.terms(signature));
    put(node, "residual", signature.residual());
    ArrayNode terms = node.putArray("terms");
    for (Signature.Term term : signature.terms()) {
      ObjectNode one = terms.addObject();
      one.put("call", TestWords.name(term.kind()));
      put(one, "perMessage", term.perMessage());
      put(one, "measured", term.measured());
      one.put("whole", term.whole());
    }
    return node;
  }

  private static @Nullable ObjectNode kvm(RoleReport.@Nullable Kvm kvm) {
    if (kvm == null) {
      return null;
    }
    ObjectNode node = object();
    node.put("unknownBecause", kvm.unknownBecause());
    boolean known = kvm.unknownBecause() == null;
    put(node, "exitsPerUnit", known ? Double.valueOf(kvm.exitsPerUnit()) : null);
    put(node, "entriesPerUnit", known ? Double.valueOf(kvm.entriesPerUnit()) : null);
    put(node, "guestNanosPerUnit", known ? Double.valueOf(kvm.guestNanosPerUnit()) : null);
    put(node, "haltPollNanosPerUnit", kvm.haltPollNanosPerUnit());
    put(node, "kicksPerUnit", kvm.kicksPerUnit());
    node.put("kicksUnknownBecause", kvm.kicksUnknownBecause());
    ArrayNode exits = node.putArray("exits");
    kvm.exits()
        .forEach((reason, exit) -> {
          ObjectNode one = exits.addObject();
          one.put("reason", reason);
          put(one, "perUnit", exit.perUnit());
          put(one, "handlingNanosPerUnit", exit.handlingNanosPerUnit());
        });
    node.set("returns", numbers(kvm.returns()));
    node.set("injections", numbers(kvm.injections()));
    return node;
  }

  /// Neighbouring intervals are put together where there are too many: the sum stays.
  private static ObjectNode rate(RoleReport.Rate rate) {
    List<Long> calls = rate.rate().calls();
    int together = Math.max(1, (calls.size() + MOST_INTERVALS - 1) / MOST_INTERVALS);
    ObjectNode node = object();
    node.put("trial", rate.trial());
    node.put("intervalNanos", rate.rate().intervalNanos() * together);
    ArrayNode sums = node.putArray("calls");
    for (int at = 0; at < calls.size(); at += together) {
      long sum = 0;
      for (int one = at; one < Math.min(calls.size(), at + together); one++) {
        sum += calls.get(one);
      }
      sums.add(sum);
    }
    return node;
  }

  // ---- the kernel, and where it comes from ---------------------------------------------

  private static ObjectNode kernel(KernelAnalysis kernel) {
    ObjectNode node = object();
    put(node, "netReceiveSoftirqNanosPerUnit", kernel.netReceiveNanosPerUnit());
    put(node, "netTransmitSoftirqNanosPerUnit", kernel.netTransmitNanosPerUnit());
    put(node, "contextSwitchesPerUnit", kernel.contextSwitchesPerUnit());
    node.set("kernelThreadCpuNanosPerUnit", numbers(kernel.kernelThreadNanosPerUnit()));
    node.put("tcpRetransmissions", kernel.tcpRetransmissions());
    if (kernel.ioUringOperations() == null) {
      node.putNull("ioUringOperations");
    } else {
      ObjectNode operations = node.putObject("ioUringOperations");
      kernel
          .ioUringOperations()
          .forEach((name, number) -> operations.put(name, number.longValue()));
    }
    return node;
  }

  private static ObjectNode trial(Trial trial) {
    ObjectNode node = object();
    node.put("id", trial.id());
    node.put("environment", trial.environment());
    node.put("test", trial.test());
    node.put("repeat", trial.repeat());
    node.put("order", trial.order());
    node.put("traced", trial.traced());
    node.put("startedAt", trial.startedAt() == null ? null : trial.startedAt().toString());
    node.put("durationNanos", trial.durationNanos());
    put(node, "value", trial.outcome() == null ? null : TestAnalysis.figure(trial.outcome()));
    put(node, "workDone", trial.outcome() == null ? null : trial.outcome().workDone());
    node.put("failure", trial.failure());
    node.put("complete", trial.completeness().isComplete());
    ObjectNode roles = node.putObject("roles");
    for (Map.Entry<String, RoleUse> entry : trial.roles().entrySet()) {
      ObjectNode role = roles.putObject(entry.getKey());
      role.put("node", entry.getValue().node());
      role.put("cpuNanos", entry.getValue().cpuNanos());
    }
    return node;
  }

  private static ObjectNode completeness(Completeness completeness) {
    ObjectNode node = object();
    node.put("verdict", completeness.verdict());
    node.put("lostEvents", completeness.lostEvents());
    node.put("droppedCalls", completeness.droppedCalls());
    node.put("threadsMissed", completeness.threadsMissed());
    node.put("inFlightAtStart", completeness.inFlightAtStart());
    node.put("inFlightAtEnd", completeness.inFlightAtEnd());
    node.put("cutShortByExit", completeness.cutShortByExit());
    addAll(node.putArray("notes"), completeness.notes());
    return node;
  }

  private static ObjectNode provenance(Provenance provenance) {
    ObjectNode node = object();
    node.put("kind", provenance.kind());
    node.put("traplineVersion", provenance.traplineVersion());
    addAll(node.putArray("commandLine"), provenance.commandLine());
    node.put(
        "startedAt", provenance.startedAt() == null ? null : provenance.startedAt().toString());
    node.set("machine", texts(provenance.machine()));
    node.set("tools", texts(provenance.tools()));
    node.put("captureSource", provenance.captureSource());
    node.put("captureLevel", provenance.captureLevel());
    node.put("captureReason", provenance.captureReason());
    addAll(node.putArray("cannotKnow"), provenance.cannotKnow());
    node.put("campaign", provenance.campaign());
    node.put("seed", provenance.seed());
    node.set("settings", texts(provenance.settings()));
    addAll(node.putArray("warnings"), provenance.warnings());
    return node;
  }

  // ---- JSON ----------------------------------------------------------------------------

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static void addAll(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }

  static ObjectNode texts(Map<String, String> values) {
    ObjectNode node = object();
    values.forEach(node::put);
    return node;
  }

  private static ObjectNode numbers(Map<String, Double> values) {
    ObjectNode node = object();
    values.forEach((name, value) -> put(node, name, value));
    return node;
  }

  /// Seven digits: more than any of these figures has, and half the length. JSON has no infinity.
  static void put(ObjectNode node, String name, @Nullable Double value) {
    if (value == null || !Double.isFinite(value)) {
      node.putNull(name);
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      node.put(name, value.longValue());
    } else {
      node.put(
          name, new java.math.BigDecimal(value).round(new java.math.MathContext(7)).doubleValue());
    }
  }
}
