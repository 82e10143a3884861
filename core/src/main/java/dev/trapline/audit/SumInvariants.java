// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Figure;
import dev.trapline.study.Study;
import dev.trapline.study.StudyCount;
import dev.trapline.study.StudyOutcome;
import dev.trapline.study.StudyShare;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/// Parts must make up the whole.
final class SumInvariants {
  private static final String SHARES_SUM = "shares-sum";
  private static final String ROLE_TOTAL = "role-total";

  /// What the rare calls may come to that a study names without counting them, such as `mmap`.
  private static final double NOT_WORTH_A_ROW = 0.01;

  private static final double WHOLE = 100;

  private SumInvariants() {}

  // ---- shares-sum ----------------------------------------------------------------------

  static List<InvariantFinding> shares(Study study) {
    List<InvariantFinding> findings = new ArrayList<>();
    for (StudyShare share : study.shares()) {
      findings.add(ofShare(share));
    }
    return findings;
  }

  private static InvariantFinding ofShare(StudyShare share) {
    Bounds sum = Bounds.exact(0);
    int digits = 0;
    for (Figure percent : share.percents().values()) {
      sum = sum.plus(Bounds.asStated(percent));
      digits = Math.max(digits, percent.value().scale());
    }
    boolean holds = sum.contains(WHOLE);
    String role = share.role();
    String subject = share.environment() + ", " + share.test() + (role == null ? "" : ", " + role);
    String detail =
        share.percents().size()
            + " shares of "
            + share.of()
            + " sum to "
            + Digits.number(sum.value(), digits)
            + "%"
            + Digits.range(sum, digits + 1)
            + (holds
                ? ", the whole within rounding"
                : sum.low() > WHOLE
                    ? ", more than the whole"
                    : ": " + Digits.number(WHOLE - sum.value(), digits) + "% are not told")
            + " ("
            + share.place()
            + ")";
    return InvariantFinding.checked(SHARES_SUM, subject, holds, detail);
  }

  // ---- role-total ----------------------------------------------------------------------

  static List<InvariantFinding> roleTotals(Study study) {
    List<InvariantFinding> findings = new ArrayList<>();
    for (StudyOutcome outcome : study.outcomes()) {
      String test = Figures.testOf(outcome.name());
      boolean isTotal =
          outcome.name().equals(StudyOutcome.THROUGHPUT_TOTAL)
              || outcome.name().equals(StudyOutcome.LATENCY_TOTAL);
      if (isTotal && test != null) {
        findings.add(ofTotal(study, outcome, test));
      }
    }
    return findings;
  }

  /// Whose total it is the study may not say, so each side's rows are held against it, and the rows
  /// of all. It holds if one of them makes it up. More than the total they must not be: a side that
  /// has more is not the one of which it is.
  private static InvariantFinding ofTotal(Study study, StudyOutcome total, String test) {
    String run = total.run();
    String subject = total.environment() + ", " + test + (run == null ? "" : ", run " + run);
    Map<String, Bounds> sums = new LinkedHashMap<>();
    Bounds all = Bounds.exact(0);
    TreeSet<String> threads = new TreeSet<>();
    for (StudyCount row : study.counts()) {
      if (row.environment().equals(total.environment())
          && row.test().equals(test)
          && Objects.equals(row.run(), run)) {
        Bounds calls = Bounds.of(row.calls());
        all = all.plus(calls);
        sums.merge(whose(row), calls, Bounds::plus);
        if (row.thread() != null) {
          threads.add(row.thread());
        }
      }
    }
    Bounds whole = Bounds.of(total.figure());
    if (sums.isEmpty() || whole.mayBeZero()) {
      return InvariantFinding.unchecked(ROLE_TOTAL, subject, "the study has no rows for it");
    }
    if (sums.size() > 1) {
      sums.put("all rows", all);
    }
    boolean holds = sums.values().stream().anyMatch(sum -> reaches(sum, whole));
    List<String> readings = new ArrayList<>();
    sums.forEach((of, sum) -> readings.add(reading(of, sum, whole, holds)));
    String detail =
        "of "
            + Digits.count(whole)
            + " calls in all: "
            + String.join("; ", readings)
            + conclusion(sums, whole, holds)
            + (threads.isEmpty()
                ? ""
                : ". Some rows are of thread " + String.join(", ", threads) + " only");
    return InvariantFinding.checked(ROLE_TOTAL, subject, holds, detail);
  }

  private static String whose(StudyCount row) {
    String role = row.role();
    return role == null ? "rows of a side that is not told" : "the " + role + "'s rows";
  }

  private static boolean reaches(Bounds sum, Bounds whole) {
    return sum.overlaps(whole.widened(NOT_WORTH_A_ROW));
  }

  private static boolean exceeds(Bounds sum, Bounds whole) {
    return sum.low() > whole.widened(NOT_WORTH_A_ROW).high();
  }

  private static String reading(String of, Bounds sum, Bounds whole, boolean accounted) {
    String start = of + " make " + Digits.count(sum);
    if (reaches(sum, whole)) {
      return start + ", the total within rounding";
    }
    if (exceeds(sum, whole)) {
      return start + ", more than the total";
    }
    double missing = whole.value() - sum.value();
    if (accounted || missing > whole.value() / 2) {
      // Other rows make up the total, or these are so few that nobody took them for it.
      return start;
    }
    return start
        + ", unaccounted: "
        + Digits.number(100 * missing / whole.value(), 0)
        + "% ("
        + Digits.count(missing)
        + ")";
  }

  private static String conclusion(Map<String, Bounds> sums, Bounds whole, boolean holds) {
    Bounds all = sums.get("all rows");
    if (all != null && exceeds(all, whole)) {
      List<String> fitting =
          sums.entrySet().stream()
              .filter(entry -> reaches(entry.getValue(), whole))
              .map(Map.Entry::getKey)
              .toList();
      return ". So the total is not of both sides"
          + (fitting.isEmpty() ? "" : ", but what " + Digits.list(fitting) + " make");
    }
    return holds ? "" : ". Whose calls the total counts is not told";
  }
}
