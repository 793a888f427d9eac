/* SPDX-License-Identifier: ISC */
/*
 * Unread offers: the shares of users, and the sockets that are kept
 */
#include "admission/pending_offers.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "support/expect.h"
#include "support/test_case.h"

#define USERS_MAX 512

static const struct pst_offer_capacity capacity = {
	.shared = 256, .privileged = 16, .revoked = 128,
};

static struct pst_pending_offers pending;
static int their_fds[64];
static size_t their_count;

static void set_up(void)
{
	their_count = 0;
	expect_equal(pst_pending_offers_init(&pending, &capacity), 0);
}

static void tear_down(void)
{
	pst_pending_offers_done(&pending);
	while (their_count > 0)
		(void)pst_fd_close(their_fds[--their_count]);
}

static struct pst_offer_origin origin_of(uint64_t user, uint64_t made_ns,
					 const char *peer_name)
{
	struct pst_offer_origin origin = {
		.user = user,
		.uid = (uid_t)user,
		.made_ns = made_ns,
	};

	(void)snprintf(origin.peer_name, sizeof(origin.peer_name), "%s",
		       peer_name);
	return origin;
}

static void keep_one(uint64_t user, uint64_t made_ns, const char *peer_name)
{
	struct pst_offer_origin origin = origin_of(user, made_ns, peer_name);
	int sockets[2];

	expect_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets), 0);
	expect_equal(send(sockets[0], "offer", 5, 0), 5);
	their_fds[their_count++] = sockets[1];
	pst_pending_offers_add(&pending, &sockets[0], &origin);
	expect_equal(sockets[0], -1);
}

/* -- capacity -------------------------------------------------------------- */

START_TEST(capacity_in_descriptors_is_below_the_limit)
{
	struct pst_offer_capacity got;
	size_t limit;

	for (limit = 64; limit <= 65536; limit *= 2) {
		got = pst_offer_capacity_for(limit);
		expect(2 * pst_offer_capacity_sum(&got) < limit);
		expect(got.privileged >= 4);
	}
	got = pst_offer_capacity_for(1024);
	expect_equal(got.shared, 256);
	expect_equal(got.privileged, 16);
	expect_equal(got.revoked, 128);
	got = pst_offer_capacity_for(1u << 20);
	expect_equal(got.shared, 4096);
	got = pst_offer_capacity_for(0);
	expect(got.shared > 0);
}
END_TEST

/* -- shares ---------------------------------------------------------------- */

static size_t offers_of[USERS_MAX];

static struct pst_offer_tally tally_for(uint64_t user)
{
	struct pst_offer_tally tally = {0};
	struct pst_offer_origin origin;
	size_t of, i;

	for (of = 0; of < USERS_MAX; of++) {
		origin = origin_of(of, 0, "");
		for (i = 0; i < offers_of[of]; i++)
			pst_offer_tally_add(&tally, &origin, user,
					    (uid_t)user);
	}
	return tally;
}

static bool may_add(uint64_t user)
{
	const struct pst_offer_tally tally = tally_for(user);

	return pst_offer_tally_permits(&tally, &capacity, user);
}

static void take_all_one_can(uint64_t user)
{
	while (may_add(user))
		offers_of[user]++;
}

START_TEST(one_account_may_leave_eight_offers_unread)
{
	memset(offers_of, 0, sizeof(offers_of));
	take_all_one_can(7);
	expect_equal(offers_of[7], PST_OFFERS_PER_USER);
	expect(may_add(8));
}
END_TEST

START_TEST(two_hundred_accounts_are_needed_to_take_all_offers)
{
	size_t user, sum = 0;

	memset(offers_of, 0, sizeof(offers_of));
	for (user = 0; user < 199; user++) {
		expect(may_add(user));
		take_all_one_can(user);
	}
	expect(may_add(199));
	take_all_one_can(199);
	expect(!may_add(200));
	for (user = 0; user < USERS_MAX; user++)
		sum += offers_of[user];
	expect_equal(sum, capacity.shared);
	/* In any order: those that have one get no second then. */
	for (user = 0; user < 200; user++)
		expect(!may_add(user));
}
END_TEST

START_TEST(root_and_owner_have_offers_of_their_own)
{
	const uint64_t root = PST_USER_PRIVILEGED | 0;
	const uint64_t owner = PST_USER_PRIVILEGED | 1000;
	const struct pst_offer_origin of_root = origin_of(root, 0, "");
	struct pst_offer_tally for_root, for_owner, for_zero = {0};
	size_t i;

	for (i = 0; i < USERS_MAX; i++)
		offers_of[i] = i < 300;
	for_root = tally_for(root);
	for_owner = tally_for(owner);
	for (i = 0; i < 8; i++) {
		expect(pst_offer_tally_permits(&for_root, &capacity, root));
		pst_offer_tally_add(&for_root, &of_root, root, 0);
		pst_offer_tally_add(&for_owner, &of_root, owner, 1000);
		pst_offer_tally_add(&for_zero, &of_root, 0, 0);
	}
	expect(!pst_offer_tally_permits(&for_root, &capacity, root));
	expect(pst_offer_tally_permits(&for_owner, &capacity, owner));
	/* A subordinate uid of root is not root, and takes nothing from it. */
	expect_equal(for_zero.of_user, 0);
	expect_equal(for_zero.shared, 0);
}
END_TEST

START_TEST(revoked_offers_block_their_uid_and_no_other_account)
{
	struct pst_offer_origin origin = origin_of(7, 0, "");
	struct pst_offer_tally own = {0}, other = {0};
	size_t i;

	origin.is_revoked = true;
	for (i = 0; i < capacity.revoked; i++) {
		pst_offer_tally_add(&own, &origin, 7, 7);
		pst_offer_tally_add(&other, &origin, 8, 8);
	}
	expect(!pst_offer_tally_permits(&own, &capacity, 7));
	expect_equal(other.shared, 0);
	other.shared = capacity.shared - 1;
	expect(pst_offer_tally_permits(&other, &capacity, 8));
	/* Beyond their bound they count as the others do. */
	pst_offer_tally_add(&other, &origin, 8, 8);
	expect(!pst_offer_tally_permits(&other, &capacity, 8));
}
END_TEST

/* Their number is the user's still: many uids are no more than one. */
START_TEST(revoked_offer_of_one_uid_leaves_the_rest_of_its_account_its_share)
{
	struct pst_offer_origin origin = origin_of(7, 0, "");
	struct pst_offer_tally mate = {0};
	size_t i;

	origin.uid = 100001;
	origin.is_revoked = true;
	for (i = 0; i < PST_OFFERS_PER_USER; i++) {
		expect(pst_offer_tally_permits(&mate, &capacity, 7));
		pst_offer_tally_add(&mate, &origin, 7, 100002);
	}
	expect(!mate.is_revoked);
	expect(!pst_offer_tally_permits(&mate, &capacity, 7));
}
END_TEST

/* -- holders --------------------------------------------------------------- */

START_TEST(holders_come_with_the_most_offers_first_then_the_oldest)
{
	const struct pst_offer_origin all[] = {
		origin_of(1, 50, "a"), origin_of(2, 40, "b"),
		origin_of(3, 30, "c"), origin_of(2, 20, "b"),
		origin_of(4, 10, "d"), origin_of(2, 60, "b"),
	};
	const struct pst_offer_origin *origins[6];
	struct pst_offer_holder holders[3];
	size_t i;

	for (i = 0; i < 6; i++)
		origins[i] = &all[i];
	expect_equal(pst_offer_holders_find(origins, 6, holders, 3), 4);
	expect_equal(holders[0].oldest.user, 2);
	expect_equal(holders[0].oldest.made_ns, 20);
	expect_equal(holders[0].offer_count, 3);
	expect_equal(holders[1].oldest.user, 4);
	expect_equal(holders[2].oldest.user, 3);
	expect_equal(pst_offer_holders_find(origins, 6, holders, 0), 4);
	expect_equal(pst_offer_holders_find(origins, 0, holders, 3), 0);
}
END_TEST

/* -- sockets --------------------------------------------------------------- */

START_TEST(kept_socket_goes_only_when_its_offer_is_read_or_its_peer_leaves)
{
	uint64_t now_ns = 1000;
	char buffer[16];

	keep_one(1, 1, "a");
	keep_one(2, 2, "a");
	keep_one(3, 3, "a");
	expect_equal(shutdown(their_fds[0], SHUT_WR), 0);
	expect_equal(recv(their_fds[1], buffer, sizeof(buffer), 0), 5);
	their_fds[2] = pst_fd_close(their_fds[2]);
	pst_pending_offers_check(&pending, now_ns);
	expect_equal(pending.offer_count, 1);

	/* And not before it is time to check again. */
	expect_equal(recv(their_fds[0], buffer, sizeof(buffer), 0), 5);
	pst_pending_offers_check(&pending, now_ns + 1);
	expect_equal(pending.offer_count, 1);
	pst_pending_offers_check(&pending, now_ns + PST_OFFERS_CHECK_NS);
	expect_equal(pending.offer_count, 0);
	expect_equal(pending.offers_end, 0);
}
END_TEST

START_TEST(revoke_finds_one_account_after_the_other)
{
	struct pst_offer_holder holder;

	keep_one(1, 5, "alpha");
	keep_one(2, 4, "alpha");
	keep_one(1, 3, "alpha");
	keep_one(1, 2, "beta");
	expect(pst_pending_offers_revoke(&pending, "alpha", 0, &holder));
	expect_equal(holder.oldest.user, 1);
	expect_equal(holder.oldest.made_ns, 3);
	expect_equal(holder.offer_count, 2);
	expect(pst_pending_offers_revoke(&pending, "alpha", 0, &holder));
	expect_equal(holder.oldest.user, 2);
	expect(!pst_pending_offers_revoke(&pending, "alpha", 0, &holder));
	/* By user: the one that is left. */
	expect(pst_pending_offers_revoke(&pending, NULL, 1, &holder));
	expect_equal(holder.offer_count, 1);
	expect(!pst_pending_offers_revoke(&pending, NULL, 1, &holder));
	expect_equal(pending.offer_count, 4);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
