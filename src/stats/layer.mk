# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libstats.la
libstats_la_SOURCES = \
	src/stats/stats_entry.c \
	src/stats/stats_entry.h \
	src/stats/stats_layout.h \
	src/stats/stats_reader.c \
	src/stats/stats_reader.h \
	src/stats/stats_words.c \
	src/stats/stats_words.h

# The layout and the entries: these may use mem* and nothing else, and
# tests/check_purity.sh looks.
PURE_STATS_OBJECTS = \
	stats_entry \
	stats_words
