/* SPDX-License-Identifier: ISC */
/*
 * An observer: asks `orders` for its statistics and tries all that it must not
 */
#ifndef POSTERN_SUPPORT_OBSERVER_H
#define POSTERN_SUPPORT_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/postern.h>

#include "support/process.h"

struct observer_report {
	int result;
	enum postern_reason reason;
	char detail[POSTERN_ERROR_DETAIL_BYTES];
	size_t segment_bytes;
	bool is_readable;       /* to the last byte */
	bool is_writable;       /* in any of the ways there are */
	bool has_pidfd;
	size_t left_fds;        /* more than before, in the end */
};

void observer_fetch(const struct postern_policy *policy, uint64_t deadline_ns,
		    struct observer_report *ret_report);

/*
 * For process_start(); user_data is the scene, with its policy loaded.  An order
 * is the timeout, a uint64_t in ns, and is answered by a report.
 */
process_main_fn observer_main;

#endif
