/* SPDX-License-Identifier: ISC */
/*
 * Keys: a process proves its identity beyond what the kernel says
 *
 * A key is an X25519 key pair.  Policies contain the public key, as `key` of a
 * node or of a peer.  The private key is in a file that only its owner may
 * read, and which the option `key_file` names.  Only the handshake uses it; no
 * function of the library returns it.
 *
 * The file is one line of text.  It belongs to root or to the effective uid of
 * the process.  Its mode is 0600 or stricter, or 0440 if an ACL gives the
 * group's bits to the reader alone (systemd credentials).  It has only one hard
 * link.  No other user owns a symbolic link on its path, or can write to a
 * directory on its path.
 *
 * All calls except _text read or write files, so they may block as file systems
 * do.  Any thread may call them.
 */
#ifndef POSTERN_KEY_H
#define POSTERN_KEY_H

#include <postern/policy.h>
#include <postern/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "x25519:", 43 characters of URL-safe base64, and a zero byte. */
#define POSTERN_KEY_TEXT_BYTES 51

/*
 * Create a key and its file, with mode 0600 and this process's effective uid as
 * its owner.  When the call returns 0, the complete file is on the disk; on
 * failure no file was created.  An existing file is not changed.  On failure
 * *error, unless it is NULL, receives the error information.
 *
 * Returns 0, or
 *   -EBUSY   a file of this name exists
 *   -ENOENT  there is no such directory
 *   -EACCES  another user could write to the directory, or this process may not
 *   -ENOMEM  out of memory, or memory for secrets cannot be locked
 *            (RLIMIT_MEMLOCK)
 *   -EINVAL  an argument is NULL
 *   -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_key_create(const char *path,
		       uint8_t ret_public_key[POSTERN_KEY_BYTES],
		       struct postern_error_info *error);

/*
 * Get the public key of the private key in a file.  The file is checked as
 * `key_file` is: a file that this call accepts can be used there.  On failure
 * *error, unless it is NULL, receives the error information.
 *
 * Returns 0, or
 *   -ENOENT  there is no such file
 *   -EACCES  another user could read or write the file, this process may not
 *            read it, or it contains no private key; the error information
 *            names the command that fixes it, if there is one
 *   -ENOMEM  out of memory, or memory for secrets cannot be locked
 *            (RLIMIT_MEMLOCK)
 *   -EINVAL  an argument is NULL
 *   -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_key_read_public(const char *path,
			    uint8_t ret_public_key[POSTERN_KEY_BYTES],
			    struct postern_error_info *error);

/* Write a public key as a policy writes it.  No argument may be NULL. */
void postern_key_text(const uint8_t public_key[POSTERN_KEY_BYTES],
		      char ret_text[POSTERN_KEY_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
