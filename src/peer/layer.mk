# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libpeer.la
libpeer_la_SOURCES = \
	src/peer/peer.h \
	src/peer/peer_state.c \
	src/peer/peer_state.h \
	src/peer/peer_table.c \
	src/peer/peer_table.h
