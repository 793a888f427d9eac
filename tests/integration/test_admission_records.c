/* SPDX-License-Identifier: ISC */
/*
 * What a stranger may say, and when: records, their order and their time
 *
 * The strangers are sockets of the node's own process, so that each step of a
 * handshake is taken exactly when the test says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/doorbell.h"
#include "os/peer_credentials.h"
#include "support/inspect.h"
#include "support/lingering.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

static struct scene scene;
static struct stranger stranger;
static size_t fds_before;

static void set_up(void)
{
	stranger = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	fds_before = inspect_fd_count();
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
}

static void tear_down(void)
{
	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene_close(&scene);
}

/* One code, and after it the end. */
static void expect_code(const struct stranger *refused,
			enum pst_refuse_code wanted)
{
	enum pst_refuse_code code;

	scene_serve_until_readable(&scene, refused->socket_fd);
	ck_assert_int_eq(stranger_take_refusal(refused, &code), 0);
	ck_assert_int_eq(code, wanted);
	scene_serve_until_readable(&scene, refused->socket_fd);
	ck_assert(stranger_is_alone(refused));
}

/* The stranger learns the code alone; the node has one record. */
static void expect_refused(enum postern_reason reason,
			   enum pst_refuse_code wanted)
{
	expect_code(&stranger, wanted);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, reason, 0);
	ck_assert_uint_eq(scene.event_count, 0);
}

static void send_bytes(const void *bytes, size_t byte_count)
{
	ck_assert_int_eq(pst_packet_send(stranger.socket_fd, bytes, byte_count),
			 0);
}

/* A good HELLO, as bytes to spoil. */
static void fill_hello_record(struct pst_wire_record *ret_record)
{
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	ck_assert_int_eq(pst_wire_write_hello(&hello, ret_record), 0);
}

static void get_offer(void)
{
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
}

START_TEST(who_does_everything_right_is_admitted)
{
	get_offer();
	ck_assert_int_eq(stranger_do_its_part(&stranger), 0);
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_go(&stranger), 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	scene_expect_no_refusal(&scene);
}
END_TEST

/* -- HELLO ----------------------------------------------------------------- */

START_TEST(another_nodes_name_is_refused)
{
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	(void)strcpy(hello.node_name, "invoices");
	ck_assert_int_eq(stranger_send_hello(&stranger, &hello), 0);
	expect_refused(POSTERN_REASON_WRONG_NODE, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(another_layout_of_segments_is_refused_as_a_version)
{
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	hello.layout_version++;
	ck_assert_int_eq(stranger_send_hello(&stranger, &hello), 0);
	expect_refused(POSTERN_REASON_VERSION, PST_REFUSE_VERSION);
}
END_TEST

/* It would lead to a secret that everybody knows. */
START_TEST(a_peer_with_a_worthless_key_is_refused)
{
	struct pst_hello hello;

	stranger_fill_hello(&hello);
	hello.security_bits = 1u << POSTERN_SECURITY_AEAD;
	hello.pattern = PST_WIRE_PATTERN_NN;
	hello.cipher = PST_WIRE_CIPHER_CHACHAPOLY;
	hello.key_exchange.byte_count = PST_WIRE_NN_BYTES;
	ck_assert_int_eq(stranger_send_hello(&stranger, &hello), 0);
	expect_refused(POSTERN_REASON_KEY, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(one_byte_is_refused)
{
	send_bytes("", 1);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(a_cut_hello_is_refused)
{
	struct pst_wire_record record;

	fill_hello_record(&record);
	send_bytes(record.bytes, record.byte_count - 1);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(a_record_larger_than_any_is_refused)
{
	uint8_t bytes[2 * PST_WIRE_RECORD_BYTES_MAX] = {0};
	struct pst_wire_record record;

	fill_hello_record(&record);
	memcpy(bytes, record.bytes, record.byte_count);
	send_bytes(bytes, sizeof(bytes));
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(a_hello_with_one_wrong_byte_is_refused)
{
	struct pst_wire_record record;

	fill_hello_record(&record);
	record.bytes[0] ^= 0xff;
	send_bytes(record.bytes, record.byte_count);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

/* Without SCM_CREDENTIALS of its own the kernel adds the sender's; an empty
 * record is no record at all. */
START_TEST(an_empty_record_is_refused)
{
	ck_assert_int_eq(send(stranger.socket_fd, "", 0, MSG_NOSIGNAL), 0);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(ready_before_hello_is_refused)
{
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

/* -- READY ----------------------------------------------------------------- */

START_TEST(hello_once_more_is_refused)
{
	get_offer();
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(ready_for_another_session_is_refused)
{
	get_offer();
	ck_assert_int_eq(stranger_do_its_part(&stranger), 0);
	stranger.offer.session_id[0] ^= 1;
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
}
END_TEST

/* -- descriptors ----------------------------------------------------------- */

static int send_hello_with_descriptors(void)
{
	const int fds[] = {stranger.socket_fd, STDIN_FILENO};
	struct pst_wire_record record;

	fill_hello_record(&record);
	return pst_packet_send_with_fds(stranger.socket_fd, record.bytes,
					record.byte_count, fds, 2);
}

START_TEST(descriptors_cannot_even_be_sent)
{
	skip_unless(test_features() & POSTERN_FEATURE_PASSRIGHTS,
		    "needs SO_PASSRIGHTS (Linux 6.16)");
	ck_assert_int_eq(send_hello_with_descriptors(), -EPERM);
	/* Nothing has reached the node: it goes on as if nothing had been. */
	get_offer();
	scene_expect_no_refusal(&scene);
}
END_TEST

/* As on a kernel that cannot refuse them beforehand. */
static void open_without_passrights(void)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	scene.node = postern_node_close(scene.node);
	ck_assert_int_eq(scene_try_open(&scene, POSTERN_FEATURE_PASSRIGHTS,
					&error), 0);
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	scene_serve_what_is_due(&scene);
}

/* Far less than what the descriptors would take to close. */
#define LINGER_SECONDS 20
#define PROMPT_NS UINT64_C(10000000000)

START_TEST(descriptors_beside_hello_do_not_hold_up_the_node)
{
	struct pst_wire_record record;
	uint64_t started_ns;
	int other_fd;

	open_without_passrights();
	fill_hello_record(&record);
	ck_assert_int_eq(lingering_socket_send(stranger.socket_fd, record.bytes,
					       (unsigned)record.byte_count,
					       LINGER_SECONDS, &other_fd), 0);
	started_ns = inspect_now_ns();
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
	ck_assert_uint_lt(inspect_now_ns() - started_ns, PROMPT_NS);
	(void)close(other_fd);
}
END_TEST

START_TEST(descriptors_beside_a_bell_do_not_hold_up_the_node)
{
	static const uint8_t bell = PST_DOORBELL_BYTE;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	uint64_t started_ns;
	int other_fd;

	open_without_passrights();
	get_offer();
	ck_assert_int_eq(stranger_do_its_part(&stranger), 0);
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_go(&stranger), 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_int_eq(lingering_socket_send(stranger.socket_fd, &bell, 1,
					       LINGER_SECONDS, &other_fd), 0);
	started_ns = inspect_now_ns();
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_POISONED);
	ck_assert_uint_lt(inspect_now_ns() - started_ns, PROMPT_NS);
	(void)close(other_fd);
}
END_TEST

START_TEST(descriptors_of_a_connection_that_was_not_served_do_not_hold_up_close)
{
	struct stranger unaccepted = STRANGER_INIT;
	uint64_t started_ns;
	int fds[2], i;

	open_without_passrights();
	ck_assert_int_eq(stranger_connect(&unaccepted, scene.socket_path), 0);
	ck_assert_int_eq(lingering_socket_send(stranger.socket_fd, "x", 1,
					       LINGER_SECONDS, &fds[0]), 0);
	ck_assert_int_eq(lingering_socket_send(unaccepted.socket_fd, "x", 1,
					       LINGER_SECONDS, &fds[1]), 0);
	started_ns = inspect_now_ns();
	scene.node = postern_node_close(scene.node);
	ck_assert_uint_lt(inspect_now_ns() - started_ns, PROMPT_NS);
	for (i = 0; i < 2; i++)
		(void)close(fds[i]);
	stranger_close(&unaccepted);
	scene_open(&scene);
}
END_TEST

START_TEST(descriptors_are_never_installed)
{
	size_t fds_during;

	open_without_passrights();

	fds_during = inspect_fd_count();
	ck_assert_int_eq(send_hello_with_descriptors(), 0);
	expect_refused(POSTERN_REASON_PROTOCOL, PST_REFUSE_DENIED);
	/* The node's end is closed, perhaps with a pidfd; nothing was added. */
	ck_assert_uint_lt(inspect_fd_count(), fds_during);
}
END_TEST

/* More than the node closes in a thread each, in one turn. */
#define SENDER_COUNT 12
#define THREAD_CLOSES_PER_TURN 4

START_TEST(descriptors_of_many_peers_are_closed_a_few_a_turn)
{
	struct stranger senders[SENDER_COUNT];
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	struct pst_wire_record record;
	int fds[SENDER_COUNT], i;

	open_without_passrights();
	fill_hello_record(&record);
	for (i = 0; i < SENDER_COUNT; i++) {
		senders[i] = (struct stranger)STRANGER_INIT;
		ck_assert_int_eq(stranger_connect(&senders[i],
						  scene.socket_path), 0);
		ck_assert_int_eq(lingering_socket_send(
					 senders[i].socket_fd, record.bytes,
					 (unsigned)record.byte_count,
					 LINGER_SECONDS, &fds[i]), 0);
	}
	ck_assert_int_eq(postern_node_next_event(scene.node, &event), -EAGAIN);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"),
			  THREAD_CLOSES_PER_TURN);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), SENDER_COUNT);
	for (i = 0; i < SENDER_COUNT; i++) {
		stranger_close(&senders[i]);
		(void)close(fds[i]);
	}
}
END_TEST

/* The calls that give the thread a descriptor table of its own fail. */
static void refuse_own_tables(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
}

START_TEST(open_tells_when_no_thread_can_close)
{
	open_without_passrights();
	ck_assert_str_eq(scene.warning.event, "no-passrights");
	refuse_own_tables();
	open_without_passrights();
	ck_assert_str_eq(scene.warning.event, "no-closing-thread");
}
END_TEST

/* -- time, and leaving ----------------------------------------------------- */

START_TEST(who_is_silent_or_too_slow_is_refused_at_the_deadline)
{
	struct stranger slow = STRANGER_INIT;

	ck_assert_int_eq(stranger_connect(&slow, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&slow), 0);
	scene_serve_until_readable(&scene, slow.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&slow), 0);
	scene_expect_no_refusal(&scene);

	/* Neither says another word. */
	expect_code(&stranger, PST_REFUSE_DENIED);
	expect_code(&slow, PST_REFUSE_DENIED);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), 2);
	ck_assert_ptr_nonnull(strstr(scene.records[0].line, "reason=deadline"));
	ck_assert_ptr_nonnull(strstr(scene.records[1].line, "reason=deadline"));
	stranger_close(&slow);
}
END_TEST

START_TEST(who_knocks_and_leaves_is_not_worth_a_record)
{
	scene_serve_what_is_due(&scene);
	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(scene.record_count, 0);
}
END_TEST

START_TEST(who_leaves_after_hello_is_recorded)
{
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	stranger_close(&stranger);
	scene_await_one_refusal(&scene, POSTERN_REASON_HUNG_UP);
}
END_TEST

/* -- dying ----------------------------------------------------------------- */

enum last_deed {
	DIES_CONNECTED,
	DIES_AFTER_HELLO,
	DIES_WITH_THE_OFFER,
	DIES_AFTER_READY,
	DIES_ADMITTED,
	LAST_DEED_COUNT
};

static int go_as_far_as(struct stranger *victim, enum last_deed last_deed,
			int control_fd)
{
	int order, r;

	r = stranger_connect(victim, scene.socket_path);
	if (r < 0 || last_deed == DIES_CONNECTED)
		return r;
	r = stranger_say_hello(victim);
	if (r < 0 || last_deed == DIES_AFTER_HELLO)
		return r;
	/* Reports that it waits; goes on when the node has answered. */
	process_report(control_fd, &r, sizeof(r));
	if (!process_next_order(control_fd, &order, sizeof(order)))
		return -ECANCELED;
	r = stranger_take_offer(victim);
	if (r < 0 || last_deed == DIES_WITH_THE_OFFER)
		return r;
	r = stranger_do_its_part(victim);
	if (r < 0)
		return r;
	return stranger_say_ready(victim);
}

static void die_after(int control_fd, void *user_data)
{
	const enum last_deed *last_deed = user_data;
	struct stranger victim = STRANGER_INIT;
	int order, r;

	r = go_as_far_as(&victim, *last_deed, control_fd);
	process_report(control_fd, &r, sizeof(r));
	if (process_next_order(control_fd, &order, sizeof(order)))
		process_kill_self();
}

static void expect_deed(const struct process *victim)
{
	int r;

	process_read_report(victim, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
}

/* A refusal if it had said HELLO, a departure if it was admitted. */
static void expect_end(enum last_deed last_deed)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	switch (last_deed) {
	case DIES_CONNECTED:
		break;
	case DIES_AFTER_HELLO:
	case DIES_WITH_THE_OFFER:
	case DIES_AFTER_READY:
		ck_assert_uint_eq(scene_count_records(&scene, "refused"), 1);
		ck_assert_uint_eq(scene.record_count, 1);
		ck_assert_uint_eq(scene.event_count, 0);
		break;
	case DIES_ADMITTED:
	case LAST_DEED_COUNT:
		(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
		event = scene_await_event(&scene,
					  POSTERN_NODE_EVENT_DISCONNECTED);
		ck_assert(event.reason == POSTERN_REASON_PEER_DIED ||
			  event.reason == POSTERN_REASON_HUNG_UP);
		scene_expect_no_refusal(&scene);
		break;
	}
}

START_TEST(a_peer_killed_at_any_step_leaves_nothing_behind,
	   .loop_end = LAST_DEED_COUNT)
{
	enum last_deed last_deed = (enum last_deed)_i;
	struct process victim;
	int go = 0;

	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	process_start(&victim, ROLE_OWNER, die_after, &last_deed);
	fds_before = inspect_fd_count();
	if (last_deed >= DIES_WITH_THE_OFFER) {
		expect_deed(&victim);
		/* The offer is made when the node has nothing left to do. */
		scene_serve_what_is_due(&scene);
		process_order(&victim, &go, sizeof(go));
	}
	expect_deed(&victim);
	if (last_deed != DIES_AFTER_READY)
		scene_serve_what_is_due(&scene);
	process_order(&victim, &go, sizeof(go));
	(void)process_wait(&victim);

	scene_serve_until_fd_count(&scene, fds_before);
	expect_end(last_deed);
	ck_assert_int_eq(close(victim.control_fd), 0);
	fds_before--;
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
