# SPDX-License-Identifier: ISC
#
# Policy authoring: compare, format and show policies

libpolicy_la_SOURCES += \
	src/authoring/authoring_internal.h \
	src/authoring/diff.c \
	src/authoring/diff_counts.c \
	src/authoring/diff_grants.c \
	src/authoring/diff_nodes.c \
	src/authoring/diff_peers.c \
	src/authoring/diff_rules.c \
	src/authoring/diff_tenants.c \
	src/authoring/diff_text.c \
	src/authoring/format.c \
	src/authoring/print.c \
	src/authoring/print.h \
	src/authoring/show.c
