// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trapline.calibration.SomeCosts;
import dev.trapline.roofline.Roofline;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.store.RunDirectory;
import dev.trapline.tally.ObjectKind;
import dev.trapline.workload.UnitOfWork;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// On figures of a real run: the kept one of the nested lab, with namespaces and with guests.
class TimeAccountsTest {
  private static final Run RUN = fixture();

  private static Run fixture() {
    URL file =
        Objects.requireNonNull(
            TimeAccountsTest.class.getResource("/dev/trapline/lab/first-run/run.json"));
    try {
      return RunDirectory.read(Objects.requireNonNull(Path.of(file.toURI()).getParent()));
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Test
  void everyTracedTestHasAnAccountThatAddsUp() {
    List<TimeAccount> accounts = TimeAccounts.of(RUN);
    Set<String> traced = new HashSet<>();
    for (Trial trial : RUN.trials()) {
      if (trial.traced() && trial.outcome() != null) {
        traced.add(trial.environment() + " " + trial.test());
      }
    }
    assertThat(accounts)
        .extracting(account -> account.environment() + " " + account.test())
        .containsExactlyInAnyOrderElementsOf(traced);
    for (TimeAccount account : accounts) {
      assertThat(Split.sum(account.parts()))
          .as(account.environment() + " " + account.test())
          .isCloseTo(account.totalNanos(), within(1e-6 * account.totalNanos()));
      assertThat(account.parts())
          .extracting(TimeAccount.Part::name)
          .doesNotHaveDuplicates()
          .isNotEmpty();
      for (TimeAccount.Part part : account.parts()) {
        assertThat(part.nanos()).isFinite().isPositive();
        assertThat(part.source()).isNotEmpty();
      }
    }
  }

  @Test
  void aPingPongIsOfRoundTripsAndABulkTransferOfCpuTime() {
    for (TimeAccount account : TimeAccounts.of(RUN)) {
      boolean latency = "latency".equals(account.test());
      assertThat(account.basis())
          .isEqualTo(latency ? TimeAccount.Basis.ROUND_TRIP : TimeAccount.Basis.CPU);
      assertThat(account.unit()).isEqualTo(latency ? UnitOfWork.MESSAGE : UnitOfWork.GIBIBYTE);
      if (!latency) {
        assertThat(account.parts())
            .noneMatch(part -> part.kind() == TimeAccount.Kind.RUNNABLE)
            .noneMatch(part -> part.kind() == TimeAccount.Kind.UNEXPLAINED);
      }
    }
  }

  @Test
  void bothSidesOfNamespacesHaveKernelWorkAndGuestsHaveVcpuThreads() {
    for (TimeAccount account : TimeAccounts.of(RUN)) {
      if (account.environment().equals("netns")) {
        assertThat(account.parts())
            .extracting(TimeAccount.Part::name)
            .contains("server kernel work", "client kernel work");
      } else {
        assertThat(account.parts()).anyMatch(part -> part.kind() == TimeAccount.Kind.GUEST);
      }
    }
  }

  @Test
  void everyTracedSideOfATrialIsAPointOfTheRooflineIfItMovedBytesItself() {
    Roofline roofline = Roofline.of(RUN, SomeCosts.COSTS);
    assertThat(roofline.points()).isNotEmpty();
    for (Roofline.Point point : roofline.points()) {
      Trial trial = RUN.trial(point.trial()).orElseThrow();
      assertThat(trial.traced()).isTrue();
      assertThat(point.bytesPerCall()).isPositive();
      assertThat(point.goodputBitsPerSecond()).isPositive();
      assertThat(point.shareOfCeiling()).isNotNull();
      assertThat(point.bound()).isNotNull();
      // What a monitor says on its control socket is no traffic.
      assertThat(point.kind().object()).isNotEqualTo(ObjectKind.UNIX);
    }
    assertThat(Roofline.of(RUN, null).points())
        .hasSameSizeAs(roofline.points())
        .allSatisfy(point -> assertThat(point.bound()).isNull());
  }
}
