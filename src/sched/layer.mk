# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libsched.la
libsched_la_SOURCES = \
	src/sched/metering.c \
	src/sched/metering.h \
	src/sched/scheduler.c \
	src/sched/scheduler.h \
	src/sched/tenant_queue.c \
	src/sched/tenant_queue.h
