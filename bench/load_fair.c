/* SPDX-License-Identifier: ISC */
/*
 * fair: who gets how much of a node that everybody floods
 *
 * The node's program takes its time for each message, so that there always is
 * more than it can take, and the node decides whose is next: among 64 equals,
 * and among three tenants whose weights are 4, 2 and 1.
 */
#include "load.h"

#include <stdio.h>

#include "bench.h"

#define EQUALS 64
#define TENANTS 3
#define PER_TENANT 4
#define MESSAGE_BYTES 512
#define WORK_NS 2000
#define SETTLE_S 1

static const char tenants[] =
	"peer gold { group 20101 }\n"
	"peer silver { group 20102 }\n"
	"peer bronze { group 20103 }\n"
	"tenant gold {\n"
	"    members gold\n"
	"    weight 4\n"
	"}\n"
	"tenant silver {\n"
	"    members silver\n"
	"    weight 2\n"
	"}\n"
	"tenant bronze {\n"
	"    members bronze\n"
	"    weight 1\n"
	"}\n";
static const char *const tenant_names[TENANTS] = {"gold", "silver", "bronze"};
static const double weights[TENANTS] = {4, 2, 1};

struct course {
	const struct load_options *options;
	struct load_host host;
	struct load_node node;
	struct load_process senders[EQUALS];
	size_t sender_count;
};

static bool begin(struct course *course, const char *common)
{
	course->sender_count = 0;
	course->node = (struct load_node) {
		.host = &course->host,
		.work_ns = WORK_NS,
	};
	return load_host_open(&course->host, common, "    audit none\n") &&
	       load_node_start(&course->node);
}

static bool add_senders(struct course *course, size_t count, gid_t gid)
{
	const struct load_sender sender = {
		.host = &course->host,
		.member = (uint32_t)course->sender_count,
		.message_bytes = MESSAGE_BYTES,
		.ring_bytes = 65536,
	};
	struct load_process *first = &course->senders[course->sender_count];

	course->sender_count += count;
	return load_senders_start(first, count, &sender, gid);
}

static void end(struct course *course)
{
	load_processes_stop(course->senders, course->sender_count);
	load_process_stop(&course->node.process);
	load_host_close(&course->host);
}

/* What each was let in of, while the clock ran. */
static void watch(const struct course *course, double *ret_counts)
{
	size_t i;

	load_rest(SETTLE_S);
	for (i = 0; i < course->sender_count; i++)
		ret_counts[i] = -(double)load_received(i, 1);
	load_rest(course->options->seconds);
	for (i = 0; i < course->sender_count; i++)
		ret_counts[i] += (double)load_received(i, 1);
}

/* 1: all have the same; 1/n: one has everything. */
static double jain_index(const double *values, size_t count)
{
	double sum = 0, sum_of_squares = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		sum += values[i];
		sum_of_squares += values[i] * values[i];
	}
	return sum_of_squares > 0
		       ? sum * sum / ((double)count * sum_of_squares) : 0;
}

static void report_equals(const double *counts, double seconds)
{
	double least = counts[0], most = counts[0], sum = 0;
	size_t i;

	for (i = 0; i < EQUALS; i++) {
		least = counts[i] < least ? counts[i] : least;
		most = counts[i] > most ? counts[i] : most;
		sum += counts[i];
	}
	(void)printf("  64 equals: %.0f messages a second in all; the least "
		     "%.0f, the most %.0f\n", sum / seconds, least / seconds,
		     most / seconds);
	load_goal_at_least("Jain's index of 64 equals",
			   jain_index(counts, EQUALS), 0.99);
}

static void report_tenants(const double *counts)
{
	double shares[TENANTS] = {0}, sum = 0, weight_sum = 0;
	double error, largest = 0;
	size_t i;

	for (i = 0; i < (size_t)TENANTS * PER_TENANT; i++) {
		shares[i / PER_TENANT] += counts[i];
		sum += counts[i];
	}
	for (i = 0; i < TENANTS; i++)
		weight_sum += weights[i];
	(void)printf("  %-10s %8s %10s %10s\n", "tenant", "weight", "due",
		     "had");
	for (i = 0; i < TENANTS; i++) {
		(void)printf("  %-10s %8.0f %10.4f %10.4f\n", tenant_names[i],
			     weights[i], weights[i] / weight_sum,
			     sum > 0 ? shares[i] / sum : 0);
		error = sum > 0 ? shares[i] / sum * weight_sum / weights[i] - 1
				: 1;
		error = error < 0 ? -error : error;
		largest = error > largest ? error : largest;
	}
	load_goal_at_most("largest error of a share, weights 4:2:1",
			  100 * largest, 5, "%");
}

static bool measure_equals(struct course *course)
{
	double counts[EQUALS];
	bool is_good;

	is_good = begin(course, "") &&
		  add_senders(course, EQUALS, LOAD_PEER_UID);
	if (is_good) {
		watch(course, counts);
		report_equals(counts, course->options->seconds);
		load_goal_at_most("messages lost", (double)load_faults(), 0,
				  "");
	}
	end(course);
	return is_good;
}

/* A build without weights says so when the node opens; that is no failure. */
static void measure_tenants(struct course *course)
{
	double counts[EQUALS];
	bool is_good;
	gid_t i;

	is_good = begin(course, tenants);
	for (i = 0; i < TENANTS && is_good; i++)
		is_good = add_senders(course, PER_TENANT, LOAD_GID + 1 + i);
	if (is_good) {
		watch(course, counts);
		report_tenants(counts);
	}
	end(course);
}

static bool run(const struct load_options *options)
{
	static struct course course;

	course = (struct course) {.options = options};
	if (!measure_equals(&course))
		return false;
	measure_tenants(&course);
	return true;
}

const struct load_scenario load_fair = {
	.name = "fair",
	.summary = "64 equal floods, and three tenants of different weight",
	.defaults = {.seconds = 3},
	.run = run,
};
