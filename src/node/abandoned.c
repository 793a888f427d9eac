/* SPDX-License-Identifier: ISC */
/*
 * Abandoned handshakes
 */
#include "node/abandoned.h"

#include <stddef.h>

#include "base/clock.h"

void pst_abandoned_add(struct pst_abandoned *abandoned, uint64_t user,
		       uint64_t now_ns)
{
	struct pst_abandoned_count *found = &abandoned->counts[0], *count;
	uint64_t most_ns = now_ns + PST_ABANDONED_MAX * PST_NS_PER_SECOND;
	size_t i;

	for (i = 0; i < PST_ABANDONED_USERS; i++) {
		count = &abandoned->counts[i];
		if (count->zero_ns != 0 && count->user == user) {
			found = count;
			break;
		}
		if (count->zero_ns < found->zero_ns)
			found = count;
	}
	if (found->user != user || found->zero_ns < now_ns)
		found->zero_ns = now_ns;
	found->user = user;
	found->zero_ns += PST_NS_PER_SECOND;
	if (found->zero_ns > most_ns)
		found->zero_ns = most_ns;
}

uint32_t pst_abandoned_count_of(const struct pst_abandoned *abandoned,
				uint64_t user, uint64_t now_ns)
{
	const struct pst_abandoned_count *count;
	size_t i;

	for (i = 0; i < PST_ABANDONED_USERS; i++) {
		count = &abandoned->counts[i];
		if (count->zero_ns <= now_ns || count->user != user)
			continue;
		/* Rounded up: what was abandoned just now is one. */
		return (uint32_t)((count->zero_ns - now_ns +
				   PST_NS_PER_SECOND - 1) / PST_NS_PER_SECOND);
	}
	return 0;
}
