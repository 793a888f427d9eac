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
	bench/bench_report.h \
	bench/bench_ring_insecure.c \
	bench/bench_seqpacket.c \
	bench/bench_stats.c \
	bench/bench_stats.h \
	bench/bench_stream.c \
	bench/bench_stream.h \
	bench/bench_table.c \
	bench/bench_zmq.c \
	bench/main.c
bench_postern_bench_CPPFLAGS = $(TOOL_CPPFLAGS) $(LIBQB_CFLAGS) $(ZMQ_CFLAGS)
bench_postern_bench_LDADD = libpostern.la $(LIBQB_LIBS) $(ZMQ_LIBS)

BENCH_FLAGS =

.PHONY: bench
bench: bench/postern-bench
	@POSTERN_COMMIT=`git -C '$(srcdir)' describe --always --dirty \
		2>/dev/null` bench/postern-bench $(BENCH_FLAGS)

# Not a measurement: that every transport works, and loses nothing.
dist_check_SCRIPTS += bench/check_bench.sh
