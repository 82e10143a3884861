// SPDX-License-Identifier: Apache-2.0
/// The machines of a campaign that are there without us: reached, asked, and what is said of them.
/// Knows the campaign's file and environments; verbs know it. Read `CampaignHosts`.
@NullMarked
package dev.trapline.app.hosts;

import org.jspecify.annotations.NullMarked;
