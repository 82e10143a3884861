// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.audit.ClaimFinding.Draft;
import dev.trapline.study.Claim;
import dev.trapline.study.Selector;
import dev.trapline.study.StudyCount;
import dev.trapline.syscall.Syscall;
import dev.trapline.syscall.SyscallCatalogue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Claims that no arithmetic decides: how something works, which counts do not show, and what a
/// syscall is, which the catalogue knows.
final class KnowledgeClaims {
  private KnowledgeClaims() {}

  // ---- mechanism -----------------------------------------------------------------------

  static ClaimFinding mechanism(Figures figures, Claim.Mechanism claim) {
    Draft draft = new Draft(claim).verdict(Verdict.UNSUPPORTED);
    Selector selector = claim.calls();
    List<StudyCount> rows = selector == null ? List.of() : figures.matching(selector);
    String subject = "the study counts no such calls";
    if (selector == null) {
      subject = "the claim names none of the study's figures";
    } else if (!rows.isEmpty()) {
      try {
        Amount calls = figures.amount(selector);
        draft.uses(calls);
        subject = "the study has " + calls.words() + ", a number of calls";
      } catch (Undecidable e) {
        subject = e.fact().substring(0, e.fact().length() - 1);
      }
    }
    List<String> unmet =
        claim.needs().stream().filter(need -> !Measurements.isMet(need, rows)).toList();
    Map<String, Double> requests = byRequest(rows);
    if (!requests.isEmpty()) {
      List<String> parts = new ArrayList<>();
      requests.forEach((request, calls) -> parts.add(Digits.count(calls) + " " + request));
      draft.caution("By request: " + String.join(", ", parts) + ".");
    }
    draft.derivation(
        subject + "; how often something is called shows neither what a call does nor its cost");
    if (unmet.isEmpty()) {
      draft
          .finds("not decided by these figures")
          .need("What the claim's `needs` names is there: read it, or say what else is needed.");
    } else {
      draft.finds("not shown: the study lacks " + Digits.list(names(unmet)));
      unmet.forEach(need -> draft.need(Measurements.of(need).how()));
    }
    return draft.done();
  }

  private static List<String> names(List<String> needs) {
    return needs.stream().map(need -> Measurements.of(need).name()).toList();
  }

  /// Calls by request, of rows that all tell theirs.
  private static Map<String, Double> byRequest(List<StudyCount> rows) {
    Map<String, Double> requests = new LinkedHashMap<>();
    for (StudyCount row : rows) {
      String request = row.request();
      if (request == null) {
        return Map.of();
      }
      requests.merge(request, row.calls().number(), Double::sum);
    }
    return requests;
  }

  // ---- catalogue -----------------------------------------------------------------------

  static ClaimFinding ofCatalogue(Claim.OfCatalogue claim) throws Undecidable {
    if (!claim.property().equals("vdso")) {
      throw new Undecidable(
          "The catalogue has no property `" + claim.property() + "`.", "Use `property: vdso`.");
    }
    List<String> with = new ArrayList<>();
    List<String> without = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    List<String> pages = new ArrayList<>();
    for (String name : claim.syscalls()) {
      Optional<Syscall> known = SyscallCatalogue.instance().byName(name);
      if (known.isEmpty()) {
        throw new Undecidable(
            "The catalogue knows no syscall " + name + ".",
            "Check it: `trapline explain " + name + "`.");
      }
      Syscall syscall = known.get();
      (syscall.vdso() ? with : without).add(name);
      pages.add(syscall.name() + "(2)");
      if (!syscall.costNote().isEmpty()) {
        notes.add(name + ": " + syscall.costNote());
      }
    }
    List<String> against = claim.stated() ? without : with;
    Draft draft = new Draft(claim).verdict(against.isEmpty() ? Verdict.CONFIRMED : Verdict.WRONG);
    List<String> found = new ArrayList<>();
    if (!with.isEmpty()) {
      found.add(
          Digits.list(with)
              + (with.size() == 1 ? " has" : " have")
              + " an entry in the vDSO, so that most calls never enter the kernel");
    }
    if (!without.isEmpty()) {
      found.add(
          Digits.list(without)
              + (without.size() == 1 ? " has" : " have")
              + " no entry in the vDSO: each call is a syscall");
    }
    pages.add("vdso(7)");
    return draft
        .finds(String.join("; ", found))
        .derivation(
            "the catalogue, after "
                + Digits.list(pages)
                + (notes.isEmpty() ? "" : ". " + String.join(" ", notes)))
        .done();
  }
}
