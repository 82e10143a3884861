// SPDX-License-Identifier: Apache-2.0
/// Every figure of a trial under one name: outcomes, and costs per message, GiB or second, so that
/// trials can be set side by side. Divides within a trial only. Knows `run` and the nouns below,
/// and `analysis` for kinds of calls. Read `Metric` first, then `RunMetrics`.
@NullMarked
package dev.trapline.metric;

import org.jspecify.annotations.NullMarked;
