/* SPDX-License-Identifier: ISC */
/*
 * Retained meters
 */
#include "accounting/retained_meters.h"

#include "base/clock.h"
#include "support/expect.h"
#include "support/test_case.h"

#define NOW_NS (1000 * PST_NS_PER_SECOND)
#define PER_SECOND 10
#define BURST 20

static struct pst_retained_meters retained;
static struct pst_meter meter;
static struct pst_meter_rate rate;

static void begin_meter(void)
{
	meter = (struct pst_meter) {0};
	rate = (struct pst_meter_rate) {.messages = {PER_SECOND, BURST}};
}

static void set_up(void)
{
	retained = (struct pst_retained_meters) {0};
	begin_meter();
}

static struct pst_meter_owner owner_of(uint64_t user)
{
	return (struct pst_meter_owner) {.user = user, .allow_bits = {1}};
}

/* A channel of this owner: what it can send at once; it uses up `count`. */
static uint64_t open_and_use(const struct pst_meter_owner *owner,
			     uint64_t count, uint64_t now_ns)
{
	uint64_t available;

	begin_meter();
	pst_retained_meters_inherit(&retained, owner, &meter, &rate, now_ns);
	available = pst_tokens_available(&meter.messages, &rate.messages,
					 now_ns);
	pst_tokens_acquire(&meter.messages, &rate.messages, now_ns, count);
	pst_retained_meters_add(&retained, owner, &meter, now_ns);
	return available;
}

START_TEST(new_channel_goes_on_where_the_last_one_ended)
{
	const struct pst_meter_owner owner = owner_of(7);

	expect_equal(open_and_use(&owner, 15, NOW_NS), BURST);
	expect_equal(open_and_use(&owner, 5, NOW_NS), 5);
	expect_equal(open_and_use(&owner, 0, NOW_NS), 0);
	expect_equal(open_and_use(&owner, 0, NOW_NS + PST_NS_PER_SECOND),
		     PER_SECOND);
	expect_equal(open_and_use(&owner, 0, NOW_NS + 2 * PST_NS_PER_SECOND),
		     BURST);
}
END_TEST

START_TEST(channels_that_end_together_leave_the_emptiest_meter)
{
	const struct pst_meter_owner owner = owner_of(7);
	struct pst_meter other = {0};

	pst_tokens_acquire(&other.messages, &rate.messages, NOW_NS, 18);
	pst_retained_meters_add(&retained, &owner, &other, NOW_NS);
	pst_tokens_acquire(&meter.messages, &rate.messages, NOW_NS, 3);
	pst_retained_meters_add(&retained, &owner, &meter, NOW_NS);
	expect_equal(open_and_use(&owner, 0, NOW_NS), 2);
	expect_equal(open_and_use(&owner, 0, NOW_NS), 2);
}
END_TEST

START_TEST(owners_differ_by_user_allows_and_key)
{
	struct pst_meter_owner owner = owner_of(7), other = owner_of(8);

	expect_equal(open_and_use(&owner, BURST, NOW_NS), BURST);
	expect_equal(open_and_use(&other, BURST, NOW_NS), BURST);
	other = owner_of(7);
	other.allow_bits[3] = 1;
	expect_equal(open_and_use(&other, BURST, NOW_NS), BURST);
	other = owner_of(7);
	other.key[0] = 1; /* it does not count */
	expect_equal(open_and_use(&other, 0, NOW_NS), 0);
	other.has_key = true;
	expect_equal(open_and_use(&other, BURST, NOW_NS), BURST);
	other.user = 9; /* now the user does not */
	expect_equal(open_and_use(&other, 0, NOW_NS), 0);
}
END_TEST

START_TEST(bytes_are_kept_as_messages_are)
{
	const struct pst_meter_owner owner = owner_of(7);

	rate.bytes = (struct pst_token_rate) {1000, 4000};
	pst_tokens_acquire(&meter.bytes, &rate.bytes, NOW_NS, 3000);
	pst_retained_meters_add(&retained, &owner, &meter, NOW_NS);
	begin_meter();
	rate.bytes = (struct pst_token_rate) {1000, 4000};
	pst_retained_meters_inherit(&retained, &owner, &meter, &rate, NOW_NS);
	expect_equal(pst_tokens_available(&meter.bytes, &rate.bytes, NOW_NS),
		     1000);
	expect_equal(pst_tokens_available(&meter.messages, &rate.messages,
					  NOW_NS), BURST);
}
END_TEST

static void fill_table(uint64_t used)
{
	struct pst_meter_owner owner;
	uint64_t user;

	for (user = 0; user < PST_RETAINED_METERS_CAPACITY; user++) {
		owner = owner_of(1000 + user);
		expect_equal(open_and_use(&owner, used, NOW_NS), BURST);
	}
}

START_TEST(unknown_owner_has_no_more_than_the_owner_of_a_dropped_meter)
{
	struct pst_meter_owner first = owner_of(1), second = owner_of(2);

	fill_table(10);
	/* No meter was dropped yet, so an unknown owner has a full burst. */
	expect_equal(open_and_use(&first, BURST, NOW_NS), BURST);
	/* Now a meter with 10 tokens was dropped. */
	expect_equal(open_and_use(&second, 0, NOW_NS), BURST - 10);
	expect_equal(open_and_use(&first, 0, NOW_NS), 0);
	/* However often new ones come, that ends when it would be full. */
	expect_equal(open_and_use(&second, 0, NOW_NS + PST_NS_PER_SECOND),
		     BURST);
}
END_TEST

START_TEST(unknown_owner_of_a_fast_rate_begins_no_emptier_than_empty)
{
	struct pst_meter_owner owner = owner_of(1);
	struct pst_meter_owner slow;
	uint64_t user;

	/* These owe for an hour. */
	for (user = 0; user <= PST_RETAINED_METERS_CAPACITY; user++) {
		begin_meter();
		rate.messages = (struct pst_token_rate) {1, 3600};
		slow = owner_of(1000 + user);
		pst_tokens_acquire(&meter.messages, &rate.messages, NOW_NS,
				3600 + user);
		pst_retained_meters_add(&retained, &slow, &meter, NOW_NS);
	}
	begin_meter();
	pst_retained_meters_inherit(&retained, &owner, &meter, &rate, NOW_NS);
	expect_equal(pst_tokens_available(&meter.messages, &rate.messages,
					  NOW_NS), 0);
	expect_equal(pst_tokens_available(&meter.messages, &rate.messages,
					  NOW_NS + PST_NS_PER_SECOND),
		     PER_SECOND);
}
END_TEST

START_TEST(fullest_meter_is_dropped_even_if_it_is_the_new_one)
{
	struct pst_meter_owner little = owner_of(1), kept = owner_of(1000);

	fill_table(10);
	expect_equal(open_and_use(&little, 1, NOW_NS), BURST);
	expect_equal(open_and_use(&kept, 0, NOW_NS), BURST - 10);
	expect_equal(open_and_use(&little, 0, NOW_NS), BURST - 1);
}
END_TEST

START_TEST(entries_are_free_again_when_their_meters_are_full)
{
	const uint64_t later_ns = NOW_NS + PST_NS_PER_SECOND;
	struct pst_meter_owner owner;
	uint64_t user;

	fill_table(10);
	for (user = 0; user < PST_RETAINED_METERS_CAPACITY; user++) {
		owner = owner_of(5000 + user);
		expect_equal(open_and_use(&owner, BURST, later_ns), BURST);
	}
	for (user = 0; user < PST_RETAINED_METERS_CAPACITY; user++) {
		owner = owner_of(5000 + user);
		expect_equal(open_and_use(&owner, 0, later_ns), 0);
	}
}
END_TEST

/* -- channels that drain --------------------------------------------------- */

START_TEST(channel_that_drains_counts_for_those_that_follow)
{
	const struct pst_meter_owner owner = owner_of(7);
		struct pst_meter *shared;

	/* It has used nothing when it ends, and does so only then. */
	shared = pst_retained_meters_share(&retained, &owner, &meter, NOW_NS);
	expect(shared);
	pst_tokens_acquire(&shared->messages, &rate.messages, NOW_NS, 15);
	expect_equal(open_and_use(&owner, 0, NOW_NS), 5);
	/* And what another has used counts for it. */
	expect_equal(open_and_use(&owner, 5, NOW_NS), 5);
	expect_equal(pst_tokens_available(&shared->messages, &rate.messages,
					  NOW_NS),
		     0);
	pst_retained_meters_unshare(&retained, shared);
	expect_equal(open_and_use(&owner, 0, NOW_NS), 0);
}
END_TEST

START_TEST(channels_of_one_owner_that_drain_share_one_meter)
{
	const struct pst_meter_owner owner = owner_of(7), other = owner_of(8);
	struct pst_meter *shared;

	shared = pst_retained_meters_share(&retained, &owner, &meter, NOW_NS);
	expect(pst_retained_meters_share(&retained, &owner, &meter, NOW_NS) ==
	       shared);
	expect(pst_retained_meters_share(&retained, &other, &meter, NOW_NS) !=
	       shared);
}
END_TEST

START_TEST(shared_meter_keeps_its_entry_while_a_channel_uses_it)
{
	const struct pst_meter_owner owner = owner_of(7);
	struct pst_meter_owner other;
	struct pst_meter *first, *shared;
	size_t i;

	first = pst_retained_meters_share(&retained, &owner, &meter, NOW_NS);
	for (i = 1; i < PST_RETAINED_METERS_CAPACITY; i++) {
		other = owner_of(1000 + i);
		shared = pst_retained_meters_share(&retained, &other, &meter,
						   NOW_NS);
		expect(shared && shared != first);
	}
	other = owner_of(8);
	expect(!pst_retained_meters_share(&retained, &other, &meter, NOW_NS));
	pst_retained_meters_unshare(&retained, first);
	expect(pst_retained_meters_share(&retained, &other, &meter, NOW_NS) ==
	       first);
}
END_TEST

START_TEST(clear_leaves_a_shared_meter_to_its_channel_alone)
{
	const struct pst_meter_owner owner = owner_of(7);
		struct pst_meter *shared;

	shared = pst_retained_meters_share(&retained, &owner, &meter, NOW_NS);
	pst_tokens_acquire(&shared->messages, &rate.messages, NOW_NS, 15);
	pst_retained_meters_clear(&retained);
	expect_equal(pst_tokens_available(&shared->messages, &rate.messages,
					  NOW_NS),
		     5);
	expect_equal(open_and_use(&owner, 0, NOW_NS), BURST);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
