// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScratchFolderTest {
  @TempDir Path parent;

  @Test
  void whatAKilledOwnerLeftIsRemovedByTheNextStart() throws IOException {
    Path orphan = Files.createDirectory(parent.resolve("trapline-strace-123"));
    Files.createFile(orphan.resolve(".owned"));
    Files.writeString(orphan.resolve("log"), "read(3");
    ScratchFolder.removeOrphans(parent);
    assertThat(orphan).doesNotExist();
  }

  @Test
  void foldersThatAreInUseAreLeftAlone() throws IOException {
    try (ScratchFolder used = ScratchFolder.create("test")) {
      Path file = Files.createFile(used.file("log"));
      ScratchFolder.removeOrphans(Path.of(System.getProperty("java.io.tmpdir")));
      assertThat(file).exists();
      try (ScratchFolder another = ScratchFolder.create("test")) {
        assertThat(another.file("log")).isNotEqualTo(file);
        assertThat(file).exists();
      }
    }
  }

  @Test
  void foldersOfOthersAreLeftAlone() throws IOException {
    Path withoutLock = Files.createDirectory(parent.resolve("trapline-strace-999"));
    Path link = parent.resolve("trapline-link-1");
    Path target = Files.createDirectory(parent.resolve("target"));
    Files.createFile(target.resolve(".owned"));
    Files.createSymbolicLink(link, target);
    ScratchFolder.removeOrphans(parent);
    assertThat(withoutLock).exists();
    assertThat(target.resolve(".owned")).exists();
  }

  @Test
  void itIsReadableByNobodyElseAndGoneWhenClosed() throws IOException {
    Path path;
    try (ScratchFolder folder = ScratchFolder.create("test")) {
      path = Files.createFile(folder.file("log")).getParent();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
    }
    assertThat(path).doesNotExist();
  }
}
