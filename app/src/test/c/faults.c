// SPDX-License-Identifier: Apache-2.0
/*
 * Does the same work twice: with a fault that a rule of docs/reference/findings.md looks
 * for, and mended as its advice says.
 *
 * cc -O1 -Wall -static -pthread -o faults faults.c && ./faults RULE faulty|mended
 *
 * The number of operations is fixed, never the time. Exit code 77: this machine lacks
 * what the mode needs, with the reason on standard error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LACKING 77

static int faulty;

static void fail(const char *what)
{
	dprintf(2, "faults: %s: %s\n", what, strerror(errno));
	_exit(99);
}

static void lacking(const char *what)
{
	dprintf(2, "faults: %s: %s\n", what, strerror(errno));
	_exit(LACKING);
}

static void await(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
}

/* A process that reads all there is until the end. */
static pid_t drain(int descriptor, int other_end)
{
	static char buffer[1 << 18];
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child == 0) {
		close(other_end);
		while (read(descriptor, buffer, sizeof(buffer)) > 0)
			;
		_exit(0);
	}
	close(descriptor);
	return child;
}

/* Two ends of a TCP connection over the loopback device. */
static void connect_tcp(int ends[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &length))
		fail("listen");
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (ends[0] < 0 || connect(ends[0], (struct sockaddr *)&address, length))
		fail("connect");
	ends[1] = accept(listener, NULL, NULL);
	if (ends[1] < 0)
		fail("accept");
	close(listener);
}

/* A UDP socket that is connected to another, which nobody reads: what does not fit its
 * buffer is dropped behind the sender's call. */
static int connected_udp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int silent = socket(AF_INET, SOCK_DGRAM, 0);
	int sender = socket(AF_INET, SOCK_DGRAM, 0);

	if (silent < 0 || sender < 0 || bind(silent, (struct sockaddr *)&address, length) ||
	    getsockname(silent, (struct sockaddr *)&address, &length) ||
	    connect(sender, (struct sockaddr *)&address, length))
		fail("udp");
	return sender;
}

/* ---- small-unvectored-io: 20,000 records of a header and a body ------------------------ */

#define RECORDS 20000
#define HEADER 16
#define BODY 48
#define GATHERED 4096

static void small_unvectored_io(void)
{
	char record[GATHERED] = {0};
	int ends[2], filled = 0;
	pid_t reader;

	if (pipe(ends))
		fail("pipe");
	reader = drain(ends[0], ends[1]);
	for (int at = 0; at < RECORDS; at++) {
		if (faulty) {
			if (write(ends[1], record, HEADER) != HEADER ||
			    write(ends[1], record, BODY) != BODY)
				fail("write");
			continue;
		}
		filled += HEADER + BODY;
		if (filled == GATHERED || at == RECORDS - 1) {
			if (write(ends[1], record, filled) != filled)
				fail("write");
			filled = 0;
		}
	}
	close(ends[1]);
	await(reader);
}

/* ---- unbatched-udp: 64,000 datagrams of 100 bytes -------------------------------------- */

#define DATAGRAMS 64000
#define DATAGRAM 100
#define BATCH 64

static void unbatched_udp(int segmented)
{
	static char bytes[BATCH * DATAGRAM];
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	int sender = connected_udp(), size = DATAGRAM;

	if (faulty) {
		for (int at = 0; at < DATAGRAMS; at++)
			if (send(sender, bytes, DATAGRAM, 0) != DATAGRAM)
				fail("send");
		return;
	}
	if (segmented) {
		if (setsockopt(sender, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
			lacking("UDP_SEGMENT");
		for (int at = 0; at < DATAGRAMS; at += BATCH)
			if (send(sender, bytes, sizeof(bytes), 0) != sizeof(bytes))
				fail("send");
		return;
	}
	memset(messages, 0, sizeof(messages));
	for (int at = 0; at < BATCH; at++) {
		pieces[at] = (struct iovec){bytes, DATAGRAM};
		messages[at].msg_hdr.msg_iov = &pieces[at];
		messages[at].msg_hdr.msg_iovlen = 1;
	}
	for (int at = 0; at < DATAGRAMS; at += BATCH)
		if (sendmmsg(sender, messages, BATCH, 0) != BATCH)
			fail("sendmmsg");
}

/* ---- calls that move nothing, around 20,000 datagrams ---------------------------------- */

#define SENDS 20000

static void datagrams(void (*before)(int sender))
{
	static char bytes[2000];
	int sender = connected_udp();

	for (int at = 0; at < SENDS; at++) {
		before(sender);
		if (send(sender, bytes, sizeof(bytes), 0) != sizeof(bytes))
			fail("send");
	}
}

static void set_option(int sender)
{
	int size = 1 << 16;

	if (faulty && setsockopt(sender, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)))
		fail("setsockopt");
}

static void ask_time(int sender)
{
	struct timespec now;

	if (faulty)
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	else
		clock_gettime(CLOCK_MONOTONIC, &now);
}

static void ask_identity(int sender)
{
	static pid_t known;

	if (faulty || known == 0)
		known = syscall(SYS_getpid);
}

/* ---- wait-per-io: 20,000 messages through a pipe --------------------------------------- */

#define MESSAGES 20000
#define MESSAGE 64

static void wait_per_io(void)
{
	char message[MESSAGE] = {0};
	struct pollfd ready;
	int ends[2];
	pid_t writer;

	if (pipe(ends))
		fail("pipe");
	writer = fork();
	if (writer == 0) {
		for (int at = 0; at < MESSAGES; at++)
			if (write(ends[1], message, MESSAGE) != MESSAGE)
				fail("write");
		_exit(0);
	}
	ready = (struct pollfd){.fd = ends[0], .events = POLLIN};
	for (int at = 0; at < MESSAGES; at++) {
		if (faulty && poll(&ready, 1, -1) != 1)
			fail("poll");
		if (read(ends[0], message, MESSAGE) != MESSAGE)
			fail("read");
	}
	await(writer);
}

/* ---- eagain-spinning: 2,000 bytes that come late --------------------------------------- */

#define LATE_BYTES 2000
#define TOO_EARLY 10

static void eagain_spinning(void)
{
	struct pollfd ready;
	int ends[2];
	char byte = 0;

	if (pipe2(ends, O_NONBLOCK))
		fail("pipe2");
	ready = (struct pollfd){.fd = ends[0], .events = POLLIN};
	for (int at = 0; at < LATE_BYTES; at++) {
		for (int early = 0; faulty && early < TOO_EARLY; early++)
			if (read(ends[0], &byte, 1) != -1 || errno != EAGAIN)
				fail("read of an empty pipe");
		if (write(ends[1], &byte, 1) != 1)
			fail("write");
		if (!faulty && poll(&ready, 1, -1) != 1)
			fail("poll");
		if (read(ends[0], &byte, 1) != 1)
			fail("read");
	}
}

/* ---- poll-of-many-descriptors: 2,000 bytes, and 1,000 descriptors that stay idle ------- */

#define IDLE 1000

static void poll_of_many(void)
{
	static struct pollfd watched[IDLE + 1];
	struct rlimit limit = {IDLE + 100, IDLE + 100};
	struct epoll_event event = {.events = EPOLLIN};
	int ends[2], set = epoll_create1(0);
	char byte = 0;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		lacking("setrlimit");
	if (pipe(ends))
		fail("pipe");
	for (int at = 0; at <= IDLE; at++) {
		watched[at].fd = at == IDLE ? ends[0] : eventfd(0, 0);
		watched[at].events = POLLIN;
		if (watched[at].fd < 0)
			fail("eventfd");
		if (!faulty && epoll_ctl(set, EPOLL_CTL_ADD, watched[at].fd, &event))
			fail("epoll_ctl");
	}
	for (int at = 0; at < LATE_BYTES; at++) {
		if (write(ends[1], &byte, 1) != 1)
			fail("write");
		if (faulty ? poll(watched, IDLE + 1, -1) != 1
			   : epoll_wait(set, &event, 1, -1) != 1)
			fail("wait");
		if (read(ends[0], &byte, 1) != 1)
			fail("read");
	}
}

/* ---- futex-contention: four threads, 400 times under a lock each ----------------------- */

#define THREADS 4
#define TIMES 400

static struct {
	pthread_mutex_t lock;
	volatile long sum;
	char apart[128];
} guarded[THREADS];

static void *count_under_lock(void *at)
{
	int own = faulty ? 0 : (int)(intptr_t)at;

	for (int done = 0; done < TIMES; done++) {
		pthread_mutex_lock(&guarded[own].lock);
		guarded[own].sum++;
		/* Asleep with the lock held, so that the others find it taken on any number
		 * of CPUs. */
		usleep(50);
		pthread_mutex_unlock(&guarded[own].lock);
	}
	return NULL;
}

static void futex_contention(void)
{
	pthread_t started[THREADS];

	for (int at = 0; at < THREADS; at++)
		pthread_mutex_init(&guarded[at].lock, NULL);
	for (int at = 0; at < THREADS; at++)
		if (pthread_create(&started[at], NULL, count_under_lock, (void *)(intptr_t)at))
			fail("pthread_create");
	for (int at = 0; at < THREADS; at++)
		pthread_join(started[at], NULL);
}

/* ---- idle-waiting: a thread waits for work that comes 600 times, one at a time --------- */

#define IDLE_WAITS 600

static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static int waiting_work;

static void *work_when_told(void *unused)
{
	for (int done = 0; done < IDLE_WAITS; done++) {
		pthread_mutex_lock(&queue);
		while (waiting_work == 0)
			pthread_cond_wait(&arrived, &queue);
		waiting_work--;
		pthread_mutex_unlock(&queue);
	}
	return NULL;
}

static void idle_waiting(void)
{
	pthread_t worker;

	if (pthread_create(&worker, NULL, work_when_told, NULL))
		fail("pthread_create");
	for (int done = 0; done < IDLE_WAITS; done++) {
		usleep(2000);
		pthread_mutex_lock(&queue);
		waiting_work++;
		pthread_cond_signal(&arrived);
		pthread_mutex_unlock(&queue);
	}
	pthread_join(worker, NULL);
}

/* ---- copy-between-descriptors: 64 MiB of a file to a socket ---------------------------- */

#define PASSES 16
#define FILE_BYTES (4 << 20)
#define PIECE (1 << 16)

static void copy_between(void)
{
	static char piece[PIECE];
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600), ends[2];
	pid_t reader;

	if (file < 0)
		lacking("O_TMPFILE in /tmp");
	for (int at = 0; at < FILE_BYTES; at += PIECE)
		if (pwrite(file, piece, PIECE, at) != PIECE)
			fail("pwrite");
	connect_tcp(ends);
	reader = drain(ends[1], ends[0]);
	for (int pass = 0; pass < PASSES; pass++) {
		off_t offset = 0;

		while (offset < FILE_BYTES) {
			if (!faulty) {
				if (sendfile(ends[0], file, &offset, PIECE) <= 0)
					fail("sendfile");
				continue;
			}
			if (pread(file, piece, PIECE, offset) != PIECE)
				fail("pread");
			if (write(ends[0], piece, PIECE) != PIECE)
				fail("write");
			offset += PIECE;
		}
	}
	shutdown(ends[0], SHUT_WR);
	await(reader);
}

/* ---- large-sends-copied: 1,000 sends of 64 KiB ----------------------------------------- */

#define LARGE_SENDS 1000

/* Takes the notices that the kernel is done with the pages; returns how many sends. */
static int completed(int sender)
{
	char control[128];
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *part;
	int sends = 0;

	if (recvmsg(sender, &message, MSG_ERRQUEUE) < 0)
		return 0;
	for (part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
		struct sock_extended_err *notice = (void *)CMSG_DATA(part);

		sends += notice->ee_data - notice->ee_info + 1;
	}
	return sends;
}

static void large_sends(void)
{
	static char piece[PIECE];
	int ends[2], one = 1, done = 0, sent = 0;
	struct pollfd notices;
	pid_t reader;

	connect_tcp(ends);
	reader = drain(ends[1], ends[0]);
	if (!faulty && setsockopt(ends[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		lacking("SO_ZEROCOPY");
	while (sent < LARGE_SENDS) {
		int flags = faulty ? 0 : MSG_ZEROCOPY;
		size_t at = 0;

		while (at < PIECE) {
			ssize_t went = send(ends[0], piece + at, PIECE - at, flags);

			if (went < 0)
				fail("send");
			at += went;
			sent += faulty ? 0 : 1;
		}
		sent += faulty ? 1 : 0;
		if (!faulty)
			done += completed(ends[0]);
	}
	notices = (struct pollfd){.fd = ends[0]};
	while (!faulty && done < sent) {
		if (poll(&notices, 1, 1000) <= 0)
			break;
		done += completed(ends[0]);
	}
	shutdown(ends[0], SHUT_WR);
	await(reader);
}

/* ---- scheduling-delay: four processes on one CPU --------------------------------------- */

#define ZEROES (16 << 20)

static void scheduling_delay(void)
{
	cpu_set_t one;
	pid_t children[THREADS];
	int count = faulty ? THREADS : 1;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		fail("sched_setaffinity");
	for (int at = 0; at < count; at++) {
		children[at] = fork();
		if (children[at] == 0) {
			char *bytes = mmap(NULL, ZEROES, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
			int zero = open("/dev/zero", O_RDONLY);

			for (int times = 0; times < 60; times++)
				if (read(zero, bytes, ZEROES) != ZEROES)
					fail("read of /dev/zero");
			_exit(0);
		}
	}
	for (int at = 0; at < count; at++)
		await(children[at]);
}

/* ---- io-uring-hides-work: 2,000 operations --------------------------------------------- */

#define OPERATIONS 2000

static void io_uring_hides(void)
{
	struct io_uring_params parameters = {0};
	unsigned char *submission, *completion;
	struct io_uring_sqe *entries;
	unsigned *tail, *mask, *array;
	int ring;

	if (!faulty) {
		for (int at = 0; at < OPERATIONS; at++)
			syscall(SYS_getppid);
		return;
	}
	ring = syscall(SYS_io_uring_setup, 8, &parameters);
	if (ring < 0)
		lacking("io_uring_setup");
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
	for (unsigned done = 0; done < OPERATIONS; done++) {
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

/* ---- interrupt-by-syscall: 4,000 interrupts for a guest -------------------------------- */

#define INTERRUPTS 4000

static void interrupt_by_syscall(void)
{
#if defined(__x86_64__)
	int kvm = open("/dev/kvm", O_RDWR), machine, doorbell = eventfd(0, 0);
	struct kvm_irqfd irqfd = {.fd = doorbell, .gsi = 5};
	struct kvm_irq_level level = {.irq = 5};
	uint64_t one = 1;

	if (kvm < 0)
		lacking("/dev/kvm");
	machine = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine < 0 || ioctl(machine, KVM_CREATE_IRQCHIP, 0))
		lacking("KVM_CREATE_IRQCHIP");
	if (!faulty && ioctl(machine, KVM_IRQFD, &irqfd))
		lacking("KVM_IRQFD");
	for (int at = 0; at < INTERRUPTS; at++) {
		if (!faulty) {
			if (write(doorbell, &one, sizeof(one)) != sizeof(one))
				fail("write of the irqfd");
			continue;
		}
		level.level = at % 2;
		if (ioctl(machine, KVM_IRQ_LINE, &level))
			fail("KVM_IRQ_LINE");
	}
#else
	errno = ENOSYS;
	lacking("this architecture");
#endif
}

int main(int count, char **words)
{
	const char *rule = count > 1 ? words[1] : "";
	const char *mode = count > 2 ? words[2] : "";

	faulty = !strcmp(mode, "faulty");
	if (!faulty && strcmp(mode, "mended")) {
		dprintf(2, "faults: no mode '%s'\n", mode);
		return 98;
	}
	if (!strcmp(rule, "small-unvectored-io"))
		small_unvectored_io();
	else if (!strcmp(rule, "unbatched-udp"))
		unbatched_udp(1);
	else if (!strcmp(rule, "unbatched-udp-sendmmsg"))
		unbatched_udp(0);
	else if (!strcmp(rule, "socket-options-in-data-path"))
		datagrams(set_option);
	else if (!strcmp(rule, "clock-calls-in-data-path"))
		datagrams(ask_time);
	else if (!strcmp(rule, "identity-calls-in-data-path"))
		datagrams(ask_identity);
	else if (!strcmp(rule, "wait-per-io"))
		wait_per_io();
	else if (!strcmp(rule, "eagain-spinning"))
		eagain_spinning();
	else if (!strcmp(rule, "poll-of-many-descriptors"))
		poll_of_many();
	else if (!strcmp(rule, "futex-contention"))
		futex_contention();
	else if (!strcmp(rule, "idle-waiting"))
		idle_waiting();
	else if (!strcmp(rule, "copy-between-descriptors"))
		copy_between();
	else if (!strcmp(rule, "large-sends-copied"))
		large_sends();
	else if (!strcmp(rule, "scheduling-delay"))
		scheduling_delay();
	else if (!strcmp(rule, "io-uring-hides-work"))
		io_uring_hides();
	else if (!strcmp(rule, "interrupt-by-syscall"))
		interrupt_by_syscall();
	else {
		dprintf(2, "faults: no rule '%s'\n", rule);
		return 98;
	}
	return 0;
}
