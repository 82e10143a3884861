// SPDX-License-Identifier: Apache-2.0
/// Counting by perf(1): each call's begin and end is written to a file and counted afterwards.
/// Knows the port in `capture`, `host`, and `intake.perf`, which reads the file. Read
/// `PerfCaptureSource` first, which says why it is `perf record` and not `perf trace -s`.
@NullMarked
package dev.trapline.capture.perf;

import org.jspecify.annotations.NullMarked;
