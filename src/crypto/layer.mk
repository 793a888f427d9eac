# SPDX-License-Identifier: ISC

noinst_LTLIBRARIES += libcrypto.la
libcrypto_la_CFLAGS = $(AM_CFLAGS) $(SODIUM_CFLAGS)
libcrypto_la_LIBADD = $(SODIUM_LIBS)
libcrypto_la_SOURCES = \
	src/crypto/cipher.c \
	src/crypto/cipher.h \
	src/crypto/identity.c \
	src/crypto/identity.h \
	src/crypto/noise.c \
	src/crypto/noise.h \
	src/crypto/noise_state.h \
	src/crypto/noise_symmetric.c \
	src/crypto/noise_symmetric.h \
	src/crypto/record_seal.c \
	src/crypto/record_seal.h \
	src/crypto/secret.c \
	src/crypto/secret.h
