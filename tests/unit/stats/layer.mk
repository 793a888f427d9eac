# SPDX-License-Identifier: ISC
stats_test_libraries = libstats.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/stats/test_stats_collector \
	tests/unit/stats/test_stats_entry \
	tests/unit/stats/test_stats_fields \
	tests/unit/stats/test_stats_hostile \
	tests/unit/stats/test_stats_reader \
	tests/unit/stats/test_stats_segment \
	tests/unit/stats/test_stats_threads

tests_unit_stats_test_stats_hostile_SOURCES = \
	tests/unit/stats/test_stats_hostile.c \
	tests/support/expect.h tests/support/random.h
tests_unit_stats_test_stats_hostile_LDADD = $(stats_test_libraries)
tests_unit_stats_test_stats_entry_SOURCES = \
	tests/unit/stats/test_stats_entry.c
tests_unit_stats_test_stats_entry_LDADD = $(stats_test_libraries)
tests_unit_stats_test_stats_reader_SOURCES = \
	tests/unit/stats/test_stats_reader.c tests/support/expect.h
tests_unit_stats_test_stats_reader_LDADD = libstats.la libos.la libbase.la \
	$(TEST_LIBS)
tests_unit_stats_test_stats_threads_SOURCES = \
	tests/unit/stats/test_stats_threads.c tests/support/expect.h
tests_unit_stats_test_stats_threads_LDADD = $(stats_test_libraries)
tests_unit_stats_test_stats_collector_SOURCES = \
	tests/unit/stats/test_stats_collector.c
tests_unit_stats_test_stats_collector_LDADD = $(stats_test_libraries)
tests_unit_stats_test_stats_segment_SOURCES = \
	tests/unit/stats/test_stats_segment.c
tests_unit_stats_test_stats_segment_LDADD = \
	libstats.la libos.la libbase.la $(TEST_LIBS)
tests_unit_stats_test_stats_fields_SOURCES = \
	tests/unit/stats/test_stats_fields.c
tests_unit_stats_test_stats_fields_LDADD = $(stats_test_libraries)
