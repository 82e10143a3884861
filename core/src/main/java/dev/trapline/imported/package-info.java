// SPDX-License-Identifier: Apache-2.0
/// What others captured, made into a run: which format a file has, which trial and side it belongs
/// to, and which figures may meet. The formats themselves are read by `intake` and `workload`. Read
/// `Importer` first, then `RunAssembly` for what may be divided by what.
@NullMarked
package dev.trapline.imported;

import org.jspecify.annotations.NullMarked;
