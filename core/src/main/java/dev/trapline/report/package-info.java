// SPDX-License-Identifier: Apache-2.0
/// Turns analysis and tallies into what people read: tables of 80 columns, Markdown. Escapes what
/// came out of a trace. Knows `analysis`, `run` and the nouns. Read `BenchReport` first.
@NullMarked
package dev.trapline.report;

import org.jspecify.annotations.NullMarked;
