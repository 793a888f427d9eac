/* SPDX-License-Identifier: ISC */
/*
 * Keys: a process can prove its identity beyond what the kernel says
 *
 * A key is an X25519 key pair.  The public key stands in policies, as `key` of
 * a node or of a peer; the private one in a file that only its owner may
 * read, and which an option `key_file` names.  Only the handshake uses it, and
 * the library never gives it out: not even these functions do.
 *
 * The file is one line of text.  It belongs to root or to the effective uid of
 * the process, its mode is 0600 or stricter, or 0440 if an ACL gives the group's
 * bits to the reader alone (systemd credentials); it has one name; and no other
 * user owns a link on the way or can write to a directory on the way.
 *
 * All of this but _text reads or writes files, so it may block as file systems
 * do.  Any thread may call it.
 */
#ifndef POSTERN_KEY_H
#define POSTERN_KEY_H

#include <postern/policy.h>
#include <postern/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "x25519:", 43 characters of URL-safe base64, and a zero. */
#define POSTERN_KEY_TEXT_BYTES 51

/*
 * Make a new key and its file, with mode 0600 and this process as its owner.
 * The file is there as a whole and on the disk, or not at all; one that exists
 * stays as it is.  On failure *refusal, when not NULL, says more.
 *
 * Returns 0, or
 *   -EBUSY   there is a file of this name already
 *   -ENOENT  there is no such directory
 *   -EACCES  others could write there, or this process may not
 *   -ENOMEM  also where memory for secrets cannot be locked (RLIMIT_MEMLOCK)
 *   -EINVAL  a NULL argument
 *   -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_key_create(const char *path, struct postern_refusal *refusal,
		       uint8_t ret_public_key[POSTERN_KEY_BYTES]);

/*
 * The public key of the private one in a file, which is checked on the way:
 * what this accepts, `key_file` does.  On failure *refusal, when not NULL, says
 * more.
 *
 * Returns 0, or
 *   -ENOENT  there is no such file
 *   -EACCES  another user could read or write it, or this process may not, or
 *            there is no private key in it: the refusal names the command that
 *            mends it where one does
 *   -ENOMEM -EINVAL -EMFILE -ENFILE -ECANCELED, as above
 */
POSTERN_MUST_CHECK
int postern_key_read_public(const char *path, struct postern_refusal *refusal,
			    uint8_t ret_public_key[POSTERN_KEY_BYTES]);

/* A public key as it is written in a policy.  Neither is NULL. */
void postern_key_text(const uint8_t public_key[POSTERN_KEY_BYTES],
		      char ret_text[POSTERN_KEY_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
