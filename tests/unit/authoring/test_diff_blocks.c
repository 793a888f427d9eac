/* SPDX-License-Identifier: ISC */
/*
 * The comparison of two policies: definitions of nodes, tenants and peers
 */
#include <string.h>

#include "unit/authoring/diff_case.h"
#include "support/test_case.h"

#define OWN "node n {\n"
#define TAIL_ONLY "end\n"
#define KEY_A "x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"
#define KEY_B "x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4"

START_TEST(diff_reports_changed_fields_of_node)
{
	assert_diff(HEAD OWN "owner user alice\nsocket /run/n mode 0600\n"
		    "key " KEY_A "\nslots 9\n" TAIL,
		    HEAD OWN "owner user bob\n"
		    "socket /run/m mode 0666 group acme\n"
		    "key " KEY_B "\naudit deny\n" TAIL,
		    8,
		    "node n\n"
		    "    ~ owner alice -> bob (test.conf:3 -> test.conf:3)\n"
		    "    ~ socket /run/n -> /run/m "
		    "(test.conf:4 -> test.conf:4)\n"
		    "    ~ socket mode 0600 -> 0666 "
		    "(test.conf:4 -> test.conf:4)\n"
		    "    ~ socket group of the node -> acme "
		    "(test.conf:4 -> test.conf:4)\n"
		    "    - key " KEY_A " (test.conf:5)\n"
		    "    + key " KEY_B " (test.conf:5)\n"
		    "    ~ slots 9 -> 256 (test.conf:6 -> built in)\n"
		    "    ~ audit all -> deny (built in -> test.conf:6)\n");
}
END_TEST

START_TEST(diff_of_added_and_removed_node_lists_peers)
{
	static const char without[] = HEAD PEERS "end\n";
	static const char with[] =
		HEAD PEERS NODE ALLOW "deny bob\nsecurity mac\n"
				      "limits { memory 1MiB } }\nend\n";

	assert_diff(without, with, 2,
		    "node n\n"
		    "    + added: owner ordersd, socket /run/n mode 0660, "
		    "security mac, memory 1MiB (test.conf:5)\n"
		    "    peer alice\n"
		    "        + gains access: send, security mac "
		    "(test.conf:8)\n");
	assert_diff(with, without, 2,
		    "node n\n"
		    "    - removed: owner ordersd, socket /run/n mode 0660, "
		    "security mac, memory 1MiB (test.conf:5)\n"
		    "    peer alice\n"
		    "        - loses access: send, security mac "
		    "(test.conf:8)\n");
}
END_TEST

START_TEST(diff_reports_changed_fields_of_tenant)
{
	assert_diff(HEAD PEERS "tenant t {\nmembers alice acme\nweight 4\n"
		    "limits { peers 3\nring 64KiB } }\nend\n",
		    HEAD PEERS "tenant t {\nmembers acme\nmembers bob\n"
		    "security mac\nlimits { ring 4KiB } }\nend\n",
		    6,
		    "tenant t\n"
		    "    ~ weight 4 -> 1 (test.conf:7 -> built in)\n"
		    "    ~ security raised none -> mac "
		    "(no rule -> test.conf:8)\n"
		    "    ~ limit ring 64KiB -> 4KiB "
		    "(test.conf:9 -> test.conf:9)\n"
		    "    ~ limit peers 3 -> no limit "
		    "(test.conf:8 -> no rule)\n"
		    "    - member alice (test.conf:6)\n"
		    "    + member bob (test.conf:7)\n");
}
END_TEST

START_TEST(diff_of_added_and_removed_tenant_lists_members)
{
	static const char without[] = HEAD PEERS "end\n";
	static const char with[] =
		HEAD PEERS "tenant t {\nmembers acme\nsecurity aead\n"
			   "limits { peers 3 } }\nend\n";

	assert_diff(without, with, 2,
		    "tenant t\n"
		    "    + added: weight 1, security aead, peers 3 "
		    "(test.conf:5)\n"
		    "    + member acme (test.conf:6)\n");
	assert_diff(with, without, 2,
		    "tenant t\n"
		    "    - removed: weight 1, security aead, peers 3 "
		    "(test.conf:5)\n"
		    "    - member acme (test.conf:6)\n");
}
END_TEST

START_TEST(diff_peer_with_second_tenant_loses_access)
{
	assert_diff(HEAD PEERS "tenant t { members alice }\n"
		    "tenant u { members bob }\n" NODE ALLOW TAIL,
		    HEAD PEERS "tenant t { members alice }\n"
		    "tenant u { members bob alice }\n" NODE ALLOW TAIL,
		    2,
		    "node n\n"
		    "    peer alice\n"
		    "        - loses access: send; is of two tenants "
		    "(test.conf:10)\n"
		    "tenant u\n"
		    "    + member alice (test.conf:6)\n");
}
END_TEST

START_TEST(diff_compares_uid_ranges_by_their_ends)
{
	assert_diff(HEAD "peer p { user 5-9 20-29 }\n" NODE "deny p\n" TAIL,
		    HEAD "peer p { user 20-29 5-9 }\n" NODE "deny p\n" TAIL,
		    0, "no difference\n");
	assert_diff(HEAD "peer p { user 5-9 }\n" NODE "deny p\n" TAIL,
		    HEAD "peer p { user 5-8 }\n" NODE "deny p\n" TAIL, 2,
		    "peer p\n"
		    "    - user 5-9 (test.conf:2)\n"
		    "    + user 5-8 (test.conf:2)\n"
		    "    = named by node n\n");
}
END_TEST

START_TEST(diff_reports_changed_definition_of_peer)
{
	assert_diff(HEAD "peer p { user alice bob\ngroup acme\nlabel red }\n"
		    "tenant t { members p }\n" NODE "deny p\n" TAIL,
		    HEAD "peer p { user bob\ngroup acme\npidns any\n"
		    "label red }\ntenant t { members p }\n" NODE "deny p\n"
		    TAIL,
		    3,
		    "peer p\n"
		    "    - user alice bob (test.conf:2)\n"
		    "    + user bob (test.conf:2)\n"
		    "    + pidns any (test.conf:4)\n"
		    "    = named by node n, tenant t\n");
}
END_TEST

static struct postern_policy *load_on(const struct pst_policy_host *host,
				      const char *text)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	struct postern_policy *policy;

	options.host = *host;
	options.flags |= POSTERN_POLICY_ASSUME_NAMES;
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_policy_builder_new(&options, diagnostics,
						&builder),
			 0);
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "test.conf",
						       text, strlen(text), 0),
			 0);
	ck_assert_int_eq(pst_policy_builder_finish(builder, &policy), 0);
	pst_policy_builder_free(builder);
	pst_diagnostics_free(diagnostics);
	return policy;
}

/* A host where every uid is one more, and groups list nobody. */
static int find_other_user(struct pst_name_table *names, const char *name,
			   uint32_t *ret_uid)
{
	int r = policy_host.find_user(names, name, ret_uid);

	*ret_uid += r == 0;
	return r;
}

static int find_no_members(struct pst_name_table *names, uint32_t gid,
			   const uint32_t **ret_uids, size_t *ret_uid_count)
{
	(void)names;
	(void)gid;
	*ret_uids = NULL;
	*ret_uid_count = 0;
	return 0;
}

START_TEST(diff_same_words_with_other_meaning_differ)
{
	static const char text[] = HEAD PEERS NODE ALLOW "deny acme\n" TAIL;
	struct postern_policy *old_policy = policy_load_valid(text);
	struct pst_policy_host elsewhere = policy_host;
	struct postern_policy *new_policy;

	elsewhere.find_user = find_other_user;
	elsewhere.find_members = find_no_members;
	new_policy = load_on(&elsewhere, text);
	assert_diff_of(old_policy, new_policy, 3,
		       "node n\n"
		       "    ~ owner 2003 -> 2004 "
		       "(test.conf:6 -> test.conf:6)\n"
		       "peer acme\n"
		       "    ~ group acme means others than before "
		       "(test.conf:4 -> test.conf:4)\n"
		       "    = named by node n\n"
		       "peer alice\n"
		       "    ~ user alice means others than before "
		       "(test.conf:2 -> test.conf:2)\n"
		       "    = named by node n\n");
	pst_policy_unref(old_policy);
	pst_policy_unref(new_policy);
}
END_TEST

START_TEST(diff_compares_unmapped_owner_with_user)
{
	assert_diff(HEAD OWN "owner user alice\nsocket /run/n\n"
		    "key " KEY_A "\n" TAIL,
		    HEAD OWN "owner unmapped\nsocket /run/n\n"
		    "key " KEY_A "\n" TAIL,
		    1,
		    "node n\n"
		    "    ~ owner alice -> unmapped "
		    "(test.conf:3 -> test.conf:3)\n");
	assert_diff(HEAD OWN "owner unmapped\nsocket /run/n\n"
		    "key " KEY_A "\n" TAIL,
		    HEAD OWN "owner unmapped\nsocket /run/n\n"
		    "key " KEY_A "\n" TAIL, 0, "no difference\n");
	assert_diff(HEAD TAIL_ONLY,
		    HEAD OWN "owner unmapped\nsocket /run/n\n"
		    "key " KEY_A "\n" TAIL, 1,
		    "node n\n"
		    "    + added: owner unmapped, socket /run/n mode 0660 "
		    "(test.conf:2)\n");
}
END_TEST

START_TEST(diff_compares_assumed_names_as_words)
{
	struct postern_policy *old_policy, *new_policy;

	old_policy = load_on(&policy_host,
			     HEAD "peer p { user eve mallory\ngroup trent }\n"
				  "node n {\nowner user peggy\nsocket /run/n\n"
				  "deny p\n" TAIL);
	new_policy = load_on(&policy_host,
			     HEAD "peer p { user mallory eve\ngroup walter }\n"
				  "node n {\nowner user peggy\nsocket /run/n\n"
				  "deny p\n" TAIL);
	assert_diff_of(old_policy, old_policy, 0, "no difference\n");
	assert_diff_of(old_policy, new_policy, 2,
		       "peer p\n"
		       "    - group trent (test.conf:3)\n"
		       "    + group walter (test.conf:3)\n"
		       "    = named by node n\n");
	pst_policy_unref(old_policy);
	pst_policy_unref(new_policy);
}
END_TEST

START_TEST(diff_reports_added_and_removed_requirements)
{
	assert_diff(HEAD PEERS NODE ALLOW "require aes pidfs\n" TAIL,
		    HEAD PEERS NODE ALLOW "require pidfs\nrequire peerpidfd\n" TAIL, 2,
		    "node n\n"
		    "    - require aes (test.conf:9)\n"
		    "    + require peerpidfd (test.conf:10)\n");
	assert_diff(HEAD PEERS NODE ALLOW "require aes pidfs\n" TAIL,
		    HEAD PEERS NODE ALLOW "require pidfs\nrequire aes\n" TAIL, 0,
		    "no difference\n");
}
END_TEST

START_TEST(diff_of_added_node_lists_requirements)
{
	assert_diff(HEAD PEERS "end\n",
		    HEAD PEERS NODE "require aes pidfs\n" TAIL, 1,
		    "node n\n"
		    "    + added: owner ordersd, socket /run/n mode 0660, "
		    "require pidfs, require aes (test.conf:5)\n");
}
END_TEST

int main(void)
{
	policy_host_flags = PST_POLICY_KEEP_DIRECTIVES;
	return RUN_TESTS();
}
