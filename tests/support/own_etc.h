/* SPDX-License-Identifier: ISC */
/*
 * An /etc of the test's own, to say which uids are subordinate
 *
 * Only this process and those that it starts from then on see it.
 */
#ifndef POSTERN_SUPPORT_OWN_ETC_H
#define POSTERN_SUPPORT_OWN_ETC_H

#include <stdbool.h>
#include <sys/types.h>

#define NEEDS_MOUNT_NAMESPACE "needs a mount namespace"

/* This user is in the password file, beside root. */
#define OWN_ETC_USER "alice"
#define OWN_ETC_UID 41000

/* With this text as subuid; NULL: without the file.  False: it cannot be. */
bool own_etc_bring(const char *subuid_text);

#define OWN_ETC_PATH_BYTES 256

/*
 * After own_etc_bring(), in the test or in a process of it: the path of a file,
 * and a file that is made anew, which takes root.
 */
void own_etc_path(const char *name, char ret_path[static OWN_ETC_PATH_BYTES]);
void own_etc_write(const char *name, const char *text, mode_t mode);

#endif
