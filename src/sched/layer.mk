# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libsched.la
libsched_la_SOURCES = \
	src/sched/metering.c \
	src/sched/metering.h
