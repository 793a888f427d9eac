# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libapi.la
libapi_la_SOURCES = \
	src/api/api_channel.c \
	src/api/api_control.c \
	src/api/api_facts.c \
	src/api/api_key.c \
	src/api/api_node.c \
	src/api/api_node.h \
	src/api/api_node_stats.c \
	src/api/api_observe.c \
	src/api/api_options.h \
	src/api/api_result.c \
	src/api/api_result.h \
	src/api/api_policy.c
