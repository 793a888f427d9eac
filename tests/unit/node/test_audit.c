/* SPDX-License-Identifier: ISC */
/*
 * Audit records: what each says, how they are numbered, what is left out
 *
 * Admission, refusal and departure as they come about are tested with real
 * peers (tests/integration/test_audit.c).
 */
#include "node/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/kernel_error.h"
#include "support/test_case.h"

#define LINES_MAX 64
#define BURST 20

static struct pst_audit audit;
static struct pst_peer peer;
static char lines[LINES_MAX][PST_LOG_LINE_BYTES];
static uint64_t sequences[LINES_MAX];
static unsigned int line_count;

static void keep(void *user_data, const struct postern_log_record *record)
{
	(void)user_data;
	ck_assert_uint_lt(line_count, LINES_MAX);
	sequences[line_count] = record->sequence;
	(void)snprintf(lines[line_count++], sizeof(lines[0]), "%s",
		       record->line);
}

static void set_up(void)
{
	const struct pst_log log = {.callback = keep};

	memset(&peer, 0, sizeof(peer));
	line_count = 0;
	pst_audit_init(&audit, &log, "orders");
	peer.generation = 7;
	peer.handle = UINT64_C(7) << 32 | (3 + 1);
	peer.identity.uid = 20002;
	peer.identity.gid = 20003;
	peer.identity.pid = 4711;
	(void)strcpy(peer.identity.name, "friend");
	(void)strcpy(peer.identity.instance, "till-3");
}

/* Take an hour's tokens from each bucket, so that no test is so slow that a token
 * comes back. */
static void empty_buckets(void)
{
	struct pst_audit_suppression *refusals =
		&audit.suppressions[PST_AUDIT_REFUSED];
	size_t i;

	for (i = 0; i < PST_AUDIT_BUCKETS; i++)
		pst_tokens_acquire(&refusals->buckets[i].bucket, &refusals->rate,
				0, 3600);
}

static void refuse(uid_t uid, enum postern_reason reason)
{
	const struct pst_peer_credentials credentials = {
		.uid_fact = POSTERN_FACT_KNOWN,
		.uid = uid,
	};
	const struct postern_error_info error = {.reason = reason};

	pst_audit_refused(&audit, &credentials, NULL, &error);
	if (line_count == BURST)
		empty_buckets();
}

#define WHO_TEXT "uid=20002 gid=20003 pid=4711 slot=3 generation=7 peer=friend"
#define PEER_TEXT WHO_TEXT " security=none"

/* -- what is said ---------------------------------------------------------- */

START_TEST(disconnection_by_control_has_its_origin)
{
	const struct pst_disconnect_origin origin = {
		.by = PST_DISCONNECT_BY_CONTROL,
		.uid = 0,
		.pid = 99,
	};

	pst_audit_disconnected(&audit, &peer, POSTERN_REASON_DISCONNECTED, NULL,
			       10, &origin);
	ck_assert_str_eq(lines[0],
			 "level=audit event=disconnected seq=1 node=orders "
			 PEER_TEXT " by=control by_uid=0 by_pid=99 "
			 "reason=disconnected undelivered_bytes=10 "
			 "instance=till-3");
}
END_TEST

START_TEST(revocation_by_reload_names_the_rule)
{
	const struct postern_error_info error = {
		.reason = POSTERN_REASON_DENIED,
		.line = 12,
		.file = "/etc/postern/policy.d/a.conf",
		.rule = "deny friend",
	};

	pst_audit_revoked(&audit, &peer, &error);
	ck_assert_str_eq(
		lines[0],
		"level=audit event=revoked seq=1 node=orders " PEER_TEXT
		" reason=denied "
		"rule=\"deny friend\" "
		"file=/etc/postern/policy.d/a.conf line=12 "
		"instance=till-3");
}
END_TEST

START_TEST(disconnection_by_the_program_has_its_origin)
{
	const struct pst_disconnect_origin origin = {
		.by = PST_DISCONNECT_BY_API};

	pst_audit_disconnected(&audit, &peer, POSTERN_REASON_DISCONNECTED, NULL,
			       0, &origin);
	ck_assert_str_eq(lines[0],
			 "level=audit event=disconnected seq=1 node=orders "
			 PEER_TEXT " by=api reason=disconnected "
			 "instance=till-3");
}
END_TEST

START_TEST(reload_says_what_became_of_the_peers)
{
	const struct pst_reload_outcome outcome = {
		.unchanged_count = 5,
		.changed_count = 2,
		.disconnected_count = 1,
	};

	pst_audit_reload(&audit, &outcome);
	ck_assert_str_eq(lines[0], "level=audit event=reload seq=1 node=orders "
			 "outcome=ok unchanged=5 changed=2 disconnected=1");
}
END_TEST

START_TEST(failed_reload_says_where_the_policy_is_wrong)
{
	const struct pst_reload_outcome outcome = {
		.result = -EINVAL,
		.file = "a.conf",
		.line = 3,
		.detail = "unknown key 'securty' in 'node'",
	};

	pst_audit_reload(&audit, &outcome);
	ck_assert_str_eq(lines[0], "level=audit event=reload seq=1 node=orders "
			 "outcome=failed errno=22 file=a.conf line=3 "
			 "detail=\"unknown key 'securty' in 'node'\"");
}
END_TEST

START_TEST(poisoning_is_one_record_in_place_of_the_departure)
{
	pst_audit_disconnected(&audit, &peer, POSTERN_REASON_POISONED,
			       "position beyond the ring", 0, NULL);
	ck_assert_uint_eq(line_count, 1);
	ck_assert_str_eq(
		lines[0],
		"level=audit event=poisoned seq=1 node=orders " PEER_TEXT
		" reason=poisoned "
		"fault=\"position beyond the ring\" instance=till-3");
}
END_TEST

START_TEST(message_that_is_not_authentic_is_a_poisoning)
{
	audit.level = POSTERN_AUDIT_DENY;
	peer.security = POSTERN_SECURITY_MAC;
	pst_audit_disconnected(&audit, &peer, POSTERN_REASON_KEY_REJECTED, NULL,
			       0, NULL);
	ck_assert_str_eq(
		lines[0],
		"level=audit event=poisoned seq=1 node=orders " WHO_TEXT
		" security=mac reason=key-rejected "
		"instance=till-3");
}
END_TEST

#define ZERO_KEY "x25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

START_TEST(key_that_was_proven_is_named)
{
	peer.security = POSTERN_SECURITY_AEAD;
	peer.identity.has_key = true;
	peer.directions = POSTERN_DIRECTION_TO_NODE;
	pst_audit_connected(&audit, &peer);
	ck_assert_str_eq(
		lines[0],
		"level=audit event=connected seq=1 node=orders " WHO_TEXT
		" security=aead key=" ZERO_KEY
		" direction=send instance=till-3");
}
END_TEST

START_TEST(key_that_was_only_claimed_is_called_so)
{
	const struct pst_handshake_responder said = {
		.claims_key = true,
		.machine.state = HANDSHAKE_CONSUMED_HELLO,
		.hello.instance = "x",
	};
	const struct pst_peer_credentials nobody = {0};
	const struct postern_error_info error = {
		.reason = POSTERN_REASON_KEY,
		.line = 3,
		.file = "a.conf",
		.rule = "allow p",
	};

	pst_audit_refused(&audit, &nobody, &said, &error);
	ck_assert_str_eq(lines[0],
			 "level=audit event=refused seq=1 node=orders "
			 "reason=key rule=\"allow p\" file=a.conf line=3 "
			 "claimed_key=" ZERO_KEY " instance=x");
}
END_TEST

/* -- what the policy wants ------------------------------------------------- */

static void cause_one_of_each(void)
{
	const struct postern_error_info error = {
		.reason = POSTERN_REASON_DENIED};
	const struct pst_reload_outcome outcome = {0};

	pst_audit_connected(&audit, &peer);
	refuse(1000, POSTERN_REASON_NO_ALLOW);
	pst_audit_disconnected(&audit, &peer, POSTERN_REASON_CLOSED, NULL, 0,
			       NULL);
	pst_audit_disconnected(&audit, &peer, POSTERN_REASON_POISONED, "x", 0,
			       NULL);
	pst_audit_revoked(&audit, &peer, &error);
	pst_audit_reload(&audit, &outcome);
}

static const struct {
	enum postern_audit audit;
	unsigned int line_count;
} levels[] = {
	{POSTERN_AUDIT_ALL, 6},
	{POSTERN_AUDIT_DENY, 4}, /* all but admission and departure */
	{POSTERN_AUDIT_NONE, 0},
};

START_TEST(level_decides_and_what_is_not_recorded_has_no_number,
	   .loop_end = sizeof(levels) / sizeof(levels[0]))
{
	unsigned int i;

	audit.level = levels[_i].audit;
	cause_one_of_each();
	ck_assert_uint_eq(line_count, levels[_i].line_count);
	ck_assert_uint_eq(audit.record_count, line_count);
	for (i = 0; i < line_count; i++)
		ck_assert_uint_eq(sequences[i], i + 1);
}
END_TEST

START_TEST(without_a_callback_nothing_is_numbered)
{
	audit.log.callback = NULL;
	cause_one_of_each();
	ck_assert_uint_eq(audit.record_count, 0);
	ck_assert_uint_eq(audit.suppressed_count, 0);
}
END_TEST

START_TEST(note_is_no_audit_record)
{
	pst_audit_note(&audit, POSTERN_LOG_WARNING, "accept", "no", -EMFILE);
	ck_assert_uint_eq(sequences[0], 0);
	ck_assert_uint_eq(audit.record_count, 0);
}
END_TEST

/* -- what is suppressed ---------------------------------------------------- */

START_TEST(note_of_a_failed_system_call_has_its_name_and_errno)
{
	pst_audit_note(&audit, POSTERN_LOG_WARNING, "accept", "no",
		       pst_kernel_error(PST_CALL_MEMFD_CREATE, EPERM));
	ck_assert_uint_eq(line_count, 1);
	ck_assert_ptr_nonnull(strstr(lines[0], "call=memfd_create errno=1"));
}
END_TEST

START_TEST(suppressed_are_counted_and_told_in_the_end)
{
	unsigned int i;

	for (i = 0; i < 100; i++)
		refuse(1000, POSTERN_REASON_NO_ALLOW);
	ck_assert_uint_eq(line_count, BURST);
	ck_assert_uint_eq(audit.suppressed_count, 100 - BURST);
	ck_assert_uint_ne(pst_audit_next_deadline_ns(&audit),
			  PST_DEADLINE_NEVER);

	pst_audit_flush(&audit, PST_DEADLINE_NEVER);
	ck_assert_uint_eq(line_count, BURST + 1);
	ck_assert_str_eq(lines[BURST], "level=audit event=suppressed seq=21 "
			 "node=orders uid=1000 of=refused count=80 "
			 "first_reason=no-allow last_reason=no-allow");
	ck_assert_uint_eq(pst_audit_next_deadline_ns(&audit),
			  PST_DEADLINE_NEVER);
}
END_TEST

START_TEST(suppressed_are_told_when_it_is_time)
{
	uint64_t due_ns;

	while (audit.suppressed_count < 3)
		refuse(1000, POSTERN_REASON_NO_ALLOW);
	due_ns = pst_audit_next_deadline_ns(&audit);
	pst_audit_flush(&audit, due_ns - 1);
	ck_assert_uint_eq(line_count, BURST);
	pst_audit_flush(&audit, due_ns);
	ck_assert_uint_eq(line_count, BURST + 1);
	ck_assert_ptr_nonnull(strstr(lines[BURST], " uid=1000 of=refused "
						   "count=3 "));
}
END_TEST

START_TEST(refusals_do_not_use_up_the_records_of_an_admission)
{
	unsigned int before, i;

	for (i = 0; i < 40; i++)
		refuse(peer.identity.uid, POSTERN_REASON_PEERS);
	before = line_count;
	pst_audit_connected(&audit, &peer);
	ck_assert_uint_eq(line_count, before + 1);
	ck_assert_ptr_nonnull(strstr(lines[before], " event=connected "));
}
END_TEST

START_TEST(refusal_of_an_unknown_uid_is_suppressed_as_such)
{
	const struct pst_peer_credentials nobody = {
		.uid_fact = POSTERN_FACT_UNKNOWN,
		.uid = (uid_t)-1,
	};
	const struct postern_error_info error = {
		.reason = POSTERN_REASON_CREDENTIALS,
	};
	unsigned int i;

	for (i = 0; i < 50; i++)
		pst_audit_refused(&audit, &nobody, NULL, &error);
	pst_audit_flush(&audit, PST_DEADLINE_NEVER);
	ck_assert_ptr_nonnull(strstr(lines[line_count - 1],
				     " uid=unknown of=refused "));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
