/* SPDX-License-Identifier: ISC */
/*
 * admit: how long it takes to be let in, and to be put out
 *
 * One process connects and closes, over and over, with rings of two sizes; by
 * itself, and with a thousand others there.  Then it is revoked each time it
 * has sent a word, and notices that asleep, or while it sends.
 */
#include "load.h"

#include <stdio.h>

#include "bench.h"

#define GOAL_REVOKED_MS 1000
#define HELD 1000
#define PER_HOLDER 125
#define HOLDERS (HELD / PER_HOLDER)

static bool measure(const struct load_host *host, uint64_t cycle_count,
		    uint32_t ring_bytes, const char *what)
{
	struct load_connector connector = {
		.host = host,
		.ring_bytes = ring_bytes,
		.count = cycle_count,
	};
	struct load_process process = {0};
	bool is_good;

	load_forget_samples(LOAD_CONNECTS);
	is_good = load_process_start(&process, LOAD_PEER_UID, LOAD_PEER_UID,
				     load_connector_main, &connector) &&
		  load_process_wait(&process);
	load_print_samples(what, LOAD_CONNECTS);
	return is_good;
}

static bool hold_many(const struct load_host *host,
		      struct load_process *processes)
{
	struct load_holder holder = {
		.host = host,
		.channel_count = PER_HOLDER,
	};
	uint64_t admitted = atomic_load(&load_board->admitted);
	uint32_t i;

	for (i = 0; i < HOLDERS; i++) {
		holder.member = 1 + i;
		if (!load_process_start(&processes[i], LOAD_PEER_UID + 1 + i,
					LOAD_PEER_UID, load_holder_main,
					&holder))
			return false;
	}
	return load_await_admitted(admitted + HELD);
}

static bool measure_revocations(const struct load_options *options)
{
	struct load_process process = {0};
	struct load_host host;
	struct load_node node = {.host = &host, .revokes_speakers = true};
	struct load_outcast outcast = {
		.host = &host,
		.count = options->cycles,
	};
	bool is_good;

	is_good = load_host_open(&host, "", "    audit none\n") &&
		  load_node_start(&node) &&
		  load_process_start(&process, LOAD_PEER_UID, LOAD_PEER_UID,
				     load_outcast_main, &outcast) &&
		  load_process_wait(&process);
	load_print_samples("from revoking to the peer's -EPIPE",
			   LOAD_REVOCATIONS);
	load_goal_at_most("from revoking to -EPIPE, largest",
			  (double)load_percentile_ns(LOAD_REVOCATIONS, 1000) /
				  1e6, GOAL_REVOKED_MS, "ms");
	load_goal_at_most("peers not revoked", (double)load_faults(), 0, "");
	load_process_stop(&node.process);
	load_host_close(&host);
	return is_good;
}

static bool admit(const struct load_options *options, struct load_node *node,
		  struct load_process *holders)
{
	const struct load_host *host = node->host;
	uint64_t count = options->cycles;

	if (!load_node_start(node) ||
	    !measure(host, count, 65536, "rings of 64 KiB") ||
	    !measure(host, count, 1 << 20, "rings of 1 MiB") ||
	    !load_await_departed() || !hold_many(host, holders) ||
	    !measure(host, count, 65536, "64 KiB, beside 1,000 connected"))
		return false;
	load_goal_at_most("connects failed", (double)load_faults(), 0, "");
	return true;
}

static bool run(const struct load_options *options)
{
	struct load_process holders[HOLDERS] = {{0}};
	struct load_host host;
	struct load_node node = {.host = &host};
	bool is_good;

	is_good = load_host_open(&host, "", "    slots 2048\n") &&
		  admit(options, &node, holders);
	load_processes_stop(holders, HOLDERS);
	load_process_stop(&node.process);
	load_host_close(&host);
	return measure_revocations(options) && is_good;
}

const struct load_scenario load_admit = {
	.name = "connected",
	.summary = "how long admission and revocation take",
	.defaults = {.cycles = 2000},
	.run = run,
};
