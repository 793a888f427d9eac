/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as any message
 *
 * What the readers promise is checked on every input: a record is refused, or
 * it is exactly the record of the message that was read.  Each input is tried
 * as it is, and once more with a header that fits it, so that the fuzzer need
 * not find magic and size before it reaches the fields.
 */
#include "wire/wire.h"

#include "fuzz/fuzz_input.h"

static void require_same(int write_result, const struct pst_wire_record *again,
			 const uint8_t *bytes, size_t byte_count)
{
	require(write_result == 0);
	require(again->byte_count == byte_count);
	require(memcmp(again->bytes, bytes, byte_count) == 0);
}

static void read_all(const uint8_t *bytes, size_t byte_count)
{
	struct pst_wire_record again;
	enum pst_wire_type type;
	struct pst_hello hello;
	struct pst_offer offer;
	struct pst_ready ready;
	struct pst_go go;
	struct pst_refuse refuse;
	struct pst_stats_record stats;
	struct pst_permit permit;
	struct pst_command command;
	struct pst_result result;
	int readable_count = 0;

	if (pst_wire_read_hello(bytes, byte_count, &hello) == 0) {
		require(memchr(hello.node_name, 0, sizeof(hello.node_name)) !=
			NULL);
		require(memchr(hello.instance, 0, sizeof(hello.instance)) !=
			NULL);
		require_same(pst_wire_write_hello(&hello, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	if (pst_wire_read_offer(bytes, byte_count, &offer) == 0) {
		require_same(pst_wire_write_offer(&offer, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	if (pst_wire_read_ready(bytes, byte_count, &ready) == 0) {
		require_same(pst_wire_write_ready(&ready, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	if (pst_wire_read_go(bytes, byte_count, &go) == 0) {
		require_same(pst_wire_write_go(&go, &again), &again, bytes,
			     byte_count);
		readable_count++;
	}
	if (pst_wire_read_refuse(bytes, byte_count, &refuse) == 0) {
		require_same(pst_wire_write_refuse(&refuse, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	if (pst_wire_read_stats(bytes, byte_count, &stats) == 0) {
		require_same(pst_wire_write_stats(&stats, &again), &again,
			     bytes,
			     byte_count);
		readable_count++;
	}
	if (pst_wire_read_permit(bytes, byte_count, &permit) == 0) {
		require_same(pst_wire_write_permit(&permit, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	if (pst_wire_read_command(bytes, byte_count, &command) == 0) {
		require(memchr(command.peer_name, 0,
			       sizeof(command.peer_name)) != NULL);
		require_same(pst_wire_write_command(&command, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	if (pst_wire_read_result(bytes, byte_count, &result) == 0) {
		require_same(pst_wire_write_result(&result, &again), &again,
			     bytes, byte_count);
		readable_count++;
	}
	require(readable_count <= 1);
	if (readable_count == 1)
		require(pst_wire_read_type(bytes, byte_count, &type) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	static const uint8_t magic[] = PST_WIRE_MAGIC;
	uint8_t *copy;

	read_all(bytes, byte_count);
	if (byte_count < sizeof(struct pst_wire_header) ||
	    byte_count > PST_WIRE_RECORD_BYTES_MAX)
		return 0;

	/* On the heap and of this very size, for the sanitizer to watch. */
	copy = malloc(byte_count);
	require(copy != NULL);
	memcpy(copy, bytes, byte_count);
	memcpy(copy, magic, sizeof(magic));
	copy[8] = PST_WIRE_VERSION;
	copy[9] = 0;
	copy[11] = 0;
	copy[12] = (uint8_t)byte_count;
	copy[13] = (uint8_t)(byte_count >> 8);
	copy[14] = 0;
	copy[15] = 0;
	read_all(copy, byte_count);
	free(copy);
	return 0;
}
