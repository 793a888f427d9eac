/* SPDX-License-Identifier: ISC */
/*
 * Churn: processes that connect and end, in every way and at any moment
 */
#include "support/churn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/stranger.h"

/* From before connect() until some messages after GO, on a busy machine. */
#define LIFE_NS_MAX 1500000
#define MESSAGES_MAX 32
#define PATIENCE_MS 10000
#define PATIENCE_NS (10 * UINT64_C(1000000000))

enum way {
	WAY_CLOSE,
	WAY_EXIT,
	WAY_TIMER,
	WAY_STEP,
};

/* The steps of a handshake by hand, and then of a channel by hand. */
enum step {
	STEP_CONNECTED,
	STEP_SAID_HELLO,
	STEP_SAW_OFFER,         /* it is there, and stays unread */
	STEP_TOOK_OFFER,
	STEP_PAID,
	STEP_SEALED,
	STEP_SAID_READY,
	STEP_TOOK_GO,
};
#define STEP_COUNT (STEP_TOOK_GO + 1)

struct life {
	enum way way;
	enum step step;
	uint64_t timer_ns;
	uint32_t message_count;
};

/* Half of them die by the timer: there the moment is anybody's guess. */
static struct life draw(struct random *random)
{
	static const enum way ways[] = {
		WAY_CLOSE, WAY_EXIT, WAY_STEP, WAY_STEP,
		WAY_TIMER, WAY_TIMER, WAY_TIMER, WAY_TIMER,
	};

	return (struct life) {
		.way = ways[random_below(random, 8)],
		.step = (enum step)random_below(random, STEP_COUNT),
		.timer_ns = 1 + random_below(random, LIFE_NS_MAX),
		.message_count = random_below(random, MESSAGES_MAX),
	};
}

/* -- in the process -------------------------------------------------------- */

static void note_death(const struct churn *churn, uint64_t now_ns)
{
	if (churn->deaths_ns)
		atomic_store(&churn->deaths_ns[(uint32_t)getpid() %
					       CHURN_DEATHS], now_ns);
}

static _Noreturn void die(const struct churn *churn)
{
	note_death(churn, inspect_now_ns());
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* Nobody has to wait for the moment: the kernel keeps it. */
static bool start_timer(const struct churn *churn, uint64_t timer_ns)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGKILL,
	};
	struct itimerspec when = {.it_value = {.tv_nsec = (long)timer_ns}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return false;
	note_death(churn, inspect_now_ns() + timer_ns);
	return timer_settime(timer, 0, &when, NULL) == 0;
}

static int exit_status_of(int result)
{
	switch (result) {
	case 0:
		return CHURN_DONE;
	case -EDQUOT:
		return CHURN_REFUSED;
	default:
		return CHURN_FAILED;
	}
}

static bool await_readable(const struct stranger *stranger)
{
	struct pollfd wait = {.fd = stranger->socket_fd, .events = POLLIN};

	return poll(&wait, 1, PATIENCE_MS) == 1;
}

static int take_step(struct stranger *stranger, const struct churn *churn,
		     enum step step)
{
	switch (step) {
	case STEP_CONNECTED:
		return stranger_connect(stranger, churn->socket_path);
	case STEP_SAID_HELLO:
		return stranger_say_hello(stranger);
	case STEP_SAW_OFFER:
		return await_readable(stranger) ? 0 : -ETIMEDOUT;
	case STEP_TOOK_OFFER:
		return stranger_take_offer(stranger);
	case STEP_PAID:
		if (stranger_pay_for_nodes(stranger) < 0)
			return -ENOMEM;
		return stranger_pay_for_own(stranger);
	case STEP_SEALED:
		return stranger_seal(stranger, PST_SEGMENT_SEALS_WRITER_DONE);
	case STEP_SAID_READY:
		return stranger_say_ready(stranger);
	case STEP_TOOK_GO:
	default:
		if (!await_readable(stranger))
			return -ETIMEDOUT;
		return stranger_take_go(stranger);
	}
}

/* Who finds the backlog full, or is refused, dies a step earlier. */
static _Noreturn void die_behind_step(const struct churn *churn, enum step last)
{
	struct stranger stranger = STRANGER_INIT;
	int step;

	for (step = STEP_CONNECTED; step <= (int)last; step++)
		if (take_step(&stranger, churn, (enum step)step) < 0)
			break;
	die(churn);
}

static int send_some(struct postern_channel *channel, uint64_t count)
{
	struct churn_message message = {0};
	int r = 0;

	for (; message.number < count && r == 0; message.number++)
		r = postern_send_wait(channel, &message, sizeof(message),
				      POSTERN_NO_DEADLINE);
	return r;
}

/*
 * Those who died just now may still have the places that are this user's; a
 * node that lost some will never have one again.
 */
static int connect_to_node(const struct churn *churn,
			   struct postern_channel **ret_channel)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	uint64_t end_ns = inspect_now_ns() + PATIENCE_NS;
	int r;

	options.ring_bytes = churn->ring_bytes;
	options.disable_features = churn->disable_features;
	do
		r = postern_connect(churn->policy, "orders", &options,
				    postern_deadline_after(PATIENCE_NS),
				    ret_channel, NULL);
	while (r == -EDQUOT && inspect_now_ns() < end_ns);
	return r;
}

static _Noreturn void live(const struct churn *churn, const struct life *life)
{
	struct postern_channel *channel;
	int r;

	if (life->way == WAY_STEP)
		die_behind_step(churn, life->step);
	if (life->way == WAY_TIMER && !start_timer(churn, life->timer_ns))
		_exit(CHURN_FAILED);

	r = connect_to_node(churn, &channel);
	if (r == 0)
		r = send_some(channel, life->way == WAY_TIMER
					       ? UINT64_MAX
					       : life->message_count);
	if (life->way == WAY_TIMER)
		for (;;)
			(void)pause();
	note_death(churn, inspect_now_ns());
	if (r == 0 && life->way == WAY_CLOSE)
		channel = postern_channel_close(channel);
	_exit(exit_status_of(r));
}

/* -- in its parent --------------------------------------------------------- */

static bool is_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

enum churn_outcome churn_once(const struct churn *churn, struct random *random)
{
	struct life life = draw(random);
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		live(churn, &life);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return CHURN_FAILED;
	if (life.way == WAY_TIMER || life.way == WAY_STEP)
		return is_killed(status) ? CHURN_DONE : CHURN_FAILED;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= CHURN_REFUSED)
		return (enum churn_outcome)WEXITSTATUS(status);
	return CHURN_FAILED;
}
