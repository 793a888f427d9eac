# SPDX-License-Identifier: ISC

os_test_support = \
	tests/support/other_user.c tests/support/other_user.h \
	tests/support/smaps.c tests/support/smaps.h \
	tests/unit/os/os_test.c tests/unit/os/os_test.h
os_test_libraries = libos.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/os/test_doorbell \
	tests/unit/os/test_features \
	tests/unit/os/test_fork_guard \
	tests/unit/os/test_listener \
	tests/unit/os/test_listener_lock \
	tests/unit/os/test_name_lookup \
	tests/unit/os/test_own_process \
	tests/unit/os/test_packet_fds \
	tests/unit/os/test_packet_socket \
	tests/unit/os/test_peer_credentials \
	tests/unit/os/test_poll_set \
	tests/unit/os/test_process \
	tests/unit/os/test_secret_file \
	tests/unit/os/test_segment \
	tests/unit/os/test_segment_mapping \
	tests/unit/os/test_socket_close \
	tests/unit/os/test_socket_close_limits \
	tests/unit/os/test_socket_connect \
	tests/unit/os/test_trusted_path \
	tests/unit/os/test_subordinate_uids \
	tests/unit/os/test_thread_table \
	tests/unit/os/test_trusted_file

tests_unit_os_test_doorbell_SOURCES = \
	tests/unit/os/test_doorbell.c $(os_test_support)
tests_unit_os_test_doorbell_LDADD = $(os_test_libraries)

tests_unit_os_test_features_SOURCES = \
	tests/unit/os/test_features.c $(os_test_support)
tests_unit_os_test_features_LDADD = $(os_test_libraries)

tests_unit_os_test_fork_guard_SOURCES = \
	tests/unit/os/test_fork_guard.c $(os_test_support)
tests_unit_os_test_fork_guard_LDADD = $(os_test_libraries)

tests_unit_os_test_listener_SOURCES = \
	tests/unit/os/test_listener.c $(os_test_support)
tests_unit_os_test_listener_LDADD = $(os_test_libraries)

tests_unit_os_test_listener_lock_SOURCES = \
	tests/unit/os/test_listener_lock.c $(os_test_support)
tests_unit_os_test_listener_lock_LDADD = $(os_test_libraries)

tests_unit_os_test_name_lookup_SOURCES = \
	tests/unit/os/test_name_lookup.c $(os_test_support)
tests_unit_os_test_name_lookup_LDADD = $(os_test_libraries)

tests_unit_os_test_own_process_SOURCES = \
	tests/unit/os/test_own_process.c $(os_test_support)
tests_unit_os_test_own_process_LDADD = $(os_test_libraries)

tests_unit_os_test_packet_fds_SOURCES = \
	tests/unit/os/test_packet_fds.c $(os_test_support)
tests_unit_os_test_packet_fds_LDADD = $(os_test_libraries)

tests_unit_os_test_packet_socket_SOURCES = \
	tests/unit/os/test_packet_socket.c $(os_test_support)
tests_unit_os_test_packet_socket_LDADD = $(os_test_libraries)

tests_unit_os_test_peer_credentials_SOURCES = \
	tests/unit/os/test_peer_credentials.c $(os_test_support)
tests_unit_os_test_peer_credentials_LDADD = $(os_test_libraries)

tests_unit_os_test_poll_set_SOURCES = \
	tests/unit/os/test_poll_set.c $(os_test_support)
tests_unit_os_test_poll_set_LDADD = $(os_test_libraries)

tests_unit_os_test_process_SOURCES = \
	tests/unit/os/test_process.c $(os_test_support)
tests_unit_os_test_process_LDADD = $(os_test_libraries)

tests_unit_os_test_secret_file_SOURCES = \
	tests/unit/os/test_secret_file.c $(os_test_support)
tests_unit_os_test_secret_file_LDADD = $(os_test_libraries)

tests_unit_os_test_segment_SOURCES = \
	tests/unit/os/test_segment.c $(os_test_support)
tests_unit_os_test_segment_LDADD = $(os_test_libraries)

tests_unit_os_test_segment_mapping_SOURCES = \
	tests/unit/os/test_segment_mapping.c $(os_test_support)
tests_unit_os_test_segment_mapping_LDADD = $(os_test_libraries)

tests_unit_os_test_socket_close_SOURCES = \
	tests/unit/os/test_socket_close.c \
	tests/support/lingering.c tests/support/lingering.h $(os_test_support)
tests_unit_os_test_socket_close_LDADD = $(os_test_libraries)

tests_unit_os_test_socket_close_limits_SOURCES = \
	tests/unit/os/test_socket_close_limits.c \
	tests/support/lingering.c tests/support/lingering.h \
	tests/support/test_options.h tests/support/test_runner.c \
	$(os_test_support)
# Objects of its own: another library has test_runner's, made by libtool.
tests_unit_os_test_socket_close_limits_CFLAGS = $(AM_CFLAGS)
tests_unit_os_test_socket_close_limits_LDADD = $(os_test_libraries)

tests_unit_os_test_socket_connect_SOURCES = \
	tests/unit/os/test_socket_connect.c $(os_test_support)
tests_unit_os_test_socket_connect_LDADD = $(os_test_libraries)

tests_unit_os_test_trusted_path_SOURCES = \
	tests/unit/os/test_trusted_path.c $(os_test_support)
tests_unit_os_test_trusted_path_LDADD = $(os_test_libraries)

tests_unit_os_test_subordinate_uids_SOURCES = \
	tests/unit/os/test_subordinate_uids.c $(os_test_support)
tests_unit_os_test_subordinate_uids_LDADD = $(os_test_libraries)

tests_unit_os_test_thread_table_SOURCES = \
	tests/unit/os/test_thread_table.c $(os_test_support)
tests_unit_os_test_thread_table_LDADD = $(os_test_libraries)

tests_unit_os_test_trusted_file_SOURCES = \
	tests/unit/os/test_trusted_file.c $(os_test_support)
tests_unit_os_test_trusted_file_LDADD = $(os_test_libraries)
