/* SPDX-License-Identifier: ISC */
/*
 * A controller: lets `orders` revoke peers, on orders
 */
#ifndef POSTERN_SUPPORT_CONTROLLER_H
#define POSTERN_SUPPORT_CONTROLLER_H

#include <stddef.h>
#include <stdint.h>

#include <postern/postern.h>

#include "support/process.h"

/* What *ret_count is before the call. */
#define CONTROLLER_UNTOUCHED 77

struct control_order {
	char peer[2 * POSTERN_NAME_BYTES];
	uint64_t deadline_ns;
};

struct control_report {
	int result;
	enum postern_reason reason;
	char detail[POSTERN_ERROR_DETAIL_BYTES];
	uint32_t count;
	size_t left_fds;        /* more than before, in the end */
};

void controller_command(const struct postern_policy *policy,
			const struct control_order *order,
			struct control_report *ret_report);

/* For process_start(); user_data is the scene, with its policy loaded. */
process_main_fn controller_main;

#endif
