// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment.firecracker;

import dev.trapline.environment.vmm.MachinePlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A request to Firecracker's API, as the project's own description of it has them
/// (`src/firecracker/swagger/firecracker.yaml`).
///
/// @param method `PUT` or `PATCH`
/// @param path below the root
/// @param body a JSON object: texts, whole numbers and truth values by name
record ApiRequest(String method, String path, Map<String, Object> body) {
  /// Of the guest's only network card, and of Firecracker's counters of it.
  static final String NETWORK_CARD = "eth0";

  private static final String ROOT_DRIVE = "root";

  /// All that is said before the start, in order: first where Firecracker writes what it has to say
  /// of the rest.
  ///
  /// @param bootArguments the whole kernel command line
  /// @param log an existing file
  /// @param metrics an existing file
  static List<ApiRequest> configuration(
      MachinePlan plan, String bootArguments, Path log, Path metrics) {
    List<ApiRequest> requests = new ArrayList<>();
    requests.add(
        put(
            "/logger",
            Map.of(
                "log_path",
                log.toString(),
                "level",
                "Info",
                "show_level",
                true,
                "show_log_origin",
                false)));
    requests.add(put("/metrics", Map.of("metrics_path", metrics.toString())));
    requests.add(
        put(
            "/machine-config",
            Map.of(
                "vcpu_count", plan.vcpus(),
                "mem_size_mib", plan.memoryMebibytes(),
                "smt", false)));
    Map<String, Object> bootSource = new LinkedHashMap<>();
    bootSource.put("kernel_image_path", plan.kernel().toString());
    bootSource.put("boot_args", bootArguments);
    if (plan.initrd() != null) {
      bootSource.put("initrd_path", plan.initrd().toString());
    }
    requests.add(put("/boot-source", bootSource));
    if (plan.disk() != null) {
      requests.add(
          put(
              "/drives/" + ROOT_DRIVE,
              Map.of(
                  "drive_id",
                  ROOT_DRIVE,
                  "path_on_host",
                  plan.disk().toString(),
                  // Firecracker adds root= to the command line for it; an initial file system
                  // mounts the disk itself.
                  "is_root_device",
                  plan.initrd() == null,
                  "is_read_only",
                  true)));
    }
    requests.add(
        put(
            "/network-interfaces/" + NETWORK_CARD,
            Map.of(
                "iface_id", NETWORK_CARD,
                "guest_mac", plan.macAddress(),
                "host_dev_name", plan.tap())));
    return requests;
  }

  /// Starts the guest's CPUs.
  static ApiRequest start() {
    return action("InstanceStart");
  }

  /// Presses Ctrl, Alt and Delete on the guest's keyboard, which asks it to shut down.
  static ApiRequest pressControlAltDelete() {
    return action("SendCtrlAltDel");
  }

  /// Has a line of counters written now; otherwise there is one a minute.
  static ApiRequest flushMetrics() {
    return action("FlushMetrics");
  }

  /// Stops the guest's CPUs.
  static ApiRequest pause() {
    return new ApiRequest("PATCH", "/vm", Map.of("state", "Paused"));
  }

  /// Lets them go on.
  static ApiRequest resume() {
    return new ApiRequest("PATCH", "/vm", Map.of("state", "Resumed"));
  }

  private static ApiRequest action(String type) {
    return put("/actions", Map.of("action_type", type));
  }

  private static ApiRequest put(String path, Map<String, Object> body) {
    return new ApiRequest("PUT", path, body);
  }
}
