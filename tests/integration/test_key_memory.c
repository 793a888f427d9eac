/* SPDX-License-Identifier: ISC */
/*
 * Where the private key of a node, or of a connector, lies in memory
 *
 * From its file it goes into memory for secrets, and from there nowhere: not
 * into what a core dump would hold, not into a forked child, and a connector has
 * forgotten it once it is connected.  A process of root looks, in all that can
 * be read of another one, for each half of the key and of its text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/identity.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/smaps.h"
#include "support/stage.h"
#include "support/test_options.h"

#define HALF_BYTES 16
#define DIGITS_OFFSET 15        /* behind "x25519-private:" */

#define POLICY \
	"policy-version 1\n" \
	"peer partner {\n	key $peerkey\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	"	key $nodekey\n" \
	"	security aead\n" \
	"	allow partner {\n		direction both\n	}\n" \
	"}\n" \
	"end\n"

struct search_order {
	pid_t pid;
	enum scene_key key;
};

struct search_report {
	size_t hits;            /* wherever they are */
	size_t dumpable_hits;   /* not left out of core dumps */
};

struct search {
	int memory_fd;
	uint8_t needles[4][HALF_BYTES];
	struct search_report report;
};

static struct scene scene;
static struct process peer, searcher;

/* -- who looks ------------------------------------------------------------- */

static void make_needles(struct search *search, const char *path)
{
	char text[PST_IDENTITY_PRIVATE_TEXT_BYTES];
	struct pst_identity *identity;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	process_require(fd >= 0 && read(fd, text, sizeof(text)) ==
					   (ssize_t)sizeof(text),
			"the key's file cannot be read");
	(void)close(fd);
	process_require(pst_identity_new_from_text(text, sizeof(text),
						   &identity) == 0,
			"the key's file holds no key");
	memcpy(search->needles, identity->private_key,
	       sizeof(identity->private_key));
	memcpy(search->needles[2], text + DIGITS_OFFSET, HALF_BYTES);
	memcpy(search->needles[3], text + DIGITS_OFFSET + HALF_BYTES,
	       HALF_BYTES);
	identity = pst_identity_free(identity);
}

static size_t count_hits(const struct search *search, const uint8_t *bytes,
			 size_t byte_count)
{
	const uint8_t *position, *end = bytes + byte_count;
	size_t hits = 0, i;

	for (i = 0; i < 4; i++)
		for (position = bytes;
		     (position = memmem(position, (size_t)(end - position),
					search->needles[i], HALF_BYTES));
		     position++)
			hits++;
	return hits;
}

static void look_into(const struct mapping *mapping, void *user_data)
{
	size_t byte_count = (size_t)(mapping->end - mapping->begin);
	struct search *search = user_data;
	uint8_t *copy;
	ssize_t got;
	size_t hits;

	if (mapping->permissions[0] != 'r')
		return;
	copy = malloc(byte_count);
	process_require(copy, "no memory to look at memory");
	got = pread(search->memory_fd, copy, byte_count, (off_t)mapping->begin);
	/* The kernel's own pages cannot be read so. */
	hits = got > 0 ? count_hits(search, copy, (size_t)got) : 0;
	search->report.hits += hits;
	if (!mapping_has_flag(mapping, "dd"))
		search->report.dumpable_hits += hits;
	free(copy);
}

static void searcher_main(int control_fd, void *user_data)
{
	struct search_order order;
	struct search search;
	char path[64];

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		memset(&search, 0, sizeof(search));
		make_needles(&search, scene.key_paths[order.key]);
		(void)snprintf(path, sizeof(path), "/proc/%d/mem",
			       (int)order.pid);
		search.memory_fd = open(path, O_RDONLY | O_CLOEXEC);
		process_require(search.memory_fd >= 0,
				"the memory cannot be opened");
		smaps_walk(order.pid, look_into, &search);
		(void)close(search.memory_fd);
		process_report(control_fd, &search.report,
			       sizeof(search.report));
	}
}

static struct search_report look_for(enum scene_key key, pid_t pid)
{
	const struct search_order order = {.pid = pid, .key = key};
	struct search_report report;

	process_order(&searcher, &order, sizeof(order));
	process_read_report(&searcher, &report, sizeof(report));
	return report;
}

/* -- where it is ----------------------------------------------------------- */

static bool can_look(void)
{
	return users_are_several() && !test_has_runner() &&
	       !test_has_sanitizer();
}

#define NEEDS_TO_LOOK "needs root, and no runner or sanitizer with its memory"

static void set_up(void)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.has_key = true,
		.key = SCENE_KEY_PEER,
	};
	struct peer_report report;

	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, POLICY);
	process_start(&searcher, ROLE_ROOT, searcher_main, NULL);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
	report = peer_obey(&scene, &peer, &order);
	ck_assert_msg(report.result == 0, "%s", report.detail);
}

static void tear_down(void)
{
	process_end(&peer);
	process_end(&searcher);
	scene_close(&scene);
}

START_TEST(key_of_a_node_is_in_memory_for_secrets_alone)
{
	struct search_report report;

	skip_unless(can_look(), NEEDS_TO_LOOK);
	set_up();
	report = look_for(SCENE_KEY_NODE, getpid());
	ck_assert_uint_eq(report.dumpable_hits, 0);
	/* Both halves, once. */
	ck_assert_uint_eq(report.hits, 2);
	tear_down();
}
END_TEST

START_TEST(key_of_a_connector_is_forgotten_once_it_is_connected)
{
	skip_unless(can_look(), NEEDS_TO_LOOK);
	set_up();
	ck_assert_uint_eq(look_for(SCENE_KEY_PEER, peer.pid).hits, 0);
	tear_down();
}
END_TEST

START_TEST(forked_child_has_no_key)
{
	pid_t child;

	skip_unless(can_look(), NEEDS_TO_LOOK);
	set_up();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		for (;;)
			(void)pause();
	ck_assert_uint_eq(look_for(SCENE_KEY_NODE, child).hits, 0);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_uint_eq(look_for(SCENE_KEY_NODE, getpid()).hits, 2);
	tear_down();
}
END_TEST

START_TEST(closed_node_has_forgotten_its_key)
{
	skip_unless(can_look(), NEEDS_TO_LOOK);
	set_up();
	scene.node = postern_node_close(scene.node);
	ck_assert_uint_eq(look_for(SCENE_KEY_NODE, getpid()).hits, 0);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
