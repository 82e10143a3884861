// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureResult;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.capture.KvmActivity;
import dev.trapline.host.ChildProcess;
import dev.trapline.host.Launch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Runs the known program's guest under a capture, inside the nested lab, and writes what was seen,
/// a figure a line: what [EbpfGuestInLabTest] has run there.
final class KnownGuest {
  private KnownGuest() {}

  /// @param arguments file to write, then the program and its arguments
  public static void main(String[] arguments) throws Exception {
    List<String> words = List.of(arguments);
    Path folder = Files.createDirectories(Path.of(words.getFirst()));
    Launch launch =
        new Launch(
            words.subList(1, words.size()),
            System.getenv(),
            folder.resolve("output"),
            folder.resolve("error"),
            true,
            true,
            null);
    CaptureResult result;
    int code;
    try (Capture capture = EbpfCapture.start(new CaptureTarget.Launched(), CaptureLevel.FULL)) {
      ChildProcess child = capture.launch(launch, "program");
      code =
          ChildProcess.exitCode(child.await(EbpfTestBase.PATIENCE.multipliedBy(5)).orElseThrow());
      result = capture.stop();
    }
    KvmActivity kvm = Objects.requireNonNull(result.kvm().get("program"));
    List<String> lines = new ArrayList<>();
    lines.add("code " + code);
    lines.add("verdict " + result.completeness().verdict());
    lines.add("kicks " + kvm.kicks() + " " + kvm.kicksUnknownBecause());
    kvm.returns().forEach((reason, count) -> lines.add("returns " + reason + " " + count));
    kvm.exits().forEach((reason, exits) -> lines.add("exits " + reason + " " + exits.count()));
    Files.write(folder.resolve("figures"), lines);
  }
}
