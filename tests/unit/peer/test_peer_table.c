/* SPDX-License-Identifier: ISC */
/*
 * The table of peers: reserve, find, release
 */
#include "peer/peer_table.h"

#include <errno.h>

#include "base/bounds.h"
#include "support/expect.h"
#include "support/test_case.h"

#define UNTOUCHED 12345u

static struct pst_scheduler scheduler;
static struct pst_peer_table table;

static void make_table(uint32_t slot_count)
{
	pst_peer_table_done(&table);
	pst_scheduler_init(&scheduler);
	expect_equal(pst_peer_table_init(&table, slot_count, &scheduler), 0);
}

static void tear_down(void)
{
	pst_peer_table_done(&table);
}

static pst_slot_handle reserve(void)
{
	pst_slot_handle handle = 0;

	expect_equal(pst_peer_table_reserve(&table, &handle), 0);
	expect(handle != 0);
	expect_equal(pst_peer_table_at(&table, handle)->handle, handle);
	return handle;
}

static pst_slot_handle connect_peer(void)
{
	pst_slot_handle handle = reserve();

	pst_peer_table_at(&table, handle)->state = PST_PEER_READY;
	return handle;
}

static void end_peer(pst_slot_handle handle)
{
	pst_peer_table_at(&table, handle)->state = PST_PEER_FREE;
	pst_peer_table_release(&table, handle);
}

static bool is_found(pst_slot_handle handle)
{
	struct pst_peer *peer = pst_peer_table_find(&table, handle);

	if (peer)
		expect_equal(pst_peer_index(&table, peer),
			     pst_slot_index(handle));
	return peer != NULL;
}

static const uint32_t counts[] = {1, 2, 63, 64, 256, 4095, 4096};

#define COUNT_COUNT ((int)(sizeof(counts) / sizeof(counts[0])))

START_TEST(reserve_gives_out_each_slot_once, .loop_end = COUNT_COUNT)
{
	uint32_t slot_count = counts[_i];
	uint8_t seen[PST_SLOTS_MAX] = {0};
	pst_slot_handle handle = UNTOUCHED;
	uint32_t i;

	make_table(slot_count);
	for (i = 0; i < slot_count; i++) {
		uint32_t index = pst_slot_index(reserve());

		expect(index < slot_count);
		expect(!seen[index]);
		seen[index] = 1;
	}
	expect_equal(pst_peer_table_reserve(&table, &handle), -EDQUOT);
	expect_equal(handle, UNTOUCHED);
}
END_TEST

START_TEST(handle_consists_of_index_and_generation)
{
	pst_slot_handle handle;
	uint32_t i;

	make_table(3);
	for (i = 0; i < 9; i++) {
		handle = connect_peer();
		expect_equal(pst_slot_handle_of(pst_slot_index(handle),
						pst_slot_generation(handle)),
			     handle);
		end_peer(handle);
	}
	expect_equal(pst_slot_handle_of(0, 0), 1);
	expect_equal(pst_slot_handle_of(PST_SLOTS_MAX - 1, UINT32_MAX),
		     (UINT64_C(0xffffffff) << 32) + PST_SLOTS_MAX);
}
END_TEST

START_TEST(reserve_finds_the_only_free_slot, .loop_end = COUNT_COUNT)
{
	uint32_t slot_count = counts[_i];
	pst_slot_handle handles[PST_SLOTS_MAX];
	pst_slot_handle handle;
	uint32_t i;

	make_table(slot_count);
	for (i = 0; i < slot_count; i++)
		handles[i] = connect_peer();
	/* Downwards, so that each is behind the start of the search. */
	for (i = slot_count; i-- > 0;) {
		end_peer(handles[i]);
		handle = connect_peer();
		expect_equal(pst_slot_index(handle),
			     pst_slot_index(handles[i]));
		expect(handle != handles[i]);
	}
}
END_TEST

START_TEST(released_slot_is_reserved_after_all_others)
{
	uint8_t seen[256] = {0};
	pst_slot_handle handle;
	uint32_t i;

	make_table(256);
	for (i = 0; i < 256; i++) {
		handle = connect_peer();
		end_peer(handle);
		expect_equal(seen[pst_slot_index(handle)], 0);
		seen[pst_slot_index(handle)] = 1;
	}
}
END_TEST

START_TEST(reserved_slot_is_not_found_before_it_is_in_use)
{
	pst_slot_handle handle;

	make_table(4);
	handle = reserve();
	expect(!is_found(handle));
	pst_peer_table_at(&table, handle)->state = PST_PEER_IDLE;
	expect(is_found(handle));
}
END_TEST

START_TEST(release_of_a_reserved_slot_frees_it)
{
	pst_slot_handle handle, next;

	make_table(1);
	handle = reserve();
	pst_peer_table_release(&table, handle);
	next = reserve();
	expect(next != handle);
}
END_TEST

START_TEST(release_of_a_slot_in_use_changes_nothing)
{
	pst_slot_handle handle;

	make_table(1);
	handle = connect_peer();
	pst_peer_table_release(&table, handle);
	expect(is_found(handle));
}
END_TEST

START_TEST(handle_of_an_earlier_peer_is_stale)
{
	pst_slot_handle first, second;

	make_table(1);
	first = connect_peer();
	end_peer(first);
	expect(!is_found(first));
	second = connect_peer();
	expect(!is_found(first));
	pst_peer_table_release(&table, first);
	expect(is_found(second));
}
END_TEST

START_TEST(handle_that_was_never_given_out_is_not_found)
{
	static const pst_slot_handle forged[] = {
		0, 1, 2, 3, UINT64_MAX, UINT64_C(1) << 32,
		UINT64_C(1) << 32 | 3, UINT64_C(1) << 32 | UINT32_MAX,
		UINT64_C(2) << 32 | 2,
	};
	size_t i;

	make_table(2);
	(void)connect_peer();
	(void)connect_peer();
	for (i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		expect(!is_found(forged[i]));
		pst_peer_table_release(&table, forged[i]);
	}
	expect(is_found(UINT64_C(1) << 32 | 1));
	expect(is_found(UINT64_C(1) << 32 | 2));
}
END_TEST

START_TEST(generation_survives_its_wrap)
{
	pst_slot_handle before, after;

	make_table(1);
	table.peers[0].generation = UINT32_MAX - 1;
	before = connect_peer();
	expect_equal(pst_slot_generation(before), UINT32_MAX);
	end_peer(before);
	after = connect_peer();
	expect(after != 0 && after != before);
	expect(!is_found(before));
	expect(is_found(after));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.tear_down = tear_down);
}
