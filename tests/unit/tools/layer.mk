# SPDX-License-Identifier: ISC
#
# The tool's own parts, each test with the files that it needs; and the tool as
# a whole, run as one user.

test_programs += \
	tests/unit/tools/test_error_queue \
	tests/unit/tools/test_input \
	tests/unit/tools/test_line_format \
	tests/unit/tools/test_log \
	tests/unit/tools/test_node_start \
	tests/unit/tools/test_signals \
	tests/unit/tools/test_stat_sample \
	tests/unit/tools/test_stat_table \
	tests/unit/tools/test_units \
	tests/unit/tools/test_writer

# The words for reasons are the library's.
tests_unit_tools_test_stat_table_SOURCES = \
	tests/unit/tools/test_stat_table.c src/tools/stat_table.c \
	src/tools/units.c
tests_unit_tools_test_stat_table_LDADD = libpostern.la $(TEST_LIBS)

# The words for results are the library's.
tests_unit_tools_test_error_queue_SOURCES = \
	tests/unit/tools/test_error_queue.c src/tools/errors.c \
	src/tools/units.c src/tools/writer.c
tests_unit_tools_test_error_queue_LDADD = libpostern.la $(TEST_LIBS)

tests_unit_tools_test_input_SOURCES = \
	tests/unit/tools/test_input.c src/tools/input.c
tests_unit_tools_test_input_LDADD = $(TEST_LIBS)

tests_unit_tools_test_log_SOURCES = \
	tests/unit/tools/test_log.c src/tools/errors.c src/tools/log.c \
	src/tools/progress.c src/tools/units.c src/tools/writer.c
tests_unit_tools_test_log_LDADD = libpostern.la $(TEST_LIBS)

tests_unit_tools_test_line_format_SOURCES = \
	tests/unit/tools/test_line_format.c src/tools/line_format.c
tests_unit_tools_test_line_format_LDADD = $(TEST_LIBS)

tests_unit_tools_test_node_start_SOURCES = \
	tests/unit/tools/test_node_start.c src/tools/node_start.c \
	src/tools/units.c
tests_unit_tools_test_node_start_LDADD = $(TEST_LIBS)

tests_unit_tools_test_signals_SOURCES = \
	tests/unit/tools/test_signals.c src/tools/signals.c
tests_unit_tools_test_signals_LDADD = $(TEST_LIBS) -lutil

# The observer is the test's own.
tests_unit_tools_test_stat_sample_SOURCES = \
	tests/unit/tools/test_stat_sample.c src/tools/stat_sample.c \
	src/tools/units.c
tests_unit_tools_test_stat_sample_LDADD = $(TEST_LIBS)

tests_unit_tools_test_units_SOURCES = \
	tests/unit/tools/test_units.c src/tools/units.c
tests_unit_tools_test_units_LDADD = $(TEST_LIBS)

tests_unit_tools_test_writer_SOURCES = \
	tests/unit/tools/test_writer.c src/tools/writer.c src/tools/units.c
tests_unit_tools_test_writer_LDADD = $(TEST_LIBS)

dist_check_SCRIPTS += \
	tests/integration/test_tool_man_pages.sh \
	tests/integration/test_tool_policy.sh \
	tests/integration/test_tool_file_size.sh \
	tests/integration/test_tool_status.sh \
	tests/integration/test_tool_stat.sh \
	tests/integration/test_tool_system.sh \
	tests/integration/test_tool_key.sh \
	tests/integration/test_tool_receive.sh \
	tests/integration/test_tool_reload.sh \
	tests/integration/test_tool_removed_socket.sh \
	tests/integration/test_tool_disconnect.sh \
	tests/integration/test_tool_transfer.sh \
	tests/integration/test_tool_usage.sh

EXTRA_DIST += \
	tests/integration/json_values.awk \
	tests/integration/openmetrics.awk \
	tests/integration/tool_support.sh
