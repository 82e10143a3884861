// SPDX-License-Identifier: Apache-2.0
package dev.trapline.workload;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where the words of one program are.
///
/// @param standardOutput what it printed: the results
/// @param standardError what it complained of, quoted where the results are missing; null if it was
///   not kept or went to the same file
public record ToolOutput(Path standardOutput, @Nullable Path standardError) {}
