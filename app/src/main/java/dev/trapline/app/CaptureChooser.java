// SPDX-License-Identifier: Apache-2.0
package dev.trapline.app;

import dev.trapline.TraplineException;
import dev.trapline.app.hosts.CampaignHosts;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.ebpf.EbpfCaptureSource;
import dev.trapline.capture.perf.PerfCaptureSource;
import dev.trapline.capture.strace.StraceCaptureSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Takes the best capture source that works here, and says which and why.
final class CaptureChooser {
  /// Best first.
  static final List<CaptureSource> SOURCES =
      List.of(new EbpfCaptureSource(), new PerfCaptureSource(), new StraceCaptureSource());

  /// What was taken.
  ///
  /// @param reason one sentence for the report
  record Chosen(CaptureSource source, String reason) {
    Capture start(CaptureTarget target, CaptureLevel level) {
      return source.start(target, level);
    }
  }

  private CaptureChooser() {}

  /// @param wanted `auto` or the name of a source
  /// @throws TraplineException `CAPTURE-UNKNOWN` for another name; the source's own code if the one
  ///   asked for does not work; `CAPTURE-NONE` if none does
  static Chosen choose(String wanted, CaptureTarget target) {
    return choose(wanted, target, true, null);
  }

  /// As [#choose], for trials of which some or all run on other machines.
  ///
  /// @param here whether something is counted on this machine
  /// @param hosts other machines, on all of which it must work; null if there are none
  static Chosen choose(
      String wanted, CaptureTarget target, boolean here, @Nullable CampaignHosts hosts) {
    if (!wanted.equals("auto")) {
      CaptureSource source =
          SOURCES.stream()
              .filter(candidate -> candidate.name().equals(wanted))
              .findFirst()
              .orElseThrow(() ->
                  new TraplineException(
                      "CAPTURE-UNKNOWN",
                      "there is no capture source '" + wanted + "'.",
                      "--capture auto, ebpf, perf or strace"));
      Optional<String> obstacle = here ? obstacle(source, target, true) : Optional.empty();
      obstacle = obstacle.or(() -> obstacleElsewhere(source, hosts));
      if (obstacle.isPresent()) {
        throw new TraplineException("CAPTURE-NONE", obstacle.get() + ".", "--capture auto");
      }
      return new Chosen(source, source.name() + ", as asked for");
    }
    List<String> obstacles = new ArrayList<>();
    for (CaptureSource source : SOURCES) {
      Optional<String> obstacle = here ? obstacle(source, target, false) : Optional.empty();
      obstacle = obstacle.or(() -> obstacleElsewhere(source, hosts));
      if (obstacle.isEmpty()) {
        return new Chosen(
            source,
            obstacles.isEmpty()
                ? source.name() + ", the best there is"
                : source.name() + ", because " + String.join("; and ", obstacles));
      }
      obstacles.add(obstacle.get());
    }
    throw new TraplineException(
        "CAPTURE-NONE",
        "no capture source works here: " + String.join("; ", obstacles) + ".",
        "trapline doctor");
  }

  /// In one clause, with the nodes' names.
  private static Optional<String> obstacleElsewhere(
      CaptureSource source, @Nullable CampaignHosts hosts) {
    List<String> clauses = new ArrayList<>();
    if (hosts != null) {
      hosts
          .obstacles(source.name())
          .forEach(
              (reason, nodes) -> clauses.add("on " + String.join(", ", nodes) + ": " + reason));
    }
    return clauses.isEmpty()
        ? Optional.empty()
        : Optional.of(source.name() + " does not work " + String.join("; ", clauses));
  }

  private static Optional<String> obstacle(
      CaptureSource source, CaptureTarget target, boolean insist) {
    if (!source.supports(target)) {
      return Optional.of(
          source.name()
              + (target instanceof CaptureTarget.Roles
                  ? " cannot count virtual machine monitors that stand already, only ebpf can"
                  : " cannot observe such a target"));
    }
    Optional<CaptureSource.Unavailable> unavailable = source.unavailable();
    if (unavailable.isPresent() && insist) {
      throw new TraplineException(
          unavailable.get().code(), unavailable.get().reason() + ".", unavailable.get().remedy());
    }
    return unavailable.map(obstacle -> source.name() + " does not work: " + obstacle.reason());
  }
}
