// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import dev.trapline.TraplineException;
import dev.trapline.capture.Capture;
import dev.trapline.capture.CaptureLevel;
import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureTarget;
import dev.trapline.host.LibC;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Counts in the kernel, at about a hundred nanoseconds a call, with every quantity known that
/// Trapline has a word for.
public final class EbpfCaptureSource implements CaptureSource {
  private static final Path KERNEL_TYPES = Path.of("/sys/kernel/btf/vmlinux");

  @Override
  public String name() {
    return "ebpf";
  }

  @Override
  public String description() {
    return "counts in the kernel; time split into work, blocked, runnable and guest";
  }

  @Override
  public List<String> cannotKnow(CaptureLevel level) {
    return level == CaptureLevel.FULL
        ? List.of("bytes of sendmmsg and recvmmsg, which return a number of messages")
        : List.of(
            "time of any kind (level light)",
            "the object of close, which is gone when the call returns",
            "calls in flight at the edges of the capture",
            "context switches of the observed threads",
            "bytes of sendmmsg and recvmmsg, which return a number of messages");
  }

  @Override
  public Optional<Unavailable> unavailable() {
    if (!LibC.isRoot()) {
      return Optional.of(
          new Unavailable(
              "EBPF-DENIED",
              "loading BPF programs needs root (CAP_BPF and CAP_PERFMON); the effective uid is not"
                  + " 0",
              "run as root: sudo ./trapline ..."));
    }
    if (!Files.exists(KERNEL_TYPES)) {
      return Optional.of(
          new Unavailable(
              "BTF-MISSING",
              KERNEL_TYPES + " does not exist: this kernel was built without CONFIG_DEBUG_INFO_BTF",
              "boot a kernel with BTF, such as Debian's own; or use --capture perf"));
    }
    try {
      BpfLibrary.lookUp();
      EbpfCapture.tryLoad();
      return Optional.empty();
    } catch (TraplineException failure) {
      return Optional.of(
          new Unavailable(failure.code(), String.valueOf(failure.getMessage()), failure.remedy()));
    }
  }

  @Override
  public boolean supports(CaptureTarget target) {
    return true;
  }

  @Override
  public Capture start(CaptureTarget target, CaptureLevel level) {
    BpfLibrary.lookUp();
    return EbpfCapture.start(target, level);
  }
}
