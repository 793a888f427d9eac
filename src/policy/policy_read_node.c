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
#include <stddef.h>
#include <stdlib.h>
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
#define AT(field) offsetof(struct pst_policy_node, field)

static const char owner_usage[] = "usage: owner user NAME, or owner unmapped";

static void read_owner(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *field)
{
	static const char *const choices[] = {"user", "unmapped"};
	const struct pst_policy_word *words = directive->words;
	struct pst_policy_node *node = field;
	uint32_t is_unmapped;

	if (!pst_policy_word_choice(builder, &words[1], choices, 2,
				    &is_unmapped))
		return;
	if (is_unmapped != (directive->word_count == 2)) {
		pst_policy_report(builder, &words[1], owner_usage,
				  is_unmapped ? "'owner unmapped' takes no name"
					      : "'owner user' needs a name");
	} else if (is_unmapped) {
		node->owner_fact = POSTERN_FACT_ABSENT;
		node->owner_uid = UINT32_MAX;
		node->has_owner = true;
	} else {
		node->has_owner = pst_policy_word_user(builder, &words[2],
						       &node->owner_fact,
						       &node->owner_uid);
	}
}

/* `socket PATH [mode OCTAL] [group NAME]`.  The path must fit the kernel's
 * address; so must the name alone behind /proc/thread-self/fd/N/, by which the
 * socket is reached too. */

static bool read_mode(struct pst_policy_builder *builder,
		      const struct pst_policy_word *word, uint32_t *ret_mode)
{
	size_t digit_count = strspn(word->text, "01234567");

	if (word->text[digit_count] != '\0' || digit_count < 3 ||
	    digit_count > 4 || (digit_count == 4 && word->text[0] != '0'))
		return pst_policy_report(
			builder, word,
			"three octal digits, with or without a 0 before them",
			"'%s' is not a mode", word->text);
	*ret_mode = (uint32_t)strtoul(word->text, NULL, 8);
	return true;
}

static bool read_socket_word(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     uint32_t word_index, struct pst_policy_node *node)
{
	const struct pst_policy_word *word = &directive->words[word_index];

	if (strcmp(word->text, "mode") != 0 && strcmp(word->text, "group") != 0)
		return pst_policy_report(
			builder, word,
			"usage: socket PATH [mode OCTAL] [group NAME]",
			"unexpected word '%s' in 'socket'", word->text);
	if (word_index > 2 &&
	    strcmp(word->text, directive->words[word_index - 2].text) == 0)
		return pst_policy_report(builder, word, NULL,
					 "'%s' is given twice", word->text);
	if (word_index + 1 == directive->word_count)
		return pst_policy_report(builder, word, NULL,
					 "'%s' needs a value", word->text);
	if (word->text[0] == 'm')
		return read_mode(builder, word + 1, &node->socket_mode);
	return pst_policy_word_group(builder, word + 1,
				     &node->socket_group_fact,
				     &node->socket_gid);
}

static void check_socket_path(struct pst_policy_builder *builder,
			      const struct pst_policy_word *path)
{
	if (!pst_policy_word_path(builder, path))
		return;
	if (strlen(path->text) > SOCKET_PATH_BYTES_MAX)
		pst_policy_report(builder, path, NULL,
				  "a socket's path has at most %u bytes",
				  SOCKET_PATH_BYTES_MAX);
	else if (strlen(strrchr(path->text, '/') + 1) > SOCKET_NAME_BYTES_MAX)
		pst_policy_report(builder, path, NULL,
				  "a socket's name has at most %u bytes",
				  SOCKET_NAME_BYTES_MAX);
	else if (path->text[1] == '\0')
		pst_policy_report(builder, path, NULL,
				  "'/' is no name for a socket");
}

static void read_socket(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *field)
{
	struct pst_policy_node *node = field;
	uint32_t i;

	check_socket_path(builder, &directive->words[1]);
	node->socket_path = directive->words[1].text;
	for (i = 2; i < directive->word_count; i += 2)
		(void)read_socket_word(builder, directive, i, node);
}

/* Each of these lines may belong to a peer, which has keys too, or to another
 * node. */
static bool check_key(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      const struct pst_policy_node *node, const uint8_t *key)
{
	const struct pst_policy_fault **fault = &builder->source->fault;
	const struct pst_policy_word *words = directive->words;

	if (directive->word_count > 2)
		return pst_policy_report_in(
			builder, fault, &words[2], "usage: key x25519:BASE64",
			"unexpected word '%s' after '%s'", words[2].text,
			words[1].text);
	if (node->keys && node->keys->next)
		return pst_policy_report_in(
			builder, fault, &words[0],
			"the old one and the new one, while it is rotated",
			"more than two keys of one node");
	if (node->keys &&
	    memcmp(node->keys->key, key, sizeof(node->keys->key)) == 0)
		return pst_policy_report_in(builder, fault, &words[1], NULL,
					    "the same key twice");
	return true;
}

static void read_key(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *field)
{
	struct pst_policy_node *node = field;
	struct pst_policy_node_key *key;

	key = pst_arena_new(pst_policy_builder_arena(builder), 1, sizeof(*key));
	if (!key ||
	    !pst_policy_word_key(builder, &directive->words[1], key->key) ||
	    !check_key(builder, directive, node, key->key))
		return;
	key->location = pst_policy_location_of(directive);
	key->text = directive->words[1].text;
	*node->key_tail = key;
	node->key_tail = &key->next;
}

/* A feature that this host lacks is a warning: the policy may be for another
 * host. */
static uint32_t read_feature(struct pst_policy_builder *builder,
			     const struct pst_policy_word *word)
{
	uint32_t feature_index;

	if (!pst_policy_word_choice(builder, word, pst_feature_names,
				    PST_FEATURE_COUNT, &feature_index))
		return 0;
	if (builder->options.missing_features & 1u << feature_index)
		pst_policy_report_as(
			builder, POSTERN_SEVERITY_WARNING, word,
			"the node cannot be opened here; 'postern doctor' "
			"lists the features",
			"this host lacks the feature '%s'", word->text);
	return 1u << feature_index;
}

static void read_require(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *field)
{
	struct pst_policy_requirement ***tail = field, *requirement;
	uint32_t i;

	requirement = pst_arena_new(pst_policy_builder_arena(builder), 1,
				    sizeof(*requirement));
	if (!requirement)
		return;
	requirement->location = pst_policy_location_of(directive);
	requirement->directive = directive;
	requirement->words = pst_policy_join_words(builder, directive);
	for (i = 1; i < directive->word_count; i++)
		requirement->features |=
			read_feature(builder, &directive->words[i]);
	**tail = requirement;
	*tail = &requirement->next;
}

static void read_slots(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *field)
{
	uint32_t *slot_count = field;
	uint64_t number;

	if (pst_policy_word_number(builder, &directive->words[1], 1,
				   PST_SLOTS_MAX, &number))
		*slot_count = (uint32_t)number;
}

static void read_audit(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *field)
{
	enum postern_audit *audit = field;
	uint32_t choice;

	if (pst_policy_word_choice(builder, &directive->words[1],
				   pst_policy_audit_names, 3, &choice))
		*audit = (enum postern_audit)choice;
}

/* `key` takes one word here, but many in a peer: its function counts them. */
static const struct pst_policy_key node_keys[] = {
	{"owner", 1, 2, 0, 0, read_owner, owner_usage},
	{"socket", 1, 5, 0, 0, read_socket,
	 "usage: socket PATH [mode OCTAL] [group NAME]"},
	{"key", 1, MANY, REPEAT, 0, read_key, "usage: key x25519:BASE64"},
	{"security", 1, 1, 0, AT(security), pst_policy_read_security,
	 "usage: security none|mac|aead"},
	{"require", 1, MANY, REPEAT | APART, AT(requirement_tail), read_require,
	 "usage: require FEATURE..."},
	{"slots", 1, 1, APART, AT(slot_count), read_slots, "usage: slots N"},
	{"audit", 1, 1, APART, AT(audit), read_audit,
	 "usage: audit none|deny|all"},
	{"allow", 1, MANY, BLOCK | REPEAT | APART, AT(allow_tail),
	 pst_policy_read_allow, "usage: allow PEER... { direction ... }"},
	{"deny", 1, MANY, REPEAT, AT(deny_tail), pst_policy_read_rule,
	 "usage: deny PEER..."},
	{"limits", 0, 0, BLOCK | APART, AT(limits), pst_policy_read_limits,
	 "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_node_block = {
	"node", node_keys, sizeof(node_keys) / sizeof(node_keys[0])
};

static const struct pst_policy_key extension_keys[] = {
	{"security", 1, 1, 0, AT(security), pst_policy_read_security,
	 "usage: security none|mac|aead"},
	{"require", 1, MANY, REPEAT, AT(requirement_tail), read_require,
	 "usage: require FEATURE..."},
	{"allow", 1, MANY, BLOCK | REPEAT, AT(allow_tail),
	 pst_policy_read_allow, "usage: allow PEER... { direction ... }"},
	{"deny", 1, MANY, REPEAT, AT(deny_tail), pst_policy_read_rule,
	 "usage: deny PEER..."},
	{"limits", 0, 0, BLOCK, AT(limits), pst_policy_read_limits,
	 "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_extension_block = {
	"extend node", extension_keys, sizeof(extension_keys) / sizeof(extension_keys[0])
};

static void init_tails(struct pst_policy_node *node)
{
	node->key_tail = &node->keys;
	node->allow_tail = &node->allows;
	node->deny_tail = &node->denies;
	node->requirement_tail = &node->requirements;
}

/* An allow of the own block must not require less security than the node does.
 * The line may be another node's, or a tenant's. */
static void check_securities(struct pst_policy_builder *builder,
			     const struct pst_policy_node *node)
{
	const struct pst_policy_word *word;
	const struct pst_policy_allow *allow;

	for (allow = node->allows; allow; allow = allow->next) {
		if (allow->security.location.line == 0 ||
		    allow->security.minimum >= node->security.minimum)
			continue;
		word = &pst_policy_find_child(allow->rule.directive, "security")
				->words[1];
		pst_policy_report_in(
			builder, &builder->source->fault, word,
			"an allow may only raise what its node demands",
			"'security %s' is below the node's", word->text);
	}
}

/* Check the lines by which a client recognises the node, and whether the file
 * may define it. */
static void check_identity(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   const struct pst_policy_node *node)
{
	const struct pst_policy_word *name = &directive->words[1];
	const struct pst_policy_directive *owner =
		pst_policy_find_child(directive, "owner");
	uint32_t uid = directive->source->owner_uid;

	if (!node->has_owner)
		pst_policy_report(builder, name, "owner user NAME",
				  "node '%s' has no 'owner'", node->name);
	else if (!node->socket_path)
		pst_policy_report(builder, name,
				  "socket PATH [mode OCTAL] [group NAME]",
				  "node '%s' has no 'socket'", node->name);
	else if (node->owner_fact == POSTERN_FACT_ABSENT && !node->keys)
		pst_policy_report(
			builder, &owner->words[1], "key x25519:BASE64",
			"node '%s' has 'owner unmapped' and no 'key'",
			node->name);
	else if (uid != 0 && !pst_policy_is_owner(node, uid))
		pst_policy_report_as(
			builder,
			pst_policy_severity_of(
				builder, POSTERN_POLICY_WARN_ON_UNTRUSTED),
			&owner->words[owner->word_count - 1],
			"only a file of root may define a node of another "
			"owner",
			"this file belongs to uid %u and not to the node's "
			"owner",
			uid);
}

void pst_policy_read_node(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *field)
{
	bool is_defined = pst_policy_word_name(builder, &directive->words[1]);
	const struct pst_policy_fault **before;
	struct pst_policy_node *node;

	(void)field;
	node = pst_arena_new(pst_policy_builder_arena(builder), 1,
			     sizeof(*node));
	if (!node)
		return;
	node->policy = builder->policy;
	node->name = directive->words[1].text;
	node->location = pst_policy_location_of(directive);
	node->directive = directive;
	node->socket_mode = DEFAULT_SOCKET_MODE;
	node->socket_group_fact = POSTERN_FACT_ABSENT;
	node->slot_count = PST_POLICY_DEFAULT_SLOTS;
	init_tails(node);
	is_defined &= pst_policy_index_define(&builder->node_index, builder,
					      directive, node,
					      &node->connect_fault,
					      " ('extend node' adds to it)");
	*builder->node_tail = node;
	builder->node_tail = &node->next;

	before = pst_policy_builder_enter(builder, &node->connect_fault);
	node->has_errors =
		!pst_policy_block_read(builder, &pst_policy_node_block,
				       directive->children, node,
				       &node->fault) ||
		!is_defined;
	/* the lines that a client needs are checked if only others have errors */
	if (is_defined && !node->connect_fault && !directive->source->message)
		check_identity(builder, directive, node);
	if (!node->has_errors && !node->connect_fault)
		check_securities(builder, node);
	(void)pst_policy_builder_enter(builder, before);
}

void pst_policy_read_extension(struct pst_policy_builder *builder,
			       const struct pst_policy_directive *directive,
			       void *field)
{
	const struct pst_policy_fault **before;
	struct pst_policy_extension *extension;

	(void)field;
	if (strcmp(directive->words[1].text, "node") != 0) {
		pst_policy_report(builder, &directive->words[1],
				  "usage: extend node NAME { }",
				  "only a node can be extended");
		return;
	}
	(void)pst_policy_word_name(builder, &directive->words[2]);
	extension = pst_arena_new(&builder->policy->directive_arena, 1,
				  sizeof(*extension));
	if (!extension)
		return;
	extension->directive = directive;
	*builder->extension_tail = extension;
	builder->extension_tail = &extension->next;

	init_tails(&extension->content);
	before = pst_policy_builder_enter(builder, &extension->content.fault);
	(void)pst_policy_block_read(builder, &pst_policy_extension_block,
				    directive->children, &extension->content,
				    NULL);
	(void)pst_policy_builder_enter(builder, before);
}
