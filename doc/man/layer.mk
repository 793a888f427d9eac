# SPDX-License-Identifier: ISC

MAN_SOURCES += \
	doc/man/libpostern.3.scd \
	doc/man/postern.1.scd \
	doc/man/postern-policy.5.scd \
	doc/man/postern_channel_stats.3.scd \
	doc/man/postern_connect.3.scd \
	doc/man/postern_control_revoke.3.scd \
	doc/man/postern_facts_of_process.3.scd \
	doc/man/postern_key_create.3.scd \
	doc/man/postern_node_open.3.scd \
	doc/man/postern_node_reload.3.scd \
	doc/man/postern_node_stats.3.scd \
	doc/man/postern_observe.3.scd \
	doc/man/postern_policy_load.3.scd \
	doc/man/postern_receive.3.scd \
	doc/man/postern_send.3.scd
