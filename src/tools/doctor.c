/* SPDX-License-Identifier: ISC */
/*
 * postern doctor: the features of this host, and the effect of missing ones
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <postern/result.h>

#include "errors.h"
#include "options.h"
#include "tool.h"

#define KERNEL_MAJOR_MIN 5
#define KERNEL_MINOR_MIN 14

/* No version below this one was ever tested. */
static enum tool_status print_kernel(void)
{
	unsigned int major_number, minor_number;
	struct utsname host;

	if (uname(&host) < 0 ||
	    sscanf(host.release, "%u.%u", &major_number, &minor_number) != 2)
		return tool_error(TOOL_REFUSED, "kernel",
				  "its version cannot be told");
	printf("%-12s %s\n", "kernel", host.release);
	if (major_number > KERNEL_MAJOR_MIN ||
	    (major_number == KERNEL_MAJOR_MIN &&
	     minor_number >= KERNEL_MINOR_MIN))
		return TOOL_DONE;
	return tool_error(TOOL_REFUSED, "kernel",
			  "postern needs Linux %d.%d or later",
			  KERNEL_MAJOR_MIN, KERNEL_MINOR_MIN);
}

/*
 * Of each secured channel and of each handshake with keys a page is locked, and
 * no quota counts those: where the limit is small, it is the first to be used
 * up.
 */
static void print_locked_memory(void)
{
	uintmax_t page_bytes = (uintmax_t)sysconf(_SC_PAGESIZE);
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (limit.rlim_cur == RLIM_INFINITY)
		printf("%-12s no limit\n", "memlock");
	else
		printf("%-12s %ju KiB, for keys: about %ju secured channels\n",
		       "memlock", (uintmax_t)limit.rlim_cur / 1024,
		       (uintmax_t)limit.rlim_cur / page_bytes);
}

/* Ids that are not mapped here must not be taken for an identity. */
static void print_overflow_ids(void)
{
	if (access("/proc/sys/kernel/overflowuid", F_OK) == 0 &&
	    access("/proc/sys/kernel/overflowgid", F_OK) == 0)
		return;
	printf("%-12s no /proc/sys here: 65534 is taken for the uid and gid of "
	       "what is not mapped\n", "overflow ids");
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	uint32_t disable_features = 0, features;
	const struct tool_option options[] = {
		TOOL_OPTION_DISABLE(&disable_features),
		{0}
	};
	const struct tool_feature *feature;
	enum tool_status status;
	int level = 0, level_max = 0;
	size_t i;

	tool_options_parse(command, options, argc, argv);
	status = print_kernel();
	print_locked_memory();
	print_overflow_ids();
	features = postern_features() & ~disable_features;
	for (i = 0; i < TOOL_FEATURE_COUNT; i++) {
		feature = &tool_features[i];
		level_max += !feature->is_speed;
		if (features & feature->bit) {
			level += !feature->is_speed;
			printf("%-12s found    %s\n", feature->name,
			       feature->call);
			continue;
		}
		printf("%-12s %-8s %s\n", feature->name,
		       disable_features & feature->bit ? "off" : "missing",
		       feature->call);
		printf("%-12s          without it, %s\n", "", feature->lost);
	}
	printf("hardening level %d of %d\n", level, level_max);
	return status;
}

const struct tool_command tool_command_doctor = {
	.name = "doctor",
	.summary = "show what this host offers and what is lost without it",
	.description =
		"Show how much memory may be locked for keys, each feature "
		"that postern\nuses where it is found, what is lost where it "
		"is missing, and the\nhardening level that results.\n",
	.run = run,
};
