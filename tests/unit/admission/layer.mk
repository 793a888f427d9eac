# SPDX-License-Identifier: ISC
ADMISSION_TEST_LIBS = libadmission.la libaccounting.la libpeer.la libsched.la \
	libidentity.la libhandshake.la libwire.la libchannel.la \
	libpolicytest.la libpolicy.la libstats.la libring.la libcrypto.la \
	libos.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/admission/test_admission \
	tests/unit/admission/test_half_open \
	tests/unit/admission/test_pending_offers

tests_unit_admission_test_admission_SOURCES = \
	tests/unit/admission/test_admission.c tests/support/expect.h
tests_unit_admission_test_admission_LDADD = $(ADMISSION_TEST_LIBS)

tests_unit_admission_test_half_open_SOURCES = \
	tests/unit/admission/test_half_open.c tests/support/expect.h
tests_unit_admission_test_half_open_LDADD = $(ADMISSION_TEST_LIBS)

tests_unit_admission_test_pending_offers_SOURCES = \
	tests/unit/admission/test_pending_offers.c tests/support/expect.h
tests_unit_admission_test_pending_offers_LDADD = $(ADMISSION_TEST_LIBS)
