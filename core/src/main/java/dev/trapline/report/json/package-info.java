// SPDX-License-Identifier: Apache-2.0
/// A report as JSON, schema `trapline.report/1`, for programs and for the page that draws it. Knows
/// `report` above it. Read `ReportJson` first; docs/reference/report.md describes every key.
@NullMarked
package dev.trapline.report.json;

import org.jspecify.annotations.NullMarked;
