// SPDX-License-Identifier: Apache-2.0
/// A report as CSV, one figure a row, for spreadsheets and for R. Knows `report` above it. Read
/// `ReportCsv` first.
@NullMarked
package dev.trapline.report.csv;

import org.jspecify.annotations.NullMarked;
