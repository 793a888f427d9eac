/* SPDX-License-Identifier: ISC */
/*
 * Peers: who sends, and who only holds a place
 */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MESSAGE_BYTES_MAX 65536
#define HOLDER_MESSAGE_BYTES 1024
#define HOLDER_RING_BYTES 4096
#define TIMEOUT_NS (30 * LOAD_NS_PER_S)
#define PATIENCE_S 60
/* How far behind its pace a sender may be, and catch up. */
#define ARREARS_NS (LOAD_NS_PER_S / 10)
#define PACED_SINGLY_NS (LOAD_NS_PER_S / 20000)
#define BATCH_NS (LOAD_NS_PER_S / 1000)
#define MESSAGES_PER_CLOCK 16

/* A full table of half-open handshakes is the others' doing: try again. */
static struct postern_channel *
join(const struct load_host *host, uint32_t directions, uint32_t ring_bytes,
     uint32_t message_bytes)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_channel *channel = NULL;
	uint64_t end_ns = bench_now_ns() + TIMEOUT_NS;
	int r;

	options.directions = directions;
	options.ring_bytes = ring_bytes;
	options.message_bytes = message_bytes;
	do
		r = postern_connect(host->policy, LOAD_NODE_NAME, &options,
				    postern_deadline_after(TIMEOUT_NS),
				    &channel, &error);
	while (r == -EDQUOT && bench_now_ns() < end_ns);
	if (r < 0)
		(void)fprintf(stderr, "peer of uid %u: %s: %s %s\n",
			      (unsigned)getuid(), postern_strerror(r),
			      postern_reason_description(error.reason),
			      error.detail);
	return channel;
}

/* -- senders --------------------------------------------------------------- */

struct sending {
	const struct load_sender *sender;
	struct load_member *member;
	struct postern_channel *channel;
	uint64_t number;
	uint64_t next_ns;       /* when the next message is due */
	uint64_t end_ns;
	uint8_t bytes[MESSAGE_BYTES_MAX];
};

static void write_message(struct sending *sending)
{
	struct load_message message = {
		.member = sending->sender->member,
		.number = sending->number,
		.complement = ~sending->number,
		.sent_ns = sending->sender->is_timed ? bench_now_ns() : 0,
	};

	memcpy(sending->bytes, &message, sizeof(message));
}

static void hear(struct sending *sending)
{
	uint8_t buffer[sizeof(struct load_message)];
	size_t byte_count;

	while (postern_receive(sending->channel, buffer, sizeof(buffer),
			       &byte_count) == 0)
		load_count_own(&sending->member->heard);
}

/* A timer for each of very many messages would be a load of its own. */
static void keep_pace(struct sending *sending)
{
	uint64_t interval_ns = LOAD_NS_PER_S / sending->sender->rate_per_s;
	uint64_t ahead_ns = interval_ns < PACED_SINGLY_NS ? BATCH_NS : 0;
	uint64_t now_ns = bench_now_ns();

	sending->next_ns += interval_ns;
	if (sending->next_ns > now_ns + ahead_ns)
		load_rest_until(sending->next_ns);
	else if (sending->next_ns + ARREARS_NS < now_ns)
		sending->next_ns = now_ns - ARREARS_NS;
}

/* Returns 0, or why it cannot go on. */
static int offer(struct sending *sending)
{
	const struct load_sender *sender = sending->sender;
	int r;

	write_message(sending);
	load_count_own(&sending->member->offered);
	r = postern_send(sending->channel, sending->bytes,
			 sender->message_bytes);
	if (r == -EAGAIN) {
		load_count_own(&sending->member->full);
		if (sender->is_busy || sender->rate_per_s > 0)
			return 0; /* the same once more, or at the next beat */
		r = postern_send_wait(sending->channel, sending->bytes,
				      sender->message_bytes,
				      POSTERN_NO_DEADLINE);
	}
	if (r < 0)
		return r;
	load_count_own(&sending->member->sent);
	sending->number++;
	return 0;
}

static bool is_over(const struct sending *sending)
{
	if (sending->sender->count > 0)
		return sending->number >= sending->sender->count;
	if (sending->end_ns == 0)
		return false;
	/* The clock costs as much as a message. */
	return atomic_load(&sending->member->offered) % MESSAGES_PER_CLOCK ==
		       0 &&
	       bench_now_ns() >= sending->end_ns;
}

static int send_all(struct sending *sending)
{
	const struct load_sender *sender = sending->sender;
	int r;

	sending->next_ns = bench_now_ns();
	if (sender->seconds > 0)
		sending->end_ns = sending->next_ns +
				  (uint64_t)(sender->seconds * 1e9);
	while (!is_over(sending)) {
		r = offer(sending);
		if (r < 0)
			return r;
		if (sender->directions & POSTERN_DIRECTION_FROM_NODE)
			hear(sending);
		if (sender->rate_per_s > 0)
			keep_pace(sending);
	}
	return postern_flush(sending->channel, bench_now_ns() + TIMEOUT_NS);
}

void load_sender_main(void *user_data)
{
	const struct load_sender *sender = user_data;
	struct sending *sending = calloc(1, sizeof(*sending));
	int r;

	if (!sending)
		_exit(EXIT_FAILURE);
	sending->sender = sender;
	sending->member = &load_board->members[sender->member];
	sending->channel = join(sender->host,
				sender->directions ? sender->directions
						   : POSTERN_DIRECTION_TO_NODE,
				sender->ring_bytes, 0);
	if (!sending->channel) {
		load_count(&sending->member->failed);
		_exit(EXIT_FAILURE);
	}
	atomic_store(&sending->member->is_connected, true);
	r = send_all(sending);
	if (r < 0) {
		load_count(&sending->member->failed);
		(void)fprintf(stderr, "sender %u: %s\n",
			      (unsigned)sender->member, postern_strerror(r));
	}
	atomic_store(&sending->member->is_done, true);
	(void)postern_channel_close(sending->channel);
	free(sending);
}

struct span {
	size_t first, count;
};

static bool are_connected(void *user_data)
{
	const struct span *span = user_data;
	size_t i;

	for (i = span->first; i < span->first + span->count; i++)
		if (!atomic_load(&load_board->members[i].is_connected))
			return false;
	return true;
}

bool load_senders_start(struct load_process *processes, size_t count,
			const struct load_sender *like, gid_t gid)
{
	struct span span = {like->member, count};
	struct load_sender sender = *like;
	size_t i;

	for (i = 0; i < count; i++, sender.member++)
		if (!load_process_start(&processes[i],
					LOAD_PEER_UID + sender.member, gid,
					load_sender_main, &sender))
			return false;
	if (load_await(are_connected, &span, PATIENCE_S))
		return true;
	load_not_measured("senders", "they do not connect");
	return false;
}

/* -- holders --------------------------------------------------------------- */

static bool hold_one(const struct load_holder *holder, uint64_t number)
{
	const struct load_message word = {
		.member = holder->member,
		.number = number,
		.complement = ~number,
	};
	struct postern_channel *channel;

	channel = join(holder->host, POSTERN_DIRECTION_TO_NODE,
		       HOLDER_RING_BYTES, HOLDER_MESSAGE_BYTES);
	return channel &&
	       (!holder->says_one_word ||
		postern_send(channel, &word, sizeof(word)) == 0);
}

void load_holder_main(void *user_data)
{
	const struct load_holder *holder = user_data;
	struct load_member *member = &load_board->members[holder->member];
	uint64_t i;

	for (i = 0; i < holder->channel_count; i++) {
		if (hold_one(holder, i))
			continue;
		load_count(&member->failed);
		_exit(EXIT_FAILURE);
	}
	atomic_store(&member->is_connected, true);
	for (;;)
		(void)pause();
}
