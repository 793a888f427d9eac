/* SPDX-License-Identifier: ISC */
/*
 * Channels in the modes `mac` and `aead`: the behaviour of mode `none`, and the
 * bytes of a message in the ring
 */
#include "channel/channel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "channel/channel_state.h"
#include "os/segment.h"
#include "support/expect.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

#define RING_BYTES SEALED_RING_BYTES
#define LARGEST_BYTES SEALED_LARGEST_BYTES

static struct channel_pair pair;

static void tear_down(void)
{
	channel_pair_close(&pair);
}

static struct postern_channel_statistics stats_of(struct pst_channel *channel)
{
	struct postern_channel_statistics stats;

	pst_channel_stats(channel, &stats);
	return stats;
}

/* Whether the bytes are anywhere in the memory that the peer can read. */
static bool is_in_segment(const struct pst_channel *channel, const char *bytes)
{
	const struct pst_segment_mapping *mapping = &channel->own_mapping;

	return memmem(mapping->control, mapping->control_bytes, bytes,
		      strlen(bytes)) ||
	       memmem(mapping->data, 2 * mapping->data_bytes, bytes,
		      strlen(bytes));
}

START_TEST(messages_of_every_size_arrive_in_both_directions,
	   .loop_end = sealed_mode_count())
{
	static char message[LARGEST_BYTES];
	uint32_t size, i;

	sealed_pair_open(&pair, _i, 0);
	for (size = 0; size <= LARGEST_BYTES; size += size < 70 ? 1 : 61) {
		for (i = 0; i < size; i++)
			message[i] = (char)(size + i);
		expect_equal(pst_channel_send(pair.left, message, size), 0);
		expect_next(pair.right, message, size);
		expect_equal(pst_channel_send(pair.right, message, size), 0);
		expect_next(pair.left, message, size);
	}
	expect(size > LARGEST_BYTES);
}
END_TEST

START_TEST(an_empty_message_needs_no_buffer, .loop_end = sealed_mode_count())
{
	size_t bytes = 9;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, NULL, 0), 0);
	expect_equal(pst_channel_receive(pair.right, NULL, 0, &bytes), 0);
	expect_equal(bytes, 0);
}
END_TEST

START_TEST(the_largest_message_fills_the_ring_and_a_larger_is_refused,
	   .loop_end = sealed_mode_count())
{
	static char message[LARGEST_BYTES + 1];

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, message, LARGEST_BYTES + 1),
		     -EMSGSIZE);
	expect_equal(pst_channel_send(pair.left, message, LARGEST_BYTES), 0);
	expect_equal(stats_of(pair.left).send_depth_bytes, RING_BYTES);
	expect_equal(pst_channel_send(pair.left, "", 0), -EAGAIN);
	expect_next(pair.right, message, LARGEST_BYTES);
	expect_equal(pst_channel_flush(pair.left, 0), 0);
}
END_TEST

START_TEST(the_mode_is_one_of_the_limits, .loop_end = sealed_mode_count())
{
	struct postern_channel_info limits;

	sealed_pair_open(&pair, _i, 0);
	pst_channel_info(pair.left, &limits);
	expect_equal(limits.security, sealed_modes[_i].security);
	expect_equal(limits.send_message_bytes, LARGEST_BYTES);
}
END_TEST

START_TEST(a_direction_that_is_not_granted_is_refused,
	   .loop_end = sealed_mode_count())
{
	const struct channel_pair_options one_way = {
		.left_ring_bytes = RING_BYTES,
		.message_bytes = LARGEST_BYTES,
		.security = sealed_modes[_i].security,
		.cipher = sealed_modes[_i].cipher,
	};
	size_t bytes;
	void *place;

	channel_pair_open(&pair, &one_way);
	expect_equal(pst_channel_send(pair.right, "x", 1), -EPERM);
	expect_equal(pst_channel_reserve(pair.right, 1, &place), -EPERM);
	expect_equal(pst_channel_commit(pair.right, 1), -EPERM);
	expect_equal(pst_channel_discard(pair.left, &bytes), -EPERM);
	expect_none(pair.left, -EPERM);
	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	expect_next(pair.right, "x", 1);
}
END_TEST

START_TEST(a_full_ring_spends_no_count, .loop_end = sealed_mode_count())
{
	char message[200];
	unsigned sent, round;

	sealed_pair_open(&pair, _i, 0);
	memset(message, 'm', sizeof(message));
	for (round = 0; round < 20; round++) {
		for (sent = 0; pst_channel_send(pair.left, message, 200) == 0;)
			sent++;
		expect(sent > 10);
		expect_equal(pst_channel_send(pair.left, message, 200),
			     -EAGAIN);
		while (sent-- > 0)
			expect_next(pair.right, message, 200);
	}
	expect_equal(pair.left->sealing.cipher->record_count,
		     pair.right->opening.cipher->record_count);
}
END_TEST

START_TEST(sender_waits_for_the_space_of_a_record_and_its_tag,
	   .loop_end = sealed_mode_count())
{
	static char message[LARGEST_BYTES];
	uint32_t ready = 0;

	sealed_pair_open(&pair, _i, 0);
	/* 200 bytes are left: of the next, all but the tag would fit. */
	expect_equal(pst_channel_send(pair.left, message,
				      RING_BYTES - 200 - 24), 0);
	expect_equal(stats_of(pair.left).send_depth_bytes, RING_BYTES - 200);
	expect_equal(pst_channel_send(pair.left, message, 184), -EAGAIN);
	expect_equal(pst_channel_wait(pair.left, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     -ETIMEDOUT);
	expect_next(pair.right, message, RING_BYTES - 200 - 24);
	expect_equal(pst_channel_wait(pair.left, PST_CHANNEL_WANT_SPACE, 0,
				      &ready),
		     0);
	expect_equal(pst_channel_send(pair.left, message, 184), 0);
}
END_TEST

START_TEST(a_message_that_is_too_large_for_the_buffer_is_kept,
	   .loop_end = sealed_mode_count())
{
	char small[4];
	size_t bytes = 0;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, "message", 7), 0);
	expect_equal(pst_channel_receive(pair.right, small, 4, &bytes),
		     -EMSGSIZE);
	expect_equal(bytes, 7);
	expect_equal(pst_channel_receive(pair.right, small, 4, &bytes),
		     -EMSGSIZE);
	expect_next(pair.right, "message", 7);
	expect_equal(pst_channel_send(pair.left, "next", 4), 0);
	expect_next(pair.right, "next", 4);
}
END_TEST

START_TEST(a_discarded_message_is_opened_and_counted,
	   .loop_end = sealed_mode_count())
{
	size_t bytes = 0;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, "first", 5), 0);
	expect_equal(pst_channel_send(pair.left, "second", 6), 0);
	expect_equal(pst_channel_discard(pair.right, &bytes), 0);
	expect_equal(bytes, 5);
	expect_next(pair.right, "second", 6);
	expect_equal(pst_channel_discard(pair.right, &bytes), -EAGAIN);
	expect_equal(stats_of(pair.right).dropped_messages, 1);
	expect_equal(stats_of(pair.left).peer_dropped_messages, 1);
	expect_equal(stats_of(pair.left).send_depth_bytes, 0);
}
END_TEST

/* Some with stamps, some committed from a reservation. */
START_TEST(stamps_are_sealed_with_the_message, .loop_end = sealed_mode_count())
{
	void *place;
	int i;

	sealed_pair_open(&pair, _i, 0);
	set_stamped(pair.left, true);
	for (i = 0; i < 3 * PST_CHANNEL_SAMPLE_INTERVAL; i++) {
		if (i % 2 == 0) {
			expect_equal(pst_channel_send(pair.left, "0123", 4), 0);
		} else {
			expect_equal(pst_channel_reserve(pair.left, 10,
							 &place), 0);
			memcpy(place, "0123", 4);
			expect_equal(pst_channel_commit(pair.left, 4), 0);
		}
		expect_next(pair.right, "0123", 4);
	}
	expect_equal(stats_of(pair.right).latency.count, 3);
	expect_equal(stats_of(pair.right).latency.implausible_count, 0);
}
END_TEST

START_TEST(message_without_space_for_a_stamp_is_sent,
	   .loop_end = sealed_mode_count())
{
	static char message[LARGEST_BYTES];

	sealed_pair_open(&pair, _i, 0);
	set_stamped(pair.left, true);
	expect_equal(pst_channel_send(pair.left, message, LARGEST_BYTES), 0);
	expect_next(pair.right, message, LARGEST_BYTES);
	expect_equal(stats_of(pair.right).latency.count, 0);
}
END_TEST

/* Reservations */

START_TEST(a_reservation_is_committed_as_it_is_or_shortened,
	   .loop_end = sealed_mode_count())
{
	void *place;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_reserve(pair.left, 11, &place), 0);
	memcpy(place, "reservation", 11);
	expect_equal(pst_channel_commit(pair.left, 11), 0);
	expect_next(pair.right, "reservation", 11);
	expect_equal(pst_channel_reserve(pair.left, 11, &place), 0);
	memcpy(place, "reservation", 11);
	expect_equal(pst_channel_commit(pair.left, 7), 0);
	expect_next(pair.right, "reservation", 7);
}
END_TEST

START_TEST(reservations_are_guarded_as_without_keys,
	   .loop_end = sealed_mode_count())
{
	void *place;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_commit(pair.left, 0), -EINVAL);
	expect_equal(pst_channel_abort(pair.left), -EINVAL);
	expect_equal(pst_channel_reserve(pair.left, LARGEST_BYTES + 1, &place),
		     -EMSGSIZE);
	expect_equal(pst_channel_reserve(pair.left, 8, &place), 0);
	expect_equal(pst_channel_reserve(pair.left, 8, &place), -EBUSY);
	expect_equal(pst_channel_send(pair.left, "x", 1), -EBUSY);
	expect_equal(pst_channel_commit(pair.left, 9), -EINVAL);
	expect_equal(pst_channel_abort(pair.left), 0);
	expect_equal(pst_channel_abort(pair.left), -EINVAL);
	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	expect_next(pair.right, "x", 1);
	expect_equal(pair.left->sealing.cipher->record_count, 1);
}
END_TEST

START_TEST(aborted_reservation_never_reaches_the_ring,
	   .loop_end = sealed_mode_count())
{
	static uint8_t before[2 * RING_BYTES];
	static const char secret[] = "not for the peer's eyes";
	const uint8_t *data;
	void *place;

	sealed_pair_open(&pair, _i, 0);
	data = pair.left->own_mapping.data;
	expect_equal(pst_channel_send(pair.left, "x", 1), 0);
	memcpy(before, data, sizeof(before));
	expect_equal(pst_channel_reserve(pair.left, sizeof(secret), &place), 0);
	memcpy(place, secret, sizeof(secret));
	expect(memcmp(before, data, sizeof(before)) == 0);
	expect_equal(pst_channel_abort(pair.left), 0);
	expect(memcmp(before, data, sizeof(before)) == 0);
	/* Shortened: the omitted bytes are not even in the padding. */
	expect_equal(pst_channel_reserve(pair.left, sizeof(secret), &place), 0);
	memcpy(place, secret, sizeof(secret));
	expect_equal(pst_channel_commit(pair.left, 1), 0);
	expect(!is_in_segment(pair.left, secret + 1));
	expect_next(pair.right, "x", 1);
	expect_next(pair.right, "n", 1);
}
END_TEST

START_TEST(plain_text_is_in_the_ring_only_in_mode_mac,
	   .loop_end = sealed_mode_count())
{
	static const char secret[] = "a sentence that only two may read";
	bool is_plain = sealed_modes[_i].security == POSTERN_SECURITY_MAC;
	void *place;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, secret, sizeof(secret)), 0);
	expect(is_in_segment(pair.left, secret) == is_plain);
	expect_next(pair.right, secret, sizeof(secret));
	expect_equal(pst_channel_reserve(pair.right, sizeof(secret), &place),
		     0);
	memcpy(place, secret, sizeof(secret));
	expect(!is_in_segment(pair.right, secret));
	expect_equal(pst_channel_commit(pair.right, sizeof(secret)), 0);
	expect(is_in_segment(pair.right, secret) == is_plain);
	expect_next(pair.left, secret, sizeof(secret));
}
END_TEST

/* Setups */

static struct pst_record_keys *some_keys(enum postern_security security)
{
	static const uint8_t key[PST_CIPHER_KEY_BYTES] = "k";
	struct pst_record_keys *keys;

	keys = pst_record_keys_new(security, PST_CIPHER_CHACHAPOLY, key, key);
	expect(keys);
	return keys;
}

START_TEST(keys_and_mode_belong_together, .loop_end = 5)
{
	static const struct {
		enum postern_security mode, of_keys;
	} cases[] = {
		{POSTERN_SECURITY_NONE, POSTERN_SECURITY_MAC},
		{POSTERN_SECURITY_MAC, POSTERN_SECURITY_NONE},
		{POSTERN_SECURITY_AEAD, POSTERN_SECURITY_NONE},
		{POSTERN_SECURITY_AEAD, POSTERN_SECURITY_MAC},
		{POSTERN_SECURITY_MAC, POSTERN_SECURITY_AEAD},
	};
	struct pst_channel_setup setup = {
		.socket_fd = -1,
		.pidfd = -1,
		.security = cases[_i].mode,
	};
	struct pst_channel *channel = NULL;

	if (cases[_i].of_keys != POSTERN_SECURITY_NONE)
		setup.take_keys = some_keys(cases[_i].of_keys);
	expect_equal(pst_channel_open_take(&setup, &channel), -EINVAL);
	expect(!channel);
	expect(!setup.take_keys); /* gone, even so */
	sealed_pair_open(&pair, 0, 0);
}
END_TEST

START_TEST(largest_message_leaves_space_for_its_tag)
{
	const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct pst_channel_setup setup = {
		.socket_fd = -1,
		.pidfd = -1,
		.security = POSTERN_SECURITY_MAC,
		.send_message_bytes = (uint32_t)page_bytes - 8 - 16 + 1,
		.take_keys = some_keys(POSTERN_SECURITY_MAC),
	};
	struct pst_channel *channel = NULL;
	int fd = -1;

	expect_equal(pst_segment_create(2 * page_bytes, 0, &fd), 0);
	expect_equal(pst_segment_map_writable(fd, page_bytes, page_bytes,
					      &setup.own_mapping), 0);
	(void)pst_fd_close(fd);
	expect_equal(pst_channel_open_take(&setup, &channel), -EINVAL);
	expect(!setup.take_keys);
	sealed_pair_open(&pair, 0, 0); /* with one byte less */
}
END_TEST

int main(void)
{
	return RUN_TESTS(.tear_down = tear_down);
}
