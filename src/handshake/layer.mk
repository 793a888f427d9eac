# SPDX-License-Identifier: ISC

noinst_LTLIBRARIES += libhandshake.la
libhandshake_la_SOURCES = \
	src/handshake/handshake.h \
	src/handshake/handshake_initiator.c \
	src/handshake/handshake_keys.c \
	src/handshake/handshake_keys.h \
	src/handshake/handshake_machine.c \
	src/handshake/handshake_machine.h \
	src/handshake/handshake_offer.c \
	src/handshake/handshake_responder.c \
	src/handshake/handshake_table.c
