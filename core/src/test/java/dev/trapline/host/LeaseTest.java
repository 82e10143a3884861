// SPDX-License-Identifier: Apache-2.0
package dev.trapline.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.TraplineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who owns what, told by locks: what a dead owner left is removed, what a living one holds is not.
class LeaseTest {
  @TempDir Path folder;
  private final List<Process> started = new java.util.ArrayList<>();

  @AfterEach
  void endWhatWasStarted() {
    started.forEach(Process::destroyForcibly);
  }

  private List<String> files() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /// A program that carries the mark of a lease.
  private Process marked(String id) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("sleep", "600");
    builder.environment().put(Lease.MARK, id);
    Process process = builder.start();
    started.add(process);
    byte[] mark = (Lease.MARK + "=" + id).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    // Between fork and exec it has our environment.
    while (!ProcFs.environmentHolds((int) process.pid(), mark)) {
      Thread.sleep(5);
    }
    return process;
  }

  /// What a lease looks like whose owner was killed.
  private void orphan(String id, String... entries) throws IOException {
    Files.writeString(folder.resolve(id + ".lease"), String.join("\n", entries) + "\n");
  }

  private static boolean ends(Process process) throws InterruptedException {
    return process.waitFor(30, TimeUnit.SECONDS);
  }

  @Test
  void aLeaseIsAFileForAsLongAsItIsHeld() throws Exception {
    try (Lease lease = Lease.take(folder)) {
      assertThat(files()).containsExactly(lease.id() + ".lease");
      lease.holdNamespace("trapline-test-nowhere");
      assertThat(folder.resolve(lease.id() + ".lease")).hasContent("netns trapline-test-nowhere\n");
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void itsFolderIsMadeForItsOwnerAlone() throws Exception {
    Path fresh = folder.resolve("a").resolve("b");
    try (Lease lease = Lease.take(fresh)) {
      assertThat(lease.id()).isNotEmpty();
      assertThat(Files.getPosixFilePermissions(fresh)).hasSize(3);
    }
  }

  @Test
  void closingEndsTheProcessesOfTheLeaseAndNoOthers() throws Exception {
    Process ours;
    Process another;
    try (Lease lease = Lease.take(folder)) {
      ours = marked(lease.id());
      another = marked(lease.id() + "0");
    }
    assertThat(ends(ours)).isTrue();
    assertThat(another.isAlive()).isTrue();
  }

  @Test
  void whatADeadOwnerLeftIsRemovedByTheNextStart() throws Exception {
    Process left = marked("orphan1");
    orphan("orphan1", "netns trapline-orphan1-server");
    try (Lease lease = Lease.take(folder)) {
      assertThat(files()).containsExactly(lease.id() + ".lease");
      assertThat(ends(left)).isTrue();
    }
  }

  @Test
  void removingOrphansTellsWhichTheyWere() throws Exception {
    orphan("one");
    orphan("two");
    assertThat(Lease.removeOrphans(folder)).containsExactlyInAnyOrder("one", "two");
    assertThat(Lease.removeOrphans(folder)).isEmpty();
  }

  @Test
  void aLeaseWithDamagedEntriesIsRemovedAllTheSame() throws Exception {
    orphan("torn", "netns", "net", "", "unknown entry");
    assertThat(Lease.removeOrphans(folder)).containsExactly("torn");
    assertThat(files()).isEmpty();
  }

  @Test
  void theLeaseOfALivingOwnerIsLeftAlone() throws Exception {
    try (OtherOwner other = new OtherOwner(folder)) {
      Process theirs = marked(other.id());
      assertThat(Lease.removeOrphans(folder)).isEmpty();
      try (Lease lease = Lease.take(folder)) {
        assertThat(Lease.othersRunning(folder, lease)).isEqualTo(1);
        assertThat(files()).contains(other.id() + ".lease");
      }
      assertThat(theirs.isAlive()).isTrue();
    }
  }

  @Test
  void aKilledOwnerLosesItsLockAndSoItsLease() throws Exception {
    try (OtherOwner other = new OtherOwner(folder)) {
      Process theirs = marked(other.id());
      other.kill();
      assertThat(Lease.removeOrphans(folder)).containsExactly(other.id());
      assertThat(ends(theirs)).isTrue();
    }
  }

  /// POSIX locks are lost when their process closes any descriptor of the file, which a look at our
  /// own leases would do.
  @Test
  void lookingForOrphansDoesNotDropOurOwnLock() throws Exception {
    try (Lease lease = Lease.take(folder);
        Lease second = Lease.take(folder)) {
      assertThat(Lease.removeOrphans(folder)).isEmpty();
      assertThat(Lease.othersRunning(folder, lease)).isEqualTo(1);
      assertThat(second.id()).isNotEqualTo(lease.id());
      assertThat(OtherOwner.orphansAsSeenByAnotherProcess(folder)).isEmpty();
    }
  }

  @Test
  void aReusedProcessIdIsHarmless() throws Exception {
    // An orphan of our very pid: what counts is its lock, and processes are found by its whole id.
    String pid = Long.toString(ProcessHandle.current().pid(), 36);
    orphan(pid + "old");
    Process stranger = marked(pid + "new");
    assertThat(Lease.removeOrphans(folder)).containsExactly(pid + "old");
    assertThat(stranger.isAlive()).isTrue();
  }

  @Test
  void anInterruptedThreadKeepsItsLockWhileItWritesAndCleansUp() throws Exception {
    AtomicBoolean stillSet = new AtomicBoolean();
    Lease lease = Lease.take(folder);
    Process ours = marked(lease.id());
    Thread.currentThread().interrupt();
    try {
      lease.holdNamespace("trapline-test-nowhere");
      lease.close();
    } finally {
      stillSet.set(Thread.interrupted());
    }
    assertThat(stillSet).isTrue();
    assertThat(ends(ours)).isTrue();
    assertThat(files()).isEmpty();
  }

  @Test
  void aFolderOfSomebodyElsesIsNotBelieved() throws Exception {
    if (!LibC.isRoot()) {
      String reason = "effective uid is not 0";
      System.out.println("skipped: " + reason);
      abort(reason);
    }
    orphan("planted", "netns trapline-nowhere");
    Files.setAttribute(folder, "unix:uid", 65534);
    try {
      assertThatThrownBy(() -> Lease.take(folder))
          .isInstanceOfSatisfying(
              TraplineException.class,
              failure -> assertThat(failure.code()).isEqualTo("LEASE-FOLDER"))
          .hasMessageContaining("uid 65534");
      assertThat(folder.resolve("planted.lease")).exists();
    } finally {
      Files.setAttribute(folder, "unix:uid", 0);
    }
  }

  @Test
  void aFolderThatCannotBeMadeIsAnErrorWithARemedy() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> Lease.take(file.resolve("state")))
        .isInstanceOfSatisfying(
            TraplineException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo("LEASE-FOLDER");
              assertThat(failure.remedy()).contains("TRAPLINE_STATE");
            });
  }

  @Test
  void theNameOfTheMarkIsPartOfWhatOthersMayRelyOn() {
    assertThat(
            Launch.background(List.of("true"), Path.of("o"), Path.of("e"), null, "id")
                .environment())
        .containsAllEntriesOf(Map.of("TRAPLINE_LEASE", "id", "LC_ALL", "C"));
  }
}
