// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WireTest {
  private static final long SEED = 20261128;

  private static Wire reading(byte... bytes) {
    return new Wire(new ByteArrayInputStream(bytes), OutputStream.nullOutputStream());
  }

  private static Wire writing(OutputStream target) {
    return new Wire(InputStream.nullInputStream(), target);
  }

  @Test
  void whatIsSaidIsHeardInOrder() throws IOException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    Wire wire = writing(said);
    wire.beat();
    wire.send(
        Message.empty()
            .with("text", "naïve \ud83e")
            .with("number", Long.MIN_VALUE)
            .with("nothing", (String) null)
            .withTexts("words", List.of("a", ""))
            .withTexts("facts", Map.of("k", "v")));
    wire.sendNumbers(Wire.CLOCK, 7, -1);
    Wire heard = reading(said.toByteArray());
    assertThat(heard.read().orElseThrow().kind()).isEqualTo(Wire.HEARTBEAT);
    Message message = Message.parse(heard.read().orElseThrow().payload());
    assertThat(message.text("text")).isEqualTo("naïve ?");
    assertThat(message.number("number")).isEqualTo(Long.MIN_VALUE);
    assertThat(message.textOrNull("nothing")).isNull();
    assertThat(message.texts("words")).containsExactly("a", "");
    assertThat(message.textsByName("facts")).containsEntry("k", "v");
    assertThat(heard.read().orElseThrow().number()).isEqualTo(7);
    assertThat(heard.read()).isEmpty();
  }

  @Test
  void aBodyArrivesWholeWhateverItsSize() throws IOException {
    Random random = new Random(SEED);
    for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 1_000_003}) {
      byte[] content = new byte[size];
      random.nextBytes(content);
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      try (OutputStream body = Packed.packing(writing(said).body(42))) {
        body.write(content);
      }
      ByteArrayOutputStream heard = new ByteArrayOutputStream();
      Wire wire = reading(said.toByteArray());
      for (Optional<Wire.Frame> frame = wire.read(); frame.isPresent(); frame = wire.read()) {
        assertThat(frame.get().kind()).isEqualTo(Wire.BODY);
        assertThat(frame.get().number()).isEqualTo(42);
        byte[] payload = frame.get().payload();
        heard.write(payload, Long.BYTES, payload.length - Long.BYTES);
      }
      InputStream unpacked = Packed.unpacking(new ByteArrayInputStream(heard.toByteArray()), size);
      assertThat(unpacked.readAllBytes()).isEqualTo(content);
    }
  }

  @Test
  void aFrameThatIsTooLongIsRefusedBeforeRoomIsMadeForIt() {
    assertThatThrownBy(
            () -> reading((byte) 0x7f, (byte) -1, (byte) -1, (byte) -1, (byte) 'm').read())
        .isInstanceOf(ProtocolFailure.class)
        .hasMessageContaining("2147483647");
    assertThatThrownBy(() -> reading((byte) -1, (byte) -1, (byte) -1, (byte) -1, (byte) 'm').read())
        .isInstanceOf(ProtocolFailure.class)
        .hasMessageContaining("4294967295");
  }

  @Test
  void anUnknownKindOfFrameIsRefused() {
    assertThatThrownBy(() -> reading((byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 'x').read())
        .isInstanceOf(ProtocolFailure.class);
  }

  @Test
  void anEndWithinAFrameIsABrokenWay() {
    assertThatThrownBy(() -> reading((byte) 0, (byte) 0).read()).isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> reading((byte) 0, (byte) 0, (byte) 0, (byte) 9, (byte) 'm').read())
        .isInstanceOf(EOFException.class);
  }

  @Test
  void aBombIsStoppedAtTheLimit() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream body = Packed.packing(packed)) {
      body.write(new byte[50 << 20]);
    }
    assertThat(packed.size()).isLessThan(1 << 20);
    InputStream content = Packed.unpacking(new ByteArrayInputStream(packed.toByteArray()), 1 << 20);
    assertThatThrownBy(() -> content.transferTo(OutputStream.nullOutputStream()))
        .isInstanceOf(ProtocolFailure.class)
        .hasMessageContaining("1048576");
  }

  @Test
  void noiseIsRefusedAndNeverABug() throws IOException {
    Random random = new Random(SEED);
    for (int round = 0; round < 20_000; round++) {
      byte[] noise = new byte[random.nextInt(64)];
      random.nextBytes(noise);
      if (noise.length > 5 && random.nextBoolean()) {
        // Frames that are well formed, with noise inside.
        ByteBuffer.wrap(noise)
            .putInt(noise.length - 5)
            .put((byte) "hmbc".charAt(random.nextInt(4)));
      }
      Wire wire = reading(noise);
      try {
        for (Optional<Wire.Frame> frame = wire.read(); frame.isPresent(); frame = wire.read()) {
          if (frame.get().kind() == Wire.MESSAGE) {
            Message.parse(frame.get().payload()).text("ask");
          }
        }
      } catch (IOException refused) {
        assertThat(refused.getMessage()).isNotEmpty();
      }
    }
  }

  @Test
  void aFieldOfAnotherKindIsNotGuessed() throws IOException {
    Message message =
        Message.parse(
            "{\"a\":\"1\",\"b\":1.5,\"c\":[1,\"x\"],\"d\":{\"k\":1},\"e\":4294967296}"
                .getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> message.number("a")).isInstanceOf(ProtocolFailure.class);
    assertThatThrownBy(() -> message.number("b")).isInstanceOf(ProtocolFailure.class);
    assertThatThrownBy(() -> message.texts("c")).isInstanceOf(ProtocolFailure.class);
    assertThatThrownBy(() -> message.smallNumbers("c")).isInstanceOf(ProtocolFailure.class);
    assertThatThrownBy(() -> message.textsByName("d")).isInstanceOf(ProtocolFailure.class);
    assertThatThrownBy(() -> message.smallNumber("e")).isInstanceOf(ProtocolFailure.class);
    assertThatThrownBy(() -> message.textOrNull("missing"))
        .isInstanceOf(ProtocolFailure.class)
        .hasMessageContaining("missing");
    for (String text : List.of("", "[]", "1", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":")) {
      assertThatThrownBy(() -> Message.parse(text.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(ProtocolFailure.class);
    }
  }
}
