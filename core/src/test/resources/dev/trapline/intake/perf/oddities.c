// SPDX-License-Identifier: Apache-2.0
// Calls that perf prints oddly: errors that user space never sees, requests, a thread whose name
// looks like a line of perf trace, and 1000 + 3 getppid.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void ignored(int signal_number) {}

static void *second(void *unused)
{
  pthread_setname_np(pthread_self(), "a b/1 (c) d");
  for (int i = 0; i < 3; i++)
    syscall(SYS_getppid);
  return 0;
}

int main(void)
{
  int word = 0, pipe_ends[2], available;
  char byte;
  struct timespec moment = {0, 1000}, later = {0, 30000000};
  struct sigaction action = {.sa_handler = ignored};
  struct epoll_event event;
  pthread_t thread;

  syscall(SYS_futex, &word, FUTEX_WAIT, 1, &moment, 0, 0);
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0,
          &moment, 0, -1);
  syscall(SYS_futex, &word, 99, 0, &moment, 0, -1);
  pipe(pipe_ends);
  ioctl(pipe_ends[0], TIOCGWINSZ, 0);
  ioctl(pipe_ends[0], 0xae80, 0);
  ioctl(pipe_ends[0], 0, 0);
  ioctl(pipe_ends[0], FIONREAD, &available);
  ioctl(pipe_ends[0], 0xffff0001, &available);
  poll(0, 0, 1);
  epoll_wait(epoll_create1(0), &event, 1, 1);
  sigaction(SIGALRM, &action, 0);
  ualarm(20000, 0);
  pause();
  ualarm(2000, 0);
  nanosleep(&later, 0);
  ualarm(2000, 0);
  read(pipe_ends[0], &byte, 1);
  write(pipe_ends[1], "xyz", 3);
  read(pipe_ends[0], &byte, 1);
  for (int i = 0; i < 1000; i++)
    syscall(SYS_getppid);
  pthread_create(&thread, 0, second, 0);
  pthread_join(thread, 0);
  return 0;
}
