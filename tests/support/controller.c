/* SPDX-License-Identifier: ISC */
/*
 * A controller: lets `orders` revoke peers, on orders
 */
#include "support/controller.h"

#include <string.h>

#include "support/inspect.h"
#include "support/scene.h"
#include "support/test_options.h"

void controller_command(const struct postern_policy *policy,
			const struct control_order *order,
			struct control_report *ret_report)
{
	struct postern_control_options options = POSTERN_CONTROL_OPTIONS_INIT;
	size_t fd_count = inspect_fd_count();
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	memset(ret_report, 0, sizeof(*ret_report));
	options.disable_features = test_disable_features();
	ret_report->count = CONTROLLER_UNTOUCHED;
	ret_report->result = postern_control_disconnect(
		policy, "orders", order->peer, &options, order->deadline_ns,
		&ret_report->count, &error);
	ret_report->reason = error.reason;
	memcpy(ret_report->detail, error.detail, sizeof(ret_report->detail));
	ret_report->left_fds = inspect_fd_count() - fd_count;
}

void controller_main(int control_fd, void *user_data)
{
	const struct scene *scene = user_data;
	struct control_order order;
	struct control_report report;

	while (process_next_order(control_fd, &order, sizeof(order))) {
		controller_command(scene->policy, &order, &report);
		process_report(control_fd, &report, sizeof(report));
	}
}
