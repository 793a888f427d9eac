/* SPDX-License-Identifier: ISC */
/*
 * Compiler attributes
 *
 * gcc and clang share all of them.  There is no fallback, because code that
 * uses PST_CLEANUP leaks if the attribute is missing.
 */
#ifndef POSTERN_BASE_ATTRIBUTES_H
#define POSTERN_BASE_ATTRIBUTES_H

/*
 * The result is an error or an ownership: ignoring it is a bug, unless it is
 * cast to (void) with a reason.  (gcc's own attribute is not silenced by
 * (void), so with gcc this is the standard one.)  It comes first in a
 * declaration.
 */
#ifdef __clang__
#define PST_MUST_CHECK __attribute__((warn_unused_result))
#else
#define PST_MUST_CHECK [[nodiscard]]
#endif

/*
 * Ignore a result, for the reason in the comment beside it.  Like (void), but
 * also silences gcc for functions of libc, for which a cast is not enough.
 */
#define PST_IGNORE(expression) \
	do { \
		__typeof__(expression) ignored_ = (expression); \
		(void)ignored_; \
	} while (0)

/* Calls function(&variable) when the variable goes out of scope. */
#define PST_CLEANUP(function) __attribute__((cleanup(function)))

/* Checks arguments like those of printf; both indices count from 1. */
#define PST_PRINTF(format_index, first_argument_index) \
	__attribute__((format(printf, format_index, first_argument_index)))

/* For the few branches of the data path for which a gain was measured. */
#define PST_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define PST_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Keeps a rare path out of the frequent one. */
#define PST_COLD __attribute__((cold, noinline))

/* The same for a path that is frequent, but longer than the usual one. */
#define PST_NOINLINE __attribute__((noinline))

/*
 * Two cache lines, since neighbours are fetched in pairs: the distance between
 * memory that two threads or processes write.
 */
#define PST_LINE_BYTES 128

#endif
