# SPDX-License-Identifier: ISC
noinst_LTLIBRARIES += libaccounting.la
libaccounting_la_SOURCES = \
	src/accounting/accounting.c \
	src/accounting/accounting.h \
	src/accounting/quota.c \
	src/accounting/quota.h \
	src/accounting/retained_meters.c \
	src/accounting/retained_meters.h \
	src/accounting/uid_rate.c \
	src/accounting/uid_rate.h
