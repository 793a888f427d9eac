/* SPDX-License-Identifier: ISC */
/*
 * Loading policy files: see policy_load.h
 *
 * The same file name in /etc shadows /run shadows /usr/lib, and a link to
 * /dev/null in a directory masks the name in those behind it.  Names alone
 * decide which files are read.  The order of reading affects the order of
 * messages and nothing else.  A file that cannot be read still shadows, and a
 * directory that cannot be listed shadows everything: a file that the
 * administrator has replaced must not come back because of an error.
 *
 * An error does not end the loading.  The builder marks the nodes that the error
 * concerns; only a single file that the options name must parse as a whole.
 */
#include "policy/policy_load.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "os/name_lookup.h"
#include "os/name_table.h"
#include "os/own_process.h"
#include "os/peer_credentials.h"
#include "os/trusted_file.h"
#include "os/trusted_path.h"
#include "policy/policy_builder.h"

/* The strongest first. */
static const char *const system_directories[] = {
	"/etc/postern/policy.d",
	"/run/postern/policy.d",
	"/usr/lib/postern/policy.d",
};
#define SYSTEM_DIRECTORY_COUNT \
	(sizeof(system_directories) / sizeof(system_directories[0]))

#define SENTENCE_BYTES 512

/* A directory that was read: each is read once, however often it is
 * included. */
struct directory {
	struct directory *next;
	const char *path;
};

struct loader {
	struct pst_policy_builder *builder;
	struct pst_name_table *names;
	struct pst_arena arena; /* of the directories */
	struct directory *directories;
	uid_t reader;
	unsigned int trust_flags;
	uint32_t features;
	const struct postern_policy_options *options;
};

/* The users and groups of this host */

int pst_policy_host_init_names(struct pst_policy_host *ret_host,
			       struct pst_name_table **ret_names)
{
	int r;

	r = pst_name_table_new(PST_PASSWD_PATH, PST_GROUP_PATH, ret_names);
	if (r < 0)
		return r;
	*ret_host = (struct pst_policy_host){
		.names = *ret_names,
		.find_user = pst_name_table_find_uid,
		.find_group = pst_name_table_find_gid,
		.find_members = pst_name_table_find_members,
	};
	return 0;
}

/* Processes, programs and key files of this host */

static int find_process(void *user_data, int32_t pid, uint64_t inode,
			bool *ret_is_alive)
{
	const struct loader *loader = user_data;
	uint64_t found_inode;
	int r;

	r = pst_process_pidfd_inode(pid, loader->features, &found_inode);
	if (r < 0 && r != -ESRCH)
		return r;
	*ret_is_alive = r == 0 && found_inode == inode;
	return 0;
}

/* Report the fault of a path with this severity. */
static int report_fault(struct loader *loader, enum postern_severity severity,
			const char *path, const struct pst_path_fault *fault)
{
	char sentence[SENTENCE_BYTES];

	pst_path_fault_describe(fault, loader->reader, sentence,
				sizeof(sentence));
	return pst_policy_builder_report(loader->builder, severity, path, 0,
					 sentence, NULL);
}

static int find_program(void *user_data, const char *path, char *target,
			size_t target_bytes)
{
	(void)user_data;
	return pst_path_resolve(path, target, target_bytes);
}

static int read_key(void *user_data, const char *path, char *text,
		    size_t text_bytes, size_t *ret_text_bytes)
{
	struct loader *loader = user_data;
	struct pst_trusted_file file = {0};
	struct pst_path_fault fault;
	int r;

	text[0] = '\0';
	r = pst_trusted_file_read(path, loader->reader, loader->trust_flags,
				  &file, &fault);
	if (r < 0) {
		if (fault.kind != PST_PATH_FAULT_NONE)
			pst_path_fault_describe(&fault, loader->reader, text,
						text_bytes);
		return r;
	}
	if (fault.kind != PST_PATH_FAULT_NONE)
		r = report_fault(loader, POSTERN_SEVERITY_WARNING, path,
				 &fault);
	if (r == 0 && file.byte_count > text_bytes)
		r = -EFBIG;
	if (r == 0) {
		memcpy(text, file.bytes, file.byte_count);
		*ret_text_bytes = file.byte_count;
	}
	pst_trusted_file_done(&file);
	return r;
}

/* Files */

/* Report an error of a file or directory.  A lack of memory or descriptors is an
 * error of this process and ends the loading. */
static int report_result(struct loader *loader, const char *path, int result,
			 const struct pst_path_fault *fault)
{
	if (result == -ENOMEM || result == -EMFILE || result == -ENFILE)
		return result;
	if (result < 0)
		return report_fault(loader, POSTERN_SEVERITY_ERROR, path,
				    fault);
	if (fault->kind != PST_PATH_FAULT_NONE)
		return report_fault(loader, POSTERN_SEVERITY_WARNING, path,
				    fault);
	return 0;
}

/* listing: of the directory of the file, or NULL. */
static int load_file(struct loader *loader, const char *path,
		     const struct pst_trusted_listing *listing)
{
	struct pst_trusted_file file = {0};
	struct pst_path_fault fault;
	int read_result, r;

	read_result =
		listing ? pst_trusted_listing_read_file(
				  listing, path, loader->reader,
				  loader->trust_flags, &file, &fault)
			: pst_trusted_file_read(path, loader->reader,
						loader->trust_flags, &file,
						&fault);
	r = report_result(loader, path, read_result, &fault);
	if (r < 0 || read_result < 0)
		return r;
	r = pst_policy_builder_add_source(loader->builder, path, file.bytes,
					  file.byte_count, file.owner);
	pst_trusted_file_done(&file);
	return r;
}

static int load_entry(struct loader *loader, const char *directory,
		      const struct pst_trusted_listing *listing,
		      const struct pst_trusted_entry *entry)
{
	char *path;
	int r = 0;

	if (entry->kind != PST_TRUSTED_ENTRY_FILE &&
	    entry->kind != PST_TRUSTED_ENTRY_STRAY)
		return 0;
	if (asprintf(&path, "%s/%s", directory, entry->name) < 0)
		return -ENOMEM;
	if (entry->kind == PST_TRUSTED_ENTRY_FILE)
		r = load_file(loader, path, listing);
	else
		r = pst_policy_builder_report(loader->builder,
					      POSTERN_SEVERITY_WARNING, path, 0,
					      "this file is not read",
					      "policy files end in .conf");
	free(path);
	return r;
}

enum directory_state {
	DIRECTORY_LISTED,
	DIRECTORY_MISSING,    /* a directory of the system may be */
	DIRECTORY_UNREADABLE, /* reported */
};

static int list_directory(struct loader *loader, const char *path,
			  struct pst_trusted_listing *ret_listing,
			  enum directory_state *ret_state)
{
	struct pst_path_fault fault;
	int list_result, r;

	*ret_state = DIRECTORY_MISSING;
	list_result = pst_trusted_listing_read(
		path, loader->reader, loader->trust_flags, ret_listing, &fault);
	if (list_result == -ENOENT)
		return 0;
	*ret_state = list_result == 0 ? DIRECTORY_LISTED : DIRECTORY_UNREADABLE;
	r = report_result(loader, path, list_result, &fault);
	if (r < 0 && list_result == 0)
		pst_trusted_listing_done(ret_listing);
	return r;
}

/* Whether a stronger directory has a file or a mask of this name. */
static bool is_shadowed(const struct pst_trusted_listing *listings,
			size_t listing_count, const char *name)
{
	size_t i, j;

	for (i = 0; i < listing_count; i++) {
		for (j = 0; j < listings[i].entry_count; j++) {
			if (listings[i].entries[j].kind !=
				    PST_TRUSTED_ENTRY_STRAY &&
			    strcmp(listings[i].entries[j].name, name) == 0)
				return true;
		}
	}
	return false;
}

static int load_listing(struct loader *loader, const char *directory,
			const struct pst_trusted_listing *stronger,
			size_t stronger_count,
			const struct pst_trusted_listing *listing)
{
	size_t i;
	int r;

	for (i = 0; i < listing->entry_count; i++) {
		if (is_shadowed(stronger, stronger_count,
				listing->entries[i].name))
			continue;
		r = load_entry(loader, directory, listing,
			       &listing->entries[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* After a directory that cannot be listed nothing is read: it may shadow or
 * mask any file there. */
static int load_directories(struct loader *loader,
			    const struct pst_trusted_listing *candidate)
{
	/* the strongest first, and the candidate before all of them */
	struct pst_trusted_listing listings[1 + SYSTEM_DIRECTORY_COUNT] = {
		*candidate,
	};
	enum directory_state state = DIRECTORY_LISTED;
	size_t i, listed_count = 0;
	int r = 0;

	while (listed_count < SYSTEM_DIRECTORY_COUNT && r == 0 &&
	       state != DIRECTORY_UNREADABLE) {
		r = list_directory(loader, system_directories[listed_count],
				   &listings[1 + listed_count], &state);
		listed_count++;
	}
	for (i = 0; i < listed_count && r == 0; i++)
		r = load_listing(loader, system_directories[i], listings, 1 + i,
				 &listings[1 + i]);
	for (i = 0; i < SYSTEM_DIRECTORY_COUNT; i++)
		pst_trusted_listing_done(&listings[1 + i]);
	return r;
}

bool pst_policy_is_file_name(const char *name)
{
	return strlen(name) <= NAME_MAX && !strchr(name, '/') &&
	       pst_trusted_listing_is_policy_name(name);
}

/* The candidate shadows files of its name as if it were installed. */
static int load_system(struct loader *loader)
{
	const struct postern_policy_options *options = loader->options;
	struct pst_trusted_listing candidate = {0};
	struct pst_trusted_entry entry = {.kind = PST_TRUSTED_ENTRY_FILE};
	char name[NAME_MAX + 1];
	int r;

	if (options->candidate_name) {
		(void)snprintf(name, sizeof(name), "%s",
			       options->candidate_name); /* always fits */
		entry.name = name;
		candidate.entries = &entry;
		candidate.entry_count = 1;
	}
	r = load_directories(loader, &candidate);
	if (r < 0 || !options->candidate_name)
		return r;
	/* the last: a second definition is the candidate's */
	return pst_policy_builder_add_source(
		loader->builder,
		options->candidate_label ? options->candidate_label
					 : options->candidate_name,
		options->candidate_text, options->candidate_bytes, 0);
}

static bool is_known(const struct loader *loader, const char *path)
{
	const struct directory *directory = loader->directories;

	while (directory && strcmp(directory->path, path) != 0)
		directory = directory->next;
	return directory != NULL;
}

static int add_directory(struct loader *loader, const char *path)
{
	struct directory *directory;

	directory = pst_arena_new(&loader->arena, 1, sizeof(*directory));
	if (!directory)
		return -ENOMEM;
	directory->path = path;
	directory->next = loader->directories;
	loader->directories = directory;
	return 0;
}

static int load_include(struct loader *loader,
			const struct pst_policy_include *include)
{
	const char *path = include->path;
	struct pst_trusted_listing listing = {0};
	char sentence[SENTENCE_BYTES];
	enum directory_state state;
	int r;

	if (is_known(loader, path))
		return 0;
	r = add_directory(loader, path);
	if (r < 0)
		return r;
	r = list_directory(loader, path, &listing, &state);
	if (r < 0 || state == DIRECTORY_UNREADABLE)
		return r;
	if (state == DIRECTORY_LISTED) {
		r = load_listing(loader, path, NULL, 0, &listing);
		pst_trusted_listing_done(&listing);
		return r;
	}
	(void)snprintf(sentence, sizeof(sentence), "there is no directory '%s'",
		       path); /* may be cut */
	/* The file requires the directory, and any deny may be in it. */
	return pst_policy_builder_report(
		loader->builder, POSTERN_SEVERITY_ERROR, include->location.file,
		include->location.line, sentence,
		"create the directory, or remove the 'include-dir'");
}

static int load_includes(struct loader *loader)
{
	const struct pst_policy_include *include;
	int r = 0;

	while (r == 0 &&
	       (include = pst_policy_builder_next_include(loader->builder)))
		r = load_include(loader, include);
	return r;
}

static int load_all(struct loader *loader, const char *file)
{
	size_t i;
	int r = 0;

	if (file) {
		r = load_file(loader, file, NULL);
	} else {
		for (i = 0; i < SYSTEM_DIRECTORY_COUNT && r == 0; i++)
			r = add_directory(loader, system_directories[i]);
		if (r == 0)
			r = load_system(loader);
	}
	return r < 0 ? r : load_includes(loader);
}

static void done_loader(struct loader *loader)
{
	loader->builder = pst_policy_builder_free(loader->builder);
	loader->names = pst_name_table_free(loader->names);
	pst_arena_done(&loader->arena);
}

static int init_loader(struct loader *loader,
		       const struct postern_policy_options *options,
		       uint32_t features,
		       struct pst_policy_builder_options *builder_options,
		       struct postern_diagnostics *diagnostics)
{
	int r;

	loader->options = options;
	loader->reader = geteuid();
	loader->features = features;
	if (options->flags & POSTERN_POLICY_WARN_ON_UNTRUSTED)
		loader->trust_flags = PST_TRUSTED_FILE_WARN_ONLY;

	r = pst_policy_host_init_names(&builder_options->host, &loader->names);
	if (r < 0)
		return r;
	builder_options->host.user_data = loader;
	builder_options->host.find_process = find_process;
	builder_options->host.read_key = read_key;
	builder_options->host.find_program = find_program;
	builder_options->flags = options->flags;
	builder_options->missing_features = POSTERN_FEATURES_ALL & ~features;
	builder_options->page_bytes = (uint32_t)pst_own_page_bytes();
	r = pst_overflow_ids_read(&builder_options->overflow_uid,
				  &builder_options->overflow_gid);
	if (r < 0)
		return r;
	return pst_policy_builder_new(builder_options, diagnostics,
				      &loader->builder);
}

int pst_policy_load(const struct postern_policy_options *options,
		    uint32_t features, struct postern_diagnostics *diagnostics,
		    struct postern_policy **ret_policy)
{
	struct pst_policy_builder_options builder_options = {0};
	struct postern_policy *policy;
	struct loader loader = {0};
	int r;

	r = init_loader(&loader, options, features, &builder_options,
			diagnostics);
	if (r == 0)
		r = load_all(&loader, options->file);
	if (r == 0)
		r = pst_policy_builder_finish(loader.builder, &policy);
	done_loader(&loader);
	if (r < 0)
		return r;
	if (options->file && !policy->is_parsed) {
		(void)pst_policy_unref(policy); /* always NULL */
		return -EINVAL;
	}
	*ret_policy = policy;
	return 0;
}
