// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.util.ArrayList;
import java.util.List;

/// What a bulk transfer in both directions at once achieved (`iperf3 --bidir`). Each direction has
/// connections and a goodput of its own. It is not the sum of two runs: the directions compete.
///
/// @param toServer the client sends
/// @param toClient the server sends
public record BidirectionalThroughput(Throughput toServer, Throughput toClient) implements Outcome {
  /// Goodput of both directions together.
  public BitRate goodput() {
    return new BitRate(toServer.goodput().bitsPerSecond() + toClient.goodput().bitsPerSecond());
  }

  @Override
  public UnitOfWork unitOfWork() {
    return UnitOfWork.GIBIBYTE;
  }

  /// What both receivers got.
  @Override
  public double workDone() {
    return toServer.workDone() + toClient.workDone();
  }

  /// Those of each direction, with `to-server-` and `to-client-` before their names.
  @Override
  public List<InvariantResult> invariants() {
    List<InvariantResult> results = new ArrayList<>();
    toServer
        .invariants()
        .forEach(result -> results.add(result.named("to-server-" + result.name())));
    toClient
        .invariants()
        .forEach(result -> results.add(result.named("to-client-" + result.name())));
    return results;
  }
}
