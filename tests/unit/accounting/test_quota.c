/* SPDX-License-Identifier: ISC */
/*
 * Quotas: every limit on peers and memory, in every place it may stand
 */
#include "accounting/quota.h"

#include "unit/accounting/quota_case.h"
#include "support/test_case.h"

/* -- peers ----------------------------------------------------------------- */

START_TEST(peers_of_an_allow_bound_its_channels)
{
	set_up("peers 2", "", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, BOB);
	expect_refused(&first, ALICE, PEERS);
	expect_refused(&first, BOB, PEERS);
	expect_admitted(&first, CAROL);
	expect_admitted(&second, ALICE);
	release(&first, 0);
	expect_admitted(&first, BOB);
	expect_refused(&first, BOB, PEERS);
	tear_down();
}
END_TEST

START_TEST(peers_of_a_tenant_bound_the_sum_of_its_nodes)
{
	set_up("", "peers 2", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, BOB);
	expect_refused(&first, BOB, PEERS);
	expect_refused(&second, ALICE, PEERS);
	expect_admitted(&first, CAROL);
	release(&second, 0);
	expect_admitted(&first, BOB);
	expect_refused(&second, BOB, PEERS);
	tear_down();
}
END_TEST

START_TEST(peers_of_a_node_bound_the_node)
{
	set_up("", "", "peers 2", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, CAROL);
	expect_refused(&first, BOB, PEERS);
	expect_admitted(&second, BOB);
	release(&first, 1);
	expect_admitted(&first, BOB);
	tear_down();
}
END_TEST

START_TEST(peers_of_the_top_level_bound_the_process)
{
	set_up("", "", "", "peers 2");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, CAROL);
	expect_refused(&first, BOB, PEERS);
	expect_refused(&second, CAROL, PEERS);
	release(&first, 0);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(a_limit_of_none_admits_nobody)
{
	set_up("", "", "memory 999B", "");
	expect_refused(&first, CAROL, MEMORY);
	tear_down();
}
END_TEST

/* -- peers-per-user -------------------------------------------------------- */

START_TEST(peers_per_user_of_a_tenant_bound_each_uid_of_it)
{
	set_up("", "peers-per-user 1", "", "");
	expect_admitted(&first, ALICE);
	expect_refused(&second, ALICE, PEERS_PER_USER);
	expect_admitted(&second, BOB);
	expect_refused(&first, BOB, PEERS_PER_USER);
	expect_admitted(&first, CAROL);
	expect_admitted(&first, CAROL);
	release(&first, 0);
	expect_admitted(&second, ALICE);
	tear_down();
}
END_TEST

START_TEST(peers_per_user_of_a_node_bound_each_uid_there)
{
	set_up("", "", "peers-per-user 2", "");
	expect_admitted(&first, CAROL);
	expect_admitted(&first, CAROL);
	expect_refused(&first, CAROL, PEERS_PER_USER);
	expect_admitted(&first, ALICE);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(peers_per_user_of_the_top_level_bound_each_uid_anywhere)
{
	set_up("", "", "", "peers-per-user 2");
	expect_admitted(&first, CAROL);
	expect_admitted(&second, CAROL);
	expect_refused(&first, CAROL, PEERS_PER_USER);
	expect_refused(&second, CAROL, PEERS_PER_USER);
	expect_admitted(&second, ALICE);
	release(&second, 0);
	expect_admitted(&first, CAROL);
	tear_down();
}
END_TEST

/* -- memory ---------------------------------------------------------------- */

START_TEST(memory_of_an_allow_bounds_each_channel)
{
	set_up("memory 1000B", "", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, ALICE);
	expect_equal(try(&first, 2, ALICE, MEMORY + 1), POSTERN_REASON_MEMORY);
	expect_equal(try(&first, 2, CAROL, MEMORY + 1), POSTERN_REASON_NONE);
	tear_down();
}
END_TEST

START_TEST(memory_of_a_tenant_bounds_the_sum)
{
	set_up("", "memory 2999B", "", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, BOB);
	expect_refused(&first, BOB, MEMORY);
	expect_equal(try(&first, 1, BOB, MEMORY - 1), POSTERN_REASON_NONE);
	expect_equal(try(&first, 2, BOB, 1), POSTERN_REASON_MEMORY);
	expect_admitted(&second, CAROL);
	tear_down();
}
END_TEST

START_TEST(memory_of_a_node_bounds_the_sum)
{
	set_up("", "", "memory 2000B", "");
	expect_admitted(&first, ALICE);
	expect_admitted(&first, CAROL);
	expect_refused(&first, BOB, MEMORY);
	expect_admitted(&second, BOB);
	release(&first, 0);
	expect_admitted(&first, BOB);
	tear_down();
}
END_TEST

START_TEST(memory_of_the_top_level_bounds_the_sum)
{
	set_up("", "", "", "memory 2000B");
	expect_admitted(&first, ALICE);
	expect_admitted(&second, CAROL);
	expect_refused(&first, BOB, MEMORY);
	expect_refused(&second, BOB, MEMORY);
	release(&second, 0);
	expect_admitted(&second, BOB);
	tear_down();
}
END_TEST

START_TEST(a_size_beyond_all_sense_is_no_overflow)
{
	set_up("", "memory 2000B", "memory 2000B", "memory 2000B");
	expect_admitted(&first, ALICE);
	expect_equal(try(&first, 1, ALICE, UINT64_MAX), POSTERN_REASON_MEMORY);
	tear_down();
}
END_TEST

START_TEST(a_refused_peer_is_not_charged)
{
	int i;

	set_up("peers 1", "peers 3", "", "");
	expect_admitted(&first, ALICE);
	for (i = 0; i < 10; i++)
		expect_refused(&first, BOB, PEERS);
	expect_admitted(&second, BOB);
	expect_admitted(&second, BOB);
	expect_refused(&second, BOB, PEERS);
	tear_down();
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
