// SPDX-License-Identifier: Apache-2.0
package dev.trapline.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.association.Associations;
import dev.trapline.comparison.Comparison.Pair;
import dev.trapline.comparison.ComparisonRow.Verdict;
import dev.trapline.metric.CallSums;
import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// A run of the nested lab, real KVM and real vhost-net, compared.
class LabRunComparisonTest {
  private static Run run() throws URISyntaxException {
    return run("first-run");
  }

  private static Run run(String name) throws URISyntaxException {
    URL file = LabRunComparisonTest.class.getResource("/dev/trapline/lab/" + name + "/run.json");
    Path parent = Path.of(Objects.requireNonNull(file).toURI()).getParent();
    return RunDirectory.read(Objects.requireNonNull(parent));
  }

  private static Pair vhostAgainstKvm() throws URISyntaxException {
    return vhostAgainstKvm(run());
  }

  private static Pair vhostAgainstKvm(Run run) {
    return Comparer.ofEnvironments(
            new Comparer.NamedRun("lab", run), "kvm", Comparer.Allowed.NOTHING)
        .pairs()
        .stream()
        .filter(pair -> pair.b().name().equals("kvm-vhost"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void vhostTakesTheTapAndTheInterruptsOutOfTheMonitorsCalls() throws URISyntaxException {
    assertThat(vhostAgainstKvm().signatures())
        .hasSize(2)
        .allSatisfy(diff -> {
          assertThat(diff.sentence())
              .contains("2 ioctl(KVM_SIGNAL_MSI)", "2 read/tun", "1 writev/tun");
          List<String> gone =
              diff.changes().stream()
                  .filter(change -> change.b() == 0)
                  .map(change -> CallSums.name(change.kind()))
                  .toList();
          assertThat(gone).contains("ioctl(KVM_SIGNAL_MSI)", "read/tun", "writev/tun");
          assertThat(diff.besidesB()).anyMatch(words -> words.endsWith("us of vhost worker"));
        });
  }

  @Test
  void theVhostWorkersCpuTimeIsOnOneSideOnly() throws URISyntaxException {
    assertThat(vhostAgainstKvm().rows())
        .filteredOn(row -> row.metric().id().endsWith(".cpu.vhost-worker"))
        .hasSize(4)
        .allSatisfy(row -> {
          assertThat(row.a().median()).isZero();
          assertThat(row.b().median()).isPositive();
          assertThat(row.explainedShare()).isPositive();
        });
  }

  @Test
  void oneTrialOfEachShowsNothingAndHasNoInterval() throws URISyntaxException {
    assertThat(vhostAgainstKvm().rows())
        .noneMatch(row -> row.verdict() == Verdict.HIGHER || row.verdict() == Verdict.LOWER)
        .allSatisfy(row -> assertThat(row.ratioInterval()).isNull());
    assertThat(Associations.of(run()).found()).noneMatch(found -> found.shown());
  }

  @Test
  void whereKvmWasSeenExitsAreComparedByReasonAndVhostRaisesInterruptsWithoutACall()
      throws URISyntaxException {
    Pair pair = vhostAgainstKvm(run("run"));
    assertThat(pair.rows())
        .extracting(row -> row.metric().id())
        .contains("latency.server.exits", "latency.server.exits.HLT", "latency.server.injections");
    assertThat(pair.signatures())
        .allSatisfy(diff ->
            assertThat(diff.besidesB()).anyMatch(words -> words.endsWith(" vhost interrupts")));
  }

  @Test
  void figuresOfTheLabAreMarkedAsEmulated() throws URISyntaxException {
    assertThat(Comparer.forReport(run()).orElseThrow().marks())
        .contains("EMULATED: kvm is emulated, not representative.");
  }
}
