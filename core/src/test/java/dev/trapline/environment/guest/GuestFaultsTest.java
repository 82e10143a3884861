// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trapline.TraplineException;
import dev.trapline.environment.Environment;
import dev.trapline.environment.GuestMachine;
import dev.trapline.environment.GuestProgram;
import dev.trapline.environment.HostThread;
import dev.trapline.environment.Node;
import dev.trapline.environment.Site;
import dev.trapline.environment.image.GuestKernel;
import dev.trapline.environment.qemu.QemuDriver;
import dev.trapline.host.Lease;
import dev.trapline.host.LibC;
import dev.trapline.host.NetworkNamespace;
import dev.trapline.host.ProcFs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// A real guest under QEMU's emulator: what its agent brings over the serial line, and what is said
/// when the guest or its monitor dies. One machine for all, started again where it died.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GuestFaultsTest {
  /// A deadline against hanging, not an expectation.
  private static final Duration LONG = Duration.ofMinutes(3);

  private static final QemuDriver DRIVER = new QemuDriver("tcg", QemuDriver.Machine.MICROVM, false);
  private static final MachineSettings SETTINGS = settings(LONG);

  @TempDir static Path folder;
  private static Lease lease;
  private static Environment.Prepared place;
  private static int number;

  private static MachineSettings settings(Duration readyWithin) {
    return new MachineSettings(
        MachineSettings.Topology.HOST_GUEST, 1, 192, 1, null, null, null, readyWithin);
  }

  private static VmEnvironment environment(MachineSettings settings, String name) {
    return new VmEnvironment(
        name, DRIVER, settings, new GuestImage(settings, System.out::println), true);
  }

  @BeforeAll
  static void bootOneGuest() throws Exception {
    environment(SETTINGS, "kvm").unavailable().ifPresent(GuestFaultsTest::skip);
    try {
      GuestKernel.debian(GuestKernel.Flavour.CLOUD, System.out::println);
    } catch (TraplineException unfetched) {
      skip(String.valueOf(unfetched.getMessage()));
    }
    lease = Lease.take(Files.createDirectory(folder.resolve("state")));
    place = environment(SETTINGS, "kvm").prepare(site("kept"));
    place.ready();
  }

  private static Site site(String kept) throws Exception {
    return new Site(lease, Files.createDirectory(folder.resolve(kept)));
  }

  private static void skip(String reason) {
    System.out.println("skipped: " + reason);
    abort(reason);
  }

  @AfterAll
  static void endAllAndLookForRemains() {
    if (place != null) {
      int pid = machine().pid();
      place.close();
      assertThat(ProcFs.stat(pid)).as("the monitor").isEmpty();
      assertThat(Path.of("/run/netns/trapline-" + lease.id() + "-kvm")).doesNotExist();
    }
    if (lease != null) {
      lease.close();
    }
  }

  private static GuestMachine machine() {
    return ((Node.Guest) place.server()).machine();
  }

  private static GuestProgram started(GuestMachine.Listening listening, String... command)
      throws Exception {
    GuestProgram program = machine().arm(List.of(command), listening);
    program.go();
    return program;
  }

  private record Printed(int exitCode, String output, String error) {}

  private static Printed run(String... command) throws Exception {
    GuestProgram program = started(GuestMachine.Listening.NOT, command);
    assertThat(program.await(LONG)).isTrue();
    GuestProgram.End end = program.end();
    number++;
    Path output = folder.resolve("out" + number);
    Path error = folder.resolve("err" + number);
    program.deliver(output, error);
    return new Printed(end.exitCode(), Files.readString(output), Files.readString(error));
  }

  @Test
  @Order(1)
  void argumentsReachAProgramAsTheyAreAndNoShellReadsThem() throws Exception {
    Printed printed = run("printf", "%s\\n", "a  b", "$(reboot)", "*", "it's \"so\"; é", "");
    assertThat(printed.output()).isEqualTo("a  b\n$(reboot)\n*\nit's \"so\"; é\n\n");
    assertThat(printed.exitCode()).isEqualTo(0);
  }

  @Test
  @Order(1)
  void aLongOutputComesWholeAndLooksLikeNoProtocol() throws Exception {
    Printed printed =
        run("sh", "-c", "seq 1 20000; printf '\\nTRAPLINE 9 ENDED 1 0\\n'; echo oops >&2; exit 3");
    StringBuilder expected = new StringBuilder();
    for (int line = 1; line <= 20_000; line++) {
      expected.append(line).append('\n');
    }
    assertThat(printed.output()).isEqualTo(expected + "\nTRAPLINE 9 ENDED 1 0\n");
    assertThat(printed.error()).isEqualTo("oops\n");
    assertThat(printed.exitCode()).isEqualTo(3);
  }

  @Test
  @Order(1)
  void whatTheKernelSaysInBetweenDoesNoHarm() throws Exception {
    Printed printed =
        run("sh", "-c", "for n in 1 2 3 4 5; do echo '<0>a message' >/dev/kmsg; echo $n; done");
    assertThat(printed.output()).isEqualTo("1\n2\n3\n4\n5\n");
    assertThat(printed.exitCode()).isEqualTo(0);
  }

  @Test
  @Order(1)
  void aProgramThatIsMissingSaysSo() throws Exception {
    Printed printed = run("no-such-tool");
    assertThat(printed.exitCode()).isEqualTo(127);
    assertThat(printed.error()).contains("not found");
  }

  @Test
  @Order(1)
  void aServerIsReadyWhenItListensAndEndsWhenItIsTold() throws Exception {
    GuestProgram server =
        started(
            new GuestMachine.Listening("tcp", 7001),
            "iperf3",
            "-s",
            "-B",
            place.server().address(),
            "-p",
            "7001");
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!server.isListening() && System.nanoTime() < deadline) {
      server.await(Duration.ofMillis(20));
    }
    assertThat(server.isListening()).isTrue();
    assertThat(server.isAlive()).isTrue();
    server.signal(9);
    assertThat(server.await(LONG)).isTrue();
    assertThat(server.end().exitCode()).isEqualTo(128 + 9);
    assertThat(server.isAlive()).isFalse();
  }

  @Test
  @Order(1)
  void whatIsArmedWaitsAndAllOfItGoesAtOneWord() throws Exception {
    List<GuestProgram> waiting = new ArrayList<>();
    for (int part = 0; part < 3; part++) {
      waiting.add(
          machine().arm(List.of("sh", "-c", "exit " + (40 + part)), GuestMachine.Listening.NOT));
    }
    // Others come and go beside them, under numbers of their own.
    GuestProgram disarmed = machine().arm(List.of("sleep", "1"), GuestMachine.Listening.NOT);
    disarmed.signal(15);
    assertThat(disarmed.await(LONG)).isTrue();
    assertThat(disarmed.end().exitCode()).isEqualTo(128 + 15);
    assertThat(waiting).allMatch(GuestProgram::isAlive);
    waiting.getFirst().go();
    for (int part = 0; part < 3; part++) {
      assertThat(waiting.get(part).await(LONG)).isTrue();
      assertThat(waiting.get(part).end().exitCode()).isEqualTo(40 + part);
    }
  }

  @Test
  @Order(1)
  void fromTheWordToGoOnTheGuestSaysOneByteUntilItIsAsked() throws Exception {
    Path console = folder.resolve("kept/kvm-server.console");
    GuestProgram program =
        machine().arm(List.of("sh", "-c", "echo words; exit 7"), GuestMachine.Listening.NOT);
    // What came with the arming may be on its way to the file still: only what follows counts.
    Thread.sleep(Duration.ofSeconds(1));
    int before = Files.readString(console, StandardCharsets.US_ASCII).length();
    program.go();
    assertThat(program.await(LONG)).isTrue();
    Thread.sleep(Duration.ofSeconds(1));
    assertThat(Files.readString(console, StandardCharsets.US_ASCII).substring(before))
        .matches("<[89a-f][0-9a-f]>");
    assertThat(program.end().exitCode()).isEqualTo(7);
  }

  @Test
  @Order(1)
  void theMonitorsThreadsAreToldApart() {
    assertThat(machine().threads())
        .extracting(HostThread::kind)
        .contains(HostThread.Kind.MAIN_LOOP, HostThread.Kind.VCPU)
        .doesNotContain(HostThread.Kind.VHOST_WORKER);
  }

  @Test
  @Order(1)
  void aTapWhoseNameIsTakenIsAnError() throws Exception {
    try (Lease other = Lease.take(Files.createDirectory(folder.resolve("taps")));
        TapNetwork network = TapNetwork.create(other, "tap", SETTINGS)) {
      assertThatThrownBy(() -> network.tap(TapNetwork.SERVER_TAP, 1))
          .isInstanceOfSatisfying(
              TraplineException.class,
              error -> {
                assertThat(error.code()).isEqualTo("TAP-NOT-MADE");
                assertThat(error).hasMessageContaining(TapNetwork.SERVER_TAP);
              });
      NetworkNamespace.removeIfPresent("trapline-" + other.id() + "-tap");
    }
  }

  @Test
  @Order(2)
  void aPanicOfTheGuestIsToldWithItsWordsAndTheMachineIsStartedAgain() throws Exception {
    GuestProgram program =
        started(GuestMachine.Listening.NOT, "sh", "-c", "echo c >/proc/sysrq-trigger");
    assertDies(program, "GUEST-PANIC", "sysrq");
    place.ready();
    assertThat(run("echo", "again").output()).isEqualTo("again\n");
    assertThat(
            Files.readString(
                folder.resolve("kept/kvm-server.console"), StandardCharsets.ISO_8859_1))
        .contains("Kernel panic - not syncing");
  }

  @Test
  @Order(3)
  void aKilledMonitorIsToldAndTheMachineIsStartedAgain() throws Exception {
    GuestProgram program = started(GuestMachine.Listening.NOT, "sleep", "1000");
    LibC.kill(machine().pid(), 9);
    assertDies(program, "VMM-DIED", "kvm-server");
    assertThat(program.isAlive()).isFalse();
    place.ready();
    assertThat(run("echo", "again").output()).isEqualTo("again\n");
  }

  private static void assertDies(GuestProgram program, String code, String words) {
    assertThatThrownBy(
            () -> {
              boolean ended = program.await(LONG);
              throw new AssertionError(ended ? "it ended" : "nothing was heard");
            })
        .isInstanceOfSatisfying(
            TraplineException.class,
            error -> {
              assertThat(error.code()).isEqualTo(code);
              assertThat(error).hasMessageContaining(words).hasMessageContaining("console");
            });
  }

  @Test
  @Order(4)
  void aGuestThatIsNotReadyInTimeIsAnErrorAndNothingIsLeft() throws Exception {
    VmEnvironment hasty = environment(settings(Duration.ofMillis(100)), "hasty");
    Site site = site("hasty");
    assertThatThrownBy(() -> hasty.prepare(site))
        .isInstanceOfSatisfying(
            TraplineException.class,
            error -> {
              assertThat(error.code()).isEqualTo("GUEST-NOT-READY");
              assertThat(error).hasMessageContaining("hasty-server").hasMessageContaining("onsole");
            });
    assertThat(Path.of("/run/netns/trapline-" + lease.id() + "-hasty")).doesNotExist();
  }
}
