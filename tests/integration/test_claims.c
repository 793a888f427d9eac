/* SPDX-License-Identifier: ISC */
/*
 * Keys that are only claimed: a HELLO that was heard, said again by others
 *
 * Whoever has seen one can send it as often as it likes, and gets an offer each
 * time, but cannot go on from there.  None of that is at the expense of whose
 * key it is.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "handshake/handshake.h"
#include "identity/key_file.h"
#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define CLAIMS 12

/* One of everything there is a bound on. */
#define POLICY \
	"policy-version 1\n" \
	"peer partner {\n	key $peerkey\n}\n" \
	"tenant partners {\n	members partner\n" \
	"	limits {\n		peers 1\n		peers-per-user 1\n" \
	"		memory 128KiB\n		handshakes 1/s burst 1\n	}\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	key $nodekey\n" \
	"	limits {\n		ring 16KiB\n		message 4KiB\n" \
	"		peers 1\n		memory 128KiB\n	}\n" \
	"	allow partner {\n		direction both\n" \
	"		limits {\n			peers 1\n		}\n	}\n" \
	"}\n" \
	"end\n"

enum claim_kind {
	CLAIM_KNOCK,            /* connect count times, and say nothing */
	CLAIM_REPEAT,           /* connect, say the HELLO, take the offer */
	CLAIM_FINISH,           /* do all that READY needs but the proof */
	CLAIM_LEAVE,
};

struct claim_order {
	enum claim_kind kind;
	size_t count;
	struct pst_hello hello;
};

struct claim_report {
	int result;
	size_t count;           /* of strangers that came so far */
};

static struct scene scene;
static struct process peer, echo, same_user;
static struct pst_hello heard;

/* -- those who claim ------------------------------------------------------- */

struct claimer {
	struct stranger strangers[CLAIMS * 2];
	size_t stranger_count;
};

static void await(const struct stranger *stranger)
{
	struct pollfd wait = {.fd = stranger->socket_fd, .events = POLLIN};

	process_require(poll(&wait, 1, inspect_timeout_ms(test_deadline_ns())) >
				0, "no answer to a claim");
}

static int knock(struct claimer *claimer)
{
	struct stranger *stranger =
		&claimer->strangers[claimer->stranger_count];

	*stranger = (struct stranger)STRANGER_INIT;
	claimer->stranger_count++;
	return stranger_connect(stranger, scene.socket_path);
}

static int repeat(struct claimer *claimer, const struct pst_hello *hello)
{
	struct stranger *stranger =
		&claimer->strangers[claimer->stranger_count];
	int r;

	r = knock(claimer);
	if (r == 0)
		r = stranger_send_hello(stranger, hello);
	if (r < 0)
		return r;
	await(stranger);
	return stranger_take_offer(stranger);
}

static int finish(struct stranger *stranger)
{
	enum pst_refuse_code code;
	int r;

	r = stranger_do_its_part(stranger);
	if (r == 0)
		r = stranger_say_ready(stranger);
	if (r < 0)
		return r;
	await(stranger);
	r = stranger_take_refusal(stranger, &code);
	if (r < 0)
		return r;
	return code == PST_REFUSE_DENIED ? 0 : -EPROTO;
}

static void obey(struct claimer *claimer, const struct claim_order *order,
		 struct claim_report *report)
{
	size_t i;

	for (i = 0; i < order->count && report->result == 0; i++) {
		if (order->kind == CLAIM_KNOCK)
			report->result = knock(claimer);
		if (order->kind == CLAIM_REPEAT)
			report->result = repeat(claimer, &order->hello);
		if (order->kind == CLAIM_FINISH)
			report->result = finish(&claimer->strangers[i]);
		report->count += report->result == 0;
	}
	if (order->kind == CLAIM_LEAVE)
		while (claimer->stranger_count > 0)
			stranger_close(&claimer->strangers
						[--claimer->stranger_count]);
}

static void claimer_main(int control_fd, void *user_data)
{
	static struct claimer claimer;
	struct claim_report report;
	struct claim_order order;

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		report = (struct claim_report) {0};
		obey(&claimer, &order, &report);
		process_report(control_fd, &report, sizeof(report));
	}
}

static struct claim_report let_try(const struct process *claimer,
				   enum claim_kind kind, size_t count)
{
	struct claim_order order;
	struct claim_report report;

	/* The gaps between its members are sent, too. */
	memset(&order, 0, sizeof(order));
	order.kind = kind;
	order.count = count;
	order.hello = heard;
	process_order(claimer, &order, sizeof(order));
	scene_serve_until_readable(&scene, claimer->control_fd);
	process_read_report(claimer, &report, sizeof(report));
	return report;
}

static void let(const struct process *claimer, enum claim_kind kind,
		size_t count)
{
	const struct claim_report report = let_try(claimer, kind, count);

	ck_assert_msg(report.result == 0, "%s after %zu",
		      postern_strerror(report.result), report.count);
	scene_serve_what_is_due(&scene);
}

/* -- the scene ------------------------------------------------------------- */

/* The HELLO of whoever has the key, as anybody may have overheard it. */
static void overhear(enum scene_key key)
{
	struct pst_identity *own = NULL, *node = NULL;
	struct pst_handshake_initiator initiator;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct pst_wire_record record;
	struct pst_hello plain;
	struct pst_initiator_params params = {
		.kind = PST_WIRE_KIND_CHANNEL,
		.node_name = "orders",
		.instance = "partner-1",
		.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE),
		.security_bits = 1u << POSTERN_SECURITY_MAC |
				 1u << POSTERN_SECURITY_AEAD,
		.pattern = PST_NOISE_IK,
		.cipher = PST_CIPHER_CHACHAPOLY,
	};

	ck_assert_int_eq(pst_key_file_read(scene.key_paths[SCENE_KEY_NODE],
						&node, &error), 0);
	ck_assert_int_eq(pst_key_file_read(scene.key_paths[key], &own,
						&error), 0);
	stranger_fill_hello(&plain);
	params.requested = plain.requested;
	params.layout_version = plain.layout_version;
	params.node_key = node->public_key;
	params.borrow_identity = own;
	ck_assert_int_eq(pst_initiator_init(&initiator, &params), 0);
	ck_assert_int_eq(pst_initiator_create_hello(&initiator, &record), 0);
	ck_assert_int_eq(pst_wire_read_hello(record.bytes, record.byte_count,
					     &heard), 0);
	pst_initiator_done(&initiator);
	own = pst_identity_free(own);
	node = pst_identity_free(node);
}

static void set_up(const char *policy, const char *later)
{
	scene_init(&scene);
	scene_make_keys(&scene);
	/* Even root reads no key of somebody else. */
	ck_assert_int_eq(chown(scene.key_paths[SCENE_KEY_NODE], 0, 0), 0);
	ck_assert_int_eq(chown(scene.key_paths[SCENE_KEY_PEER], 0, 0), 0);
	overhear(SCENE_KEY_PEER);
	ck_assert_int_eq(chown(scene.key_paths[SCENE_KEY_NODE],
			       uid_of(ROLE_OWNER), 0), 0);
	ck_assert_int_eq(chown(scene.key_paths[SCENE_KEY_PEER],
			       uid_of(ROLE_PEER), 0), 0);
	if (later)
		scene_load_next(&scene, later);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&echo, ROLE_OTHER, claimer_main, &scene);
	process_start(&same_user, ROLE_PEER, claimer_main, &scene);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peer);
	process_end(&echo);
	process_end(&same_user);
	scene_close(&scene);
}

static struct peer_report connect_owner_of_key(void)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.has_key = true,
		.key = SCENE_KEY_PEER,
	};

	return peer_obey(&scene, &peer, &order);
}

static void expect_owner_gets_in(void)
{
	struct peer_report report = connect_owner_of_key();
	uint64_t before = scene.message_count;

	ck_assert_msg(report.result == 0, "%s: %s",
		      postern_strerror(report.result), report.detail);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 3).result, 0);
	scene_await_messages(&scene, before + 3);
}

/* -- what a claim costs ---------------------------------------------------- */

START_TEST(hello_that_is_said_again_uses_no_quota_of_the_keys_owner)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY, NULL);
	let(&echo, CLAIM_REPEAT, CLAIMS);
	scene_expect_no_refusal(&scene);
	expect_owner_gets_in();
	tear_down();
}
END_TEST

/* Whoever has the same uid shares no more than its share of handshakes. */
START_TEST(nor_does_one_by_another_process_of_the_same_user)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY, NULL);
	let(&same_user, CLAIM_REPEAT, CLAIMS);
	scene_expect_no_refusal(&scene);
	expect_owner_gets_in();
	tear_down();
}
END_TEST

#define FEW_SLOTS_POLICY \
	"policy-version 1\n" \
	"peer partner {\n	key $peerkey\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	key $nodekey\n" \
	"	slots 8\n" \
	"	allow partner {\n		direction both\n	}\n" \
	"}\n" \
	"end\n"

/* A slot is all that such a HELLO holds, and a node may have few. */
START_TEST(nor_does_it_take_more_than_a_quarter_of_the_slots)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(FEW_SLOTS_POLICY, NULL);
	ck_assert_uint_eq(let_try(&echo, CLAIM_REPEAT, CLAIMS).count, 2);
	scene_expect_one_refusal(&scene, POSTERN_REASON_HALF_OPEN, 0);
	expect_owner_gets_in();
	tear_down();
}
END_TEST

START_TEST(who_cannot_prove_what_it_claims_is_refused)
{
	size_t i;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY, NULL);
	let(&echo, CLAIM_REPEAT, 5);
	let(&echo, CLAIM_FINISH, 5);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), 5);
	ck_assert_uint_eq(scene_count_records(&scene, "connected"), 0);
	for (i = 0; i < scene.record_count; i++) {
		ck_assert(strstr(scene.records[i].line, " reason=key "));
		ck_assert(strstr(scene.records[i].line, " claimed_key="));
	}
	expect_owner_gets_in();
	tear_down();
}
END_TEST

#define BOUNDED(limits) \
	"policy-version 1\n" \
	"peer partner {\n	key $peerkey\n}\n" \
	"tenant partners {\n	members partner\n" \
	"	limits {\n		" limits "\n	}\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	key $nodekey\n" \
	"	limits {\n		ring 16KiB\n		message 4KiB\n	}\n" \
	"	allow partner {\n		direction both\n	}\n" \
	"}\n" \
	"end\n"

static const struct {
	const char *policy;
	enum postern_reason reason;
} bounds[] = {
	{BOUNDED("peers 1"), POSTERN_REASON_PEERS},
	{BOUNDED("memory 60KiB"), POSTERN_REASON_MEMORY},
	{BOUNDED("handshakes 1/s burst 1"), POSTERN_REASON_HANDSHAKES},
};

/* The bounds hold all the same, for who proves it. */
START_TEST(proven_key_is_charged,
	   .loop_end = sizeof(bounds) / sizeof(bounds[0]))
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(bounds[_i].policy, NULL);
	expect_owner_gets_in();
	scene.record_count = 0;
	/* A second channel of the same process. */
	report = connect_owner_of_key();
	ck_assert_int_eq(report.result, -EDQUOT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NODE_BUSY);
	scene_expect_one_refusal(&scene, bounds[_i].reason, 8);
	tear_down();
}
END_TEST

#define REVOKED_POLICY \
	"policy-version 1\n" \
	"peer partner {\n	key $otherkey\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	key $nodekey\n" \
	"	allow partner {\n		direction both\n	}\n" \
	"}\n" \
	"end\n"

START_TEST(claims_are_decided_again_by_another_policy)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY, REVOKED_POLICY);
	let(&echo, CLAIM_REPEAT, 3);
	scene_reload(&scene, 0);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), 3);
	tear_down();
}
END_TEST

START_TEST(claims_survive_a_reload_that_still_allows_them_uncharged)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY, POLICY);
	let(&echo, CLAIM_REPEAT, 3);
	scene_reload(&scene, 0);
	scene_expect_no_refusal(&scene);
	expect_owner_gets_in();
	tear_down();
}
END_TEST

/* -- the places of those who need a key ------------------------------------ */

START_TEST(whom_only_a_key_admits_share_sixteen_places)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY, NULL);
	let(&echo, CLAIM_KNOCK, 16);
	scene_expect_no_refusal(&scene);
	/* The oldest of the one who holds most goes. */
	expect_owner_gets_in();
	scene_expect_one_refusal(&scene, POSTERN_REASON_EVICTED, 0);
	tear_down();
}
END_TEST

#define FRIEND_TOO_POLICY \
	"policy-version 1\n" \
	"peer partner {\n	key $otherkey\n}\n" \
	"peer friend {\n	user $peer\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	key $nodekey\n" \
	"	allow partner friend {\n		direction both\n	}\n" \
	"}\n" \
	"end\n"

START_TEST(whom_its_user_admits_takes_none_of_them)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(FRIEND_TOO_POLICY, NULL);
	let(&echo, CLAIM_KNOCK, 16);
	report = peer_connect(&scene, &peer);
	ck_assert_int_eq(report.result, 0);
	scene_expect_no_refusal(&scene);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
