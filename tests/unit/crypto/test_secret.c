/* SPDX-License-Identifier: ISC */
/*
 * Memory for secrets: what the kernel says about it, and what a child finds
 */
#include "crypto/secret.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/noise.h"
#include "crypto/record_seal.h"
#include "support/other_user.h"
#include "support/smaps.h"
#include "support/test_case.h"
#include "support/test_options.h"

static const size_t sizes[] = {1, 16, 32, 64, 4080, 4096, 5000, 20000};

#define SIZE_COUNT (sizeof(sizes) / sizeof(*sizes))

/* AddressSanitizer leaves mlock() out. */
static bool has_flags(const void *address)
{
	struct mapping mapping;

	return smaps_find(address, &mapping) &&
	       (test_has_sanitizer() || mapping_has_flag(&mapping, "lo")) &&
	       mapping_has_flag(&mapping, "dd") &&
	       mapping_has_flag(&mapping, "wf");
}

START_TEST(a_secret_is_locked_not_dumped_and_not_inherited,
	   .loop_end = SIZE_COUNT)
{
	size_t byte_count = sizes[_i];
	uint8_t *secret;

	skip_unless(access("/proc/self/smaps", R_OK) == 0,
		    "needs /proc/self/smaps");
	secret = pst_secret_new(byte_count);
	ck_assert_ptr_nonnull(secret);
	for (size_t i = 0; i < byte_count; i += 512)
		ck_assert(has_flags(secret + i));
	ck_assert(has_flags(secret + byte_count - 1));
	secret = pst_secret_free(secret);
	ck_assert_ptr_null(secret);
}
END_TEST

START_TEST(a_secret_begins_as_zero_and_is_aligned_as_its_size,
	   .loop_end = SIZE_COUNT)
{
	size_t byte_count = sizes[_i];
	uint8_t *secret = pst_secret_new(byte_count);
	size_t alignment = byte_count & -byte_count;

	ck_assert_ptr_nonnull(secret);
	for (size_t i = 0; i < byte_count; i++)
		ck_assert_uint_eq(secret[i], 0);
	ck_assert_uint_eq((uintptr_t)secret % (alignment < 4096 ? alignment
								: 4096), 0);
	secret = pst_secret_free(secret);
}
END_TEST

START_TEST(a_secret_is_unmapped_when_it_is_freed, .loop_end = SIZE_COUNT)
{
	struct mapping mapping;
	const void *was_there;
	void *secret;

	skip_unless(access("/proc/self/smaps", R_OK) == 0,
		    "needs /proc/self/smaps");
	secret = pst_secret_new(sizes[_i]);
	was_there = secret;
	ck_assert_ptr_nonnull(secret);
	ck_assert(smaps_find(was_there, &mapping));
	secret = pst_secret_free(secret);
	ck_assert(!smaps_find(was_there, &mapping));
}
END_TEST

START_TEST(nothing_is_no_secret)
{
	ck_assert_ptr_null(pst_secret_new(0));
	ck_assert_ptr_null(pst_secret_new(SIZE_MAX));
	ck_assert_ptr_null(pst_secret_new(SIZE_MAX - 4096));
	ck_assert_ptr_null(pst_secret_free(NULL));
}
END_TEST

START_TEST(wiped_bytes_are_zero)
{
	uint8_t bytes[64], nothing[64] = {0};

	memset(bytes, 0xaa, sizeof(bytes));
	pst_secret_wipe(bytes, sizeof(bytes) - 1);
	ck_assert_mem_eq(bytes, nothing, sizeof(bytes) - 1);
	ck_assert_uint_eq(bytes[sizeof(bytes) - 1], 0xaa);
}
END_TEST

struct place {
	uint8_t *secret;
	size_t byte_count;
};

static int is_zero(void *argument)
{
	const struct place *place = argument;

	for (size_t i = 0; i < place->byte_count; i++)
		if (place->secret[i] != 0)
			return 1;
	return 0;
}

START_TEST(a_forked_child_finds_zeros, .loop_end = SIZE_COUNT)
{
	struct place place = {pst_secret_new(sizes[_i]), sizes[_i]};

	ck_assert_ptr_nonnull(place.secret);
	memset(place.secret, 0xaa, place.byte_count);
	ck_assert_int_eq(is_zero(&place), 1);
	ck_assert_int_eq(other_user_run(NULL, is_zero, &place), 0);
	ck_assert_int_eq(is_zero(&place), 1);
	place.secret = pst_secret_free(place.secret);
}
END_TEST

/* The child has a secret of its own: what it inherited is not to be freed. */
static int overrun(void *argument)
{
	const struct place *place = argument;
	const struct rlimit no_core = {0, 0};
	volatile uint8_t *secret = pst_secret_new(place->byte_count);

	if (!secret || setrlimit(RLIMIT_CORE, &no_core) < 0)
		return 2;
	/* A sanitizer would report it, and that is not what is asked here. */
	(void)signal(SIGSEGV, SIG_DFL);
	secret[place->byte_count] = 1;
	return 1;
}

START_TEST(a_byte_behind_a_secret_cannot_be_touched, .loop_end = SIZE_COUNT)
{
	struct place place = {NULL, sizes[_i]};

	ck_assert_int_eq(other_user_run(NULL, overrun, &place), -SIGSEGV);
}
END_TEST

static int have_none(void *argument)
{
	const struct rlimit none = {0, 0};
	const uint8_t key[PST_CIPHER_KEY_BYTES] = {1};
	const struct pst_noise_params params = {
		.role = PST_NOISE_INITIATOR,
		.pattern = PST_NOISE_NN,
		.cipher = PST_CIPHER_CHACHAPOLY,
	};
	struct pst_noise *noise = NULL;

	(void)argument;
	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		return 1;
	if (pst_secret_new(32))
		return 2;
	if (pst_identity_new())
		return 3;
	if (pst_record_keys_new(POSTERN_SECURITY_MAC, PST_CIPHER_CHACHAPOLY,
				key, key))
		return 4;
	if (pst_noise_new(&params, &noise) != -ENOMEM || noise)
		return 5;
	return 0;
}

START_TEST(there_is_no_secret_without_locked_memory)
{
	const struct other_user user = {.uid = OTHER_UID_A, .gid = OTHER_UID_A};

	skip_unless(!test_has_sanitizer(), "a sanitizer locks nothing");
	SKIP_UNLESS_ROOT();     /* or this process would keep its limit */
	ck_assert_int_eq(other_user_run(&user, have_none, NULL), 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
