// SPDX-License-Identifier: Apache-2.0
/// What every package may know: how a failure is told to a user.
@NullMarked
package dev.trapline;

import org.jspecify.annotations.NullMarked;
