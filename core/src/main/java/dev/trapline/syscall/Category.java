// SPDX-License-Identifier: Apache-2.0
package dev.trapline.syscall;

import java.util.Optional;

/// The ten categories into which the catalogue sorts syscalls.
///
/// A category says what a syscall is for, not what a call was made on: `read` on a tap device and
/// `read` on a file are both [#CORE_IO]. What the descriptor is decides whether a call is network
/// traffic, and only a capture can know that.
public enum Category {
  CORE_IO(
      "core-io",
      "Core I/O",
      "Moves the bytes. Calls per message or per GiB, bytes per call and work per call say how well"
          + " a program talks to the network; everything else is overhead around them. What"
          + " the descriptor is decides the meaning: on a tap device a call is one guest frame, on a"
          + " TCP socket one application buffer, on a disk image no network at all."),
  EVENT_NOTIFICATION(
      "event-notification",
      "Event notification",
      "Finds out what is ready. The time spent asleep here is waiting by design and no cost; the"
          + " price is the calls themselves, the wake-up and the walk over descriptors. The"
          + " number to watch is events per wait: one event per wait means that the loop pays a"
          + " second syscall for every message."),
  DEVICE_CONTROL(
      "device-control",
      "Device control",
      "Commands to a driver, of which ioctl is nearly all. One name covers requests that have"
          + " nothing in common: KVM_RUN lasts as long as the guest runs, TUNSETIFF happens once."
          + " Only a split by request and by guest time makes it readable, and a return of KVM_RUN"
          + " to user space is not the same as a VM exit."),
  SOCKET_MANAGEMENT(
      "socket-management",
      "Socket management",
      "Creates, addresses, connects and tunes sockets. In a steady test it is set-up and vanishes;"
          + " where it grows with the messages, connections are short-lived or options are"
          + " toggled per message."),
  MEMORY(
      "memory",
      "Memory",
      "Changes the address space. Guest memory, rings and buffers are mapped at the start; during a"
          + " run these calls should be rare. A steady rate is an allocator that gives memory back"
          + " and fetches it again, paid with TLB flushes on the other CPUs and with page faults"
          + " that no syscall table shows."),
  PROCESS_AND_THREAD(
      "process-and-thread",
      "Process and thread",
      "Creates, ends, places and restricts processes and threads. Start-up traffic in a good"
          + " design; per connection it dominates everything. Affinity and scheduling policy belong"
          + " here and decide how repeatable latency is."),
  SYNCHRONISATION(
      "synchronisation",
      "Synchronisation",
      "Futexes, signals and semaphores: threads waiting for and waking each other. An uncontended"
          + " lock makes no syscall, so every futex call is contention or a hand-over between"
          + " threads. Waits are waiting, wakes are work; a wake per message is a thread hop per"
          + " message."),
  FILE_SYSTEM(
      "file-system",
      "File system",
      "Paths, files and descriptors. Mostly start-up, logs and disk images; close and fcntl also"
          + " serve sockets and show the price of short connections. What waits here, waits for a"
          + " disk and not for a packet."),
  TIME_AND_RESOURCES(
      "time-and-resources",
      "Time and resources",
      "Clocks, sleeps, timers, limits and usage. Clock reads are answered in the vDSO and do not"
          + " appear; when they do, the clock source or the clock asked for is the reason. Sleeps"
          + " pace senders and are waiting, made late by timer slack and scheduling."),
  MISCELLANEOUS(
      "miscellaneous",
      "Miscellaneous",
      "What fits nowhere else: identity, file status, tracing, security, message queues, system"
          + " administration. Rarely on the data path; a high rate is a habit of a library, such as"
          + " asking for the process number on every log line.");

  private static final Category[] ALL = values();

  private final String slug;
  private final String title;
  private final String explanation;

  Category(String slug, String title, String explanation) {
    this.slug = slug;
    this.title = title;
    this.explanation = explanation;
  }

  /// The name for command lines and files: `core-io`, `event-notification`.
  public String slug() {
    return slug;
  }

  /// The name for people: `Core I/O`.
  public String title() {
    return title;
  }

  /// One paragraph: what the category means in a network workload.
  public String explanation() {
    return explanation;
  }

  /// The category with that slug.
  public static Optional<Category> bySlug(String slug) {
    for (Category category : ALL) {
      if (category.slug.equals(slug)) {
        return Optional.of(category);
      }
    }
    return Optional.empty();
  }
}
