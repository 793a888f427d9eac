# SPDX-License-Identifier: ISC
IDENTITY_TEST_LIBS = libidentity.la libpolicytest.la libpolicy.la \
	libcrypto.la libos.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/identity/test_key_file \
	tests/unit/identity/test_subject

tests_unit_identity_test_key_file_SOURCES = \
	tests/unit/identity/test_key_file.c $(os_test_support)
tests_unit_identity_test_key_file_LDADD = $(IDENTITY_TEST_LIBS)

tests_unit_identity_test_subject_SOURCES = \
	tests/unit/identity/test_subject.c
tests_unit_identity_test_subject_LDADD = $(IDENTITY_TEST_LIBS)
