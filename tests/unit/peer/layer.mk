# SPDX-License-Identifier: ISC
PEER_TEST_LIBS = libpeer.la libsched.la libchannel.la libring.la libpolicy.la \
	libcrypto.la libos.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/peer/test_peer_state \
	tests/unit/peer/test_peer_table

tests_unit_peer_test_peer_table_SOURCES = \
	tests/unit/peer/test_peer_table.c tests/support/expect.h
tests_unit_peer_test_peer_table_LDADD = $(PEER_TEST_LIBS)

tests_unit_peer_test_peer_state_SOURCES = \
	tests/unit/peer/test_peer_state.c \
	tests/support/channel_pair.c tests/support/channel_pair.h \
	tests/support/expect.h
tests_unit_peer_test_peer_state_LDADD = $(PEER_TEST_LIBS)
