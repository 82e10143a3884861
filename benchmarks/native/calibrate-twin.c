// SPDX-License-Identifier: Apache-2.0
/*
 * What `trapline calibrate` measures, measured again in plain C: the same calls on the same
 * kind of descriptors, in short batches, the median batch of a round. One line per cost,
 * "NAME NANOSECONDS", with the names of trapline.calibration/1 (NAME@PLACE in sweeps).
 *
 * cc -O2 -pthread -o calibrate-twin calibrate-twin.c && ./calibrate-twin CPU OTHER_CPU ROUNDS
 * (OTHER_CPU -1: only what needs one)
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MOST_ROUNDS 101
#define BATCHES 15
#define TRANSFERS 51
#define BATCH_NANOS 150000.0
#define SEGMENT 64

static int rounds;
static char buffer[1 << 17];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), ascending);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/* A call over and over. */
typedef void (*step)(void *);

static double looped(step call, void *with)
{
	double batches[BATCHES], start = now();
	long repeats;

	for (int i = 0; i < 80; i++)
		call(with);
	repeats = BATCH_NANOS / ((now() - start) / 80);
	repeats = repeats < 16 ? 16 : repeats;
	for (int batch = 0; batch < BATCHES; batch++) {
		start = now();
		for (long i = 0; i < repeats; i++)
			call(with);
		batches[batch] = (now() - start) / repeats;
	}
	return median(batches, BATCHES);
}

static void loop(const char *name, step call, void *with)
{
	double values[MOST_ROUNDS];

	for (int round = 0; round < rounds; round++)
		values[round] = looped(call, with);
	printf("%s %.2f\n", name, median(values, rounds));
}

static void call_getppid(void *unused)
{
	syscall(SYS_getppid);
}

static void call_kick(void *descriptor)
{
	uint64_t one = 1;

	if (write(*(int *)descriptor, &one, 8) != 8)
		die("eventfd");
}

/* Writes until some are buffered, then as many reads, each half timed. */
static void transfer(const char *reading, const char *writing, long at, long each, int per_unit, int segments)
{
	double reads[MOST_ROUNDS], writes[MOST_ROUNDS], r[TRANSFERS], w[TRANSFERS];
	struct iovec vector[64];
	int pair[2], calls = 140000 / (each + 1000);

	calls = calls > 64 ? 64 : calls < 1 ? 1 : calls;
	calls = calls / per_unit * per_unit;
	calls = calls < per_unit ? per_unit : calls;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		die("socketpair");
	for (int i = 0; i < segments; i++) {
		vector[i].iov_base = buffer + i * SEGMENT;
		vector[i].iov_len = SEGMENT;
	}
	for (int round = 0; round < rounds; round++) {
		for (int batch = 0; batch < TRANSFERS; batch++) {
			double start = now(), between, end;

			for (int i = 0; i < calls; i++)
				if ((segments ? writev(pair[0], vector, segments) : write(pair[0], buffer, each)) != each)
					die("write");
			between = now();
			for (int i = 0; i < calls; i++)
				if ((segments ? readv(pair[1], vector, segments) : read(pair[1], buffer, each)) != each)
					die("read");
			end = now();
			w[batch] = (between - start) * per_unit / calls;
			r[batch] = (end - between) * per_unit / calls;
		}
		writes[round] = median(w, TRANSFERS);
		reads[round] = median(r, TRANSFERS);
	}
	printf("%s@%ld %.2f\n%s@%ld %.2f\n", writing, at, median(writes, rounds), reading, at, median(reads, rounds));
	close(pair[0]);
	close(pair[1]);
}

static int idle[1000];
static int idle_count;

/* For 1000 descriptors the kernel takes more than FD_SETSIZE; a plain array of words does. */
static unsigned long wanted[32], set[32];
static struct pollfd polled[1000];

static void call_select(void *unused)
{
	static struct timespec zero;
	int highest = idle[idle_count - 1];

	memcpy(set, wanted, (highest / 64 + 1) * 8);
	if (syscall(SYS_pselect6, highest + 1, set, NULL, NULL, &zero, NULL) != 0)
		die("pselect6");
}

static void call_poll(void *unused)
{
	if (poll(polled, idle_count, 0) != 0)
		die("poll");
}

static void call_epoll(void *descriptor)
{
	struct epoll_event events[64];

	if (epoll_wait(*(int *)descriptor, events, 64, 0) != 0)
		die("epoll_wait");
}

static void waits(int count)
{
	char name[64];
	int epoll = epoll_create1(0);

	idle_count = count;
	memset(wanted, 0, sizeof(wanted));
	for (int i = 0; i < count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.fd = idle[i]};

		wanted[idle[i] / 64] |= 1UL << idle[i] % 64;
		polled[i] = (struct pollfd){.fd = idle[i], .events = POLLIN};
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, idle[i], &event))
			die("epoll_ctl");
	}
	snprintf(name, sizeof(name), "select@%d", count);
	loop(name, call_select, NULL);
	snprintf(name, sizeof(name), "poll@%d", count);
	loop(name, call_poll, NULL);
	snprintf(name, sizeof(name), "epoll_wait@%d", count);
	loop(name, call_epoll, &epoll);
	close(epoll);
}

/* Hand-overs: 3 round trips untimed, then batches of 10. */
enum { TRIPS = 10, UNTIMED = 3 };
static int there[2], back[2];
static volatile uint32_t word_there, word_back;
static int peer_cpu, by_futex;

static void wake(volatile uint32_t *word)
{
	*word = 1;
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await(volatile uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	*word = 0;
}

static int width = 1;

static void *peer(void *unused)
{
	uint64_t value = 1;

	bind_to(peer_cpu);
	for (int trip = 0; trip < UNTIMED + BATCHES * TRIPS; trip++) {
		if (by_futex) {
			await(&word_there);
			wake(&word_back);
		} else if (read(there[0], &value, width) != width || write(back[1], &value, width) != width) {
			die("hand-over");
		}
	}
	return NULL;
}

static void trips(int count)
{
	uint64_t value = 1;

	while (count-- > 0) {
		if (by_futex) {
			wake(&word_there);
			await(&word_back);
		} else if (write(there[1], &value, width) != width || read(back[0], &value, width) != width) {
			die("hand-over");
		}
	}
}

static void hand_over(const char *name, int cpu)
{
	double values[MOST_ROUNDS], batches[BATCHES];
	pthread_t thread;

	peer_cpu = cpu;
	for (int round = 0; round < rounds; round++) {
		if (pthread_create(&thread, NULL, peer, NULL))
			die("pthread_create");
		trips(UNTIMED);
		for (int batch = 0; batch < BATCHES; batch++) {
			double start = now();

			trips(TRIPS);
			batches[batch] = (now() - start) / (2 * TRIPS);
		}
		pthread_join(thread, NULL);
		values[round] = median(batches, BATCHES);
	}
	printf("%s %.2f\n", name, median(values, rounds));
}

/*
 * A JVM has many threads. In a process with one the kernel takes no reference to a descriptor's
 * file (fdget of include/linux/file.h), which saves some 20 ns per descriptor: a twin of one
 * thread would be another kind of process.
 */
static void *second_thread(void *unused)
{
	pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t second;
	static const long sizes[] = {1, 16, 64, 256, 1024, 4096, 16384, 65536};
	static const int segments[] = {1, 2, 4, 8, 16, 64};
	static const int counts[] = {1, 10, 100, 1000};
	struct rlimit files = {2048, 2048};
	int cpu = argc > 1 ? atoi(argv[1]) : 0, other = argc > 2 ? atoi(argv[2]) : -1;
	int event = eventfd(0, 0);

	rounds = argc > 3 ? atoi(argv[3]) : 5;
	rounds = rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
	setrlimit(RLIMIT_NOFILE, &files);
	if (pthread_create(&second, NULL, second_thread, NULL))
		die("pthread_create");
	bind_to(cpu);
	loop("null-syscall", call_getppid, NULL);
	loop("eventfd-kick", call_kick, &event);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		transfer("read", "write", sizes[i], sizes[i], 1, 0);
	for (unsigned i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
		transfer("readv", "writev", segments[i], segments[i] * SEGMENT, 1, segments[i]);
		transfer("reads", "writes", segments[i], SEGMENT, segments[i], 0);
	}
	for (int i = 0; i < 1000; i++)
		if ((idle[i] = eventfd(0, 0)) < 0)
			die("eventfd");
	for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		waits(counts[i]);
	if (pipe(there) || pipe(back))
		die("pipe");
	hand_over("pipe-hand-over-same-cpu", cpu);
	if (other >= 0)
		hand_over("pipe-hand-over-other-cpu", other);
	by_futex = 1;
	hand_over("futex-wake-to-run-same-cpu", cpu);
	if (other >= 0)
		hand_over("futex-wake-to-run-other-cpu", other);
	by_futex = 0;
	width = 8;
	if (other >= 0) {
		there[0] = there[1] = eventfd(0, 0);
		back[0] = back[1] = eventfd(0, 0);
		hand_over("eventfd-wake-to-run-other-cpu", other);
	}
	return 0;
}
