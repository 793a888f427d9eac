/* SPDX-License-Identifier: ISC */
/*
 * Offers that their peer leaves in the queue
 *
 * The descriptors of an OFFER are in flight at the node's charge until it is
 * taken.  To hang up by half, or to look at it without taking it, changes
 * nothing of that.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"

#define UNREAD_OFFERS_PER_USER 8

static const char EVERYONE_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process peer;
static struct stranger strangers[UNREAD_OFFERS_PER_USER + 1];
static size_t fds_before;

static void set_up(void)
{
	size_t i;

	for (i = 0; i <= UNREAD_OFFERS_PER_USER; i++)
		strangers[i] = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, EVERYONE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void tear_down(void)
{
	size_t i;

	for (i = 0; i <= UNREAD_OFFERS_PER_USER; i++)
		stranger_close(&strangers[i]);
	process_end(&peer);
	/* Less our end of the peer's orders. */
	scene_serve_until_fd_count(&scene, fds_before - 1);
	scene_close(&scene);
}

static void say_hello(struct stranger *stranger)
{
	ck_assert_int_eq(stranger_connect(stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(stranger), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	scene_serve_what_is_due(&scene);
}

/* Half of each socket is gone; the unread half stays, and its offer in it. */
static void leave_offers_half_shut(void)
{
	size_t i;

	for (i = 0; i < UNREAD_OFFERS_PER_USER; i++) {
		say_hello(&strangers[i]);
		ck_assert_int_eq(shutdown(strangers[i].socket_fd, SHUT_WR), 0);
		scene_serve_what_is_due(&scene);
		scene_expect_one_refusal(&scene, POSTERN_REASON_HUNG_UP, 0);
	}
}

/*
 * The node looks at what it keeps from time to time.  One that really leaves
 * shows that it has looked, and then it has looked at all of them.
 */
static void leave_and_await_the_look(struct stranger *stranger)
{
	stranger_close(stranger);
	scene_serve_until_fd_count(
		&scene, fds_before + 2 * (UNREAD_OFFERS_PER_USER - 1));
}

START_TEST(who_shuts_down_by_half_keeps_the_place_of_an_unread_offer)
{
	struct stranger *last = &strangers[UNREAD_OFFERS_PER_USER - 1];
	struct stranger *ninth = &strangers[UNREAD_OFFERS_PER_USER];
	enum pst_refuse_code code;

	leave_offers_half_shut();
	leave_and_await_the_look(last);

	/* One has left, so there is a place for one, and not for two. */
	say_hello(last);
	scene_expect_no_refusal(&scene);
	say_hello(ninth);
	ck_assert_int_eq(stranger_take_refusal(ninth, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_BUSY);
	scene_expect_one_refusal(&scene, POSTERN_REASON_UNREAD_OFFERS, 0);

	/* All this is one user's. */
	if (users_are_several())
		(void)peer_join(&scene, &peer);
}
END_TEST

/* The descriptors come along, and stay in the queue as well. */
static int peek_at_offer(struct stranger *stranger)
{
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(stranger->segment_fds))];
	} control = {0};
	struct pst_wire_record record;
	struct iovec vector = {record.bytes, sizeof(record.bytes)};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	n = recvmsg(stranger->socket_fd, &message,
		    MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (message.msg_controllen == 0 ||
	    control.header.cmsg_type != SCM_RIGHTS ||
	    control.header.cmsg_len !=
		    CMSG_LEN(sizeof(stranger->segment_fds)))
		return -EBADMSG;
	memcpy(stranger->segment_fds, CMSG_DATA(&control.header),
	       sizeof(stranger->segment_fds));
	return pst_wire_read_offer(record.bytes, (size_t)n, &stranger->offer);
}

START_TEST(who_only_looked_at_its_offer_is_not_admitted)
{
	struct stranger *stranger = &strangers[0];

	say_hello(stranger);
	ck_assert_int_eq(peek_at_offer(stranger), 0);
	ck_assert_int_eq(stranger_do_its_part(stranger), 0);
	ck_assert_int_eq(stranger_say_ready(stranger), 0);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.event_count, 0);
	scene_expect_one_refusal(&scene, POSTERN_REASON_PROTOCOL, 0);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
