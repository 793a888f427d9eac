# SPDX-License-Identifier: ISC

test_programs += \
	tests/unit/handshake/test_handshake_control \
	tests/unit/handshake/test_handshake_initiator \
	tests/unit/handshake/test_handshake_key_params \
	tests/unit/handshake/test_handshake_keys \
	tests/unit/handshake/test_handshake_offer \
	tests/unit/handshake/test_handshake_responder \
	tests/unit/handshake/test_handshake_table \
	tests/unit/handshake/test_handshake_tamper \
	tests/unit/handshake/test_handshake_transcript

tests_unit_handshake_test_handshake_control_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/handshake/handshake_pairs.h \
	tests/unit/handshake/test_handshake_control.c
tests_unit_handshake_test_handshake_control_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_initiator_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/handshake/handshake_pairs.h \
	tests/unit/handshake/test_handshake_initiator.c
tests_unit_handshake_test_handshake_initiator_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_key_params_SOURCES = \
	tests/support/test_options.h \
	tests/unit/handshake/key_pairs.h \
	tests/unit/handshake/test_handshake_key_params.c
tests_unit_handshake_test_handshake_key_params_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_keys_SOURCES = \
	tests/support/small_points.h \
	tests/unit/handshake/key_pairs.h \
	tests/unit/handshake/test_handshake_keys.c
tests_unit_handshake_test_handshake_keys_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_offer_SOURCES = \
	tests/unit/handshake/test_handshake_offer.c
tests_unit_handshake_test_handshake_offer_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_responder_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/handshake/test_handshake_responder.c
tests_unit_handshake_test_handshake_responder_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_table_SOURCES = \
	tests/unit/handshake/test_handshake_table.c
tests_unit_handshake_test_handshake_table_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_tamper_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/handshake/key_pairs.h \
	tests/unit/handshake/test_handshake_tamper.c
tests_unit_handshake_test_handshake_tamper_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)

tests_unit_handshake_test_handshake_transcript_SOURCES = \
	tests/unit/handshake/key_pairs.h \
	tests/unit/handshake/test_handshake_transcript.c
tests_unit_handshake_test_handshake_transcript_LDADD = \
	libhandshake.la libwire.la libcrypto.la $(TEST_LIBS)
