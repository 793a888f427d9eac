# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libapi.la
libapi_la_SOURCES = \
	src/api/api.h \
	src/api/api_channel.c \
	src/api/api_node.c \
	src/api/api_policy.c \
	src/api/api_result.c \
	src/api/api_stats_reader.c \
	src/api/api_subject.c
