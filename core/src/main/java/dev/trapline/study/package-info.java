// SPDX-License-Identifier: Apache-2.0
/// A study of network stacks as it was published: environments, outcomes, counts of syscalls, and
/// what it claims. It is read from a file, or made of a run of ours, and judged by `audit`. Plain
/// values; nothing here is measured by us. Read `Study` first.
@NullMarked
package dev.trapline.study;

import org.jspecify.annotations.NullMarked;
