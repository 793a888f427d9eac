/* SPDX-License-Identifier: ISC */
/*
 * The comparison of two policies: permissions of peers, and limits
 */
#include "unit/authoring/diff_case.h"
#include "support/test_case.h"

START_TEST(diff_same_policy_is_no_difference)
{
	assert_node_diff(ALLOW, ALLOW, 0, "no difference\n");
	assert_diff(HEAD "end\n", HEAD "end\n", 0, "no difference\n");
}
END_TEST

START_TEST(diff_other_wording_is_no_difference)
{
	assert_diff(HEAD
		    "peer a { user alice bob\ngroup acme }\n"
		    "tenant t { members a }\n" NODE
		    "deny a\naudit all\nslots 256\nsecurity none\n"
		    "limits { memory 1MiB } }\nend\n",
		    HEAD "# a comment\n"
		    "extend node n { limits { memory 1024KiB } }\n" NODE
		    "deny a a\n}\n"
		    "tenant t { weight 1\nmembers a\n"
		    "limits { on-exceed block } }\n"
		    "peer a {\ngroup 5001\nuser 1002 1001\n}\nend\n",
		    0, "no difference\n");
}
END_TEST

START_TEST(diff_covered_rule_is_no_difference)
{
	assert_node_diff("allow alice bob { direction both\n"
			 "limits { ring 64KiB\nidle 5s\npeers 2 } }\n",
			 "allow alice { direction send\nlimits { peers 5 } }\n"
			 "allow bob alice { direction both\n"
			 "limits { ring 64KiB\nidle 5s\npeers 2 } }\n"
			 "limits { ring 1MiB\nidle 9s }\n",
			 0, "no difference\n");
}
END_TEST

START_TEST(diff_unnamed_peer_is_no_difference)
{
	assert_diff(HEAD "peer a { user alice }\nend\n",
		    HEAD "peer a { user bob }\npeer b { user bob }\nend\n", 0,
		    "no difference\n");
}
END_TEST

START_TEST(diff_reports_gained_and_lost_access)
{
	assert_node_diff("allow alice { direction send }\n",
			 "allow bob { direction both\nobserve\nsecurity mac\n"
			 "limits { ring 64KiB\nrate 5/s burst 9 } }\n"
			 "limits { idle 7s }\n",
			 2,
			 "node n\n"
			 "    peer alice\n"
			 "        - loses access: send (test.conf:8)\n"
			 "    peer bob\n"
			 "        + gains access: both, observe, security mac, "
			 "ring 64KiB, message 65528B, rate 5/s, rate burst 9, "
			 "idle 7s (test.conf:8)\n");
}
END_TEST

START_TEST(diff_reports_gained_and_lost_directions)
{
	assert_node_diff("allow alice { direction send\nobserve }\n"
			 "allow bob { direction receive }\n",
			 "allow alice { direction receive }\n"
			 "allow bob { direction receive\nobserve }\n",
			 4,
			 "node n\n"
			 "    peer alice\n"
			 "        + gains direction receive (test.conf:8)\n"
			 "        - loses direction send (test.conf:8)\n"
			 "        - loses observe (test.conf:9)\n"
			 "    peer bob\n"
			 "        + gains observe (test.conf:10)\n");
}
END_TEST

START_TEST(diff_reports_added_and_removed_denies)
{
	assert_node_diff("allow alice { direction send }\ndeny bob\n",
			 "allow alice { direction send }\ndeny acme\n"
			 "deny acme alice\n",
			 4,
			 "node n\n"
			 "    peer acme\n"
			 "        - denied now (test.conf:9)\n"
			 "    peer alice\n"
			 "        - loses access: send (test.conf:8)\n"
			 "        - denied now (test.conf:10)\n"
			 "    peer bob\n"
			 "        + no longer denied (test.conf:9)\n");
}
END_TEST

START_TEST(diff_allow_of_denied_peer_is_no_difference)
{
	assert_node_diff("deny alice\n",
			 "deny alice\nallow alice { direction send }\n", 0,
			 "no difference\n");
}
END_TEST

START_TEST(diff_reports_raised_and_lowered_security)
{
	assert_node_diff("allow alice { direction send\nsecurity mac }\n"
			 "allow bob { direction send\nsecurity aead }\n",
			 "allow alice { direction send }\n"
			 "allow bob { direction send\nsecurity aead }\n"
			 "security aead\n",
			 2,
			 "node n\n"
			 "    ~ security raised none -> aead "
			 "(no rule -> test.conf:11)\n"
			 "    peer alice\n"
			 "        ~ security raised mac -> aead "
			 "(test.conf:9 -> test.conf:11)\n");
	assert_node_diff("allow alice { direction send\nsecurity mac }\n",
			 "allow alice { direction send }\n", 1,
			 "node n\n"
			 "    peer alice\n"
			 "        ~ security lowered mac -> none "
			 "(test.conf:9 -> no rule)\n");
}
END_TEST

START_TEST(diff_of_limit_has_both_values_and_locations)
{
	assert_node_diff("allow alice { direction send\n"
			 "limits { rate 50000/s burst 9\nring 64KiB\n"
			 "idle 5s } }\n",
			 "allow alice { direction send\n"
			 "limits { message 1KiB\non-exceed drop\n"
			 "memory 1MiB } }\n"
			 "allow alice { direction send\n"
			 "limits { rate 5000/s burst 9 } }\n",
			 6,
			 "node n\n"
			 "    peer alice\n"
			 "        ~ limit ring 64KiB -> 1MiB "
			 "(test.conf:10 -> built in)\n"
			 "        ~ limit message 65528B -> 1KiB "
			 "(test.conf:10 -> test.conf:9)\n"
			 "        ~ limit memory no limit -> 1MiB "
			 "(no rule -> test.conf:11)\n"
			 "        ~ limit rate 50000/s -> 5000/s "
			 "(test.conf:9 -> test.conf:13)\n"
			 "        ~ limit idle 5s -> no limit "
			 "(test.conf:11 -> no rule)\n"
			 "        ~ limit on-exceed block -> drop "
			 "(built in -> test.conf:10)\n");
}
END_TEST

/* The least of allow, tenant, node and top level, wherever it stands. */
START_TEST(diff_of_channel_limit_considers_every_scope)
{
	assert_diff(HEAD PEERS "limits { idle 9s }\n"
		    "tenant t { members alice\nlimits { idle 5s } }\n" NODE
		    "allow alice bob { direction send }\n"
		    "limits { idle 7s }\n" TAIL,
		    HEAD PEERS "limits { idle 6s }\n"
		    "tenant t { members alice\nlimits { idle 5s } }\n" NODE
		    "allow alice bob { direction send }\n"
		    "limits { idle 8s }\n" TAIL,
		    1,
		    "node n\n"
		    "    peer bob\n"
		    "        ~ limit idle 7s -> 6s "
		    "(test.conf:12 -> test.conf:5)\n");
}
END_TEST

START_TEST(diff_of_sum_is_shown_with_its_scope)
{
	assert_diff(HEAD PEERS "limits { memory 2GiB }\n" NODE ALLOW
		    "limits { peers-per-user 2 }\n" TAIL,
		    HEAD PEERS "limits { memory 1GiB }\n" NODE ALLOW
		    "limits { memory 3MiB }\n" TAIL,
		    3,
		    "node n\n"
		    "    ~ limit memory no limit -> 3MiB "
		    "(no rule -> test.conf:10)\n"
		    "    ~ limit peers-per-user 2 -> no limit "
		    "(test.conf:10 -> no rule)\n"
		    "limits\n"
		    "    ~ limit memory 2GiB -> 1GiB "
		    "(test.conf:5 -> test.conf:5)\n");
}
END_TEST

START_TEST(diff_peers_counted_together_differ_from_apart)
{
	assert_node_diff("allow alice bob { direction send\n"
			 "limits { peers 2 } }\n",
			 "allow alice { direction send\nlimits { peers 2 } }\n"
			 "allow bob { direction send\nlimits { peers 2 } }\n",
			 1,
			 "node n\n"
			 "    ~ limit peers 2 -> no limit for all of "
			 "alice, bob (test.conf:9 -> no rule)\n");
	/* one limit, though it is written twice */
	assert_node_diff("allow bob alice { direction send\n"
			 "limits { peers 2 } }\n"
			 "allow alice bob { direction send\n"
			 "limits { peers 2 } }\n",
			 "allow alice bob { direction send\n"
			 "limits { peers 3 } }\n",
			 1,
			 "node n\n"
			 "    ~ limit peers 2 -> 3 for all of alice, bob "
			 "(test.conf:9 -> test.conf:9)\n");
	assert_node_diff("allow alice { direction send\nlimits { peers 2 } }\n",
			 "allow alice { direction send\nlimits { peers 3 } }\n",
			 1,
			 "node n\n"
			 "    peer alice\n"
			 "        ~ limit peers 2 -> 3 "
			 "(test.conf:9 -> test.conf:9)\n");
}
END_TEST

int main(void)
{
	policy_host_flags = PST_POLICY_KEEP_DIRECTIVES;
	return RUN_TESTS();
}
