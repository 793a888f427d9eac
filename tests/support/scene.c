/* SPDX-License-Identifier: ISC */
/*
 * A scene: opening, serving, and collecting what came of it
 */
#include "support/scene.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/inspect.h"
#include "support/process.h"
#include "support/test_options.h"

static void fill_record(struct scene_record *kept,
			const struct postern_log_record *record)
{
	(void)snprintf(kept->event, sizeof(kept->event), "%s", record->event);
	(void)snprintf(kept->line, sizeof(kept->line), "%s", record->line);
}

static void keep_record(void *user_data,
			const struct postern_log_record *record)
{
	struct scene *scene = user_data;
	struct scene_record *kept;

	if (record->level == POSTERN_LOG_WARNING) {
		scene->warning_count++;
		fill_record(&scene->warning, record);
	}
	if (record->level != POSTERN_LOG_AUDIT)
		return;
	process_require(scene->record_count < SCENE_RECORDS_MAX,
			"there are too many records");
	process_require(!strchr(record->line, '\n'),
			"a record has several lines");
	kept = &scene->records[scene->record_count++];
	fill_record(kept, record);
	if (scene->on_record)
		scene->on_record(scene);
}

int scene_try_open(struct scene *scene, uint32_t extra_disable_features,
		   struct postern_error_info *error)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;

	options.disable_features = test_disable_features() |
				   extra_disable_features;
	options.log = keep_record;
	options.log_user_data = scene;
	options.key_file = scene->key_file;
	options.accounting = scene->accounting;
	return postern_node_open(scene->policy, "orders", &options,
				 &scene->node, error);
}

static void open_node(struct scene *scene)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	int r;

	r = scene_try_open(scene, 0, &error);
	ck_assert_msg(r == 0, "the node cannot be opened: %s; %s",
		      postern_strerror(r), error.detail);
	ck_assert_int_ge(postern_node_fd(scene->node), 0);
}

void scene_open(struct scene *scene)
{
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	open_node(scene);
}

void scene_open_in_group(struct scene *scene)
{
	const gid_t group = SHARED_GID;

	ck_assert_int_eq(become(ROLE_OWNER, &group, 1), 0);
	open_node(scene);
}

void scene_close(struct scene *scene)
{
	scene->node = postern_node_close(scene->node);
	scene->policy = postern_policy_free(scene->policy);
	scene->next = postern_policy_free(scene->next);
}

void scene_reload(struct scene *scene, uint32_t lost_count)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	uint32_t lost = 77;
	int r;

	r = postern_node_reload(scene->node, scene->next, &lost, &error);
	ck_assert_msg(r == 0, "%s: %s", postern_strerror(r), error.detail);
	ck_assert_uint_eq(lost, lost_count);
}

/* -- serving --------------------------------------------------------------- */

static void collect_events(struct scene *scene)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	int r;

	while ((r = postern_node_next_event(scene->node, &event)) == 0) {
		process_require(scene->event_count < SCENE_EVENTS_MAX,
				"there are too many events");
		scene->events[scene->event_count++] = event;
	}
	process_require(r == -EAGAIN, "the events do not end with EAGAIN");
}

static void collect_messages(struct scene *scene)
{
	postern_peer peer;
	size_t bytes;
	int r;

	while ((r = postern_node_receive(scene->node, scene->buffer,
					 sizeof(scene->buffer), &bytes,
					 &peer)) == 0) {
		scene->message_count++;
		scene->message_bytes += bytes;
		if (scene->on_message)
			scene->on_message(scene, peer, scene->buffer, bytes);
	}
	process_require(r == -EAGAIN, "the messages do not end with EAGAIN");
}

static void collect(struct scene *scene)
{
	collect_events(scene);
	collect_messages(scene);
}

/* One wait; says whether fd is readable.  The case fails at the deadline. */
static bool serve_once(struct scene *scene, int fd, uint64_t deadline_ns)
{
	struct pollfd fds[] = {
		{.fd = postern_node_fd(scene->node), .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};

	process_require(poll(fds, 2, inspect_timeout_ms(deadline_ns)) > 0,
			"what was waited for did not happen");
	if (fds[0].revents)
		collect(scene);
	return fds[1].revents != 0;
}

void scene_serve_until_readable(struct scene *scene, int fd)
{
	uint64_t deadline_ns = test_deadline_ns();

	while (!serve_once(scene, fd, deadline_ns))
		;
}

void scene_serve_what_is_due(struct scene *scene)
{
	struct pollfd wait = {
		.fd = postern_node_fd(scene->node),
		.events = POLLIN,
	};

	while (poll(&wait, 1, 0) > 0)
		collect(scene);
}

static bool take_event(struct scene *scene, enum postern_node_event_type type,
		       struct postern_node_event *ret_event)
{
	size_t i;

	for (i = 0; i < scene->event_count; i++) {
		if (scene->events[i].type != type)
			continue;
		*ret_event = scene->events[i];
		scene->event_count--;
		memmove(&scene->events[i], &scene->events[i + 1],
			(scene->event_count - i) * sizeof(scene->events[0]));
		return true;
	}
	return false;
}

struct postern_node_event scene_await_event(struct scene *scene,
					    enum postern_node_event_type type)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	while (!take_event(scene, type, &event))
		(void)serve_once(scene, -1, deadline_ns);
	return event;
}

void scene_await_messages(struct scene *scene, uint64_t message_count)
{
	uint64_t deadline_ns = test_deadline_ns();

	while (scene->message_count < message_count)
		(void)serve_once(scene, -1, deadline_ns);
}

void scene_serve_until_fd_count(struct scene *scene, size_t fd_count)
{
	uint64_t deadline_ns = test_deadline_ns();

	while (inspect_fd_count() != fd_count)
		(void)serve_once(scene, -1, deadline_ns);
}

/* -- records --------------------------------------------------------------- */

size_t scene_count_records(const struct scene *scene, const char *event)
{
	size_t count = 0, i;

	for (i = 0; i < scene->record_count; i++)
		count += strcmp(scene->records[i].event, event) == 0;
	return count;
}

bool scene_has_record(const struct scene *scene, const char *event,
		      const char *text)
{
	size_t i;

	for (i = 0; i < scene->record_count; i++)
		if (strcmp(scene->records[i].event, event) == 0 &&
		    strstr(scene->records[i].line, text))
			return true;
	return false;
}

/* Fields are separated by blanks, and these values are never quoted. */
static bool has_field(const char *line, const char *key, const char *value)
{
	char field[STAGE_PATH_BYTES + 64];
	const char *found;

	(void)snprintf(field, sizeof(field), " %s=%s", key, value);
	found = strstr(line, field);
	return found && (found[strlen(field)] == ' ' ||
			 found[strlen(field)] == '\0');
}

static const char *find_refusal(const struct scene *scene)
{
	size_t i;

	for (i = 0; i < scene->record_count; i++)
		if (strcmp(scene->records[i].event, "refused") == 0)
			return scene->records[i].line;
	return NULL;
}

void scene_expect_one_refusal(struct scene *scene, enum postern_reason reason,
			      uint32_t rule_line)
{
	const char *line = find_refusal(scene);
	char number[16];

	ck_assert_msg(line, "there is no record of a refusal");
	ck_assert_msg(has_field(line, "reason", postern_reason_name(reason)),
		      "not a refusal because of '%s': %s",
		      postern_reason_name(reason), line);
	ck_assert_uint_eq(scene_count_records(scene, "refused"), 1);
	if (rule_line > 0) {
		(void)snprintf(number, sizeof(number), "%u", rule_line);
		ck_assert_msg(has_field(line, "line", number) &&
			      has_field(line, "file", scene->policy_path) &&
			      strstr(line, " rule="),
			      "does not name the rule of line %s: %s", number,
			      line);
	}
	scene->record_count = 0;
}

void scene_await_record(struct scene *scene, const char *event)
{
	uint64_t deadline_ns = test_deadline_ns();

	while (scene_count_records(scene, event) == 0)
		(void)serve_once(scene, -1, deadline_ns);
}

void scene_await_one_refusal(struct scene *scene, enum postern_reason reason)
{
	scene_await_record(scene, "refused");
	scene_serve_what_is_due(scene);
	scene_expect_one_refusal(scene, reason, 0);
}

void scene_expect_no_refusal(struct scene *scene)
{
	const char *line = find_refusal(scene);

	ck_assert_msg(!line, "an unexpected refusal: %s", line);
}
