// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trapline.TraplineException;
import dev.trapline.statistics.MedianInterval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationStoreTest {
  private static final MachineIdentity MACHINE =
      new MachineIdentity(
          new TreeMap<>(
              Map.of(
                  "cpu", "Some CPU",
                  "kernel", "6.1.0",
                  "mitigation.meltdown", "Mitigation: PTI",
                  "memory-kib", "1024")));

  @TempDir Path folder;

  @Test
  void whatIsKeptIsReadBackAsItWas() {
    Path place = folder.resolve("new/one");
    CalibrationStore store = new CalibrationStore(place);
    MachineCosts costs = costs();
    assertThat(store.read(MACHINE)).isEmpty();
    Path file = store.write(costs);
    assertThat(store.read(MACHINE)).contains(costs);
    assertThat(file.getFileName().toString()).isEqualTo("calibration-" + MACHINE.hash() + ".json");
    assertThat(place.toFile().list()).hasSize(1);
  }

  @Test
  void aLaterOneReplacesTheEarlierAndClearsWhatAKilledWriterLeft() throws IOException {
    CalibrationStore store = new CalibrationStore(folder);
    store.write(costs());
    Files.writeString(folder.resolve(".calibration-17.partial"), "{");
    store.write(costs());
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void anotherKernelOrMitigationIsAnotherMachineAndMoreMemoryIsNot() {
    assertThat(MACHINE.facts()).doesNotContainKey("memory-kib");
    TreeMap<String, String> facts = new TreeMap<>(MACHINE.facts());
    facts.put("memory-kib", "2048");
    assertThat(new MachineIdentity(facts).hash()).isEqualTo(MACHINE.hash());
    facts.put("mitigation.meltdown", "Vulnerable");
    assertThat(new MachineIdentity(facts).hash()).isNotEqualTo(MACHINE.hash());
    facts.putAll(MACHINE.facts());
    facts.put("kernel", "6.1.1");
    assertThat(new MachineIdentity(facts).hash()).isNotEqualTo(MACHINE.hash());
  }

  @Test
  void whateverDamageIsToldAsDamageWithTheRemedy() throws IOException {
    CalibrationStore store = new CalibrationStore(folder);
    Path file = store.write(costs());
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(5);
    int refused = 0;
    for (int attempt = 0; attempt < 300; attempt++) {
      byte[] damaged = java.util.Arrays.copyOf(whole, random.nextInt(whole.length) + 1);
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      Files.write(file, damaged);
      try {
        // A digit in place of another is no damage that can be seen.
        Optional<MachineCosts> read = store.read(MACHINE);
        assertThat(read).isPresent();
      } catch (TraplineException damage) {
        refused++;
        assertThat(damage.code()).isEqualTo("CALIBRATION-CORRUPT");
        assertThat(damage.remedy()).contains("trapline calibrate");
      }
    }
    assertThat(refused).isGreaterThan(200);
  }

  @Test
  void theFileOfAnotherMachineIsNotTakenForThisOnes() throws IOException {
    CalibrationStore store = new CalibrationStore(folder);
    Path file = store.write(costs());
    MachineIdentity other = new MachineIdentity(new TreeMap<>(Map.of("cpu", "Another CPU")));
    Files.move(file, store.fileOf(other));
    assertThatThrownBy(() -> store.read(other))
        .isInstanceOf(TraplineException.class)
        .hasMessageContaining("another machine");
  }

  @Test
  void aFileInPlaceOfTheFolderIsToldBeforeMeasuring() throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    assertThatThrownBy(() -> new CalibrationStore(file).checkWritable())
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> assertThat(failure.code()).isEqualTo("CALIBRATION-NOT-WRITTEN"));
  }

  static MachineCosts costs() {
    MedianInterval interval = new MedianInterval(21, 101.5, 99.25, 104.0, 0.97);
    TreeMap<String, MachineCost> costs = new TreeMap<>();
    costs.put(
        MachineCosts.NULL_SYSCALL, new MachineCost(MachineCosts.NULL_SYSCALL, "words", interval));
    TreeMap<String, CostSweep> sweeps = new TreeMap<>();
    sweeps.put(
        MachineCosts.READ,
        new CostSweep(
            MachineCosts.READ,
            "words",
            "bytes",
            List.of(
                new CostSweep.Point(1, interval),
                new CostSweep.Point(65536, new MedianInterval(1, 5000, null, null, null)))));
    return new MachineCosts(
        MACHINE,
        Instant.parse("2026-11-28T12:00:00Z"),
        "0.1.0",
        21,
        7,
        costs,
        sweeps,
        new TreeMap<>(Map.of(MachineCosts.KVM_RUN_RETURN, "no /dev/kvm")),
        List.of("a warning"));
  }
}
