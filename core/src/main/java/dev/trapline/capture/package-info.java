// SPDX-License-Identifier: Apache-2.0
/// The port through which syscalls are captured, whoever counts them: eBPF, perf or strace. Knows
/// `syscall`, `tally` and `host`. Read `CaptureSource` first.
@NullMarked
package dev.trapline.capture;

import org.jspecify.annotations.NullMarked;
