/* SPDX-License-Identifier: ISC */
/*
 * What moving messages costs: no system call, no allocation; and being idle
 * costs nothing
 *
 * Both ends of a channel are in one process here, on one thread, which lets a
 * seccomp filter trap every system call but the one that ends it.  So its exit
 * status is all it can say.  malloc and its kin are counted by wrapping them
 * when the program is linked.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/process.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define MESSAGES 1000000
#define SILENT_PEERS 64
#define IDLE_NS (2 * UINT64_C(1000000000))
#define IDLE_CPU_NS_MAX (20 * UINT64_C(1000000))

static struct scene scene;

/* -- counted allocations --------------------------------------------------- */

static size_t allocation_count;

void *__real_malloc(size_t byte_count);
void *__real_calloc(size_t count, size_t byte_count);
void *__real_realloc(void *memory, size_t byte_count);
void *__wrap_malloc(size_t byte_count);
void *__wrap_calloc(size_t count, size_t byte_count);
void *__wrap_realloc(void *memory, size_t byte_count);

void *__wrap_malloc(size_t byte_count)
{
	allocation_count++;
	return __real_malloc(byte_count);
}

void *__wrap_calloc(size_t count, size_t byte_count)
{
	allocation_count++;
	return __real_calloc(count, byte_count);
}

void *__wrap_realloc(void *memory, size_t byte_count)
{
	allocation_count++;
	return __real_realloc(memory, byte_count);
}

/* -- both ends in one process ---------------------------------------------- */

static void *connect_in_thread(void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channel;

	(void)user_data;
	options.disable_features = test_disable_features();
	if (postern_connect(scene.policy, "orders", &options,
			    POSTERN_NO_DEADLINE, &channel, NULL) < 0)
		return NULL;
	return channel;
}

/* The client's end, and its handle at the node. */
static postern_peer connect_one(struct postern_channel **ret_near)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	pthread_t thread;
	void *channel;

	process_require(scene_try_open(&scene, 0, NULL) == 0, "no node");
	process_require(pthread_create(&thread, NULL, connect_in_thread,
				       NULL) == 0, "no thread");
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	process_require(pthread_join(thread, &channel) == 0 && channel,
			"not connected");
	*ret_near = channel;
	return event.peer;
}

/* The client's end, and the node's, detached. */
static void open_pair(struct postern_channel **ret_near,
		      struct postern_channel **ret_far)
{
	postern_peer peer = connect_one(ret_near);

	process_require(postern_node_detach(scene.node, peer, ret_far) == 0,
			"not detached");
}

static bool pass(struct postern_channel *from, struct postern_channel *to,
		 uint64_t number)
{
	uint64_t sent[8] = {number}, received[8] = {0};
	size_t byte_count = 8 + number % 57, got;
	void *room;
	int r;

	if (number % 2) {
		r = postern_send(from, sent, byte_count);
	} else {
		r = postern_reserve(from, byte_count, &room);
		if (r == 0) {
			memcpy(room, sent, byte_count);
			r = postern_commit(from, byte_count);
		}
	}
	return r == 0 &&
	       postern_receive(to, received, sizeof(received), &got) == 0 &&
	       got == byte_count && received[0] == number;
}

static bool pass_many(struct postern_channel *near, struct postern_channel *far,
		      uint64_t count)
{
	uint64_t i;

	for (i = 0; i < count; i++)
		if (!pass(near, far, i) || !pass(far, near, i))
			return false;
	return true;
}

/* also_allowed: a number of a system call; SYS_exit_group for no other one. */
static bool trap_system_calls(unsigned also_allowed)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, also_allowed, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum verdict {
	VERDICT_GOOD = 0,
	VERDICT_LOST,
	VERDICT_ALLOCATED,
	VERDICT_NO_FILTER,
};

/* Not _exit(), which a sanitizer surrounds with system calls of its own. */
static void end(enum verdict verdict)
{
	(void)syscall(SYS_exit_group, verdict);
}

/* Verdicts from here on: the number of the system call that was made. */
#define VERDICT_SYSTEM_CALL 8

static void tell_system_call(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	(void)syscall(SYS_exit_group, VERDICT_SYSTEM_CALL + info->si_syscall);
}

/*
 * Is reading the clock a system call here?  It is one where the kernel cannot
 * use the processor's counter, in some virtual machines for instance.
 */
static bool is_clock_a_system_call(void)
{
	struct timespec now;
	int status;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (!trap_system_calls(SYS_exit_group))
			end(VERDICT_NO_FILTER);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		end(VERDICT_GOOD);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static unsigned clock_call = SYS_exit_group;

static void run_under_filter(int control_fd, void *user_data)
{
	const struct sigaction action = {
		.sa_sigaction = tell_system_call,
		.sa_flags = SA_SIGINFO,
	};
	struct postern_channel *near, *far;
	size_t allocations_before;
	bool is_good;

	(void)control_fd;
	(void)user_data;
	open_pair(&near, &far);
	/* The node had asked for a bell; that is one, and the last. */
	if (!pass_many(near, far, 10))
		end(VERDICT_LOST);
	/* Where it fails the signal ends the process. */
	(void)sigaction(SIGSYS, &action, NULL);
	if (!trap_system_calls(clock_call))
		end(VERDICT_NO_FILTER);
	allocations_before = allocation_count;
	is_good = pass_many(near, far, MESSAGES / 2);
	if (!is_good)
		end(VERDICT_LOST);
	end(allocation_count == allocations_before ? VERDICT_GOOD
						   : VERDICT_ALLOCATED);
}

static void send_by_handle(int control_fd, void *user_data)
{
	struct postern_channel *near;
	size_t allocations_before, got;
	postern_peer peer;
	uint64_t i, number;

	(void)control_fd;
	(void)user_data;
	peer = connect_one(&near);
	allocations_before = allocation_count;
	for (i = 0; i < MESSAGES / 10; i++)
		if (postern_node_send(scene.node, peer, &i, sizeof(i)) < 0 ||
		    postern_receive(near, &number, sizeof(number), &got) < 0 ||
		    number != i)
			end(VERDICT_LOST);
	end(allocation_count == allocations_before ? VERDICT_GOOD
						   : VERDICT_ALLOCATED);
}

START_TEST(sending_by_handle_makes_no_allocation)
{
	struct process process;

	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	process_start(&process, ROLE_OWNER, send_by_handle, &scene);
	ck_assert_int_eq(process_wait(&process), 0);
	(void)close(process.control_fd);
}
END_TEST

START_TEST(a_million_messages_make_no_system_call_and_no_allocation)
{
	struct process process;
	int status;

	skip_unless(!test_has_runner(),
		    "the runner makes system calls of its own");
	if (is_clock_a_system_call()) {
		printf("note: clock_gettime is a system call here, and the only "
		       "one that is allowed\n");
		clock_call = SYS_clock_gettime;
	}
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	process_start(&process, ROLE_OWNER, run_under_filter, &scene);
	status = process_wait(&process);
	ck_assert_msg(!WIFSIGNALED(status), "ended by signal %d",
		      WTERMSIG(status));
	ck_assert_msg(WEXITSTATUS(status) < VERDICT_SYSTEM_CALL,
		      "system call %d was made",
		      WEXITSTATUS(status) - VERDICT_SYSTEM_CALL);
	ck_assert_int_eq(WEXITSTATUS(status), VERDICT_GOOD);
	scene_close(&scene);
}
END_TEST

/* -- idle ------------------------------------------------------------------ */

static void connect_many(int control_fd, void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_channel *channels[SILENT_PEERS];
	int i, order, r = 0;

	(void)user_data;
	options.disable_features = test_disable_features();
	if (!process_next_order(control_fd, &order, sizeof(order)))
		return;
	for (i = 0; i < SILENT_PEERS && r == 0; i++)
		r = postern_connect(scene.policy, "orders", &options,
				    POSTERN_NO_DEADLINE, &channels[i], NULL);
	process_report(control_fd, &r, sizeof(r));
	(void)process_next_order(control_fd, &order, sizeof(order));
	while (--i >= 0)
		channels[i] = postern_channel_close(channels[i]);
}

static void wait_by_poll(void)
{
	struct pollfd wait = {
		.fd = postern_node_fd(scene.node),
		.events = POLLIN,
	};

	ck_assert_int_eq(poll(&wait, 1, IDLE_NS / 1000000), 0);
}

static void wait_by_call(void)
{
	ck_assert_int_eq(postern_node_wait(scene.node,
					   postern_deadline_after(IDLE_NS)),
			 -ETIMEDOUT);
}

START_TEST(a_node_with_many_silent_peers_uses_no_processor_time, .loop_end = 2)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;
	struct process peers;
	uint64_t cpu_before_ns;
	int go = 0, r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peers, ROLE_PEER, connect_many, &scene);
	scene_open(&scene);
	process_order(&peers, &go, sizeof(go));
	scene_serve_until_readable(&scene, peers.control_fd);
	process_read_report(&peers, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	scene_serve_what_is_due(&scene);
	ck_assert_uint_eq(scene.event_count, SILENT_PEERS);
	/* What nobody has asked for is shown to observers once more. */
	ck_assert_int_eq(postern_node_stats(scene.node, &stats), 0);
	ck_assert_uint_eq(stats.peer_count, SILENT_PEERS);

	cpu_before_ns = inspect_cpu_ns();
	if (_i == 0)
		wait_by_poll();
	else
		wait_by_call();
	ck_assert_uint_lt(inspect_cpu_ns() - cpu_before_ns, IDLE_CPU_NS_MAX);
	process_end(&peers);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
