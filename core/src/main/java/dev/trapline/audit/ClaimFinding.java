// SPDX-License-Identifier: Apache-2.0
package dev.trapline.audit;

import dev.trapline.study.Claim;
import dev.trapline.study.Place;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What came of one claim.
///
/// @param id of the claim
/// @param kind of the claim, such as `reduction`
/// @param verdict on it
/// @param says the claim in the study's meaning
/// @param finds what the figures show in its place, in one sentence
/// @param derivation from which figures and how
/// @param computed the figure behind `finds`; null if there is none
/// @param stated the claim's figure with its own precision, in the same unit; null if it states
///   none, or only a bound or a sign
/// @param restsOn names of the assumptions without which nothing was found; empty if none
/// @param cautions what to bear in mind, in sentences
/// @param needs what would have to be measured, in sentences with the command; empty unless
///   unsupported
/// @param place where the claim stands
public record ClaimFinding(
    String id,
    String kind,
    Verdict verdict,
    String says,
    String finds,
    String derivation,
    @Nullable Computed computed,
    @Nullable Bounds stated,
    List<String> restsOn,
    List<String> cautions,
    List<String> needs,
    Place place) {
  /// Keeps copies.
  public ClaimFinding {
    restsOn = List.copyOf(restsOn);
    cautions = List.copyOf(cautions);
    needs = List.copyOf(needs);
  }

  /// A figure that was found.
  ///
  /// @param bounds with what rounding allows
  /// @param unit such as `kB per call`, `%`; empty for a plain ratio
  public record Computed(Bounds bounds, String unit) {}

  /// A finding while it is put together.
  static final class Draft {
    private final Claim claim;
    private Verdict verdict = Verdict.UNSUPPORTED;
    private String finds = "";
    private String derivation = "";
    private @Nullable Computed computed;
    private @Nullable Bounds stated;
    private final Set<String> restsOn = new LinkedHashSet<>();
    private final Set<String> cautions = new LinkedHashSet<>();
    private final List<String> needs = new ArrayList<>();

    Draft(Claim claim) {
      this.claim = claim;
    }

    Draft verdict(Verdict found) {
      verdict = found;
      return this;
    }

    Draft finds(String sentence) {
      finds = sentence;
      return this;
    }

    Draft derivation(String text) {
      derivation = text;
      return this;
    }

    /// The claim's figure beside the one that was found.
    Draft figures(Bounds found, String unit, @Nullable Bounds claimed) {
      computed = new Computed(found, unit);
      stated = claimed;
      return this;
    }

    Draft restsOn(String assumption) {
      restsOn.add(assumption);
      return this;
    }

    Draft caution(String sentence) {
      cautions.add(sentence);
      return this;
    }

    Draft need(String sentence) {
      needs.add(sentence);
      return this;
    }

    /// Takes over what an amount rests on and what to bear in mind about it.
    Draft uses(Amount... amounts) {
      for (Amount amount : amounts) {
        restsOn.addAll(amount.restsOn());
        cautions.addAll(amount.cautions());
      }
      return this;
    }

    ClaimFinding done() {
      String ofItsAuthor = claim.caution();
      if (ofItsAuthor != null) {
        cautions.add(Digits.sentence(ofItsAuthor));
      }
      return new ClaimFinding(
          claim.id(),
          claim.kind(),
          verdict,
          claim.says(),
          finds,
          derivation,
          computed,
          stated,
          List.copyOf(restsOn),
          List.copyOf(cautions),
          needs,
          claim.place());
    }
  }
}
