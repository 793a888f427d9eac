/* SPDX-License-Identifier: ISC */
/*
 * Records in the journal: the form of an entry, and a journal that is not there
 *
 * The journal is a socket of ours.
 */
#include "tools/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/test_case.h"

static char directory[64];
static char path[sizeof(directory) + 8];
static int listener_fd = -1;
static struct tool_log journal;
static struct tool_journal_entry entry;
static char seen[2 * TOOL_JOURNAL_ENTRY_BYTES];

static void start_journal(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	listener_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(listener_fd, 0);
	ck_assert_int_eq(bind(listener_fd, (const struct sockaddr *)&address,
			      sizeof(address)), 0);
}

static void stop_journal(void)
{
	if (listener_fd >= 0)
		(void)close(listener_fd);
	listener_fd = -1;
	(void)unlink(path);
}

static void set_up(void)
{
	const char *staged = getenv("POSTERN_STAGED_DIR");

	(void)snprintf(directory, sizeof(directory), "%s/journal.XXXXXX",
		       staged ? staged : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/socket", directory);
	tool_log_init(&journal, NULL, path);
	entry.used_bytes = 0;
}

static void tear_down(void)
{
	(void)tool_journal_close(&journal);
	stop_journal();
	(void)rmdir(directory);
}

/* The next entry; false: there is none. */
static bool take_entry(void)
{
	ssize_t byte_count = recv(listener_fd, seen, sizeof(seen) - 1,
				  MSG_DONTWAIT);

	if (byte_count < 0)
		return false;
	seen[byte_count] = '\0';
	return true;
}

static const struct postern_log_field fields[] = {
	{"event", "refused", 6},
	{"by-uid", "20002 and more", 5},
};

static const struct postern_log_record error = {
	.level = POSTERN_LOG_AUDIT,
	.event = "refused",
	.line = "event=refused by-uid=20002",
	.fields = fields,
	.field_count = 2,
};

#define REFUSAL_ENTRY \
	"MESSAGE=event=refused by-uid=20002\n" \
	"PRIORITY=5\n" \
	"SYSLOG_IDENTIFIER=postern\n" \
	"POSTERN_EVENT=refuse\n" \
	"POSTERN_BY_UID=20002\n"

/* Until the journal takes no more; how many it took. */
static unsigned int fill_journal(void)
{
	unsigned int count = 0;
	int result;

	while ((result = tool_journal_send(&journal, &error)) == 0)
		count++;
	ck_assert_int_eq(result, -EAGAIN);
	ck_assert_uint_gt(count, 0);
	return count;
}

static void expect_lost(const char *number)
{
	char field[64];

	(void)snprintf(field, sizeof(field), "\nPOSTERN_LOST=%s\n", number);
	ck_assert(take_entry());
	ck_assert_ptr_nonnull(strstr(seen, "MESSAGE=level=warning "
				     "event=journal-lost lost="));
	ck_assert_ptr_nonnull(strstr(seen, "\nPRIORITY=4\n"));
	ck_assert_ptr_nonnull(strstr(seen, field));
}

/* -- entries --------------------------------------------------------------- */

START_TEST(record_is_an_entry_with_its_fields)
{
	start_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &error), 0);
	ck_assert(take_entry());
	ck_assert_str_eq(seen, REFUSAL_ENTRY);
	ck_assert(!take_entry());
}
END_TEST

static const struct {
	enum postern_log_level level;
	const char *field;
} priorities[] = {
	{POSTERN_LOG_ERROR, "\nPRIORITY=3\n"},
	{POSTERN_LOG_WARNING, "\nPRIORITY=4\n"},
	{POSTERN_LOG_AUDIT, "\nPRIORITY=5\n"},
	{POSTERN_LOG_INFO, "\nPRIORITY=6\n"},
};

START_TEST(level_is_the_priority,
	   .loop_end = sizeof(priorities) / sizeof(priorities[0]))
{
	struct postern_log_record record = error;

	record.level = priorities[_i].level;
	start_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &record), 0);
	ck_assert(take_entry());
	ck_assert_ptr_nonnull(strstr(seen, priorities[_i].field));
}
END_TEST

START_TEST(value_with_a_newline_cannot_pass_for_a_field)
{
	static const char wanted[] =
		"P_KEY\n\x0b\0\0\0\0\0\0\0x\nPRIORITY=\nP_LAST=y\n";

	tool_journal_add(&entry, "P_", "key", "x\nPRIORITY=", 11);
	tool_journal_add(&entry, "P_", "last", "y", 1);
	ck_assert_uint_eq(entry.used_bytes, sizeof(wanted) - 1);
	ck_assert_mem_eq(entry.bytes, wanted, sizeof(wanted) - 1);
}
END_TEST

START_TEST(field_without_room_is_left_out_whole)
{
	static char value[TOOL_JOURNAL_ENTRY_BYTES];
	size_t used_bytes, value_bytes;

	memset(value, 'x', sizeof(value));
	tool_journal_add(&entry, "", "key", value, sizeof(value));
	ck_assert_uint_eq(entry.used_bytes, 0);
	for (value_bytes = 4000; value_bytes < sizeof(value); value_bytes++) {
		entry.used_bytes = 0;
		tool_journal_add(&entry, "", "key", value, value_bytes);
		used_bytes = entry.used_bytes;
		ck_assert(used_bytes == 0 || used_bytes == 5 + value_bytes);
		tool_journal_add(&entry, "", "key", "\n", 1);
		ck_assert(entry.used_bytes == used_bytes ||
			  entry.used_bytes == used_bytes + 14);
		ck_assert_uint_le(entry.used_bytes, sizeof(entry.bytes));
	}
}
END_TEST

START_TEST(largest_record_finds_room)
{
	static char line[1024];
	struct postern_log_field many[23];
	struct postern_log_record record = error;
	size_t i;

	memset(line, 'x', sizeof(line) - 1);
	for (i = 0; i < 23; i++)
		many[i] = (struct postern_log_field) {
			.key = "undelivered_bytes",
			.value = line,
			.value_bytes = 1023 / 23 - 2,
		};
	many[22].key = "last";
	record.line = line;
	record.fields = many;
	record.field_count = 23;
	start_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &record), 0);
	ck_assert(take_entry());
	ck_assert_ptr_nonnull(strstr(seen, "\nPOSTERN_LAST=x"));
}
END_TEST

/* -- a journal that is not there, or does not read -------------------------- */

START_TEST(journal_that_is_not_there_is_found_once_it_is)
{
	ck_assert_int_eq(tool_journal_send(&journal, &error), -ENOENT);
	start_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &error), 0);
	ck_assert(take_entry());
	ck_assert_str_eq(seen, REFUSAL_ENTRY);
}
END_TEST

START_TEST(journal_that_was_started_anew_is_found_again)
{
	start_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &error), 0);
	stop_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &error), -ENOENT);
	start_journal();
	ck_assert_int_eq(tool_journal_send(&journal, &error), 0);
	stop_journal();
	start_journal();
	/* This one is not even noticed. */
	ck_assert_int_eq(tool_journal_send(&journal, &error), 0);
	ck_assert(take_entry());
	ck_assert_str_eq(seen, REFUSAL_ENTRY);
}
END_TEST

START_TEST(path_that_is_too_long_is_an_error)
{
	static char long_path[200];

	memset(long_path, 'x', sizeof(long_path) - 1);
	tool_log_init(&journal, NULL, long_path);
	ck_assert_int_eq(tool_journal_send(&journal, &error), -ENAMETOOLONG);
}
END_TEST

START_TEST(full_journal_is_told_what_it_lost_before_it_gets_more)
{
	unsigned int count, i;

	start_journal();
	count = fill_journal();
	journal.lost_count = 3;
	ck_assert_int_eq(tool_journal_send(&journal, &error), -EAGAIN);
	ck_assert_uint_eq(journal.lost_count, 3);
	for (i = 0; i < count; i++)
		ck_assert(take_entry());
	ck_assert(!take_entry());

	ck_assert_int_eq(tool_journal_send(&journal, &error), 0);
	ck_assert_uint_eq(journal.lost_count, 0);
	expect_lost("3");
	ck_assert(take_entry());
	ck_assert_str_eq(seen, REFUSAL_ENTRY);
	ck_assert(!take_entry());
}
END_TEST

START_TEST(what_was_lost_is_told_in_the_end)
{
	start_journal();
	journal.lost_count = 5;
	ck_assert_uint_eq(tool_journal_close(&journal), 0);
	expect_lost("5");
}
END_TEST

START_TEST(what_cannot_be_told_in_the_end_is_returned)
{
	journal.lost_count = 5;
	ck_assert_uint_eq(tool_journal_close(&journal), 5);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
