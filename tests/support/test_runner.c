/* SPDX-License-Identifier: ISC */
/*
 * How the suite was asked to run: what watches over it
 *
 * Apart from the rest, for tests that are not linked with the library.
 */
#include "support/test_options.h"

#include <stdlib.h>

bool test_has_runner(void)
{
	const char *runner = getenv("POSTERN_TEST_RUNNER");

	return runner && runner[0];
}

bool test_has_sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return true;
#else
	return false;
#endif
#else
	return false;
#endif
}
