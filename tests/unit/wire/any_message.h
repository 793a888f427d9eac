/* SPDX-License-Identifier: ISC */
/*
 * Messages of any type, so that one test serves them all
 */
#ifndef POSTERN_TESTS_ANY_MESSAGE_H
#define POSTERN_TESTS_ANY_MESSAGE_H

#include <check.h>
#include <errno.h>

#include "unit/wire/wire_samples.h"

union any_message {
	struct pst_hello hello;
	struct pst_offer offer;
	struct pst_ready ready;
	struct pst_go go;
	struct pst_refuse refuse;
	struct pst_stats_record stats;
	struct pst_permit permit;
	struct pst_command command;
	struct pst_result result;
};

static inline int read_message(enum pst_wire_type type, const void *bytes,
			       size_t byte_count,
			       union any_message *ret_message)
{
	switch (type) {
	case PST_WIRE_HELLO:
		return pst_wire_read_hello(bytes, byte_count,
					   &ret_message->hello);
	case PST_WIRE_OFFER:
		return pst_wire_read_offer(bytes, byte_count,
					   &ret_message->offer);
	case PST_WIRE_READY:
		return pst_wire_read_ready(bytes, byte_count,
					   &ret_message->ready);
	case PST_WIRE_GO:
		return pst_wire_read_go(bytes, byte_count, &ret_message->go);
	case PST_WIRE_REFUSE:
		return pst_wire_read_refuse(bytes, byte_count,
					    &ret_message->refuse);
	case PST_WIRE_STATS:
		return pst_wire_read_stats(bytes, byte_count,
					   &ret_message->stats);
	case PST_WIRE_PERMIT:
		return pst_wire_read_permit(bytes, byte_count,
					    &ret_message->permit);
	case PST_WIRE_COMMAND:
		return pst_wire_read_command(bytes, byte_count,
					     &ret_message->command);
	case PST_WIRE_RESULT:
		return pst_wire_read_result(bytes, byte_count,
					    &ret_message->result);
	}
	return -EINVAL;
}

static inline int write_message(enum pst_wire_type type,
				const union any_message *message,
				struct pst_wire_record *ret_record)
{
	switch (type) {
	case PST_WIRE_HELLO:
		return pst_wire_write_hello(&message->hello, ret_record);
	case PST_WIRE_OFFER:
		return pst_wire_write_offer(&message->offer, ret_record);
	case PST_WIRE_READY:
		return pst_wire_write_ready(&message->ready, ret_record);
	case PST_WIRE_GO:
		return pst_wire_write_go(&message->go, ret_record);
	case PST_WIRE_REFUSE:
		return pst_wire_write_refuse(&message->refuse, ret_record);
	case PST_WIRE_STATS:
		return pst_wire_write_stats(&message->stats, ret_record);
	case PST_WIRE_PERMIT:
		return pst_wire_write_permit(&message->permit, ret_record);
	case PST_WIRE_COMMAND:
		return pst_wire_write_command(&message->command, ret_record);
	case PST_WIRE_RESULT:
		return pst_wire_write_result(&message->result, ret_record);
	}
	return -EINVAL;
}

static inline struct pst_wire_record sample_record(enum pst_wire_type type)
{
	struct pst_wire_record record = {0};
	union any_message message;

	memset(&message, 0, sizeof(message));
	switch (type) {
	case PST_WIRE_HELLO:
		message.hello = sample_hello();
		break;
	case PST_WIRE_OFFER:
		message.offer = sample_offer();
		break;
	case PST_WIRE_READY:
		message.ready = sample_ready();
		break;
	case PST_WIRE_GO:
		message.go = sample_go();
		break;
	case PST_WIRE_REFUSE:
		message.refuse = sample_refuse(PST_REFUSE_DENIED);
		break;
	case PST_WIRE_STATS:
		message.stats = sample_stats();
		break;
	case PST_WIRE_PERMIT:
		message.permit = sample_permit();
		break;
	case PST_WIRE_COMMAND:
		message.command = sample_command();
		break;
	case PST_WIRE_RESULT:
		message.result = sample_result();
		break;
	}
	ck_assert_int_eq(write_message(type, &message, &record), 0);
	return record;
}

/* And the output is not touched. */
static inline void assert_refused(enum pst_wire_type type,
				  const struct pst_wire_record *record)
{
	union any_message message, before;

	memset(&message, 0xdd, sizeof(message));
	before = message;
	ck_assert_int_eq(read_message(type, record->bytes, record->byte_count,
				      &message), -EBADMSG);
	ck_assert_mem_eq(&message, &before, sizeof(message));
}

#endif
