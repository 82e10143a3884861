// SPDX-License-Identifier: Apache-2.0
package dev.trapline.environment;

import org.jspecify.annotations.Nullable;

/// A place where one side of a workload runs.
///
/// @param name for tables and files
/// @param address under which the other side reaches it
/// @param networkNamespace path of the namespace to start programs in, or null for ours
public record Node(String name, String address, @Nullable String networkNamespace) {}
