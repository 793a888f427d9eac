# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libstats.la
libstats_la_SOURCES = \
	src/stats/stats_collector.c \
	src/stats/stats_collector.h \
	src/stats/stats_entry.c \
	src/stats/stats_entry.h \
	src/stats/stats_fields.c \
	src/stats/stats_fields.h \
	src/stats/stats_layout.h \
	src/stats/stats_reader.c \
	src/stats/stats_reader.h \
	src/stats/stats_segment.c \
	src/stats/stats_segment.h \
	src/stats/stats_words.c \
	src/stats/stats_words.h

# The collector and the entries: these may call mem* and nothing else, which
# tests/check_purity.sh checks.
PURE_STATS_OBJECTS = \
	stats_collector \
	stats_entry \
	stats_fields \
	stats_words
