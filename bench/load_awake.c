/* SPDX-License-Identifier: ISC */
/*
 * Processors that do not halt
 *
 * To wake a virtual processor that has halted is the host's doing and has been
 * seen to take 20 to 80 us: more than a message takes from one process to
 * another.  Who is woken beside a busy processor pays for it, and so whatever
 * makes processors busy seems to make messages slow.  A process that spins on
 * each of them, and is scheduled only when nobody else wants to run, keeps that
 * out of a measurement.
 */
#include "load.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PROCESSORS_MAX 256

static struct load_process spinners[PROCESSORS_MAX];

/* No pause: a hypervisor takes many of those for a reason to halt. */
static void spin_main(void *user_data)
{
	const struct sched_param param = {0};
	const int *processor = user_data;
	volatile unsigned rounds = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)*processor, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0 ||
	    sched_setscheduler(0, SCHED_IDLE, &param) < 0) {
		perror("spinner");
		_exit(EXIT_FAILURE);
	}
	for (;;)
		rounds++;
}

bool load_keep_awake(void)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);
	cpu_set_t set;
	int i;

	if (count > PROCESSORS_MAX ||
	    sched_getaffinity(0, sizeof(set), &set) < 0)
		return false;
	for (i = 0; i < count; i++)
		if (CPU_ISSET((size_t)i, &set) &&
		    !load_process_start(&spinners[i], LOAD_OTHER_UID,
					LOAD_OTHER_UID, spin_main, &i))
			return false;
	return true;
}

void load_let_halt(void)
{
	int i;

	for (i = 0; i < PROCESSORS_MAX; i++)
		load_process_stop(&spinners[i]);
}
