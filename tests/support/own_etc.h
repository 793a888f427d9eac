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

/* Write the subuid file again; own_etc_bring() has succeeded. */
void own_etc_write_subuid(const char *text, mode_t mode);

#endif
