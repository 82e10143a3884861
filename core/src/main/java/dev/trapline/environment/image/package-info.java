// SPDX-License-Identifier: Apache-2.0
/// What a guest boots: a kernel from a Debian package or the user's own, and an initramfs built
/// from the programs of this machine. It starts no guest. Knows `host` only. Read `Initramfs` and
/// `GuestKernel` first.
@NullMarked
package dev.trapline.environment.image;

import org.jspecify.annotations.NullMarked;
