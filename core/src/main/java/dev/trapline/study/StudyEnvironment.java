// SPDX-License-Identifier: Apache-2.0
package dev.trapline.study;

import org.jspecify.annotations.Nullable;

/// Where the tests of a study ran.
///
/// @param id how rows refer to it
/// @param label how the study calls it
/// @param virtualised null if not told
/// @param vmm the virtual machine monitor; null if there is none or it is not told
/// @param network how packets come in and out, in words; null if not told
public record StudyEnvironment(
    String id,
    String label,
    @Nullable Boolean virtualised,
    @Nullable String vmm,
    @Nullable String network,
    Place place) {}
