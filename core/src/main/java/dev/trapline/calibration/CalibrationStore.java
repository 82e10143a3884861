// SPDX-License-Identifier: Apache-2.0
package dev.trapline.calibration;

import dev.trapline.TraplineException;
import dev.trapline.host.LibC;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// Where calibrations are kept: one file per machine identity, its hash in the name, so that a new
/// kernel or another mitigation does not find the costs of the old one.
public final class CalibrationStore {
  private static final Path OF_ROOT = Path.of("/var/lib/trapline/calibrations");

  private final Path folder;

  /// In this folder, which need not exist yet.
  public CalibrationStore(Path folder) {
    this.folder = folder;
  }

  /// `$XDG_STATE_HOME/trapline/calibrations` if that variable is set; else
  /// `/var/lib/trapline/calibrations` for root and `~/.local/state/trapline/calibrations` for
  /// others (XDG Base Directory Specification 0.8).
  public static CalibrationStore usual() {
    return new CalibrationStore(usualFolder(System.getenv()));
  }

  private static Path usualFolder(Map<String, String> environment) {
    String state = environment.get("XDG_STATE_HOME");
    // The specification has relative paths ignored.
    if (state != null && state.startsWith("/")) {
      return Path.of(state, "trapline", "calibrations");
    }
    return LibC.isRoot()
        ? OF_ROOT
        : Path.of(System.getProperty("user.home"), ".local/state/trapline/calibrations");
  }

  /// What is kept for the machine that made a run: of this user, else of root. Empty if there is
  /// none, or if it is damaged: in both cases a new calibration is the remedy.
  ///
  /// @param machineFacts as in a run's provenance
  public static Optional<MachineCosts> find(SortedMap<String, String> machineFacts) {
    MachineIdentity machine = new MachineIdentity(machineFacts);
    Optional<MachineCosts> own = usual().readUndamaged(machine);
    return own.isPresent() ? own : new CalibrationStore(OF_ROOT).readUndamaged(machine);
  }

  private Optional<MachineCosts> readUndamaged(MachineIdentity machine) {
    try {
      return read(machine);
    } catch (TraplineException damaged) {
      return Optional.empty();
    }
  }

  /// The file of this identity.
  public Path fileOf(MachineIdentity machine) {
    return folder.resolve("calibration-" + machine.hash() + ".json");
  }

  /// What is kept for this identity.
  ///
  /// @throws TraplineException `CALIBRATION-CORRUPT` if the file is not what was written there,
  ///   `CALIBRATION-NOT-READ` if it cannot be read
  public Optional<MachineCosts> read(MachineIdentity machine) {
    Path file = fileOf(machine);
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (java.nio.charset.CharacterCodingException notText) {
      throw CalibrationJson.corrupt(file, "it is no UTF-8 text", notText);
    } catch (IOException unreadable) {
      throw new TraplineException(
          "CALIBRATION-NOT-READ",
          "cannot read " + file + ": " + reason(unreadable) + ".",
          "grant read access to it, or remove it and run `trapline calibrate`",
          unreadable);
    }
    MachineCosts costs = CalibrationJson.read(file, text);
    if (!costs.machine().equals(machine)) {
      throw CalibrationJson.corrupt(file, "it is of another machine than its name says", null);
    }
    return Optional.of(costs);
  }

  /// Makes the folder, and a file in it for a moment: better refused before measuring than after.
  ///
  /// @throws TraplineException `CALIBRATION-NOT-WRITTEN`
  public void checkWritable() {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".calibration-", ".partial"));
    } catch (IOException failure) {
      throw notWritten(failure);
    }
  }

  /// Keeps these costs in place of earlier ones: whole or not at all. What an earlier writer that
  /// was killed left half-written goes.
  ///
  /// @return the file
  /// @throws TraplineException `CALIBRATION-NOT-WRITTEN`
  public Path write(MachineCosts costs) {
    Path file = fileOf(costs.machine());
    Path partial = null;
    try {
      Files.createDirectories(folder);
      removePartials();
      partial = Files.createTempFile(folder, ".calibration-", ".partial");
      Files.writeString(partial, CalibrationJson.write(costs));
      // Readable for other users: their reports use root's calibration.
      partial.toFile().setReadable(true, false);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      return file;
    } catch (IOException failure) {
      if (partial != null) {
        partial.toFile().delete();
      }
      throw notWritten(failure);
    }
  }

  private void removePartials() throws IOException {
    List<Path> left = new ArrayList<>();
    try (var files = Files.newDirectoryStream(folder, ".calibration-*.partial")) {
      files.forEach(left::add);
    }
    for (Path file : left) {
      Files.deleteIfExists(file);
    }
  }

  private TraplineException notWritten(IOException failure) {
    return new TraplineException(
        "CALIBRATION-NOT-WRITTEN",
        "cannot keep a calibration in " + folder + ": " + reason(failure) + ".",
        "XDG_STATE_HOME=FOLDER trapline calibrate, or trapline calibrate --no-keep to only see it",
        failure);
  }

  private static String reason(@Nullable IOException failure) {
    if (failure instanceof AccessDeniedException) {
      return "access denied";
    }
    if (failure instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return failure == null
        ? "unknown"
        : failure.getClass().getSimpleName() + " " + failure.getMessage();
  }
}
