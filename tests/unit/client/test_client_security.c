/* SPDX-License-Identifier: ISC */
/*
 * Which key exchange and which modes a client begins with
 */
#include "client/client_security.h"

#include <errno.h>

#include "support/expect.h"
#include "support/policy_host.h"
#include "support/test_case.h"

#define NODE_KEY "x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4"
#define PEER_KEY "x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"

#define POLICY(peer, node, allow) \
	"policy-version 1\n" \
	"peer p { " peer " }\n" \
	"node n {\n" \
	"owner user alice\n" \
	"socket /run/n/n.sock mode 0666\n" \
	node \
	"allow p { direction both\n" allow " }\n" \
	"}\n" \
	"end\n"

#define BIT(mode) (1u << POSTERN_SECURITY_##mode)

static const uint8_t node_key[POSTERN_KEY_BYTES] = {1};
static struct postern_policy *policy;
static struct pst_client_security security;

static void set_up_policy(const char *text)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	policy = policy_load_valid(text);
	expect_equal(pst_client_security_init(
			     &security, pst_policy_find_node(policy, "n"), NULL,
			     0, &error), 0);
}

static void tear_down(void)
{
	pst_client_security_done(&security);
	(void)pst_policy_unref(policy); /* always NULL */
}

static struct pst_initiator_params hello_to(const uint8_t *key)
{
	struct pst_initiator_params hello = {0};

	pst_client_security_fill_hello(&security, key, &hello);
	return hello;
}

START_TEST(hello_without_requirement_has_no_key_exchange)
{
	struct pst_initiator_params hello;

	set_up_policy(POLICY("user bob", "", ""));
	hello = hello_to(NULL);
	expect_equal(hello.pattern, PST_NOISE_NONE);
	expect_equal(hello.security_bits, BIT(NONE));
	tear_down();
}
END_TEST

START_TEST(hello_to_node_that_requires_mac_does_not_offer_none)
{
	struct pst_initiator_params hello;

	set_up_policy(POLICY("user bob", "security mac\n", ""));
	hello = hello_to(NULL);
	expect_equal(hello.pattern, PST_NOISE_NN);
	expect_equal(hello.security_bits, BIT(MAC) | BIT(AEAD));
	expect(hello.node_key == NULL);
	tear_down();
}
END_TEST

/* The rule does not match this process, so `none` is still accepted. */
START_TEST(hello_with_requirement_of_another_peer_offers_every_mode)
{
	struct pst_initiator_params hello;

	set_up_policy(POLICY("key " PEER_KEY, "key " NODE_KEY "\n",
			     "security aead"));
	hello = hello_to(NULL);
	expect_equal(hello.pattern, PST_NOISE_NN);
	expect_equal(hello.security_bits, BIT(NONE) | BIT(MAC) | BIT(AEAD));
	tear_down();
}
END_TEST

START_TEST(hello_to_node_with_key_verifies_it)
{
	struct pst_initiator_params hello;

	set_up_policy(POLICY("user bob", "key " NODE_KEY "\n", ""));
	hello = hello_to(node_key);
	expect_equal(hello.pattern, PST_NOISE_NK);
	expect_equal(hello.security_bits, BIT(MAC) | BIT(AEAD));
	expect(hello.node_key == node_key);
	expect(hello.borrow_identity == NULL);
	tear_down();
}
END_TEST

START_TEST(hello_with_own_key_proves_it_to_node_with_key_only)
{
	struct pst_initiator_params hello;

	set_up_policy(POLICY("user bob", "key " NODE_KEY "\n", ""));
	security.identity = pst_identity_new();
	expect(security.identity != NULL);
	hello = hello_to(node_key);
	expect_equal(hello.pattern, PST_NOISE_IK);
	expect_equal(hello.security_bits, BIT(MAC) | BIT(AEAD));
	expect(hello.borrow_identity == security.identity);
	hello = hello_to(NULL);
	expect_equal(hello.pattern, PST_NOISE_NONE);
	expect(hello.borrow_identity == NULL);
	tear_down();
}
END_TEST

START_TEST(init_with_missing_key_file_returns_eacces)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	policy = policy_load_valid(POLICY("user bob", "", ""));
	expect_equal(pst_client_security_init(
			     &security, pst_policy_find_node(policy, "n"),
			     "/nonexistent/key", 0, &error), -EACCES);
	expect_equal(error.reason, POSTERN_REASON_KEY);
	tear_down();
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
