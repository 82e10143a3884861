// SPDX-License-Identifier: Apache-2.0
// Makes known calls: 1000 getppid and 7 getuid as "a,b [x]: 1", a name that looks like the parts and
// the end of a bpftrace key; then 300 getppid in a thread named "gr\u00fc\u00dfe", beyond ASCII.
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *second(void *nothing) {
  prctl(PR_SET_NAME, "gr\xc3\xbc\xc3\x9f" "e", 0, 0, 0);
  for (int i = 0; i < 300; i++) syscall(SYS_getppid);
  return nothing;
}

int main(void) {
  pthread_t thread;
  prctl(PR_SET_NAME, "a,b [x]: 1", 0, 0, 0);
  for (int i = 0; i < 1000; i++) syscall(SYS_getppid);
  for (int i = 0; i < 7; i++) syscall(SYS_getuid);
  pthread_create(&thread, 0, second, 0);
  pthread_join(thread, 0);
  return 0;
}
