// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;

/// Whatever a file holds, reading it gives a reading or an error for the user. With `JAZZER_FUZZ=1`
/// it searches for one that does neither; without, it runs what was found so far.
class WorkloadOutputFuzzTest {
  private static final byte[] JSON = beginningOf("iperf3-single-client.json");
  private static final byte[] TEXT = beginningOf("iperf3-single-client.txt");
  private static final byte[] SOCKPERF = beginningOf("sockperf-ping-pong-client.txt");

  @FuzzTest(maxDuration = "1m")
  void anyBytesAreReadOrRefused(byte[] content) {
    MutatedOutputTest.readOrRefused("fuzzed", content);
  }

  @FuzzTest(maxDuration = "1m")
  void anyJsonAfterABeginningIsReadOrRefused(byte[] rest) {
    MutatedOutputTest.readOrRefused("fuzzed", joined(JSON, rest));
  }

  @FuzzTest(maxDuration = "1m")
  void anyTextAfterABeginningIsReadOrRefused(byte[] rest) {
    MutatedOutputTest.readOrRefused("fuzzed", joined(TEXT, rest));
  }

  @FuzzTest(maxDuration = "1m")
  void anySockperfAfterABeginningIsReadOrRefused(byte[] rest) {
    MutatedOutputTest.readOrRefused("fuzzed", joined(SOCKPERF, rest));
  }

  /// The first half of a file, to be gone on with.
  private static byte[] beginningOf(String name) {
    byte[] whole = Fixtures.bytes("modes/" + name);
    return Arrays.copyOf(whole, whole.length / 2);
  }

  private static byte[] joined(byte[] beginning, byte[] rest) {
    byte[] all = Arrays.copyOf(beginning, beginning.length + rest.length);
    System.arraycopy(rest, 0, all, beginning.length, rest.length);
    return all;
  }
}
