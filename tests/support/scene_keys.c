/* SPDX-License-Identifier: ISC */
/*
 * A scene's keys: made by root, in files of those whose they are
 */
#include "support/scene.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum role role;
} keys[SCENE_KEYS] = {
	[SCENE_KEY_NODE] = {"nodekey", ROLE_OWNER},
	[SCENE_KEY_NEXT] = {"nextkey", ROLE_OWNER},
	[SCENE_KEY_PEER] = {"peerkey", ROLE_PEER},
	[SCENE_KEY_OTHER] = {"otherkey", ROLE_OTHER},
};

void scene_make_keys(struct scene *scene)
{
	uint8_t key[POSTERN_KEY_BYTES];
	char *path;
	size_t i;

	for (i = 0; i < SCENE_KEYS; i++) {
		path = scene->key_paths[i];
		(void)snprintf(path, sizeof(scene->key_paths[i]), "%s/%s",
			       scene->policy_directory, keys[i].name);
		ck_assert_int_eq(postern_key_create(path, key, NULL), 0);
		postern_key_text(key, scene->key_texts[i]);
		if (users_are_several())
			ck_assert_int_eq(chown(path, uid_of(keys[i].role),
					       gid_of(keys[i].role)), 0);
	}
}

const char *scene_key_text(const struct scene *scene, const char *name,
			   size_t name_bytes)
{
	size_t i;

	for (i = 0; i < SCENE_KEYS; i++)
		if (strlen(keys[i].name) == name_bytes &&
		    memcmp(keys[i].name, name, name_bytes) == 0)
			return scene->key_texts[i];
	return NULL;
}
