// SPDX-License-Identifier: Apache-2.0
/*
 * Calls getppid(2) N times and prints the nanoseconds per call: the cheapest syscall that
 * the C library does not answer by itself, so that what an observer adds stands out.
 *
 * cc -O2 -o getppid-loop getppid-loop.c && ./getppid-loop 10000000
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 10000000;
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long call = 0; call < calls; call++)
		syscall(SYS_getppid);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%.2f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / calls);
	return 0;
}
