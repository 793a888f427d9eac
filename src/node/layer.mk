# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libnode.la
libnode_la_SOURCES = \
	src/node/audit.c \
	src/node/audit.h \
	src/node/audit_suppression.c \
	src/node/audit_suppression.h \
	src/node/event_queue.c \
	src/node/event_queue.h \
	src/node/node.h \
	src/node/node_admission.c \
	src/node/node_internal.h \
	src/node/node_lifecycle.c \
	src/node/node_listener.c \
	src/node/node_meters.c \
	src/node/node_peers.c \
	src/node/node_policy.c \
	src/node/node_receive.c \
	src/node/node_stats.c \
	src/node/node_stats.h \
	src/node/reactor.c \
	src/node/reactor.h
