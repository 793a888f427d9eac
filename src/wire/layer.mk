# SPDX-License-Identifier: ISC

noinst_LTLIBRARIES += libwire.la
libwire_la_SOURCES = \
	src/wire/little_endian.h \
	src/wire/wire.h \
	src/wire/wire_messages.h \
	src/wire/wire_read.c \
	src/wire/wire_valid.c \
	src/wire/wire_write.c
