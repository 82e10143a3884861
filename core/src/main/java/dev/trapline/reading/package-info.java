// SPDX-License-Identifier: Apache-2.0
/// What all readers of foreign text share: the input whether compressed or not, prefixes that a
/// runner wrote before a tool's own lines, lines that were skipped, and the shape in which counts
/// come back. Knows `tally`. Read `TallyReading` first.
@NullMarked
package dev.trapline.reading;

import org.jspecify.annotations.NullMarked;
