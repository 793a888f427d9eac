/* SPDX-License-Identifier: ISC */
/*
 * Features of the host by name
 *
 * The names that --without takes are those that doctor prints, with what a host
 * loses that lacks them.
 */
#include "features.h"

#include <string.h>

const struct tool_feature tool_features[TOOL_FEATURE_COUNT] = {
	{
		.bit = POSTERN_FEATURE_PASSRIGHTS,
		.name = "passrights",
		.call = "SO_PASSRIGHTS, Linux 6.16",
		.lost = "a peer can send descriptors: each record is looked at "
			"first, and a thread closes what holds them",
	},
	{
		.bit = POSTERN_FEATURE_PEERPIDFD,
		.name = "peerpidfd",
		.call = "SO_PEERPIDFD, Linux 6.5",
		.lost = "a peer's end is noticed only when its socket closes, "
			"and rules by pid, unit, cgroup or exe match nobody",
	},
	{
		.bit = POSTERN_FEATURE_PIDFS,
		.name = "pidfs",
		.call = "inodes of pidfds, Linux 6.9",
		.lost = "a policy that names a process (pid N:INODE) cannot "
			"be loaded",
	},
	{
		.bit = POSTERN_FEATURE_NOEXEC_SEAL,
		.name = "noexec-seal",
		.call = "MFD_NOEXEC_SEAL, Linux 6.3",
		.lost = "a segment could be mapped executable by its reader",
	},
	{
		.bit = POSTERN_FEATURE_AES,
		.name = "aes",
		.call = "AES instructions, as libsodium uses them",
		.lost = "messages are secured with ChaChaPoly, which is slower",
		.is_speed = true,
	},
};

static uint32_t find_features(const char *name, size_t name_bytes)
{
	size_t i;

	if (name_bytes == 3 && memcmp(name, "all", 3) == 0)
		return POSTERN_FEATURES_ALL;
	for (i = 0; i < TOOL_FEATURE_COUNT; i++)
		if (strlen(tool_features[i].name) == name_bytes &&
		    memcmp(tool_features[i].name, name, name_bytes) == 0)
			return (uint32_t)tool_features[i].bit;
	return 0;
}

const char *tool_parse_features(const char *text, uint32_t *ret_features)
{
	uint32_t features = 0, found;
	size_t name_bytes;

	for (;;) {
		name_bytes = strcspn(text, ",");
		found = find_features(text, name_bytes);
		if (found == 0)
			return "expected passrights, peerpidfd, pidfs, "
			       "noexec-seal, aes or all, separated by commas";
		features |= found;
		if (text[name_bytes] == '\0')
			break;
		text += name_bytes + 1;
	}
	*ret_features = features;
	return NULL;
}
