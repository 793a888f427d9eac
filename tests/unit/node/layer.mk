# SPDX-License-Identifier: ISC
NODE_TEST_LIBS = libnode.la libadmission.la libaccounting.la libpeer.la \
	libsched.la libidentity.la libhandshake.la libwire.la libchannel.la \
	libpolicy.la libstats.la libring.la libcrypto.la libos.la libbase.la \
	$(TEST_LIBS)

test_programs += \
	tests/unit/node/test_audit \
	tests/unit/node/test_audit_suppression \
	tests/unit/node/test_event_queue

tests_unit_node_test_audit_SOURCES = \
	tests/unit/node/test_audit.c
tests_unit_node_test_audit_LDADD = $(NODE_TEST_LIBS)

tests_unit_node_test_audit_suppression_SOURCES = \
	tests/unit/node/test_audit_suppression.c tests/support/expect.h \
	tests/support/random.h
tests_unit_node_test_audit_suppression_LDADD = $(NODE_TEST_LIBS)

tests_unit_node_test_event_queue_SOURCES = \
	tests/unit/node/test_event_queue.c tests/support/expect.h
tests_unit_node_test_event_queue_LDADD = $(NODE_TEST_LIBS)
