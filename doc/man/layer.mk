# SPDX-License-Identifier: ISC

# The pages.
MAN_SOURCES += \
	doc/man/libpostern.3.scd \
	doc/man/postern.1.scd \
	doc/man/postern-policy.5.scd \
	doc/man/postern_accounting_new.3.scd \
	doc/man/postern_channel_close.3.scd \
	doc/man/postern_channel_end_reason.3.scd \
	doc/man/postern_channel_fd.3.scd \
	doc/man/postern_channel_get_info.3.scd \
	doc/man/postern_channel_interrupt.3.scd \
	doc/man/postern_channel_set_watermarks.3.scd \
	doc/man/postern_channel_stats.3.scd \
	doc/man/postern_channel_wait.3.scd \
	doc/man/postern_connect.3.scd \
	doc/man/postern_control_disconnect.3.scd \
	doc/man/postern_deadline_after.3.scd \
	doc/man/postern_diagnostics_format.3.scd \
	doc/man/postern_diagnostics_new.3.scd \
	doc/man/postern_features.3.scd \
	doc/man/postern_flush.3.scd \
	doc/man/postern_key_create.3.scd \
	doc/man/postern_key_read_public.3.scd \
	doc/man/postern_key_text.3.scd \
	doc/man/postern_node_channel.3.scd \
	doc/man/postern_node_close.3.scd \
	doc/man/postern_node_detach.3.scd \
	doc/man/postern_node_disconnect.3.scd \
	doc/man/postern_node_fd.3.scd \
	doc/man/postern_node_interrupt.3.scd \
	doc/man/postern_node_next_event.3.scd \
	doc/man/postern_node_next_peer.3.scd \
	doc/man/postern_node_open.3.scd \
	doc/man/postern_node_pause.3.scd \
	doc/man/postern_node_probe.3.scd \
	doc/man/postern_node_receive.3.scd \
	doc/man/postern_node_reload.3.scd \
	doc/man/postern_node_report_reload_failure.3.scd \
	doc/man/postern_node_send.3.scd \
	doc/man/postern_node_stats.3.scd \
	doc/man/postern_node_wait.3.scd \
	doc/man/postern_pidfd_inode.3.scd \
	doc/man/postern_policy_decide.3.scd \
	doc/man/postern_policy_explain.3.scd \
	doc/man/postern_policy_load.3.scd \
	doc/man/postern_policy_node_at.3.scd \
	doc/man/postern_receive.3.scd \
	doc/man/postern_reserve.3.scd \
	doc/man/postern_result_is_transient.3.scd \
	doc/man/postern_send.3.scd \
	doc/man/postern_stats_field_at.3.scd \
	doc/man/postern_stats_reader_open.3.scd \
	doc/man/postern_stats_reader_read_node.3.scd \
	doc/man/postern_strerror.3.scd \
	doc/man/postern_subject_new_for_pid.3.scd \
	doc/man/postern_subject_new_for_user.3.scd \
	doc/man/postern_user_from_uid.3.scd \
	doc/man/postern_version.3.scd

# Functions without a page of their own: FUNCTION=PAGE.  `make install` makes each a
# link to the page, and tests/check_manual.sh reads this table.
MAN_LINKS = \
	postern_abort=postern_reserve \
	postern_accounting_free=postern_accounting_new \
	postern_channel_next_event=postern_channel_set_watermarks \
	postern_commit=postern_reserve \
	postern_diagnostics_at=postern_diagnostics_new \
	postern_diagnostics_count=postern_diagnostics_new \
	postern_diagnostics_error_count=postern_diagnostics_new \
	postern_diagnostics_free=postern_diagnostics_new \
	postern_gid_from_group=postern_user_from_uid \
	postern_node_disconnect_named=postern_node_disconnect \
	postern_node_peer_stats=postern_node_stats \
	postern_node_resume=postern_node_pause \
	postern_policy_free=postern_policy_load \
	postern_policy_node_count=postern_policy_node_at \
	postern_reason_description=postern_strerror \
	postern_reason_name=postern_strerror \
	postern_receive_wait=postern_receive \
	postern_send_wait=postern_send \
	postern_stats_reader_close=postern_stats_reader_open \
	postern_stats_reader_read_peer=postern_stats_reader_read_node \
	postern_subject_free=postern_subject_new_for_pid
