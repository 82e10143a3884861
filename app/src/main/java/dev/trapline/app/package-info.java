// SPDX-License-Identifier: Apache-2.0
/// The command line: one verb, one class; and the place where ports meet implementations. May know
/// everything. Read `Main` first.
@NullMarked
package dev.trapline.app;

import org.jspecify.annotations.NullMarked;
