/* SPDX-License-Identifier: ISC */
/*
 * Structs that begin with their size, in each function that takes one
 *
 * A size below that of the first release or above POSTERN_STRUCT_BYTES_MAX is an
 * invalid argument, and then nothing is written.  In an input, the bytes beyond
 * the known size must be zero; in an output they become zero.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "support/expect.h"
#include "support/process.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define GUARD_BYTES 64
#define UNTOUCHED 0xee

static struct scene scene;
static struct postern_diagnostics *diagnostics;
static struct postern_channel *channel;
static struct postern_stats_reader *observer;
static postern_peer peer;
static uint32_t peer_slot;

/* -- inputs: the policy has no node of this name --------------------------- */

#define NO_NODE "invoices"

static int connect_with(void *options)
{
	struct postern_channel *unwanted;

	return postern_connect(scene.policy, NO_NODE, options, 0, &unwanted,
			       NULL);
}

static int open_with(void *options)
{
	struct postern_node *unwanted;

	return postern_node_open(scene.policy, NO_NODE, options, &unwanted,
				 NULL);
}

static int observe_with(void *options)
{
	struct postern_stats_reader *unwanted;

	return postern_stats_reader_open(scene.policy, NO_NODE, options, 0,
					 &unwanted, NULL);
}

static int control_with(void *options)
{
	return postern_control_disconnect(scene.policy, NO_NODE, "friend",
					  options, 0, NULL, NULL);
}

static int gather_with(void *options)
{
	const struct postern_subject *subject;
	int r;

	r = postern_subject_new_for_pid((int32_t)getpid(), options, &subject);
	if (r == 0)
		(void)postern_subject_free(subject);
	return r;
}

/* Without a name of a file it loads the policy of this host. */
static int load_with(void *options)
{
	struct postern_policy *policy;
	int r;

	r = postern_policy_load(options, NULL, &policy);
	if (r == 0)
		(void)postern_policy_free(policy);
	return r;
}

static int decide_about(void *subject)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;

	return postern_policy_decide(scene.policy, NO_NODE, subject, &decision);
}

static int explain(void *subject)
{
	char *text;

	return postern_policy_explain(scene.policy, NO_NODE, subject, &text);
}

/* -- outputs --------------------------------------------------------------- */

static int fail_to_connect(void *error)
{
	struct postern_channel *unwanted;

	return postern_connect(scene.policy, NO_NODE, NULL, 0, &unwanted,
			       error);
}

static int fail_to_open(void *error)
{
	struct postern_node *unwanted;

	return postern_node_open(scene.policy, NO_NODE, NULL, &unwanted,
				 error);
}

static int fail_to_reload(void *error)
{
	return postern_node_reload(scene.node, scene.next, NULL, error);
}

static int fail_to_probe(void *error)
{
	return postern_node_probe(scene.policy, NO_NODE, 0, error);
}

static int fail_to_observe(void *error)
{
	struct postern_stats_reader *unwanted;

	return postern_stats_reader_open(scene.policy, NO_NODE, NULL, 0,
					 &unwanted, error);
}

static int fail_to_control(void *error)
{
	return postern_control_disconnect(scene.policy, NO_NODE, "friend", NULL,
					  0, NULL, error);
}

static int fail_to_create_key(void *error)
{
	uint8_t key[POSTERN_KEY_BYTES];

	return postern_key_create("/nowhere/key", key, error);
}

static int fail_to_read_key(void *error)
{
	uint8_t key[POSTERN_KEY_BYTES];

	return postern_key_read_public("/nowhere/key", key, error);
}

static int decide(void *decision)
{
	struct postern_subject subject = POSTERN_SUBJECT_INIT;

	return postern_policy_decide(scene.policy, "orders", &subject,
				     decision);
}

static int describe_node(void *description)
{
	return postern_policy_node_at(scene.policy, 0, description);
}

static int get_diagnostic(void *diagnostic)
{
	return postern_diagnostics_at(diagnostics, 0, diagnostic);
}

static int get_limits(void *limits)
{
	return postern_channel_get_info(channel, limits);
}

static int get_channel_stats(void *stats)
{
	return postern_channel_stats(channel, stats);
}

static int get_channel_event(void *event)
{
	return postern_channel_next_event(channel, event);
}

static int get_node_event(void *event)
{
	return postern_node_next_event(scene.node, event);
}

static int get_node_stats(void *stats)
{
	return postern_node_stats(scene.node, stats);
}

static int get_peer_stats(void *stats)
{
	return postern_node_peer_stats(scene.node, peer, stats);
}

static int observe_node(void *stats)
{
	return postern_stats_reader_read_node(observer, stats);
}

static int observe_peer(void *stats)
{
	return postern_stats_reader_read_peer(observer, peer_slot, stats);
}

static int describe_field(void *field)
{
	return postern_stats_field_at(POSTERN_STATS_NODE, 0, field);
}

/* -- all of them ----------------------------------------------------------- */

/* result: of a call with a valid size.  is_written: that call writes the
 * output. */
struct row {
	int (*call)(void *bytes);
	size_t bytes;
	size_t first_bytes;
	int result;
	bool is_input;
	bool is_written;
};

#define INPUT(call, name, first, result) \
	{call, sizeof(struct name), first, result, true, false}
#define OUTPUT(call, name, first, result) \
	{call, sizeof(struct name), first, result, false, (result) != -EAGAIN}
#define REFUSAL(call) \
	OUTPUT(call, postern_error_info, PST_API_ERROR_INFO_BYTES, -ENOENT)

static const struct row rows[] = {
	INPUT(connect_with, postern_connect_options,
	      PST_API_CONNECT_OPTIONS_BYTES, -ENOENT),
	INPUT(open_with, postern_node_options, PST_API_NODE_OPTIONS_BYTES,
	      -ENOENT),
	INPUT(observe_with, postern_stats_reader_options,
	      PST_API_STATS_READER_OPTIONS_BYTES, -ENOENT),
	INPUT(control_with, postern_control_options,
	      PST_API_CONTROL_OPTIONS_BYTES, -ENOENT),
	INPUT(gather_with, postern_subject_options,
	      PST_API_SUBJECT_OPTIONS_BYTES, 0),
	INPUT(load_with, postern_policy_options, PST_API_POLICY_OPTIONS_BYTES,
	      0),
	INPUT(decide_about, postern_subject, PST_API_SUBJECT_BYTES, 0),
	INPUT(explain, postern_subject, PST_API_SUBJECT_BYTES, -ENOENT),
	REFUSAL(fail_to_connect),
	REFUSAL(fail_to_open),
	REFUSAL(fail_to_reload),
	REFUSAL(fail_to_probe),
	REFUSAL(fail_to_observe),
	REFUSAL(fail_to_control),
	REFUSAL(fail_to_create_key),
	REFUSAL(fail_to_read_key),
	OUTPUT(decide, postern_decision, PST_API_DECISION_BYTES, 0),
	OUTPUT(describe_node, postern_node_description,
	       PST_API_NODE_DESCRIPTION_BYTES, 0),
	OUTPUT(get_diagnostic, postern_diagnostic, PST_API_DIAGNOSTIC_BYTES, 0),
	OUTPUT(get_limits, postern_channel_info, PST_API_CHANNEL_INFO_BYTES, 0),
	OUTPUT(get_channel_stats, postern_channel_statistics,
	       PST_API_CHANNEL_STATISTICS_BYTES, 0),
	OUTPUT(get_channel_event, postern_channel_event,
	       PST_API_CHANNEL_EVENT_BYTES, -EAGAIN),
	OUTPUT(get_node_event, postern_node_event, PST_API_NODE_EVENT_BYTES,
	       -EAGAIN),
	OUTPUT(get_node_stats, postern_node_statistics,
	       PST_API_NODE_STATISTICS_BYTES, 0),
	OUTPUT(get_peer_stats, postern_peer_statistics,
	       PST_API_PEER_STATISTICS_BYTES, 0),
	OUTPUT(observe_node, postern_node_statistics,
	       PST_API_NODE_STATISTICS_BYTES, 0),
	OUTPUT(observe_peer, postern_peer_statistics,
	       PST_API_PEER_STATISTICS_BYTES, 0),
	OUTPUT(describe_field, postern_stats_field, PST_API_STATS_FIELD_BYTES,
	       0),
};

#define ROW_COUNT ((int)(sizeof(rows) / sizeof(rows[0])))

/* -- the node, a peer and an observer, in this process --------------------- */

static int done_fds[2];

static void *connect_and_observe(void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_stats_reader_options observing =
		POSTERN_STATS_READER_OPTIONS_INIT;
	int r;

	(void)user_data;
	options.disable_features = test_disable_features();
	observing.disable_features = test_disable_features();
	r = postern_connect(scene.policy, "orders", &options,
			    test_deadline_ns(), &channel, NULL);
	if (r == 0)
		r = postern_stats_reader_open(scene.policy, "orders",
					      &observing, test_deadline_ns(),
					      &observer, NULL);
	process_require(r == 0 && write(done_fds[1], "x", 1) == 1,
			"not connected, or not observing");
	return NULL;
}

static void make_diagnostic(void)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_policy *policy;

	options.file = "/nowhere/policy.conf";
	ck_assert_int_eq(postern_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(postern_policy_load(&options, diagnostics, &policy),
			 -EINVAL);
}

/* The node publishes the statistics of the peer a little later. */
static void await_published_peer(void)
{
	struct postern_peer_statistics stats = POSTERN_PEER_STATISTICS_INIT;
	int r;

	ck_assert_int_eq(postern_node_peer_stats(scene.node, peer, &stats), 0);
	peer_slot = stats.slot_index;
	while (postern_stats_reader_read_peer(observer, peer_slot, &stats) !=
	       0) {
		r = postern_node_wait(scene.node,
				      postern_deadline_after(10000000));
		ck_assert(r == 0 || r == -ETIMEDOUT);
	}
}

static void set_up(void)
{
	static const char other_node[] =
		"policy-version 1\n"
		"node others {\n"
		"	owner user $owner\n"
		"	socket $dir/others.sock\n"
		"}\n"
		"end\n";
	pthread_t thread;

	make_diagnostic();
	scene_init(&scene);
	scene_load_next(&scene, other_node);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	ck_assert_int_eq(pipe(done_fds), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, connect_and_observe,
					NULL), 0);
	peer = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED).peer;
	scene_serve_until_readable(&scene, done_fds[0]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	await_published_peer();
	scene_serve_what_is_due(&scene);
}

static void tear_down(void)
{
	diagnostics = postern_diagnostics_free(diagnostics);
	observer = postern_stats_reader_close(observer);
	channel = postern_channel_close(channel);
	scene_close(&scene);
}

static unsigned char bytes[POSTERN_STRUCT_BYTES_MAX + GUARD_BYTES];

static int call_with_size(const struct row *row, int fill, size_t size_bytes)
{
	memset(bytes, fill, sizeof(bytes));
	memcpy(bytes, &size_bytes, sizeof(size_bytes));
	return row->call(bytes);
}

static void expect_bytes(size_t from, size_t to, unsigned char value)
{
	for (; from < to; from++)
		expect_equal(bytes[from], value);
}

START_TEST(size_out_of_range_is_refused_and_nothing_written,
	   .loop_end = ROW_COUNT)
{
	const struct row *row = &rows[_i];
	const size_t sizes[] = {
		0, 1, sizeof(size_t), row->first_bytes - 1,
		POSTERN_STRUCT_BYTES_MAX + 1, SIZE_MAX,
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect_equal(call_with_size(row, row->is_input ? 0 : UNTOUCHED,
					    sizes[i]), -EINVAL);
		if (!row->is_input)
			expect_bytes(sizeof(size_t), sizeof(bytes), UNTOUCHED);
	}
}
END_TEST

START_TEST(size_of_another_release_is_accepted, .loop_end = ROW_COUNT)
{
	const struct row *row = &rows[_i];
	const size_t sizes[] = {
		row->first_bytes, row->bytes, row->bytes + 1,
		POSTERN_STRUCT_BYTES_MAX,
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect_equal(call_with_size(row, row->is_input ? 0 : UNTOUCHED,
					    sizes[i]), row->result);
		if (!row->is_written)
			continue;
		expect_bytes(row->bytes, sizes[i], 0);
		expect_bytes(sizes[i], sizeof(bytes), UNTOUCHED);
	}
}
END_TEST

START_TEST(unknown_bytes_of_an_input_must_be_zero, .loop_end = ROW_COUNT)
{
	const struct row *row = &rows[_i];
	const size_t places[] = {row->bytes, POSTERN_STRUCT_BYTES_MAX - 1};
	const size_t size_bytes = POSTERN_STRUCT_BYTES_MAX;
	size_t i;

	for (i = 0; row->is_input && i < 2; i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, &size_bytes, sizeof(size_bytes));
		bytes[places[i]] = 1;
		expect_equal(row->call(bytes), -EINVAL);
	}
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
