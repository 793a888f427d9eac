/* SPDX-License-Identifier: ISC */
/*
 * churn: peers that come and go for ever, in every way, at any moment
 *
 * Several processes let others connect and end (tests/support/churn.h), half of
 * them by kill -9 at a moment that a timer chose.  Then the node's descriptors,
 * mappings and memory must be what they were, and every slot must be free.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "support/churn.h"
#include "support/footprint.h"

#define WORKERS 4
#define WARM_UP_CYCLES 2000
#define RING_BYTES 65536
#define SLOTS 64
#define SLOTS_TEXT "64"
#define PATIENCE_S 10
#define GOAL_FREE_MS 100

/* Who died when: written by the dying, read by the node. */
static _Atomic uint64_t *deaths_ns;

/* -- in the node ----------------------------------------------------------- */

static void sample_since_death(enum load_sample_set set, int32_t pid)
{
	uint64_t death_ns, now_ns = bench_now_ns();

	death_ns = atomic_load(&deaths_ns[(uint32_t)pid % CHURN_DEATHS]);
	if (death_ns > 0)
		load_sample(set, now_ns > death_ns ? now_ns - death_ns : 0);
}

static void note_departure(const struct postern_node_event *event)
{
	sample_since_death(LOAD_SLOTS_FREE, event->pid);
}

/* A handshake that came to nothing has no event, only its record. */
static void note_record(void *user_data,
			const struct postern_log_record *record)
{
	const char *pid;

	(void)user_data;
	if (strcmp(record->event, "refused") != 0)
		return;
	load_count_own(&load_board->refused);
	pid = strstr(record->line, " pid=");
	if (pid)
		sample_since_death(LOAD_HANDSHAKES_FREE,
				   (int32_t)strtol(pid + 5, NULL, 10));
}

/* From each peer 0, 1, 2 and so on, as long as it lives. */
static void check_message(postern_peer peer, const uint8_t *bytes,
			  size_t byte_count)
{
	static struct {
		postern_peer peer;
		uint64_t next_number;
	} places[4096];
	struct load_member *member = &load_board->members[0];
	size_t place = (uint32_t)peer % 4096;
	struct churn_message message = {0};

	if (places[place].peer != peer) {
		places[place].peer = peer;
		places[place].next_number = 0;
	}
	if (byte_count == sizeof(message))
		memcpy(&message, bytes, sizeof(message));
	if (byte_count != sizeof(message) ||
	    message.number != places[place].next_number++)
		load_count_own(&member->faults);
	load_count_own(&member->received);
}

/* -- in the workers -------------------------------------------------------- */

struct worker {
	struct churn churn;
	struct random random;
	uint64_t cycle_count;
	struct load_member *member;
};

static void worker_main(void *user_data)
{
	struct worker *worker = user_data;
	uint64_t i;

	for (i = 0; i < worker->cycle_count; i++) {
		switch (churn_once(&worker->churn, &worker->random)) {
		case CHURN_DONE:
			load_count_own(&worker->member->sent);
			break;
		case CHURN_REFUSED:
			load_count_own(&worker->member->full);
			break;
		case CHURN_FAILED:
			load_count_own(&worker->member->failed);
			break;
		}
	}
}

/* -- the course of it ------------------------------------------------------ */

static bool run_cycles(const struct load_host *host, uint64_t cycle_count,
		       uint64_t seed)
{
	struct load_process processes[WORKERS] = {{0}};
	struct worker worker = {
		.churn = {
			.policy = host->policy,
			.socket_path = host->socket_path,
			.ring_bytes = RING_BYTES,
			.deaths_ns = deaths_ns,
		},
	};
	bool is_good = true;
	uint32_t i;

	for (i = 0; i < WORKERS; i++) {
		worker.random.state = seed * WORKERS + i;
		worker.cycle_count = cycle_count / WORKERS +
				     (i < cycle_count % WORKERS);
		worker.member = &load_board->members[i];
		is_good = load_process_start(&processes[i], LOAD_PEER_UID + i,
					     LOAD_PEER_UID + i, worker_main,
					     &worker) && is_good;
	}
	for (i = 0; i < WORKERS; i++)
		is_good = load_process_wait(&processes[i]) && is_good;
	return is_good;
}

struct settling {
	pid_t pid;
	size_t fd_count;
};

static bool has_settled(void *user_data)
{
	const struct settling *settling = user_data;
	struct footprint now;

	return atomic_load(&load_board->admitted) ==
		       atomic_load(&load_board->departed) &&
	       footprint_read(settling->pid, &now) &&
	       now.fd_count == settling->fd_count;
}

/* Handshakes whose peer is gone are looked at a little later. */
static struct footprint settle(const struct load_node *node, size_t fd_count)
{
	struct settling settling = {node->process.pid, fd_count};
	struct footprint now = {0};

	(void)load_await(has_settled, &settling, PATIENCE_S);
	(void)footprint_read(node->process.pid, &now);
	return now;
}

static void print_row(const char *what, uint64_t before, uint64_t after)
{
	(void)printf("  %-22s %12" PRIu64 " %12" PRIu64 " %+12" PRId64 "\n",
		     what, before, after, (int64_t)(after - before));
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void compare(const struct footprint *before,
		    const struct footprint *after)
{
	(void)printf("  %-22s %12s %12s %12s\n", "the node", "before", "after",
		     "difference");
	print_row("descriptors", before->fd_count, after->fd_count);
	print_row("mappings", before->mapping_count, after->mapping_count);
	print_row("mapped bytes", before->mapped_bytes, after->mapped_bytes);
	print_row("resident anonymous", before->anonymous_bytes,
		  after->anonymous_bytes);
	print_row("resident shared", before->shared_bytes,
		  after->shared_bytes);
	load_goal_at_most("descriptors and mappings as before",
			  (double)(difference(before->fd_count,
					      after->fd_count) +
				   difference(before->mapping_count,
					      after->mapping_count) +
				   difference(before->mapped_bytes,
					      after->mapped_bytes)),
			  0, "");
	load_goal_at_most("memory as before",
			  (double)difference(before->anonymous_bytes +
						     before->shared_bytes,
					     after->anonymous_bytes +
						     after->shared_bytes),
			  0, "bytes");
}

/* Every slot at once; says how many could not be had. */
static uint64_t take_every_slot(const struct load_host *host)
{
	uint64_t admitted = atomic_load(&load_board->admitted);
	struct load_holder holder = {
		.host = host,
		.channel_count = SLOTS,
	};
	struct load_process process = {0};
	uint64_t missing = SLOTS;

	if (load_process_start(&process, LOAD_PEER_UID, LOAD_PEER_UID,
			       load_holder_main, &holder)) {
		(void)load_await_admitted(admitted + SLOTS);
		missing = admitted + SLOTS - atomic_load(&load_board->admitted);
	}
	load_process_stop(&process);
	return missing;
}

static void report(const struct load_options *options, double seconds)
{
	const struct load_member *members = load_board->members;
	uint64_t done = 0, refused = 0, failed = 0;
	size_t i;

	for (i = 0; i < WORKERS; i++) {
		done += atomic_load(&members[i].sent);
		refused += atomic_load(&members[i].full);
		failed += atomic_load(&members[i].failed);
	}
	(void)printf("  %" PRIu64 " cycles in %.1f s, %.0f a second, seed %"
		     PRIu64 "\n  %" PRIu64 " admitted, %" PRIu64 " records of "
		     "handshakes that failed, %" PRIu64 " messages\n",
		     options->cycles, seconds,
		     (double)options->cycles / seconds, options->seed,
		     atomic_load(&load_board->admitted),
		     atomic_load(&load_board->refused),
		     atomic_load(&members[0].received));
	(void)printf("  %" PRIu64 " ended as drawn, %" PRIu64 " found no place, "
		     "%" PRIu64 " failed\n", done, refused, failed);
	load_print_samples("from death to a free slot", LOAD_SLOTS_FREE);
	load_print_samples("the same, in mid-handshake", LOAD_HANDSHAKES_FREE);
	load_goal_at_most("cycles failed", (double)failed, 0, "");
	load_goal_at_most("messages out of order", (double)load_faults() -
			  (double)failed, 0, "");
	load_goal_at_most("from death to a free slot, largest",
			  (double)load_percentile_ns(LOAD_SLOTS_FREE, 1000) /
				  1e6, GOAL_FREE_MS, "ms");
	load_goal_at_most("the same in mid-handshake, largest",
			  (double)load_percentile_ns(LOAD_HANDSHAKES_FREE,
						     1000) / 1e6,
			  GOAL_FREE_MS, "ms");
}

static bool churn(const struct load_options *options,
		  const struct load_host *host, struct load_node *node)
{
	struct footprint opened, before, after;
	uint64_t begin_ns;
	double seconds;

	if (!load_node_start(node) ||
	    !footprint_read(node->process.pid, &opened))
		return false;
	/* What the node keeps for a slot it touches when it is first taken. */
	(void)take_every_slot(host);
	if (!run_cycles(host, WARM_UP_CYCLES, options->seed + 1000000))
		return false;
	before = settle(node, opened.fd_count);
	load_forget_samples(LOAD_SLOTS_FREE);
	load_forget_samples(LOAD_HANDSHAKES_FREE);

	begin_ns = bench_now_ns();
	if (!run_cycles(host, options->cycles, options->seed))
		return false;
	seconds = (double)(bench_now_ns() - begin_ns) / 1e9;
	after = settle(node, opened.fd_count);
	report(options, seconds);
	compare(&before, &after);
	load_goal_at_most("slots still taken", (double)take_every_slot(host), 0,
			  "");
	return true;
}

static bool run(const struct load_options *options)
{
	struct load_host host;
	struct load_node node = {
		.host = &host,
		.on_message = check_message,
		.on_departure = note_departure,
		.log = note_record,
	};
	bool is_good;

	deaths_ns = load_board->deaths_ns;
	is_good = load_host_open(&host, "", "    slots " SLOTS_TEXT "\n") &&
		  churn(options, &host, &node);
	load_process_stop(&node.process);
	load_host_close(&host);
	return is_good;
}

const struct load_scenario load_churn = {
	.name = "churn",
	.summary = "processes that connect and end, half of them killed",
	.defaults = {.cycles = 100000},
	.run = run,
};
