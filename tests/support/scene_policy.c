/* SPDX-License-Identifier: ISC */
/*
 * A scene's policy: the template, filled in, written and loaded
 */
#include "support/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/test_options.h"

const char SCENE_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

const char SCENE_OWNER_POLICY[] =
	"policy-version 1\n"
	"peer self {\n"
	"	user $owner\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0600\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow self {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static void write_value(const struct scene *scene, const char *name,
			size_t name_bytes, FILE *file)
{
	static const struct {
		const char *name;
		enum role role;
	} roles[] = {
		{"owner", ROLE_OWNER}, {"peer", ROLE_PEER},
		{"other", ROLE_OTHER}, {"third", ROLE_THIRD},
		{"fourth", ROLE_FOURTH}, {"fifth", ROLE_FIFTH},
		{"sixth", ROLE_SIXTH},
	};
	const char *key;
	size_t i;

	if (name_bytes == 3 && memcmp(name, "dir", 3) == 0) {
		(void)fputs(scene->directory, file);
		return;
	}
	if (name_bytes == 4 && memcmp(name, "word", 4) == 0) {
		(void)fputs(scene->pid_word, file);
		return;
	}
	key = scene_key_text(scene, name, name_bytes);
	if (key) {
		(void)fputs(key, file);
		return;
	}
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strlen(roles[i].name) != name_bytes ||
		    memcmp(name, roles[i].name, name_bytes) != 0)
			continue;
		(void)fprintf(file, "%u", (unsigned)uid_of(roles[i].role));
		return;
	}
	ck_abort_msg("no value for $%.*s", (int)name_bytes, name);
}

static void write_policy(const struct scene *scene, const char *template,
			 FILE *file)
{
	size_t name_bytes;

	for (; *template; template++) {
		if (*template != '$') {
			(void)fputc(*template, file);
			continue;
		}
		name_bytes = strspn(template + 1, "abcdefghijklmnopqrstuvwxyz");
		write_value(scene, template + 1, name_bytes, file);
		template += name_bytes;
	}
}

static void print_findings(const struct postern_diagnostics *diagnostics)
{
	char *text;
	size_t i;

	for (i = 0; i < postern_diagnostics_count(diagnostics); i++) {
		if (postern_diagnostics_format(diagnostics, i, &text) < 0)
			continue;
		fputs(text, stderr);
		free(text);
	}
}

void scene_init(struct scene *scene)
{
	size_t i;

	memset(scene, 0, sizeof(*scene));
	for (i = 0; i < SCENE_EVENTS_MAX; i++)
		scene->events[i].size_bytes = sizeof(scene->events[i]);
	stage_make_directory(ROLE_OWNER, scene->directory);
	stage_make_directory(ROLE_ROOT, scene->policy_directory);
	(void)snprintf(scene->socket_path, sizeof(scene->socket_path),
		       "%s/orders.sock", scene->directory);
	(void)snprintf(scene->policy_path, sizeof(scene->policy_path),
		       "%s/policy.conf", scene->policy_directory);
}

void scene_load(struct scene *scene, const char *policy_template)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *diagnostics;
	FILE *file;
	int r;

	file = fopen(scene->policy_path, "we");
	ck_assert_ptr_nonnull(file);
	write_policy(scene, policy_template, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(scene->policy_path, 0644), 0);

	options.file = scene->policy_path;
	options.disable_features = test_disable_features();
	ck_assert_int_eq(postern_diagnostics_new(&diagnostics), 0);
	scene->policy = postern_policy_free(scene->policy);
	r = postern_policy_load(&options, diagnostics, &scene->policy);
	print_findings(diagnostics);
	diagnostics = postern_diagnostics_free(diagnostics);
	ck_assert_int_eq(r, 0);
}

void scene_load_next(struct scene *scene, const char *policy_template)
{
	scene_load(scene, policy_template);
	scene->next = scene->policy;
	scene->policy = NULL;
}
