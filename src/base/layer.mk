# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libbase.la
libbase_la_SOURCES = \
	src/base/arena.c \
	src/base/arena.h \
	src/base/attributes.h \
	src/base/bounds.h \
	src/base/clock.h \
	src/base/counter.h \
	src/base/deadline_heap.c \
	src/base/deadline_heap.h \
	src/base/fd.h \
	src/base/histogram.c \
	src/base/histogram.h \
	src/base/kernel_error.c \
	src/base/kernel_error.h \
	src/base/list.h \
	src/base/log.c \
	src/base/log.h \
	src/base/record_size.h \
	src/base/refcount.h \
	src/base/result.c \
	src/base/result.h \
	src/base/search.h \
	src/base/shared_word.h \
	src/base/slot_handle.h \
	src/base/spin.h \
	src/base/text.c \
	src/base/text.h \
	src/base/token_bucket.c \
	src/base/token_bucket.h
