// SPDX-License-Identifier: Apache-2.0
package dev.trapline.report.study;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trapline.study.Studies;
import dev.trapline.study.StudyYaml;
import java.util.List;
import org.junit.jupiter.api.Test;

class StrategiesTest {
  private static final String PLACES =
      """
      study: rules
      tools: {throughput: iperf3, latency: sockperf ping-pong}
      environments:
        user: {vmm: QEMU, network: virtio-net in user space}
        vhost: {vmm: QEMU, network: vhost-net}
        fire: {vmm: Firecracker, network: virtio-mmio}
        bare: {}
      outcomes:
        user: {latency_messages: 1000, transferred: {value: 10, unit_as_written: GiB}}
        vhost: {latency_messages: 1000, transferred: {value: 10, unit_as_written: GiB}}
        fire: {latency_messages: 1000, transferred: {value: 10, unit_as_written: GiB}}
        bare: {latency_messages: 1000, transferred: {value: 10, unit_as_written: GiB}}
      counts:
      """;

  private static List<Strategy> applying(String... rows) {
    StringBuilder text = new StringBuilder(PLACES);
    for (String row : rows) {
      text.append("  - {").append(row).append("}\n");
    }
    SeenCalls seen = new SeenCalls(List.of(StudyYaml.parse(text.toString(), "rules.yaml")));
    return new Strategies(seen).all().stream().filter(Strategy::applies).toList();
  }

  private static List<String> titles(String... rows) {
    return applying(rows).stream().map(Strategy::title).toList();
  }

  private static String row(
      String environment, String test, String role, String syscall, long calls) {
    return "environment: "
        + environment
        + ", test: "
        + test
        + ", role: "
        + role
        + ", syscall: "
        + syscall
        + ", calls: "
        + calls;
  }

  @Test
  void vhostIsForAVmmWithoutIt() {
    String vhost = "vhost-net in place of virtio-net in user space";
    assertThat(titles(row("user", "latency", "server", "ioctl", 2000))).contains(vhost);
    assertThat(titles(row("vhost", "latency", "server", "ioctl", 2000))).doesNotContain(vhost);
    assertThat(titles(row("fire", "latency", "server", "ioctl", 2000)))
        .doesNotContain(vhost)
        .contains("Fewer returns of a vCPU to Firecracker");
    assertThat(titles(row("bare", "latency", "server", "ioctl", 2000))).isEmpty();
    assertThat(titles(row("user", "latency", "server", "ioctl", 20))).isEmpty();
  }

  @Test
  void vhostIsComparedOnTheSameSideOnly() {
    assertThat(
            applying(
                    row("user", "latency", "server", "ioctl", 2000),
                    row("vhost", "latency", "server", "ioctl", 200))
                .getFirst()
                .evidence())
        .containsExactly(
            "user latency, server: 2,000 ioctl, 2.00 / message; vhost 200, 90.0% fewer calls and"
                + " 90.0% fewer per message.");
    assertThat(
            applying(
                    row("user", "latency", "server", "ioctl", 2000),
                    row("vhost", "latency", "client", "ioctl", 200))
                .getFirst()
                .evidence())
        .containsExactly(
            "user latency, server: 2,000 ioctl, 2.00 / message; vhost 200, client, so the two are"
                + " not divided.");
  }

  @Test
  void aWaitForEveryTransferIsOneTooMany() {
    assertThat(
            titles(
                row("bare", "throughput", "server", "read", 300_000),
                row("bare", "throughput", "server", "pselect6", 300_000)))
        .contains("No wait before every transfer");
    assertThat(
            titles(
                row("bare", "throughput", "server", "read", 300_000),
                row("bare", "throughput", "server", "pselect6", 30_000)))
        .doesNotContain("No wait before every transfer");
  }

  @Test
  void transfersAreSmallOrLargeButNotBoth() {
    // 10 GiB in 10 million calls is 1 KiB a call; in 100,000 it is 105 KiB.
    assertThat(titles(row("bare", "throughput", "client", "write", 10_000_000)))
        .containsExactly("Larger or vectored transfers");
    assertThat(titles(row("bare", "throughput", "client", "write", 100_000)))
        .containsExactly("Zero-copy for large transfers");
    assertThat(titles(row("bare", "throughput", "server", "write", 100_000))).isEmpty();
  }

  @Test
  void busyPollingIsForWhoSleepsForEveryMessage() {
    String busy = "Busy polling where latency is worth a CPU";
    assertThat(titles(row("bare", "latency", "client", "epoll_wait", 1000))).contains(busy);
    assertThat(titles(row("bare", "latency", "client", "recvfrom", 1000))).contains(busy);
    assertThat(titles(row("bare", "latency", "client", "epoll_wait", 10))).doesNotContain(busy);
    assertThat(titles(row("bare", "latency", "client", "sendto", 1000))).doesNotContain(busy);
  }

  @Test
  void everyAdviceRestsOnAFigure() {
    SeenCalls seen = new SeenCalls(List.of(StudyYaml.read(Studies.published())));
    List<Strategy> all = new Strategies(seen).all();
    assertThat(all.stream().filter(Strategy::applies)).hasSize(6);
    assertThat(all)
        .filteredOn(Strategy::applies)
        .allSatisfy(one -> {
          assertThat(one.advice()).isNotEmpty();
          assertThat(one.evidence()).allSatisfy(text -> assertThat(text).matches(".*[0-9].*"));
        });
    assertThat(all)
        .filteredOn(one -> one.title().startsWith("Larger or vectored"))
        .singleElement()
        .satisfies(one -> assertThat(one.against()).contains("46.5 kB").contains("64.6 kB"));
  }
}
