// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.html;

import dev.trapline.report.Quantity;
import dev.trapline.report.RoleReport;
import dev.trapline.report.RunReport;
import dev.trapline.report.TestReport;
import dev.trapline.report.TestWords;
import dev.trapline.workload.UnitOfWork;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Of virtual machines: who took the CPU, and what KVM did. Exits, returns to user space, kicks and
/// injections are four figures, and stand in four tables.
final class Guests {
  private Guests() {}

  static boolean anyIn(RunReport report) {
    return report.tests().stream()
        .flatMap(test -> test.roles().stream())
        .anyMatch(role -> role.isGuest() || role.kvm() != null);
  }

  static void write(Markup markup, RunReport report) {
    Outcomes.byTest(report)
        .forEach((name, tests) -> {
          UnitOfWork unit = Outcomes.unitOf(tests);
          if (unit == null) {
            return;
          }
          String per = " per " + unit.label();
          String what = TestWords.capitalised(name) + ": ";
          DataTable parties =
              new DataTable("CPU time of the threads that carry guests" + per + ", " + name)
                  .text("environment")
                  .text("side")
                  .text("thread")
                  .number("threads")
                  .number("CPU" + per)
                  .number("without a CPU" + per, "Ready, waiting for a CPU")
                  .number("sleeps" + per)
                  .text("trials");
          DataTable exits =
              new DataTable("Exits from the guest" + per + ", " + name)
                  .text("environment")
                  .text("side")
                  .text("reason")
                  .number("exits" + per)
                  .number(
                      "handling" + per,
                      "From the exit to the next entry; sleep of a halted vCPU too");
          DataTable returns =
              new DataTable("Returns of KVM_RUN to user space" + per + ", " + name)
                  .text("environment")
                  .text("side")
                  .text("reason")
                  .number("returns" + per);
          DataTable kicks =
              new DataTable("Kicks of a guest that KVM answered" + per + ", " + name)
                  .text("environment")
                  .text("side")
                  .number("kicks" + per, "By ioeventfd: exits that are no returns");
          DataTable injections =
              new DataTable("Interrupts injected by the host" + per + ", " + name)
                  .text("environment")
                  .text("side")
                  .text("how")
                  .number("injections" + per);
          each(
              tests,
              (test, role) -> {
                for (RoleReport.Party party : role.parties()) {
                  table(parties, test, role)
                      .cell(party.kind())
                      .cell(Double.valueOf(party.threads()), value -> Integer.toString((int) value))
                      .cell(party.cpuNanosPerUnit(), Quantity::nanos)
                      .cell(party.runDelayNanosPerUnit(), Quantity::nanos)
                      .cell(party.voluntarySwitchesPerUnit(), Quantity::significant)
                      .cell(party.traced() ? "traced" : "untraced")
                      .row();
                }
                RoleReport.Kvm kvm = role.kvm();
                if (kvm == null || kvm.unknownBecause() != null) {
                  return;
                }
                kvm.exits()
                    .forEach((reason, exit) ->
                        table(exits, test, role)
                            .cell(reason)
                            .cell(Double.valueOf(exit.perUnit()), Quantity::significant)
                            .cell(Double.valueOf(exit.handlingNanosPerUnit()), Quantity::nanos)
                            .row());
                kvm.returns()
                    .forEach((reason, number) ->
                        table(returns, test, role)
                            .cell(reason)
                            .cell(number, Quantity::significant)
                            .row());
                if (kvm.kicksPerUnit() != null) {
                  table(kicks, test, role).cell(kvm.kicksPerUnit(), Quantity::significant).row();
                }
                kvm.injections()
                    .forEach((how, number) ->
                        table(injections, test, role)
                            .cell(how)
                            .cell(number, Quantity::significant)
                            .row());
              });
          write(markup, what + "who took the CPU", parties);
          write(markup, what + "exits from the guest", exits);
          write(markup, what + "returns to user space", returns);
          write(markup, what + "kicks answered by KVM", kicks);
          write(markup, what + "interrupts injected by the host", injections);
          each(
              tests,
              (test, role) -> {
                RoleReport.Kvm kvm = role.kvm();
                if (kvm != null && kvm.unknownBecause() != null) {
                  unknown(markup, test, role, "what KVM did is", kvm.unknownBecause());
                } else if (kvm != null && kvm.kicksPerUnit() == null) {
                  unknown(markup, test, role, "kicks are", kvm.kicksUnknownBecause());
                }
              });
        });
  }

  private static void unknown(
      Markup markup, TestReport test, RoleReport role, String what, @Nullable String because) {
    markup.element(
        "p",
        test.title()
            + ", "
            + role.analysis().role()
            + ": "
            + what
            + " not known, which is not 0: "
            + because
            + ".");
  }

  private static DataTable table(DataTable table, TestReport test, RoleReport role) {
    return table.cell(test.environment()).cell(role.analysis().role());
  }

  private static void each(
      java.util.List<TestReport> tests, BiConsumer<TestReport, RoleReport> action) {
    for (TestReport test : tests) {
      test.roles().forEach(role -> action.accept(test, role));
    }
  }

  private static void write(Markup markup, String title, DataTable table) {
    if (!table.isEmpty()) {
      markup.element("h3", title);
      table.write(markup);
    }
  }
}
