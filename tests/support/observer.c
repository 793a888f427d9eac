/* SPDX-License-Identifier: ISC */
/*
 * An observer: asks `orders` for its statistics and tries all that it must not
 */
#include "support/observer.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/client.h"
#include "support/inspect.h"
#include "support/scene.h"
#include "support/test_options.h"

static bool read_all(const uint8_t *bytes, size_t byte_count)
{
	static volatile uint8_t sum;
	size_t i;

	for (i = 0; i < byte_count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return byte_count > 0;
}

static void use_view(const struct pst_stats_segment_ref *segment,
		     struct observer_report *report)
{
	struct pst_segment_mapping mapping;

	report->segment_bytes = segment->segment_bytes;
	report->has_pidfd = segment->node_pidfd >= 0;
	if (pst_segment_map_readable(segment->segment_fd, segment->segment_bytes, 0,
				     &mapping) == 0) {
		report->is_readable = read_all(mapping.control,
					       segment->segment_bytes);
		report->is_writable = mprotect(mapping.control,
					       segment->segment_bytes,
					       PROT_READ | PROT_WRITE) == 0;
		pst_segment_unmap(&mapping);
	}
	if (pst_segment_map_writable(segment->segment_fd, segment->segment_bytes, 0,
				     &mapping) == 0) {
		report->is_writable = true;
		pst_segment_unmap(&mapping);
	}
	report->is_writable |= pwrite(segment->segment_fd, "x", 1, 0) == 1 ||
			       ftruncate(segment->segment_fd, 0) == 0;
}

void observer_fetch(const struct postern_policy *policy, uint64_t deadline_ns,
		    struct observer_report *ret_report)
{
	const struct pst_client_target target = {
		.policy = policy,
		.node_name = "orders",
		.deadline_ns = deadline_ns,
		.disable_features = test_disable_features(),
	};
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct pst_stats_segment_ref segment =
		PST_STATS_SEGMENT_REF_INIT;
	size_t fd_count = inspect_fd_count();

	memset(ret_report, 0, sizeof(*ret_report));
	ret_report->result = pst_client_fetch_stats(&target, &segment, &error);
	ret_report->reason = error.reason;
	memcpy(ret_report->detail, error.detail, sizeof(ret_report->detail));
	if (ret_report->result == 0)
		use_view(&segment, ret_report);
	pst_stats_segment_ref_done(&segment);
	ret_report->left_fds = inspect_fd_count() - fd_count;
}

void observer_main(int control_fd, void *user_data)
{
	const struct scene *scene = user_data;
	struct observer_report report;
	uint64_t deadline_ns;

	while (process_next_order(control_fd, &deadline_ns,
				  sizeof(deadline_ns))) {
		observer_fetch(scene->policy, deadline_ns, &report);
		process_report(control_fd, &report, sizeof(report));
	}
}
