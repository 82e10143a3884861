// SPDX-License-Identifier: Apache-2.0
/// A report as one page of HTML that needs nothing else: no network, no other file. Knows `report`
/// above it. Read `ReportPage` first.
///
/// Text goes through `Markup`, which escapes; there is no other way to put text into a page.
@NullMarked
package dev.trapline.report.html;

import org.jspecify.annotations.NullMarked;
