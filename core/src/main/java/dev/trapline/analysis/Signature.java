// SPDX-License-Identifier: Apache-2.0
package dev.trapline.analysis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The calls that one message costs one side, as small whole numbers where the counts are such: "1
/// recvfrom + 1 sendto". The estimate of each coefficient is calls over messages, summed over the
/// trials (the ratio estimator); it is taken as whole if it is within 5% of a whole number, which
/// leaves room for set-up calls and nothing else. Kinds that come less often than once in twenty
/// messages are no part of it.
///
/// It says how often, not in which order; and it does not say that the calls are needed.
///
/// @param terms most frequent first
/// @param explainedCalls calls that the terms stand for
/// @param residual share of all calls of this side that the terms do not give, either way
public record Signature(List<Term> terms, double explainedCalls, double residual) {
  private static final double RAREST = 0.05;
  private static final double WHOLE_WITHIN = 0.05;

  /// One kind of call.
  ///
  /// @param perMessage the coefficient as taken
  /// @param measured calls over messages
  /// @param whole whether the coefficient is a whole number
  public record Term(CallKind kind, double perMessage, double measured, boolean whole) {}

  /// Keeps a copy.
  public Signature {
    terms = List.copyOf(terms);
  }

  /// Fits one side's calls.
  ///
  /// @param costs of one side, all with the same number of messages
  /// @param messages more than 0
  public static Signature fit(List<CallCost> costs, double messages) {
    List<Term> terms = new ArrayList<>();
    double explained = 0;
    double unexplained = 0;
    long total = 0;
    for (CallCost cost : costs) {
      double measured = cost.count().calls() / messages;
      total += cost.count().calls();
      if (measured < RAREST) {
        unexplained += cost.count().calls();
        continue;
      }
      double nearest = Math.rint(measured);
      boolean whole = nearest >= 1 && Math.abs(measured - nearest) <= WHOLE_WITHIN * nearest;
      double taken = whole ? nearest : measured;
      terms.add(new Term(cost.kind(), taken, measured, whole));
      explained += taken * messages;
      unexplained += Math.abs(cost.count().calls() - taken * messages);
    }
    terms.sort(Comparator.comparingDouble(Term::perMessage).reversed().thenComparing(Term::kind));
    return new Signature(terms, explained, total == 0 ? 0 : unexplained / total);
  }
}
