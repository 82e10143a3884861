// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.run.RoleTally;
import dev.trapline.run.Run;
import dev.trapline.run.Trial;
import dev.trapline.tally.Completeness;
import dev.trapline.tally.Count;
import dev.trapline.tally.Key;
import dev.trapline.workload.InvariantResult;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RunJsonTest {
  @Test
  void theWholeDocumentOfASmallRunIsThis() {
    assertThat(RunJson.withTallies(SmallRuns.run()))
        .isEqualTo(
            """
            {
              "schema": "trapline.run/1",
              "provenance": {
                "kind": "bench",
                "traplineVersion": "0.1.0",
                "commandLine": ["bench"],
                "startedAt": "2026-11-01T12:00:00Z",
                "machine": {},
                "tools": {},
                "captureSource": "ebpf",
                "captureLevel": "full",
                "captureReason": "it works here",
                "cannotKnow": [],
                "campaign": "quick",
                "seed": 42,
                "settings": {},
                "warnings": [],
                "sources": []
              },
              "completeness": {
                "verdict": "complete",
                "lostEvents": 0,
                "droppedCalls": 0,
                "threadsMissed": 0,
                "inFlightAtStart": 0,
                "inFlightAtEnd": 0,
                "cutShortByExit": 0,
                "notes": []
              },
              "environments": [],
              "trials": [
                {"id": "t1", "environment": "netns", "test": "throughput", "repeat": 1, "order": 1, \
            "traced": true, "startedAt": "2026-11-01T12:00:00Z", "durationNanos": 3000000000, \
            "outcome": {"type": "throughput", "protocol": "TCP", "goodputBitsPerSecond": 8.0E9, \
            "receivedBytes": 3000000000, "sentBytes": 3000000100, "receiverSeconds": 3.0, \
            "retransmits": 2, "streams": [], "sentIntervals": [], "receivedIntervals": [], \
            "clientCpu": null, "serverCpu": null, "receivedBytesAccordingToServer": null, \
            "datagrams": null, "rounding": null, "partial": false}, \
            "failure": null, "roles": {"client": {"node": "client", \
            "command": ["iperf3", "-c", "10.0.0.1"], "exitCode": 0, "cpuNanos": 5, \
            "voluntarySwitches": 6, "involuntarySwitches": null, "vmm": null, "kvm": null, \
            "rate": null}}, \
            "completeness": {"verdict": "complete", "lostEvents": 0, "droppedCalls": 0, \
            "threadsMissed": 0, "inFlightAtStart": 0, "inFlightAtEnd": 0, "cutShortByExit": 0, \
            "notes": []}, "kernelActivity": {"netReceiveSoftirqNanos": null, \
            "netReceiveSoftirqs": null, "netTransmitSoftirqNanos": null, \
            "netTransmitSoftirqs": null, "tcpRetransmissions": null, "ioUringOperations": null}, \
            "machine": {"contextSwitches": 100, "stealNanos": null, "kernelThreadCpuNanos": {}, \
            "otherCpuNanos": null, "lowestKilohertz": null, "highestKilohertz": null}, \
            "invariants": []}
              ],
              "tallies": [
                {"trial": "t1", "environment": "netns", "test": "throughput", "node": "client", \
            "role": "client", "process": null, "pid": null, "thread": null, "tid": null, \
            "syscall": "syscall-999", "category": null, "object": null, "request": null, \
            "calls": 11, "timedCalls": 0, "errors": {}, "bytes": null, "wallNanos": null, \
            "workNanos": null, "blockedNanos": null, "runnableNanos": null, "guestNanos": null, \
            "latencyNanos": null},
                {"trial": "t1", "environment": "netns", "test": "throughput", "node": "client", \
            "role": "client", "process": "iperf3", "pid": 4711, "thread": "iperf3", "tid": 4712, \
            "syscall": "ioctl", "category": "device-control", "object": null, \
            "request": "KVM_RUN", "calls": 7, "timedCalls": 0, "errors": {}, "bytes": null, \
            "wallNanos": 0, "workNanos": 0, "blockedNanos": 0, "runnableNanos": 0, \
            "guestNanos": 0, "latencyNanos": null},
                {"trial": "t1", "environment": "netns", "test": "throughput", "node": "client", \
            "role": "client", "process": "iperf3", "pid": 4711, "thread": "iperf3", "tid": 4712, \
            "syscall": "sendto", "category": "core-io", "object": "tcp", "request": null, \
            "calls": 3, "timedCalls": 3, "errors": {"EAGAIN": 1}, "bytes": 2000, \
            "wallNanos": 8000, "workNanos": 4000, "blockedNanos": 3000, "runnableNanos": 1000, \
            "guestNanos": 0, "latencyNanos": {"p50": 1984, "p90": 4864, "p99": 4864, \
            "p999": 4864, "max": 5000}}
              ]
            }
            """);
  }

  @Test
  void everyRowHasItsFiguresUnderTheirNames() {
    for (long seed = 0; seed < 40; seed++) {
      Run run = new RandomRuns(seed).run();
      JsonNode root = Json.READER.readTree(RunJson.withTallies(run));
      JsonNode rows = root.get("tallies");
      int at = 0;
      for (RoleTally part : run.tallies()) {
        for (Map.Entry<Key, Count> entry : part.tally().counts().entrySet()) {
          JsonNode row = rows.get(at++);
          Count count = entry.getValue();
          assertThat(row.get("role").stringValue()).isEqualTo(part.role());
          assertThat(row.get("syscall").stringValue()).isEqualTo(entry.getKey().syscall());
          assertThat(row.get("calls").longValue()).isEqualTo(count.calls());
          assertThat(row.get("bytes").isNull()).isEqualTo(count.bytes() == null);
          assertThat(row.get("guestNanos").isNull()).isEqualTo(count.guestNanos() == null);
          assertThat(row.get("errors").size()).isEqualTo(count.errors().size());
        }
      }
      assertThat(rows.size()).isEqualTo(at);
    }
  }

  @Test
  void everyTallyIsOnALineOfItsOwnWhateverItsNamesAre() {
    for (long seed = 0; seed < 20; seed++) {
      Run run = new RandomRuns(seed).run();
      int rows = run.tallies().stream().mapToInt(part -> part.tally().counts().size()).sum();
      assertThat(RunJson.withTallies(run).split("\n"))
          .filteredOn(line -> line.startsWith("    {\"trial\": "))
          .hasSize(rows);
    }
  }

  @Test
  void aFigureThatIsNoNumberIsNull() {
    Trial trial = SmallRuns.trial();
    Trial odd =
        new Trial(
            trial.id(),
            trial.environment(),
            trial.test(),
            1,
            1,
            true,
            trial.startedAt(),
            1L,
            null,
            "it failed",
            trial.roles(),
            trial.completeness(),
            trial.kernelActivity(),
            trial.machine(),
            List.of(new InvariantResult("half-rtt", false, "0 of 0", Double.NaN)));
    String json =
        RunJson.withTallies(
            new Run(SmallRuns.provenance(), Completeness.COMPLETE, List.of(odd), List.of()));
    assertThat(json).contains("\"relativeError\": null");
  }

  @Test
  void halfASurrogatePairDoesNotStopTheDocument() {
    Run run =
        new Run(
            SmallRuns.provenance(),
            Completeness.COMPLETE.withNote("broken \ud83e name"),
            List.of(),
            List.of());
    assertThat(RunJson.withTallies(run)).contains("broken");
  }

  @Test
  void aClosedPipeIsAnIoException() {
    Writer closed =
        new Writer() {
          @Override
          public void write(char[] characters, int offset, int length) throws IOException {
            throw new IOException("Broken pipe");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    assertThatThrownBy(() -> RunJson.writeWithTallies(SmallRuns.run(), closed))
        .isInstanceOf(IOException.class)
        .hasMessage("Broken pipe");
  }
}
