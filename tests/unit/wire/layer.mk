# SPDX-License-Identifier: ISC

test_programs += \
	tests/unit/wire/test_wire_read \
	tests/unit/wire/test_wire_valid \
	tests/unit/wire/test_wire_walk \
	tests/unit/wire/test_wire_write

tests_unit_wire_test_wire_read_SOURCES = \
	tests/unit/wire/any_message.h \
	tests/unit/wire/test_wire_read.c \
	tests/unit/wire/wire_samples.h
tests_unit_wire_test_wire_read_LDADD = libwire.la $(TEST_LIBS)

tests_unit_wire_test_wire_valid_SOURCES = tests/unit/wire/test_wire_valid.c
tests_unit_wire_test_wire_valid_LDADD = libwire.la $(TEST_LIBS)

tests_unit_wire_test_wire_walk_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/wire/test_wire_walk.c
tests_unit_wire_test_wire_walk_LDADD = libwire.la $(TEST_LIBS)

tests_unit_wire_test_wire_write_SOURCES = tests/unit/wire/test_wire_write.c
tests_unit_wire_test_wire_write_LDADD = libwire.la $(TEST_LIBS)
