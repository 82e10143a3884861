// SPDX-License-Identifier: Apache-2.0
/// Counting by strace(1): works without root and in nearly every container, at the price of two
/// stops of the program per call. Knows the port in `capture`, `host`, and `intake.strace`, which
/// reads the log. Read `StraceCaptureSource` first, then `TracedLaunch` for how a program is
/// wrapped without a tracer standing between it and us.
@NullMarked
package dev.trapline.capture.strace;

import org.jspecify.annotations.NullMarked;
