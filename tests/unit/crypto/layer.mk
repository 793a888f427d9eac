# SPDX-License-Identifier: ISC

check_PROGRAMS += \
	tests/unit/crypto/test_noise

EXTRA_DIST += \
	tests/vectors/README \
	tests/vectors/noise-cacophony.json

tests_unit_crypto_test_noise_SOURCES = \
	tests/unit/crypto/noise_vectors.c \
	tests/unit/crypto/noise_vectors.h \
	tests/unit/crypto/test_noise.c
tests_unit_crypto_test_noise_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_crypto_test_noise_LDADD = libcrypto.la $(JANSSON_LIBS) \
	$(CHECK_LIBS)
