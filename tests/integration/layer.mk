# SPDX-License-Identifier: ISC
#
# Real processes and real uids.  These tests link every layer, since some play a
# peer, or a node, that breaks the rules.

EXTRA_LTLIBRARIES += libscene.la
libscene_la_SOURCES = \
	tests/support/churn.c tests/support/churn.h \
	tests/support/controller.c tests/support/controller.h \
	tests/support/crowd.c tests/support/crowd.h \
	tests/support/expect.h \
	tests/support/fake_node.c tests/support/fake_node.h \
	tests/support/flood.c tests/support/flood.h \
	tests/support/footprint.c tests/support/footprint.h \
	tests/support/host.c tests/support/host.h \
	tests/support/inspect.c tests/support/inspect.h \
	tests/support/memory_group.c tests/support/memory_group.h \
	tests/support/observer.c tests/support/observer.h \
	tests/support/own_etc.c tests/support/own_etc.h \
	tests/support/pattern.c tests/support/pattern.h \
	tests/support/peer.c tests/support/peer.h \
	tests/support/process.c tests/support/process.h \
	tests/support/random.h \
	tests/support/scene.c tests/support/scene.h \
	tests/support/scene_keys.c \
	tests/support/scene_policy.c \
	tests/support/stage.c tests/support/stage.h \
	tests/support/stranger.c tests/support/stranger.h \
	tests/support/test_options.c tests/support/test_options.h \
	tests/support/test_runner.c \
	tests/support/users.c tests/support/users.h

INTEGRATION_LIBS = libscene.la libapi.la libclient.la libnode.la \
	libadmission.la libaccounting.la libpeer.la libsched.la \
	libidentity.la libhandshake.la \
	libchannel.la libpolicy.la libstats.la libos.la libwire.la \
	libring.la libcrypto.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/integration/test_admission_identity \
	tests/integration/test_admission_namespaces \
	tests/integration/test_admission_offers \
	tests/integration/test_admission_quotas \
	tests/integration/test_admission_records \
	tests/integration/test_admission_segments \
	tests/integration/test_admission_errors \
	tests/integration/test_altered_message \
	tests/integration/test_audit \
	tests/integration/test_broken_pipe \
	tests/integration/test_churn \
	tests/integration/test_claims \
	tests/integration/test_connect_offer \
	tests/integration/test_connect_path \
	tests/integration/test_control \
	tests/integration/test_control_records \
	tests/integration/test_data_path \
	tests/integration/test_ends \
	tests/integration/test_exceed \
	tests/integration/test_fairness \
	tests/integration/test_floods \
	tests/integration/test_handles \
	tests/integration/test_handshake_rate \
	tests/integration/test_host_limits \
	tests/integration/test_idle \
	tests/integration/test_interrupt \
	tests/integration/test_kernel_errors \
	tests/integration/test_leaks \
	tests/integration/test_socket_watch \
	tests/integration/test_subordinate_uids \
	tests/integration/test_host_policy \
	tests/integration/test_node_resources \
	tests/integration/test_struct_sizes \
	tests/integration/test_node_send \
	tests/integration/test_client_policy \
	tests/integration/test_low_descriptors \
	tests/integration/test_memory \
	tests/integration/test_key_memory \
	tests/integration/test_key_rotation \
	tests/integration/test_keys \
	tests/integration/test_messages \
	tests/integration/test_modes \
	tests/integration/test_observe \
	tests/integration/test_observers \
	tests/integration/test_rates \
	tests/integration/test_pause \
	tests/integration/test_owner_unmapped \
	tests/integration/test_polling \
	tests/integration/test_readiness \
	tests/integration/test_policy_errors \
	tests/integration/test_reload \
	tests/integration/test_reload_groups \
	tests/integration/test_reload_node \
	tests/integration/test_require \
	tests/integration/test_disconnect \
	tests/integration/test_tool_journal \
	tests/integration/test_unread_offers \
	tests/integration/test_crowd \
	tests/integration/test_tool_notify \
	tests/integration/test_weights \
	tests/integration/test_statistics

tests_integration_test_admission_identity_SOURCES = \
	tests/integration/test_admission_identity.c
tests_integration_test_admission_identity_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_admission_namespaces_SOURCES = \
	tests/integration/test_admission_namespaces.c
tests_integration_test_admission_namespaces_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_owner_unmapped_SOURCES = \
	tests/integration/key_case.h \
	tests/integration/test_owner_unmapped.c
tests_integration_test_owner_unmapped_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_admission_offers_SOURCES = \
	tests/integration/test_admission_offers.c
tests_integration_test_admission_offers_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_admission_quotas_SOURCES = \
	tests/integration/test_admission_quotas.c
tests_integration_test_admission_quotas_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_admission_records_SOURCES = \
	tests/integration/test_admission_records.c \
	tests/support/lingering.c tests/support/lingering.h
tests_integration_test_admission_records_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_admission_segments_SOURCES = \
	tests/integration/test_admission_segments.c
tests_integration_test_admission_segments_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_admission_errors_SOURCES = \
	tests/integration/test_admission_errors.c
tests_integration_test_admission_errors_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_altered_message_SOURCES = \
	tests/support/smaps.c tests/support/smaps.h \
	tests/integration/test_altered_message.c \
	tests/integration/key_case.h
tests_integration_test_altered_message_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_audit_SOURCES = \
	tests/integration/test_audit.c
tests_integration_test_audit_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_churn_SOURCES = \
	tests/integration/test_churn.c
tests_integration_test_churn_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_claims_SOURCES = \
	tests/integration/test_claims.c
tests_integration_test_claims_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_connect_offer_SOURCES = \
	tests/integration/test_connect_offer.c
tests_integration_test_connect_offer_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_connect_path_SOURCES = \
	tests/integration/test_connect_path.c
tests_integration_test_connect_path_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_control_SOURCES = \
	tests/integration/test_control.c
tests_integration_test_control_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_control_records_SOURCES = \
	tests/integration/test_control_records.c
tests_integration_test_control_records_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_data_path_SOURCES = \
	tests/integration/test_data_path.c
tests_integration_test_data_path_LDADD = $(INTEGRATION_LIBS)
# It counts the library's allocations.
tests_integration_test_data_path_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc

tests_integration_test_ends_SOURCES = \
	tests/integration/test_ends.c
tests_integration_test_ends_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_fairness_SOURCES = \
	tests/integration/test_fairness.c
tests_integration_test_fairness_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_floods_SOURCES = \
	tests/integration/test_floods.c
tests_integration_test_floods_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_handles_SOURCES = \
	tests/integration/test_handles.c
tests_integration_test_handles_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_leaks_SOURCES = \
	tests/integration/test_leaks.c
tests_integration_test_leaks_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_socket_watch_SOURCES = \
	tests/integration/test_socket_watch.c
tests_integration_test_socket_watch_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_low_descriptors_SOURCES = \
	tests/integration/test_low_descriptors.c
tests_integration_test_low_descriptors_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_memory_SOURCES = \
	tests/integration/test_memory.c
tests_integration_test_memory_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_key_memory_SOURCES = \
	tests/support/smaps.c tests/support/smaps.h \
	tests/integration/test_key_memory.c
tests_integration_test_key_memory_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_key_rotation_SOURCES = \
	tests/integration/test_key_rotation.c tests/integration/key_case.h
tests_integration_test_key_rotation_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_keys_SOURCES = \
	tests/integration/test_keys.c tests/integration/key_case.h
tests_integration_test_keys_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_modes_SOURCES = \
	tests/integration/test_modes.c
tests_integration_test_modes_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_messages_SOURCES = \
	tests/integration/test_messages.c
tests_integration_test_messages_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_observe_SOURCES = \
	tests/integration/test_observe.c
tests_integration_test_observe_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_pause_SOURCES = \
	tests/integration/test_pause.c
tests_integration_test_pause_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_polling_SOURCES = \
	tests/integration/test_polling.c
tests_integration_test_polling_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_readiness_SOURCES = \
	tests/integration/test_readiness.c
tests_integration_test_readiness_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_require_SOURCES = \
	tests/integration/test_require.c
tests_integration_test_require_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_disconnect_SOURCES = \
	tests/integration/test_disconnect.c
tests_integration_test_disconnect_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_tool_journal_SOURCES = \
	tests/integration/test_tool_journal.c
tests_integration_test_tool_journal_LDADD = $(INTEGRATION_LIBS)
tests_integration_test_tool_notify_SOURCES = \
	tests/integration/test_tool_notify.c
tests_integration_test_tool_notify_LDADD = $(INTEGRATION_LIBS)
tests_integration_test_rates_SOURCES = \
	tests/integration/test_rates.c tests/integration/rate_case.h
tests_integration_test_rates_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_subordinate_uids_SOURCES = \
	tests/integration/test_subordinate_uids.c
tests_integration_test_subordinate_uids_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_client_policy_SOURCES = \
	tests/integration/test_client_policy.c
tests_integration_test_client_policy_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_node_send_SOURCES = \
	tests/integration/test_node_send.c
tests_integration_test_node_send_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_struct_sizes_SOURCES = \
	tests/integration/test_struct_sizes.c
tests_integration_test_struct_sizes_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_node_resources_SOURCES = \
	tests/integration/test_node_resources.c
tests_integration_test_node_resources_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_host_policy_SOURCES = \
	tests/integration/test_host_policy.c
tests_integration_test_host_policy_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_handshake_rate_SOURCES = \
	tests/integration/test_handshake_rate.c
tests_integration_test_handshake_rate_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_idle_SOURCES = \
	tests/integration/test_idle.c
tests_integration_test_idle_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_host_limits_SOURCES = \
	tests/integration/test_host_limits.c
tests_integration_test_host_limits_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_broken_pipe_SOURCES = \
	tests/integration/test_broken_pipe.c
tests_integration_test_broken_pipe_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_kernel_errors_SOURCES = \
	tests/integration/test_kernel_errors.c
tests_integration_test_kernel_errors_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_interrupt_SOURCES = \
	tests/integration/test_interrupt.c
tests_integration_test_interrupt_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_unread_offers_SOURCES = \
	tests/integration/test_unread_offers.c
tests_integration_test_unread_offers_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_weights_SOURCES = \
	tests/integration/test_weights.c
tests_integration_test_weights_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_policy_errors_SOURCES = \
	tests/integration/test_policy_errors.c
tests_integration_test_policy_errors_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_reload_SOURCES = \
	tests/integration/test_reload.c
tests_integration_test_reload_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_reload_groups_SOURCES = \
	tests/integration/test_reload_groups.c
tests_integration_test_reload_groups_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_reload_node_SOURCES = \
	tests/integration/test_reload_node.c
tests_integration_test_reload_node_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_statistics_SOURCES = \
	tests/integration/test_statistics.c
tests_integration_test_statistics_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_observers_SOURCES = \
	tests/integration/test_observers.c
tests_integration_test_observers_LDADD = $(INTEGRATION_LIBS)
tests_integration_test_crowd_SOURCES = \
	tests/integration/test_crowd.c
tests_integration_test_crowd_LDADD = $(INTEGRATION_LIBS)

tests_integration_test_exceed_SOURCES = \
	tests/integration/test_exceed.c tests/integration/rate_case.h
tests_integration_test_exceed_LDADD = $(INTEGRATION_LIBS)

# A client and a node that the documents alone have taught: no header and no
# library of the project.
TEST_HELPERS += tests/integration/second_client
tests_integration_second_client_SOURCES = \
	tests/integration/second_client.c \
	tests/integration/second_record.c tests/integration/second_record.h
tests_integration_second_client_CPPFLAGS = -D_GNU_SOURCE

TEST_HELPERS += tests/integration/second_node
tests_integration_second_node_SOURCES = \
	tests/integration/second_node.c \
	tests/integration/second_record.c tests/integration/second_record.h
tests_integration_second_node_CPPFLAGS = -D_GNU_SOURCE

dist_check_SCRIPTS += tests/integration/test_second_client.sh

# The programs of examples/.
dist_check_SCRIPTS += tests/integration/test_examples.sh
