# SPDX-License-Identifier: ISC
check_PROGRAMS += tests/unit/slots/test_slots
tests_unit_slots_test_slots_SOURCES = tests/unit/slots/test_slots.c \
	tests/support/expect.h tests/support/random.h \
	tests/support/pin.c tests/support/pin.h
tests_unit_slots_test_slots_LDADD = libslots.la libbase.la $(CHECK_LIBS)
