// SPDX-License-Identifier: Apache-2.0
package dev.trapline.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.analysis.CallCost;
import dev.trapline.analysis.CallKind;
import dev.trapline.analysis.RoleAnalysis;
import dev.trapline.calibration.MachineCosts;
import dev.trapline.calibration.SomeCosts;
import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CostModelTest {
  private static CallCost cost(
      String syscall,
      @Nullable ObjectKind object,
      long calls,
      @Nullable Long bytes,
      @Nullable Long work) {
    Count count =
        new Count(calls, calls, new TreeMap<>(), bytes, work, work, null, null, null, null);
    return new CallCost(new CallKind(syscall, object, null), count, 10);
  }

  private static CostModel of(CallCost... costs) {
    return CostModel.of(
        new RoleAnalysis("server", List.of(costs), Count.NONE, 10, null, null, null),
        SomeCosts.COSTS);
  }

  @Test
  void aReadIsPricedByItsBytesAndTheResidualIsWhatIsLeft() {
    CostModel model = of(cost("recvfrom", ObjectKind.UDP, 20, 20 * 513L, 100_000L));
    CostModel.Row row = model.rows().getFirst();
    assertThat(row.costName()).isEqualTo(MachineCosts.READ);
    assertThat(row.nanosPerCall()).isEqualTo(1032);
    assertThat(row.callsPerUnit()).isEqualTo(2);
    assertThat(row.predictedNanosPerUnit()).isEqualTo(2064);
    assertThat(row.measuredNanosPerUnit()).isEqualTo(10_000);
    assertThat(row.residualNanosPerUnit()).isEqualTo(7_936);
    assertThat(model.predictedShare()).isEqualTo(0.2064);
  }

  @Test
  void waitsArePricedWithOneDescriptorAndThatIsSaid() {
    CostModel model =
        of(
            cost("pselect6", null, 10, null, 9_000L),
            cost("epoll_wait", ObjectKind.EPOLL, 10, null, 3_000L));
    assertThat(model.rows())
        .extracting(CostModel.Row::predictedNanosPerUnit)
        .containsExactly(500.0, 200.0);
    assertThat(model.assumptions())
        .anySatisfy(words -> assertThat(words).contains("one idle descriptor"));
  }

  @Test
  void aCallWithoutACounterpartHasNoPredictionAndNoResidual() {
    CostModel model =
        of(
            cost("execve", null, 1, null, 700_000L),
            cost("read", ObjectKind.FILE, 5, 500L, 10_000L),
            cost("getppid", null, 10, null, 2_000L));
    assertThat(model.rows().getFirst().costName()).isNull();
    assertThat(model.rows().getFirst().residualNanosPerUnit()).isNull();
    assertThat(model.rows().get(1).costName()).isNull();
    assertThat(model.unpredictedNanosPerUnit()).isEqualTo(71_000);
    assertThat(model.predictedNanosPerUnit()).isEqualTo(100);
    assertThat(model.measuredNanosPerUnit()).isEqualTo(200);
  }

  @Test
  void withoutMeasuredWorkThereIsAPredictionAndNoResidual() {
    CostModel model = of(cost("sendto", ObjectKind.UDP, 10, 10L, null));
    assertThat(model.rows().getFirst().predictedNanosPerUnit()).isEqualTo(800);
    assertThat(model.rows().getFirst().residualNanosPerUnit()).isNull();
    assertThat(model.measuredNanosPerUnit()).isNull();
    assertThat(model.predictedShare()).isNull();
  }

  @Test
  void kvmRunIsNotPredictedWhereItWasNotCalibrated() {
    CostModel model =
        CostModel.of(
            new RoleAnalysis(
                "server",
                List.of(
                    new CallCost(
                        new CallKind("ioctl", ObjectKind.KVM_VCPU, "KVM_RUN"),
                        Count.ofCalls(10),
                        10)),
                Count.NONE,
                10,
                null,
                null,
                null),
            SomeCosts.COSTS);
    assertThat(model.rows().getFirst().predictedNanosPerUnit()).isNull();
  }
}
