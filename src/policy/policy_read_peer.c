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

struct peer_block {
	struct pst_policy_peer *peer;
	struct pst_policy_line **line_tail;
	bool has_strong_line;
};

/* Reads the value of one word; its text is set. */
typedef int value_fn(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     uint32_t word_index, struct pst_policy_value *value);

static int read_any_user(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index)
{
	if (directive->word_count > 2)
		return pst_policy_report_word(builder, directive, word_index,
					      "'user *' is everyone already",
					      "'*' stands alone");
	return pst_policy_report_word_as(builder, POSTERN_SEVERITY_WARNING,
					 directive, word_index, NULL,
					 "this peer is everyone");
}

static int read_user(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     uint32_t word_index, struct pst_policy_value *value)
{
	enum postern_fact fact = POSTERN_FACT_UNKNOWN;
	uint32_t first = 0, last = 0;
	int r;

	if (strcmp(value->text, "*") == 0) {
		value->state = PST_POLICY_VALUE_ANY;
		return read_any_user(builder, directive, word_index);
	}
	if (pst_policy_is_range(value->text)) {
		value->state = PST_POLICY_VALUE_RANGE;
		r = pst_policy_word_range(builder, directive, word_index,
					  &first, &last);
	} else {
		r = pst_policy_word_user(builder, directive, word_index, &fact,
					 &first);
		if (fact != POSTERN_FACT_KNOWN)
			value->state = PST_POLICY_VALUE_UNRESOLVED;
	}
	value->number = first;
	value->last = last;
	return r;
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

static int read_group(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  uint32_t word_index, struct pst_policy_value *value)
{
	enum postern_fact fact = POSTERN_FACT_UNKNOWN;
	uint32_t gid = 0;
	int r;

	r = pst_policy_word_group(builder, directive, word_index, &fact, &gid);
	if (r <= 0)
		return r;
	if (fact != POSTERN_FACT_KNOWN) {
		value->state = PST_POLICY_VALUE_UNRESOLVED;
		return 0;
	}
	value->number = gid;
	return find_members(builder, gid, directive, word_index, value);
}

static int read_key(struct pst_policy_builder *builder,
		    const struct pst_policy_directive *directive,
		    uint32_t word_index, struct pst_policy_value *value)
{

	return pst_policy_word_key(builder, directive, word_index, value->key);
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
static int read_pid(struct pst_policy_builder *builder,
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

static int read_label(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      uint32_t word_index, struct pst_policy_value *value)
{
	if (value->text[0] == '\0')
		return pst_policy_report_word(builder, directive, word_index,
					      NULL, "an empty label");
	if (pst_policy_label_has_mode(value->text))
		return pst_policy_report_word(
			builder, directive, word_index,
			"the name of the profile alone: the mode is no part "
			"of it",
			"label '%s' ends with a mode", value->text);
	return 0;
}

static bool is_unit(const char *text)
{
	static const char suffix[] = ".service";
	size_t byte_count = strlen(text);

	return byte_count > strlen(suffix) && byte_count <= 255 &&
	       !strchr(text, '/') && !strchr(text, ' ') &&
	       strcmp(text + byte_count - strlen(suffix), suffix) == 0;
}

static int read_unit(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     uint32_t word_index, struct pst_policy_value *value)
{
	if (is_unit(value->text))
		return 0;
	return pst_policy_report_word(builder, directive, word_index,
				      "as in collector.service",
				      "'%s' is not a service unit",
				      value->text);
}

static int read_path(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     uint32_t word_index, struct pst_policy_value *value)
{

	(void)value; /* its text is the path */
	return pst_policy_word_path(builder, directive, word_index);
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

/* Add a line with an empty value for each word behind the key. */
static int add_line(struct pst_policy_builder *builder,
		    const struct pst_policy_directive *directive,
		    enum pst_policy_line_key key, void *object,
		    struct pst_policy_line **ret_line)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct peer_block *block = object;
	struct pst_policy_line *line;

	line = pst_arena_new(arena, 1, sizeof(*line));
	if (!line)
		return -ENOMEM;
	line->key = key;
	line->location = pst_policy_location_of(directive);
	line->words = pst_policy_join_words(builder, directive);
	line->value_count = directive->word_count - 1;
	line->values = pst_arena_new(arena, line->value_count,
				     sizeof(line->values[0]));
	if (!line->words || !line->values)
		return -ENOMEM;

	if (key <= PST_POLICY_LINE_PID)
		block->has_strong_line = true;
	block->peer->facts_used |= kinds[key].fact;
	*block->line_tail = line;
	block->line_tail = &line->next;
	*ret_line = line;
	return 0;
}

static int read_line(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	enum pst_policy_line_key key = PST_POLICY_LINE_USER;
	struct pst_policy_line *line;
	struct pst_policy_value *value;
	uint32_t i;
	int r;

	/* every key whose reader this is has a kind */
	while (strcmp(kinds[key].name, directive->words[0].text) != 0)
		key++;
	r = add_line(builder, directive, key, object, &line);
	for (i = 1; r >= 0 && i < directive->word_count; i++) {
		value = &line->values[i - 1];
		value->text = directive->words[i].text;
		r = kinds[key].read_value(builder, directive, i, value);
		if (value->state == PST_POLICY_VALUE_ANY)
			break;
	}
	return r;
}

/* The file holds one key, spelled as in a policy, and one newline. */
static int read_key_file(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	const struct pst_policy_host *host = &builder->options.host;
	char text[KEY_FILE_BYTES] = "";
	struct pst_policy_line *line;
	size_t text_bytes = 0;
	int r;

	r = add_line(builder, directive, PST_POLICY_LINE_KEY, object, &line);
	if (r < 0)
		return r;
	r = pst_policy_word_path(builder, directive, 1);
	if (r <= 0)
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

static int read_pidns(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	static const char *const choices[] = {"any"};
	struct peer_block *block = object;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 1, &choice);
	if (r > 0)
		block->peer->admits_hidden_pid = true;
	return r;
}

static int read_userns(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	static const char *const choices[] = {"same"};
	struct pst_policy_line *line;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 1, &choice);
	if (r <= 0)
		return r;
	return add_line(builder, directive, PST_POLICY_LINE_USERNS, object,
			&line);
}

#define MANY PST_POLICY_ANY_WORD_COUNT
#define REPEAT PST_POLICY_KEY_MAY_REPEAT

static const struct pst_policy_key peer_keys[] = {
	{"user", 1, MANY, REPEAT, read_line,
	 "usage: user NAME-OR-UID-OR-RANGE..."},
	{"group", 1, MANY, REPEAT, read_line, "usage: group NAME-OR-GID..."},
	{"label", 1, MANY, REPEAT, read_line, "usage: label TEXT..."},
	{"key", 1, MANY, REPEAT, read_line, "usage: key x25519:BASE64..."},
	{"key-file", 1, 1, REPEAT, read_key_file, "usage: key-file PATH"},
	{"pid", 1, MANY, REPEAT, read_line, "usage: pid N:INODE..."},
	{"unit", 1, MANY, REPEAT, read_line, "usage: unit NAME.service..."},
	{"cgroup", 1, MANY, REPEAT, read_line, "usage: cgroup /PREFIX..."},
	{"exe", 1, MANY, REPEAT, read_line, "usage: exe /PATH..."},
	{"pidns", 1, 1, 0, read_pidns, "usage: pidns any"},
	{"userns", 1, 1, 0, read_userns, "usage: userns same"},
};

const struct pst_policy_block_kind pst_policy_peer_block = {
	"peer", peer_keys, sizeof(peer_keys) / sizeof(peer_keys[0])
};

static int read_body(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     struct pst_policy_peer *peer, bool has_errors)
{
	const struct pst_policy_fault **before;
	uint32_t error_count = builder->error_count;
	struct peer_block block = {
		.peer = peer,
		.line_tail = &peer->lines,
	};
	int r;

	r = pst_policy_block_read(builder, &pst_policy_peer_block,
				  directive->children, &block, NULL);
	if (r < 0)
		return r;
	if (block.has_strong_line || has_errors ||
	    builder->error_count > error_count || directive->source->message)
		return 0;
	/* the line may be in another peer, which matches less because of it */
	before = pst_policy_builder_enter_source(builder);
	r = pst_policy_report_word(
		builder, directive, 1,
		"strong: user group label key key-file pid",
		"peer '%s' has no line that identifies a process", peer->name);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

int pst_policy_read_peer(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	uint32_t error_count = builder->error_count;
	const struct pst_policy_fault **before;
	struct pst_policy_peer *peer;
	int r;

	(void)object;
	r = pst_policy_word_name(builder, directive, 1);
	if (r < 0)
		return r;
	peer = pst_arena_new(pst_policy_builder_arena(builder), 1,
			     sizeof(*peer));
	if (!peer)
		return -ENOMEM;
	peer->name = directive->words[1].text;
	peer->location = pst_policy_location_of(directive);
	peer->directive = directive;
	peer->ordinal = builder->peer_count++;
	r = pst_policy_index_define(&builder->peer_index, builder, directive,
				    peer, &peer->location, &peer->fault, "");
	if (r < 0)
		return r;
	*builder->peer_tail = peer;
	builder->peer_tail = &peer->next;

	before = pst_policy_builder_enter(builder, &peer->fault);
	r = read_body(builder, directive, peer,
		      builder->error_count > error_count);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}
