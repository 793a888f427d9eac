/* SPDX-License-Identifier: ISC */
/*
 * Admission without a node: decisions, deadlines, the backoff of the listener,
 * and the hooks that report them
 */
#include "admission/admission.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "admission/admission_steps.h"
#include "base/clock.h"
#include "base/fd.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"
#include "os/poll_tag.h"
#include "support/expect.h"
#include "support/policy_host.h"
#include "support/test_case.h"

#define OWNER 2001
#define ALICE 1001
#define BOB 1002
#define SLOTS 4
#define BACKOFF_NS (100 * UINT64_C(1000000))

static const char policy_text[] =
	"policy-version 1\n"
	"peer alice { user alice }\n"
	"node n {\nowner user ordersd\nsocket /run/n\n"
	"allow alice {\ndirection send\n}\n}\n"
	"end\n";

static struct pst_admission admission;
static struct pst_policy_binding binding;
static struct pst_peer_table peer_table;
static struct pst_scheduler scheduler;
static struct pst_charge slots[SLOTS];
static struct pst_charges charges;
static uint64_t now_ns;
static int set_fd;
static int client_fds[PST_HALF_OPEN_COUNT];
static size_t client_count;

/* What the hooks were told. */
static struct {
	unsigned refused_count;
	enum postern_reason reason;
	unsigned change_count;
	unsigned exhausted_count;
	unsigned accept_failed_count;
	int accept_result;
} told;

static void on_refused(void *hook_data,
		       const struct pst_peer_credentials *credentials,
		       const struct pst_handshake_responder *responder,
		       const struct postern_error_info *error)
{
	expect(hook_data == &told);
	expect(credentials);
	(void)responder;
	told.refused_count++;
	told.reason = error->reason;
}

static void on_offers_exhausted(void *hook_data)
{
	expect(hook_data == &told);
	told.exhausted_count++;
}

static void on_accept_failed(void *hook_data, int result)
{
	expect(hook_data == &told);
	told.accept_failed_count++;
	told.accept_result = result;
}

static void on_half_open_changed(void *hook_data)
{
	expect(hook_data == &told);
	told.change_count++;
}

static const struct pst_admission_hooks hooks = {
	.on_refused = on_refused,
	.on_offers_exhausted = on_offers_exhausted,
	.on_accept_failed = on_accept_failed,
	.on_half_open_changed = on_half_open_changed,
};

static void bind_policy(void)
{
	struct postern_policy *policy = policy_load_valid(policy_text);
	struct pst_accounting *accounting;

	expect_equal(pst_accounting_new(&accounting), 0);
	expect_equal(pst_policy_binding_init(
			     &binding, policy,
			     pst_policy_find_node(policy, "n"), NULL,
			     accounting), 0);
	/* The binding has references. */
	(void)pst_accounting_unref(accounting);
	(void)pst_policy_unref(policy);
}

static void set_up(void)
{
	struct pst_admission_params params = {
		.node_name = "n",
		.owner = OWNER,
		.now_ns = &now_ns,
		.binding = &binding,
		.charges = &charges,
		.peer_table = &peer_table,
		.scheduler = &scheduler,
		.hooks = &hooks,
		.hook_data = &told,
	};

	memset(&told, 0, sizeof(told));
	client_count = 0;
	now_ns = 1000 * PST_NS_PER_SECOND;
	bind_policy();
	charges.charges = slots;
	charges.slot_count = SLOTS;
	pst_list_init(&charges.link);
	pst_accounting_add(binding.accounting, &charges);
	pst_scheduler_init(&scheduler);
	expect_equal(pst_peer_table_init(&peer_table, SLOTS, &scheduler), 0);
	expect_equal(pst_poll_set_open(&set_fd), 0);
	params.set_fd = set_fd;
	admission = (struct pst_admission)PST_ADMISSION_INIT;
	expect_equal(pst_admission_init(&admission, &params), 0);
	admission.overflow_uid = 65534;
}

static void tear_down(void)
{
	pst_admission_done(&admission);
	while (client_count > 0)
		(void)pst_fd_close(client_fds[--client_count]);
	(void)pst_fd_close(set_fd);
	pst_peer_table_done(&peer_table);
	pst_accounting_remove(binding.accounting, &charges);
	pst_policy_binding_done(&binding);
}

static struct pst_peer_credentials credentials_of(uid_t uid)
{
	struct pst_peer_credentials credentials;

	pst_peer_credentials_init(&credentials);
	credentials.uid_fact = POSTERN_FACT_KNOWN;
	credentials.uid = uid;
	credentials.gid_fact = POSTERN_FACT_KNOWN;
	credentials.gid = 1;
	credentials.pid_fact = POSTERN_FACT_KNOWN;
	credentials.pid = 4711;
	return credentials;
}

/* A half-open handshake of this uid, whose client is the last of client_fds. */
static struct pst_half_open *begin(uid_t uid)
{
	struct pst_peer_credentials credentials = credentials_of(uid);
	const struct pst_half_open_attempt attempt = {.user = uid};
	struct pst_half_open *entry;
	int sockets[2];

	expect_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets), 0);
	expect_equal(pst_packet_want_credentials(sockets[0], true), 0);
	client_fds[client_count++] = sockets[1];
	entry = pst_half_open_find_free(&admission.half_open, &attempt);
	expect(entry);
	pst_half_open_take(entry, sockets[0], &credentials, &attempt,
			   now_ns + PST_HALF_OPEN_DEADLINE_NS);
	pst_admission_begin(&admission, entry);
	return entry;
}

static uint64_t tag_of(const struct pst_half_open *entry, uint32_t generation)
{
	return pst_poll_tag(PST_POLL_HALF_OPEN,
			    pst_half_open_index(&admission.half_open, entry),
			    generation);
}

static bool decide(uid_t uid, struct postern_decision *ret_decision,
		   struct postern_error_info *error)
{
	struct pst_peer_credentials credentials = credentials_of(uid);

	return pst_admission_decide(&admission, &credentials, NULL,
				    ret_decision, error);
}

/* -- decisions ------------------------------------------------------------- */

START_TEST(decide_follows_the_policy_of_the_binding)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct postern_error_info error;

	set_up();
	expect(decide(ALICE, &decision, &error));
	ck_assert_str_eq(decision.peer_name, "alice");
	expect(!decide(BOB, &decision, &error));
	expect(error.reason != POSTERN_REASON_NONE);
	tear_down();
}
END_TEST

START_TEST(decision_covers_what_it_grants_and_less)
{
	struct postern_decision decision = {
		.directions = POSTERN_DIRECTION_TO_NODE,
		.security = POSTERN_SECURITY_MAC,
	};
	struct postern_error_info error;

	expect(pst_admission_covers(&decision, POSTERN_DIRECTION_TO_NODE,
				    POSTERN_SECURITY_MAC, &error));
	expect(pst_admission_covers(&decision, POSTERN_DIRECTION_TO_NODE,
				    POSTERN_SECURITY_AEAD, &error));
	expect(!pst_admission_covers(&decision,
				     POSTERN_DIRECTION_TO_NODE |
					     POSTERN_DIRECTION_FROM_NODE,
				     POSTERN_SECURITY_MAC, &error));
	expect_equal(error.reason, POSTERN_REASON_DIRECTION);
	expect(!pst_admission_covers(&decision, POSTERN_DIRECTION_TO_NODE,
				     POSTERN_SECURITY_NONE, &error));
	expect_equal(error.reason, POSTERN_REASON_SECURITY);
}
END_TEST

static enum postern_reason attempt_of(uid_t uid)
{
	struct pst_peer_credentials credentials = credentials_of(uid);
	struct postern_error_info error;
	bool needs_key;

	if (pst_admission_check_attempt(&admission, &credentials, uid,
					&needs_key, &error))
		return POSTERN_REASON_NONE;
	return error.reason;
}

START_TEST(attempt_needs_a_rule_unless_it_is_of_root_or_the_owner)
{
	set_up();
	expect_equal(attempt_of(ALICE), POSTERN_REASON_NONE);
	expect(attempt_of(BOB) != POSTERN_REASON_NONE);
	expect_equal(attempt_of(OWNER), POSTERN_REASON_NONE);
	expect_equal(attempt_of(0), POSTERN_REASON_NONE);
	tear_down();
}
END_TEST

START_TEST(owner_and_root_may_control_if_the_kernel_is_certain)
{
	struct pst_peer_credentials owner = credentials_of(OWNER);
	struct pst_peer_credentials root = credentials_of(0);
	struct pst_peer_credentials other = credentials_of(ALICE);
	struct pst_peer_credentials changed = owner;

	set_up();
	expect(pst_admission_may_control(&admission, &owner));
	expect(pst_admission_may_control(&admission, &root));
	expect(!pst_admission_may_control(&admission, &other));
	changed.uid_fact = POSTERN_FACT_UNKNOWN;
	expect(!pst_admission_may_control(&admission, &changed));
	changed = owner;
	changed.pid_fact = POSTERN_FACT_UNKNOWN;
	expect(!pst_admission_may_control(&admission, &changed));
	changed = owner;
	changed.pid = 0; /* in a namespace that is not visible here */
	expect(!pst_admission_may_control(&admission, &changed));
	admission.overflow_uid = OWNER;
	expect(!pst_admission_may_control(&admission, &owner));
	tear_down();
}
END_TEST

START_TEST(ninth_unread_offer_of_a_user_is_refused_and_reported)
{
	struct pst_half_open *entry = NULL;
	struct postern_error_info error;
	int i;

	set_up();
	for (i = 0; i < PST_OFFERS_PER_USER; i++) {
		entry = begin(ALICE);
		expect(pst_admission_may_offer(&admission, entry, &error));
		expect_equal(send(entry->socket_fd, "x", 1, 0), 1);
		pst_half_open_note_offer(entry, "alice", now_ns);
	}
	expect_equal(told.exhausted_count, 0);
	entry = begin(ALICE);
	expect(!pst_admission_may_offer(&admission, entry, &error));
	expect_equal(error.reason, POSTERN_REASON_UNREAD_OFFERS);
	expect_equal(told.exhausted_count, 1);
	tear_down();
}
END_TEST

/* -- ends and deadlines ---------------------------------------------------- */

START_TEST(refused_handshake_is_reported_and_the_client_gets_a_record)
{
	const struct postern_error_info error = {
		.reason = POSTERN_REASON_DENIED,
	};
	struct pst_half_open *entry;
	char record[PST_WIRE_RECORD_BYTES_MAX];

	set_up();
	entry = begin(BOB);
	pst_admission_refuse(&admission, entry, &error);
	expect(!entry->is_taken);
	expect_equal(told.refused_count, 1);
	expect_equal(told.reason, POSTERN_REASON_DENIED);
	expect_equal(told.change_count, 1);
	expect(recv(client_fds[0], record, sizeof(record), MSG_DONTWAIT) > 0);
	expect_equal(recv(client_fds[0], record, sizeof(record),
			  MSG_DONTWAIT), 0);
	expect_equal(pst_half_open_count_abandoned(&admission.half_open, BOB,
						   now_ns), 1);
	tear_down();
}
END_TEST

START_TEST(client_that_hangs_up_without_hello_is_not_reported)
{
	struct pst_half_open *entry;

	set_up();
	entry = begin(BOB);
	(void)pst_fd_close(client_fds[--client_count]);
	pst_admission_advance(&admission, tag_of(entry, entry->generation));
	expect(!entry->is_taken);
	expect_equal(told.refused_count, 0);
	expect_equal(told.change_count, 1);
	tear_down();
}
END_TEST

START_TEST(event_of_an_earlier_handshake_is_ignored)
{
	struct pst_half_open *entry;

	set_up();
	entry = begin(BOB);
	(void)pst_fd_close(client_fds[--client_count]);
	pst_admission_advance(&admission,
			      tag_of(entry, entry->generation - 1));
	expect(entry->is_taken);
	tear_down();
}
END_TEST

START_TEST(handshake_past_its_deadline_is_refused)
{
	struct pst_half_open *entry;

	set_up();
	expect(pst_admission_next_deadline_ns(&admission) ==
	       PST_DEADLINE_NEVER);
	entry = begin(ALICE);
	expect(pst_admission_next_deadline_ns(&admission) ==
	       now_ns + PST_HALF_OPEN_DEADLINE_NS);
	now_ns += PST_HALF_OPEN_DEADLINE_NS - 1;
	pst_admission_handle_deadlines(&admission);
	expect(entry->is_taken);
	now_ns += 1;
	pst_admission_handle_deadlines(&admission);
	expect(!entry->is_taken);
	expect_equal(told.reason, POSTERN_REASON_DEADLINE);
	tear_down();
}
END_TEST

START_TEST(failed_accept_is_reported_and_backs_off)
{
	set_up();
	/* It does not listen. */
	admission.listener.socket_fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	expect(admission.listener.socket_fd >= 0);
	expect_equal(pst_admission_watch_listener(&admission, 0), 0);
	pst_admission_accept(&admission);
	expect_equal(told.accept_failed_count, 1);
	expect(told.accept_result < 0);
	expect(pst_admission_next_deadline_ns(&admission) ==
	       now_ns + BACKOFF_NS);
	now_ns += BACKOFF_NS;
	pst_admission_handle_deadlines(&admission);
	expect(!admission.is_backing_off);
	tear_down();
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
