/* SPDX-License-Identifier: ISC */
/*
 * What a node stands: the parts that the scenarios are put together from
 *
 * Every scenario is some processes: a node as uid 20001, its peers as 20002 and
 * up, floods as others; and the program itself, as root, which starts them,
 * looks at the clock and at /proc, and tells what it saw.  They share one board
 * of counters.  A process that is no longer wanted is killed: nodes and rings
 * have to stand that anyway.
 */
#ifndef POSTERN_BENCH_LOAD_H
#define POSTERN_BENCH_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/postern.h>

#include "support/churn.h"
#include "support/flood.h"

#define LOAD_NODE_NAME "orders"
#define LOAD_NODE_UID 20001u
#define LOAD_PEER_UID 20002u    /* and up: one for each process */
#define LOAD_OTHER_UID 30001u   /* and up: floods */
#define LOAD_GID 20100u         /* and up: one for each tenant */
#define LOAD_OUTSIDER_GID 20199u

#define LOAD_NS_PER_S UINT64_C(1000000000)

/* -- the command line ------------------------------------------------------ */

struct load_options {
	double seconds;          /* of one measurement */
	uint64_t cycles;
	size_t repetitions;
	uint64_t seed;
};

struct load_scenario {
	const char *name;
	const char *summary;
	struct load_options defaults;
	/* Says whether it could be carried out, whatever the figures. */
	bool (*run)(const struct load_options *options);
};

extern const struct load_scenario load_churn;
extern const struct load_scenario load_flood;
extern const struct load_scenario load_crowd;
extern const struct load_scenario load_backlog;
extern const struct load_scenario load_stop;
extern const struct load_scenario load_peers;
extern const struct load_scenario load_fair;
extern const struct load_scenario load_quiet;
extern const struct load_scenario load_admit;

/* -- load_board.c: what all processes see ---------------------------------- */

#define LOAD_MEMBERS_MAX 128
#define LOAD_SAMPLES_MAX (1u << 18)
#define LOAD_TEXT_BYTES 512
#define LOAD_FLOODS 3

/* One sending process.  Its own half, and the node's. */
struct load_member {
	_Alignas(128) _Atomic uint64_t offered; /* calls to send */
	_Atomic uint64_t sent;
	_Atomic uint64_t full;          /* calls that found the ring full */
	_Atomic uint64_t heard;         /* messages from the node */
	_Atomic uint64_t failed;
	_Atomic bool is_connected;
	_Atomic bool is_done;
	_Alignas(128) _Atomic uint64_t received;
	_Atomic uint64_t faults;        /* out of sequence, or changed */
};

/* Times in nanoseconds, at most four seconds of them. */
struct load_samples {
	_Atomic uint32_t count;
	uint32_t values_ns[LOAD_SAMPLES_MAX];
};

enum load_sample_set {
	LOAD_CONNECTS,           /* postern_connect() */
	LOAD_ONE_WAY,            /* from before send to after receive */
	LOAD_SLOTS_FREE,         /* from a peer's death to its slot's freedom */
	LOAD_HANDSHAKES_FREE,    /* the same, if it died in the handshake */
	LOAD_REVOCATIONS,        /* from the node's call to the peer's -EPIPE */
};
#define LOAD_SAMPLE_SETS 5

struct load_board {
	struct load_member members[LOAD_MEMBERS_MAX];
	_Alignas(128) _Atomic uint64_t admitted;
	_Atomic uint64_t departed;
	_Atomic uint64_t refused;
	_Atomic uint64_t strays;        /* messages of nobody known */
	_Atomic uint64_t broadcasts;    /* messages from the node */
	_Atomic uint64_t broadcasts_full;
	_Atomic uint64_t events_missed;
	_Atomic uint64_t revoked_ns;    /* when the last call began */
	_Atomic bool node_is_open;
	_Atomic int node_result;
	char node_detail[LOAD_TEXT_BYTES];
	_Atomic uint64_t deaths_ns[CHURN_DEATHS];
	struct flood_tally tallies[LOAD_FLOODS];
	struct load_samples samples[LOAD_SAMPLE_SETS];
};

extern struct load_board *load_board;

bool load_board_new(void);
void load_board_clear(void);
/* So that no page of it is missing when memory is counted. */
void load_board_touch(void);

static inline void load_count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Only one process writes this counter. */
static inline void load_count_own(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter,
			      atomic_load_explicit(counter,
						   memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

void load_sample(enum load_sample_set set, uint64_t value_ns);
/* Sorts; 0 where there are none.  per_mille 1000 is the largest. */
uint64_t load_percentile_ns(enum load_sample_set set, unsigned per_mille);
uint32_t load_sample_count(enum load_sample_set set);
void load_forget_samples(enum load_sample_set set);

uint64_t load_received(size_t first_member, size_t member_count);
uint64_t load_faults(void);

/* -- load_process.c -------------------------------------------------------- */

struct load_process {
	pid_t pid;              /* 0: none */
};

/* Runs in a process of that uid and gid; user_data as it is at this moment. */
typedef void load_main_fn(void *user_data);
bool load_process_start(struct load_process *process, uid_t uid, gid_t gid,
			load_main_fn *main_function, void *user_data);
void load_process_stop(struct load_process *process);
/* Says whether it ended by itself, and well. */
bool load_process_wait(struct load_process *process);
/* The time it has spent on a processor. */
uint64_t load_process_cpu_ns(const struct load_process *process);

/* Burns a share (a double) of a processor, and touches no node. */
load_main_fn load_burner_main;

void load_rest(double seconds);
void load_rest_until(uint64_t deadline_ns);
/* Looks until it is so; says whether it came to be within seconds. */
typedef bool load_condition_fn(void *user_data);
bool load_await(load_condition_fn *condition, void *user_data, double seconds);

/* -- load_host.c: a place, and the policy for it --------------------------- */

struct load_host {
	char directory[64];
	char policy_path[96];
	char socket_path[96];
	struct postern_policy *policy;
};

/*
 * common: lines for the top level; inside: for the node.  Everyone may both
 * send and receive.  Says whether the policy loads.
 */
bool load_host_open(struct load_host *host, const char *common,
		    const char *inside);
void load_host_close(struct load_host *host);

/* -- load_node.c ----------------------------------------------------------- */

struct load_node {
	const struct load_host *host;
	uint64_t work_ns;        /* spent on each message */
	uint64_t broadcast_every; /* messages between two to everybody; 0: none */
	bool revokes_speakers;   /* whoever sends anything */
	/* NULL: messages are those of members. */
	void (*on_message)(postern_peer peer, const uint8_t *bytes,
			   size_t byte_count);
	void (*on_departure)(const struct postern_node_event *event);
	postern_log_fn *log;
	struct load_process process;
};

/* Starts it, and waits until it is open; says why it is not, if so. */
bool load_node_start(struct load_node *node);
bool load_await_admitted(uint64_t count);
/* Everybody who was admitted has departed. */
bool load_await_departed(void);

/* -- load_member.c: peers -------------------------------------------------- */

/* What a member sends. */
struct load_message {
	uint32_t member;
	uint32_t zero;
	uint64_t number;
	uint64_t complement;
	uint64_t sent_ns;        /* 0: not timed */
};

struct load_sender {
	const struct load_host *host;
	uint32_t member;
	uint32_t message_bytes;
	uint32_t ring_bytes;     /* 0: as granted */
	uint32_t directions;     /* 0: to send */
	uint64_t rate_per_s;     /* 0: as fast as it can */
	uint64_t count;          /* 0: for ever */
	double seconds;          /* 0: for ever; then it flushes and is done */
	bool is_timed;           /* each message has its time in it */
	bool is_busy;            /* tries again, rather than waits */
};
load_main_fn load_sender_main;

/* Starts count senders like this one, members in a row, and waits for them. */
bool load_senders_start(struct load_process *processes, size_t count,
			const struct load_sender *like, gid_t gid);
void load_processes_stop(struct load_process *processes, size_t count);

/* Many peers in one process, which only wait; each may say one word first. */
struct load_holder {
	const struct load_host *host;
	uint32_t member;
	uint32_t channel_count;
	bool says_one_word;
};
load_main_fn load_holder_main;

/* -- load_visitor.c -------------------------------------------------------- */

/* Connects and closes, so many times a second, and samples how long it took. */
struct load_connector {
	const struct load_host *host;
	uint64_t rate_per_s;     /* 0: as fast as it can */
	uint32_t ring_bytes;
	uint64_t count;          /* 0: for ever */
	uint32_t member;
};
load_main_fn load_connector_main;

/* Connects, says a word, and is revoked for it; count times. */
struct load_outcast {
	const struct load_host *host;
	uint64_t count;
	uint32_t member;
};
load_main_fn load_outcast_main;

/* -- load_report.c --------------------------------------------------------- */

void load_title(const struct load_scenario *scenario);
void load_goal_at_least(const char *what, double value, double bound);
void load_goal_at_most(const char *what, double value, double bound,
		       const char *unit);
void load_not_measured(const char *what, const char *why);
void load_print_samples(const char *what, enum load_sample_set set);

#endif
