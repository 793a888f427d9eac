/* SPDX-License-Identifier: ISC */
/*
 * The ring against a plain queue
 *
 * Random operations are done on a ring and on a model of it, an array of
 * lengths and seeds with its capacity in bytes.  After every operation both
 * must agree: the free space, and the order and bytes of the messages.
 */
#include "ring/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/random.h"
#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u
#define RECORDS_MAX (DATA_BYTES / 8)
#define OPERATION_COUNT 1500000u

struct model {
	struct {
		uint32_t payload_bytes;
		uint8_t seed;
		uint64_t time_ns;       /* 0: sent without */
	} records[RECORDS_MAX];
	unsigned int first_index, record_count;
	uint32_t used_bytes;
};

struct trial {
	struct model model;
	struct random random;
	uint32_t message_bytes;
	uint64_t sent_count, received_count, full_count, timed_count;
};

static struct ring_pair pair;
static uint8_t bytes[DATA_BYTES];

static uint32_t rounded(uint32_t payload_bytes, uint64_t time_ns)
{
	return (time_ns > 0 ? 16 : 8) + (payload_bytes + 7) / 8 * 8;
}

static void make_payload(uint8_t *payload, uint32_t payload_bytes, uint8_t seed)
{
	uint32_t i;

	for (i = 0; i < payload_bytes; i++)
		payload[i] = (uint8_t)(seed + i * 7);
}

static bool model_has_space(const struct model *model, uint32_t payload_bytes)
{
	return model->used_bytes + rounded(payload_bytes, 0) <= DATA_BYTES;
}

/*
 * With a stamp only if there is space for it beside reserved_bytes of payload.
 */
static void model_push(struct model *model, uint32_t payload_bytes,
		       uint32_t reserved_bytes, uint8_t seed, uint64_t time_ns)
{
	unsigned int index = (model->first_index + model->record_count) %
			     RECORDS_MAX;

	if (model->used_bytes + rounded(reserved_bytes, time_ns) > DATA_BYTES)
		time_ns = 0;
	model->records[index].payload_bytes = payload_bytes;
	model->records[index].seed = seed;
	model->records[index].time_ns = time_ns;
	model->record_count++;
	model->used_bytes += rounded(payload_bytes, time_ns);
}

static void model_pop(struct model *model)
{
	model->used_bytes -=
		rounded(model->records[model->first_index].payload_bytes,
			model->records[model->first_index].time_ns);
	model->first_index = (model->first_index + 1) % RECORDS_MAX;
	model->record_count--;
}

static uint32_t any_length(struct trial *trial)
{
	/* Short ones, boundary ones, and all the others. */
	switch (random_below(&trial->random, 4)) {
	case 0:
		return random_below(&trial->random, 20);
	case 1:
		return trial->message_bytes -
		       random_below(&trial->random, 10);
	default:
		return random_below(&trial->random, trial->message_bytes + 1);
	}
}

/* Some messages are sent with a time, never 0. */
static uint64_t any_time(struct trial *trial)
{
	return random_below(&trial->random, 3) == 0 ?
		random_u64(&trial->random) | 1 : 0;
}

static void do_write(struct trial *trial)
{
	uint32_t payload_bytes = any_length(trial);
	uint8_t seed = (uint8_t)random_u64(&trial->random);
	uint64_t time_ns = any_time(trial);
	bool has_space = model_has_space(&trial->model, payload_bytes);
	int result;

	make_payload(bytes, payload_bytes, seed);
	if (time_ns > 0)
		result = pst_ring_write_timed(&pair.producer, bytes,
					      payload_bytes, time_ns);
	else
		result = pst_ring_write(&pair.producer, bytes, payload_bytes);
	expect_equal(result, has_space ? 0 : -EAGAIN);
	if (!has_space) {
		trial->full_count++;
		return;
	}
	model_push(&trial->model, payload_bytes, payload_bytes, seed, time_ns);
	trial->sent_count++;
}

static void do_reserve(struct trial *trial)
{
	uint32_t payload_bytes = any_length(trial);
	uint32_t shorter_bytes = random_below(&trial->random,
					      payload_bytes + 1);
	uint8_t seed = (uint8_t)random_u64(&trial->random);
	uint64_t time_ns = any_time(trial);
	bool has_space = model_has_space(&trial->model, payload_bytes);
	void *payload;
	int result;

	if (time_ns > 0)
		result = pst_ring_reserve_timed(&pair.producer, payload_bytes,
						&payload);
	else
		result = pst_ring_reserve(&pair.producer, payload_bytes,
					  &payload);
	expect_equal(result, has_space ? 0 : -EAGAIN);
	if (!has_space)
		return;
	make_payload(payload, payload_bytes, seed);
	if (random_below(&trial->random, 3) == 0) {
		expect_equal(pst_ring_abort(&pair.producer), 0);
		return;
	}
	if (time_ns > 0)
		result = pst_ring_commit_timed(&pair.producer, shorter_bytes,
					       time_ns);
	else
		result = pst_ring_commit(&pair.producer, shorter_bytes);
	expect_equal(result, 0);
	model_push(&trial->model, shorter_bytes, payload_bytes, seed, time_ns);
	trial->sent_count++;
}

static void do_read(struct trial *trial)
{
	static uint8_t expected[DATA_BYTES];
	const struct model *model = &trial->model;
	size_t buffer_bytes = random_below(&trial->random, 8) == 0 ?
		random_below(&trial->random, trial->message_bytes + 1) :
		sizeof(bytes);
	size_t byte_count = 0;
	uint64_t time_ns = 0;
	uint32_t payload_bytes;
	int result;

	result = pst_ring_read(&pair.consumer, bytes, buffer_bytes,
			       &byte_count);
	if (model->record_count == 0) {
		expect_equal(result, -EAGAIN);
		return;
	}

	payload_bytes = model->records[model->first_index].payload_bytes;
	expect_equal(byte_count, payload_bytes);
	if (payload_bytes > buffer_bytes) {
		expect_equal(result, -EMSGSIZE);
		return;
	}
	expect_equal(result, 0);
	make_payload(expected, payload_bytes,
		     model->records[model->first_index].seed);
	expect(memcmp(bytes, expected, payload_bytes) == 0);
	(void)pst_ring_take_time(&pair.consumer, &time_ns); /* compared */
	expect(time_ns == model->records[model->first_index].time_ns);
	trial->timed_count += time_ns > 0;
	model_pop(&trial->model);
	trial->received_count++;
}

static void do_look(struct trial *trial)
{
	uint32_t payload_bytes = any_length(trial);
	const struct model *model = &trial->model;

	expect_equal(pst_ring_has_space(&pair.producer, payload_bytes),
		     model_has_space(model, payload_bytes) ? 0 : -EAGAIN);
	expect_equal(pst_ring_is_consumed(&pair.producer),
			 model->record_count == 0 ? 0 : -EAGAIN);
	expect_equal(pst_ring_has_message(&pair.consumer),
			 model->record_count == 0 ? -EAGAIN : 0);
}

static void run_trial(uint64_t start_pos, uint32_t message_bytes,
		      uint32_t operation_count)
{
	static struct trial trial;
	uint32_t i;

	trial = (struct trial) {
		.random = { start_pos + message_bytes },
		.message_bytes = message_bytes,
	};
	ring_pair_init(&pair, DATA_BYTES, message_bytes);
	ring_pair_start_at(&pair, start_pos);
	for (i = 0; i < operation_count; i++) {
		/* Alternates, so that the ring becomes full and empty. */
		bool is_flood = (i / 200) % 2 == 0;
		uint32_t roll = random_below(&trial.random, 16);

		if (roll == 0)
			do_look(&trial);
		else if (roll <= 3)
			do_reserve(&trial);
		else if (roll <= (is_flood ? 11u : 6u))
			do_write(&trial);
		else
			do_read(&trial);
	}
	expect(trial.full_count > operation_count / 100);
	expect(trial.received_count > operation_count / 10);
	expect(trial.timed_count > trial.received_count / 10);
	expect_equal(trial.sent_count,
			  trial.received_count + trial.model.record_count);
	ring_pair_done(&pair);
}

START_TEST(ring_behaves_like_a_queue)
{
	run_trial(0, 300, OPERATION_COUNT);
}
END_TEST

START_TEST(ring_behaves_like_a_queue_across_the_wrap_of_positions)
{
	unsigned int i;

	for (i = 0; i < 400; i++)
		run_trial(UINT64_MAX - 8 * i * i - 7, 300, 2000);
}
END_TEST

START_TEST(ring_behaves_like_a_queue_with_records_of_its_size)
{
	run_trial(UINT64_MAX - 100 * DATA_BYTES + 1, DATA_BYTES - 8, 200000);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 300);
}
