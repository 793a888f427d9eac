# SPDX-License-Identifier: ISC

check_PROGRAMS += \
	tests/unit/crypto/test_identity \
	tests/unit/crypto/test_noise \
	tests/unit/crypto/test_noise_hostile \
	tests/unit/crypto/test_noise_use

EXTRA_DIST += \
	tests/vectors/README \
	tests/vectors/noise-cacophony.json

tests_unit_crypto_test_identity_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/crypto/test_identity.c
tests_unit_crypto_test_identity_LDADD = libcrypto.la $(CHECK_LIBS)

tests_unit_crypto_test_noise_SOURCES = \
	tests/unit/crypto/noise_vectors.c \
	tests/unit/crypto/noise_vectors.h \
	tests/unit/crypto/test_noise.c
tests_unit_crypto_test_noise_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_crypto_test_noise_LDADD = libcrypto.la $(JANSSON_LIBS) \
	$(CHECK_LIBS)

tests_unit_crypto_test_noise_hostile_SOURCES = \
	tests/unit/crypto/noise_pair.h \
	tests/unit/crypto/test_noise_hostile.c
tests_unit_crypto_test_noise_hostile_LDADD = libcrypto.la $(CHECK_LIBS)

tests_unit_crypto_test_noise_use_SOURCES = \
	tests/unit/crypto/noise_pair.h \
	tests/unit/crypto/test_noise_use.c
tests_unit_crypto_test_noise_use_LDADD = libcrypto.la $(CHECK_LIBS)
