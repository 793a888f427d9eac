/* SPDX-License-Identifier: ISC */
/*
 * A host made of a table: see policy_host.h
 */
#include "policy/policy_table.h"
#include "support/policy_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_diagnostics.h"

struct account {
	const char *name;
	uint32_t id;
};

static const struct account users[] = {
	{"root", 0},
	{"alice", 1001},
	{"bob", 1002},
	{"carol", 1003},
	{"collector", 2001},
	{"telemetryd", 2002},
	{"ordersd", 2003},
	{"ingestd", 2004},
	{"nobody", 65534},
	{"ghost", 65534},
};

static const struct account groups[] = {
	{"acme", 5001},
	{"globex", 5002},
	{"contractors", 5003},
	{"empty", 5004},
	{"postern-ops", 5005},
	{"telemetry", 5006},
	{"nogroup", 65534},
};

static const struct {
	uint32_t gid;
	uint32_t uid;
} members[] = {
	{5001, 1001},
	{5002, 1001},
	{5002, 1002},
	{5003, 1003},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int find_account(const struct account *accounts, size_t count,
			const char *name, uint32_t *ret_id)
{
	size_t i;

	if (strcmp(name, "twice") == 0)
		return -ENOTUNIQ;
	for (i = 0; i < count; i++) {
		if (strcmp(accounts[i].name, name) != 0)
			continue;
		*ret_id = accounts[i].id;
		return 0;
	}
	return -ENOENT;
}

static int find_user(struct pst_name_table *names, const char *name,
		     uint32_t *ret_uid)
{
	(void)names;
	return find_account(users, COUNT(users), name, ret_uid);
}

static int find_group(struct pst_name_table *names, const char *name,
		      uint32_t *ret_gid)
{
	(void)names;
	return find_account(groups, COUNT(groups), name, ret_gid);
}

static int find_members(struct pst_name_table *names, uint32_t gid,
			const uint32_t **ret_uids, size_t *ret_uid_count)
{
	static uint32_t uids[COUNT(members)];
	size_t i, count = 0;

	(void)names;
	for (i = 0; i < COUNT(members); i++) {
		if (members[i].gid == gid)
			uids[count++] = members[i].uid;
	}
	*ret_uids = uids;
	*ret_uid_count = count;
	return 0;
}

static int find_process(void *user_data, int32_t pid, uint64_t inode,
			bool *ret_is_alive)
{
	(void)user_data;
	if (pid == 66)
		return -EOPNOTSUPP;
	*ret_is_alive = (pid == 77 && inode == 7700) ||
			(pid == 78 && inode == 7800);
	return 0;
}

static int read_key(void *user_data, const char *path, char *text,
		    size_t text_bytes, size_t *ret_text_bytes)
{
	static const char good[] =
		"x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\n";
	static const char bad[] = "x25519:short\n";
	const char *content = NULL;

	(void)user_data;
	if (strcmp(path, "/keys/good") == 0)
		content = good;
	if (strcmp(path, "/keys/bad") == 0)
		content = bad;
	if (!content) {
		(void)snprintf(text, text_bytes, "it is not there");
		return -ENOENT;
	}
	*ret_text_bytes = strlen(content);
	memcpy(text, content, strlen(content));
	return 0;
}

uint32_t policy_host_flags;

const struct pst_policy_host policy_host = {
	.find_user = find_user,
	.find_group = find_group,
	.find_members = find_members,
	.find_process = find_process,
	.read_key = read_key,
};

struct pst_policy_builder_options policy_host_options(void)
{
	return (struct pst_policy_builder_options){
		.flags = policy_host_flags,
		.host = policy_host,
	};
}

/* The test ends here: what it stands on is broken. */
static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static const char *const file_names[] = {"1.conf", "2.conf", "3.conf",
					 "4.conf", "5.conf", "6.conf"};

int policy_load_all(const char *const *names, const char *const *texts,
		    size_t text_count, struct postern_diagnostics *diagnostics,
		    struct postern_policy **ret_policy)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct pst_policy_builder *builder;
	size_t i;
	int r;

	r = pst_policy_builder_new(&options, diagnostics, &builder);
	for (i = 0; i < text_count && r == 0; i++)
		r = pst_policy_builder_add_source(builder, names[i], texts[i],
						  strlen(texts[i]), 0);
	if (r == 0)
		r = pst_policy_builder_finish(builder, ret_policy);
	pst_policy_builder_free(builder);
	return r;
}

static int load(const char *const *names, const char *const *texts,
		size_t text_count, struct postern_diagnostics *diagnostics,
		struct postern_policy **ret_policy)
{
	struct postern_policy *policy;
	int r;

	r = policy_load_all(names, texts, text_count, diagnostics, &policy);
	if (r < 0)
		return r;
	must(policy->has_errors ==
		     (pst_diagnostics_error_count(diagnostics) > 0),
	     "a policy that does not know of its errors");
	if (policy->has_errors) {
		pst_policy_unref(policy);
		return -EINVAL;
	}
	*ret_policy = policy;
	return 0;
}

struct postern_policy *policy_load_faulty(const char *const *texts,
					  size_t text_count)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;

	must(text_count <= COUNT(file_names), "too many texts");
	must(pst_diagnostics_new(&diagnostics) == 0, "out of memory");
	must(policy_load_all(file_names, texts, text_count, diagnostics,
			     &policy) == 0,
	     "out of memory");
	pst_diagnostics_free(diagnostics);
	return policy;
}

int policy_load_texts(const char *const *texts, size_t text_count,
		      struct postern_diagnostics *diagnostics,
		      struct postern_policy **ret_policy)
{
	struct postern_diagnostics *unwanted = NULL;
	int r;

	must(text_count <= COUNT(file_names), "too many texts");
	if (!diagnostics) {
		must(pst_diagnostics_new(&unwanted) == 0, "out of memory");
		diagnostics = unwanted;
	}
	r = load(file_names, texts, text_count, diagnostics, ret_policy);
	pst_diagnostics_free(unwanted);
	return r;
}

int policy_load_text(const char *text, struct postern_diagnostics *diagnostics,
		     struct postern_policy **ret_policy)
{
	static const char *const name = "test.conf";
	struct postern_diagnostics *unwanted = NULL;
	int r;

	if (!diagnostics) {
		must(pst_diagnostics_new(&unwanted) == 0, "out of memory");
		diagnostics = unwanted;
	}
	r = load(&name, &text, 1, diagnostics, ret_policy);
	pst_diagnostics_free(unwanted);
	return r;
}

static char *format_all(const struct postern_diagnostics *diagnostics)
{
	const struct postern_diagnostic *diagnostic;
	size_t i, total_bytes = 0;
	char *all, *text;

	all = calloc(1, 1);
	must(all, "out of memory");
	for (i = 0; (diagnostic = pst_diagnostics_at(diagnostics, i)); i++) {
		must(pst_diagnostics_format(diagnostic, &text) == 0,
		     "out of memory");
		all = realloc(all, total_bytes + strlen(text) + 1);
		must(all, "out of memory");
		memcpy(all + total_bytes, text, strlen(text) + 1);
		total_bytes += strlen(text);
		free(text);
	}
	return all;
}

struct postern_policy *policy_load_valid(const char *text)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	char *findings;
	int r;

	must(pst_diagnostics_new(&diagnostics) == 0, "out of memory");
	r = policy_load_text(text, diagnostics, &policy);
	if (r < 0) {
		findings = format_all(diagnostics);
		must(false, findings);
	}
	pst_diagnostics_free(diagnostics);
	return policy;
}

char *policy_findings(const char *text)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	char *findings;
	int r;

	must(pst_diagnostics_new(&diagnostics) == 0, "out of memory");
	r = policy_load_text(text, diagnostics, &policy);
	/* a policy that was refused for no reason helps nobody */
	must((r < 0) == (pst_diagnostics_error_count(diagnostics) > 0),
	     "refused without an error, or loaded with one");
	findings = format_all(diagnostics);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
	return findings;
}

struct postern_subject policy_subject(uint32_t uid, uint32_t gid)
{
	return (struct postern_subject){
		.size_bytes = sizeof(struct postern_subject),
		.uid_fact = POSTERN_FACT_KNOWN,
		.uid = uid,
		.gid_fact = POSTERN_FACT_KNOWN,
		.gid = gid,
		.groups_fact = POSTERN_FACT_ABSENT,
		.pid_fact = POSTERN_FACT_KNOWN,
		.pid = 4711,
	};
}
