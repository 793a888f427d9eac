/* SPDX-License-Identifier: ISC */
/*
 * Limits of the host process: each is a refusal, none ends the process
 *
 * RLIMIT_FSIZE is the one with a signal: beyond it the kernel sends SIGXFSZ.  The
 * test's own process has the limit, and would be ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/observer.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define KIB 1024
/* As `ulimit -f 512`: less than a ring, and more than the statistics. */
#define BELOW_A_RING (512 * KIB)
#define BELOW_THE_STATISTICS (64 * KIB)

static const char POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction both\n"
	"		observe\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process peer;

static void set_up(void)
{
	scene_init(&scene);
	scene_load_next(&scene, POLICY);
	scene_load(&scene, POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
}

static void tear_down(void)
{
	process_end(&peer);
	scene_close(&scene);
}

/*
 * The soft limit, which can be raised again.  No assertion of Check is made here,
 * nor under a limit of a few bytes: it writes to a file.
 */
static void limit(int resource, rlim_t value)
{
	struct rlimit limits;

	if (getrlimit((__rlimit_resource_t)resource, &limits) < 0)
		abort();
	limits.rlim_cur = value < limits.rlim_max ? value : limits.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &limits) < 0)
		abort();
}

static void expect_no_signal_is_left(void)
{
	sigset_t set;

	ck_assert_int_eq(sigpending(&set), 0);
	ck_assert_int_eq(sigismember(&set, SIGXFSZ), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
	ck_assert_int_eq(sigismember(&set, SIGXFSZ), 0);
}

START_TEST(open_under_a_limit_of_file_size_is_refused_for_resources,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	limit(RLIMIT_FSIZE, BELOW_THE_STATISTICS);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -ENOMEM);
	ck_assert_int_eq(error.reason, POSTERN_REASON_RESOURCES);
	ck_assert_ptr_nonnull(strstr(error.detail, "ftruncate: File too"));
	ck_assert_ptr_nonnull(strstr(error.detail, "ulimit -f"));
	expect_no_signal_is_left();
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), 0);
}
END_TEST

START_TEST(admission_under_a_limit_of_file_size_is_refused_for_resources,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct peer_report report;

	scene_open(&scene);
	limit(RLIMIT_FSIZE, BELOW_A_RING);
	report = peer_connect(&scene, &peer);
	ck_assert_int_lt(report.result, 0);
	scene_await_one_refusal(&scene, POSTERN_REASON_RESOURCES);
	expect_no_signal_is_left();
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	report = peer_connect(&scene, &peer);
	ck_assert_int_eq(report.result, 0);
}
END_TEST

START_TEST(reload_under_a_limit_of_file_size_leaves_the_node_alive,
	   .set_up = set_up, .tear_down = tear_down)
{
	uint32_t disconnected_count;
	int r;

	scene_open(&scene);
	limit(RLIMIT_FSIZE, BELOW_THE_STATISTICS);
	r = postern_node_reload(scene.node, scene.next, &disconnected_count,
				NULL);
	ck_assert(r == 0 || r == -ENOMEM);
	expect_no_signal_is_left();
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
}
END_TEST

static struct observer_report observe(struct process *observer)
{
	const uint64_t deadline_ns = POSTERN_NO_DEADLINE;
	struct observer_report report;

	process_order(observer, &deadline_ns, sizeof(deadline_ns));
	scene_serve_until_readable(&scene, observer->control_fd);
	process_read_report(observer, &report, sizeof(report));
	return report;
}

/* The segment of before the reload is not for all who may observe now. */
START_TEST(reload_under_a_limit_of_file_size_makes_the_statistics_later,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct observer_report report;
	struct process observer;
	uint32_t disconnected_count;
	size_t before;          /* warnings of what the kernel lacks */
	int r;

	process_start(&observer, ROLE_PEER, observer_main, &scene);
	scene_open(&scene);
	before = scene.warning_count;
	limit(RLIMIT_FSIZE, BELOW_THE_STATISTICS);
	r = postern_node_reload(scene.node, scene.next, &disconnected_count,
				NULL);
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(scene.warning.event, "statistics");
	ck_assert_ptr_nonnull(strstr(scene.warning.line,
				     " call=ftruncate errno=27"));

	report = observe(&observer);
	ck_assert_int_lt(report.result, 0);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NODE_BUSY);
	ck_assert_uint_eq(scene.warning_count, before + 1);
	scene_await_one_refusal(&scene, POSTERN_REASON_RESOURCES);

	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	report = observe(&observer);
	ck_assert_msg(report.result == 0, "%s",
		      postern_reason_name(report.reason));
	ck_assert(report.is_readable);
	process_end(&observer);
}
END_TEST

START_TEST(client_under_a_limit_of_file_size_connects)
{
	scene_init(&scene);
	scene_load(&scene, POLICY);
	limit(RLIMIT_FSIZE, 4 * KIB); /* less than any segment */
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	scene_open(&scene);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 100).result, 0);
	tear_down();
}
END_TEST

START_TEST(new_key_under_a_limit_of_file_size_is_refused_for_resources,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	char path[STAGE_PATH_BYTES + 16];
	uint8_t key[POSTERN_KEY_BYTES];
	int r;

	(void)snprintf(path, sizeof(path), "%s/key", scene.directory);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	limit(RLIMIT_FSIZE, 10);
	r = postern_key_create(path, key, &error);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	ck_assert_int_eq(r, -ENOMEM);
	ck_assert_int_eq(error.reason, POSTERN_REASON_RESOURCES);
	expect_no_signal_is_left();
	ck_assert_int_eq(postern_key_create(path, key, &error), 0);
}
END_TEST

/* A signal that the program has blocked, and that waits, stays. */
START_TEST(pending_sigxfsz_of_the_program_stays_pending,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	sigset_t set;

	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGXFSZ);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	ck_assert_int_eq(raise(SIGXFSZ), 0);
	limit(RLIMIT_FSIZE, BELOW_THE_STATISTICS);
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -ENOMEM);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	ck_assert_int_eq(sigpending(&set), 0);
	ck_assert_int_eq(sigismember(&set, SIGXFSZ), 1);
}
END_TEST

/* -- limits without a signal ------------------------------------------------ */

static rlim_t address_space_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
	(void)fclose(file);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

START_TEST(admission_without_address_space_is_refused_for_resources,
	   .set_up = set_up, .tear_down = tear_down)
{
	skip_unless(!test_has_sanitizer() && !test_has_runner(),
		    "its own mappings need the address space");
	scene_open(&scene);
	limit(RLIMIT_AS, address_space_bytes() + BELOW_A_RING);
	ck_assert_int_lt(peer_connect(&scene, &peer).result, 0);
	scene_await_one_refusal(&scene, POSTERN_REASON_RESOURCES);
	limit(RLIMIT_AS, RLIM_INFINITY);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
}
END_TEST

/* _i: so many descriptors more than it has. */
START_TEST(open_without_descriptors_is_refused_for_resources,
	   .loop_end = 12, .set_up = set_up, .tear_down = tear_down)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	rlim_t count = inspect_fd_count();
	int r;

	skip_unless(!test_has_runner(), "it has descriptors of its own");
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	limit(RLIMIT_NOFILE, count + (rlim_t)_i);
	r = scene_try_open(&scene, 0, &error);
	limit(RLIMIT_NOFILE, 1024);
	if (r == 0)
		return;
	ck_assert_msg(error.reason == POSTERN_REASON_RESOURCES,
		      "%d more descriptors: %s: %s", _i,
		      postern_strerror(r), error.detail);
	ck_assert_int_eq(r, -EMFILE);
}
END_TEST

/* -- RLIMIT_DATA and RLIMIT_MEMLOCK, on either side ------------------------------ */

static const char SECURED_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	security mac\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

/*
 * A client under a limit: an order is how much more than it has in use, and its
 * answer a report.
 */
struct limited_client {
	int resource;
	bool is_secured;
};

static rlim_t data_bytes(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/self/status", "re");

	if (!file)
		abort();
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmData: %lu kB", &kib) == 1)
			break;
	(void)fclose(file);
	return (rlim_t)kib * KIB;
}

static void limited_client_main(int control_fd, void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	const struct limited_client *client = user_data;
	struct postern_channel *channel = NULL;
	struct peer_report report;
	rlim_t value;

	options.disable_features = test_disable_features();
	while (process_next_order(control_fd, &value, sizeof(value))) {
		memset(&report, 0, sizeof(report));
		if (client->resource == RLIMIT_DATA && value != RLIM_INFINITY)
			value += data_bytes();
		limit(client->resource, value);
		report.result = postern_connect(scene.policy, "orders",
						&options, test_deadline_ns(),
						&channel, &error);
		limit(client->resource, RLIM_INFINITY);
		report.reason = error.reason;
		memcpy(report.detail, error.detail, sizeof(report.detail));
		if (report.result == 0)
			report.count = postern_send(channel, "x", 1) == 0;
		process_report(control_fd, &report, sizeof(report));
		if (report.result == 0)
			channel = postern_channel_close(channel);
	}
}

static struct peer_report connect_limited(const struct process *client,
					  rlim_t value)
{
	struct peer_report report;

	process_order(client, &value, sizeof(value));
	scene_serve_until_readable(&scene, client->control_fd);
	process_read_report(client, &report, sizeof(report));
	return report;
}

static void expect_out_of_resources(const struct peer_report *report)
{
	ck_assert_msg(report->result == -ENOMEM &&
			      report->reason == POSTERN_REASON_RESOURCES,
		      "%s, %s: %s", postern_strerror(report->result),
		      postern_reason_name(report->reason), report->detail);
}

/* _i / 2: so many pages more; any of its allocations may be the one that fails. */
static void expect_limit_of_client(struct limited_client *with, int pages)
{
	rlim_t more = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
	struct peer_report report;
	struct process client;

	scene_init(&scene);
	scene_load(&scene, with->is_secured ? SECURED_POLICY : POLICY);
	process_start(&client, ROLE_PEER, limited_client_main, with);
	scene_open(&scene);
	report = connect_limited(&client, more);
	if (pages == 0 || report.result != 0)
		expect_out_of_resources(&report);
	report = connect_limited(&client, RLIM_INFINITY);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, 1);
	process_end(&client);
	scene_close(&scene);
}

START_TEST(connect_under_a_limit_of_data_is_refused_for_resources,
	   .loop_end = 16)
{
	struct limited_client with = {
		.resource = RLIMIT_DATA,
		.is_secured = _i % 2 == 1,
	};

	skip_unless(!test_has_sanitizer() && !test_has_runner(),
		    "its own memory is data");
	expect_limit_of_client(&with, _i / 2);
}
END_TEST

START_TEST(secured_connect_without_locked_memory_is_refused_for_resources,
	   .loop_end = 8)
{
	struct limited_client with = {
		.resource = RLIMIT_MEMLOCK,
		.is_secured = true,
	};

	skip_unless(users_are_several() && !test_has_sanitizer(),
		    NEEDS_USERS ", and no sanitizer that pretends to lock");
	expect_limit_of_client(&with, _i);
}
END_TEST

/* _i: so many pages may be locked. */
START_TEST(secured_admission_without_locked_memory_is_refused_for_resources,
	   .loop_end = 8)
{
	struct peer_report report;

	skip_unless(users_are_several() && !test_has_sanitizer(),
		    NEEDS_USERS ", and no sanitizer that pretends to lock");
	scene_init(&scene);
	scene_load(&scene, SECURED_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	limit(RLIMIT_MEMLOCK, (rlim_t)_i * (rlim_t)sysconf(_SC_PAGESIZE));
	report = peer_connect(&scene, &peer);
	limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
	ck_assert(_i > 0 || report.result < 0);
	if (report.result < 0) {
		scene_await_one_refusal(&scene, POSTERN_REASON_RESOURCES);
	} else {
		report = peer_do(&scene, &peer, PEER_CLOSE, 0);
		ck_assert_int_eq(report.result, 0);
	}
	ck_assert_int_eq(peer_connect(&scene, &peer).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 10).result, 0);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
