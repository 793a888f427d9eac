# SPDX-License-Identifier: ISC
#
# One small program for each task.  They use the public headers only; `make check`
# builds and runs them, and `make install` installs their sources.

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	examples/client.c \
	examples/echo_server.c \
	examples/policy_check.c \
	examples/receive.c \
	examples/send.c \
	examples/stats.c

EXAMPLES += \
	examples/client \
	examples/echo_server \
	examples/policy_check \
	examples/receive \
	examples/send \
	examples/stats

EXAMPLE_CPPFLAGS = -I$(top_builddir)/include -I$(top_srcdir)/include
EXAMPLE_CFLAGS = $(AM_CFLAGS) -Wall -Wextra -Werror

examples_client_SOURCES = examples/client.c
examples_client_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
examples_client_CFLAGS = $(EXAMPLE_CFLAGS)
examples_client_LDADD = libpostern.la
examples_echo_server_SOURCES = examples/echo_server.c
examples_echo_server_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
examples_echo_server_CFLAGS = $(EXAMPLE_CFLAGS)
examples_echo_server_LDADD = libpostern.la
examples_policy_check_SOURCES = examples/policy_check.c
examples_policy_check_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
examples_policy_check_CFLAGS = $(EXAMPLE_CFLAGS)
examples_policy_check_LDADD = libpostern.la
examples_receive_SOURCES = examples/receive.c
examples_receive_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
examples_receive_CFLAGS = $(EXAMPLE_CFLAGS)
examples_receive_LDADD = libpostern.la
examples_send_SOURCES = examples/send.c
examples_send_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
examples_send_CFLAGS = $(EXAMPLE_CFLAGS)
examples_send_LDADD = libpostern.la
examples_stats_SOURCES = examples/stats.c
examples_stats_CPPFLAGS = $(EXAMPLE_CPPFLAGS)
examples_stats_CFLAGS = $(EXAMPLE_CFLAGS)
examples_stats_LDADD = libpostern.la
