# SPDX-License-Identifier: ISC
CHANNEL_TEST_SUPPORT = \
	tests/support/channel_pair.c \
	tests/support/channel_pair.h \
	tests/support/expect.h
SEALED_TEST_SUPPORT = \
	tests/support/sealed_pair.c \
	tests/support/sealed_pair.h $(CHANNEL_TEST_SUPPORT)
CHANNEL_TEST_LIBS = libchannel.la libring.la libcrypto.la libos.la libbase.la \
	$(TEST_LIBS)

test_programs += \
	tests/unit/channel/test_channel \
	tests/unit/channel/test_channel_discard \
	tests/unit/channel/test_channel_end \
	tests/unit/channel/test_channel_flips \
	tests/unit/channel/test_channel_gone \
	tests/unit/channel/test_channel_detached \
	tests/unit/channel/test_channel_sealed \
	tests/unit/channel/test_channel_sealed_end \
	tests/unit/channel/test_channel_sealed_race \
	tests/unit/channel/test_channel_stats \
	tests/unit/channel/test_channel_tamper \
	tests/unit/channel/test_channel_threads \
	tests/unit/channel/test_channel_watermark

tests_unit_channel_test_channel_SOURCES = \
	tests/unit/channel/test_channel.c $(CHANNEL_TEST_SUPPORT)
tests_unit_channel_test_channel_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_discard_SOURCES = \
	tests/unit/channel/test_channel_discard.c $(CHANNEL_TEST_SUPPORT)
tests_unit_channel_test_channel_discard_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_end_SOURCES = \
	tests/unit/channel/test_channel_end.c $(CHANNEL_TEST_SUPPORT)
tests_unit_channel_test_channel_end_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_flips_SOURCES = \
	tests/unit/channel/test_channel_flips.c $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_flips_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_gone_SOURCES = \
	tests/unit/channel/test_channel_gone.c $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_gone_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_detached_SOURCES = \
	tests/unit/channel/test_channel_detached.c $(CHANNEL_TEST_SUPPORT)
tests_unit_channel_test_channel_detached_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_sealed_SOURCES = \
	tests/unit/channel/test_channel_sealed.c $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_sealed_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_sealed_end_SOURCES = \
	tests/unit/channel/test_channel_sealed_end.c $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_sealed_end_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_sealed_race_SOURCES = \
	tests/unit/channel/test_channel_sealed_race.c \
	tests/support/pin.c tests/support/pin.h $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_sealed_race_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_stats_SOURCES = \
	tests/unit/channel/test_channel_stats.c $(CHANNEL_TEST_SUPPORT)
tests_unit_channel_test_channel_stats_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_tamper_SOURCES = \
	tests/unit/channel/test_channel_tamper.c $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_tamper_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_threads_SOURCES = \
	tests/unit/channel/test_channel_threads.c $(SEALED_TEST_SUPPORT)
tests_unit_channel_test_channel_threads_LDADD = $(CHANNEL_TEST_LIBS)

tests_unit_channel_test_channel_watermark_SOURCES = \
	tests/unit/channel/test_channel_watermark.c $(CHANNEL_TEST_SUPPORT)
tests_unit_channel_test_channel_watermark_LDADD = $(CHANNEL_TEST_LIBS)
