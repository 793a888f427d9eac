/* SPDX-License-Identifier: ISC */
/*
 * The lines that identify: user, group, key, key-file, pid
 *
 * Their values are looked up on the host once, when the policy loads, and
 * compared as numbers and bytes from then on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_peer_block.h"
#include "policy/policy_values.h"

/* Room for a key, or for a sentence that says why there is none. */
#define KEY_FILE_BYTES 512

static int warn_everyone(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive)
{
	return pst_policy_report_word_as(builder, POSTERN_SEVERITY_WARNING,
					 directive, 1, NULL,
					 "this peer is everyone");
}

static int read_range(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      uint32_t word_index, struct pst_policy_value *value)
{
	uint32_t first = 0, last = 0;
	bool is_valid;
	int r;

	r = pst_policy_word_range(builder, directive, word_index, &first, &last,
				  &is_valid);
	value->state = PST_POLICY_VALUE_RANGE;
	value->number = first;
	value->last = last;
	return r;
}

int pst_policy_peer_user(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	struct pst_policy_line *line;
	struct pst_policy_value *value;
	enum postern_fact fact = POSTERN_FACT_UNKNOWN;
	uint32_t i, uid = 0;
	bool is_valid;
	int r;

	r = pst_policy_peer_line(builder, directive, PST_POLICY_LINE_USER,
				 object, &line);
	if (r < 0)
		return r;
	for (i = 1; i < directive->word_count; i++) {
		value = &line->values[i - 1];
		value->text = directive->words[i].text;
		if (strcmp(value->text, "*") == 0) {
			value->state = PST_POLICY_VALUE_ANY;
			if (directive->word_count > 2)
				return pst_policy_report_word(
					builder, directive, i,
					"'user *' is everyone already",
					"'*' stands alone");
			return warn_everyone(builder, directive);
		}
		if (pst_policy_is_range(value->text)) {
			r = read_range(builder, directive, i, value);
			if (r < 0)
				return r;
			continue;
		}
		r = pst_policy_word_user(builder, directive, i, &fact, &uid,
					 &is_valid);
		if (r < 0)
			return r;
		value->number = uid;
		if (fact != POSTERN_FACT_KNOWN)
			value->state = PST_POLICY_VALUE_UNRESOLVED;
	}
	return 0;
}

/* The members of a group, once for all the lines that name it. */
struct members {
	char gid_text[16];
	uint32_t *uids;
	size_t uid_count;
};

static int compare_uids(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static int add_members(struct pst_policy_builder *builder, const char *gid_text,
		       const uint32_t *uids, size_t uid_count,
		       struct members **ret_members)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct members *members;
	void *present;

	members = pst_arena_new(arena, 1, sizeof(*members));
	if (!members)
		return -ENOMEM;
	members->uids =
		pst_arena_new(arena, uid_count, sizeof(members->uids[0]));
	if (!members->uids)
		return -ENOMEM;
	strcpy(members->gid_text, gid_text);
	members->uid_count = uid_count;
	if (uid_count > 0) {
		memcpy(members->uids, uids, uid_count * sizeof(uids[0]));
		qsort(members->uids, uid_count, sizeof(uids[0]), compare_uids);
	}
	*ret_members = members;
	return pst_policy_index_add(&builder->members_index, arena,
				    members->gid_text, members, &present);
}

static int find_members(struct pst_policy_builder *builder, uint32_t gid,
			const struct pst_policy_directive *directive,
			uint32_t word_index, struct pst_policy_value *value)
{
	const struct pst_policy_host *host = &builder->options.host;
	const uint32_t *uids = NULL;
	struct members *members;
	size_t uid_count = 0;
	char gid_text[16];
	int r;

	(void)snprintf(gid_text, sizeof(gid_text), "%" PRIu32,
		       gid); /* always fits */
	members = pst_policy_index_find(&builder->members_index, gid_text);
	if (!members) {
		r = host->find_members(host->names, gid, &uids, &uid_count);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			return pst_policy_report_word(
				builder, directive, word_index,
				strerrordesc_np(-r),
				"cannot look up the members of group '%s'",
				directive->words[word_index].text);
		r = add_members(builder, gid_text, uids, uid_count, &members);
		if (r < 0)
			return r;
	}
	value->member_uids = members->uids;
	value->member_uid_count = members->uid_count;
	return 0;
}

static int read_one_group(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  uint32_t word_index, struct pst_policy_value *value)
{
	enum postern_fact fact = POSTERN_FACT_UNKNOWN;
	uint32_t gid = 0;
	bool is_valid;
	int r;

	r = pst_policy_word_group(builder, directive, word_index, &fact, &gid,
				  &is_valid);
	if (r < 0 || !is_valid)
		return r;
	if (fact != POSTERN_FACT_KNOWN) {
		value->state = PST_POLICY_VALUE_UNRESOLVED;
		return 0;
	}
	value->number = gid;
	return find_members(builder, gid, directive, word_index, value);
}

int pst_policy_peer_group(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *object)
{
	return pst_policy_peer_values(builder, directive, PST_POLICY_LINE_GROUP,
				      object, read_one_group);
}

static int read_one_key(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			uint32_t word_index, struct pst_policy_value *value)
{
	bool is_valid;

	return pst_policy_word_key(builder, directive, word_index, value->key,
				   &is_valid);
}

int pst_policy_peer_key(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	return pst_policy_peer_values(builder, directive, PST_POLICY_LINE_KEY,
				      object, read_one_key);
}

/* The file holds one key, spelled as in a policy, and one newline. */
int pst_policy_peer_key_file(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     void *object)
{
	const struct pst_policy_host *host = &builder->options.host;
	char text[KEY_FILE_BYTES] = "";
	struct pst_policy_line *line;
	size_t text_bytes = 0;
	bool is_valid;
	int r;

	r = pst_policy_peer_line(builder, directive, PST_POLICY_LINE_KEY,
				 object, &line);
	if (r < 0)
		return r;
	r = pst_policy_word_path(builder, directive, 1, &is_valid);
	if (r < 0 || !is_valid)
		return r;

	r = host->read_key(host->user_data, directive->words[1].text, text,
			   sizeof(text) - 1, &text_bytes);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return pst_policy_report_word(
			builder, directive, 1,
			text[0] ? text : strerrordesc_np(-r),
			"cannot read key file '%s'", directive->words[1].text);

	if (text_bytes > 0 && text[text_bytes - 1] == '\n')
		text_bytes--;
	text[text_bytes] = '\0';
	line->values[0].text = directive->words[1].text;
	if (strlen(text) != text_bytes ||
	    !pst_policy_is_key(text, line->values[0].key))
		return pst_policy_report_word(
			builder, directive, 1,
			"one line: x25519: and 43 characters of base64",
			"key file '%s' holds no public key",
			directive->words[1].text);
	return 0;
}

static int report_pid(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      uint32_t word_index, uint64_t pid)
{
	char hint[120];

	(void)snprintf(hint, sizeof(hint),
		       "'postern policy pid %llu' prints the word that names "
		       "this one process",
		       (unsigned long long)pid); /* always fits */
	return pst_policy_report_word(
		builder, directive, word_index, hint,
		"a bare process number may be another process tomorrow");
}

static int report_zero_pid(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index)
{
	return pst_policy_report_word(
		builder, directive, word_index,
		"the kernel shows 0 for every process of another pid "
		"namespace; 'pidns any' admits those",
		"pid 0 identifies nobody");
}

static int find_process(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			uint32_t word_index, uint64_t pid,
			struct pst_policy_value *value)
{
	const struct pst_policy_host *host = &builder->options.host;
	bool is_alive = false;
	int r;

	r = host->find_process(host->user_data, (int32_t)pid, value->number,
			       &is_alive);
	if (r == -ENOMEM)
		return r;
	if (r == -EOPNOTSUPP)
		return pst_policy_report_word(
			builder, directive, word_index,
			"it needs pidfs, of Linux 6.9",
			"this kernel cannot recognise a process by its inode");
	if (r < 0)
		return pst_policy_report_word(builder, directive, word_index,
					      strerrordesc_np(-r),
					      "cannot look for process '%s'",
					      value->text);
	if (is_alive)
		return 0;

	value->state = PST_POLICY_VALUE_DEAD;
	return pst_policy_report_word_as(builder, POSTERN_SEVERITY_WARNING,
					 directive, word_index,
					 "it never matches",
					 "process '%s' is gone", value->text);
}

/* N:INODE */
static int read_one_pid(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			uint32_t word_index, struct pst_policy_value *value)
{
	char pid_text[16];
	const char *colon;
	uint64_t pid;

	colon = strchr(value->text, ':');
	if (!colon && pst_policy_is_number(value->text, INT32_MAX, &pid))
		return pid == 0
			       ? report_zero_pid(builder, directive, word_index)
			       : report_pid(builder, directive, word_index,
					    pid);

	pid_text[0] = '\0';
	if (colon && (size_t)(colon - value->text) < sizeof(pid_text)) {
		memcpy(pid_text, value->text, (size_t)(colon - value->text));
		pid_text[colon - value->text] = '\0';
	}
	if (!colon || !pst_policy_is_number(pid_text, INT32_MAX, &pid) ||
	    !pst_policy_is_number(colon + 1, UINT64_MAX, &value->number) ||
	    value->number == 0)
		return pst_policy_report_word(
			builder, directive, word_index,
			"'postern policy pid N' prints the word",
			"'%s' is not a process as PID:INODE", value->text);
	if (pid == 0)
		return report_zero_pid(builder, directive, word_index);
	return find_process(builder, directive, word_index, pid, value);
}

int pst_policy_peer_pid(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	return pst_policy_peer_values(builder, directive, PST_POLICY_LINE_PID,
				      object, read_one_pid);
}
