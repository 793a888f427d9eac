/* SPDX-License-Identifier: ISC */
/*
 * Features of the host by name
 *
 * `--without` and `doctor` speak of features by these names.  Which of them the
 * host has is for the library to say: postern_features().
 */
#ifndef POSTERN_TOOLS_FEATURES_H
#define POSTERN_TOOLS_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/result.h>

struct tool_feature {
	enum postern_feature bit;
	const char *name;
	const char *call;   /* its proper name, and since when */
	const char *lost;   /* what a host without it goes without */
	bool is_speed;      /* no defence: not of the hardening level */
};

#define TOOL_FEATURE_COUNT 5

extern const struct tool_feature tool_features[TOOL_FEATURE_COUNT];

/*
 * `NAME[,NAME]...` or `all` as bits.  Returns NULL, or why it is no such list.
 */
const char *tool_parse_features(const char *text, uint32_t *ret_features);

#endif
