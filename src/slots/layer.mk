# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libslots.la
libslots_la_SOURCES = \
	src/slots/slots.c \
	src/slots/slots.h
