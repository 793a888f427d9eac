/* SPDX-License-Identifier: ISC */
/*
 * How the suite was asked to run
 */
#include "support/test_options.h"

#include <stdlib.h>
#include <string.h>

#include <postern/result.h>

#define DEADLINE_NS (20 * UINT64_C(1000000000))
#define DEADLINE_WITH_RUNNER_NS (120 * UINT64_C(1000000000))

static uint32_t feature_of(const char *name)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} features[] = {
		{"all", POSTERN_FEATURES_ALL},
		{"passrights", POSTERN_FEATURE_PASSRIGHTS},
		{"peerpidfd", POSTERN_FEATURE_PEERPIDFD},
		{"pidfs", POSTERN_FEATURE_PIDFS},
		{"noexec-seal", POSTERN_FEATURE_NOEXEC_SEAL},
		{"aes", POSTERN_FEATURE_AES},
	};
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (strcmp(name, features[i].name) == 0)
			return features[i].bits;
	fprintf(stderr, "POSTERN_TEST_DISABLE_FEATURES: no feature '%s'\n",
		name);
	abort();
}

uint32_t test_disable_features(void)
{
	const char *list = getenv("POSTERN_TEST_DISABLE_FEATURES");
	char copy[256], *word, *rest = copy;
	uint32_t bits = 0;

	(void)snprintf(copy, sizeof(copy), "%s", list ? list : "");
	while ((word = strsep(&rest, ", ")))
		if (word[0])
			bits |= feature_of(word);
	return bits;
}

uint32_t test_features(void)
{
	return postern_features() & ~test_disable_features();
}

uint64_t test_deadline_ns(void)
{
	const char *patience = getenv("POSTERN_TEST_PATIENCE_S");

	if (patience)
		return postern_deadline_after(strtoul(patience, NULL, 10) *
					      UINT64_C(1000000000));
	return postern_deadline_after(test_has_runner()
					      ? DEADLINE_WITH_RUNNER_NS
					      : DEADLINE_NS);
}
