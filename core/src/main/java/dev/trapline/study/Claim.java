// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a study says its figures show, as data: the kind tells what to compute.
public sealed interface Claim {
  /// Unique in the study.
  String id();

  /// The claim in the study's meaning.
  String says();

  /// What to bear in mind, in words of whoever wrote the claim down; null if nothing.
  @Nullable String caution();

  /// Where it stands.
  Place place();

  /// The word for the kind in the file.
  default String kind() {
    return switch (this) {
      case PerCallSize claim -> "per-call-size";
      case Ratio claim -> "ratio";
      case PerMessage claim -> "per-message";
      case Reduction claim -> "reduction";
      case Ordering claim -> "ordering";
      case Mechanism claim -> "mechanism";
      case OfCatalogue claim -> "catalogue";
      case Association claim -> "association";
    };
  }

  /// Bytes over calls.
  ///
  /// @param unit of `stated`: `KB`, `kB`, `KiB`, `B`, `MB`, `MiB`
  record PerCallSize(
      String id,
      String says,
      Selector bytes,
      Selector calls,
      Figure stated,
      String unit,
      @Nullable String caution,
      Place place)
      implements Claim {}

  /// Calls over calls.
  record Ratio(
      String id,
      String says,
      Selector of,
      Selector to,
      Figure stated,
      @Nullable String caution,
      Place place)
      implements Claim {}

  /// Calls over messages.
  record PerMessage(
      String id,
      String says,
      Selector of,
      Selector messages,
      Figure stated,
      @Nullable String caution,
      Place place)
      implements Claim {}

  /// How much less `to` is than `from`.
  ///
  /// @param statedPercent 0 to 100
  /// @param atLeast whether more than stated is as claimed
  /// @param per what both are to be divided by first, such as `GiB`; null for nothing
  /// @param differsIn what else differs between the two, so that the cause is not shown
  record Reduction(
      String id,
      String says,
      Selector from,
      Selector to,
      Figure statedPercent,
      boolean atLeast,
      @Nullable String per,
      List<String> differsIn,
      @Nullable String caution,
      Place place)
      implements Claim {
    /// Keeps a copy.
    public Reduction {
      differsIn = List.copyOf(differsIn);
    }
  }

  /// One is more than the other.
  record Ordering(
      String id,
      String says,
      Selector greater,
      Selector smaller,
      @Nullable String caution,
      Place place)
      implements Claim {}

  /// How something works; counts alone cannot show it.
  ///
  /// @param calls the rows that it is about; null if none
  /// @param needs what would have to be measured, such as `kvm-exit-count`
  record Mechanism(
      String id,
      String says,
      @Nullable Selector calls,
      List<String> needs,
      @Nullable String caution,
      Place place)
      implements Claim {
    /// Keeps a copy.
    public Mechanism {
      needs = List.copyOf(needs);
    }
  }

  /// A property of syscalls that the catalogue knows.
  ///
  /// @param property such as `vdso`
  record OfCatalogue(
      String id,
      String says,
      List<String> syscalls,
      String property,
      boolean stated,
      @Nullable String caution,
      Place place)
      implements Claim {
    /// Keeps a copy.
    public OfCatalogue {
      syscalls = List.copyOf(syscalls);
    }
  }

  /// One figure goes with another across environments.
  ///
  /// @param outcome name of the outcome
  /// @param positive the sign that is claimed
  record Association(
      String id,
      String says,
      Selector candidate,
      String outcome,
      boolean positive,
      @Nullable String caution,
      Place place)
      implements Claim {}
}
