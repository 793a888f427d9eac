# SPDX-License-Identifier: ISC
#
# In a build with --enable-fuzz, what `make check` runs is each target for a
# while (tests/fuzz/smoke), and nothing else.  `make check-fuzz` does so in a build
# of its own.

EXTRA_DIST += tests/fuzz/smoke

FUZZ_TARGETS =
if ENABLE_FUZZ
noinst_PROGRAMS += $(FUZZ_TARGETS)
endif

# The handshake: records, and the two state machines.
EXTRA_DIST += \
	tests/fuzz/corpus/handshake/admitted \
	tests/fuzz/corpus/handshake/keys_hello_altered \
	tests/fuzz/corpus/handshake/keys_ik \
	tests/fuzz/corpus/handshake/keys_nk \
	tests/fuzz/corpus/handshake/keys_nn \
	tests/fuzz/corpus/handshake/keys_nn_none \
	tests/fuzz/corpus/handshake/keys_offer_altered \
	tests/fuzz/corpus/handshake/keys_ready_altered \
	tests/fuzz/corpus/handshake/observed \
	tests/fuzz/corpus/handshake/other_version \
	tests/fuzz/corpus/handshake/refused \
	tests/fuzz/corpus/handshake/revoked \
	tests/fuzz/corpus/handshake/revoked_by_name \
	tests/fuzz/corpus/wire_read/command \
	tests/fuzz/corpus/wire_read/command_named \
	tests/fuzz/corpus/wire_read/go \
	tests/fuzz/corpus/wire_read/permit \
	tests/fuzz/corpus/wire_read/hello \
	tests/fuzz/corpus/wire_read/hello_control \
	tests/fuzz/corpus/wire_read/hello_observe \
	tests/fuzz/corpus/wire_read/hello_secured \
	tests/fuzz/corpus/wire_read/hello_secured_nn \
	tests/fuzz/corpus/wire_read/offer \
	tests/fuzz/corpus/wire_read/offer_secured \
	tests/fuzz/corpus/wire_read/ready \
	tests/fuzz/corpus/wire_read/refuse \
	tests/fuzz/corpus/wire_read/result \
	tests/fuzz/corpus/wire_read/stats

if ENABLE_FUZZ
FUZZ_TARGETS += tests/fuzz/fuzz_handshake tests/fuzz/fuzz_wire_read

tests_fuzz_fuzz_handshake_SOURCES = tests/fuzz/fuzz_handshake.c \
	tests/fuzz/fuzz_input.h
tests_fuzz_fuzz_handshake_LDADD = libhandshake.la libwire.la libcrypto.la
tests_fuzz_fuzz_handshake_LDFLAGS = $(FUZZ_LINK_FLAGS)

tests_fuzz_fuzz_wire_read_SOURCES = tests/fuzz/fuzz_wire_read.c \
	tests/fuzz/fuzz_input.h
tests_fuzz_fuzz_wire_read_LDADD = libwire.la
tests_fuzz_fuzz_wire_read_LDFLAGS = $(FUZZ_LINK_FLAGS)
endif

# A ring whose producer is the input.
if ENABLE_FUZZ
FUZZ_TARGETS += tests/fuzz/fuzz_ring_consumer

tests_fuzz_fuzz_ring_consumer_SOURCES = tests/fuzz/fuzz_ring_consumer.c \
	tests/fuzz/fuzz_input.h \
	tests/support/mirror.c tests/support/mirror.h \
	tests/support/ring_pair.c tests/support/ring_pair.h
tests_fuzz_fuzz_ring_consumer_LDADD = libring.la
tests_fuzz_fuzz_ring_consumer_LDFLAGS = $(FUZZ_LINK_FLAGS)
endif

# Any bytes as a policy.
EXTRA_DIST += \
	tests/fuzz/corpus/policy_parser/drop-in.conf \
	tests/fuzz/corpus/policy_parser/ingest.conf \
	tests/fuzz/corpus/policy_parser/mistakes.conf \
	tests/fuzz/corpus/policy_parser/one-process.conf \
	tests/fuzz/corpus/policy_parser/orders.conf \
	tests/fuzz/corpus/policy_parser/telemetry.conf \
	tests/fuzz/corpus/policy_parser/unmapped.conf

if ENABLE_FUZZ
FUZZ_TARGETS += tests/fuzz/fuzz_policy_parser

tests_fuzz_fuzz_policy_parser_SOURCES = tests/fuzz/fuzz_policy_parser.c \
	tests/fuzz/fuzz_input.h
tests_fuzz_fuzz_policy_parser_LDADD = libpolicytest.la $(AUTHORING_LIBS)
tests_fuzz_fuzz_policy_parser_LDFLAGS = $(FUZZ_LINK_FLAGS)
endif

# Keys, handshakes and records of the security modes.
EXTRA_DIST += \
	tests/fuzz/corpus/key_file/digits \
	tests/fuzz/corpus/key_file/private \
	tests/fuzz/corpus/key_file/public \
	tests/fuzz/corpus/noise/flipped \
	tests/fuzz/corpus/noise/ik \
	tests/fuzz/corpus/noise/ik_aesgcm \
	tests/fuzz/corpus/noise/nk \
	tests/fuzz/corpus/noise/nk_aesgcm \
	tests/fuzz/corpus/noise/nn \
	tests/fuzz/corpus/noise/nn_aesgcm \
	tests/fuzz/corpus/record_open/aead_aesgcm \
	tests/fuzz/corpus/record_open/aead_chachapoly \
	tests/fuzz/corpus/record_open/cut \
	tests/fuzz/corpus/record_open/flipped \
	tests/fuzz/corpus/record_open/mac_aesgcm \
	tests/fuzz/corpus/record_open/mac_chachapoly \
	tests/fuzz/corpus/record_open/twice

if ENABLE_FUZZ
FUZZ_TARGETS += tests/fuzz/fuzz_key_file tests/fuzz/fuzz_noise \
	tests/fuzz/fuzz_record_open

tests_fuzz_fuzz_key_file_SOURCES = tests/fuzz/fuzz_key_file.c \
	tests/fuzz/fuzz_input.h
tests_fuzz_fuzz_key_file_LDADD = libcrypto.la
tests_fuzz_fuzz_key_file_LDFLAGS = $(FUZZ_LINK_FLAGS)

tests_fuzz_fuzz_noise_SOURCES = tests/fuzz/fuzz_noise.c \
	tests/fuzz/fuzz_input.h
tests_fuzz_fuzz_noise_LDADD = libcrypto.la
tests_fuzz_fuzz_noise_LDFLAGS = $(FUZZ_LINK_FLAGS)

tests_fuzz_fuzz_record_open_SOURCES = tests/fuzz/fuzz_record_open.c \
	tests/fuzz/fuzz_input.h
tests_fuzz_fuzz_record_open_LDADD = libcrypto.la
tests_fuzz_fuzz_record_open_LDFLAGS = $(FUZZ_LINK_FLAGS)
endif
