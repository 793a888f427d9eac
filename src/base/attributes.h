/* SPDX-License-Identifier: ISC */
/*
 * Compiler attributes
 *
 * What the compiler can check or arrange for us, under names that say what is
 * meant.  gcc and clang share all of them; there is no fallback, because code
 * that leans on PST_CLEANUP leaks where the attribute is missing.
 */
#ifndef POSTERN_BASE_ATTRIBUTES_H
#define POSTERN_BASE_ATTRIBUTES_H

/*
 * The result is an error or an ownership: ignoring it is a bug, unless said so
 * with (void) and a reason.  (gcc lets its own attribute not be overruled by
 * (void), so there it is the standard one.)  Stands first in a declaration.
 */
#ifdef __clang__
#define PST_MUST_CHECK __attribute__((warn_unused_result))
#else
#define PST_MUST_CHECK [[nodiscard]]
#endif

/*
 * On purpose, for the reason in the comment beside it.  Does what (void) does
 * and also quiets gcc about functions of libc, where a cast is not enough.
 */
#define PST_IGNORE(expression) \
	do { \
		__typeof__(expression) ignored_ = (expression); \
		(void)ignored_; \
	} while (0)

/* Calls function(&variable) when the variable leaves its scope. */
#define PST_CLEANUP(function) __attribute__((cleanup(function)))

/* Arguments are checked as printf's are; both counted from 1. */
#define PST_PRINTF(format_index, first_argument_index) \
	__attribute__((format(printf, format_index, first_argument_index)))

/* For the two or three branches of the data path where it was measured. */
#define PST_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define PST_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Keeps a path that is taken once in a while out of the one taken always. */
#define PST_COLD __attribute__((cold, noinline))

/* The same for a path that is taken often, but is longer than the usual one. */
#define PST_NOINLINE __attribute__((noinline))

/*
 * Two cache lines: neighbours are fetched in pairs, so memory that two threads
 * or processes write must be this far apart.
 */
#define PST_LINE_BYTES 128

#endif
