# SPDX-License-Identifier: ISC

test_programs += \
	tests/unit/crypto/test_cipher \
	tests/unit/crypto/test_identity \
	tests/unit/crypto/test_noise \
	tests/unit/crypto/test_noise_hostile \
	tests/unit/crypto/test_noise_use \
	tests/unit/crypto/test_record_seal \
	tests/unit/crypto/test_secret \
	tests/unit/crypto/test_secret_image

EXTRA_DIST += \
	tests/vectors/README \
	tests/vectors/noise-cacophony.json

tests_unit_crypto_test_cipher_SOURCES = \
	tests/unit/crypto/cipher_skip.h \
	tests/unit/crypto/test_cipher.c
tests_unit_crypto_test_cipher_LDADD = libcrypto.la $(TEST_LIBS)

tests_unit_crypto_test_identity_SOURCES = \
	tests/support/mutate.c tests/support/mutate.h \
	tests/unit/crypto/test_identity.c
tests_unit_crypto_test_identity_LDADD = libcrypto.la $(TEST_LIBS)

tests_unit_crypto_test_noise_SOURCES = \
	tests/unit/crypto/noise_vectors.c \
	tests/unit/crypto/noise_vectors.h \
	tests/unit/crypto/test_noise.c
tests_unit_crypto_test_noise_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_crypto_test_noise_LDADD = libcrypto.la $(JANSSON_LIBS) \
	$(TEST_LIBS)

tests_unit_crypto_test_noise_hostile_SOURCES = \
	tests/support/small_points.h \
	tests/unit/crypto/cipher_skip.h \
	tests/unit/crypto/noise_pair.h \
	tests/unit/crypto/test_noise_hostile.c
tests_unit_crypto_test_noise_hostile_LDADD = libcrypto.la $(TEST_LIBS)

tests_unit_crypto_test_noise_use_SOURCES = \
	tests/unit/crypto/cipher_skip.h \
	tests/unit/crypto/noise_pair.h \
	tests/unit/crypto/test_noise_use.c
tests_unit_crypto_test_noise_use_LDADD = libcrypto.la $(TEST_LIBS)

tests_unit_crypto_test_record_seal_SOURCES = \
	tests/support/random.h \
	tests/unit/crypto/cipher_skip.h \
	tests/unit/crypto/test_record_seal.c
tests_unit_crypto_test_record_seal_LDADD = libcrypto.la $(TEST_LIBS)

tests_unit_crypto_test_secret_SOURCES = \
	tests/support/other_user.c tests/support/other_user.h \
	tests/support/smaps.c tests/support/smaps.h \
	tests/support/test_options.h tests/support/test_runner.c \
	tests/unit/crypto/test_secret.c
# Objects of its own: another library has test_runner's, made by libtool.
tests_unit_crypto_test_secret_CFLAGS = $(AM_CFLAGS)
tests_unit_crypto_test_secret_LDADD = libcrypto.la $(TEST_LIBS)

tests_unit_crypto_test_secret_image_SOURCES = \
	tests/support/smaps.c tests/support/smaps.h \
	tests/support/test_options.h tests/support/test_runner.c \
	tests/unit/crypto/cipher_skip.h \
	tests/unit/crypto/noise_pair.h \
	tests/unit/crypto/test_secret_image.c
tests_unit_crypto_test_secret_image_CFLAGS = $(AM_CFLAGS)
tests_unit_crypto_test_secret_image_LDADD = libcrypto.la $(TEST_LIBS)
