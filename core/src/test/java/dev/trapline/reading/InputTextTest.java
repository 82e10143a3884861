// SPDX-License-Identifier: Apache-2.0
package dev.trapline.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.trapline.TraplineException;
import dev.trapline.reading.InputText.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class InputTextTest {
  @TempDir Path folder;

  @Test
  void plainFileComesWholeAndMayBeReadAnywhere() throws IOException {
    byte[] text = text(1_000_000);
    Path file = Files.write(folder.resolve("log"), text);
    try (InputText input = InputText.ofFile(file)) {
      assertThat(input.compression()).isEmpty();
      assertThat(input.plainFile()).contains(file);
      assertThat(input.stream().readAllBytes()).isEqualTo(text);
      assertThat(input.damage()).isNull();
      assertThat(input.bytesTaken()).isEqualTo(text.length);
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void compressedTextIsKnownByItsContentNotItsName(Compression compression) throws IOException {
    byte[] text = text(1_000_000);
    Path file = Files.write(folder.resolve("log.txt"), compressed(compression, text));
    try (InputText input = InputText.ofFile(file)) {
      assertThat(input.compression()).contains(compression);
      assertThat(input.plainFile()).isEmpty();
      assertThat(input.stream().readAllBytes()).isEqualTo(text);
      assertThat(input.damage()).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void filesThatWereCompressedApartAndJoinedAreOneText(Compression compression) throws IOException {
    byte[] one = text(300_000);
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.write(compressed(compression, one));
    joined.write(compressed(compression, one));
    try (InputText input =
        InputText.ofStream("-", new ByteArrayInputStream(joined.toByteArray()))) {
      assertThat(input.stream().readAllBytes()).hasSize(2 * one.length);
      assertThat(input.damage()).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void compressedTextThatIsCutGivesWhatCameBeforeAndSaysSo(Compression compression)
      throws IOException {
    byte[] text = text(2_000_000);
    byte[] whole = compressed(compression, text);
    byte[] cut = Arrays.copyOf(whole, whole.length * 2 / 3);
    try (InputText input = InputText.ofStream("-", new ByteArrayInputStream(cut))) {
      byte[] read = input.stream().readAllBytes();
      assertThat(read.length).isBetween(300_000, text.length - 1);
      assertThat(read).isEqualTo(Arrays.copyOf(text, read.length));
      assertThat(input.damage()).contains(compression.label()).contains("ends early");
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void damagedCompressedTextNeverCrashes(Compression compression) throws IOException {
    byte[] whole = compressed(compression, text(200_000));
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = whole.clone();
      // The magic number stays, or it would be plain text.
      for (int hit = random.nextInt(4); hit >= 0; hit--) {
        damaged[6 + random.nextInt(damaged.length - 6)] = (byte) random.nextInt(256);
      }
      try (InputText input = InputText.ofStream("-", new ByteArrayInputStream(damaged))) {
        assertThat(input.stream().readAllBytes()).isNotNull();
      } catch (TraplineException refused) {
        assertThat(refused.code()).isEqualTo("IMPORT-FILE");
      }
    }
  }

  @Test
  void emptyFileIsRefusedByName() throws IOException {
    Path file = Files.createFile(folder.resolve("empty"));
    refused(file, file + ":1: is empty");
  }

  @Test
  void fileOfBlanksIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("blank"), "\n\n  \n");
    refused(file, "holds only blanks");
  }

  @Test
  void directoryIsRefusedWithWhatToDo() {
    refused(folder, folder + " is a directory");
  }

  @Test
  void missingFileIsRefused() {
    refused(folder.resolve("none"), "does not exist");
  }

  @Test
  void binaryIsRefused() throws IOException {
    byte[] noise = new byte[5000];
    new Random(1).nextBytes(noise);
    noise[0] = 'x';
    refused(Files.write(folder.resolve("noise"), noise), ":1: is binary (");
  }

  @Test
  void fileOfPerfRecordIsRefusedWithTheCommandThatMakesTextOfIt() throws IOException {
    Path file = Files.write(folder.resolve("perf.data"), "PERFILE2\0\0\0\0".getBytes(US_ASCII));
    assertThatThrownBy(() -> InputText.ofFile(file))
        .isInstanceOfSatisfying(
            TraplineException.class,
            refusal ->
                assertThat(refusal.remedy()).startsWith("perf script -i " + file + " | trapline"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "read(3", "{"})
  void shortTextIsText(String text) throws IOException {
    try (InputText input = InputText.ofFile(Files.writeString(folder.resolve("short"), text))) {
      assertThat(input.stream().readAllBytes()).isEqualTo(text.getBytes(US_ASCII));
    }
  }

  private static void refused(Path file, String words) {
    assertThatThrownBy(() -> InputText.ofFile(file))
        .isInstanceOfSatisfying(
            TraplineException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo("IMPORT-FILE");
              assertThat(refusal).hasMessageContaining(words);
            });
  }

  /// Lines that compress as logs do: some.
  private static byte[] text(int size) {
    Random random = new Random(size);
    byte[] text = new byte[size];
    for (int at = 0; at < size; at++) {
      text[at] = at % 60 == 59 ? (byte) '\n' : (byte) ('a' + random.nextInt(16));
    }
    return text;
  }

  private static byte[] compressed(Compression compression, byte[] text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        switch (compression) {
          case GZIP -> new GZIPOutputStream(bytes);
          case ZSTD -> new ZstdOutputStream(bytes);
          case XZ -> new XZOutputStream(bytes, new LZMA2Options(1));
        }) {
      out.write(text);
    }
    return bytes.toByteArray();
  }
}
