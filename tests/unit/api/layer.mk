# SPDX-License-Identifier: ISC
API_TEST_LIBS = libapi.la libclient.la $(NODE_TEST_LIBS)

test_programs += tests/unit/api/test_api_result
tests_unit_api_test_api_result_SOURCES = \
	tests/unit/api/test_api_result.c tests/support/expect.h
tests_unit_api_test_api_result_LDADD = $(API_TEST_LIBS)

test_programs += \
	tests/unit/api/test_api_channel \
	tests/unit/api/test_api_subject \
	tests/unit/api/test_api_subject_users \
	tests/unit/api/test_api_key \
	tests/unit/api/test_api_policy \
	tests/unit/api/test_api_stats_reader

tests_unit_api_test_api_stats_reader_SOURCES = \
	tests/unit/api/test_api_stats_reader.c
tests_unit_api_test_api_stats_reader_LDADD = $(API_TEST_LIBS)

tests_unit_api_test_api_channel_SOURCES = \
	tests/unit/api/test_api_channel.c $(CHANNEL_TEST_SUPPORT)
tests_unit_api_test_api_channel_LDADD = $(API_TEST_LIBS)

tests_unit_api_test_api_subject_SOURCES = \
	tests/unit/api/test_api_subject.c $(os_test_support)
tests_unit_api_test_api_subject_LDADD = $(API_TEST_LIBS)

tests_unit_api_test_api_subject_users_SOURCES = \
	tests/unit/api/test_api_subject_users.c $(os_test_support)
tests_unit_api_test_api_subject_users_LDADD = $(API_TEST_LIBS)

tests_unit_api_test_api_key_SOURCES = \
	tests/unit/api/test_api_key.c $(os_test_support)
tests_unit_api_test_api_key_LDADD = $(API_TEST_LIBS)

tests_unit_api_test_api_policy_SOURCES = tests/unit/api/test_api_policy.c
tests_unit_api_test_api_policy_LDADD = $(API_TEST_LIBS)
