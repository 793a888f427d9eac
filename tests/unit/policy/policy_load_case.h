/* SPDX-License-Identifier: ISC */
/*
 * Policies on a real disk, for the tests of their loading
 */
#ifndef POSTERN_UNIT_POLICY_POLICY_LOAD_CASE_H
#define POSTERN_UNIT_POLICY_POLICY_LOAD_CASE_H

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/features.h"
#include "policy/policy_diagnostics.h"
#include "policy/policy_load.h"
#include "policy/policy_table.h"

static char directory[64];
static struct postern_diagnostics *diagnostics;
static struct postern_policy *policy;

static inline void setup(void)
{
	strcpy(directory, "/tmp/postern-policy-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chmod(directory, 0755), 0);
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	policy = NULL;
}

static inline int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

/* Not by rm: some of the tests have hidden its libraries. */
static inline void teardown(void)
{
	ck_assert_int_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS),
			 0);
	diagnostics = pst_diagnostics_free(diagnostics);
	(void)pst_policy_unref(policy); /* always NULL */
}

__attribute__((format(printf, 2, 3)))
static inline void write_file(const char *path, const char *format, ...)
{
	va_list arguments;
	FILE *file;

	file = fopen(path, "w");
	ck_assert_msg(file, "cannot write %s", path);
	fputs("policy-version 1\n", file);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fputs("end\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}

static inline const char *in(const char *name)
{
	static char paths[4][128];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static inline int load_with(const char *file, uint32_t flags,
			    uint32_t disable_features)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;

	(void)pst_policy_unref(policy); /* always NULL */
	policy = NULL;
	options.file = file;
	options.flags = flags;
	options.disable_features = disable_features;
	return pst_policy_load(&options, pst_features_probe(disable_features),
			       diagnostics, &policy);
}

/* -EINVAL when there is an error anywhere. */
static inline int load_whole(const char *file, uint32_t flags,
			     uint32_t disable_features)
{
	int r = load_with(file, flags, disable_features);

	return r == 0 && policy->has_errors ? -EINVAL : r;
}

static inline int load(const char *file)
{
	return load_whole(file, 0, 0);
}

static inline bool opens(const char *name)
{
	const struct pst_policy_node *node = pst_policy_find_node(policy, name);

	return node && !node->fault;
}

static inline bool can_be_reached(const char *name)
{
	const struct pst_policy_node *node = pst_policy_find_node(policy, name);

	return node && !node->connect_fault;
}

static inline bool has_finding(const char *part)
{
	const struct postern_diagnostic *diagnostic;
	size_t i;

	for (i = 0; (diagnostic = pst_diagnostics_at(diagnostics, i)); i++) {
		if (strstr(diagnostic->message, part) ||
		    strstr(diagnostic->file, part))
			return true;
	}
	return false;
}

static inline bool has_node(const char *name)
{
	return pst_policy_find_node(policy, name) != NULL;
}

/* A user may write about nodes of his own only. */
static inline void write_node(const char *path, const char *name)
{
	write_file(path, "node %s {\nowner user %u\nsocket /run/%s\n}\n", name,
		   (unsigned int)geteuid(), name);
}

#endif
