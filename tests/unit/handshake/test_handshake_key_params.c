/* SPDX-License-Identifier: ISC */
/*
 * Key exchanges that do not even begin: what was asked for makes no sense, or
 * there is nowhere to keep a secret
 */
#include "handshake/handshake.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "support/test_case.h"
#include "support/test_options.h"
#include "unit/handshake/key_pairs.h"

#define NOBODY 20001

static struct key_pair pair;

static void assert_no_initiator(int expected_result)
{
	ck_assert_int_eq(pst_initiator_init(&pair.initiator,
					    &pair.initiator_params),
			 expected_result);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_FAILED);
	ck_assert_ptr_null(pair.initiator.machine.noise);
}

START_TEST(a_pattern_wants_its_keys_and_no_others)
{
	struct pst_initiator_params *params = &pair.initiator_params;

	key_pair_prepare(&pair, key_case(0));
	params->node_key = node_identity->public_key;
	assert_no_initiator(-EKEYREJECTED);
	ck_assert_int_eq(pair.initiator.machine.reason, POSTERN_REASON_KEY);
	key_pair_prepare(&pair, key_case(1));
	params->node_key = NULL;
	assert_no_initiator(-EKEYREJECTED);
	key_pair_prepare(&pair, key_case(1));
	params->borrow_identity = peer_identity;
	assert_no_initiator(-EKEYREJECTED);
	key_pair_prepare(&pair, key_case(2));
	params->borrow_identity = NULL;
	assert_no_initiator(-EKEYREJECTED);
}
END_TEST

START_TEST(nobody_calls_a_node_that_has_its_own_key)
{
	key_pair_prepare(&pair, key_case(2));
	pair.initiator_params.node_key = peer_identity->public_key;
	assert_no_initiator(-EKEYREJECTED);
	ck_assert_int_eq(pair.initiator.machine.reason, POSTERN_REASON_KEY);
}
END_TEST

START_TEST(modes_and_pattern_go_together, .loop_end = PATTERN_COUNT)
{
	struct pst_initiator_params *params = &pair.initiator_params;

	key_pair_prepare(&pair, key_case(_i));
	params->security_bits = 0;
	assert_no_initiator(-EINVAL);
	params->security_bits = 1u << POSTERN_SECURITY_NONE;
	assert_no_initiator(-EINVAL);
	params->security_bits = 8;
	assert_no_initiator(-EINVAL);
	if (params->pattern != PST_NOISE_NN) {
		params->security_bits = 7;
		assert_no_initiator(-EINVAL);
	}
	params->security_bits = MODES_WITH_KEYS;
	params->pattern = PST_NOISE_NONE;
	assert_no_initiator(-EINVAL);
	params->cipher = PST_CIPHER_NONE;
	assert_no_initiator(-EINVAL);

	key_pair_prepare(&pair, key_case(_i));
	params->cipher = PST_CIPHER_NONE;
	assert_no_initiator(-EINVAL);
	key_pair_prepare(&pair, key_case(_i));
	params->pattern = (enum pst_noise_pattern)(PST_NOISE_IK + 1);
	assert_no_initiator(-EINVAL);
}
END_TEST

START_TEST(connection_without_a_channel_exchanges_no_keys,
	   .loop_end = PATTERN_COUNT)
{
	struct pst_initiator_params *params = &pair.initiator_params;

	key_pair_prepare(&pair, key_case(_i));
	*params = sample_params_of(PST_WIRE_KIND_CONTROL);
	params->pattern = key_case(_i).pattern;
	params->cipher = key_case(_i).cipher;
	assert_no_initiator(-EINVAL);
}
END_TEST

/* -- no memory for secrets ------------------------------------------------- */

/* From here on nothing more can be locked; root always could. */
static bool lock_no_more(void)
{
	const struct rlimit none = {0, 0};
	void *secret;

	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	secret = pst_secret_new(1);
	(void)pst_secret_free(secret);
	return secret == NULL;
}

#define SKIP_UNLESS_LOCKED() \
	skip_unless(lock_no_more(), "a sanitizer pretends to lock memory")

START_TEST(an_initiator_without_memory_for_secrets_fails,
	   .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	SKIP_UNLESS_LOCKED();
	assert_no_initiator(-ENOMEM);
	ck_assert_int_eq(pair.initiator.machine.reason,
			 POSTERN_REASON_RESOURCES);
}
END_TEST

START_TEST(a_responder_without_memory_for_secrets_fails,
	   .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_begin(&pair);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_HELLO), 0);
	SKIP_UNLESS_LOCKED();
	assert_key_failure(&pair.responder.machine,
			   key_pair_consume(&pair, PST_WIRE_HELLO), -ENOMEM,
			   POSTERN_REASON_RESOURCES);
}
END_TEST

START_TEST(without_memory_for_the_keys_nobody_is_ready,
	   .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_OFFER);
	SKIP_UNLESS_LOCKED();
	assert_key_failure(&pair.initiator.machine,
			   key_pair_create(&pair, PST_WIRE_READY), -ENOMEM,
			   POSTERN_REASON_RESOURCES);
}
END_TEST

START_TEST(without_memory_for_the_keys_nobody_is_admitted,
	   .loop_end = PATTERN_COUNT)
{
	key_pair_prepare(&pair, key_case(_i));
	key_pair_through(&pair, PST_WIRE_OFFER);
	ck_assert_int_eq(key_pair_create(&pair, PST_WIRE_READY), 0);
	SKIP_UNLESS_LOCKED();
	assert_key_failure(&pair.responder.machine,
			   key_pair_consume(&pair, PST_WIRE_READY), -ENOMEM,
			   POSTERN_REASON_RESOURCES);
	ck_assert_ptr_null(pst_responder_proven_key(&pair.responder));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = make_identities,
			 .tear_down = free_identities);
}
