// SPDX-License-Identifier: Apache-2.0
package dev.trapline.tally;

import java.util.ArrayList;
import java.util.List;

/// How sure a tally is: what was lost, and what stood at its edges. Travels with the counts.
///
/// Losses make a tally incomplete. Calls in flight at an edge do not: they began or ended outside
/// the window, and are told so that nobody looks for their time.
///
/// @param lostEvents events that the source says it dropped
/// @param droppedCalls calls seen but not counted under any key, for want of room
/// @param threadsMissed threads that should have been followed and were not
/// @param inFlightAtStart calls under way when counting began: counted, not timed
/// @param inFlightAtEnd calls under way when counting ended: not counted
/// @param cutShortByExit calls that a thread was in when it was ended from outside: not counted
/// @param notes other reasons for doubt, in words; any makes the tally incomplete
public record Completeness(
    long lostEvents,
    long droppedCalls,
    long threadsMissed,
    long inFlightAtStart,
    long inFlightAtEnd,
    long cutShortByExit,
    List<String> notes) {
  /// Nothing lost, nothing in flight.
  public static final Completeness COMPLETE = new Completeness(0, 0, 0, 0, 0, 0, List.of());

  /// Keeps an unmodifiable copy of the notes.
  public Completeness {
    notes = List.copyOf(notes);
  }

  /// Whether every call that began and ended in the window was counted.
  public boolean isComplete() {
    return lostEvents == 0 && droppedCalls == 0 && threadsMissed == 0 && notes.isEmpty();
  }

  /// `complete` or `incomplete`, the word of the published schema.
  public String verdict() {
    return isComplete() ? "complete" : "incomplete";
  }

  /// The same with one more reason for doubt.
  public Completeness withNote(String note) {
    List<String> more = new ArrayList<>(notes);
    more.add(note);
    return new Completeness(
        lostEvents,
        droppedCalls,
        threadsMissed,
        inFlightAtStart,
        inFlightAtEnd,
        cutShortByExit,
        more);
  }

  /// Both together; a note that both have is kept once.
  public Completeness plus(Completeness other) {
    List<String> all = new ArrayList<>(notes);
    for (String note : other.notes) {
      if (!all.contains(note)) {
        all.add(note);
      }
    }
    all.sort(null);
    return new Completeness(
        lostEvents + other.lostEvents,
        droppedCalls + other.droppedCalls,
        threadsMissed + other.threadsMissed,
        inFlightAtStart + other.inFlightAtStart,
        inFlightAtEnd + other.inFlightAtEnd,
        cutShortByExit + other.cutShortByExit,
        all);
  }
}
