// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.account.TimeAccount;
import dev.trapline.report.Quantity;
import dev.trapline.report.RoleReport;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestReport;
import dev.trapline.report.TestWords;
import dev.trapline.tally.Count;
import dev.trapline.workload.UnitOfWork;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where the time went, per unit of work, and how the syscalls came over time.
final class TimeSection {
  private TimeSection() {}

  static void write(Markup markup, RunReport report) {
    Outcomes.byTest(report)
        .forEach((name, tests) -> {
          UnitOfWork unit = Outcomes.unitOf(tests);
          if (unit == null) {
            return;
          }
          account(markup, report, name);
          DataTable table = table(name, tests, unit);
          if (!table.isEmpty()) {
            long bars = tests.stream().mapToLong(test -> test.roles().size()).sum();
            Charts.begin(
                markup,
                "time",
                name,
                TestWords.capitalised(name) + ": time in syscalls per " + unit.label(),
                "Work is on a CPU in the kernel; blocked is asleep, waiting by design; runnable is ready"
                    + " and without a CPU.",
                (int) bars * 34 + 100);
            table.write(markup);
            Charts.end(markup);
          }
          for (TestReport test : tests) {
            if (!test.kernel().isEmpty()) {
              markup.open("details", "class", "kernel");
              markup.element("summary", test.title() + ": the kernel besides, whole machine");
              markup.open("ul");
              test.kernel().forEach(sentence -> markup.element("li", sentence));
              markup.close().closeLine();
            }
          }
        });
  }

  /// The parts of a round trip, or of the CPU time of a GiB.
  private static void account(Markup markup, RunReport report, String test) {
    List<TimeAccount> accounts =
        report.accounts().stream().filter(account -> account.test().equals(test)).toList();
    if (accounts.isEmpty()) {
      return;
    }
    TimeAccount first = accounts.getFirst();
    boolean roundTrip = first.basis() == TimeAccount.Basis.ROUND_TRIP;
    Charts.begin(
        markup,
        "account",
        test,
        TestWords.capitalised(test)
            + (roundTrip ? ": a whole round trip, by what it was spent on" : ": CPU time per ")
            + (roundTrip ? "" : first.unit().label()),
        roundTrip
            ? "The parts add up to the round trip, which is twice the half-RTT. What nothing"
                + " measured is named unexplained."
            : "Of all who took part in it. What no part explains is named unexplained.",
        accounts.size() * 56 + 130);
    DataTable table =
        new DataTable("Time account of " + test)
            .text("environment")
            .text("part")
            .number("per " + first.unit().label())
            .number("share")
            .text("measured by");
    for (TimeAccount account : accounts) {
      for (TimeAccount.Part part : account.parts()) {
        table
            .cell(report.run().titleOf(account.environment()))
            .cell(part.name())
            .cell(Double.valueOf(part.nanos()), TimeSection::signed)
            .cell(Double.valueOf(account.shareOf(part)), TimeSection::signedShare)
            .cell(part.source())
            .row();
      }
      table
          .cell(report.run().titleOf(account.environment()))
          .cell("total")
          .cell(Double.valueOf(account.totalNanos()), Quantity::nanos)
          .cell("")
          .cell(account.totalSource())
          .row();
    }
    table.write(markup);
    Charts.end(markup);
    Set<String> notes = new LinkedHashSet<>();
    for (TimeAccount account : accounts) {
      for (TimeAccount.Beside beside : account.beside()) {
        notes.add(
            report.run().titleOf(account.environment())
                + ", beside the sum: "
                + beside.name()
                + " "
                + Quantity.nanos(beside.nanos())
                + ": "
                + beside.remark());
      }
      notes.addAll(account.notes());
    }
    if (!notes.isEmpty()) {
      markup.open("details", "class", "kernel");
      markup.element("summary", "What stands beside, and what cannot be told apart");
      markup.open("ul");
      notes.forEach(note -> markup.element("li", note));
      markup.close().closeLine();
    }
  }

  private static String signed(double nanos) {
    return nanos < 0 ? "-" + Quantity.nanos(-nanos) : Quantity.nanos(nanos);
  }

  private static String signedShare(double share) {
    return share < 0 ? "-" + Quantity.percent(-share) : Quantity.percent(share);
  }

  private static DataTable table(String name, List<TestReport> tests, UnitOfWork unit) {
    DataTable table =
        new DataTable("Time in syscalls per " + unit.label() + " of " + name)
            .text("environment")
            .text("side")
            .number("work")
            .number("blocked")
            .number("runnable")
            .number("guest")
            .number("CPU, untraced", "The process's own, as wait4(2) or /proc has it")
            .number("CPU, traced");
    for (TestReport test : tests) {
      for (RoleReport role : test.roles()) {
        double units = role.analysis().unitsOfWork();
        if (!(units > 0)) {
          continue;
        }
        Count total = role.analysis().total();
        table
            .cell(test.environment())
            .cell(role.analysis().role())
            .cell(TestWords.divided(total.workNanos(), units), Quantity::nanos)
            .cell(TestWords.divided(total.blockedNanos(), units), Quantity::nanos)
            .cell(TestWords.divided(total.runnableNanos(), units), Quantity::nanos)
            .cell(TestWords.divided(total.guestNanos(), units), Quantity::nanos)
            .cell(median(role), Quantity::nanos)
            .cell(role.analysis().tracedCpuNanosPerUnit(), Quantity::nanos)
            .row();
      }
    }
    return table;
  }

  private static @Nullable Double median(RoleReport role) {
    var cpu = role.analysis().controlCpuNanosPerUnit();
    return cpu == null ? null : Double.valueOf(cpu.median());
  }

  static void writeRates(Markup markup, RunReport report) {
    Outcomes.byTest(report)
        .forEach((name, tests) -> {
          DataTable table =
              new DataTable("Syscalls over time in " + name)
                  .text("environment")
                  .text("side")
                  .text("trial")
                  .number("interval")
                  .number("mean, calls/s")
                  .number("least, calls/s")
                  .number("most, calls/s");
          for (TestReport test : tests) {
            for (RoleReport role : test.roles()) {
              for (RoleReport.Rate rate : role.rates()) {
                double seconds = rate.rate().intervalNanos() / 1e9;
                List<Long> calls = rate.rate().calls();
                // The last interval may be cut short: it is no slow one.
                List<Long> whole = calls.size() > 1 ? calls.subList(0, calls.size() - 1) : calls;
                if (whole.isEmpty() || !(seconds > 0)) {
                  continue;
                }
                table
                    .cell(test.environment())
                    .cell(role.analysis().role())
                    .cell(rate.trial())
                    .cell(Double.valueOf(rate.rate().intervalNanos()), Quantity::nanos)
                    .cell(
                        whole.stream().mapToLong(Long::longValue).average().orElse(0) / seconds,
                        Quantity::significant)
                    .cell(
                        whole.stream().mapToLong(Long::longValue).min().orElse(0) / seconds,
                        Quantity::significant)
                    .cell(
                        whole.stream().mapToLong(Long::longValue).max().orElse(0) / seconds,
                        Quantity::significant)
                    .row();
              }
            }
          }
          if (!table.isEmpty()) {
            Charts.begin(
                markup,
                "rates",
                name,
                TestWords.capitalised(name) + ": syscalls per second",
                "The first traced trial of each environment, both sides.",
                320);
            table.write(markup);
            Charts.end(markup);
          }
        });
  }
}
