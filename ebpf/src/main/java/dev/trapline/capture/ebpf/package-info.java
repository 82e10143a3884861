// SPDX-License-Identifier: Apache-2.0
/// Capture by eBPF: bindings to libbpf, and the reader of what `syscalls.bpf.c` counts. Knows
/// `capture`, `syscall`, `tally` and `host`. Read `EbpfCapture` first.
@NullMarked
package dev.trapline.capture.ebpf;

import org.jspecify.annotations.NullMarked;
