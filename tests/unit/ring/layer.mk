# SPDX-License-Identifier: ISC
ring_test_support = \
	tests/support/expect.h \
	tests/support/mirror.c tests/support/mirror.h \
	tests/support/pin.c tests/support/pin.h \
	tests/support/random.h \
	tests/support/ring_pair.c tests/support/ring_pair.h
ring_corruption_support = \
	tests/support/ring_corruption.c tests/support/ring_corruption.h \
	$(ring_test_support)
ring_test_libraries = libring.la libbase.la $(TEST_LIBS)

test_programs += \
	tests/unit/ring/test_ring_consumer \
	tests/unit/ring/test_ring_geometry \
	tests/unit/ring/test_ring_half \
	tests/unit/ring/test_ring_hostile \
	tests/unit/ring/test_ring_model \
	tests/unit/ring/test_ring_producer \
	tests/unit/ring/test_ring_race \
	tests/unit/ring/test_ring_discard \
	tests/unit/ring/test_ring_backoff \
	tests/unit/ring/test_ring_sealed \
	tests/unit/ring/test_ring_sealed_hostile \
	tests/unit/ring/test_ring_time \
	tests/unit/ring/test_ring_wait \
	tests/unit/ring/test_shared_copy

tests_unit_ring_test_ring_consumer_SOURCES = \
	tests/unit/ring/test_ring_consumer.c $(ring_test_support)
tests_unit_ring_test_ring_consumer_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_geometry_SOURCES = \
	tests/unit/ring/test_ring_geometry.c
tests_unit_ring_test_ring_geometry_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_half_SOURCES = \
	tests/unit/ring/test_ring_half.c $(ring_test_support)
tests_unit_ring_test_ring_half_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_hostile_SOURCES = \
	tests/unit/ring/test_ring_hostile.c $(ring_corruption_support)
tests_unit_ring_test_ring_hostile_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_model_SOURCES = \
	tests/unit/ring/test_ring_model.c $(ring_test_support)
tests_unit_ring_test_ring_model_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_producer_SOURCES = \
	tests/unit/ring/test_ring_producer.c $(ring_test_support)
tests_unit_ring_test_ring_producer_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_race_SOURCES = \
	tests/unit/ring/test_ring_race.c $(ring_test_support)
tests_unit_ring_test_ring_race_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_time_SOURCES = \
	tests/unit/ring/test_ring_time.c $(ring_test_support)
tests_unit_ring_test_ring_time_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_backoff_SOURCES = \
	tests/unit/ring/test_ring_backoff.c $(ring_test_support)
tests_unit_ring_test_ring_backoff_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_sealed_SOURCES = \
	tests/unit/ring/test_ring_sealed.c $(ring_test_support)
tests_unit_ring_test_ring_sealed_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_sealed_hostile_SOURCES = \
	tests/unit/ring/test_ring_sealed_hostile.c $(ring_corruption_support)
tests_unit_ring_test_ring_sealed_hostile_LDADD = $(ring_test_libraries)
tests_unit_ring_test_shared_copy_SOURCES = \
	tests/unit/ring/test_shared_copy.c
tests_unit_ring_test_shared_copy_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_wait_SOURCES = \
	tests/unit/ring/test_ring_wait.c $(ring_test_support)
tests_unit_ring_test_ring_wait_LDADD = $(ring_test_libraries)
tests_unit_ring_test_ring_discard_SOURCES = \
	tests/unit/ring/test_ring_discard.c $(ring_test_support)
tests_unit_ring_test_ring_discard_LDADD = $(ring_test_libraries)
