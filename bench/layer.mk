# SPDX-License-Identifier: ISC
#
# `make bench` measures; `make check` only runs it for an instant.  It uses the
# public headers and the shared library, as any program would.

TEST_HELPERS += bench/postern-bench

bench_postern_bench_SOURCES = \
	bench/bench.h \
	bench/bench_control.c \
	bench/bench_goals.c \
	bench/bench_libqb.c \
	bench/bench_machine.c \
	bench/bench_measure.c \
	bench/bench_memcpy.c \
	bench/bench_pingpong.c \
	bench/bench_pipe.c \
	bench/bench_postern.c \
	bench/bench_postern.h \
	bench/bench_postern_connecting.c \
	bench/bench_postern_link.c \
	bench/bench_raw.c \
	bench/bench_report.h \
	bench/bench_ring_insecure.c \
	bench/bench_security.c \
	bench/bench_seqpacket.c \
	bench/bench_stats.c \
	bench/bench_stats.h \
	bench/bench_stream.c \
	bench/bench_stream.h \
	bench/bench_table.c \
	bench/bench_zmq.c \
	bench/main.c
bench_postern_bench_CPPFLAGS = $(TOOL_CPPFLAGS) $(LIBQB_CFLAGS) $(ZMQ_CFLAGS) \
	$(SODIUM_CFLAGS)
bench_postern_bench_LDADD = libpostern.la $(LIBQB_LIBS) $(ZMQ_LIBS) \
	$(SODIUM_LIBS)

BENCH_FLAGS =

.PHONY: bench bench-security
bench: bench/postern-bench
	@POSTERN_COMMIT=`git -C '$(srcdir)' describe --always --dirty \
		2>/dev/null` bench/postern-bench $(BENCH_FLAGS)

bench-security: bench/postern-bench
	@POSTERN_COMMIT=`git -C '$(srcdir)' describe --always --dirty \
		2>/dev/null` bench/postern-bench --test security $(BENCH_FLAGS)

# Not a measurement: that every transport works, and loses nothing.
dist_check_SCRIPTS += bench/check_bench.sh

# What a node stands.  Most of it uses the public headers, as any program would;
# churn and flood play peers that stop in mid-handshake or break the rules, which
# the library does not help with: they speak the handshake by hand, through the
# tests' stranger, and so link the layers below it.
TEST_HELPERS += bench/postern-load

bench_postern_load_SOURCES = \
	bench/bench.h \
	bench/bench_machine.c \
	bench/bench_report.h \
	bench/bench_stats.c \
	bench/bench_stats.h \
	bench/bench_stream.c \
	bench/bench_stream.h \
	bench/load.h \
	bench/load_admit.c \
	bench/load_backlog.c \
	bench/load_board.c \
	bench/load_churn.c \
	bench/load_crowd.c \
	bench/load_fair.c \
	bench/load_flood.c \
	bench/load_host.c \
	bench/load_main.c \
	bench/load_member.c \
	bench/load_node.c \
	bench/load_peers.c \
	bench/load_process.c \
	bench/load_quiet.c \
	bench/load_report.c \
	bench/load_stop.c \
	bench/load_visitor.c \
	tests/support/churn.c tests/support/churn.h \
	tests/support/flood.c tests/support/flood.h \
	tests/support/footprint.c tests/support/footprint.h \
	tests/support/inspect.c tests/support/inspect.h \
	tests/support/stranger.c tests/support/stranger.h
# (Flags of its own, as objects shared with a libtool library must have.)
bench_postern_load_CFLAGS = $(AM_CFLAGS)
bench_postern_load_LDADD = libpostern.la libchannel.la libos.la libwire.la \
	libring.la libcrypto.la libbase.la

LOAD_FLAGS =

.PHONY: bench-load bench-churn
bench-load: bench/postern-load
	@POSTERN_COMMIT=`git -C '$(srcdir)' describe --always --dirty \
		2>/dev/null` bench/postern-load all $(LOAD_FLAGS)

bench-churn: bench/postern-load
	@POSTERN_COMMIT=`git -C '$(srcdir)' describe --always --dirty \
		2>/dev/null` bench/postern-load churn $(LOAD_FLAGS)

# How long the largest policies take: the policy layer alone, on policies of the
# tests.
TEST_HELPERS += bench/postern-policy-bench

bench_postern_policy_bench_SOURCES = bench/policy_main.c
bench_postern_policy_bench_LDADD = libpolicytest.la $(AUTHORING_LIBS)

.PHONY: bench-policy
bench-policy: bench/postern-policy-bench
	@bench/postern-policy-bench

# Not a measurement either.
dist_check_SCRIPTS += bench/check_load.sh
