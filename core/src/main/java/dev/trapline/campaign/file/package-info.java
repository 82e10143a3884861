// SPDX-License-Identifier: Apache-2.0
/// The campaign file: a campaign written down once, to be run anywhere. Reads and checks it, and
/// ships its JSON Schema. Makes nothing and runs nothing. Knows `campaign`, `workload` and `yaml`.
/// Read `CampaignFile` first.
@NullMarked
package dev.trapline.campaign.file;

import org.jspecify.annotations.NullMarked;
