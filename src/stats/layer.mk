# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libstats.la
libstats_la_SOURCES = \
	src/stats/stats_entry.c \
	src/stats/stats_entry.h \
	src/stats/stats_layout.h \
	src/stats/stats_words.c \
	src/stats/stats_words.h
