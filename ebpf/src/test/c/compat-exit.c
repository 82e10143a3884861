// SPDX-License-Identifier: Apache-2.0
/*
 * A 32-bit program without a C library, which a 64-bit kernel may run through its compat
 * entry: getppid (64) 17 times, fork (2), in the child getppid 19 times, waitpid (7),
 * exit_group (252).
 *
 * cc -m32 -nostdlib -static -ffreestanding -fno-pic -fno-stack-protector \
 *    -o compat-exit compat-exit.c
 */
static long call(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory");
	return result;
}

void _start(void)
{
	long child;

	for (int at = 0; at < 17; at++)
		call(64, 0, 0, 0);
	child = call(2, 0, 0, 0);
	if (child == 0) {
		for (int at = 0; at < 19; at++)
			call(64, 0, 0, 0);
		call(252, 0, 0, 0);
	}
	call(7, child, 0, 0);
	call(252, 0, 0, 0);
}
