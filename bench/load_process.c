/* SPDX-License-Identifier: ISC */
/*
 * Processes of other users, and waiting for them
 */
#include "load.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static bool become(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	       setresuid(uid, uid, uid) == 0;
}

bool load_process_start(struct load_process *process, uid_t uid, gid_t gid,
			load_main_fn *main_function, void *user_data)
{
	pid_t parent = getpid();

	(void)fflush(NULL);
	process->pid = fork();
	if (process->pid > 0)
		return true;
	if (process->pid < 0) {
		perror("fork");
		process->pid = 0;
		return false;
	}
	if (!become(uid, gid) || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    getppid() != parent)
		_exit(EXIT_FAILURE);
	main_function(user_data);
	_exit(EXIT_SUCCESS);
}

bool load_process_wait(struct load_process *process)
{
	int status = -1;

	if (process->pid <= 0)
		return false;
	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	process->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

void load_process_stop(struct load_process *process)
{
	if (process->pid <= 0)
		return;
	(void)kill(process->pid, SIGKILL);
	(void)load_process_wait(process);
}

void load_processes_stop(struct load_process *processes, size_t count)
{
	size_t i;

	/* All at once, as each may take a while to give its memory back. */
	for (i = 0; i < count; i++)
		if (processes[i].pid > 0)
			(void)kill(processes[i].pid, SIGKILL);
	for (i = 0; i < count; i++)
		load_process_stop(&processes[i]);
}

uint64_t load_process_cpu_ns(const struct load_process *process)
{
	uint64_t cpu_ns = 0;
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%ld/schedstat",
		       (long)process->pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%" SCNu64, &cpu_ns) != 1)
		cpu_ns = 0;
	(void)fclose(file);
	return cpu_ns;
}

void load_rest_until(uint64_t deadline_ns)
{
	const struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / LOAD_NS_PER_S),
		.tv_nsec = (long)(deadline_ns % LOAD_NS_PER_S),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline,
			       NULL) == EINTR)
		continue;
}

void load_rest(double seconds)
{
	load_rest_until(bench_now_ns() + (uint64_t)(seconds * 1e9));
}

bool load_await(load_condition_fn *condition, void *user_data, double seconds)
{
	uint64_t end_ns = bench_now_ns() + (uint64_t)(seconds * 1e9);

	while (!condition(user_data)) {
		if (bench_now_ns() >= end_ns)
			return false;
		load_rest(0.0005);
	}
	return true;
}

/* In slices of a millisecond, so that the share is even. */
void load_burner_main(void *user_data)
{
	const double *share = user_data;
	uint64_t slice_ns = LOAD_NS_PER_S / 1000, begin_ns = bench_now_ns();
	uint64_t busy_ns = (uint64_t)(*share * (double)slice_ns);

	for (;; begin_ns += slice_ns) {
		while (bench_now_ns() < begin_ns + busy_ns)
			bench_cpu_relax();
		load_rest_until(begin_ns + slice_ns);
	}
}
