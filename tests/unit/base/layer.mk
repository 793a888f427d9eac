# SPDX-License-Identifier: ISC
test_programs += \
	tests/unit/base/test_bounds \
	tests/unit/base/test_clock \
	tests/unit/base/test_deadline_heap \
	tests/unit/base/test_fd \
	tests/unit/base/test_histogram \
	tests/unit/base/test_kernel_error \
	tests/unit/base/test_list \
	tests/unit/base/test_log \
	tests/unit/base/test_record_size \
	tests/unit/base/test_refcount \
	tests/unit/base/test_search \
	tests/unit/base/test_text \
	tests/unit/base/test_token_bucket

tests_unit_base_test_bounds_SOURCES = tests/unit/base/test_bounds.c
tests_unit_base_test_bounds_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_clock_SOURCES = tests/unit/base/test_clock.c
tests_unit_base_test_clock_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_deadline_heap_SOURCES = \
	tests/unit/base/test_deadline_heap.c tests/support/expect.h \
	tests/support/random.h
tests_unit_base_test_deadline_heap_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_fd_SOURCES = tests/unit/base/test_fd.c
tests_unit_base_test_fd_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_histogram_SOURCES = tests/unit/base/test_histogram.c \
	tests/support/expect.h tests/support/random.h
tests_unit_base_test_histogram_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_kernel_error_SOURCES = \
	tests/unit/base/test_kernel_error.c tests/support/expect.h
tests_unit_base_test_kernel_error_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_log_SOURCES = tests/unit/base/test_log.c \
	tests/support/expect.h tests/support/random.h
tests_unit_base_test_log_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_record_size_SOURCES = tests/unit/base/test_record_size.c
tests_unit_base_test_record_size_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_refcount_SOURCES = tests/unit/base/test_refcount.c
tests_unit_base_test_refcount_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_list_SOURCES = tests/unit/base/test_list.c \
	tests/support/expect.h
tests_unit_base_test_list_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_search_SOURCES = \
	tests/unit/base/test_search.c tests/support/expect.h
tests_unit_base_test_search_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_text_SOURCES = tests/unit/base/test_text.c
tests_unit_base_test_text_LDADD = libbase.la $(TEST_LIBS)
tests_unit_base_test_token_bucket_SOURCES = \
	tests/unit/base/test_token_bucket.c \
	tests/support/expect.h tests/support/random.h
tests_unit_base_test_token_bucket_LDADD = libbase.la $(TEST_LIBS)
