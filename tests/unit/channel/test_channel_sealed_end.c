/* SPDX-License-Identifier: ISC */
/* The end of a channel in the modes `mac` and `aead` */
#include "channel/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel/channel_state.h"
#include "support/expect.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

static struct channel_pair pair;

static void tear_down(void)
{
	channel_pair_close(&pair);
}

START_TEST(an_orderly_end_is_a_record_like_others,
	   .loop_end = sealed_mode_count())
{
	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, "last", 4), 0);
	pair.left = pst_channel_unref(pair.left);
	pst_channel_drain_doorbell(pair.right);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_HUNG_UP);
	expect_next(pair.right, "last", 4);
	expect_none(pair.right, -EPIPE);
	expect_equal(pst_channel_end_reason(pair.right), POSTERN_REASON_CLOSED);
	expect_none(pair.right, -EPIPE);
}
END_TEST

START_TEST(an_end_that_is_discarded_is_an_end, .loop_end = sealed_mode_count())
{
	struct postern_channel_statistics stats;
	size_t bytes;

	sealed_pair_open(&pair, _i, 0);
	pair.left = pst_channel_unref(pair.left);
	expect_equal(pst_channel_discard(pair.right, &bytes), -EPIPE);
	expect_equal(pst_channel_end_reason(pair.right), POSTERN_REASON_CLOSED);
	pst_channel_stats(pair.right, &stats);
	expect_equal(stats.dropped_messages, 0);
}
END_TEST

START_TEST(without_its_record_the_end_is_a_truncation,
	   .loop_end = sealed_mode_count())
{
	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.right, "last", 4), 0);
	pst_channel_on_peer_exit(pair.left);
	expect_next(pair.left, "last", 4);
	expect_none(pair.left, -EPIPE);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_PEER_DIED);
}
END_TEST

/* A header alone, as it ends a ring without keys. */
START_TEST(an_end_that_is_not_sealed_ends_nothing_in_order,
	   .loop_end = sealed_mode_count())
{
	const struct pst_record_header header = {.kind = PST_RECORD_END};
	sealed_pair_open(&pair, _i, 0);
	memcpy(pair.left->own_mapping.data, &header, sizeof(header));
	pst_shared_publish_u64(&pst_channel_own_words(pair.left)->produced_pos,
			       24);
	expect_none(pair.right, -EKEYREJECTED);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_KEY_REJECTED);
}
END_TEST

START_TEST(a_farewell_drops_an_open_reservation,
	   .loop_end = sealed_mode_count())
{
	void *place;

	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_reserve(pair.left, 8, &place), 0);
	pair.left = pst_channel_unref(pair.left);
	expect_none(pair.right, -EPIPE);
	expect_equal(pst_channel_end_reason(pair.right), POSTERN_REASON_CLOSED);
}
END_TEST

START_TEST(a_key_that_is_used_up_ends_the_channel,
	   .loop_end = sealed_mode_count())
{
	void *place;

	sealed_pair_open(&pair, _i, 0);
	pair.left->sealing.cipher->record_count = PST_RECORD_COUNT_MAX - 2;
	pair.right->opening.cipher->record_count = PST_RECORD_COUNT_MAX - 2;
	expect_equal(pst_channel_send(pair.left, "1", 1), 0);
	expect_equal(pst_channel_send(pair.left, "2", 1), 0);
	expect_next(pair.right, "1", 1);
	expect_equal(pst_channel_reserve(pair.left, 1, &place), 0);
	expect_equal(pst_channel_commit(pair.left, 1), -EPIPE);
	expect_equal(pst_channel_end_reason(pair.left),
		     POSTERN_REASON_KEY_EXHAUSTED);
	expect_equal(pst_channel_send(pair.left, "3", 1), -EPIPE);
	expect_none(pair.left, -EPIPE);
	expect_next(pair.right, "2", 1);
	expect_none(pair.right, -EAGAIN);
}
END_TEST

START_TEST(record_after_the_last_nonce_is_not_opened,
	   .loop_end = sealed_mode_count())
{
	sealed_pair_open(&pair, _i, 0);
	expect_equal(pst_channel_send(pair.left, "1", 1), 0);
	pair.right->opening.cipher->record_count = PST_RECORD_COUNT_MAX;
	expect_none(pair.right, -EPIPE);
	expect_equal(pst_channel_end_reason(pair.right),
		     POSTERN_REASON_KEY_EXHAUSTED);
}
END_TEST

static bool is_zero(const void *bytes, size_t byte_count)
{
	const uint8_t *byte = bytes;
	size_t i;

	for (i = 0; i < byte_count; i++)
		if (byte[i] != 0)
			return false;
	return true;
}

/* Neither keys nor messages to send, or received. */
START_TEST(a_forked_child_has_no_secret_of_the_channel,
	   .loop_end = sealed_mode_count())
{
	const struct pst_record_keys *keys;
	const uint8_t *sent, *received;
	pid_t child;
	int status;
	bool is_ok;

	sealed_pair_open(&pair, _i, 0);
	keys = pair.left->keys;
	sent = pair.left->sealing.record;
	received = pair.right->opening.record;
	send_filled(pair.left, 's', 100);
	expect_filled(pair.right, 's', 100);
	expect(!is_zero(sent, 124) && !is_zero(received, 124));
	child = fork();
	if (child == 0) {
		is_ok = !pst_channel_is_ours(pair.left) &&
			is_zero(keys, sizeof(*keys)) && is_zero(sent, 124) &&
			is_zero(received, 124) &&
			!pst_channel_unref(pair.left);
		_exit(is_ok ? 0 : 1);
	}
	expect_equal(waitpid(child, &status, 0), child);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	send_filled(pair.left, 't', 100);
	expect_filled(pair.right, 't', 100);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.tear_down = tear_down);
}
