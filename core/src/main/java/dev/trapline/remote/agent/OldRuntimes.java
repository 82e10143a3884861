// SPDX-License-Identifier: Apache-2.0
package dev.trapline.remote.agent;

import dev.trapline.host.FolderTree;
import dev.trapline.host.ProcFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The runtime images beside the one that this agent runs out of. The three that were used last are
/// kept, so that a controller that is updated and one that is not do not send theirs by turns.
final class OldRuntimes {
  private static final int KEPT = 3;
  private static final Pattern IMAGE = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern UNFINISHED = Pattern.compile("[.](new|old)-[0-9a-f]{64}-[0-9]+");
  private static final Duration ABANDONED_AFTER = Duration.ofHours(1);

  private OldRuntimes() {}

  /// Marks ours as used, and removes what is old. What cannot be removed is left to the next agent.
  ///
  /// @param ours the folder of this agent's image
  static void remove(Path ours) {
    try {
      Files.setLastModifiedTime(ours, FileTime.from(Instant.now()));
      List<Path> images = new ArrayList<>();
      try (Stream<Path> all = Files.list(ours.getParent())) {
        for (Path entry : all.toList()) {
          String name = entry.getFileName().toString();
          if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
            if (IMAGE.matcher(name).matches()) {
              images.add(entry);
            } else if (UNFINISHED.matcher(name).matches()
                && modified(entry).isBefore(Instant.now().minus(ABANDONED_AFTER))) {
              FolderTree.delete(entry);
            }
          }
        }
      }
      images.sort(Comparator.comparing(OldRuntimes::modified).reversed());
      for (Path old : images.subList(Math.min(KEPT, images.size()), images.size())) {
        if (!old.equals(ours) && !isInUse(old)) {
          FolderTree.delete(old);
        }
      }
    } catch (IOException leftToTheNextAgent) {
      // Another agent removes them just now, or the disk refuses: no reason not to work.
    }
  }

  private static Instant modified(Path path) {
    try {
      return Files.getLastModifiedTime(path).toInstant();
    } catch (IOException gone) {
      return Instant.EPOCH;
    }
  }

  private static boolean isInUse(Path image) {
    return ProcFs.processes().stream()
        .map(ProcFs::executable)
        .flatMap(Optional::stream)
        .anyMatch(program -> program.startsWith(image));
  }
}
