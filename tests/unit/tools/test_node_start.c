/* SPDX-License-Identifier: ISC */
/*
 * Pauses before a node starts: changes of its socket end them
 *
 * A change that comes before a pause is kept for it, so no test needs a second
 * thread.
 */
#include "tools/node_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/test_case.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

#define FIRST_PAUSE_NS NS_PER_MS
#define LONGEST_PAUSE_NS NS_PER_S

static char parent[64];
static char directory[sizeof(parent) + 8];
static char path[sizeof(directory) + 8];
static char other_path[sizeof(directory) + 8];
static struct tool_node_start start;

static void bind_socket(const char *at)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", at);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(close(fd), 0);
}

/* It watches from the first pause on. */
static bool pause_shortly(void)
{
	return tool_node_start_pause(&start, NS_PER_MS);
}

static void set_up(void)
{
	(void)strcpy(parent, "/tmp/postern-start-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(parent));
	(void)snprintf(directory, sizeof(directory), "%s/run", parent);
	(void)snprintf(path, sizeof(path), "%s/socket", directory);
	(void)snprintf(other_path, sizeof(other_path), "%s/other", directory);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	tool_node_start_init(&start, path);
}

static void tear_down(void)
{
	tool_node_start_done(&start);
	(void)unlink(path);
	(void)unlink(other_path);
	(void)rmdir(directory);
	(void)rmdir(parent);
}

START_TEST(pause_without_a_change_doubles_the_next)
{
	ck_assert(!pause_shortly());
	ck_assert_uint_eq(start.pause_ns, 2 * FIRST_PAUSE_NS);
	start.pause_ns = LONGEST_PAUSE_NS;
	ck_assert(!pause_shortly());
	ck_assert_uint_eq(start.pause_ns, LONGEST_PAUSE_NS);
}
END_TEST

START_TEST(bound_socket_ends_the_longest_pause)
{
	ck_assert(!pause_shortly());
	start.pause_ns = LONGEST_PAUSE_NS;
	bind_socket(path);
	ck_assert(tool_node_start_pause(&start, UINT64_MAX / 2));
	ck_assert_uint_eq(start.pause_ns, FIRST_PAUSE_NS);
	ck_assert(!pause_shortly());
}
END_TEST

START_TEST(new_mode_of_the_socket_ends_a_pause)
{
	bind_socket(path);
	ck_assert(!pause_shortly());
	start.pause_ns = LONGEST_PAUSE_NS;
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert(tool_node_start_pause(&start, UINT64_MAX / 2));
}
END_TEST

START_TEST(socket_moved_to_its_path_ends_a_pause)
{
	bind_socket(other_path);
	ck_assert(!pause_shortly());
	start.pause_ns = LONGEST_PAUSE_NS;
	ck_assert_int_eq(rename(other_path, path), 0);
	ck_assert(tool_node_start_pause(&start, UINT64_MAX / 2));
}
END_TEST

START_TEST(other_file_of_the_directory_ends_no_pause)
{
	ck_assert(!pause_shortly());
	start.pause_ns = 20 * NS_PER_MS;
	bind_socket(other_path);
	ck_assert(!tool_node_start_pause(&start, UINT64_MAX / 2));
	ck_assert_uint_eq(start.pause_ns, 40 * NS_PER_MS);
}
END_TEST

START_TEST(later_directory_is_watched_too)
{
	ck_assert_int_eq(rmdir(directory), 0);
	ck_assert(!pause_shortly());
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	ck_assert(!pause_shortly());
	start.pause_ns = LONGEST_PAUSE_NS;
	bind_socket(path);
	ck_assert(tool_node_start_pause(&start, UINT64_MAX / 2));
}
END_TEST

START_TEST(unknown_path_leaves_the_pauses)
{
	tool_node_start_done(&start);
	tool_node_start_init(&start, NULL);
	ck_assert(!pause_shortly());
	ck_assert_uint_eq(start.pause_ns, 2 * FIRST_PAUSE_NS);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
