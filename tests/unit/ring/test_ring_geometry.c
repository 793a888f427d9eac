/* SPDX-License-Identifier: ISC */
/* The sizes of a ring */
#include "ring/ring.h"

#include "support/test_case.h"

#define PAGE_BYTES 4096

START_TEST(geometry_accepts_a_power_of_two_from_a_page_to_two_gibibytes)
{
	uint64_t data_bytes;

	for (data_bytes = PAGE_BYTES; data_bytes <= UINT64_C(1) << 31;
	     data_bytes *= 2)
		ck_assert(pst_ring_is_geometry_valid(data_bytes, 1024, 0,
						     PAGE_BYTES));
}
END_TEST

START_TEST(geometry_refuses_sizes_that_are_not_a_power_of_two)
{
	ck_assert(!pst_ring_is_geometry_valid(0, 0, 0, PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(3 * PAGE_BYTES, 64, 0,
					      PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(8191, 64, 0, PAGE_BYTES));
}
END_TEST

START_TEST(geometry_refuses_less_than_a_page)
{
	ck_assert(!pst_ring_is_geometry_valid(2048, 64, 0, PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(4096, 64, 0, 65536));
}
END_TEST

START_TEST(geometry_refuses_sizes_over_32_bits)
{
	ck_assert(!pst_ring_is_geometry_valid(UINT64_C(1) << 32, 64, 0,
					      PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(UINT64_C(1) << 63, 64, 0,
					      PAGE_BYTES));
}
END_TEST

START_TEST(geometry_requires_space_for_one_record)
{
	ck_assert(pst_ring_is_geometry_valid(4096, 0, 0, PAGE_BYTES));
	ck_assert(pst_ring_is_geometry_valid(4096, 4088, 0, PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(4096, 4089, 0, PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(4096, UINT64_MAX, 0, PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(4096, UINT64_C(1) << 32, 0,
					      PAGE_BYTES));
	ck_assert(pst_ring_is_geometry_valid(4096, 4072, PST_RECORD_TAG_BYTES,
					     PAGE_BYTES));
	ck_assert(!pst_ring_is_geometry_valid(4096, 4073, PST_RECORD_TAG_BYTES,
					      PAGE_BYTES));
}
END_TEST

START_TEST(record_size_holds_for_every_length_a_peer_can_write)
{
	ck_assert_uint_eq(pst_record_bytes(0), 8);
	ck_assert_uint_eq(pst_record_bytes(1), 16);
	ck_assert_uint_eq(pst_record_bytes(8), 16);
	ck_assert_uint_eq(pst_record_bytes(9), 24);
	ck_assert_uint_eq(pst_record_bytes(UINT32_MAX),
			  UINT64_C(0x100000008));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
