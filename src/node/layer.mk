# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libnode.la
libnode_la_SOURCES = \
	src/node/admission.c \
	src/node/admission.h \
	src/node/audit.c \
	src/node/audit.h \
	src/node/audit_rate.c \
	src/node/audit_rate.h \
	src/node/commit.c \
	src/node/connect.c \
	src/node/connect.h \
	src/node/connection.c \
	src/node/departure.c \
	src/node/event_queue.c \
	src/node/facts.c \
	src/node/facts.h \
	src/node/half_open.c \
	src/node/half_open.h \
	src/node/node.h \
	src/node/node_events.c \
	src/node/node_lifecycle.c \
	src/node/node_state.h \
	src/node/observe.c \
	src/node/offer.c \
	src/node/peer_channel.c \
	src/node/quota.c \
	src/node/quota.h \
	src/node/refusal.c \
	src/node/refusal.h \
	src/node/schedule.c \
	src/node/subject.c \
	src/node/subject.h \
	src/node/take_segments.c \
	src/node/view.c \
	src/node/view.h \
	src/node/view_fetch.c \
	src/node/policy_files.c \
	src/node/policy_files.h
