/* SPDX-License-Identifier: ISC */
/*
 * An /etc of the test's own
 */
#include "support/own_etc.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/process.h"
#include "support/stage.h"

static char etc_directory[STAGE_PATH_BYTES];

void own_etc_path(const char *name, char ret_path[static OWN_ETC_PATH_BYTES])
{
	int length = snprintf(ret_path, OWN_ETC_PATH_BYTES, "%s/%s",
			      etc_directory, name);

	process_require(length < OWN_ETC_PATH_BYTES, "a path is too long");
}

void own_etc_write(const char *name, const char *text, mode_t mode)
{
	char path[OWN_ETC_PATH_BYTES];
	FILE *file;

	own_etc_path(name, path);
	(void)remove(path);
	file = fopen(path, "we");
	process_require(file && fputs(text, file) >= 0 && fclose(file) == 0 &&
			chmod(path, mode) == 0, "a file cannot be written");
}

bool own_etc_bring(const char *subuid_text)
{
	char passwd[256];

	stage_make_directory(ROLE_ROOT, etc_directory);
	(void)snprintf(passwd, sizeof(passwd),
		       "root:x:0:0::/:/bin/sh\n"
		       OWN_ETC_USER ":x:%u:%u::/:/bin/sh\n",
		       OWN_ETC_UID, OWN_ETC_UID);
	own_etc_write("passwd", passwd, 0644);
	own_etc_write("group", "root:x:0:\n", 0644);
	if (subuid_text)
		own_etc_write("subuid", subuid_text, 0644);
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(etc_directory, "/etc", NULL, MS_BIND, NULL) == 0;
}
