/* SPDX-License-Identifier: ISC */
/*
 * A byte of a message is altered in the ring, behind the back of its sender
 */
#include <fcntl.h>

#include "integration/key_case.h"
#include "support/smaps.h"
#include "support/stage.h"

struct spoil {
	int memory_fd;
	bool is_done;
};

/* The sender's own ring: its one shared mapping that can be written. */
static void spoil_mapping(const struct mapping *mapping, void *user_data)
{
	struct spoil *spoil = user_data;
	off_t place = (off_t)mapping->begin + sysconf(_SC_PAGESIZE) + 10;
	uint8_t byte;

	if (spoil->is_done || strcmp(mapping->permissions, "rw-s") != 0)
		return;
	process_require(pread(spoil->memory_fd, &byte, 1, place) == 1,
			"the ring cannot be read");
	byte ^= 1;
	process_require(pwrite(spoil->memory_fd, &byte, 1, place) == 1,
			"the ring cannot be written");
	spoil->is_done = true;
}

/* As root: an order is the pid of a sender, whose first message is altered. */
static void spoiler_main(int control_fd, void *user_data)
{
	struct spoil spoil;
	char path[64];
	pid_t pid;

	(void)user_data;
	while (process_next_order(control_fd, &pid, sizeof(pid))) {
		(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
		spoil = (struct spoil) {open(path, O_RDWR | O_CLOEXEC), false};
		process_require(spoil.memory_fd >= 0, "no memory to spoil");
		smaps_walk(pid, spoil_mapping, &spoil);
		(void)close(spoil.memory_fd);
		process_report(control_fd, &spoil.is_done,
			       sizeof(spoil.is_done));
	}
}

static void have_one_message_altered(const char *policy)
{
	const struct peer_order send = {
		.kind = PEER_SEND_FIXED,
		.count = 1,
		.message_bytes = 64,
	};
	struct process spoiler;
	struct peer_report report;
	bool is_done;

	prepare(policy, NULL);
	scene.key_file = NULL;
	process_start(&spoiler, ROLE_ROOT, spoiler_main, NULL);
	scene_open(&scene);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	/* The node does not look meanwhile. */
	peer_order(&partner, &send);
	process_read_report(&partner, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
	process_order(&spoiler, &partner.pid, sizeof(partner.pid));
	process_read_report(&spoiler, &is_done, sizeof(is_done));
	ck_assert(is_done);
	process_end(&spoiler);
}

static const char *const sealed[] = {
	USER("	security mac\n"),
	USER("	security aead\n"),
};

START_TEST(altered_message_ends_the_channel_and_is_not_delivered, .loop_end = 2)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(!test_has_runner(), "the runner keeps memory from others");
	have_one_message_altered(sealed[_i]);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_KEY_REJECTED);
	ck_assert_uint_eq(scene.message_count, 0);
	ck_assert(has_record("poisoned", " reason=key-rejected"));
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 0);
	tear_down();
}
END_TEST

/* What the others are good for: nobody would notice. */
START_TEST(altered_message_is_delivered_in_mode_none)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(!test_has_runner(), "the runner keeps memory from others");
	have_one_message_altered(USER(""));
	scene_await_messages(&scene, 1);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
