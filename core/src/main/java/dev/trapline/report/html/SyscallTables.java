// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.analysis.Signature;
import dev.trapline.report.Quantity;
import dev.trapline.report.RoleReport;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestReport;
import dev.trapline.report.TestWords;
import dev.trapline.syscall.Category;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import dev.trapline.tally.Count;
import dev.trapline.tally.LatencyHistogram;
import dev.trapline.workload.UnitOfWork;
import org.jspecify.annotations.Nullable;

/// What each side asked of the kernel: signatures, then every kind of call.
final class SyscallTables {
  private SyscallTables() {}

  static void write(Markup markup, RunReport report) {
    signatures(markup, report);
    for (TestReport test : report.tests()) {
      UnitOfWork unit = test.analysis().unit();
      if (unit == null) {
        continue;
      }
      markup.element("h3", test.title());
      for (RoleReport role : test.roles()) {
        side(markup, test, role, unit);
      }
    }
  }

  private static void signatures(Markup markup, RunReport report) {
    DataTable table =
        new DataTable("Calls that come with every message")
            .ofWords()
            .text("environment")
            .text("side")
            .text("per message")
            .number("calls")
            .number("left over", "Share of all calls that the signature does not give");
    for (TestReport test : report.tests()) {
      for (RoleReport role : test.roles()) {
        Signature signature = role.analysis().signature();
        if (signature != null && role.analysis().unitsOfWork() > 0) {
          table
              .cell(test.environment())
              .cell(role.analysis().role())
              .cell(TestWords.terms(signature))
              .cell(
                  role.analysis().total().calls() / role.analysis().unitsOfWork(),
                  Quantity::significant)
              .cell(Double.valueOf(signature.residual()), Quantity::percent)
              .row();
        }
      }
    }
    if (!table.isEmpty()) {
      markup.element("h3", "Signature of a message");
      table.write(markup);
    }
  }

  private static void side(Markup markup, TestReport test, RoleReport role, UnitOfWork unit) {
    RoleAnalysis analysis = role.analysis();
    String name = TestWords.capitalised(analysis.role());
    markup.open("div", "class", "side");
    markup.element("h4", name + ", per " + unit.label());
    if (role.calls().isEmpty() || !(analysis.unitsOfWork() > 0)) {
      markup.element("p", "No syscalls were captured.");
    } else {
      boolean split = analysis.total().workNanos() != null;
      DataTable table =
          table(
              name + " of " + test.title() + ": syscalls per " + unit.label(),
              role.isGuest(),
              split,
              unit);
      for (RoleReport.Call call : role.calls()) {
        row(table, call, role.isGuest(), split);
        if (call.rare()) {
          table.rareRow();
        } else {
          table.row();
        }
      }
      total(table, analysis, role.isGuest(), split);
      table.write(markup);
    }
    threads(markup, role, test, unit);
    if (!role.about().isEmpty()) {
      markup.open("ul", "class", "about");
      role.about().forEach(sentence -> markup.element("li", sentence));
      markup.closeLine();
    }
    markup.closeLine();
  }

  private static void threads(Markup markup, RoleReport role, TestReport test, UnitOfWork unit) {
    double units = role.analysis().unitsOfWork();
    if (role.threads().isEmpty() || !(units > 0)) {
      return;
    }
    DataTable table =
        new DataTable(
                TestWords.capitalised(role.analysis().role())
                    + " of "
                    + test.title()
                    + ": by thread, per "
                    + unit.label())
            .text("thread");
    if (role.isGuest()) {
      table.text("kind");
    }
    table.number("calls").number("work").number("blocked").number("runnable");
    for (RoleReport.NamedThreads thread : role.threads()) {
      table.cell(thread.name());
      if (role.isGuest()) {
        table.cell(thread.kind() == null ? "" : thread.kind());
      }
      Count count = thread.count();
      table
          .cell(count.calls() / units, Quantity::significant)
          .cell(TestWords.divided(count.workNanos(), units), Quantity::nanos)
          .cell(TestWords.divided(count.blockedNanos(), units), Quantity::nanos)
          .cell(TestWords.divided(count.runnableNanos(), units), Quantity::nanos)
          .row();
    }
    markup.open("details");
    markup.element("summary", "By thread");
    table.write(markup);
    markup.closeLine();
  }

  private static DataTable table(String caption, boolean threads, boolean split, UnitOfWork unit) {
    DataTable table = new DataTable(caption).text("call");
    if (threads) {
      table.text("thread");
    }
    table
        .text("category")
        .number("calls", "Calls per " + unit.label())
        .number("failed", "Calls that returned an error, of all")
        .number("bytes/call");
    if (split) {
      table
          .number("work", "On a CPU in the kernel, per " + unit.label())
          .number("share", "Of all work of this side")
          .number("blocked", "Asleep, waiting by design: no cost")
          .number("runnable", "Ready, without a CPU");
    } else {
      table.number("wall", "Waiting included; this source does not tell it from work");
    }
    return table
        .number("p50", "Median time of one call, waiting included")
        .number("p99", "Of one call, waiting included");
  }

  private static void row(DataTable table, RoleReport.Call call, boolean threads, boolean split) {
    CallCost cost = call.cost();
    table.call(call.name(), cost.kind().syscall());
    if (threads) {
      table.cell(call.thread() == null ? "" : call.thread());
    }
    table
        .cell(category(cost.kind().syscall()))
        .cell(Double.valueOf(cost.callsPerUnit()), Quantity::significant)
        .cell(failed(cost.count()), SyscallTables::percentOrNothing)
        .cell(cost.bytesPerCall(), Quantity::bytes);
    if (split) {
      table
          .cell(cost.workNanosPerUnit(), Quantity::nanos)
          .share(call.share())
          .cell(cost.blockedNanosPerUnit(), Quantity::nanos)
          .cell(cost.runnableNanosPerUnit(), Quantity::nanos);
    } else {
      table.cell(wall(cost.count(), cost.unitsOfWork()), Quantity::nanos);
    }
    table
        .cell(quantile(cost.count().latency(), 0.5), Quantity::nanos)
        .cell(quantile(cost.count().latency(), 0.99), Quantity::nanos);
  }

  private static void total(DataTable table, RoleAnalysis role, boolean threads, boolean split) {
    Count count = role.total();
    double units = role.unitsOfWork();
    table.cell("all");
    if (threads) {
      table.cell("");
    }
    table
        .cell("")
        .cell(count.calls() / units, Quantity::significant)
        .cell(failed(count), SyscallTables::percentOrNothing)
        .cell("");
    if (split) {
      table
          .cell(TestWords.divided(count.workNanos(), units), Quantity::nanos)
          .cell("")
          .cell(TestWords.divided(count.blockedNanos(), units), Quantity::nanos)
          .cell(TestWords.divided(count.runnableNanos(), units), Quantity::nanos);
    } else {
      table.cell(wall(count, units), Quantity::nanos);
    }
    table.cell("").cell("").total();
  }

  private static @Nullable Double failed(Count count) {
    return count.calls() == 0 ? null : Double.valueOf((double) count.failedCalls() / count.calls());
  }

  private static String percentOrNothing(double share) {
    return share == 0 ? "" : Quantity.percent(share);
  }

  private static @Nullable Double wall(Count count, double units) {
    return count.timedCalls() == 0 ? null : TestWords.divided(count.wallNanos(), units);
  }

  private static @Nullable Double quantile(@Nullable LatencyHistogram latency, double quantile) {
    return latency == null || latency.total() == 0
        ? null
        : Double.valueOf(latency.quantileNanos(quantile));
  }

  private static String category(String syscall) {
    return SyscallCatalogue.instance()
        .byName(syscall)
        .map(Syscall::category)
        .map(Category::slug)
        .orElse("");
  }
}
