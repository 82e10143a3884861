// SPDX-License-Identifier: Apache-2.0
/// Where the time of a message and the CPU time of a GiB went, party by party, so that it adds up;
/// and how much of the measured work calibrated costs predict. Pure functions of a `Run` and of
/// `MachineCosts`; no words for readers beyond names of parts. Read `TimeAccount` first.
@NullMarked
package dev.trapline.account;

import org.jspecify.annotations.NullMarked;
