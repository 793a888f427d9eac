# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libidentity.la
libidentity_la_SOURCES = \
	src/identity/key_file.c \
	src/identity/key_file.h \
	src/identity/subject.c \
	src/identity/subject.h
