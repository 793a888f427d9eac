# SPDX-License-Identifier: ISC

# What the policy tests share.  The oracle is a second implementation of the
# decision; the host is a table of accounts.
EXTRA_LTLIBRARIES += libpolicytest.la
libpolicytest_la_SOURCES = \
	tests/support/failing_memory.c \
	tests/support/failing_memory.h \
	tests/support/policy_host.c \
	tests/support/policy_host.h \
	tests/support/policy_oracle.c \
	tests/support/policy_oracle.h \
	tests/support/policy_oracle_compare.c \
	tests/support/policy_oracle_print.c \
	tests/support/policy_oracle_random.c \
	tests/support/policy_size.c \
	tests/support/policy_size.h

FAILING_MEMORY_FLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

POLICY_TEST_LIBS = libpolicytest.la libpolicy.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/policy/test_policy_decide \
	tests/unit/policy/test_policy_errors \
	tests/unit/policy/test_policy_examples \
	tests/unit/policy/test_policy_fault \
	tests/unit/policy/test_policy_match \
	tests/unit/policy/test_policy_moved_lines \
	tests/unit/policy/test_policy_oracle \
	tests/unit/policy/test_policy_order \
	tests/unit/policy/test_policy_require \
	tests/unit/policy/test_policy_robust \
	tests/unit/policy/test_policy_size \
	tests/unit/policy/test_policy_table \
	tests/unit/policy/test_policy_texts \
	tests/unit/policy/test_policy_tree \
	tests/unit/policy/test_policy_values

tests_unit_policy_test_policy_decide_SOURCES = \
	tests/unit/policy/decide_case.h \
	tests/unit/policy/test_policy_decide.c
tests_unit_policy_test_policy_decide_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_errors_SOURCES = \
	tests/unit/policy/test_policy_errors.c
tests_unit_policy_test_policy_errors_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_examples_SOURCES = \
	tests/unit/policy/test_policy_examples.c
tests_unit_policy_test_policy_examples_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_fault_SOURCES = \
	tests/unit/policy/test_policy_fault.c
tests_unit_policy_test_policy_fault_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_match_SOURCES = \
	tests/unit/policy/decide_case.h \
	tests/unit/policy/test_policy_match.c
tests_unit_policy_test_policy_match_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_moved_lines_SOURCES = \
	tests/unit/policy/test_policy_moved_lines.c
tests_unit_policy_test_policy_moved_lines_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_oracle_SOURCES = \
	tests/unit/policy/test_policy_oracle.c
tests_unit_policy_test_policy_oracle_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_order_SOURCES = \
	tests/unit/policy/test_policy_order.c
tests_unit_policy_test_policy_order_LDADD = $(POLICY_TEST_LIBS)

# Its allocations fail one after the other.
tests_unit_policy_test_policy_robust_SOURCES = \
	tests/unit/policy/test_policy_robust.c
tests_unit_policy_test_policy_robust_LDADD = $(POLICY_TEST_LIBS)
tests_unit_policy_test_policy_robust_LDFLAGS = $(FAILING_MEMORY_FLAGS)

tests_unit_policy_test_policy_size_SOURCES = \
	tests/unit/policy/test_policy_size.c
tests_unit_policy_test_policy_size_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_table_SOURCES = \
	tests/unit/policy/test_policy_table.c
tests_unit_policy_test_policy_table_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_texts_SOURCES = \
	tests/unit/policy/test_policy_texts.c
tests_unit_policy_test_policy_texts_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_require_SOURCES = \
	tests/unit/policy/test_policy_require.c
tests_unit_policy_test_policy_require_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_tree_SOURCES = \
	tests/unit/policy/test_policy_tree.c
tests_unit_policy_test_policy_tree_LDADD = $(POLICY_TEST_LIBS)

tests_unit_policy_test_policy_values_SOURCES = \
	tests/unit/policy/test_policy_values.c
tests_unit_policy_test_policy_values_LDADD = $(POLICY_TEST_LIBS)

# These read files, and only these need the os layer.
test_programs += \
	tests/unit/policy/test_policy_directories \
	tests/unit/policy/test_policy_load

tests_unit_policy_test_policy_directories_SOURCES = \
	tests/unit/policy/test_policy_directories.c \
	tests/unit/policy/policy_load_case.h
tests_unit_policy_test_policy_directories_LDADD = \
	libpolicy.la libos.la libbase.la $(TEST_LIBS)

tests_unit_policy_test_policy_load_SOURCES = \
	tests/unit/policy/test_policy_load.c \
	tests/unit/policy/policy_load_case.h
tests_unit_policy_test_policy_load_LDADD = \
	libpolicy.la libos.la libbase.la $(TEST_LIBS)
