# SPDX-License-Identifier: ISC
#
# Policy authoring: for the tool, not for the shared library, so its library is
# not one of noinst_LTLIBRARIES

EXTRA_LTLIBRARIES += libauthoring.la
libauthoring_la_SOURCES = \
	src/authoring/authoring.c \
	src/authoring/authoring.h \
	src/authoring/authoring_internal.h \
	src/authoring/diff.c \
	src/authoring/diff_grants.c \
	src/authoring/diff_nodes.c \
	src/authoring/diff_peers.c \
	src/authoring/diff_rules.c \
	src/authoring/format.c \
	src/authoring/show.c

# With the layers that it calls.
AUTHORING_LIBS = libauthoring.la libpolicy.la libos.la libbase.la
