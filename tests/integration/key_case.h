/* SPDX-License-Identifier: ISC */
/*
 * Policies with keys, and a scene of a node with two who connect to it
 */
#ifndef POSTERN_INTEGRATION_KEY_CASE_H
#define POSTERN_INTEGRATION_KEY_CASE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/scene.h"
#include "support/test_options.h"

#define HEAD "policy-version 1\n"
#define OPEN \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n"
#define LIMITS "	limits {\n		ring 16KiB\n		message 4KiB\n	}\n"
#define ALLOW(peer) "	allow " peer " {\n		direction both\n	}\n"
#define CLOSE "}\nend\n"
#define NODE_KEY "	key $nodekey\n"
#define NEXT_KEY "	key $nextkey\n"

/* Whoever has the key; line 9 allows it. */
#define KEYED HEAD "peer partner {\n	key $peerkey\n}\n" OPEN NODE_KEY \
	LIMITS ALLOW("partner") CLOSE
/* A user who has the key besides. */
#define BOTH HEAD "peer partner {\n	user $peer\n	key $peerkey\n}\n" OPEN \
	NODE_KEY LIMITS ALLOW("partner") CLOSE
/* A user, with or without a key. */
#define USER(keys) HEAD "peer friend {\n	user $peer\n}\n" OPEN keys LIMITS \
	ALLOW("friend") CLOSE

#define OWNERS HEAD "peer self {\n	user $owner\n}\n" OPEN NODE_KEY NEXT_KEY \
	LIMITS ALLOW("self") CLOSE

static struct scene scene;
static struct process partner, guest;

static inline void prepare(const char *policy, const char *later)
{
	scene_init(&scene);
	scene_make_keys(&scene);
	if (later)
		scene_load_next(&scene, later);
	scene_load(&scene, policy);
	process_start(&partner, ROLE_PEER, peer_main, &scene);
	process_start(&guest, ROLE_OTHER, peer_main, &scene);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
}

static inline void set_up(const char *policy, const char *later)
{
	prepare(policy, later);
	scene_open(&scene);
}

static inline void tear_down(void)
{
	process_end(&partner);
	process_end(&guest);
	scene_close(&scene);
}

static inline struct peer_report
connect_with(const struct process *process, enum scene_key key)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.has_key = true,
		.key = key,
	};

	return peer_obey(&scene, process, &order);
}

static inline bool has_record(const char *event, const char *text)
{
	return scene_has_record(&scene, event, text);
}

static inline bool names_key(const char *event, const char *field,
			     enum scene_key key)
{
	char text[POSTERN_KEY_TEXT_BYTES + 32];

	(void)snprintf(text, sizeof(text), " %s=%s", field,
		       scene.key_texts[key]);
	return has_record(event, text);
}

static inline void expect_admitted(const struct peer_report *report)
{
	ck_assert_msg(report->result == 0, "%s: %s",
		      postern_strerror(report->result), report->detail);
}

static inline void expect_refused(const struct peer_report *report,
				  enum postern_reason reason, uint32_t line)
{
	ck_assert_int_eq(report->result, -EACCES);
	ck_assert_int_eq(report->reason, POSTERN_REASON_REFUSED);
	ck_assert_str_eq(report->detail, "");
	scene_expect_one_refusal(&scene, reason, line);
}

#endif
