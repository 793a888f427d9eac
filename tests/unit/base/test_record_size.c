/* SPDX-License-Identifier: ISC */
/* The size of a message in a ring, and the largest one that fits */
#include "base/record_size.h"

#include "support/test_case.h"

START_TEST(a_record_is_a_header_and_the_payload_in_multiples_of_8)
{
	static const struct {
		uint32_t payload_bytes;
		uint64_t record_bytes;
	} cases[] = {
		{0, 8}, {1, 16}, {7, 16}, {8, 16}, {9, 24}, {4088, 4096},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(pst_record_bytes(cases[i].payload_bytes),
				  cases[i].record_bytes);
}
END_TEST

START_TEST(no_payload_is_so_large_that_its_record_wraps)
{
	ck_assert_uint_eq(pst_record_bytes(UINT32_MAX),
			  (UINT64_C(1) << 32) + 8);
}
END_TEST

START_TEST(a_fitting_payload_fits_and_a_larger_one_does_not, .loop_end = 2)
{
	const uint32_t tag_bytes = _i == 0 ? 0 : PST_RECORD_TAG_BYTES;

	for (uint64_t ring_bytes = 32; ring_bytes < 20000; ring_bytes++) {
		uint64_t payload_bytes =
			pst_record_payload_ceiling(ring_bytes, tag_bytes);

		ck_assert_uint_le(8 + (payload_bytes + 7) / 8 * 8 + tag_bytes,
				  ring_bytes);
		ck_assert_uint_gt(8 + (payload_bytes + 8) / 8 * 8 + tag_bytes,
				  ring_bytes);
	}
}
END_TEST

START_TEST(ceiling_of_a_ring_of_header_size_is_zero)
{
	for (uint64_t ring_bytes = 0; ring_bytes < 16; ring_bytes++)
		ck_assert_uint_eq(pst_record_payload_ceiling(ring_bytes, 0), 0);
	for (uint64_t ring_bytes = 0; ring_bytes < 32; ring_bytes++)
		ck_assert_uint_eq(pst_record_payload_ceiling(ring_bytes, 16),
				  0);
}
END_TEST

START_TEST(the_largest_ring_has_a_largest_payload)
{
	ck_assert_uint_eq(pst_record_payload_ceiling(UINT64_C(1) << 31, 0),
			  (UINT64_C(1) << 31) - 8);
	ck_assert_uint_eq(pst_record_payload_ceiling(UINT32_MAX, 0),
			  UINT32_MAX - 7 - 8);
	ck_assert_uint_eq(pst_record_payload_ceiling(UINT64_MAX, 0),
			  UINT64_MAX - 7 - 8);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
