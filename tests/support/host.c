/* SPDX-License-Identifier: ISC */
/*
 * A host: a node in a process of its own
 */
#include "support/host.h"

#include <stdio.h>
#include <string.h>

static void tell(const struct scene *scene, struct host_report *report)
{
	size_t i;

	report->event_count = scene->event_count;
	report->message_count = scene->message_count;
	report->refusal_count = scene_count_records(scene, "refused");
	for (i = 0; i < scene->record_count; i++)
		if (strcmp(scene->records[i].event, "refused") == 0)
			(void)snprintf(report->error, sizeof(report->error),
				       "%s", scene->records[i].line);
}

static void open_node(struct scene *scene, struct host_report *report)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	report->result = become(ROLE_OWNER, NULL, 0);
	if (report->result == 0)
		report->result = scene_try_open(scene, 0, &error);
	(void)snprintf(report->detail, sizeof(report->detail), "%s",
		       error.detail);
}

void host_main(int control_fd, void *user_data)
{
	struct scene *scene = user_data;
	struct host_report report;
	enum host_order order;

	for (;;) {
		if (scene->node)
			scene_serve_until_readable(scene, control_fd);
		if (!process_next_order(control_fd, &order, sizeof(order)))
			break;
		memset(&report, 0, sizeof(report));
		switch (order) {
		case HOST_OPEN:
			open_node(scene, &report);
			break;
		case HOST_TELL:
			tell(scene, &report);
			break;
		case HOST_CLOSE:
			scene->node = postern_node_close(scene->node);
			break;
		case HOST_DIE:
			process_kill_self();
		}
		process_report(control_fd, &report, sizeof(report));
	}
	scene_close(scene);
}

struct host_report host_obey(const struct process *host, enum host_order order)
{
	struct host_report report = {0};

	process_order(host, &order, sizeof(order));
	if (order != HOST_DIE)
		process_read_report(host, &report, sizeof(report));
	return report;
}
