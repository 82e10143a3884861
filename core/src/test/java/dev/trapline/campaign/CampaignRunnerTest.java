// SPDX-License-Identifier: Apache-2.0
package dev.trapline.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.capture.KernelActivity;
import dev.trapline.environment.Environment;
import dev.trapline.run.MachineUse;
import dev.trapline.run.RoleTally;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.workload.BitRate;
import dev.trapline.workload.Bytes;
import dev.trapline.workload.Iperf3;
import dev.trapline.workload.Throughput;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The bookkeeping of a campaign, with trials that are made up: real ones would take hours. What
/// real ones do is proven where benches run.
class CampaignRunnerTest {
  private final List<Trial> kept = new ArrayList<>();
  private final List<String> passedOver = new ArrayList<>();
  private final List<String> told = new ArrayList<>();

  /// Trial ids whose outcome shall contradict itself, or be missing.
  private final Set<String> broken = new HashSet<>();

  private final Set<String> failing = new HashSet<>();
  private int interruptAfter = Integer.MAX_VALUE;
  private double spread = 0.2;

  private static Campaign campaign(int repeats, @Nullable StopRule stop) {
    return new Campaign(
        "made-up",
        List.of(new Environment.Loopback()),
        List.of(PlannedWorkload.of(Iperf3.ofSeconds(1))),
        repeats,
        repeats,
        42,
        CpuSets.ANY,
        0,
        0,
        stop);
  }

  private TrialRunner.Finished made(Campaign.PlannedTrial planned, int order) {
    Random random = new Random(planned.id().hashCode() * 0x9E3779B97F4A7C15L);
    boolean contradicts = broken.contains(planned.id());
    double seconds = 1;
    long bytes = Math.round(1e9 * (1 + spread * random.nextDouble()));
    Throughput outcome =
        new Throughput(
            "TCP",
            new BitRate(bytes * 8 / seconds * (contradicts ? 2 : 1)),
            new Bytes(bytes),
            null,
            seconds,
            null,
            List.of(),
            List.of(),
            List.of(),
            null,
            null,
            null);
    boolean fails = failing.contains(planned.id());
    return new TrialRunner.Finished(
        new Trial(
            planned.id(),
            planned.environment().name(),
            planned.test().name(),
            planned.repeat(),
            order,
            planned.traced(),
            Instant.EPOCH,
            1L,
            fails ? null : outcome,
            fails ? "CLIENT-FAILED: made up" : null,
            new TreeMap<>(),
            Completeness.COMPLETE,
            KernelActivity.UNKNOWN,
            new MachineUse(null, null, new TreeMap<>()),
            fails ? List.of() : outcome.invariants()),
        List.of());
  }

  private void run(Campaign campaign) throws InterruptedException {
    CampaignState state = new CampaignState(campaign);
    kept.forEach(state::add);
    new CampaignRunner(
            campaign,
            state,
            (planned, order, raw) -> {
              if (kept.size() >= interruptAfter) {
                throw new InterruptedException();
              }
              return made(planned, order);
            },
            new CampaignRunner.Keeper() {
              @Override
              public Path rawFolder(String trialId) {
                return Path.of(trialId);
              }

              @Override
              public void keep(Trial trial, List<RoleTally> tallies) {
                kept.add(trial);
              }

              @Override
              public void warn(String line) {
                told.add(line);
              }
            },
            new CampaignRunner.Listener() {
              @Override
              public void starting(Campaign.PlannedTrial planned, String id) {}

              @Override
              public void ended(Trial trial) {}

              @Override
              public void passedOver(Campaign.PlannedTrial planned) {
                passedOver.add(planned.id());
              }

              @Override
              public void told(String line) {
                told.add(line);
              }
            })
        .run();
  }

  private List<String> ids() {
    return kept.stream().map(Trial::id).toList();
  }

  private List<String> missing(Campaign campaign) {
    CampaignState state = new CampaignState(campaign);
    kept.forEach(state::add);
    return state.missing(campaign.plan());
  }

  @Test
  void everyTrialOfThePlanRunsOnceInItsOrder() throws InterruptedException {
    Campaign campaign = campaign(3, null);
    run(campaign);
    assertThat(ids()).isEqualTo(campaign.plan().stream().map(Campaign.PlannedTrial::id).toList());
    assertThat(kept.stream().map(Trial::order)).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(missing(campaign)).isEmpty();
  }

  @Test
  void aCampaignThatIsBrokenOffGoesOnWithTheTrialThatWasLost() throws InterruptedException {
    Campaign campaign = campaign(4, null);
    run(campaign);
    List<String> whole = ids();
    for (int cut = 0; cut < whole.size(); cut++) {
      kept.clear();
      interruptAfter = cut;
      assertThatThrownBy(() -> run(campaign)).isInstanceOf(InterruptedException.class);
      assertThat(ids()).isEqualTo(whole.subList(0, cut));
      interruptAfter = Integer.MAX_VALUE;
      run(campaign);
      assertThat(ids()).isEqualTo(whole);
    }
  }

  @Test
  void aTrialThatContradictsItselfIsRepeatedAndBothAreKept() throws InterruptedException {
    Campaign campaign = campaign(1, null);
    String id = "loopback-throughput-control-1";
    broken.add(id);
    run(campaign);
    assertThat(ids()).contains(id, id + "-again-1").hasSize(3);
    Trial first = kept.stream().filter(trial -> trial.id().equals(id)).findFirst().orElseThrow();
    assertThat(first.outcome()).isNull();
    assertThat(first.failure())
        .startsWith("INVARIANT-BROKEN: goodput-times-time")
        .endsWith("in no figure, repeated as " + id + "-again-1");
    assertThat(first.invariants()).isNotEmpty();
    assertThat(missing(campaign)).isEmpty();
  }

  @Test
  void whatBreaksEveryTimeIsShownAsItIs() throws InterruptedException {
    Campaign campaign = campaign(1, null);
    String id = "loopback-throughput-traced-1";
    broken.addAll(List.of(id, id + "-again-1", id + "-again-2"));
    run(campaign);
    assertThat(ids()).hasSize(4).contains(id + "-again-2");
    Trial last =
        kept.stream().filter(trial -> trial.id().equals(id + "-again-2")).findFirst().orElseThrow();
    assertThat(last.outcome()).isNotNull();
    assertThat(last.invariants()).anyMatch(invariant -> !invariant.holds());
  }

  @Test
  void aFailedTrialIsMissingAndTriedAgainByTheNextStartOnly() throws InterruptedException {
    Campaign campaign = campaign(2, null);
    String id = "loopback-throughput-control-2";
    failing.add(id);
    run(campaign);
    assertThat(kept).hasSize(4);
    assertThat(missing(campaign)).containsExactly(id);
    run(campaign);
    assertThat(kept).hasSize(5);
    assertThat(kept.getLast().id()).isEqualTo(id + "-again-1");
    assertThat(missing(campaign)).isEmpty();
  }

  @Test
  void whatFailsEveryTimeIsNotTriedForEver() throws InterruptedException {
    Campaign campaign = campaign(1, null);
    String id = "loopback-throughput-control-1";
    failing.addAll(List.of(id, id + "-again-1", id + "-again-2"));
    for (int start = 0; start < 5; start++) {
      run(campaign);
    }
    assertThat(kept).hasSize(1 + CampaignRunner.MOST_ATTEMPTS);
    assertThat(missing(campaign)).containsExactly(id);
  }

  @Test
  void theStopRuleEndsATestBetweenBlocksOnceItsIntervalIsNarrow() throws InterruptedException {
    spread = 0.01;
    Campaign campaign = campaign(20, new StopRule(0.05, 0.95));
    run(campaign);
    assertThat(kept).as("six blocks, since fewer have no interval of 95%%").hasSize(12);
    assertThat(passedOver).hasSize(28);
    assertThat(missing(campaign)).isEmpty();
  }

  @Test
  void theStopRuleDecidesTheSameWhereverTheCampaignWasBrokenOff() throws InterruptedException {
    spread = 0.4;
    Campaign campaign = campaign(40, new StopRule(0.08, 0.95));
    run(campaign);
    List<String> whole = ids();
    assertThat(whole).hasSizeBetween(12, 79);
    for (int cut = 1; cut < whole.size(); cut += 5) {
      kept.clear();
      interruptAfter = cut;
      assertThatThrownBy(() -> run(campaign)).isInstanceOf(InterruptedException.class);
      interruptAfter = Integer.MAX_VALUE;
      run(campaign);
      assertThat(ids()).isEqualTo(whole);
    }
  }

  @Test
  void aWideSpreadRunsAllRepeats() throws InterruptedException {
    spread = 3;
    Campaign campaign = campaign(8, new StopRule(0.01, 0.95));
    run(campaign);
    assertThat(kept).hasSize(16);
    assertThat(passedOver).isEmpty();
  }
}
