/* SPDX-License-Identifier: ISC */
/*
 * Reading `peer NAME { }`
 *
 * A peer is lines that must all hold, each with values of which one is enough.
 * A peer without a strong line is an error: facts that a process can change
 * about itself may narrow a peer, but not make one.
 *
 * Users, groups, keys and processes are looked up on the host once, when the
 * policy loads, and compared as numbers and bytes from then on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_label.h"
#include "policy/policy_read.h"
#include "policy/policy_values.h"

/* Space for a key, or for a sentence that gives the cause of a failure. */
#define KEY_FILE_BYTES 512

/* Reads the value of one word; its text is set. */
typedef void value_fn(struct pst_policy_builder *builder,
		      const struct pst_policy_word *word,
		      struct pst_policy_value *value);

static void read_any_user(struct pst_policy_builder *builder,
			  const struct pst_policy_word *word)
{
	if (word->directive->word_count > 2)
		pst_policy_report(builder, word, "'user *' is everyone already",
				  "'*' stands alone");
	else
		pst_policy_report_as(builder, POSTERN_SEVERITY_WARNING, word,
				     NULL, "this peer is everyone");
}

static void read_user(struct pst_policy_builder *builder,
		      const struct pst_policy_word *word,
		      struct pst_policy_value *value)
{
	enum postern_fact_state fact = POSTERN_FACT_UNKNOWN;
	uint32_t uid = 0;

	if (strcmp(value->text, "*") == 0) {
		value->state = PST_POLICY_VALUE_ANY;
		read_any_user(builder, word);
	} else if (pst_policy_is_range(value->text)) {
		value->state = PST_POLICY_VALUE_RANGE;
		(void)pst_policy_word_range(builder, word, &value->number,
					    &value->last);
	} else {
		(void)pst_policy_word_user(builder, word, &fact, &uid);
		value->number = uid;
		if (fact != POSTERN_FACT_KNOWN)
			value->state = PST_POLICY_VALUE_UNRESOLVED;
	}
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

static struct members *new_members(struct pst_arena *arena,
				   const uint32_t *uids, size_t uid_count)
{
	struct members *members = pst_arena_new(arena, 1, sizeof(*members));

	if (!members)
		return NULL;
	members->uids = pst_arena_new(arena, uid_count, sizeof(uids[0]));
	if (members->uids && uid_count > 0) {
		memcpy(members->uids, uids, uid_count * sizeof(uids[0]));
		qsort(members->uids, uid_count, sizeof(uids[0]), compare_uids);
	}
	members->uid_count = uid_count;
	return members;
}

static void find_members(struct pst_policy_builder *builder, uint32_t gid,
			 const struct pst_policy_word *word,
			 struct pst_policy_value *value)
{
	const struct pst_policy_host *host = &builder->options.host;
	struct pst_arena *arena = pst_policy_builder_arena(builder);
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
		if (r < 0) {
			pst_policy_report_host(
				builder, word, r, NULL,
				"cannot look up the members of group '%s'",
				word->text);
			return;
		}
		members = new_members(arena, uids, uid_count);
		if (!members)
			return;
		strcpy(members->gid_text, gid_text);
		(void)pst_policy_index_add(&builder->members_index, arena,
					   members->gid_text, members);
	}
	value->member_uids = members->uids;
	value->member_uid_count = members->uid_count;
}

static void read_group(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word,
		       struct pst_policy_value *value)
{
	enum postern_fact_state fact = POSTERN_FACT_UNKNOWN;
	uint32_t gid = 0;

	if (!pst_policy_word_group(builder, word, &fact, &gid))
		return;
	if (fact != POSTERN_FACT_KNOWN) {
		value->state = PST_POLICY_VALUE_UNRESOLVED;
		return;
	}
	value->number = gid;
	find_members(builder, gid, word, value);
}

static void read_key(struct pst_policy_builder *builder,
		     const struct pst_policy_word *word,
		     struct pst_policy_value *value)
{
	(void)pst_policy_word_key(builder, word, value->key);
}

static void report_pid(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word, uint64_t pid)
{
	char hint[120];

	if (pid == 0) {
		pst_policy_report(
			builder, word,
			"the kernel shows 0 for every process of another pid "
			"namespace; 'pidns any' admits those",
			"pid 0 identifies nobody");
		return;
	}
	(void)snprintf(hint, sizeof(hint),
		       "'postern policy pid %llu' prints the word that names "
		       "this one process",
		       (unsigned long long)pid); /* always fits */
	pst_policy_report(
		builder, word, hint,
		"a bare process number may be another process tomorrow");
}

static void find_process(struct pst_policy_builder *builder,
			 const struct pst_policy_word *word, uint64_t pid,
			 struct pst_policy_value *value)
{
	const struct pst_policy_host *host = &builder->options.host;
	bool is_alive = false;
	int r;

	r = host->find_process(host->user_data, (int32_t)pid, value->number,
			       &is_alive);
	if (r == -EOPNOTSUPP) {
		pst_policy_report(
			builder, word, "it needs pidfs, of Linux 6.9",
			"this kernel cannot recognise a process by its inode");
	} else if (r < 0) {
		pst_policy_report_host(builder, word, r, NULL,
				       "cannot look for process '%s'",
				       value->text);
	} else if (!is_alive) {
		value->state = PST_POLICY_VALUE_DEAD;
		pst_policy_report_as(builder, POSTERN_SEVERITY_WARNING, word,
				     "it never matches", "process '%s' is gone",
				     value->text);
	}
}

/* N:INODE */
static void read_pid(struct pst_policy_builder *builder,
		     const struct pst_policy_word *word,
		     struct pst_policy_value *value)
{
	uint64_t pid;

	if (pst_policy_is_number(value->text, INT32_MAX, &pid))
		report_pid(builder, word, pid);
	else if (!pst_policy_is_pair(value->text, ':', INT32_MAX, UINT64_MAX,
				     &pid, &value->number) ||
		 value->number == 0)
		pst_policy_report(builder, word,
				  "'postern policy pid N' prints the word",
				  "'%s' is not a process as PID:INODE",
				  value->text);
	else if (pid == 0)
		report_pid(builder, word, pid);
	else
		find_process(builder, word, pid, value);
}

static void read_label(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word,
		       struct pst_policy_value *value)
{
	if (value->text[0] == '\0')
		pst_policy_report(builder, word, NULL, "an empty label");
	else if (pst_policy_label_has_mode(value->text))
		pst_policy_report(
			builder, word,
			"the name of the profile alone: the mode is no part "
			"of it",
			"label '%s' ends with a mode", value->text);
}

static bool is_unit(const char *text)
{
	static const char suffix[] = ".service";
	size_t byte_count = strlen(text);

	return byte_count > strlen(suffix) && byte_count <= 255 &&
	       !strchr(text, '/') && !strchr(text, ' ') &&
	       strcmp(text + byte_count - strlen(suffix), suffix) == 0;
}

static void read_unit(struct pst_policy_builder *builder,
		      const struct pst_policy_word *word,
		      struct pst_policy_value *value)
{
	if (!is_unit(value->text))
		pst_policy_report(builder, word, "as in collector.service",
				  "'%s' is not a service unit", value->text);
}

static void read_path(struct pst_policy_builder *builder,
		      const struct pst_policy_word *word,
		      struct pst_policy_value *value)
{
	(void)value; /* its text is the path */
	(void)pst_policy_word_path(builder, word);
}

/* The kinds of lines, by their key. */
static const struct {
	const char *name;
	value_fn *read_value;
	uint32_t fact;
} kinds[] = {
	[PST_POLICY_LINE_USER] = {"user", read_user, 0},
	[PST_POLICY_LINE_GROUP] = {"group", read_group, 0},
	[PST_POLICY_LINE_LABEL] = {"label", read_label, PST_POLICY_FACT_LABEL},
	[PST_POLICY_LINE_KEY] = {"key", read_key, PST_POLICY_FACT_KEY},
	[PST_POLICY_LINE_PID] = {"pid", read_pid, PST_POLICY_FACT_PID_INODE},
	[PST_POLICY_LINE_UNIT] = {"unit", read_unit, PST_POLICY_FACT_UNIT},
	[PST_POLICY_LINE_CGROUP] = {"cgroup", read_path,
				    PST_POLICY_FACT_CGROUP},
	[PST_POLICY_LINE_EXE] = {"exe", read_path, PST_POLICY_FACT_EXE},
	[PST_POLICY_LINE_USERNS] = {"userns", NULL, PST_POLICY_FACT_USERNS},
};

/* Add a line with an empty value for each word behind the key; NULL when memory
 * is out. */
static struct pst_policy_line *
add_line(struct pst_policy_builder *builder,
	 const struct pst_policy_directive *directive,
	 enum pst_policy_line_key key, struct pst_policy_peer *peer)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct pst_policy_line *line = pst_arena_new(arena, 1, sizeof(*line));

	if (!line)
		return NULL;
	line->key = key;
	line->location = pst_policy_location_of(directive);
	line->words = pst_policy_join_words(builder, directive);
	line->value_count = directive->word_count - 1;
	line->values = pst_arena_new(arena, line->value_count,
				     sizeof(line->values[0]));
	peer->facts_used |= kinds[key].fact;
	*peer->line_tail = line;
	peer->line_tail = &line->next;
	return line->values ? line : NULL;
}

static void read_line(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *field)
{
	enum pst_policy_line_key key = PST_POLICY_LINE_USER;
	struct pst_policy_line *line;
	struct pst_policy_value *value;
	uint32_t i;

	/* every key whose reader this is has a kind */
	while (strcmp(kinds[key].name, directive->words[0].text) != 0)
		key++;
	line = add_line(builder, directive, key, field);
	for (i = 1; line && i < directive->word_count; i++) {
		value = &line->values[i - 1];
		value->text = directive->words[i].text;
		kinds[key].read_value(builder, &directive->words[i], value);
		if (value->state == PST_POLICY_VALUE_ANY)
			break;
	}
}

/* The file holds one key, spelled as in a policy, and one newline. */
static void read_key_file(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *field)
{
	const struct pst_policy_host *host = &builder->options.host;
	const struct pst_policy_word *path = &directive->words[1];
	char text[KEY_FILE_BYTES] = "";
	struct pst_policy_line *line;
	size_t text_bytes = 0;
	int r;

	line = add_line(builder, directive, PST_POLICY_LINE_KEY, field);
	if (!line || !pst_policy_word_path(builder, path))
		return;

	r = host->read_key(host->user_data, path->text, text, sizeof(text) - 1,
			   &text_bytes);
	if (r < 0) {
		pst_policy_report_host(builder, path, r, text[0] ? text : NULL,
				       "cannot read key file '%s'", path->text);
		return;
	}
	if (text_bytes > 0 && text[text_bytes - 1] == '\n')
		text_bytes--;
	text[text_bytes] = '\0';
	line->values[0].text = path->text;
	if (strlen(text) != text_bytes ||
	    !pst_policy_is_key(text, line->values[0].key))
		pst_policy_report(
			builder, path,
			"one line: x25519: and 43 characters of base64",
			"key file '%s' holds no public key", path->text);
}

/* Whether the one value of a line is the only word that it may be. */
static bool is_only_word(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 const char *word)
{
	uint32_t choice;

	return pst_policy_word_choice(builder, &directive->words[1], &word, 1,
				      &choice);
}

static void read_pidns(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *field)
{
	struct pst_policy_peer *peer = field;

	peer->admits_hidden_pid = is_only_word(builder, directive, "any");
}

static void read_userns(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *field)
{
	if (is_only_word(builder, directive, "same"))
		(void)add_line(builder, directive, PST_POLICY_LINE_USERNS,
			       field);
}

struct pst_policy_peer *
pst_policy_new_peer(struct pst_policy_builder *builder,
		    const struct pst_policy_word *name)
{
	struct pst_policy_peer *peer;

	peer = pst_arena_new(pst_policy_builder_arena(builder), 1,
			     sizeof(*peer));
	if (!peer)
		return NULL;
	peer->name = name->text;
	peer->location = pst_policy_location_of(name->directive);
	peer->directive = name->directive;
	peer->ordinal = builder->peer_count++;
	peer->line_tail = &peer->lines;
	return peer;
}

#define MANY PST_POLICY_ANY_WORD_COUNT
#define REPEAT PST_POLICY_KEY_MAY_REPEAT

static const struct pst_policy_key peer_keys[] = {
	{"user", 1, MANY, REPEAT, 0, read_line,
	 "usage: user NAME-OR-UID-OR-RANGE..."},
	{"group", 1, MANY, REPEAT, 0, read_line, "usage: group NAME-OR-GID..."},
	{"label", 1, MANY, REPEAT, 0, read_line, "usage: label TEXT..."},
	{"key", 1, MANY, REPEAT, 0, read_line, "usage: key x25519:BASE64..."},
	{"key-file", 1, 1, REPEAT, 0, read_key_file, "usage: key-file PATH"},
	{"pid", 1, MANY, REPEAT, 0, read_line, "usage: pid N:INODE..."},
	{"unit", 1, MANY, REPEAT, 0, read_line, "usage: unit NAME.service..."},
	{"cgroup", 1, MANY, REPEAT, 0, read_line, "usage: cgroup /PREFIX..."},
	{"exe", 1, MANY, REPEAT, 0, read_line, "usage: exe /PATH..."},
	{"pidns", 1, 1, 0, 0, read_pidns, "usage: pidns any"},
	{"userns", 1, 1, 0, 0, read_userns, "usage: userns same"},
};

const struct pst_policy_block_kind pst_policy_peer_block = {
	"peer", peer_keys, sizeof(peer_keys) / sizeof(peer_keys[0])
};

static bool has_strong_line(const struct pst_policy_peer *peer)
{
	const struct pst_policy_line *line = peer->lines;

	while (line && line->key > PST_POLICY_LINE_PID)
		line = line->next;
	return line != NULL;
}

void pst_policy_read_peer(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *field)
{
	bool is_complete = pst_policy_word_name(builder, &directive->words[1]);
	const struct pst_policy_fault **before;
	struct pst_policy_peer *peer;

	(void)field;
	peer = pst_policy_new_peer(builder, &directive->words[1]);
	if (!peer)
		return;
	is_complete &= pst_policy_index_define(&builder->peer_index, builder,
					       directive, peer, &peer->fault,
					       "");
	*builder->peer_tail = peer;
	builder->peer_tail = &peer->next;

	before = pst_policy_builder_enter(builder, &peer->fault);
	is_complete &= pst_policy_block_read(builder, &pst_policy_peer_block,
					     directive->children, peer, NULL);
	(void)pst_policy_builder_enter(builder, before);
	/* the line may be in another peer, which matches less because of it */
	if (is_complete && !has_strong_line(peer))
		pst_policy_report_in(
			builder, &builder->source->fault, &directive->words[1],
			"strong: user group label key key-file pid",
			"peer '%s' has no line that identifies a process",
			peer->name);
}
