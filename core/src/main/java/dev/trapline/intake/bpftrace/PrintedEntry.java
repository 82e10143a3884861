// SPDX-License-Identifier: Apache-2.0
package dev.trapline.intake.bpftrace;

import org.jspecify.annotations.Nullable;

/// One key of a map with its value.
///
/// @param map the map's name with its `@`
/// @param key what stands between the brackets, its parts not yet told apart; null for a map
///   without keys
record PrintedEntry(String map, @Nullable String key, PrintedValue value) {}
