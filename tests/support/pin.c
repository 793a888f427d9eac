/* SPDX-License-Identifier: ISC */
/*
 * Threads that run at the same time
 */
#include "support/pin.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

static pthread_once_t look_once = PTHREAD_ONCE_INIT;
static cpu_set_t allowed;

/* Before the first thread is pinned, and so narrows its own set. */
static void look(void)
{
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		abort();
}

void pin_thread(unsigned int number)
{
	unsigned int left_count, cpu = 0;
	cpu_set_t chosen;

	if (pthread_once(&look_once, look) != 0)
		abort();
	left_count = number % (unsigned int)CPU_COUNT(&allowed);
	while (!CPU_ISSET(cpu, &allowed) || left_count-- > 0)
		cpu++;
	CPU_ZERO(&chosen);
	CPU_SET(cpu, &chosen);
	if (sched_setaffinity(0, sizeof(chosen), &chosen) != 0)
		abort();
}
