# SPDX-License-Identifier: ISC

AUTHORING_TEST_LIBS = libpolicytest.la $(AUTHORING_LIBS) $(TEST_LIBS)

test_programs += \
	tests/unit/authoring/test_authoring \
	tests/unit/authoring/test_diff \
	tests/unit/authoring/test_diff_blocks \
	tests/unit/authoring/test_diff_oracle \
	tests/unit/authoring/test_format \
	tests/unit/authoring/test_robust \
	tests/unit/authoring/test_show \
	tests/unit/authoring/test_size

tests_unit_authoring_test_authoring_SOURCES = \
	tests/unit/authoring/test_authoring.c
tests_unit_authoring_test_authoring_LDADD = $(AUTHORING_TEST_LIBS)

tests_unit_authoring_test_diff_SOURCES = \
	tests/unit/authoring/diff_case.h \
	tests/unit/authoring/test_diff.c
tests_unit_authoring_test_diff_LDADD = $(AUTHORING_TEST_LIBS)

tests_unit_authoring_test_diff_blocks_SOURCES = \
	tests/unit/authoring/diff_case.h \
	tests/unit/authoring/test_diff_blocks.c
tests_unit_authoring_test_diff_blocks_LDADD = $(AUTHORING_TEST_LIBS)

tests_unit_authoring_test_diff_oracle_SOURCES = \
	tests/unit/authoring/test_diff_oracle.c
tests_unit_authoring_test_diff_oracle_LDADD = $(AUTHORING_TEST_LIBS)

tests_unit_authoring_test_format_SOURCES = \
	tests/unit/authoring/diff_case.h \
	tests/unit/authoring/test_format.c
tests_unit_authoring_test_format_LDADD = $(AUTHORING_TEST_LIBS)

# Its allocations fail one after the other.
tests_unit_authoring_test_robust_SOURCES = \
	tests/unit/authoring/test_robust.c
tests_unit_authoring_test_robust_LDADD = $(AUTHORING_TEST_LIBS)
tests_unit_authoring_test_robust_LDFLAGS = $(FAILING_MEMORY_FLAGS)

tests_unit_authoring_test_show_SOURCES = \
	tests/unit/authoring/diff_case.h \
	tests/unit/authoring/test_show.c
tests_unit_authoring_test_show_LDADD = $(AUTHORING_TEST_LIBS)

tests_unit_authoring_test_size_SOURCES = \
	tests/unit/authoring/test_size.c
tests_unit_authoring_test_size_LDADD = $(AUTHORING_TEST_LIBS)
