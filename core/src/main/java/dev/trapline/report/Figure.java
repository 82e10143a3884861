// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.TestAnalysis;
import dev.trapline.statistics.MedianInterval;
import dev.trapline.statistics.RatioInterval;
import dev.trapline.tally.Count;
import dev.trapline.workload.UnitOfWork;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One figure of a report with everything that it needs to stand alone: what it is of, its unit,
/// what it is divided by, and how sure it is.
///
/// @param environment as trials have it
/// @param emulated whether the environment's figures stand for nothing but themselves
/// @param role `server` or `client`; null for what is not of a side
/// @param subject what of it: a kind of call, a kind of thread, a trial; null for the whole
/// @param metric such as `goodput`, `half-RTT`, `calls`, `work`
/// @param unit such as `bit/s`, `ns`, `calls`
/// @param per `message` or `GiB`; null if it is divided by nothing
/// @param value null if unknown, never 0 for that
/// @param low of the interval; null if there is none
/// @param high of the interval
/// @param confidence that the interval really has, from 0 to 1
/// @param n trials behind it
public record Figure(
    String environment,
    boolean emulated,
    String test,
    @Nullable String role,
    @Nullable String subject,
    String metric,
    String unit,
    @Nullable String per,
    @Nullable Double value,
    @Nullable Double low,
    @Nullable Double high,
    @Nullable Double confidence,
    @Nullable Integer n) {
  /// All figures of a report, in its order.
  public static List<Figure> of(RunReport report) {
    List<Figure> figures = new ArrayList<>();
    for (TestReport test : report.tests()) {
      new Collector(test, figures).collect();
    }
    return figures;
  }

  /// Of one test.
  private record Collector(TestReport test, List<Figure> figures) {
    private void collect() {
      TestAnalysis analysis = test.analysis();
      UnitOfWork unit = analysis.unit();
      if (unit == null) {
        return;
      }
      String metric = unit == UnitOfWork.MESSAGE ? "half-RTT" : "goodput";
      String of = unit == UnitOfWork.MESSAGE ? "ns" : "bit/s";
      add(null, "control", metric, of, null, analysis.control());
      add(null, "traced", metric, of, null, analysis.traced());
      for (TestReport.Point point : test.points()) {
        add(null, point.trial(), metric, of, null, Double.valueOf(point.value()), 1);
      }
      RatioInterval observation = analysis.observation();
      if (observation != null) {
        figures.add(
            new Figure(
                analysis.environment(),
                test.emulated(),
                analysis.test(),
                null,
                null,
                "traced over control",
                "ratio",
                null,
                observation.estimate(),
                observation.low(),
                observation.high(),
                observation.confidence(),
                null));
      }
      test.percentiles()
          .forEach((percentile, nanos) ->
              add(null, "p" + Quantity.plain(percentile), metric, of, null, nanos, null));
      int traced = analysis.traced() == null ? 0 : analysis.traced().n();
      for (RoleReport role : test.roles()) {
        role(role, unit.label(), traced);
      }
      String per = unit.label();
      add(null, "NET_RX", "softirq", "ns", per, analysis.kernel().netReceiveNanosPerUnit(), traced);
      add(
          null,
          "NET_TX",
          "softirq",
          "ns",
          per,
          analysis.kernel().netTransmitNanosPerUnit(),
          traced);
      add(
          null,
          null,
          "context switches",
          "switches",
          per,
          analysis.kernel().contextSwitchesPerUnit(),
          null);
      analysis
          .kernel()
          .kernelThreadNanosPerUnit()
          .forEach((name, nanos) -> add(null, name, "kernel thread CPU", "ns", per, nanos, null));
    }

    private void role(RoleReport report, String per, int traced) {
      RoleAnalysis role = report.analysis();
      String name = role.role();
      add(name, "traced", "CPU", "ns", per, role.tracedCpuNanosPerUnit(), traced);
      add(name, "control", "CPU", "ns", per, role.controlCpuNanosPerUnit());
      if (role.unitsOfWork() > 0) {
        counts(name, "all", per, role.total(), role.unitsOfWork(), traced);
        for (RoleReport.Call call : report.calls()) {
          CallCost cost = call.cost();
          String subject = call.thread() == null ? call.name() : call.thread() + ": " + call.name();
          counts(name, subject, per, cost.count(), cost.unitsOfWork(), traced);
          add(name, subject, "bytes per call", "bytes", "call", cost.bytesPerCall(), traced);
        }
      }
      for (RoleReport.Party party : report.parties()) {
        add(name, party.kind(), "thread CPU", "ns", per, party.cpuNanosPerUnit(), null);
        add(name, party.kind(), "run delay", "ns", per, party.runDelayNanosPerUnit(), null);
      }
      RoleReport.Kvm kvm = report.kvm();
      if (kvm != null && kvm.unknownBecause() == null) {
        kvm.exits()
            .forEach((reason, exits) -> {
              add(name, reason, "VM exits", "exits", per, exits.perUnit(), traced);
              add(
                  name,
                  reason,
                  "VM exit handling",
                  "ns",
                  per,
                  exits.handlingNanosPerUnit(),
                  traced);
            });
        kvm.returns()
            .forEach((reason, number) ->
                add(name, reason, "returns to user space", "returns", per, number, traced));
        if (kvm.kicksPerUnit() != null) {
          add(name, "ioeventfd", "kicks", "kicks", per, kvm.kicksPerUnit(), traced);
        }
        kvm.injections()
            .forEach(
                (how, number) -> add(name, how, "injections", "injections", per, number, traced));
      }
    }

    private void counts(
        String role, String subject, String per, Count count, double units, int traced) {
      add(role, subject, "calls", "calls", per, count.calls() / units, traced);
      add(role, subject, "failed calls", "calls", per, count.failedCalls() / units, traced);
      time(role, subject, "work", per, count.workNanos(), units, traced);
      time(role, subject, "blocked", per, count.blockedNanos(), units, traced);
      time(role, subject, "runnable", per, count.runnableNanos(), units, traced);
      time(role, subject, "guest", per, count.guestNanos(), units, traced);
      if (count.workNanos() == null && count.timedCalls() > 0) {
        time(role, subject, "wall", per, count.wallNanos(), units, traced);
      }
    }

    private void time(
        String role,
        String subject,
        String metric,
        String per,
        @Nullable Long nanos,
        double units,
        int traced) {
      add(role, subject, metric, "ns", per, TestWords.divided(nanos, units), traced);
    }

    private void add(
        @Nullable String role,
        @Nullable String subject,
        String metric,
        String unit,
        @Nullable String per,
        @Nullable Double value,
        @Nullable Integer n) {
      if (value != null) {
        figures.add(figure(role, subject, metric, unit, per, value, null, n));
      }
    }

    private void add(
        @Nullable String role,
        @Nullable String subject,
        String metric,
        String unit,
        @Nullable String per,
        @Nullable MedianInterval interval) {
      if (interval != null) {
        figures.add(
            figure(role, subject, metric, unit, per, interval.median(), interval, interval.n()));
      }
    }

    private Figure figure(
        @Nullable String role,
        @Nullable String subject,
        String metric,
        String unit,
        @Nullable String per,
        Double value,
        @Nullable MedianInterval interval,
        @Nullable Integer n) {
      return new Figure(
          test.analysis().environment(),
          test.emulated(),
          test.analysis().test(),
          role,
          subject,
          metric,
          unit,
          per,
          value,
          interval == null ? null : interval.low(),
          interval == null ? null : interval.high(),
          interval == null ? null : interval.confidence(),
          n);
    }
  }
}
