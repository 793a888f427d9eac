/* SPDX-License-Identifier: ISC */
/*
 * Reading `node NAME { }` and `extend node NAME { }`
 *
 * An extension only adds rules: it may admit or deny more, restrict limits, raise
 * the security and require features.  It has no owner, socket or key: a client
 * reads those of the node's own block only.
 *
 * An error in the lines that a client needs (owner, socket, key, security, or a
 * word that may have been one of them) makes the connect fault of the node; an
 * error in its rules makes the second one, with which clients still connect.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bounds.h"
#include "base/result.h"
#include "policy/policy_read.h"
#include "policy/policy_units.h"
#include "policy/policy_values.h"

#define DEFAULT_SOCKET_MODE 0660u
#define SOCKET_PATH_BYTES_MAX 107u /* of sockaddr_un */
#define SOCKET_NAME_BYTES_MAX 63u
#define BLOCK PST_POLICY_KEY_HAS_BLOCK
#define REPEAT PST_POLICY_KEY_MAY_REPEAT
#define APART PST_POLICY_KEY_SECOND_FAULT
#define MANY PST_POLICY_ANY_WORD_COUNT

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
	struct pst_policy_node *node = block->node;
	size_t is_unmapped;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 2,
				   &is_unmapped);
	if (r <= 0)
		return r;
	if (is_unmapped != (directive->word_count == 2))
		return pst_policy_report_word(
			builder, directive, 1, owner_usage,
			is_unmapped ? "'owner unmapped' takes no name"
				    : "'owner user' needs a name");
	if (is_unmapped) {
		node->owner_fact = POSTERN_FACT_ABSENT;
		node->owner_uid = UINT32_MAX;
	} else {
		r = pst_policy_word_user(builder, directive, 2,
					 &node->owner_fact, &node->owner_uid);
	}
	if (r > 0)
		block->owner = directive;
	return r;
}

/* `socket PATH [mode OCTAL] [group NAME]`.  The path must fit the kernel's
 * address; so must the name alone behind /proc/thread-self/fd/N/, by which the
 * socket is reached too. */

static int read_mode(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     uint32_t word_index, struct pst_policy_node *node)
{
	const char *text = directive->words[word_index].text;
	size_t digit_count = strspn(text, "01234567");
	uint32_t mode = 0;
	size_t i;

	if (text[digit_count] != '\0' || digit_count < 3 || digit_count > 4 ||
	    (digit_count == 4 && text[0] != '0'))
		return pst_policy_report_word(
			builder, directive, word_index,
			"three octal digits, with or without a 0 before them",
			"'%s' is not a mode", text);
	for (i = 0; i < digit_count; i++)
		mode = mode * 8 + (uint32_t)(text[i] - '0');
	node->socket_mode = mode;
	return 0;
}

static int read_socket_word(struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive,
			    uint32_t word_index, struct pst_policy_node *node)
{
	const char *text = directive->words[word_index].text;

	if (strcmp(text, "mode") != 0 && strcmp(text, "group") != 0)
		return pst_policy_report_word(
			builder, directive, word_index,
			"usage: socket PATH [mode OCTAL] [group NAME]",
			"unexpected word '%s' in 'socket'", text);
	if (word_index > 2 &&
	    strcmp(text, directive->words[word_index - 2].text) == 0)
		return pst_policy_report_word(builder, directive, word_index,
					      NULL, "'%s' is given twice",
					      text);
	if (word_index + 1 == directive->word_count)
		return pst_policy_report_word(builder, directive, word_index,
					      NULL, "'%s' needs a value", text);
	if (text[0] == 'm')
		return read_mode(builder, directive, word_index + 1, node);
	return pst_policy_word_group(builder, directive, word_index + 1,
				     &node->socket_group_fact,
				     &node->socket_gid);
}

static int read_socket_path(struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive)
{
	const char *path = directive->words[1].text;
	int r;

	r = pst_policy_word_path(builder, directive, 1);
	if (r <= 0)
		return r;
	if (strlen(path) > SOCKET_PATH_BYTES_MAX)
		return pst_policy_report_word(
			builder, directive, 1, NULL,
			"a socket's path has at most %u bytes",
			SOCKET_PATH_BYTES_MAX);
	if (strlen(strrchr(path, '/') + 1) > SOCKET_NAME_BYTES_MAX)
		return pst_policy_report_word(
			builder, directive, 1, NULL,
			"a socket's name has at most %u bytes",
			SOCKET_NAME_BYTES_MAX);
	if (path[1] == '\0')
		return pst_policy_report_word(builder, directive, 1, NULL,
					      "'/' is no name for a socket");
	return 0;
}

static int read_socket(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	struct node_block *block = object;
	struct pst_policy_node *node = block->node;
	uint32_t i;
	int r;

	r = read_socket_path(builder, directive);
	if (r < 0)
		return r;
	node->socket_path = directive->words[1].text;
	node->socket_location = pst_policy_location_of(directive);

	for (i = 2; i < directive->word_count; i += 2) {
		r = read_socket_word(builder, directive, i, node);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Each of these lines may belong to a peer, which has keys too, or to another
 * node. */
static int check_key(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     const struct pst_policy_node *node,
		     const struct pst_policy_node_key *key)
{
	const struct pst_policy_fault **before =
		pst_policy_builder_enter_source(builder);
	int r = 1;

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
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_key(struct pst_policy_builder *builder,
		    const struct pst_policy_directive *directive, void *object)
{
	struct node_block *block = object;
	struct pst_policy_node_key *key;
	int r;

	key = pst_arena_new(pst_policy_builder_arena(builder), 1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	r = pst_policy_word_key(builder, directive, 1, key->key);
	if (r <= 0)
		return r;
	r = check_key(builder, directive, block->node, key);
	if (r <= 0)
		return r;
	key->location = pst_policy_location_of(directive);
	*block->key_tail = key;
	block->key_tail = &key->next;
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

/* A feature that this host lacks is a warning: the policy may be for another
 * host. */
static int read_feature(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			uint32_t word_index, uint32_t *features)
{
	size_t feature_index = 0;
	int r;

	r = pst_policy_word_choice(builder, directive, word_index,
				   pst_feature_names, PST_FEATURE_COUNT,
				   &feature_index);
	if (r <= 0)
		return r;
	*features |= 1u << feature_index;
	if (!(builder->options.missing_features & 1u << feature_index))
		return 0;
	return pst_policy_report_word_as(
		builder, POSTERN_SEVERITY_WARNING, directive, word_index,
		"the node cannot be opened here; 'postern doctor' lists the "
		"features",
		"this host lacks the feature '%s'",
		directive->words[word_index].text);
}

static int read_require(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct node_block *block = object;
	struct pst_policy_requirement *requirement;
	uint32_t i;
	int r = 0;

	requirement = pst_arena_new(pst_policy_builder_arena(builder), 1,
				    sizeof(*requirement));
	if (!requirement)
		return -ENOMEM;
	requirement->location = pst_policy_location_of(directive);
	requirement->directive = directive;
	requirement->words = pst_policy_join_words(builder, directive);
	if (!requirement->words)
		return -ENOMEM;
	for (i = 1; i < directive->word_count && r >= 0; i++)
		r = read_feature(builder, directive, i, &requirement->features);
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
	uint64_t count;
	int r;

	r = pst_policy_word_number(builder, directive, 1, 1, PST_SLOTS_MAX,
				   &count);
	if (r > 0)
		block->node->slot_count = (uint32_t)count;
	return r;
}

static int read_audit(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	struct node_block *block = object;
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1,
				   pst_policy_audit_names, 3, &choice);
	if (r > 0)
		block->node->audit = (enum postern_audit)choice;
	return r;
}

static int read_allow(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	struct node_block *block = object;
	struct pst_policy_allow *allow;

	allow = pst_arena_new(pst_policy_builder_arena(builder), 1,
			      sizeof(*allow));
	if (!allow)
		return -ENOMEM;
	*block->node->allow_tail = allow;
	block->node->allow_tail = &allow->next;
	return pst_policy_read_allow(builder, directive, allow);
}

static int read_deny(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	struct node_block *block = object;

	return pst_policy_read_rule(builder, directive, &block->node->deny_tail);
}

static int read_limits(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	struct node_block *block = object;

	return pst_policy_read_limits(builder, directive, PST_POLICY_SCOPE_NODE,
				      block->node->limits);
}

/* `key` takes one word here, but many in a peer: its function counts them. */
static const struct pst_policy_key node_keys[] = {
	{"owner", 1, 2, 0, read_owner, owner_usage},
	{"socket", 1, 5, 0, read_socket,
	 "usage: socket PATH [mode OCTAL] [group NAME]"},
	{"key", 1, MANY, REPEAT, read_key, "usage: key x25519:BASE64"},
	{"security", 1, 1, 0, read_security, "usage: security none|mac|aead"},
	{"require", 1, MANY, REPEAT | APART, read_require,
	 "usage: require FEATURE..."},
	{"slots", 1, 1, APART, read_slots, "usage: slots N"},
	{"audit", 1, 1, APART, read_audit, "usage: audit none|deny|all"},
	{"allow", 1, MANY, BLOCK | REPEAT | APART, read_allow,
	 "usage: allow PEER... { direction ... }"},
	{"deny", 1, MANY, REPEAT, read_deny, "usage: deny PEER..."},
	{"limits", 0, 0, BLOCK | APART, read_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_node_block = {
	"node", node_keys, sizeof(node_keys) / sizeof(node_keys[0])
};

static const struct pst_policy_key extension_keys[] = {
	{"security", 1, 1, 0, read_security, "usage: security none|mac|aead"},
	{"require", 1, MANY, REPEAT, read_require, "usage: require FEATURE..."},
	{"allow", 1, MANY, BLOCK | REPEAT, read_allow,
	 "usage: allow PEER... { direction ... }"},
	{"deny", 1, MANY, REPEAT, read_deny, "usage: deny PEER..."},
	{"limits", 0, 0, BLOCK, read_limits, "usage: limits { }"},
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

/* An allow of the own block must not require less security than the node
 * does. */
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

/* Check the lines by which a client recognises the node, and whether the file
 * may define it. */
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

static int read_node_body(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  struct pst_policy_node *node, bool has_errors)
{
	uint32_t error_count = builder->error_count;
	struct node_block block = block_of(node);
	int r;

	r = pst_policy_block_read(builder, &pst_policy_node_block,
				  directive->children, &block, &node->fault);
	if (r < 0)
		return r;
	node->has_errors = has_errors || builder->error_count > error_count ||
			   directive->source->message;
	if (!node->has_errors)
		return check_node(builder, directive, &block);
	/* the lines that a client needs are checked in any case */
	if (has_errors || node->connect_fault || directive->source->message)
		return 0;
	return check_identity(builder, directive, &block);
}

int pst_policy_read_node(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	uint32_t error_count = builder->error_count;
	const struct pst_policy_fault **before;
	struct pst_policy_node *node;
	int r;

	(void)object;
	r = pst_policy_word_name(builder, directive, 1);
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
	r = pst_policy_index_define(&builder->node_index, builder, directive,
				    node, &node->location, &node->connect_fault,
				    " ('extend node' adds to it)");
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
			      const struct pst_policy_directive *directive,
			      void *object)
{
	const struct pst_policy_fault **before;
	struct pst_policy_extension *extension;
	struct node_block block;
	int r;

	(void)object;
	if (strcmp(directive->words[1].text, "node") != 0)
		return pst_policy_report_word(builder, directive, 1,
					      "usage: extend node NAME { }",
					      "only a node can be extended");
	r = pst_policy_word_name(builder, directive, 2);
	if (r < 0)
		return r;

	extension = pst_arena_new(&builder->policy->directive_arena, 1,
				  sizeof(*extension));
	if (!extension)
		return -ENOMEM;
	extension->directive = directive;
	*builder->extension_tail = extension;
	builder->extension_tail = &extension->next;

	block = block_of(&extension->content);
	before = pst_policy_builder_enter(builder, &extension->content.fault);
	r = pst_policy_block_read(builder, &pst_policy_extension_block,
				  directive->children, &block, NULL);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}
