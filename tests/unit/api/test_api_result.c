/* SPDX-License-Identifier: ISC */
/*
 * The edge of the library: results, option structs, bad arguments
 */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include <postern/postern.h>

#include "crypto/cipher.h"
#include "os/features.h"
#include "support/expect.h"
#include "support/test_case.h"

struct options {
	size_t size_bytes;
	uint32_t one;
	uint32_t two;
};

/* In the first release it ended here. */
#define FIRST_BYTES offsetof(struct options, two)

static int logged_count;

static void count_record(void *user_data,
			 const struct postern_log_record *record)
{
	(void)user_data;
	logged_count += strstr(record->line, "errno=") != NULL;
}

START_TEST(documented_results_pass_unchanged)
{
	const int documented[] = {
		0, 7, -EAGAIN, -EMSGSIZE, -EPIPE, -EBADMSG, -ENOTRECOVERABLE,
		-ESTALE, -EACCES, -EKEYREJECTED, -EPROTONOSUPPORT, -ETIMEDOUT,
		-EDQUOT, -EPERM, -EBUSY, -ENOENT, -EOPNOTSUPP, -EINVAL,
		-ENOMEM, -EMFILE, -ENFILE, -ECANCELED,
	};
	size_t i;

	for (i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
		expect_equal(pst_api_filter(documented[i], "f", NULL),
			     documented[i]);
}
END_TEST

START_TEST(any_other_result_is_canceled_and_logged)
{
	const struct pst_log log = {count_record, NULL};

	logged_count = 0;
	expect_equal(pst_api_filter(-EIO, "f", &log), -ECANCELED);
	expect_equal(logged_count, 1);
	expect_equal(pst_api_filter(-EXDEV, "f", NULL), -ECANCELED);
}
END_TEST

START_TEST(only_a_wait_returns_eintr)
{
	expect_equal(pst_api_filter(-EINTR, "f", NULL), -ECANCELED);
	expect_equal(pst_api_filter_wait(-EINTR, "f"), -EINTR);
	expect_equal(pst_api_filter_wait(-EIO, "f"), -ECANCELED);
	expect_equal(pst_api_filter_wait(-ETIMEDOUT, "f"), -ETIMEDOUT);
}
END_TEST

START_TEST(options_of_an_older_program_are_filled_up_with_zero)
{
	struct options ours = {1, 2, 3};
	struct options theirs = {FIRST_BYTES, 5, 6};

	expect_equal(pst_api_copy_options(&ours, sizeof(ours), FIRST_BYTES,
					  &theirs), 0);
	expect_equal(ours.one, 5);
	expect_equal(ours.two, 0);
}
END_TEST

START_TEST(options_of_a_newer_program_must_not_say_more)
{
	struct {
		struct options known;
		uint64_t unknown; /* no padding behind it */
	} theirs = {{sizeof(theirs), 5, 6}, 0};
	struct options ours;

	expect_equal(pst_api_copy_options(&ours, sizeof(ours), FIRST_BYTES,
					  &theirs), 0);
	expect_equal(ours.two, 6);
	theirs.unknown = 1;
	expect_equal(pst_api_copy_options(&ours, sizeof(ours), FIRST_BYTES,
					  &theirs),
		     -EINVAL);
}
END_TEST

START_TEST(options_without_their_size_are_refused)
{
	struct options theirs = {0, 1, 1}, ours;

	expect_equal(pst_api_copy_options(&ours, sizeof(ours), FIRST_BYTES,
					  &theirs),
		     -EINVAL);
	expect_equal(pst_api_copy_options(&ours, sizeof(ours), FIRST_BYTES,
					  NULL), 0);
	expect_equal(ours.one, 0);
}
END_TEST

START_TEST(an_output_is_filled_as_far_as_its_owner_knows_it)
{
	const struct options ours = {sizeof(ours), 5, 6};
	struct options older = {FIRST_BYTES, 1, 2};
	struct {
		struct options known;
		uint64_t unknown;
	} newer = {{sizeof(newer), 1, 2}, 3};

	pst_api_copy_out(&older, &ours, sizeof(ours));
	expect_equal(older.size_bytes, FIRST_BYTES);
	expect_equal(older.one, 5);
	expect_equal(older.two, 2);
	pst_api_copy_out(&newer, &ours, sizeof(ours));
	expect_equal(newer.known.size_bytes, sizeof(newer));
	expect_equal(newer.known.two, 6);
	expect_equal(newer.unknown, 0);
}
END_TEST

/* An uninitialised size must not become a long read, or a wild write. */
START_TEST(impossible_sizes_are_refused_in_and_out)
{
	static const size_t sizes[] = {
		0, 1, FIRST_BYTES - 1, POSTERN_STRUCT_BYTES_MAX + 1,
		SIZE_MAX / 2, SIZE_MAX,
	};
	struct options theirs = {0, 1, 1}, ours;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		theirs.size_bytes = sizes[i];
		expect_equal(pst_api_copy_options(&ours, sizeof(ours),
						  FIRST_BYTES, &theirs),
			     -EINVAL);
		expect_equal(pst_api_check_out(&theirs, FIRST_BYTES), -EINVAL);
	}
	expect_equal(pst_api_check_out(NULL, FIRST_BYTES), -EINVAL);
	theirs.size_bytes = FIRST_BYTES;
	expect_equal(pst_api_check_out(&theirs, FIRST_BYTES), 0);
	theirs.size_bytes = POSTERN_STRUCT_BYTES_MAX;
	expect_equal(pst_api_check_out(&theirs, FIRST_BYTES), 0);
}
END_TEST

/* A guard behind what the caller has: nothing may be written there. */
START_TEST(a_refusal_of_an_impossible_size_is_left_alone)
{
	struct {
		struct postern_error_info error;
		unsigned char guard[64];
	} theirs;
	static const size_t sizes[] = {
		0, sizeof(size_t), sizeof(struct postern_error_info) - 8,
		POSTERN_STRUCT_BYTES_MAX + 1, SIZE_MAX,
	};
	struct postern_channel *channel;
	struct postern_node *node;
	uint8_t key[POSTERN_KEY_BYTES];
	size_t i, j;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(&theirs, 0xee, sizeof(theirs));
		theirs.error.size_bytes = sizes[i];
		expect_equal(postern_connect(NULL, "n", NULL, 0,
					     &channel, &theirs.error),
			     -EINVAL);
		expect_equal(postern_node_open(NULL, "n", NULL, &node,
					       &theirs.error), -EINVAL);
		expect_equal(postern_node_probe(NULL, "n", 0, &theirs.error),
			     -EINVAL);
		expect_equal(postern_key_read_public("/nowhere/key",
						     key, &theirs.error),
			     -EINVAL);
		for (j = sizeof(size_t); j < sizeof(theirs); j++)
			expect_equal(((unsigned char *)&theirs)[j], 0xee);
	}

	/* A good one is filled, and no further. */
	theirs.error.size_bytes = sizeof(theirs.error);
	expect_equal(postern_key_read_public("/nowhere/key", key,
					     &theirs.error), -ENOENT);
	ck_assert_str_ne(theirs.error.detail, "");
	expect_equal(theirs.error.size_bytes, sizeof(theirs.error));
	for (j = 0; j < sizeof(theirs.guard); j++)
		expect_equal(theirs.guard[j], 0xee);
}
END_TEST

START_TEST(every_result_and_reason_has_its_own_words)
{
	const int known[] = {
		-EAGAIN, -EMSGSIZE, -EPIPE, -EBADMSG, -ENOTRECOVERABLE,
		-ESTALE, -EACCES, -EKEYREJECTED, -EPROTONOSUPPORT, -ETIMEDOUT,
		-EDQUOT, -EPERM, -EBUSY, -ENOENT, -EOPNOTSUPP, -EINVAL,
		-ENOMEM, -EMFILE, -ENFILE, -ECANCELED, -EINTR,
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_str_ne(postern_strerror(known[i]), "unknown error");
	ck_assert_str_eq(postern_strerror(-EIO), "unknown error");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_NO_ALLOW),
			 "no-allow");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_KEY), "key");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_KEY_REJECTED),
			 "key-rejected");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_KEY_EXHAUSTED),
			 "key-exhausted");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_NOT_RUNNING),
			 "not-running");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_LISTENER_EXITED),
			 "listener-exited");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_NO_PEER),
			 "no-peer");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_SOCKET_MOVED),
			 "socket-moved");
	ck_assert_str_eq(postern_reason_name(POSTERN_REASON_SUBORDINATE_UIDS),
			 "subordinate-uids");
	ck_assert_str_eq(postern_reason_description((enum postern_reason)999),
			 "unknown reason");
}
END_TEST

START_TEST(result_is_transient_by_reason_then_by_result)
{
	const enum postern_reason transient[] = {
		POSTERN_REASON_NOT_RUNNING, POSTERN_REASON_LISTENER_EXITED,
		POSTERN_REASON_NODE_BUSY, POSTERN_REASON_UNREAD_OFFERS,
		POSTERN_REASON_HANDSHAKES, POSTERN_REASON_RESOURCES,
		POSTERN_REASON_DEADLINE, POSTERN_REASON_NODE_CLOSED,
		POSTERN_REASON_IN_USE,
	};
	const enum postern_reason lasting[] = {
		POSTERN_REASON_UNKNOWN_NODE, POSTERN_REASON_REFUSED,
		POSTERN_REASON_DENIED, POSTERN_REASON_KEY,
		POSTERN_REASON_VERSION, POSTERN_REASON_UNTRUSTED_PATH,
		POSTERN_REASON_POISONED, POSTERN_REASON_REVOKED,
		POSTERN_REASON_SOCKET_MOVED, POSTERN_REASON_NO_PEER,
		POSTERN_REASON_SUBORDINATE_UIDS, (enum postern_reason)999,
	};
	const int by_result[] = {
		-EAGAIN, -EPIPE, -ETIMEDOUT, -EDQUOT, -EBUSY, -ENOMEM, -EMFILE,
		-ENFILE,
	};
	size_t i;

	/* A reason decides, whatever the result is. */
	for (i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
		expect_equal(postern_result_is_transient(-EACCES,
							 transient[i]), 1);
	for (i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		expect_equal(postern_result_is_transient(-EBUSY, lasting[i]),
			     0);
	for (i = 0; i < sizeof(by_result) / sizeof(by_result[0]); i++)
		expect_equal(postern_result_is_transient(
				     by_result[i], POSTERN_REASON_NONE), 1);
	expect_equal(postern_result_is_transient(-ENOENT,
						 POSTERN_REASON_NONE), 0);
	expect_equal(postern_result_is_transient(-EACCES,
						 POSTERN_REASON_NONE), 0);
	expect_equal(postern_result_is_transient(0, POSTERN_REASON_NODE_BUSY),
		     0);
	expect_equal(postern_result_is_transient(5, POSTERN_REASON_NONE), 0);
}
END_TEST

START_TEST(features_are_the_kernels_and_the_ciphers)
{
	uint32_t features = postern_features();

	ck_assert_uint_eq(features & ~POSTERN_FEATURES_ALL, 0);
	expect_equal((features & POSTERN_FEATURE_AES) != 0,
		     pst_cipher_is_available(PST_CIPHER_AESGCM));
	expect_equal(features & ~(uint32_t)POSTERN_FEATURE_AES,
		     pst_features_probe(0));
	expect_equal(pst_features_probe(POSTERN_FEATURES_ALL), 0);
}
END_TEST

START_TEST(null_arguments_are_invalid_everywhere)
{
	struct postern_channel_event channel_event = POSTERN_CHANNEL_EVENT_INIT;
	struct postern_channel_statistics stats = POSTERN_CHANNEL_STATISTICS_INIT;
	struct postern_channel *channel;
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	struct postern_node *node;
	char buffer[8];
	uint32_t ready;
	size_t bytes;
	void *room;
	postern_peer peer;

	expect_equal(postern_connect(NULL, NULL, NULL, 0, &channel, NULL),
		     -EINVAL);
	expect_equal(postern_node_open(NULL, NULL, NULL, &node, NULL), -EINVAL);
	expect_equal(postern_node_probe(NULL, NULL, 0, NULL), -EINVAL);
	expect_equal(postern_accounting_new(NULL), -EINVAL);
	expect(!postern_accounting_free(NULL));
	expect_equal(postern_send(NULL, "x", 1), -EINVAL);
	expect_equal(postern_send_wait(NULL, "x", 1, 0), -EINVAL);
	expect_equal(postern_flush(NULL, 0), -EINVAL);
	expect_equal(postern_reserve(NULL, 1, &room), -EINVAL);
	expect_equal(postern_commit(NULL, 1), -EINVAL);
	expect_equal(postern_abort(NULL), -EINVAL);
	expect_equal(postern_receive(NULL, buffer, 8, &bytes), -EINVAL);
	expect_equal(postern_receive_wait(NULL, buffer, 8, &bytes, 0), -EINVAL);
	expect_equal(postern_channel_fd(NULL), -EINVAL);
	expect_equal(postern_channel_wait(NULL, 1, 0, &ready), -EINVAL);
	expect_equal(postern_channel_get_info(NULL, &limits), -EINVAL);
	expect_equal(postern_channel_stats(NULL, &stats), -EINVAL);
	expect_equal(postern_channel_set_watermarks(NULL, 0, 0), -EINVAL);
	expect_equal(postern_channel_next_event(NULL, &channel_event), -EINVAL);
	expect_equal(postern_node_fd(NULL), -EINVAL);
	expect_equal(postern_node_wait(NULL, 0), -EINVAL);
	expect_equal(postern_node_pause(NULL), -EINVAL);
	expect_equal(postern_node_resume(NULL), -EINVAL);
	expect_equal(postern_node_receive(NULL, buffer, 8, &bytes, &peer),
		     -EINVAL);
	expect_equal(postern_node_next_event(NULL, &event), -EINVAL);
	expect_equal(postern_node_channel(NULL, 1, &channel), -EINVAL);
	expect_equal(postern_node_detach(NULL, 1, &channel), -EINVAL);
	expect_equal(postern_channel_end_reason(NULL), POSTERN_REASON_NONE);
	expect(!postern_channel_close(NULL));
	expect(!postern_node_close(NULL));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
