// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import dev.trapline.tally.Count;
import dev.trapline.tally.ObjectKind;
import org.jspecify.annotations.Nullable;

/// How often one side made one syscall.
///
/// @param role null if the study does not tell the side
/// @param syscall as the study writes it, which may be an alias (`newfstat`)
/// @param object kind of the descriptor; null if not told
/// @param request ioctl request or futex operation; null if not told
/// @param thread if the figure is of one thread only; null otherwise
/// @param measured bytes, times and errors of the same calls; null in a study that gives counts
///   only
/// @param run which run it comes from; null if the source does not tell
public record StudyCount(
    String environment,
    String test,
    @Nullable String role,
    String syscall,
    @Nullable ObjectKind object,
    @Nullable String request,
    @Nullable String thread,
    Figure calls,
    @Nullable Count measured,
    @Nullable String run) {}
