/* SPDX-License-Identifier: ISC */
/*
 * The builder: from texts to a table
 *
 * Nothing here opens a file, resolves a name or reads a clock: the caller passes
 * the texts in, and answers questions about the host through callbacks.
 */
#ifndef POSTERN_POLICY_POLICY_BUILDER_H
#define POSTERN_POLICY_POLICY_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "policy/policy.h"
#include "policy/policy_host.h"
#include "policy/policy_index.h"
#include "policy/policy_table.h"
#include "policy/policy_tree.h"

#define PST_POLICY_FILE_BYTES_MAX (1024u * 1024u)

struct pst_policy_builder_options {
	uint32_t flags;          /* POSTERN_POLICY_* */
	uint32_t missing_features; /* POSTERN_FEATURE_* bits: to require one
				    * of these is a warning */
	uint32_t page_bytes;     /* a ring is at least this; 0: 4096 */
	uint32_t overflow_uid;   /* 0: 65534 */
	uint32_t overflow_gid;
	struct pst_policy_host host;
};

/* An `include-dir` that the loader has not read yet. */
struct pst_policy_include {
	struct pst_policy_include *next;
	const char *path;
	struct pst_policy_location location;
};

/* An `extend node`: merged into its node when all texts are read. */
struct pst_policy_extension {
	struct pst_policy_extension *next;
	const struct pst_policy_directive *directive;
	struct pst_policy_node content;  /* only keys of an extension; and the
					  * errors of the block */
};

struct pst_policy_builder {
	struct pst_policy_builder_options options;
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	struct pst_policy_source *source;         /* at hand */
	const struct pst_policy_source *first_source;
	struct pst_policy_peer **peer_tail;
	uint32_t peer_count;
	struct pst_policy_tenant **tenant_tail;
	struct pst_policy_node **node_tail;
	struct pst_policy_index peer_index;
	struct pst_policy_index tenant_index;
	struct pst_policy_index node_index;
	struct pst_policy_index members_index; /* of groups, by gid */
	struct pst_policy_extension *extensions;
	struct pst_policy_extension **extension_tail;
	struct pst_policy_include *includes;      /* not yet handed out */
	struct pst_policy_include **include_tail;
	uint32_t include_count;
	uint32_t error_count;
	uint32_t source_error_count;  /* error_count before this source */
	size_t suggestion_budget;     /* for names that are not known */
	bool is_incomplete;  /* a text is missing or cut by a syntax error */
	bool is_cut;         /* this source was not read to its end */
	const struct pst_policy_fault **block_fault; /* of the block at hand */
};

/* options and diagnostics are borrowed until the builder is freed. */
PST_MUST_CHECK
int pst_policy_builder_new(const struct pst_policy_builder_options *options,
			   struct postern_diagnostics *diagnostics,
			   struct pst_policy_builder **ret_builder);
struct pst_policy_builder *
pst_policy_builder_free(struct pst_policy_builder *builder);

/*
 * Add one text.  Errors go to the diagnostics and make their block, or the
 * whole text, unusable.  The return value is 0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_builder_add_source(struct pst_policy_builder *builder,
				  const char *file_name, const char *text,
				  size_t text_bytes, uint32_t owner_uid);

/* The next `include-dir` that has been read and not yet been handed out, in the
 * order of reading; NULL when there is none. */
const struct pst_policy_include *
pst_policy_builder_next_include(struct pst_policy_builder *builder);

/*
 * Report an error or warning of the loader, such as an unreadable file.  line 0:
 * the file as a whole.  An error makes every node unusable.  hint may be NULL.
 */
PST_MUST_CHECK
int pst_policy_builder_report(struct pst_policy_builder *builder,
			      enum postern_severity severity,
			      const char *file_name, uint32_t line,
			      const char *message, const char *hint);

/*
 * Check the rules that span several texts and hand the table over.  Blocks with
 * errors are marked as unusable.  Afterwards the builder can only be freed,
 * also on failure.  Returns 0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_builder_finish(struct pst_policy_builder *builder,
			      struct postern_policy **ret_policy);

/*
 * For the readers of blocks.  They return no -ENOMEM: the arena of the table
 * remembers a failed allocation, with which reading ends.
 */

/*
 * From now on errors make this block unusable; the first one stays.  Returns
 * the fault of the block before, to return to.
 */
static inline const struct pst_policy_fault **
pst_policy_builder_enter(struct pst_policy_builder *builder,
			 const struct pst_policy_fault **block_fault)
{
	const struct pst_policy_fault **before = builder->block_fault;

	builder->block_fault = block_fault;
	return before;
}

struct pst_arena *pst_policy_builder_arena(struct pst_policy_builder *builder);

struct pst_policy_location
pst_policy_location_of(const struct pst_policy_directive *directive);

/*
 * Report an error at a word.  hint may be NULL.  The message is cut at 300 bytes.
 * All return false, so that a reader of a value can end with it.
 */
PST_PRINTF(4, 5)
bool pst_policy_report(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word, const char *hint,
		       const char *format, ...);

/* An error that makes this block unusable, and not the block at hand.  With the
 * fault of the source at hand, whose lines may be in the wrong block, each of its
 * blocks is. */
PST_PRINTF(5, 6)
bool pst_policy_report_in(struct pst_policy_builder *builder,
			  const struct pst_policy_fault **fault,
			  const struct pst_policy_word *word, const char *hint,
			  const char *format, ...);

/* An error or a warning. */
PST_PRINTF(5, 6)
bool pst_policy_report_as(struct pst_policy_builder *builder,
			  enum postern_severity severity,
			  const struct pst_policy_word *word, const char *hint,
			  const char *format, ...);

/* A question about the host failed with this -errno.  hint NULL: its text is the
 * hint.  A lack of memory is not reported, but remembered. */
PST_PRINTF(5, 6)
bool pst_policy_report_host(struct pst_policy_builder *builder,
			    const struct pst_policy_word *word, int result,
			    const char *hint, const char *format, ...);

/* An error at a location in a source. */
void pst_policy_report_at(struct pst_policy_builder *builder,
			  const struct pst_policy_source *source, uint32_t line,
			  uint32_t column, uint32_t width, const char *hint,
			  const char *message);

/* A source has so many errors that no further one would be shown. */
bool pst_policy_has_all_errors(const struct pst_policy_builder *builder,
			       const struct pst_policy_source *source);

/* An error, unless a flag of the options makes it a warning. */
static inline enum postern_severity
pst_policy_severity_of(const struct pst_policy_builder *builder,
		       enum postern_policy_flag flag)
{
	return builder->options.flags & flag ? POSTERN_SEVERITY_WARNING
					     : POSTERN_SEVERITY_ERROR;
}

static inline bool pst_policy_is_owner(const struct pst_policy_node *node,
				       uint32_t uid)
{
	return node->owner_fact == POSTERN_FACT_KNOWN && node->owner_uid == uid;
}

/* The words of a directive, joined by spaces; NULL when memory is out. */
const char *pst_policy_join_words(struct pst_policy_builder *builder,
				  const struct pst_policy_directive *directive);

/* When all texts are read: these, too, leave a lack of memory to the arena. */

void pst_policy_link(struct pst_policy_builder *builder);

/* Errors of nodes as a whole (policy_check.c). */
void pst_policy_check(struct pst_policy_builder *builder);

/* Warn about rules that have no effect (policy_lint.c). */
void pst_policy_lint(struct pst_policy_builder *builder);

/* Which blocks are unusable because of others (policy_fault.c). */
void pst_policy_link_faults(struct postern_policy *policy);

#endif
