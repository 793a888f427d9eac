# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libring.la
libring_la_SOURCES = \
	src/ring/ring.h \
	src/ring/ring_backoff.c \
	src/ring/ring_backoff.h \
	src/ring/ring_consumer.c \
	src/ring/ring_layout.h \
	src/ring/ring_producer.c \
	src/ring/ring_sealed.h \
	src/ring/ring_wait.c \
	src/ring/ring_wait.h \
	src/ring/shared_copy.c \
	src/ring/shared_copy.h
