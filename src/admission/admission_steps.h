/* SPDX-License-Identifier: ISC */
/*
 * The steps of an admission: for the files of this folder only
 *
 * Each returns false with the error.  What it has created is in the entry, whose
 * release frees it.
 */
#ifndef POSTERN_ADMISSION_ADMISSION_STEPS_H
#define POSTERN_ADMISSION_ADMISSION_STEPS_H

#include <stdbool.h>

#include "admission/admission.h"

/* Decisions and charges: admission_grant.c */

/* The user that a peer counts for: a uid with its subordinate uids, a block of
 * root's subordinate uids, or root or the owner as themselves. */
uint64_t pst_admission_user(const struct pst_admission *admission,
			    const struct pst_peer_credentials *credentials);

/*
 * May this peer send a HELLO: could any rule admit it, within the attempts of its
 * user?  Root and the owner always may: for another kind of connection than a
 * channel, or to find out whether the node listens.  A channel they get by the
 * policy and within its limits, as all users.
 */
bool pst_admission_check_attempt(struct pst_admission *admission,
				 const struct pst_peer_credentials *credentials,
				 uint64_t user, bool *ret_needs_key,
				 struct postern_error_info *error);

/* May this peer get one more OFFER or STATS? */
bool pst_admission_may_offer(struct pst_admission *admission,
			     const struct pst_half_open *entry,
			     struct postern_error_info *error);

/* Decide on a HELLO that requests a channel, charge it, send the OFFER. */
bool pst_admission_offer(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 struct postern_error_info *error);

/* After READY: decide and charge by the proven key, if one was claimed. */
bool pst_admission_finish(struct pst_admission *admission,
			  struct pst_half_open *entry,
			  struct postern_error_info *error);

/* Segments: admission_segments.c */

/* Create both segments and send the OFFER, which is completed. */
bool pst_admission_send_offer(const struct pst_admission *admission,
			      struct pst_half_open *entry,
			      struct pst_offer *offer,
			      struct postern_error_info *error);

/* Has the peer sealed its segment and populated both? */
bool pst_admission_check_segments(const struct pst_admission *admission,
				  const struct pst_half_open *entry,
				  struct postern_error_info *error);

/* Open the channel and send GO, after which nothing can fail. */
bool pst_admission_send_go(struct pst_admission *admission,
			   struct pst_half_open *entry,
			   struct postern_error_info *error);

/* Connections without a channel: admission_requests.c */

/* Send the statistics segment, if this peer may observe. */
bool pst_observe_execute(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 struct postern_error_info *error);

/* Tell a peer that it may send a command; execute the command. */
bool pst_control_permit(const struct pst_admission *admission,
			struct pst_half_open *entry,
			struct postern_error_info *error);
void pst_control_execute(struct pst_admission *admission,
			 struct pst_half_open *entry);

/* Handshakes: admission.c */

/* Begin a handshake, or begin it again, with the present key. */
void pst_admission_begin(const struct pst_admission *admission,
			 struct pst_half_open *entry);

/* Ends without a channel: admission_end.c */

/* Free the entry, and release its slot and the charge. */
void pst_admission_release(struct pst_admission *admission,
			   struct pst_half_open *entry);

/* Refuse a handshake; or end it, because the peer has hung up. */
void pst_admission_refuse(struct pst_admission *admission,
			  struct pst_half_open *entry,
			  const struct postern_error_info *error);
void pst_admission_end_hung_up(struct pst_admission *admission,
			       struct pst_half_open *entry);

/* The same for an attempt, which has no entry; _close_ just closes it.  Both take
 * socket and credentials. */
void pst_admission_refuse_attempt(struct pst_admission *admission,
				  int socket_fd,
				  struct pst_peer_credentials *credentials,
				  const struct postern_error_info *error);
void pst_admission_close_attempt(struct pst_admission *admission, int socket_fd,
				 struct pst_peer_credentials *credentials);

#endif
