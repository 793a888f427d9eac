# SPDX-License-Identifier: ISC
SCHED_TEST_LIBS = libsched.la libchannel.la libring.la libpolicy.la \
	libcrypto.la libos.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/sched/test_metering \
	tests/unit/sched/test_tenant_queue

tests_unit_sched_test_metering_SOURCES = \
	tests/unit/sched/test_metering.c tests/support/expect.h \
	tests/support/random.h
tests_unit_sched_test_metering_LDADD = $(SCHED_TEST_LIBS)

tests_unit_sched_test_tenant_queue_SOURCES = \
	tests/unit/sched/test_tenant_queue.c tests/support/expect.h \
	tests/support/random.h
tests_unit_sched_test_tenant_queue_LDADD = $(SCHED_TEST_LIBS)
