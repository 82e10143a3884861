// SPDX-License-Identifier: Apache-2.0
/// Reads the YAML files that people write for us: strict, small, and with the place of every value,
/// so that whatever is wrong is told where it stands. Knows the distance of names from `syscall`
/// only. Read `YamlDocument` first.
@NullMarked
package dev.trapline.yaml;

import org.jspecify.annotations.NullMarked;
