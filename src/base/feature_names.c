/* SPDX-License-Identifier: ISC */
/*
 * Names of the optional features: see feature_names.h
 */
#include "base/feature_names.h"

#include <postern/result.h>

const char *const pst_feature_names[PST_FEATURE_COUNT] = {
	"passrights", "peerpidfd", "pidfs", "noexec-seal", "aes",
};

_Static_assert(POSTERN_FEATURES_ALL == (1u << PST_FEATURE_COUNT) - 1,
	       "every feature has a name");
_Static_assert(POSTERN_FEATURE_PASSRIGHTS == 1 << 0 &&
		       POSTERN_FEATURE_PEERPIDFD == 1 << 1 &&
		       POSTERN_FEATURE_PIDFS == 1 << 2 &&
		       POSTERN_FEATURE_NOEXEC_SEAL == 1 << 3 &&
		       POSTERN_FEATURE_AES == 1 << 4,
	       "names are in the order of the bits");
