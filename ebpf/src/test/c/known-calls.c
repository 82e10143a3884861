// SPDX-License-Identifier: Apache-2.0
/*
 * Makes calls whose number is known to the last one, mostly a prime number of them, so
 * that a count which is right by accident is unlikely.
 *
 * cc -O1 -static -pthread -o known-calls known-calls.c && ./known-calls MODE [ARGUMENT]
 *
 * Static, because the dynamic loader makes calls of its own. The calls that the tests
 * count are made through syscall(2), or are such that the C library makes no others.
 * Each mode is a function below; the tests name the numbers again, on purpose.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	dprintf(2, "known-calls: %s: %s\n", what, strerror(errno));
	_exit(99);
}

static void ask_parent(long times)
{
	for (long call = 0; call < times; call++)
		syscall(SYS_getppid);
}

static void await(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
}

/* ---- threads and processes ------------------------------------------------------------ */

static void *asking_thread(void *times)
{
	char name[16];

	snprintf(name, sizeof(name), "asks-%ld", (long)times);
	prctl(PR_SET_NAME, name);
	ask_parent((long)times);
	return NULL;
}

static void threads(void)
{
	static const long times[] = {1009, 2003, 3001, 4001};
	pthread_t started[4];

	for (int at = 0; at < 4; at++)
		if (pthread_create(&started[at], NULL, asking_thread, (void *)times[at]))
			fail("pthread_create");
	for (int at = 0; at < 4; at++)
		pthread_join(started[at], NULL);
	ask_parent(17);
}

static void forks(long count, long times)
{
	for (long at = 0; at < count; at++) {
		pid_t child = fork();

		if (child < 0)
			fail("fork");
		if (child == 0) {
			ask_parent(times);
			_exit(0);
		}
		await(child);
	}
	ask_parent(53);
}

static void raw_forks(long count)
{
	for (long at = 0; at < count; at++) {
		pid_t child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (child == 0) {
			ask_parent(3);
			_exit(0);
		}
		await(child);
	}
}

static void vforks(long count)
{
	for (long at = 0; at < count; at++) {
		pid_t child = vfork();

		if (child == 0) {
			syscall(SYS_getppid);
			syscall(SYS_getppid);
			syscall(SYS_getppid);
			_exit(0);
		}
		await(child);
	}
}

static void become(const char *self, const char *mode, const char *argument)
{
	char *words[] = {(char *)self, (char *)mode, (char *)argument, NULL};

	execv(self, words);
	fail("execv");
}

static const char *own_path;

static void *becoming_thread(void *unused)
{
	prctl(PR_SET_NAME, "becoming");
	ask_parent(101);
	become(own_path, "getppid", "307");
	return NULL;
}

static void exec_from_thread(void)
{
	pthread_t thread;

	prctl(PR_SET_NAME, "before");
	ask_parent(211);
	pthread_create(&thread, NULL, becoming_thread, NULL);
	for (;;)
		pause();
}

static int never_written[2];
static pid_t blocked_thread_id;

static char state_of(pid_t process, pid_t thread)
{
	char path[64], text[512];
	ssize_t count;
	char *end;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", process, thread);
	file = open(path, O_RDONLY);
	count = read(file, text, sizeof(text) - 1);
	close(file);
	text[count > 0 ? count : 0] = 0;
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

/* Asleep and in that call: the number alone also stays with a thread that was stopped. */
static void wait_until_in_call(pid_t process, pid_t thread, const char *number)
{
	char path[64], text[256];
	size_t length = strlen(number);

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", process, thread);
	for (;;) {
		int file = open(path, O_RDONLY);
		ssize_t count = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

		if (file >= 0)
			close(file);
		if (count > (ssize_t)length && !strncmp(text, number, length) &&
		    text[length] == ' ' && state_of(process, thread) == 'S')
			return;
		usleep(200);
	}
}

static void *blocked_thread(void *unused)
{
	char byte;

	prctl(PR_SET_NAME, "blocked");
	ask_parent(107);
	__atomic_store_n(&blocked_thread_id, gettid(), __ATOMIC_RELEASE);
	syscall(SYS_read, never_written[0], &byte, 1);
	return NULL;
}

static void *exiting_thread(void *unused)
{
	prctl(PR_SET_NAME, "exiting");
	ask_parent(103);
	syscall(SYS_exit, 0);
	return NULL;
}

#define NUMBER_TEXT(number) NUMBER_TEXT_OF(number)
#define NUMBER_TEXT_OF(number) #number

static void dying_threads(void)
{
	pthread_t returns, exits, blocks;
	pid_t thread;

	if (pipe(never_written))
		fail("pipe");
	pthread_create(&returns, NULL, asking_thread, (void *)101L);
	pthread_create(&exits, NULL, exiting_thread, NULL);
	pthread_create(&blocks, NULL, blocked_thread, NULL);
	pthread_join(returns, NULL);
	pthread_join(exits, NULL);
	while (!(thread = __atomic_load_n(&blocked_thread_id, __ATOMIC_ACQUIRE)))
		usleep(100);
	wait_until_in_call(getpid(), thread, NUMBER_TEXT(__NR_read));
	ask_parent(109);
	_exit(0);
}

/* ---- errors and bytes ------------------------------------------------------------------ */

static void would_block(void)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_NONBLOCK))
		fail("pipe2");
	for (int call = 0; call < 1013; call++)
		syscall(SYS_read, ends[0], &byte, 1);
}

static void partial_reads(void)
{
	int ends[2];
	char bytes[64] = {0};

	if (pipe(ends))
		fail("pipe");
	for (int call = 0; call < 211; call++) {
		syscall(SYS_write, ends[1], bytes, 1 + call % 7);
		syscall(SYS_read, ends[0], bytes, sizeof(bytes));
	}
}

static void bad_descriptors(void)
{
	char byte;

	for (int call = 0; call < 499; call++)
		syscall(SYS_read, -1, &byte, 1);
	for (int call = 0; call < 97; call++)
		syscall(SYS_close, -1);
}

/* A filter that answers getppid with the errno in its first argument, or lets it through. */
static void filter_getppid(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 8, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 10, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 12, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 2),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 3),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 4),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 5),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 6),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 7),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 8),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 9),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 10),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 11),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program))
		fail("seccomp");
}

/* Eleven errnos of one call, errno N as often as 100 + N; 23 calls succeed. */
static void many_errnos(void)
{
	filter_getppid();
	for (long error = 1; error <= 11; error++)
		for (long call = 0; call < 100 + error; call++)
			syscall(SYS_getppid, error);
	for (int call = 0; call < 23; call++)
		syscall(SYS_getppid, 0);
}

static void odd_numbers(void)
{
	for (int call = 0; call < 31; call++)
		syscall(65536 + SYS_getppid);
	for (int call = 0; call < 37; call++)
		syscall(511);
	ask_parent(41);
}

/* ---- restarted calls ------------------------------------------------------------------- */

static int restart_ends[2];
static volatile sig_atomic_t handled;
static pid_t main_thread;

static void handle(int signal)
{
	handled++;
}

static void *interrupts_read(void *unused)
{
	for (int sent = 0; sent < 13; sent++) {
		wait_until_in_call(getpid(), main_thread, NUMBER_TEXT(__NR_read));
		syscall(SYS_tgkill, getpid(), main_thread, SIGUSR1);
		while (handled <= sent)
			usleep(100);
	}
	wait_until_in_call(getpid(), main_thread, NUMBER_TEXT(__NR_read));
	write(restart_ends[1], "x", 1);
	return NULL;
}

static void restarted_read(void)
{
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
	pthread_t thread;
	char byte;

	if (pipe(restart_ends))
		fail("pipe");
	main_thread = gettid();
	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&thread, NULL, interrupts_read, NULL);
	syscall(SYS_read, restart_ends[0], &byte, 1);
	pthread_join(thread, NULL);
}

/* A stop and a continue run no handler, so ppoll and its like go on by restart_syscall. */
static void restarted_poll(void)
{
	int ends[2];
	struct pollfd waits;
	pid_t child;

	if (pipe(ends))
		fail("pipe");
	child = fork();
	if (child == 0) {
		pid_t parent = getppid();

		prctl(PR_SET_NAME, "stopper");
		wait_until_in_call(parent, parent, NUMBER_TEXT(__NR_poll));
		for (int stop = 0; stop < 5; stop++) {
			kill(parent, SIGSTOP);
			while (state_of(parent, parent) != 'T')
				usleep(200);
			kill(parent, SIGCONT);
			wait_until_in_call(parent, parent,
					   NUMBER_TEXT(__NR_restart_syscall));
		}
		write(ends[1], "x", 1);
		_exit(0);
	}
	waits.fd = ends[0];
	waits.events = POLLIN;
	syscall(SYS_poll, &waits, 1, 60000);
	await(child);
}

/* ---- keys ------------------------------------------------------------------------------ */

static void many_keys(void)
{
	int null = open("/dev/null", O_RDWR);

	for (int round = 0; round < 3; round++)
		for (int request = 0; request < 300; request++)
			syscall(SYS_ioctl, null, 0x7a0000 + request, 0);
}

static void futexes(void)
{
	static uint32_t word = 1, other;
	struct timespec none = {0, 0};

	for (int call = 0; call < 101; call++)
		syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
	for (int call = 0; call < 103; call++)
		syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	for (int call = 0; call < 107; call++)
		syscall(SYS_futex, &word, FUTEX_WAIT, 7, NULL, NULL, 0); /* EAGAIN */
	for (int call = 0; call < 109; call++) /* ETIMEDOUT */
		syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &none,
			NULL, FUTEX_BITSET_MATCH_ANY);
	for (int call = 0; call < 113; call++)
		syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &other, 1);
}

#if defined(__x86_64__)
static void compat_calls(void)
{
	for (int call = 0; call < 127; call++) {
		long result;

		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(64L)
				 : "memory", "r8", "r9", "r10", "r11");
		if (result < 0) {
			errno = -result;
			fail("int 0x80");
		}
	}
	ask_parent(131);
}
#endif

static void uring_nops(unsigned count)
{
	struct io_uring_params parameters = {0};
	int ring = syscall(SYS_io_uring_setup, 8, &parameters);
	unsigned char *submission, *completion;
	struct io_uring_sqe *entries;
	unsigned *tail, *mask, *array;

	if (ring < 0)
		fail("io_uring_setup");
	submission = mmap(NULL, parameters.sq_off.array + parameters.sq_entries * 4,
			  PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	completion = mmap(NULL,
			  parameters.cq_off.cqes +
				  parameters.cq_entries * sizeof(struct io_uring_cqe),
			  PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	entries = mmap(NULL, parameters.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE,
		       MAP_SHARED, ring, IORING_OFF_SQES);
	tail = (unsigned *)(submission + parameters.sq_off.tail);
	mask = (unsigned *)(submission + parameters.sq_off.ring_mask);
	array = (unsigned *)(submission + parameters.sq_off.array);
	for (unsigned done = 0; done < count; done++) {
		unsigned at = *tail & *mask;

		memset(&entries[at], 0, sizeof(entries[at]));
		entries[at].opcode = IORING_OP_NOP;
		array[at] = at;
		__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
		if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
			fail("io_uring_enter");
		__atomic_store_n((unsigned *)(completion + parameters.cq_off.head), done + 1,
				 __ATOMIC_RELEASE);
	}
}

/* ---- kinds of objects ------------------------------------------------------------------ */

static int made;

/* Asks for the flags of the object as often as the returned number says, closes it, and
 * tells the kind and the number; a kind that this machine cannot make is not told. */
static void use(const char *kind, int descriptor)
{
	static const int times[] = {101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151,
				    157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211};
	int calls = times[made];

	if (descriptor < 0) {
		dprintf(2, "known-calls: no %s here: %s\n", kind, strerror(errno));
		return;
	}
	made++;
	for (int call = 0; call < calls; call++)
		syscall(SYS_fcntl, descriptor, F_GETFL);
	syscall(SYS_close, descriptor);
	dprintf(1, "%s %d\n", kind, calls);
}

static int tun(void)
{
	struct ifreq request = {0};
	int descriptor = open("/dev/net/tun", O_RDWR);

	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (descriptor >= 0 && ioctl(descriptor, TUNSETIFF, &request))
		return -1;
	return descriptor;
}

static void objects(const char *folder)
{
	struct io_uring_params parameters = {0};
	sigset_t signals;
	int ends[2], kvm, machine = -1;
	char path[512];

	use("tcp", socket(AF_INET, SOCK_STREAM, 0));
	use("udp", socket(AF_INET6, SOCK_DGRAM, 0));
	use("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	use("netlink", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	use("packet", socket(AF_PACKET, SOCK_RAW, 0));
	use("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	if (pipe(ends))
		fail("pipe");
	use("pipe", ends[0]);
	/* Named like what the kernel calls an object that is no file. */
	snprintf(path, sizeof(path), "%s/kvm-vm", folder);
	use("file", open(path, O_RDWR | O_CREAT, 0600));
	use("eventfd", eventfd(0, 0));
	use("epoll", epoll_create1(0));
	use("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
	use("tun", tun());
	use("io_uring", syscall(SYS_io_uring_setup, 4, &parameters));
	use("other", open("/dev/null", O_RDWR));
	use("other", inotify_init());
	sigemptyset(&signals);
	use("other", signalfd(-1, &signals, 0));
	kvm = open("/dev/kvm", O_RDWR);
	if (kvm >= 0)
		machine = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine >= 0)
		use("kvm-vcpu", ioctl(machine, KVM_CREATE_VCPU, 0));
	use("kvm-vm", machine);
	use("other", kvm);
}

/* ---- time ------------------------------------------------------------------------------ */

static void sleep_for(long milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	syscall(SYS_nanosleep, &time, NULL);
}

#define ZEROES (64 << 20)

static void read_zeroes(int times)
{
	int zero = open("/dev/zero", O_RDONLY);
	/* Its pages are there before, so that the read itself only clears them. */
	char *buffer = mmap(NULL, ZEROES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	for (int call = 0; call < times; call++)
		if (syscall(SYS_read, zero, buffer, ZEROES) != ZEROES)
			fail("read of /dev/zero");
}

static void compete(void)
{
	cpu_set_t one;
	pid_t children[2];

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		fail("sched_setaffinity");
	for (int at = 0; at < 2; at++) {
		children[at] = fork();
		if (children[at] == 0) {
			read_zeroes(20);
			_exit(0);
		}
	}
	await(children[0]);
	await(children[1]);
}

#if defined(__x86_64__)
/* A guest of one page in real mode. Returns its vCPU, or -1 if KVM cannot. */
static int make_guest(const unsigned char *code, size_t size, __u64 rcx, struct kvm_run **state,
		      int *its_machine)
{
	struct kvm_userspace_memory_region region = {.memory_size = 0x1000};
	struct kvm_sregs segments;
	struct kvm_regs registers = {.rflags = 2, .rcx = rcx};
	int kvm = open("/dev/kvm", O_RDWR);
	int machine = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
	int processor = machine < 0 ? -1 : ioctl(machine, KVM_CREATE_VCPU, 0);
	void *memory = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*state = MAP_FAILED;
	if (processor >= 0)
		*state = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
			      MAP_SHARED, processor, 0);
	if (*state == MAP_FAILED)
		return -1;
	memcpy(memory, code, size);
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) ||
	    ioctl(processor, KVM_GET_SREGS, &segments))
		fail("guest memory");
	segments.cs.base = segments.cs.selector = 0;
	if (ioctl(processor, KVM_SET_SREGS, &segments) ||
	    ioctl(processor, KVM_SET_REGS, &registers))
		fail("guest registers");
	*its_machine = machine;
	return processor;
}

/* One KVM_RUN of a guest that counts 13 million times and halts. Says so if it cannot. */
static void run_guest(void)
{
	static const unsigned char code[] = {
		0xba, 200, 0x00, /* mov dx, 200 */
		0xb9, 0, 0,	 /* mov cx, 0 */
		0xe2, 0xfe,	 /* loop to itself */
		0x4a,		 /* dec dx */
		0x75, 0xf8,	 /* jnz to the second line */
		0xf4,		 /* hlt */
	};
	struct kvm_run *state;
	int machine, processor = make_guest(code, sizeof(code), 0, &state, &machine);

	if (processor < 0 || ioctl(processor, KVM_RUN, 0) || state->exit_reason != KVM_EXIT_HLT)
		dprintf(1, "cannot\n");
}

/* A guest that writes to a port so many times and halts: one KVM_RUN more than writes. */
static void guest_writes(long writes)
{
	static const unsigned char code[] = {
		0xe6, 0x10, /* out 0x10, al */
		0x66, 0x49, /* dec ecx */
		0x75, 0xfa, /* jnz to the first line */
		0xf4,	    /* hlt */
	};
	struct kvm_run *state;
	int machine, processor = make_guest(code, sizeof(code), writes, &state, &machine);

	while (processor >= 0) {
		if (ioctl(processor, KVM_RUN, 0))
			break;
		if (state->exit_reason == KVM_EXIT_HLT && !writes)
			return;
		if (state->exit_reason != KVM_EXIT_IO || !writes--)
			break;
	}
	dprintf(1, "cannot\n");
}

static int tied_eventfd(int machine, __u64 address, __u32 length, __u32 flags)
{
	struct kvm_ioeventfd tie = {.addr = address, .len = length, .flags = flags};

	tie.fd = eventfd(0, EFD_NONBLOCK);
	if (tie.fd < 0 || ioctl(machine, KVM_IOEVENTFD, &tie))
		fail("ioeventfd");
	return tie.fd;
}

/* A guest that so many times writes to a port and to memory of a device, both tied to an eventfd,
 * and to a port that is not: two kicks and one return each time. */
static void guest_kicks(long rounds)
{
	static const unsigned char code[] = {
		0xe6, 0x10,	  /* out 0x10, al */
		0xa2, 0x00, 0x20, /* mov [0x2000], al */
		0xe6, 0x11,	  /* out 0x11, al */
		0x66, 0x49,	  /* dec ecx */
		0x75, 0xf5,	  /* jnz to the first line */
		0xf4,		  /* hlt */
	};
	struct kvm_run *state;
	int machine, processor = make_guest(code, sizeof(code), rounds, &state, &machine);
	long left = rounds;
	__u64 by_port = 0, by_memory = 0;
	int port = -1, memory = -1;

	if (processor >= 0) {
		port = tied_eventfd(machine, 0x10, 1, KVM_IOEVENTFD_FLAG_PIO);
		memory = tied_eventfd(machine, 0x2000, 1, 0);
	}
	while (processor >= 0 && !ioctl(processor, KVM_RUN, 0) &&
	       state->exit_reason == KVM_EXIT_IO && left--)
		;
	if (processor < 0 || state->exit_reason != KVM_EXIT_HLT || left) {
		dprintf(1, "cannot\n");
		return;
	}
	if (read(port, &by_port, 8) != 8 || read(memory, &by_memory, 8) != 8 ||
	    by_port != rounds || by_memory != rounds)
		fail("the eventfds were not signalled as often");
}
#endif

/* ---- a process that is there already --------------------------------------------------- */

static int start_worker[2], worker_done[2];

static void *worker(void *unused)
{
	char byte;

	prctl(PR_SET_NAME, "worker");
	syscall(SYS_read, start_worker[0], &byte, 1); /* in flight when the capture starts */
	ask_parent(499);
	write(worker_done[1], "x", 1);
	for (;;)
		pause();
	return NULL;
}

static void serve(const char *fifo)
{
	pthread_t old, young;
	pid_t child;
	char byte;
	int commands = open(fifo, O_RDWR);

	if (commands < 0 || pipe(start_worker) || pipe(worker_done))
		fail(fifo);
	pthread_create(&old, NULL, worker, NULL);
	for (int call = 0; call < 23; call++)
		syscall(SYS_getppid); /* before the capture: not counted */
	dprintf(1, "ready\n");
	for (;;) {
		if (syscall(SYS_read, commands, &byte, 1) != 1)
			fail("read of the fifo");
		ask_parent(1009);
		write(start_worker[1], "x", 1);
		read(worker_done[0], &byte, 1);
		pthread_create(&young, NULL, asking_thread, (void *)307L);
		pthread_join(young, NULL);
		child = fork();
		if (child == 0) {
			ask_parent(101);
			_exit(0);
		}
		await(child);
		dprintf(1, "done\n");
	}
}

/* Never stops to call. */
static void call_forever(void)
{
	dprintf(1, "ready\n");
	for (;;)
		syscall(SYS_getppid);
}

/* Waits without a call until a byte of the file is set. Its next call is a clone, and the
 * child's only call is its exit. */
static void fork_when_told(const char *path)
{
	int file = open(path, O_RDWR);
	volatile char *byte = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
	pid_t child;

	if (byte == MAP_FAILED)
		fail(path);
	dprintf(1, "ready\n");
	while (!*byte)
		;
	child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		syscall(SYS_exit_group, 0);
	await(child);
	dprintf(1, "done\n");
	for (;;)
		pause();
}

int main(int count, char **words)
{
	const char *mode = count > 1 ? words[1] : "";
	const char *word = count > 2 ? words[2] : "0";
	long number = atol(word);

	own_path = words[0];
	if (!strcmp(mode, "getppid"))
		ask_parent(number);
	else if (!strcmp(mode, "threads"))
		threads();
	else if (!strcmp(mode, "forks"))
		forks(number, 101);
	else if (!strcmp(mode, "many-forks"))
		forks(number, 5);
	else if (!strcmp(mode, "raw-forks"))
		raw_forks(number);
	else if (!strcmp(mode, "vforks"))
		vforks(number);
	else if (!strcmp(mode, "exec")) {
		prctl(PR_SET_NAME, "before");
		ask_parent(211);
		become(own_path, "getppid", "307");
	} else if (!strcmp(mode, "execveat")) {
		char *words[] = {(char *)own_path, "getppid", "311", NULL};

		syscall(SYS_execveat, AT_FDCWD, own_path, words, environ, 0);
		fail("execveat");
	} else if (!strcmp(mode, "exec-program")) {
		ask_parent(29);
		become(word, NULL, NULL);
	} else if (!strcmp(mode, "exec-from-thread"))
		exec_from_thread();
	else if (!strcmp(mode, "dying-threads"))
		dying_threads();
	else if (!strcmp(mode, "would-block"))
		would_block();
	else if (!strcmp(mode, "partial-reads"))
		partial_reads();
	else if (!strcmp(mode, "bad-descriptors"))
		bad_descriptors();
	else if (!strcmp(mode, "many-errnos"))
		many_errnos();
	else if (!strcmp(mode, "odd-numbers"))
		odd_numbers();
	else if (!strcmp(mode, "restarted-read"))
		restarted_read();
	else if (!strcmp(mode, "restarted-poll"))
		restarted_poll();
	else if (!strcmp(mode, "many-keys"))
		many_keys();
	else if (!strcmp(mode, "futexes"))
		futexes();
	else if (!strcmp(mode, "io-uring"))
		uring_nops(number);
	else if (!strcmp(mode, "objects"))
		objects(word);
	else if (!strcmp(mode, "sleep"))
		sleep_for(number);
	else if (!strcmp(mode, "read-zeroes"))
		read_zeroes(1);
	else if (!strcmp(mode, "compete"))
		compete();
	else if (!strcmp(mode, "serve"))
		serve(word);
	else if (!strcmp(mode, "call-forever"))
		call_forever();
	else if (!strcmp(mode, "fork-when-told"))
		fork_when_told(word);
#if defined(__x86_64__)
	else if (!strcmp(mode, "compat-calls"))
		compat_calls();
	else if (!strcmp(mode, "run-guest"))
		run_guest();
	else if (!strcmp(mode, "guest-writes"))
		guest_writes(atol(word));
	else if (!strcmp(mode, "guest-kicks"))
		guest_kicks(atol(word));
#endif
	else {
		dprintf(2, "known-calls: no mode '%s'\n", mode);
		return 98;
	}
	/* _exit: no flushing, no handlers, so that the end is one exit_group. */
	_exit(0);
}
