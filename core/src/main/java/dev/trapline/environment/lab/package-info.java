// SPDX-License-Identifier: Apache-2.0
/// A lab host for machines without KVM: a virtual machine whose CPU, virtualization included, is
/// emulated by QEMU, and in which Trapline runs as on a machine of its own. It knows nothing of
/// campaigns. Knows `host` and `environment.image`. Read `NestedLab` first.
@NullMarked
package dev.trapline.environment.lab;

import org.jspecify.annotations.NullMarked;
