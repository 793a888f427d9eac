# SPDX-License-Identifier: ISC

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
	tests/fuzz/corpus/wire_read/grant \
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
	tests/fuzz/corpus/wire_read/view

if ENABLE_FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_handshake tests/fuzz/fuzz_wire_read

tests_fuzz_fuzz_handshake_SOURCES = tests/fuzz/fuzz_handshake.c
tests_fuzz_fuzz_handshake_LDADD = libhandshake.la libwire.la libcrypto.la
tests_fuzz_fuzz_handshake_LDFLAGS = $(FUZZ_LINK_FLAGS)

tests_fuzz_fuzz_wire_read_SOURCES = tests/fuzz/fuzz_wire_read.c
tests_fuzz_fuzz_wire_read_LDADD = libwire.la
tests_fuzz_fuzz_wire_read_LDFLAGS = $(FUZZ_LINK_FLAGS)
endif

# A ring whose producer is the input.
if ENABLE_FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_ring_consumer

tests_fuzz_fuzz_ring_consumer_SOURCES = tests/fuzz/fuzz_ring_consumer.c \
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
	tests/fuzz/corpus/policy_parser/telemetry.conf

if ENABLE_FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_policy_parser

tests_fuzz_fuzz_policy_parser_SOURCES = tests/fuzz/fuzz_policy_parser.c
tests_fuzz_fuzz_policy_parser_LDADD = libpolicytest.la libpolicy.la
tests_fuzz_fuzz_policy_parser_LDFLAGS = $(FUZZ_LINK_FLAGS)
endif
