# SPDX-License-Identifier: ISC
CLIENT_TEST_LIBS = libclient.la libidentity.la libhandshake.la libwire.la \
	libchannel.la libpolicytest.la libpolicy.la libstats.la \
	libring.la libcrypto.la libos.la libbase.la $(TEST_LIBS)

test_programs += tests/unit/client/test_client_security

tests_unit_client_test_client_security_SOURCES = \
	tests/unit/client/test_client_security.c tests/support/expect.h
tests_unit_client_test_client_security_LDADD = $(CLIENT_TEST_LIBS)
