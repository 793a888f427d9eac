# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	src/client/client.h \
	src/client/client_connect.c \
	src/client/client_connection.c \
	src/client/client_connection.h \
	src/client/client_control.c \
	src/client/client_observe.c \
	src/client/client_security.c \
	src/client/client_security.h
