/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the kernel programs and their reader (EbpfLayout.java): every
 * structure that both sides touch. A change here is a change there; EbpfLayoutTest has a C
 * compiler say the size and place of each field.
 */
#ifndef TRAPLINE_SYSCALLS_H
#define TRAPLINE_SYSCALLS_H

#define SYSCALL_NUMBERS 512
#define HISTOGRAM_BUCKETS 304
#define HISTOGRAM_SUB_BITS 3
#define HISTOGRAM_LARGEST_EXPONENT 39
#define ERRORS_PER_SLOT 8
#define OBJECT_NAME_LENGTH 32
#define CACHED_SLOTS 128
#define NUMBER_OUT_OF_RANGE 0xffff /* stands for every number that no syscall can have */

/* What the catalogue says of a syscall. */
#define DESCRIPTOR_MASK 0x07 /* 0 none, 1 to 6 argument, 7 return value */
#define RETURNS_BYTES 0x08
#define HAS_REQUEST 0x10 /* second argument tells which call it is */
#define NEVER_RETURNS 0x20
#define REPLACES_PROGRAM 0x40 /* execve, execveat */
#define STARTS_TASK 0x80      /* fork, vfork, clone, clone3 */
#define CLOSES_DESCRIPTOR 0x100 /* look at it on the way in */

enum target_mode {
	TARGET_MARKED = 0, /* tasks with the mark, and what they start */
	TARGET_EVERYTHING = 1,
	TARGET_CGROUP = 2,
};

/* Set before load; constants to the verifier. */
struct capture_config {
	__u32 target_mode;
	__u32 timed;
	__u32 own_tgid;
	__u32 slot_limit;
	__u32 thread_limit;
	__u32 can_cast; /* the kernel has bpf_rdonly_cast */
	__u16 syscall_traits[SYSCALL_NUMBERS];
};

/* Shared while running. */
struct capture_control {
	__u32 armed_tgid; /* a process that this one starts now is marked by its exec ... */
	__u32 armed_role; /* ... with this role */
	__u64 slots_used;
	__u64 threads_used;
	__u64 dropped_calls;
	__u64 threads_missed;
	__u64 in_flight_at_start;
	__u64 in_flight_at_end;
	__u64 cut_short_by_exit;
	__u64 tcp_retransmissions;
	__u64 newly_marked;
	__u64 stopped_at; /* when returns were no longer seen; calls that began later are not ours */
	__u64 unattributed_injections; /* of interrupts into guests, by tasks of no one process */
	__u64 vcpus_used;
	__u64 vcpus_missed;
	__u64 io_uring_operations[128];
};

#define THREAD_LIVE 1
#define THREAD_ENDED 2

/* One thread between two execs. */
struct thread_record {
	__u32 tid;
	__u32 tgid;
	__u32 role;
	__u32 state;
	__u32 last_slot; /* index + 1 of the newest slot, 0 if none */
	__s32 in_flight; /* number of the call under way at the end, or -1 */
	__u64 voluntary_switches;
	__u64 involuntary_switches;
	char comm[16];
	char leader_comm[16];
};

struct error_count {
	__u64 error;
	__u64 calls;
};

/* What one thread did with one syscall, one kind of object and one request. Only its
 * thread writes it, so nothing is atomic. */
struct slot {
	__u32 thread;   /* index of the thread record */
	__u32 previous; /* index + 1 of the thread's slot before this one */
	__s32 number;
	__u32 compat;
	__u32 request;
	__u16 has_descriptor;
	__u16 anonymous; /* no file: the kernel made the inode up, and its name says for what */
	__u16 mode; /* i_mode of the object, 0 if it was gone */
	__u16 family;
	__u16 type;
	__u16 protocol;
	char object_name[OBJECT_NAME_LENGTH];
	__u64 calls;
	__u64 timed_calls;
	__u64 bytes;
	__u64 wall;
	__u64 blocked;
	__u64 runnable;
	__u64 guest;
	__u64 maximum;
	__u64 other_errors;
	struct error_count errors[ERRORS_PER_SLOT];
	__u64 histogram[HISTOGRAM_BUCKETS];
};

#define VCPU_RECORDS 1024
#define EXIT_REASONS 64 /* kinds of exit of one vCPU; more are counted as others */
#define RETURN_REASONS 64
#define RETURN_FAILED 63 /* KVM_RUN came back with an error, whatever the reason says */

/* Where an exit's number is from, as the tracepoint says it (arch/x86/kvm/trace.h). */
#define ISA_VMX 1
#define ISA_SVM 2

struct exit_count {
	__u64 key; /* isa << 32 | number; 0 is an empty place */
	__u64 count;
	__u64 handling; /* to the entry that followed */
	__u64 off_cpu;  /* of that */
};

/* What KVM did in the context of one thread: a vCPU's, or one that only injects. Only the
 * thread writes it, but for the interrupts, which other threads may inject on its behalf. */
struct vcpu_record {
	__u32 role;
	__u32 tgid;
	__u64 entries;
	__u64 guest;
	__u64 halt_poll;
	__u64 knows_halt_poll;
	__u64 injected_messages;
	__u64 injected_lines;
	__u64 injected_at_entry;
	__u64 kicks;
	__u64 returns[RETURN_REASONS];
	struct exit_count exits[EXIT_REASONS];
	struct exit_count other_exits;
};

/* Interrupts by a kernel thread that serves one process (vhost-PID up to Linux 6.3). */
struct served_injections {
	__u64 messages;
	__u64 lines;
};

struct softirq_time {
	__u64 entered_at;
	__u64 transmit_nanos;
	__u64 transmit_count;
	__u64 receive_nanos;
	__u64 receive_count;
};

#endif
