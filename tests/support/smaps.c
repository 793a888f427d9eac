/* SPDX-License-Identifier: ISC */
/*
 * The mappings of a process, as /proc/PID/smaps tells them
 */
#include "support/smaps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGS_LABEL "VmFlags:"

struct search {
	uint64_t address;
	struct mapping *ret_mapping;
	bool is_found;
};

void smaps_walk(pid_t pid, smaps_visit_fn *visit, void *user_data)
{
	struct mapping mapping = {0};
	char path[64], permissions[5], *line = NULL;
	uint64_t begin, end;
	size_t room_bytes = 0;
	FILE *smaps;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	smaps = fopen(path, "re");
	if (!smaps) {
		perror(path);
		abort();
	}
	while (getline(&line, &room_bytes, smaps) > 0) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &begin, &end,
			   permissions) == 3) {
			mapping.begin = begin;
			mapping.end = end;
			memcpy(mapping.permissions, permissions,
			       sizeof(permissions));
		}
		/* The flags are the last line of each. */
		if (strncmp(line, FLAGS_LABEL, sizeof(FLAGS_LABEL) - 1) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(mapping.flags, sizeof(mapping.flags), "%s ",
			       line + sizeof(FLAGS_LABEL) - 1);
		visit(&mapping, user_data);
	}
	free(line);
	(void)fclose(smaps);
}

static void compare(const struct mapping *mapping, void *user_data)
{
	struct search *search = user_data;

	if (search->address < mapping->begin || search->address >= mapping->end)
		return;
	*search->ret_mapping = *mapping;
	search->is_found = true;
}

bool smaps_find(const void *address, struct mapping *ret_mapping)
{
	struct search search = {(uintptr_t)address, ret_mapping, false};

	smaps_walk(getpid(), compare, &search);
	return search.is_found;
}

bool mapping_has_flag(const struct mapping *mapping, const char *flag)
{
	char wanted[8];

	(void)snprintf(wanted, sizeof(wanted), " %s ", flag);
	return strstr(mapping->flags, wanted) != NULL;
}
