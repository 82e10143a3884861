// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.trapline.TraplineException;
import dev.trapline.capture.CaptureResult;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CaptureJsonTest {
  private static final Path SOURCE = Path.of("capture of beta");
  private static final long SEED = 20261128;

  private static String written(CaptureResult result) throws IOException {
    StringWriter writer = new StringWriter();
    CaptureJson.write(result, writer);
    return writer.toString();
  }

  @Test
  void whatIsReadIsWhatWasWritten() throws IOException {
    for (int round = 0; round < 500; round++) {
      CaptureResult result = new RandomRuns(SEED + round).capture();
      String lines = written(result);
      CaptureResult back = CaptureJson.read(SOURCE, new StringReader(lines));
      assertThat(back).as("seed %s", SEED + round).isEqualTo(result);
      assertThat(written(back)).isEqualTo(lines);
    }
  }

  @Test
  void whatIsCutShortIsRefused() throws IOException {
    String lines = written(new RandomRuns(SEED).capture());
    for (int length = 0; length < lines.length(); length += 1 + lines.length() / 97) {
      String cut = lines.substring(0, length);
      TraplineException failure =
          catchThrowableOfType(
              TraplineException.class, () -> CaptureJson.read(SOURCE, new StringReader(cut)));
      assertThat(failure).as("cut at %s", length).isNotNull();
      assertThat(failure.code()).isEqualTo("RUN-CORRUPT");
    }
  }

  @Test
  void whatIsDamagedIsReadOrRefusedAndNeverABug() throws IOException {
    Random random = new Random(SEED);
    for (int round = 0; round < 2000; round++) {
      StringBuilder lines = new StringBuilder(written(new RandomRuns(SEED + round % 7).capture()));
      for (int change = random.nextInt(4); change >= 0; change--) {
        int at = random.nextInt(lines.length());
        switch (random.nextInt(3)) {
          case 0 -> lines.setCharAt(at, (char) random.nextInt(128));
          case 1 -> lines.deleteCharAt(at);
          default -> lines.insert(at, "-9:{}[]\",\n0e".charAt(random.nextInt(12)));
        }
      }
      try {
        CaptureJson.read(SOURCE, new StringReader(lines.toString()));
      } catch (TraplineException refused) {
        assertThat(refused.code()).isIn("RUN-CORRUPT", "RUN-SCHEMA");
      }
    }
  }

  @Test
  void moreRowsThanFitAreRefusedBeforeTheyAreRead() {
    String whole =
        "{\"schema\":\"trapline-capture/1\",\"rows\":100001,\"completeness\":{},"
            + "\"kernelActivity\":{},\"roles\":{},\"contextSwitches\":null,\"kvm\":{},\"rates\":{}}\n";
    TraplineException failure =
        catchThrowableOfType(
            TraplineException.class, () -> CaptureJson.read(SOURCE, new StringReader(whole)));
    assertThat(failure).hasMessageContaining("100001 rows");
  }
}
