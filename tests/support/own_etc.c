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

#include "support/stage.h"

static char etc_directory[STAGE_PATH_BYTES];

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[STAGE_PATH_BYTES + 16];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", etc_directory, name);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

bool own_etc_bring(const char *subuid_text)
{
	char passwd[256];

	stage_make_directory(ROLE_ROOT, etc_directory);
	(void)snprintf(passwd, sizeof(passwd),
		       "root:x:0:0::/:/bin/sh\n"
		       OWN_ETC_USER ":x:%u:%u::/:/bin/sh\n",
		       OWN_ETC_UID, OWN_ETC_UID);
	write_file("passwd", passwd, 0644);
	write_file("group", "root:x:0:\n", 0644);
	if (subuid_text)
		write_file("subuid", subuid_text, 0644);
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(etc_directory, "/etc", NULL, MS_BIND, NULL) == 0;
}

void own_etc_write_subuid(const char *text, mode_t mode)
{
	write_file("subuid", text, mode);
}
