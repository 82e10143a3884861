// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.fail;

import dev.trapline.TraplineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whatever happens to a file, reading it gives an outcome or an error for the user.
class MutatedOutputTest {
  private static final int MUTATIONS = 500;

  /// What damage and careless editing leave, and what number parsers stumble over.
  private static final String[] SPLICES = {
    "0",
    "-1",
    "1e999",
    "9999999999999999999",
    "NaN",
    "null",
    "\"\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\n",
    "\u001b[2;35m",
    "\u0000",
    "\u00ff",
    "sockperf: ERROR:",
    "\"error\":",
    ".",
    "= ",
    "[SUM]",
    "[  5]",
    "  0.00-0.00   sec  ",
    "0.00 Bytes  0.00 bits/sec",
    " receiver",
    "iperf3: error - ",
    "{\"event\":\"end\",\"data\":{}}",
    "/"
  };

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "iperf3-client.json, iperf3-server.json",
    "iperf3-reverse-client.json, iperf3-reverse-server.json",
    "sockperf-client.txt, sockperf-server.txt",
    "sockperf-tcp-client.txt, sockperf-tcp-server.txt"
  })
  void anyMutationGivesAnOutcomeOrAnErrorForTheUser(String clientName, String serverName) {
    Workload workload =
        clientName.startsWith("iperf3") ? Iperf3.ofSeconds(3) : Sockperf.ofSeconds(3);
    byte[] client = Fixtures.bytes(clientName);
    byte[] server = Fixtures.bytes(serverName);
    Random random = new Random(42);
    int outcomes = 0;
    for (int round = 0; round < MUTATIONS; round++) {
      boolean clientSuffers = random.nextInt(4) != 0;
      byte[] mutatedClient = clientSuffers ? mutated(client, random) : client;
      byte[] mutatedServer = clientSuffers ? server : mutated(server, random);
      ToolOutput clientOutput = Fixtures.written(folder, "client", mutatedClient);
      ToolOutput serverOutput = Fixtures.written(folder, "server", mutatedServer);
      try {
        Outcome outcome = workload.parse(clientOutput, serverOutput);
        assertThatCode(outcome::invariants).doesNotThrowAnyException();
        assertThat(outcome.workDone()).isFinite();
        outcomes++;
      } catch (TraplineException expected) {
        assertThat(expected.code()).isEqualTo("WORKLOAD-OUTPUT");
        assertThat(expected.rendered().lines()).hasSize(2);
      } catch (RuntimeException | StackOverflowError bug) {
        fail("mutation " + round + " of " + clientName, bug);
      }
    }
    // Some mutations do no harm; if none or all do, the mutations test nothing.
    assertThat(outcomes).isBetween(MUTATIONS / 100, MUTATIONS * 99 / 100);
  }

  @Test
  void anyMutationOfAnybodysFileIsReadOrRefused() throws IOException {
    Random random = new Random(43);
    int readings = 0;
    int rounds = 0;
    List<String> names = WorkloadReadingTest.names();
    for (String name : names) {
      byte[] original = Fixtures.bytes("modes/" + name);
      String other =
          name.contains("-client.")
              ? name.replace("-client.", "-server.")
              : name.replace("-server.", "-client.");
      boolean isPair = !other.equals(name) && names.contains(other);
      WorkloadReading peer = isPair ? readOrRefused(other, Fixtures.bytes("modes/" + other)) : null;
      for (int round = 0; round < MUTATIONS / 12; round++) {
        rounds++;
        WorkloadReading reading = readOrRefused(name, mutated(original, random));
        if (reading != null) {
          readings++;
          if (peer != null) {
            meetOrRefuse(reading, peer);
          }
        }
      }
    }
    assertThat(readings).isBetween(rounds / 10, rounds * 95 / 100);
  }

  private static void meetOrRefuse(WorkloadReading one, WorkloadReading other) {
    try {
      Outcome outcome = WorkloadReading.ofBoth(one, other).outcome();
      if (outcome != null) {
        assertThatCode(outcome::invariants).doesNotThrowAnyException();
      }
    } catch (TraplineException expected) {
      assertThat(expected.code()).isEqualTo("WORKLOAD-OUTPUT");
    }
  }

  static @Nullable WorkloadReading readOrRefused(String name, byte[] content) {
    try {
      WorkloadReading reading = WorkloadReading.read(name, content);
      Outcome outcome = reading.outcome();
      if (outcome != null) {
        assertThatCode(outcome::invariants).doesNotThrowAnyException();
        assertThat(outcome.workDone()).isFinite();
      }
      return reading;
    } catch (TraplineException expected) {
      assertThat(expected.code()).isEqualTo("WORKLOAD-OUTPUT");
      assertThat(expected.rendered().lines()).hasSize(2);
      return null;
    } catch (RuntimeException | StackOverflowError bug) {
      return fail("a mutation of " + name, bug);
    }
  }

  private static byte[] mutated(byte[] original, Random random) {
    byte[] bytes = original.clone();
    for (int step = random.nextInt(3); step >= 0; step--) {
      int at = random.nextInt(bytes.length);
      bytes =
          switch (random.nextInt(5)) {
            case 0 -> replaced(bytes, at, (byte) random.nextInt(256));
            case 1 -> Arrays.copyOf(bytes, Math.max(1, at));
            case 2 -> joined(bytes, at, new byte[0], at + random.nextInt(40));
            case 3 -> joined(bytes, at, splice(random), at + random.nextInt(8));
            default -> joined(bytes, at, Arrays.copyOfRange(bytes, at / 2, at), at);
          };
    }
    return bytes;
  }

  private static byte[] splice(Random random) {
    return SPLICES[random.nextInt(SPLICES.length)].getBytes(ISO_8859_1);
  }

  private static byte[] replaced(byte[] bytes, int at, byte value) {
    bytes[at] = value;
    return bytes;
  }

  /// What is before `at`, then something else, then what is from `resumeAt` on; never empty.
  private static byte[] joined(byte[] bytes, int at, byte[] between, int resumeAt) {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    result.write(bytes, 0, at);
    result.writeBytes(between);
    int resume = Math.min(resumeAt, bytes.length);
    result.write(bytes, resume, bytes.length - resume);
    return result.size() == 0 ? new byte[] {' '} : result.toByteArray();
  }
}
