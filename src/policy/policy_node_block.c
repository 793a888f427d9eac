/* SPDX-License-Identifier: ISC */
/*
 * Reading `node NAME { }` and `extend node NAME { }`
 *
 * An extension holds only what adds rules: it may admit or deny more, squeeze
 * limits, raise the security and require features.  It has no owner, socket or
 * key: a client reads those of the node's own block only.
 *
 * An error in what a client needs (owner, socket, key, security, or a word that
 * may have been one of them) is kept apart from one in the node's rules: the
 * first keeps clients from connecting, too.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bounds.h"
#include "base/result.h"
#include "policy/policy_block.h"
#include "policy/policy_units.h"
#include "policy/policy_values.h"

#define DEFAULT_SOCKET_MODE 0660u
#define NODE_KEYS_MAX 2

struct node_block {
	struct pst_policy_node *node;
	struct pst_policy_node_key **key_tail;
	const struct pst_policy_directive *owner;
};

static const char owner_usage[] = "usage: owner user NAME, or owner unmapped";

static int read_owner(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	static const char *const choices[] = {"user", "unmapped"};
	struct node_block *block = object;
	bool is_valid, is_unmapped;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 2, &choice,
				   &is_valid);
	if (r < 0 || !is_valid)
		return r;
	is_unmapped = choice == 1;
	if (is_unmapped != (directive->word_count == 2))
		return pst_policy_report_word(
			builder, directive, 1, owner_usage,
			is_unmapped ? "'owner unmapped' takes no name"
				    : "'owner user' needs a name");
	if (is_unmapped) {
		block->node->owner_fact = POSTERN_FACT_ABSENT;
		block->node->owner_uid = UINT32_MAX;
		block->owner = directive;
		return 0;
	}
	r = pst_policy_word_user(builder, directive, 2,
				 &block->node->owner_fact,
				 &block->node->owner_uid, &is_valid);
	if (r == 0 && is_valid)
		block->owner = directive;
	return r;
}

static int read_socket(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	struct node_block *block = object;

	return pst_policy_read_socket(builder, directive, block->node);
}

/* Each may be the line of a peer, which has a key, too, or of another node. */
static int check_key(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     const struct pst_policy_node *node,
		     const struct pst_policy_node_key *key, bool *ret_is_valid)
{
	const struct pst_policy_fault **before =
		pst_policy_builder_enter_source(builder);
	int r = 0;

	*ret_is_valid = false;
	if (directive->word_count > 2)
		r = pst_policy_report_word(
			builder, directive, 2, "usage: key x25519:BASE64",
			"unexpected word '%s' after '%s'",
			directive->words[2].text, directive->words[1].text);
	else if (node->keys && node->keys->next)
		r = pst_policy_report_word(
			builder, directive, 0,
			"the old one and the new one, while it is rotated",
			"more than two keys of one node");
	else if (node->keys &&
		 memcmp(node->keys->key, key->key, sizeof(key->key)) == 0)
		r = pst_policy_report_word(builder, directive, 1, NULL,
					   "the same key twice");
	else
		*ret_is_valid = true;
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_key(struct pst_policy_builder *builder,
		    const struct pst_policy_directive *directive, void *object)
{
	struct node_block *block = object;
	struct pst_policy_node_key *key;
	bool is_valid;
	int r;

	key = pst_arena_new(pst_policy_builder_arena(builder), 1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	r = pst_policy_word_key(builder, directive, 1, key->key, &is_valid);
	if (r < 0 || !is_valid)
		return r;
	r = check_key(builder, directive, block->node, key, &is_valid);
	if (r < 0 || !is_valid)
		return r;
	key->location = pst_policy_location_of(directive);
	*block->key_tail = key;
	block->key_tail = &key->next;
	return 0;
}

int pst_policy_read_security(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     struct pst_policy_security *security)
{
	bool is_valid;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1,
				   pst_policy_security_names, 3, &choice,
				   &is_valid);
	if (r < 0 || !is_valid)
		return r;
	security->minimum = (enum postern_security)choice;
	security->location = pst_policy_location_of(directive);
	return 0;
}

static int read_security(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	struct node_block *block = object;

	return pst_policy_read_security(builder, directive,
					&block->node->security);
}

/* The policy may be for another host: here the node cannot be opened. */
static int warn_of_missing(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index, uint32_t feature)
{
	const struct pst_policy_host *host = &builder->options.host;

	if (!host->find_features ||
	    (host->find_features(host->user_data) & feature) != 0)
		return 0;
	return pst_policy_report_word_as(
		builder, POSTERN_SEVERITY_WARNING, directive, word_index,
		"the node cannot be opened here; 'postern doctor' lists the "
		"features",
		"this host lacks the feature '%s'",
		directive->words[word_index].text);
}

static int read_features(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 struct pst_policy_requirement *requirement)
{
	size_t feature_index;
	bool is_valid;
	uint32_t i;
	int r;

	for (i = 1; i < directive->word_count; i++) {
		r = pst_policy_word_choice(builder, directive, i,
					   pst_feature_names, PST_FEATURE_COUNT,
					   &feature_index, &is_valid);
		if (r < 0)
			return r;
		if (!is_valid)
			continue;
		requirement->features |= 1u << feature_index;
		r = warn_of_missing(builder, directive, i,
				    1u << feature_index);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_require(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct node_block *block = object;
	const struct pst_policy_fault **before;
	struct pst_policy_requirement *requirement;
	int r;

	requirement = pst_arena_new(pst_policy_builder_arena(builder), 1,
				    sizeof(*requirement));
	if (!requirement)
		return -ENOMEM;
	requirement->location = pst_policy_location_of(directive);
	requirement->directive = directive;
	requirement->words = pst_policy_join_words(builder, directive);
	if (!requirement->words)
		return -ENOMEM;
	before = pst_policy_builder_enter(builder, &block->node->fault);
	r = read_features(builder, directive, requirement);
	(void)pst_policy_builder_enter(builder, before);
	if (r < 0)
		return r;
	*block->node->requirement_tail = requirement;
	block->node->requirement_tail = &requirement->next;
	return 0;
}

static int read_slots(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	struct node_block *block = object;
	const struct pst_policy_fault **before;
	uint64_t count;
	bool is_valid;
	int r;

	before = pst_policy_builder_enter(builder, &block->node->fault);
	r = pst_policy_word_number(builder, directive, 1, 1, PST_SLOTS_MAX,
				   &count, &is_valid);
	(void)pst_policy_builder_enter(builder, before);
	if (r == 0 && is_valid)
		block->node->slot_count = (uint32_t)count;
	return r;
}

static int read_audit(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	/* in the order of enum postern_audit */
	static const char *const choices[] = {"all", "deny", "none"};
	struct node_block *block = object;
	const struct pst_policy_fault **before;
	bool is_valid;
	size_t choice;
	int r;

	before = pst_policy_builder_enter(builder, &block->node->fault);
	r = pst_policy_word_choice(builder, directive, 1, choices, 3, &choice,
				   &is_valid);
	(void)pst_policy_builder_enter(builder, before);
	if (r == 0 && is_valid)
		block->node->audit = (enum postern_audit)choice;
	return r;
}

static int read_allow(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	struct node_block *block = object;
	const struct pst_policy_fault **before;
	struct pst_policy_allow *allow;
	int r;

	allow = pst_arena_new(pst_policy_builder_arena(builder), 1,
			      sizeof(*allow));
	if (!allow)
		return -ENOMEM;
	*block->node->allow_tail = allow;
	block->node->allow_tail = &allow->next;
	before = pst_policy_builder_enter(builder, &block->node->fault);
	r = pst_policy_read_allow(builder, directive, allow);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_deny(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	struct node_block *block = object;

	return pst_policy_add_rule(builder, directive, &block->node->deny_tail);
}

static int read_limits(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	struct node_block *block = object;
	const struct pst_policy_fault **before;
	int r;

	before = pst_policy_builder_enter(builder, &block->node->fault);
	r = pst_policy_read_limits(builder, directive, PST_POLICY_SCOPE_NODE,
				   block->node->limits);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

#define MANY PST_POLICY_ANY_WORD_COUNT

/* `key` takes one word here, but many in a peer: its function counts them. */
static const struct pst_policy_key node_keys[] = {
	{"owner", 1, 2, false, false, read_owner, owner_usage},
	{"socket", 1, 5, false, false, read_socket,
	 "usage: socket PATH [mode OCTAL] [group NAME]"},
	{"key", 1, MANY, false, true, read_key, "usage: key x25519:BASE64"},
	{"security", 1, 1, false, false, read_security,
	 "usage: security none|mac|aead"},
	{"require", 1, MANY, false, true, read_require,
	 "usage: require FEATURE..."},
	{"slots", 1, 1, false, false, read_slots, "usage: slots N"},
	{"audit", 1, 1, false, false, read_audit, "usage: audit none|deny|all"},
	{"allow", 1, MANY, true, true, read_allow,
	 "usage: allow PEER... { direction ... }"},
	{"deny", 1, MANY, false, true, read_deny, "usage: deny PEER..."},
	{"limits", 0, 0, true, false, read_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_node_block = {
	"node", node_keys, sizeof(node_keys) / sizeof(node_keys[0])
};

static const struct pst_policy_key extension_keys[] = {
	{"security", 1, 1, false, false, read_security,
	 "usage: security none|mac|aead"},
	{"require", 1, MANY, false, true, read_require,
	 "usage: require FEATURE..."},
	{"allow", 1, MANY, true, true, read_allow,
	 "usage: allow PEER... { direction ... }"},
	{"deny", 1, MANY, false, true, read_deny, "usage: deny PEER..."},
	{"limits", 0, 0, true, false, read_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_extension_block = {
	"extend node", extension_keys, sizeof(extension_keys) / sizeof(extension_keys[0])
};

static struct node_block block_of(struct pst_policy_node *node)
{
	node->allow_tail = &node->allows;
	node->deny_tail = &node->denies;
	node->requirement_tail = &node->requirements;
	return (struct node_block){.node = node, .key_tail = &node->keys};
}

/* An allow of the node's own block that asks for less than the node does. */
static int check_securities(struct pst_policy_builder *builder,
			    const struct pst_policy_node *node)
{
	const struct pst_policy_directive *line;
	const struct pst_policy_allow *allow;
	int r;

	for (allow = node->allows; allow; allow = allow->next) {
		if (allow->security.location.line == 0 ||
		    allow->security.minimum >= node->security.minimum)
			continue;
		line = allow->rule.directive->children;
		while (strcmp(line->words[0].text, "security") != 0)
			line = line->next;
		r = pst_policy_report_word(
			builder, line, 1,
			"an allow may only raise what its node demands",
			"'security %s' is below the node's",
			line->words[1].text);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What a client needs to recognise the node, and may the file say it? */
static int check_identity(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  const struct node_block *block)
{
	const struct pst_policy_node *node = block->node;
	const struct pst_policy_source *source = directive->source;

	if (!block->owner)
		return pst_policy_report_word(builder, directive, 1,
					      "owner user NAME",
					      "node '%s' has no 'owner'",
					      node->name);
	if (!node->socket_path)
		return pst_policy_report_word(
			builder, directive, 1,
			"socket PATH [mode OCTAL] [group NAME]",
			"node '%s' has no 'socket'", node->name);
	if (node->owner_fact == POSTERN_FACT_ABSENT && !node->keys)
		return pst_policy_report_word(
			builder, block->owner, 1, "key x25519:BASE64",
			"node '%s' has 'owner unmapped' and no 'key'",
			node->name);
	if (source->owner_uid != 0 && (node->owner_fact != POSTERN_FACT_KNOWN ||
				       node->owner_uid != source->owner_uid))
		return pst_policy_report_word_as(
			builder,
			pst_policy_severity_of(
				builder, POSTERN_POLICY_WARN_ON_UNTRUSTED),
			block->owner, block->owner->word_count - 1,
			"only a file of root may define a node of another "
			"owner",
			"this file belongs to uid %u and not to the node's "
			"owner",
			source->owner_uid);
	return 0;
}

static int check_node(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      const struct node_block *block)
{
	int r;

	r = check_identity(builder, directive, block);
	if (r < 0 || block->node->connect_fault)
		return r;
	/* the line may be another node's, or a tenant's */
	(void)pst_policy_builder_enter_source(builder);
	return check_securities(builder, block->node);
}

static int add_to_index(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			struct pst_policy_node *node)
{
	const struct pst_policy_fault **before;
	struct pst_policy_node *first;
	void *present;
	int r;

	r = pst_policy_index_add(&builder->node_index,
				 pst_policy_builder_arena(builder), node->name,
				 node, &present);
	if (r < 0 || !present)
		return r;
	first = present;
	before = pst_policy_builder_enter(builder, &first->connect_fault);
	r = pst_policy_report_second(builder, directive, &first->location,
				     " ('extend node' adds to it)");
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_node_body(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  struct pst_policy_node *node, bool has_errors)
{
	uint32_t error_count = builder->error_count;
	struct node_block block = block_of(node);
	int r;

	r = pst_policy_block_read(builder, &pst_policy_node_block,
				  directive->children, &block);
	if (r < 0)
		return r;
	node->has_errors = has_errors || builder->error_count > error_count ||
			   directive->source->message;
	if (!node->has_errors)
		return check_node(builder, directive, &block);
	/* What a client needs is checked in any case. */
	if (has_errors || node->connect_fault || directive->source->message)
		return 0;
	return check_identity(builder, directive, &block);
}

int pst_policy_read_node(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive)
{
	uint32_t error_count = builder->error_count;
	const struct pst_policy_fault **before;
	struct pst_policy_node *node;
	bool is_valid;
	int r;

	r = pst_policy_word_name(builder, directive, 1, &is_valid);
	if (r < 0)
		return r;
	node = pst_arena_new(pst_policy_builder_arena(builder), 1,
			     sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->policy = builder->policy;
	node->name = directive->words[1].text;
	node->location = pst_policy_location_of(directive);
	node->directive = directive;
	node->socket_mode = DEFAULT_SOCKET_MODE;
	node->socket_group_fact = POSTERN_FACT_ABSENT;
	node->slot_count = PST_POLICY_DEFAULT_SLOTS;
	r = add_to_index(builder, directive, node);
	if (r < 0)
		return r;
	*builder->node_tail = node;
	builder->node_tail = &node->next;

	before = pst_policy_builder_enter(builder, &node->connect_fault);
	r = read_node_body(builder, directive, node,
			   builder->error_count > error_count);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

int pst_policy_read_extension(struct pst_policy_builder *builder,
			      const struct pst_policy_directive *directive)
{
	const struct pst_policy_fault **before;
	struct pst_policy_extension *extension;
	struct node_block block;
	bool is_valid;
	int r;

	if (strcmp(directive->words[1].text, "node") != 0)
		return pst_policy_report_word(builder, directive, 1,
					      "usage: extend node NAME { }",
					      "only a node can be extended");
	r = pst_policy_word_name(builder, directive, 2, &is_valid);
	if (r < 0)
		return r;

	extension = pst_arena_new(pst_policy_builder_arena(builder), 1,
				  sizeof(*extension));
	if (!extension)
		return -ENOMEM;
	extension->directive = directive;
	*builder->extension_tail = extension;
	builder->extension_tail = &extension->next;

	block = block_of(&extension->content);
	before = pst_policy_builder_enter(builder, &extension->content.fault);
	r = pst_policy_block_read(builder, &pst_policy_extension_block,
				  directive->children, &block);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}
