// SPDX-License-Identifier: Apache-2.0
package dev.trapline.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.run.Run;
import dev.trapline.store.RunDirectory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The rules about virtual machines on a run of real ones: the one of the nested lab, whose README
/// tells how it was made.
class LabRunFindingsTest {
  private static final Run RUN =
      RunDirectory.read(Path.of("src/test/resources/dev/trapline/lab/first-run"));
  private static final List<Finding> FINDINGS = Findings.of(RUN);

  @Test
  void packetsAreMovedByTheMonitorWithoutVhostOnly() {
    assertThat(ofRule("virtio-in-user-space"))
        .extracting(Finding::where)
        .contains(new Where("kvm", "latency", "server"), new Where("kvm", "latency", "client"))
        .allSatisfy(where -> assertThat(where.environment()).isEqualTo("kvm"));
  }

  @Test
  void whatVhostTookInTheSameRunIsToldBeside() {
    assertThat(ofRule("virtio-in-user-space"))
        .allSatisfy(finding ->
            assertThat(finding.evidence())
                .extracting(Evidence::figure)
                .contains(
                    "CPU time of this side, workers included",
                    "the same measured with vhost, in kvm-vhost"));
  }

  @Test
  void messageSignalledInterruptsAreRaisedBySyscallWithoutVhostOnly() {
    List<Finding> signalled =
        ofRule("interrupt-by-syscall").stream()
            .filter(finding ->
                finding.evidence().stream()
                    .anyMatch(evidence -> evidence.figure().contains("KVM_SIGNAL_MSI calls")))
            .toList();
    assertThat(signalled)
        .extracting(Finding::where)
        .contains(new Where("kvm", "latency", "server"), new Where("kvm", "latency", "client"))
        .allSatisfy(where -> assertThat(where.environment()).isEqualTo("kvm"));
  }

  @Test
  void nothingIsSureInAnEmulatedHost() {
    assertThat(
            FINDINGS.stream().filter(finding -> !finding.doubt() && finding.where().role() != null))
        .isNotEmpty()
        .allSatisfy(
            finding -> assertThat(finding.confidence().level()).isEqualTo(Confidence.Level.LOW));
    assertThat(ofRule("emulated-environment"))
        .extracting(finding -> finding.where().environment())
        .contains("netns", "kvm", "kvm-vhost");
    assertThat(ofRule("too-few-repeats")).hasSize(1);
  }

  /// KVM's own counts were not kept in it.
  @Test
  void unknownExitsAreNoExits() {
    assertThat(FINDINGS)
        .extracting(Finding::id)
        .doesNotContain("exits-by-halt", "exits-by-port-io", "returns-to-user-space");
  }

  /// What is said over the guest's serial port is before the capture or after it, so that it is in
  /// no finding about a data path.
  @Test
  void theSerialPortOfAGuestIsInNoFinding() {
    Run counted = RunDirectory.read(Path.of("src/test/resources/dev/trapline/lab/run"));
    List<Finding> findings = Findings.of(counted);
    Where server = new Where("kvm", "latency", "server");
    assertThat(findings)
        .filteredOn(finding -> finding.where().equals(server))
        .extracting(Finding::id)
        .contains("virtio-in-user-space", "interrupt-by-syscall");
    assertThat(findings)
        .extracting(Finding::id)
        .doesNotContain("returns-to-user-space", "exits-by-port-io");
  }

  private static List<Finding> ofRule(String id) {
    return FINDINGS.stream().filter(finding -> finding.id().equals(id)).toList();
  }
}
