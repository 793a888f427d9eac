# SPDX-License-Identifier: ISC
#
# The tool.  It includes public headers only, but for authoring/authoring.h in
# policy_authoring.c: tests/check_layers.sh looks.

bin_PROGRAMS += postern
postern_SOURCES = \
	src/tools/doctor.c \
	src/tools/errors.c src/tools/errors.h \
	src/tools/input.c src/tools/input.h \
	src/tools/json.c src/tools/json.h \
	src/tools/key.c \
	src/tools/line_format.c src/tools/line_format.h \
	src/tools/list.c \
	src/tools/log.c src/tools/log.h \
	src/tools/main.c \
	src/tools/node_start.c src/tools/node_start.h \
	src/tools/notify.c src/tools/notify.h \
	src/tools/options.c src/tools/options.h \
	src/tools/policy_authoring.c \
	src/tools/policy_check.c \
	src/tools/policy_explain.c \
	src/tools/policy_install.c \
	src/tools/policy_source.c src/tools/policy_source.h \
	src/tools/progress.c src/tools/progress.h \
	src/tools/receive.c \
	src/tools/disconnect.c \
	src/tools/screen.h \
	src/tools/send.c \
	src/tools/signals.c src/tools/signals.h \
	src/tools/stat.c \
	src/tools/stat_json.c \
	src/tools/stat_openmetrics.c \
	src/tools/stat_sample.c src/tools/stat_sample.h \
	src/tools/stat_table.c src/tools/stat_table.h \
	src/tools/tool.h \
	src/tools/units.c src/tools/units.h \
	src/tools/writer.c src/tools/writer.h
if WITH_TOP
postern_SOURCES += src/tools/screen.c
else
postern_SOURCES += src/tools/screen_absent.c
endif
postern_CPPFLAGS = $(TOOL_CPPFLAGS) -I$(top_srcdir)/src $(JANSSON_CFLAGS) \
	$(CURSES_CFLAGS)
postern_LDADD = $(AUTHORING_LIBS) libpostern.la $(JANSSON_LIBS) $(CURSES_LIBS)
