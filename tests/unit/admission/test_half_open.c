/* SPDX-License-Identifier: ISC */
/*
 * The table of half-open handshakes, and the unread offers beside it
 */
#include "admission/half_open.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "support/expect.h"
#include "support/test_case.h"

static struct pst_half_open_table table;
#define CONNECTIONS_MAX 512

static int their_fds[CONNECTIONS_MAX];
static size_t their_count;
static uint64_t now_ns;

static void set_up(void)
{
	static const struct pst_offer_capacity capacity = {
		.shared = 10, .privileged = 4, .revoked = 2,
	};

	their_count = 0;
	expect_equal(pst_half_open_init(&table, &capacity), 0);
}

static void tear_down(void)
{
	pst_half_open_done(&table);
	while (their_count > 0)
		(void)pst_fd_close(their_fds[--their_count]);
}

/* A connection, whose other end is the last of their_fds. */
static struct pst_half_open *
connect_with(const struct pst_half_open_attempt *attempt, uint64_t deadline_ns)
{
	struct pst_peer_credentials credentials;
	struct pst_half_open *entry;
	int sockets[2];

	expect_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets), 0);
	their_fds[their_count++] = sockets[1];
	pst_peer_credentials_init(&credentials);
	credentials.uid_fact = POSTERN_FACT_KNOWN;
	credentials.uid = (uid_t)attempt->user;
	entry = pst_half_open_find_free(&table, attempt);
	expect(entry);
	pst_half_open_take(entry, sockets[0], &credentials, attempt,
			   deadline_ns);
	return entry;
}

static struct pst_half_open *connect_needing(uid_t uid, uint64_t deadline_ns,
					     bool needs_key)
{
	const struct pst_half_open_attempt attempt = {
		.user = uid,
		.needs_key = needs_key,
		.has_hello = true,
	};

	return connect_with(&attempt, deadline_ns);
}

static struct pst_half_open *connect_as(uint64_t user, uint64_t deadline_ns)
{
	const struct pst_half_open_attempt attempt = {
		.user = user,
		.has_hello = true,
	};

	return connect_with(&attempt, deadline_ns);
}

/* Without a HELLO. */
static struct pst_half_open *connect_silently(uint64_t user,
					      uint64_t deadline_ns)
{
	const struct pst_half_open_attempt attempt = {.user = user};

	return connect_with(&attempt, deadline_ns);
}

static struct pst_half_open *find_free(bool needs_key)
{
	const struct pst_half_open_attempt attempt = {
		.user = 99,
		.needs_key = needs_key,
		.has_hello = true,
	};

	return pst_half_open_find_free(&table, &attempt);
}

static struct pst_half_open *find_victim(bool needs_key)
{
	const struct pst_half_open_attempt attempt = {
		.user = 99,
		.needs_key = needs_key,
		.has_hello = true,
	};

	return pst_half_open_find_victim(&table, &attempt);
}

static void make_offer(struct pst_half_open *entry)
{
	expect_equal(send(entry->socket_fd, "offer", 5, 0), 5);
	pst_half_open_note_offer(entry, "friend", entry->deadline_ns);
}

START_TEST(entries_are_counted_by_uid)
{
	(void)connect_as(1000, 1);
	(void)connect_as(1000, 2);
	(void)connect_as(1001, 3);
	expect_equal(pst_half_open_count_of(&table, 1000), 2);
	expect_equal(pst_half_open_count_of(&table, 1001), 1);
	expect_equal(pst_half_open_count_of(&table, 1002), 0);
}
END_TEST

START_TEST(a_full_table_gives_up_the_oldest_of_the_uid_that_holds_most)
{
	struct pst_half_open *oldest_of_many;
	int i;

	(void)connect_as(1, 1); /* the oldest of all, but alone */
	(void)connect_as(2, 30);
	oldest_of_many = connect_as(2, 20);
	for (i = 3; i < PST_HALF_OPEN_COUNT; i++)
		(void)connect_as((uid_t)(100 + i), 10);
	expect(!find_free(false));
	expect(find_victim(false) == oldest_of_many);
	/* there is nobody else to give up */
	expect(!find_free(true));
	expect(find_victim(true) == oldest_of_many);
}
END_TEST

START_TEST(whom_only_a_key_admits_has_sixteen_places)
{
	struct pst_half_open *oldest_of_many;
	int i;

	(void)connect_as(2, 1); /* of the same uid, and older, but needs none */
	(void)connect_needing(1, 2, true);
	(void)connect_needing(2, 30, true);
	oldest_of_many = connect_needing(2, 20, true);
	for (i = 3; i < PST_HALF_OPEN_KEYED; i++)
		(void)connect_needing((uid_t)(100 + i), 10, true);
	expect(!find_free(true));
	expect(find_victim(true) == oldest_of_many);
	/* The others have places still. */
	expect(find_free(false));
	pst_half_open_release(&table, oldest_of_many);
	expect(find_free(true));
}
END_TEST

START_TEST(a_full_table_gives_up_only_one_for_whom_only_a_key_admits)
{
	struct pst_half_open *keyed;
	int i;

	for (i = 1; i < PST_HALF_OPEN_COUNT; i++)
		(void)connect_as((uid_t)(i % 4), (uint64_t)i);
	keyed = connect_needing(77, 1000, true);
	expect(!find_free(true));
	expect(find_victim(true) == keyed);
	expect(find_victim(false) != keyed);
}
END_TEST

/* -- connections without a HELLO ------------------------------------------- */

START_TEST(find_victim_prefers_an_entry_without_hello)
{
	struct pst_half_open *silent;
	int i;

	for (i = 0; i < PST_HALF_OPEN_COUNT - 1; i++)
		(void)connect_as(7, (uint64_t)i + 1);
	silent = connect_silently(8, 1000); /* the youngest, and alone */
	expect(!find_free(false));
	expect(find_victim(false) == silent);
	pst_half_open_release(&table, silent);
	(void)connect_as(8, 1000);
	expect(find_victim(false) == &table.entries[0]);
}
END_TEST

START_TEST(attempt_without_hello_evicts_its_like_and_only_then_others)
{
	const struct pst_half_open_attempt silent = {.user = 500};
	struct pst_half_open *oldest, *own;
	size_t i;

	oldest = connect_as(1, 1);
	for (i = 1; i < PST_HALF_OPEN_COUNT; i++)
		(void)connect_as(i + 1, 1 + i);
	expect(pst_half_open_find_victim(&table, &silent) == oldest);
	pst_half_open_release(&table, oldest);
	own = connect_silently(500, 1000);
	expect(pst_half_open_find_victim(&table, &silent) == own);
}
END_TEST

START_TEST(two_hundred_users_without_hello_evict_only_each_other)
{
	struct pst_half_open *hello[PST_HALF_OPEN_COUNT / 2];
	struct pst_half_open_attempt silent = {.user = 0};
	struct pst_half_open *victim;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT / 2; i++)
		hello[i] = connect_as(1000 + i, 1);
	for (i = 0; i < PST_HALF_OPEN_COUNT / 2; i++)
		(void)connect_silently(i, 2 + i);
	for (; i < 200; i++) {
		silent.user = i;
		expect(!pst_half_open_find_free(&table, &silent));
		victim = pst_half_open_find_victim(&table, &silent);
		expect(!victim->attempt.has_hello);
		pst_half_open_release(&table, victim);
		(void)connect_silently(i, 2 + i);
	}
	for (i = 0; i < PST_HALF_OPEN_COUNT / 2; i++)
		expect(hello[i]->is_taken);
}
END_TEST

START_TEST(find_victim_prefers_a_user_that_has_abandoned_handshakes)
{
	struct pst_half_open *known;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT - 3; i++)
		(void)connect_as(100 + i, 1);
	known = connect_with(&(struct pst_half_open_attempt) {
		.user = 7, .has_hello = true, .abandoned_count = 3}, 1000);
	(void)connect_as(8, 1);
	(void)connect_as(8, 1);
	expect(find_victim(false) == known);
}
END_TEST

START_TEST(abandoned_handshakes_count_up_to_a_maximum_and_down_again)
{
	const uint64_t second_ns = PST_NS_PER_SECOND;
	const uint64_t start_ns = 1000 * second_ns;
	int i;

	pst_half_open_note_abandoned(&table, 7, start_ns);
	pst_half_open_note_abandoned(&table, 7, start_ns);
	expect_equal(pst_half_open_count_abandoned(&table, 7, start_ns), 2);
	expect_equal(pst_half_open_count_abandoned(&table, 7,
						   start_ns + second_ns), 1);
	expect_equal(pst_half_open_count_abandoned(&table, 8, start_ns), 0);
	for (i = 0; i < 10 * PST_HALF_OPEN_ABANDONED_MAX; i++)
		pst_half_open_note_abandoned(&table, 7, start_ns);
	expect_equal(pst_half_open_count_abandoned(&table, 7, start_ns),
		     PST_HALF_OPEN_ABANDONED_MAX);
	expect_equal(pst_half_open_count_abandoned(
			     &table, 7,
			     start_ns + PST_HALF_OPEN_ABANDONED_MAX * second_ns),
		     0);
}
END_TEST

START_TEST(entries_of_root_and_owner_are_given_up_last)
{
	const uint64_t root = PST_USER_PRIVILEGED | 0;
	struct pst_half_open *common;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT - 1; i++)
		(void)connect_as(root, 1);
	common = connect_as(7, 1000);
	expect(find_victim(false) == common);
	pst_half_open_release(&table, common);
	(void)connect_silently(root, 1000);
	expect(find_victim(false));
}
END_TEST

START_TEST(find_own_victim_is_the_oldest_of_the_user_without_hello)
{
	struct pst_half_open *oldest;

	(void)connect_as(7, 1);
	(void)connect_silently(7, 30);
	oldest = connect_silently(7, 20);
	(void)connect_silently(8, 10);
	expect(pst_half_open_find_own_victim(&table, 7) == oldest);
	expect(!pst_half_open_find_own_victim(&table, 9));
}
END_TEST

START_TEST(a_released_entry_is_free_with_another_generation)
{
	struct pst_half_open *entry = connect_as(1, 1), *again;
	uint32_t generation = entry->generation;

	pst_half_open_release(&table, entry);
	expect_equal(entry->socket_fd, -1);
	again = connect_as(1, 1);
	expect(again == entry);
	expect(again->generation != generation);
}
END_TEST

/* A HELLO that begins a key exchange, taken in. */
static void exchange_keys(struct pst_half_open *entry)
{
	const struct pst_initiator_params params = {
		.kind = PST_WIRE_KIND_CHANNEL,
		.node_name = "orders",
		.requested = {POSTERN_DIRECTION_TO_NODE, 65536, 64},
		.page_bytes = 4096,
		.security_bits = 1u << POSTERN_SECURITY_MAC,
		.pattern = PST_NOISE_NN,
		.cipher = PST_CIPHER_CHACHAPOLY,
	};
	const struct pst_responder_params node = {
		.cipher_bits = 1u << PST_CIPHER_CHACHAPOLY,
	};
	struct pst_handshake_initiator initiator;
	struct pst_wire_record hello;

	expect_equal(pst_initiator_init(&initiator, &params), 0);
	expect_equal(pst_initiator_create_hello(&initiator, &hello), 0);
	pst_responder_init(&entry->responder, &node);
	expect_equal(pst_responder_consume(&entry->responder, hello.bytes,
					   hello.byte_count), 0);
	pst_initiator_done(&initiator);
}

START_TEST(a_released_entry_has_no_secrets)
{
	struct pst_half_open *entry = connect_as(1000, 1);

	exchange_keys(entry);
	expect(entry->responder.machine.noise);
	pst_half_open_release(&table, entry);
	expect(!entry->responder.machine.noise);
}
END_TEST

START_TEST(the_socket_of_an_unread_offer_is_kept)
{
	struct pst_half_open *entry = connect_as(7, 1);

	make_offer(entry);
	pst_half_open_release(&table, entry);
	expect_equal(table.pending.offer_count, 1);
	pst_pending_offers_check(&table.pending,
				 now_ns += PST_OFFERS_CHECK_NS);
	expect_equal(table.pending.offer_count, 1);
}
END_TEST

START_TEST(a_kept_socket_goes_when_the_offer_is_taken)
{
	struct pst_half_open *entry = connect_as(7, 1);
	char buffer[16];

	make_offer(entry);
	pst_half_open_release(&table, entry);
	expect_equal(recv(their_fds[0], buffer, sizeof(buffer), 0), 5);
	pst_pending_offers_check(&table.pending,
				 now_ns += PST_OFFERS_CHECK_NS);
	expect_equal(table.pending.offer_count, 0);
}
END_TEST

START_TEST(a_taken_offer_keeps_no_socket)
{
	struct pst_half_open *entry = connect_as(7, 1);
	char buffer[16];

	make_offer(entry);
	expect_equal(recv(their_fds[0], buffer, sizeof(buffer), 0), 5);
	pst_half_open_release(&table, entry);
	expect_equal(table.pending.offer_count, 0);
}
END_TEST

START_TEST(unread_offers_count_in_a_handshake_and_after_it)
{
	struct pst_half_open *entry;
	bool is_revoked;
	int i;

	for (i = 0; i < 10; i++) {
		expect(pst_half_open_may_offer(&table, 99, 99, &is_revoked));
		entry = connect_as((uid_t)i, 1);
		make_offer(entry);
		if (i % 2)
			pst_half_open_release(&table, entry);
	}
	expect(!pst_half_open_may_offer(&table, 99, 99, &is_revoked));
	expect(!is_revoked);
}
END_TEST

START_TEST(holders_are_found_in_a_handshake_and_after_it)
{
	struct pst_offer_holder holders[4];
	struct pst_half_open *entry = connect_as(7, 1);
	uint64_t user;

	entry->slot = 0x500000003;
	make_offer(entry);
	make_offer(connect_as(7, 2));
	make_offer(connect_as(8, 3));
	pst_half_open_release(&table, entry);
	expect_equal(pst_half_open_find_holders(&table, holders, 4), 2);
	expect_equal(holders[0].oldest.user, 7);
	expect_equal(holders[0].offer_count, 2);
	expect_equal(holders[1].oldest.user, 8);
	expect(pst_half_open_find_offer(&table, 0x500000003, &user));
	expect_equal(user, 7);
	expect(!pst_half_open_find_offer(&table, 0, &user));
}
END_TEST

START_TEST(revoked_handshake_blocks_its_user_while_its_offer_is_unread)
{
	struct pst_half_open *entry = connect_as(7, 1);
	char buffer[16];
	bool is_revoked;

	make_offer(entry);
	entry->offer.is_revoked = true;
	pst_half_open_release(&table, entry);
	expect(!pst_half_open_may_offer(&table, 7, 7, &is_revoked));
	expect(is_revoked);
	expect(pst_half_open_may_offer(&table, 8, 8, &is_revoked));
	expect_equal(recv(their_fds[0], buffer, sizeof(buffer), 0), 5);
	pst_pending_offers_check(&table.pending,
				 now_ns += PST_OFFERS_CHECK_NS);
	expect(pst_half_open_may_offer(&table, 7, 7, &is_revoked));
}
END_TEST

START_TEST(renewed_users_follow_the_subordinate_uids)
{
	struct pst_subordinate_range range = {100, 199, 7};
	const struct pst_subordinate_uids uids = {
		.ranges = &range,
		.range_count = 1,
	};
	struct pst_half_open *entry = connect_as(150, 1);
	uint64_t user;

	entry->slot = 0x500000003;
	make_offer(entry);
	(void)connect_as(160, 1);
	(void)connect_as(200, 1);
	pst_half_open_release(&table, entry);
	pst_half_open_renew_users(&table, &uids);
	expect_equal(pst_half_open_count_of(&table, 7), 1);
	expect_equal(pst_half_open_count_of(&table, 200), 1);
	expect(pst_half_open_find_offer(&table, 0x500000003, &user));
	expect_equal(user, 7);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
