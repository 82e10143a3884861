// SPDX-License-Identifier: Apache-2.0
package dev.trapline.store;

import dev.trapline.run.Run;
import dev.trapline.run.Tallies;

/// A run on disk whose tallies stay there: a run of hundreds of trials has far more of them than a
/// report needs at once.
///
/// @param run everything but the tallies; its own list of them is empty
/// @param tallies read from the disk by whoever goes over them, those of one trial behind each
///   other
public record StoredRun(Run run, Tallies tallies) {}
