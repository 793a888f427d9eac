/* SPDX-License-Identifier: ISC */
/*
 * crowd: an honest client connects beside 200 users that connect without end
 *
 * One process of root takes the uid of each user in turn, closes that user's
 * connection and makes another: so each has one at a time, and no share of a
 * user bounds them.  They send nothing, or a HELLO whose answer they leave
 * unread.
 */
#include "load.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "support/stranger.h"

#define USERS 200
#define CONNECTOR_RATE 200
#define GOAL_P99_MS 100
#define SETTLE_S 0.5

enum condition { CONDITION_ALONE, CONDITION_SILENT, CONDITION_HELLO };
#define CONDITIONS 3

static const char *const condition_names[CONDITIONS] = {
	"alone", "beside silent ones", "beside HELLOs",
};

struct crowd {
	const struct load_host *host;
	bool sends_hello;
};

static void crowd_main(void *user_data)
{
	static struct stranger held[USERS];
	const struct crowd *crowd = user_data;
	struct stranger *stranger;
	uint32_t user;

	for (user = 0; user < USERS; user++)
		held[user] = (struct stranger)STRANGER_INIT;
	for (user = 0;; user = (user + 1) % USERS) {
		stranger = &held[user];
		stranger_close(stranger);
		if (seteuid(LOAD_OTHER_UID + user) < 0)
			_exit(1);
		if (stranger_connect(stranger, crowd->host->socket_path) == 0) {
			load_count(&load_board->tallies[0].connect_count);
			if (crowd->sends_hello)
				(void)stranger_say_hello(stranger);
		} else {
			(void)sched_yield();
		}
		if (seteuid(0) < 0)
			_exit(1);
	}
}

static void report_goals(uint64_t failed)
{
	load_goal_at_most("honest connects that failed", (double)failed, 0,
			  "");
	if (load_sample_count(LOAD_CONNECTS) == 0) {
		load_not_measured("honest connect p99", "too short a time");
		return;
	}
	load_goal_at_most("honest connect p99",
			  (double)load_percentile_ns(LOAD_CONNECTS, 990) / 1e6,
			  GOAL_P99_MS, "ms");
}

static bool measure(const struct load_options *options,
		    const struct load_host *host, enum condition condition)
{
	struct crowd crowd = {host, condition == CONDITION_HELLO};
	struct load_process process = {0};
	uint64_t crowd_count, failed;
	bool is_good;

	is_good = condition == CONDITION_ALONE ||
		  load_process_start(&process, 0, 0, crowd_main, &crowd);
	load_rest(SETTLE_S);
	load_forget_samples(LOAD_CONNECTS);
	failed = atomic_load(&load_board->members[0].failed);
	crowd_count = atomic_load(&load_board->tallies[0].connect_count);
	load_rest(options->seconds);
	failed = atomic_load(&load_board->members[0].failed) - failed;
	crowd_count = atomic_load(&load_board->tallies[0].connect_count) -
		      crowd_count;
	(void)printf("  %-20s %8" PRIu32 " %8" PRIu64 " %10.2f %10.2f %14.0f\n",
		     condition_names[condition],
		     load_sample_count(LOAD_CONNECTS), failed,
		     (double)load_percentile_ns(LOAD_CONNECTS, 500) / 1e6,
		     (double)load_percentile_ns(LOAD_CONNECTS, 990) / 1e6,
		     (double)crowd_count / options->seconds);
	if (condition != CONDITION_ALONE)
		report_goals(failed);
	load_process_stop(&process);
	return is_good;
}

static bool run(const struct load_options *options)
{
	struct load_process process = {0};
	struct load_host host;
	struct load_node node = {.host = &host};
	struct load_connector connector = {
		.host = &host,
		.rate_per_s = CONNECTOR_RATE,
		.ring_bytes = 65536,
	};
	enum condition condition;
	bool is_good;

	is_good = load_host_open(&host, "", "    audit none\n") &&
		  load_node_start(&node) &&
		  load_process_start(&process, LOAD_PEER_UID, LOAD_PEER_UID,
				     load_connector_main, &connector);
	(void)printf("  %d users of one connection each; in ms, and connects of "
		     "theirs a second\n  %-20s %8s %8s %10s %10s %14s\n", USERS,
		     "", "connects", "failed", "median", "p99", "theirs");
	for (condition = CONDITION_ALONE; is_good && condition < CONDITIONS;
	     condition++)
		is_good = measure(options, &host, condition);
	load_process_stop(&process);
	load_process_stop(&node.process);
	load_host_close(&host);
	return is_good;
}

const struct load_scenario load_crowd = {
	.name = "crowd",
	.summary = "an honest client beside 200 users that connect",
	.defaults = {.seconds = 5},
	.run = run,
};
