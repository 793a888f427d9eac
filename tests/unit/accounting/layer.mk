# SPDX-License-Identifier: ISC
ACCOUNTING_TEST_LIBS = libaccounting.la libpolicytest.la libpolicy.la \
	libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/accounting/test_accounting \
	tests/unit/accounting/test_quota \
	tests/unit/accounting/test_quota_sums \
	tests/unit/accounting/test_retained_meters \
	tests/unit/accounting/test_uid_rate

tests_unit_accounting_test_accounting_SOURCES = \
	tests/unit/accounting/test_accounting.c tests/support/expect.h
tests_unit_accounting_test_accounting_LDADD = $(ACCOUNTING_TEST_LIBS)

tests_unit_accounting_test_quota_SOURCES = \
	tests/unit/accounting/test_quota.c \
	tests/unit/accounting/quota_case.h tests/support/expect.h
tests_unit_accounting_test_quota_LDADD = $(ACCOUNTING_TEST_LIBS)

tests_unit_accounting_test_quota_sums_SOURCES = \
	tests/unit/accounting/test_quota_sums.c \
	tests/unit/accounting/quota_case.h tests/support/expect.h
tests_unit_accounting_test_quota_sums_LDADD = $(ACCOUNTING_TEST_LIBS)

tests_unit_accounting_test_retained_meters_SOURCES = \
	tests/unit/accounting/test_retained_meters.c tests/support/expect.h
tests_unit_accounting_test_retained_meters_LDADD = $(ACCOUNTING_TEST_LIBS)

tests_unit_accounting_test_uid_rate_SOURCES = \
	tests/unit/accounting/test_uid_rate.c tests/support/expect.h
tests_unit_accounting_test_uid_rate_LDADD = $(ACCOUNTING_TEST_LIBS)
