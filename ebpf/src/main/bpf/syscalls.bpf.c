// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts syscalls where they happen. Each observed thread owns a few slots, one per
 * (syscall, object, request) that it uses; a return from a syscall finds its slot in a
 * table kept with the task and adds to it. Nothing is sent to user space while it runs:
 * the reader maps the slots.
 *
 * Time: a call's wall time is split by the scheduler's own events. From the switch away
 * to the wake-up the thread is blocked, from the wake-up to the switch back it is
 * runnable; a thread switched away while it could run is runnable throughout. What is
 * left, less time inside a guest, is work.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "syscalls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct capture_config config SEC(".rodata.config") = {};

struct list_head {
	struct list_head *next;
} RELOCATED;

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

/* Before a task has MARKED or AWAITS_EXEC only those that mark it write these, and from then on
 * only the task itself: so that no change of one is undone by the other. */
#define MARKED 1u
#define SEEN 2u      /* entered or left a call since it is marked */
#define COULD_RUN 4u /* was switched away while runnable */
#define AWAITS_EXEC 8u /* becomes marked by its next exec */
#define BECAME 16u     /* returns from an exec */

#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000

struct task_state {
	__u64 entered_at; /* 0 outside of a timed call */
	__u64 left_cpu_at;
	__u64 woken_at;
	__u64 blocked;
	__u64 runnable;
	__u64 guest;
	__u64 guest_entered_at;
	__u64 guest_left_at;
	__u64 exit_key;
	__u64 off_cpu; /* inside calls, and between exits and entries of a guest */
	__u64 off_cpu_at_exit;
	__u64 halt_poll_seen; /* + 1; 0 is never */
	__u64 instance;
	__u64 scratch;
	__s32 number;
	__u32 role;
	__u32 thread; /* index + 1 of the thread record */
	__u32 flags;
	__u32 slot_at_entry; /* index + 1, of a call that closes its descriptor */
	__u32 vcpu;	     /* index + 1 of the vCPU record */
	__u64 call_keys[CACHED_SLOTS];
	__u64 object_keys[CACHED_SLOTS];
	__u32 slots[CACHED_SLOTS]; /* index + 1 */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread_record);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct softirq_time);
} softirqs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vcpu_record);
} vcpus SEC(".maps");

/* By the process that is served. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct served_injections);
} served SEC(".maps");

/* Slots and thread records that the reader has emptied. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_threads SEC(".maps");

/* Where a thread uses more keys than its table holds. The instance tells apart two threads
 * that had the same record one after the other. */
struct overflow_key {
	__u64 call;
	__u64 object;
	__u64 instance;
	__u64 thread;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH); /* an evicted entry costs a slot, not a count */
	__uint(max_entries, 16384);
	__type(key, struct overflow_key);
	__type(value, __u32);
} overflow SEC(".maps");

/* Process to role. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

static __always_inline struct capture_control *shared(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

static __always_inline struct task_state *state_of(struct task_struct *task)
{
	return bpf_task_storage_get(&states, task, 0, 0);
}

static __always_inline struct task_state *new_state_of(struct task_struct *task)
{
	struct task_state *state =
		bpf_task_storage_get(&states, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!state) {
		struct capture_control *counters = shared();

		if (counters)
			__sync_fetch_and_add(&counters->threads_missed, 1);
	}
	return state;
}

static __always_inline long syscall_number(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return (long)regs->orig_ax;
#else
	return regs->syscallno;
#endif
}

static __always_inline unsigned long argument(struct pt_regs *regs, __u32 position)
{
#if defined(__TARGET_ARCH_x86)
	switch (position) {
	case 1:
		return regs->di;
	case 2:
		return regs->si;
	case 3:
		return regs->dx;
	case 4:
		return regs->r10;
	case 5:
		return regs->r8;
	default:
		return regs->r9;
	}
#else
	switch (position) {
	case 1:
		return regs->orig_x0;
	case 2:
		return regs->regs[1];
	case 3:
		return regs->regs[2];
	case 4:
		return regs->regs[3];
	case 5:
		return regs->regs[4];
	default:
		return regs->regs[5];
	}
#endif
}

/* Whether the call came through the 32-bit entry, whose numbers mean other calls. */
static __always_inline __u32 is_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return (task->thread_info.status & 0x2) != 0; /* TS_COMPAT */
#else
	return 0;
#endif
}

/* What must be known of i386 calls, which the catalogue does not have. */
static __noinline __u16 compat_traits(long number)
{
	switch (number) {
	case 1: /* exit */
	case 252: /* exit_group */
		return NEVER_RETURNS;
	case 2: /* fork */
	case 120: /* clone */
	case 190: /* vfork */
	case 435: /* clone3 */
		return STARTS_TASK;
	case 11: /* execve */
	case 358: /* execveat */
		return REPLACES_PROGRAM;
	default:
		return 0;
	}
}

static __always_inline __u16 traits_of(long number, __u32 compat)
{
	if (compat)
		return compat_traits(number);
	if (number < 0 || number >= SYSCALL_NUMBERS)
		return 0;
	return config.syscall_traits[number & (SYSCALL_NUMBERS - 1)];
}

/* ---- what a descriptor is ---------------------------------------------------------- */

struct object {
	struct file *file;
	__u16 mode;
	__u16 family;
	__u16 type;
	__u16 protocol;
};

static __always_inline __u64 object_key(const struct object *object, __u64 operations)
{
	__u64 protocol = 0;

	switch (object->protocol) {
	case 6:
		protocol = 1;
		break;
	case 17:
		protocol = 2;
		break;
	case 262: /* MPTCP */
		protocol = 3;
		break;
	default:
		protocol = object->protocol ? 4 : 0;
	}
	/* A file's operations tell its kind; one family of operations serves all sockets. */
	return (operations & 0xffffffffffffULL) | (__u64)(object->family & 63) << 48 |
	       (__u64)(object->type & 15) << 54 | protocol << 58 | 1ULL << 62;
}

#define FILE_TYPE(mode) ((mode) >> 12)
#define TYPE_SOCKET 0xc

static __always_inline __u64 look_at_cast(struct task_struct *task, struct task_state *state,
					  __u32 descriptor, struct object *object)
{
	volatile __u64 *address = &state->scratch;
	struct files_struct *files = task->files;
	struct fdtable *table;
	struct list_head *cell;
	struct file *file;

	if (!files)
		return 1ULL << 63;
	table = files->fdt;
	if (!table || descriptor >= table->max_fds)
		return 1ULL << 63;
	/* The verifier follows a pointer to a structure, not one to a pointer: any structure
	 * that begins with a pointer reads the array's cell. */
	cell = bpf_rdonly_cast(table->fd + descriptor,
			       bpf_core_type_id_kernel(struct list_head));
	file = bpf_rdonly_cast(cell->next, bpf_core_type_id_kernel(struct file));
	object->file = file;
	if (!file)
		return 1ULL << 63;
	object->mode = file->f_inode->i_mode;
	if (FILE_TYPE(object->mode) == TYPE_SOCKET) {
		struct socket *socket = bpf_rdonly_cast(
			file->private_data, bpf_core_type_id_kernel(struct socket));
		struct sock *sock = socket->sk;

		object->family = sock->__sk_common.skc_family;
		object->type = sock->sk_type;
		object->protocol = sock->sk_protocol;
	}
	/* Through memory, because the verifier does no arithmetic on a pointer. */
	*address = (__u64)file->f_op;
	return object_key(object, *address);
}

static __always_inline __u64 look_at_read(struct task_struct *task, __u32 descriptor,
					  struct object *object)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **array;
	struct file *file = 0;

	if (!table || descriptor >= BPF_CORE_READ(table, max_fds))
		return 1ULL << 63;
	array = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), array + descriptor);
	object->file = file;
	if (!file)
		return 1ULL << 63;
	object->mode = BPF_CORE_READ(file, f_inode, i_mode);
	if (FILE_TYPE(object->mode) == TYPE_SOCKET) {
		struct socket *socket = BPF_CORE_READ(file, private_data);
		struct sock *sock = BPF_CORE_READ(socket, sk);

		object->family = BPF_CORE_READ(sock, __sk_common.skc_family);
		object->type = BPF_CORE_READ(sock, sk_type);
		object->protocol = BPF_CORE_READ(sock, sk_protocol);
	}
	return object_key(object, (__u64)BPF_CORE_READ(file, f_op));
}

/* The key of what a descriptor is: equal for two descriptors of one kind. Bit 63 alone
 * says that it was closed meanwhile; 0 is "no descriptor". */
static __always_inline __u64 look_at(struct task_struct *task, struct task_state *state,
				     __u32 descriptor, struct object *object)
{
	if (config.can_cast)
		return look_at_cast(task, state, descriptor, object);
	return look_at_read(task, descriptor, object);
}

/* ---- slots ------------------------------------------------------------------------- */


static __always_inline void end_thread_record(struct task_state *state)
{
	__u32 index = state->thread - 1;
	struct thread_record *record;

	if (!state->thread)
		return;
	record = bpf_map_lookup_elem(&threads, &index);
	/* An exchange orders it after everything that this thread wrote: the reader may take
	 * the slots from here on. */
	if (record)
		__sync_lock_test_and_set(&record->state, THREAD_ENDED);
	state->thread = 0;
}

/* Returns index + 1, or 0 when there is no room. */
static __noinline __u32 new_thread_record(struct task_struct *task, struct task_state *state)
{
	struct capture_control *counters = shared();
	struct thread_record *record;
	__u32 index;

	if (!counters)
		return 0;
	index = config.thread_limit;
	if (counters->threads_used < config.thread_limit)
		index = __sync_fetch_and_add(&counters->threads_used, 1);
	if (index >= config.thread_limit && bpf_map_pop_elem(&free_threads, &index))
		return 0;
	record = bpf_map_lookup_elem(&threads, &index);
	if (!record)
		return 0;
	record->tid = task->pid;
	record->tgid = task->tgid;
	record->role = state->role;
	record->last_slot = 0;
	record->in_flight = -1;
	record->voluntary_switches = 0;
	record->involuntary_switches = 0;
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), task->comm);
	bpf_probe_read_kernel_str(record->leader_comm, sizeof(record->leader_comm),
				  task->group_leader->comm);
	record->state = THREAD_LIVE;
	state->instance = bpf_ktime_get_ns();
	return index + 1;
}

#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446

/* The first call of a thread with these keys: returns index + 1, or 0 when there is no
 * room. */
static __noinline __u32 new_slot(struct task_struct *task, struct task_state *state,
				 __u64 call_key, const struct object *object)
{
	struct capture_control *counters = shared();
	struct thread_record *record;
	struct slot *slot;
	struct file *file;
	__u32 index, thread;

	if (!counters)
		return 0;
	if (!state->thread)
		state->thread = new_thread_record(task, state);
	if (!state->thread)
		return 0;
	thread = state->thread - 1;
	record = bpf_map_lookup_elem(&threads, &thread);
	if (!record)
		return 0;
	index = config.slot_limit;
	if (counters->slots_used < config.slot_limit)
		index = __sync_fetch_and_add(&counters->slots_used, 1);
	if (index >= config.slot_limit && bpf_map_pop_elem(&free_slots, &index))
		return 0;
	slot = bpf_map_lookup_elem(&slots, &index);
	if (!slot)
		return 0;
	slot->thread = thread;
	slot->previous = record->last_slot;
	slot->number = call_key & 0xffff;
	slot->compat = call_key >> 16 & 1;
	slot->has_descriptor = call_key >> 17 & 1;
	slot->request = call_key >> 32;
	slot->mode = object->mode;
	slot->family = object->family;
	slot->type = object->type;
	slot->protocol = object->protocol;
	file = object->file;
	if (file) {
		const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);

		unsigned long magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);

		bpf_probe_read_kernel_str(slot->object_name, sizeof(slot->object_name), name);
		slot->anonymous = magic == ANON_INODE_FS_MAGIC || magic == PID_FS_MAGIC;
	}
	record->last_slot = index + 1;
	return index + 1;
}

/* Where the table with the task is full. */
static __noinline __u32 overflow_slot(struct task_struct *task, struct task_state *state,
				      __u64 call_key, __u64 object_key,
				      const struct object *object)
{
	struct overflow_key key = {};
	__u32 *known, slot;

	key.call = call_key;
	key.object = object_key;
	key.instance = state->instance;
	key.thread = state->thread;
	known = bpf_map_lookup_elem(&overflow, &key);
	if (known && state->thread)
		return *known;
	slot = new_slot(task, state, call_key, object);
	if (slot) {
		key.instance = state->instance;
		key.thread = state->thread;
		bpf_map_update_elem(&overflow, &key, &slot, BPF_ANY);
	}
	return slot;
}

#define PROBES 8

/* Returns index + 1, or 0 when there is no room. */
static __always_inline __u32 slot_index(struct task_struct *task, struct task_state *state,
					__u64 call_key, __u64 object_key,
					const struct object *object)
{
	__u64 mixed = (call_key ^ (call_key >> 32) ^ object_key) * 0x9e3779b97f4a7c15ULL;
	__u32 start = mixed >> 57;
	__u32 index = 0;

#pragma unroll
	for (int probe = 0; probe < PROBES; probe++) {
		__u32 at = (start + probe) & (CACHED_SLOTS - 1);
		__u32 held = state->slots[at];

		if (held) {
			if (state->call_keys[at] != call_key ||
			    state->object_keys[at] != object_key)
				continue;
			index = held;
			break;
		}
		index = new_slot(task, state, call_key, object);
		if (!index)
			return 0;
		state->call_keys[at] = call_key;
		state->object_keys[at] = object_key;
		state->slots[at] = index;
		break;
	}
	if (!index)
		index = overflow_slot(task, state, call_key, object_key, object);
	return index;
}

static __always_inline struct slot *slot_at(__u32 index_plus_one)
{
	__u32 index = index_plus_one - 1;

	if (!index_plus_one)
		return 0;
	return bpf_map_lookup_elem(&slots, &index);
}

#define WITH_DESCRIPTOR (1ULL << 17)

static __always_inline __u64 call_key_of(long number, __u32 compat)
{
	return (number & 0xffff) | (__u64)compat << 16;
}

static __noinline __u32 slot_of_closing(struct task_struct *task, struct task_state *state,
					long number, __u32 descriptor)
{
	struct object object = {};
	__u64 key = look_at(task, state, descriptor, &object);

	return slot_index(task, state, call_key_of(number, 0) | WITH_DESCRIPTOR, key, &object);
}

static __always_inline void forget_slots(struct task_state *state)
{
	__builtin_memset(state->slots, 0, sizeof(state->slots));
}

static __always_inline __u32 histogram_bucket(__u64 nanos)
{
	__u64 rest = nanos;
	__u32 exponent = 0;

	if (nanos < (1 << HISTOGRAM_SUB_BITS))
		return nanos;
	if (rest >> 32) {
		rest >>= 32;
		exponent += 32;
	}
	if (rest >> 16) {
		rest >>= 16;
		exponent += 16;
	}
	if (rest >> 8) {
		rest >>= 8;
		exponent += 8;
	}
	if (rest >> 4) {
		rest >>= 4;
		exponent += 4;
	}
	if (rest >> 2) {
		rest >>= 2;
		exponent += 2;
	}
	exponent += rest >> 1;
	if (exponent > HISTOGRAM_LARGEST_EXPONENT)
		return HISTOGRAM_BUCKETS - 1;
	return ((exponent - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS) +
	       ((nanos >> (exponent - HISTOGRAM_SUB_BITS)) & ((1 << HISTOGRAM_SUB_BITS) - 1));
}

static __noinline void count_error(struct slot *slot, __u64 error)
{
	for (int at = 0; at < ERRORS_PER_SLOT; at++) {
		struct error_count *entry = &slot->errors[at];

		if (entry->error == error) {
			entry->calls++;
			return;
		}
		if (!entry->error) {
			entry->error = error;
			entry->calls = 1;
			return;
		}
	}
	slot->other_errors++;
}

static __always_inline void drop_call(void)
{
	struct capture_control *counters = shared();

	if (counters)
		__sync_fetch_and_add(&counters->dropped_calls, 1);
}

/* ---- whose calls count ------------------------------------------------------------- */

static __always_inline int in_target_cgroup(void)
{
	return bpf_current_task_under_cgroup(&cgroups, 0) == 1;
}

/* The state of the current task if its calls are counted, or will be from its exec on. */
static __always_inline struct task_state *observed(struct task_struct *task)
{
	struct task_state *state = state_of(task);

	if (config.target_mode == TARGET_MARKED)
		return state;
	if (task->tgid == config.own_tgid)
		return 0;
	if (config.target_mode == TARGET_CGROUP && !in_target_cgroup()) {
		if (state)
			state->entered_at = 0;
		return 0;
	}
	if (!state) {
		state = new_state_of(task);
		if (!state)
			return 0;
	}
	state->flags |= MARKED;
	return state;
}

/* ---- programs ---------------------------------------------------------------------- */

SEC("tp_btf/sys_enter")
int BPF_PROG(on_sys_enter, struct pt_regs *regs, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed(task);
	__u32 flags;

	if (!state)
		return 0;
	flags = state->flags;
	if (!(flags & (MARKED | AWAITS_EXEC)))
		return 0; /* being marked at this moment, and in flight at the start then */
	if (!(flags & SEEN))
		state->flags = flags | SEEN;
	state->number = number;
	state->blocked = 0;
	state->runnable = 0;
	state->guest = 0;
	state->left_cpu_at = 0;
	/* close() leaves no descriptor to look at when it returns. */
	if (traits_of(number, 0) & CLOSES_DESCRIPTOR && flags & MARKED &&
	    !is_compat(task))
		state->slot_at_entry =
			slot_of_closing(task, state, number, argument(regs, 1));
	state->entered_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed(task);
	struct object object = {};
	__u64 entered_at, wall = 0, call_key, object_key = 0;
	__u32 compat, position, flags;
	struct slot *slot;
	__u16 traits;
	long number;

	if (!state)
		return 0;
	entered_at = state->entered_at;
	if (config.timed && entered_at)
		wall = bpf_ktime_get_ns() - entered_at;
	state->entered_at = 0;
	flags = state->flags;
	if (!(flags & MARKED))
		return 0; /* an exec that failed before the one that counts */
	compat = is_compat(task);
	number = syscall_number(regs);
	if (entered_at)
		number = state->number; /* rt_sigreturn has overwritten the registers */
#if defined(__TARGET_ARCH_x86)
	else if (number < 0)
		number = compat ? 173 : 15; /* rt_sigreturn leaves -1 */
#endif
	if (flags & BECAME) {
		/* The kernel has made it look like the execve of a program like the new one. */
		state->flags = flags &= ~BECAME;
		number = state->number;
		compat = !(traits_of(number, 0) & REPLACES_PROGRAM);
	}
	if ((unsigned long)number >= NUMBER_OUT_OF_RANGE)
		number = NUMBER_OUT_OF_RANGE;
	traits = traits_of(number, compat);
	if (!entered_at) {
		/* The child's side of the clone that the parent made: no call of its own. */
		if (traits & STARTS_TASK && result == 0) {
			state->flags = flags | SEEN;
			return 0;
		}
		/* Also without an entry is a call that a seccomp filter answers. */
		if (config.timed && !(flags & SEEN)) {
			struct capture_control *counters = shared();

			state->flags = flags | SEEN;
			if (counters)
				__sync_fetch_and_add(&counters->in_flight_at_start, 1);
		}
	}
	call_key = call_key_of(number, compat);
	position = traits & DESCRIPTOR_MASK;
	if (traits & HAS_REQUEST)
		call_key |= (argument(regs, 2) & 0xffffffffULL) << 32;
	if (traits & CLOSES_DESCRIPTOR && entered_at) {
		slot = slot_at(state->slot_at_entry);
	} else {
		if (position)
			call_key |= WITH_DESCRIPTOR;
		if (traits & CLOSES_DESCRIPTOR)
			object_key = 0;
		else if (position == 7 && result >= 0)
			object_key = look_at(task, state, result, &object);
		else if (position && position < 7)
			object_key = look_at(task, state, argument(regs, position), &object);
		slot = slot_at(slot_index(task, state, call_key, object_key, &object));
	}
	if (!slot) {
		drop_call();
		return 0;
	}
	slot->calls++;
	if (result < 0 && result >= -4095)
		count_error(slot, -result);
	else if (traits & RETURNS_BYTES)
		slot->bytes += result;
	if (config.timed && entered_at) {
		__u32 bucket = histogram_bucket(wall);

		slot->timed_calls++;
		slot->wall += wall;
		if (state->blocked)
			slot->blocked += state->blocked;
		if (state->runnable)
			slot->runnable += state->runnable;
		if (state->guest)
			slot->guest += state->guest;
		if (wall > slot->maximum)
			slot->maximum = wall;
		if (bucket < HISTOGRAM_BUCKETS)
			slot->histogram[bucket]++;
	}
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct task_state *state = state_of(parent), *born;
	struct capture_control *counters;

	if (state && state->flags & MARKED) {
		born = new_state_of(child);
		if (!born)
			return 0;
		born->role = state->role;
		born->flags = MARKED;
		return 0;
	}
	/* The child of an armed process is marked by its exec, so none of the steps that
	 * lead there is counted. Its fork is the time to know it: when the parent of a vfork
	 * runs again, which is before the exec is told, it disarms. */
	counters = shared();
	if (!counters || !counters->armed_tgid || parent->tgid != counters->armed_tgid ||
	    child->tgid == parent->tgid)
		return 0;
	born = new_state_of(child);
	if (!born)
		return 0;
	born->role = counters->armed_role;
	born->flags = AWAITS_EXEC;
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	struct task_state *state = state_of(task);
	__u32 flags;

	if (!state)
		return 0;
	flags = state->flags;
	if (flags & AWAITS_EXEC)
		state->flags = (flags & ~AWAITS_EXEC) | MARKED;
	/* A new program: what it does is not added to what the old one did. */
	end_thread_record(state);
	forget_slots(state);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct task_state *state;
	struct pt_regs *regs;
	long number;
	__u32 compat;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return 0;
	/* Its exit may be the first call that is seen of it. */
	state = observed(task);
	if (!state || !(state->flags & MARKED))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	compat = is_compat(task);
	number = syscall_number(regs);
	if (traits_of(number, compat) & NEVER_RETURNS) {
		struct object none = {};
		struct slot *slot =
			slot_at(slot_index(task, state, call_key_of(number, compat), 0, &none));

		if (slot)
			slot->calls++;
		else
			drop_call();
	} else if (state->entered_at) {
		struct capture_control *counters = shared();

		if (counters)
			__sync_fetch_and_add(&counters->cut_short_by_exit, 1);
	}
	state->entered_at = 0;
	state->flags &= ~MARKED;
	end_thread_record(state);
	return 0;
}

SEC("tp_btf/task_rename")
int BPF_PROG(on_rename, struct task_struct *task, const char *comm)
{
	struct task_state *state = state_of(task);
	struct task_struct *current = bpf_get_current_task_btf();
	struct thread_record *record;
	__u32 index;

	if (!state)
		return 0;
	if (task->pid == current->pid) {
		struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(current);
		long number = syscall_number(regs);

		/* An exec renames too; on_exec gives the new program a record of its own. From
		 * here on an exec cannot fail and return. */
		if (traits_of(number, is_compat(current)) & REPLACES_PROGRAM) {
			if (state->flags & (MARKED | AWAITS_EXEC)) {
				state->number = number;
				state->flags |= BECAME;
			}
			return 0;
		}
	}
	if (!state->thread)
		return 0;
	index = state->thread - 1;
	record = bpf_map_lookup_elem(&threads, &index);
	if (record)
		bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), comm);
	return 0;
}

static __always_inline void leave_cpu(struct task_state *state, int could_run)
{
	struct thread_record *record;
	__u32 index = state->thread - 1;

	if (!(state->flags & MARKED))
		return;
	if (state->thread) {
		record = bpf_map_lookup_elem(&threads, &index);
		if (record && could_run)
			record->involuntary_switches++;
		else if (record)
			record->voluntary_switches++;
	}
	/* A vCPU's KVM_RUN may have begun before the capture and last longer than it. */
	if (!state->entered_at && !state->guest_left_at)
		return;
	state->left_cpu_at = bpf_ktime_get_ns();
	if (could_run)
		state->flags |= COULD_RUN;
	else
		state->flags &= ~COULD_RUN;
}

static __always_inline void come_to_cpu(struct task_state *state)
{
	__u64 left = state->left_cpu_at, woken = state->woken_at, now;

	if (!left)
		return;
	state->left_cpu_at = 0;
	now = bpf_ktime_get_ns();
	if (now < left)
		return;
	state->off_cpu += now - left;
	if (!state->entered_at)
		return;
	/* Woken between the decision to sleep and the switch: ready all along. */
	if (state->flags & COULD_RUN || woken < left)
		woken = left;
	if (woken > now)
		woken = now;
	state->blocked += woken - left;
	state->runnable += now - woken;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct *previous, struct task_struct *next,
	     unsigned int previous_state)
{
	struct task_state *state = state_of(previous);

	if (state)
		leave_cpu(state, preempted || !previous_state);
	state = state_of(next);
	if (state)
		come_to_cpu(state);
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(on_waking, struct task_struct *task)
{
	struct task_state *state = state_of(task);

	if (state && state->entered_at)
		state->woken_at = bpf_ktime_get_ns();
	return 0;
}

/* ---- guests -------------------------------------------------------------------------- */

/* Where what KVM does in the context of this thread is counted. */
static __always_inline struct vcpu_record *vcpu_record_of(struct task_struct *task,
							  struct task_state *state)
{
	struct capture_control *counters;
	struct vcpu_record *record;
	__u32 index = state->vcpu - 1;

	if (state->vcpu)
		return bpf_map_lookup_elem(&vcpus, &index);
	counters = shared();
	if (!counters)
		return 0;
	index = VCPU_RECORDS;
	if (counters->vcpus_used < VCPU_RECORDS)
		index = __sync_fetch_and_add(&counters->vcpus_used, 1);
	record = bpf_map_lookup_elem(&vcpus, &index);
	if (!record) {
		__sync_fetch_and_add(&counters->vcpus_missed, 1);
		return 0;
	}
	record->tgid = task->tgid;
	record->role = state->role;
	state->vcpu = index + 1;
	return record;
}

/* The state of the current thread if it is one of those that count. */
static __always_inline struct task_state *observed_guest_thread(struct task_struct *task)
{
	struct task_state *state = observed(task);

	return state && state->flags & MARKED ? state : 0;
}

static __noinline struct exit_count *exit_count_of(struct vcpu_record *record, __u64 key)
{
	__u32 start = key ^ key >> 10;

	for (__u32 probe = 0; probe < EXIT_REASONS; probe++) {
		struct exit_count *count =
			&record->exits[(start + probe) & (EXIT_REASONS - 1)];

		if (!count->key)
			count->key = key;
		if (count->key == key)
			return count;
	}
	return &record->other_exits;
}

static __always_inline void add_halt_poll(struct kvm_vcpu *vcpu, struct task_state *state,
					  struct vcpu_record *record)
{
	__u64 sum;

	if (!bpf_core_field_exists(vcpu->stat.generic.halt_poll_success_ns))
		return;
	sum = vcpu->stat.generic.halt_poll_success_ns + vcpu->stat.generic.halt_poll_fail_ns;
	record->knows_halt_poll = 1;
	if (state->halt_poll_seen)
		record->halt_poll += sum - (state->halt_poll_seen - 1);
	state->halt_poll_seen = sum + 1;
}

SEC("tp_btf/kvm_entry")
int BPF_PROG(on_guest_entry, struct kvm_vcpu *vcpu)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed_guest_thread(task);
	struct vcpu_record *record;
	__u64 now;

	if (!state)
		return 0;
	now = bpf_ktime_get_ns();
	state->guest_entered_at = now;
	record = vcpu_record_of(task, state);
	if (!record)
		return 0;
	record->entries++;
	add_halt_poll(vcpu, state, record);
	if (state->guest_left_at) {
		struct exit_count *count = exit_count_of(record, state->exit_key);

		if (count) {
			count->handling += now - state->guest_left_at;
			count->off_cpu += state->off_cpu - state->off_cpu_at_exit;
		}
		state->guest_left_at = 0;
	}
	return 0;
}

/* The tracepoint finds the number by a call of the vendor's module; here it is read where that
 * call reads it. */
static __always_inline __u32 exit_number(struct kvm_vcpu *vcpu, __u32 isa)
{
	__u32 number = ~0u;

	if (isa == ISA_SVM && bpf_core_type_exists(struct vcpu_svm)) {
		struct vcpu_svm *svm = (void *)vcpu;

		number = BPF_CORE_READ(svm, vmcb, control.exit_code);
	} else if (isa == ISA_VMX && bpf_core_type_exists(struct vcpu_vmx)) {
		struct vcpu_vmx___before *before = (void *)vcpu;
		struct vcpu_vmx *vmx = (void *)vcpu;

		if (bpf_core_field_exists(vmx->vt))
			number = BPF_CORE_READ(vmx, vt.exit_reason.full);
		else if (bpf_core_field_exists(before->exit_reason))
			number = BPF_CORE_READ(before, exit_reason.full);
		/* The bits above say more of the same exit (SDM volume 3, 25.9.1). */
		if (number != ~0u)
			number &= 0xffff;
	}
	return number;
}

SEC("tp_btf/kvm_exit")
int BPF_PROG(on_guest_exit, struct kvm_vcpu *vcpu, __u32 isa)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed_guest_thread(task);
	struct vcpu_record *record;
	struct exit_count *count;
	__u64 now;

	if (!state)
		return 0;
	now = bpf_ktime_get_ns();
	record = vcpu_record_of(task, state);
	if (state->guest_entered_at) {
		__u64 inside = now - state->guest_entered_at;

		if (state->entered_at)
			state->guest += inside;
		if (record)
			record->guest += inside;
		state->guest_entered_at = 0;
	}
	if (!record)
		return 0;
	state->exit_key = (__u64)isa << 32 | exit_number(vcpu, isa);
	count = exit_count_of(record, state->exit_key);
	if (count)
		count->count++;
	state->guest_left_at = now;
	state->off_cpu_at_exit = state->off_cpu;
	return 0;
}

SEC("tp_btf/kvm_userspace_exit")
int BPF_PROG(on_guest_return, __u32 reason, int error)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed_guest_thread(task);
	struct vcpu_record *record;

	if (!state)
		return 0;
	record = vcpu_record_of(task, state);
	if (!record)
		return 0;
	if (error < 0)
		reason = error == -4 ? 10 : RETURN_FAILED; /* EINTR is KVM_EXIT_INTR */
	record->returns[reason < RETURN_FAILED ? reason : RETURN_FAILED]++;
	return 0;
}

/* The function (virt/kvm/eventfd.c) that every write of a guest to an address of KVM's device buses
 * meets which the monitor tied to an eventfd: by port, by emulated MMIO, or by the fast path that
 * looks at no instruction. It says 0 if the write is one that signals. No tracepoint tells of all
 * three. On the vCPU's own thread. */
SEC("fexit/ioeventfd_write")
int BPF_PROG(on_kick, void *vcpu, void *device, __u64 address, int length, const void *value,
	     int result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state;
	struct vcpu_record *record;

	if (result)
		return 0;
	state = observed_guest_thread(task);
	if (!state)
		return 0;
	record = vcpu_record_of(task, state);
	if (record)
		record->kicks++;
	return 0;
}

/* The process that a kernel thread serves, by the number in the name that KVM or vhost gave it:
 * nobody else can name such a thread. */
static __always_inline __u32 served_by(struct task_struct *task)
{
	char name[16] = {};
	__u32 served_process = 0;

	bpf_probe_read_kernel_str(name, sizeof(name), task->comm);
	if (!(name[0] == 'v' && name[1] == 'h' && name[2] == 'o' && name[3] == 's' &&
	      name[4] == 't' && name[5] == '-') &&
	    !(name[0] == 'k' && name[1] == 'v' && name[2] == 'm' && name[3] == '-' &&
	      name[4] == 'p' && name[5] == 'i' && name[6] == 't' && name[7] == '/'))
		return 0;
#pragma unroll
	for (int at = 6; at < 15; at++) {
		__u32 digit = name[at] - '0';

		if (digit < 10)
			served_process = served_process * 10 + digit;
	}
	return served_process;
}

/* An interrupt goes into a guest, in the context of whoever raises it: the monitor's main loop by
 * an ioctl, or a vhost worker by an irqfd. */
static __always_inline void count_injection(int is_line)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed_guest_thread(task);
	struct capture_control *counters;
	struct vcpu_record *record;

	/* From 6.4 on a vhost worker is a thread of the monitor, which no fork told of. */
	if (!state && !(task->flags & PF_KTHREAD)) {
		state = state_of(task->group_leader);
		if (state && !(state->flags & MARKED))
			state = 0;
	}
	if (state) {
		record = vcpu_record_of(task, state);
		if (record)
			__sync_fetch_and_add(is_line ? &record->injected_lines :
						       &record->injected_messages,
					     1);
		return;
	}
	if (task->flags & PF_KTHREAD) {
		struct served_injections *counts, none = {};
		__u32 process = served_by(task);

		counts = 0;
		if (process) {
			bpf_map_update_elem(&served, &process, &none, BPF_NOEXIST);
			counts = bpf_map_lookup_elem(&served, &process);
		}
		if (counts) {
			__sync_fetch_and_add(is_line ? &counts->lines : &counts->messages, 1);
			return;
		}
		counters = shared();
		if (counters)
			__sync_fetch_and_add(&counters->unattributed_injections, 1);
	}
}

SEC("tp_btf/kvm_msi_set_irq")
int BPF_PROG(on_message_interrupt)
{
	count_injection(0);
	return 0;
}

SEC("tp_btf/kvm_set_irq")
int BPF_PROG(on_line_interrupt)
{
	count_injection(1);
	return 0;
}

/* On the vCPU's own thread. */
SEC("tp_btf/kvm_inj_virq")
int BPF_PROG(on_interrupt_at_entry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = observed_guest_thread(task);
	struct vcpu_record *record;

	if (!state)
		return 0;
	record = vcpu_record_of(task, state);
	if (record)
		__sync_fetch_and_add(&record->injected_at_entry, 1);
	return 0;
}

#define NET_TRANSMIT 2
#define NET_RECEIVE 3

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq_entry, unsigned int vector)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct softirq_time *time;

	if (vector != NET_TRANSMIT && vector != NET_RECEIVE)
		return 0;
	time = bpf_map_lookup_elem(&softirqs, &cpu);
	if (time)
		time->entered_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_exit, unsigned int vector)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct softirq_time *time;
	__u64 spent;

	if (vector != NET_TRANSMIT && vector != NET_RECEIVE)
		return 0;
	time = bpf_map_lookup_elem(&softirqs, &cpu);
	if (!time || !time->entered_at)
		return 0;
	spent = bpf_ktime_get_ns() - time->entered_at;
	time->entered_at = 0;
	if (vector == NET_TRANSMIT) {
		time->transmit_nanos += spent;
		time->transmit_count++;
	} else {
		time->receive_nanos += spent;
		time->receive_count++;
	}
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_tcp_retransmit)
{
	struct capture_control *counters = shared();

	if (counters)
		__sync_fetch_and_add(&counters->tcp_retransmissions, 1);
	return 0;
}

static __always_inline void count_io_uring(struct io_kiocb *request)
{
	struct task_struct *task = bpf_get_current_task_btf();
	/* The call that submits may be the first that is seen of it. */
	struct task_state *state = observed(task);
	struct capture_control *counters = shared();

	/* A kernel submission thread has no state of its own, its process has. */
	if (!state)
		state = state_of(task->group_leader);
	if (state && state->flags & MARKED && counters)
		__sync_fetch_and_add(&counters->io_uring_operations[request->opcode & 127], 1);
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_io_uring_submit, struct io_kiocb *request)
{
	count_io_uring(request);
	return 0;
}

/* The name of the same tracepoint up to 6.3. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_io_uring_submit_old, struct io_kiocb *request)
{
	count_io_uring(request);
	return 0;
}

/* ---- walks over all tasks, run by the reader ---------------------------------------- */

SEC("iter/task")
int mark_targets(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct capture_control *counters = shared();
	struct task_state *state;
	__u32 tgid, *role;

	if (!task || !counters)
		return 0;
	tgid = task->tgid;
	role = bpf_map_lookup_elem(&targets, &tgid);
	if (!role)
		return 0;
	state = state_of(task);
	if (state && state->flags & MARKED)
		return 0;
	state = new_state_of(task);
	if (!state)
		return 0;
	state->role = *role;
	/* Atomic for its order: a thread that sees itself marked sees its role. */
	__sync_fetch_and_or(&state->flags, MARKED);
	__sync_fetch_and_add(&counters->newly_marked, 1);
	return 0;
}

/* Whether a task that neither entered nor left a call since it is marked is in one: it sleeps,
 * and came to the kernel by a syscall. */
static __always_inline int sleeps_in_call(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return task->__state && syscall_number(regs) >= 0;
}

SEC("iter/task")
int count_in_flight(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct capture_control *counters = shared();
	struct thread_record *record;
	struct task_state *state;
	__u32 index;

	if (!task || !counters)
		return 0;
	state = state_of(task);
	if (!state || !(state->flags & MARKED))
		return 0;
	if (state->flags & SEEN) {
		if (!state->entered_at || state->entered_at > counters->stopped_at)
			return 0;
	} else if (!sleeps_in_call(task)) {
		return 0;
	}
	__sync_fetch_and_add(&counters->in_flight_at_end, 1);
	if (!state->thread)
		return 0;
	index = state->thread - 1;
	record = bpf_map_lookup_elem(&threads, &index);
	if (record)
		record->in_flight = state->number;
	return 0;
}
