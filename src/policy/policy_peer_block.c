/* SPDX-License-Identifier: ISC */
/*
 * Reading `peer NAME { }`
 *
 * A peer is lines that must all hold, each with values of which one is enough.
 * A peer that no strong line identifies is an error: what a process can change
 * about itself may narrow a peer, never make one.
 */
#include "policy/policy_peer_block.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_label.h"
#include "policy/policy_values.h"

int pst_policy_peer_line(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 enum pst_policy_line_key key, void *object,
			 struct pst_policy_line **ret_line)
{
	static const uint32_t facts[] = {
		[PST_POLICY_LINE_LABEL] = PST_POLICY_FACT_LABEL,
		[PST_POLICY_LINE_KEY] = PST_POLICY_FACT_KEY,
		[PST_POLICY_LINE_PID] = PST_POLICY_FACT_PID_INODE,
		[PST_POLICY_LINE_UNIT] = PST_POLICY_FACT_UNIT,
		[PST_POLICY_LINE_CGROUP] = PST_POLICY_FACT_CGROUP,
		[PST_POLICY_LINE_EXE] = PST_POLICY_FACT_EXE,
		[PST_POLICY_LINE_USERNS] = PST_POLICY_FACT_USERNS,
	};
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct pst_policy_peer_block *block = object;
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
	block->peer->facts_used |= facts[key];
	*block->line_tail = line;
	block->line_tail = &line->next;
	*ret_line = line;
	return 0;
}

int pst_policy_peer_values(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   enum pst_policy_line_key key, void *object,
			   pst_policy_value_fn *read_value)
{
	struct pst_policy_line *line;
	uint32_t i;
	int r;

	r = pst_policy_peer_line(builder, directive, key, object, &line);
	if (r < 0)
		return r;
	for (i = 1; i < directive->word_count; i++) {
		line->values[i - 1].text = directive->words[i].text;
		r = read_value(builder, directive, i, &line->values[i - 1]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_one_label(struct pst_policy_builder *builder,
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

static int read_label(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	struct pst_policy_peer_block *block = object;
	uint32_t i;

	for (i = 1; i < directive->word_count; i++)
		if (pst_policy_label_is_unconfined(directive->words[i].text))
			block->peer->has_unconfined_label = true;
	return pst_policy_peer_values(builder, directive, PST_POLICY_LINE_LABEL,
				      object, read_one_label);
}

static bool is_unit(const char *text)
{
	static const char suffix[] = ".service";
	size_t byte_count = strlen(text);

	return byte_count > strlen(suffix) && byte_count <= 255 &&
	       !strchr(text, '/') && !strchr(text, ' ') &&
	       strcmp(text + byte_count - strlen(suffix), suffix) == 0;
}

static int read_one_unit(struct pst_policy_builder *builder,
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

static int read_unit(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	return pst_policy_peer_values(builder, directive, PST_POLICY_LINE_UNIT,
				      object, read_one_unit);
}

static int read_one_path(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index, struct pst_policy_value *value)
{
	bool is_valid;

	(void)value; /* its text is the path */
	return pst_policy_word_path(builder, directive, word_index, &is_valid);
}

static int read_cgroup(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	return pst_policy_peer_values(builder, directive,
				      PST_POLICY_LINE_CGROUP, object,
				      read_one_path);
}

static int read_exe(struct pst_policy_builder *builder,
		    const struct pst_policy_directive *directive, void *object)
{
	return pst_policy_peer_values(builder, directive, PST_POLICY_LINE_EXE,
				      object, read_one_path);
}

static int read_pidns(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	static const char *const choices[] = {"any"};
	struct pst_policy_peer_block *block = object;
	bool is_valid;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 1, &choice,
				   &is_valid);
	if (r == 0 && is_valid)
		block->peer->admits_hidden_pid = true;
	return r;
}

static int read_userns(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	static const char *const choices[] = {"same"};
	struct pst_policy_line *line;
	bool is_valid;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 1, &choice,
				   &is_valid);
	if (r < 0 || !is_valid)
		return r;
	return pst_policy_peer_line(builder, directive, PST_POLICY_LINE_USERNS,
				    object, &line);
}

#define MANY PST_POLICY_ANY_WORD_COUNT

static const struct pst_policy_key peer_keys[] = {
	{"user", 1, MANY, false, true, pst_policy_peer_user,
	 "usage: user NAME-OR-UID-OR-RANGE..."},
	{"group", 1, MANY, false, true, pst_policy_peer_group,
	 "usage: group NAME-OR-GID..."},
	{"label", 1, MANY, false, true, read_label, "usage: label TEXT..."},
	{"key", 1, MANY, false, true, pst_policy_peer_key,
	 "usage: key x25519:BASE64..."},
	{"key-file", 1, 1, false, true, pst_policy_peer_key_file,
	 "usage: key-file PATH"},
	{"pid", 1, MANY, false, true, pst_policy_peer_pid,
	 "usage: pid N:INODE..."},
	{"unit", 1, MANY, false, true, read_unit,
	 "usage: unit NAME.service..."},
	{"cgroup", 1, MANY, false, true, read_cgroup,
	 "usage: cgroup /PREFIX..."},
	{"exe", 1, MANY, false, true, read_exe, "usage: exe /PATH..."},
	{"pidns", 1, 1, false, false, read_pidns, "usage: pidns any"},
	{"userns", 1, 1, false, false, read_userns, "usage: userns same"},
};

const struct pst_policy_block_kind pst_policy_peer_block = {
	"peer", peer_keys, sizeof(peer_keys) / sizeof(peer_keys[0])
};

/* A second definition makes the first one unusable: which is meant? */
static int add_to_index(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			struct pst_policy_peer *peer)
{
	const struct pst_policy_fault **before;
	struct pst_policy_peer *first;
	void *present;
	int r;

	r = pst_policy_index_add(&builder->peer_index,
				 pst_policy_builder_arena(builder), peer->name,
				 peer, &present);
	if (r < 0 || !present)
		return r;
	first = present;
	before = pst_policy_builder_enter(builder, &first->fault);
	r = pst_policy_report_second(builder, directive, &first->location, "");
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_body(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     struct pst_policy_peer *peer, bool has_errors)
{
	const struct pst_policy_fault **before;
	uint32_t error_count = builder->error_count;
	struct pst_policy_peer_block block = {
		.peer = peer,
		.line_tail = &peer->lines,
	};
	int r;

	r = pst_policy_block_read(builder, &pst_policy_peer_block,
				  directive->children, &block);
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
			 const struct pst_policy_directive *directive)
{
	uint32_t error_count = builder->error_count;
	const struct pst_policy_fault **before;
	struct pst_policy_peer *peer;
	bool is_valid;
	int r;

	r = pst_policy_word_name(builder, directive, 1, &is_valid);
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
	r = add_to_index(builder, directive, peer);
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
