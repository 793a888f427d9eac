/* SPDX-License-Identifier: ISC */
/*
 * A scene: one node, its policy, and what came of it
 *
 * The test's own process becomes the node's owner and drives the node; peers
 * are other processes, or sockets of the same one (support/stranger.h).  The
 * node is served by the descriptor it offers, so a wait ends when something has
 * happened and never because time has passed.
 *
 * Policies are templates: $owner, $peer, $other, $third are the uids of the
 * roles, $dir the directory of the socket, $word the word of a process
 * (scene->pid_word), $nodekey, $nextkey, $peerkey and $otherkey public keys.
 */
#ifndef POSTERN_SUPPORT_SCENE_H
#define POSTERN_SUPPORT_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/postern.h>

#include "support/stage.h"
#include "support/users.h"

#define SCENE_EVENTS_MAX 256
#define SCENE_RECORDS_MAX 256
#define SCENE_MESSAGE_BYTES_MAX (64 * 1024)

/* Node `orders` with small rings: whoever is $peer may do both, or $owner. */
extern const char SCENE_POLICY[];
extern const char SCENE_OWNER_POLICY[];

/* The owner's, its next one, and those of ROLE_PEER and ROLE_OTHER. */
enum scene_key {
	SCENE_KEY_NODE,
	SCENE_KEY_NEXT,
	SCENE_KEY_PEER,
	SCENE_KEY_OTHER,
	SCENE_KEYS
};

struct scene_record {
	char event[24];
	char line[1024];
};

struct scene;
typedef void scene_message_fn(struct scene *scene, postern_peer peer,
			      const uint8_t *bytes, size_t byte_count);
typedef void scene_record_fn(struct scene *scene);

struct scene {
	char directory[STAGE_PATH_BYTES];       /* of the socket: the owner's */
	char policy_directory[STAGE_PATH_BYTES];
	char policy_path[STAGE_PATH_BYTES + 16];
	char socket_path[STAGE_PATH_BYTES + 16];
	char pid_word[64];
	char key_paths[SCENE_KEYS][STAGE_PATH_BYTES + 16];
	char key_texts[SCENE_KEYS][POSTERN_KEY_TEXT_BYTES];
	const char *key_file;           /* to open the node with; NULL: none */
	struct postern_accounting *accounting; /* likewise; borrowed */
	struct postern_policy *policy;
	struct postern_policy *next;    /* for scene_reload(); NULL: none */
	struct postern_node *node;

	struct postern_node_event events[SCENE_EVENTS_MAX];
	size_t event_count;
	struct scene_record records[SCENE_RECORDS_MAX]; /* of the audit */
	size_t record_count;
	scene_record_fn *on_record;     /* NULL: keep it only */
	struct scene_record warning;    /* the last one */
	size_t warning_count;
	uint64_t message_count;
	uint64_t message_bytes;
	scene_message_fn *on_message;   /* NULL: count only */
	void *user_data;
	uint8_t buffer[SCENE_MESSAGE_BYTES_MAX];
};

/* Make the directories; with a policy, load it.  Aborts when it is invalid. */
void scene_init(struct scene *scene);
void scene_load(struct scene *scene, const char *policy_template);
/* Before the policy to open with, since the owner may load none. */
void scene_load_next(struct scene *scene, const char *policy_template);

/* Make the keys, before a policy that names them is loaded. */
void scene_make_keys(struct scene *scene);
/* The text that $name stands for; NULL: it is no key. */
const char *scene_key_text(const struct scene *scene, const char *name,
			   size_t name_bytes);

/* Becomes the owner, then opens `orders` with the suite's options.  _in_group:
 * the owner is in SHARED_GID. */
void scene_open(struct scene *scene);
void scene_open_in_group(struct scene *scene);
/* The same for a process that is no test; extra_disable_features beside the
 * suite's.  Returns as postern_node_open(). */
int scene_try_open(struct scene *scene, uint32_t extra_disable_features,
		   struct postern_error_info *error);
void scene_close(struct scene *scene);

/* The node lives by scene->next from now on, and so many peers are cut off. */
void scene_reload(struct scene *scene, uint32_t lost_count);

/*
 * Serve the node until fd is readable, an event of the type is among those
 * not yet taken, there is a record of this event, or message_count is reached.
 */
void scene_serve_until_readable(struct scene *scene, int fd);
struct postern_node_event scene_await_event(struct scene *scene,
					    enum postern_node_event_type type);
void scene_await_record(struct scene *scene, const char *event);
void scene_await_messages(struct scene *scene, uint64_t message_count);
/* Until the calling process has so many descriptors. */
void scene_serve_until_fd_count(struct scene *scene, size_t fd_count);
/* As long as there is anything to do at once. */
void scene_serve_what_is_due(struct scene *scene);

/* Records of this event ("refused", "connected", "disconnected", "suppressed"). */
size_t scene_count_records(const struct scene *scene, const char *event);
/* One of them has this text in it. */
bool scene_has_record(const struct scene *scene, const char *event,
		      const char *text);

/*
 * There is exactly one refusal among the records, for this reason; rule_line,
 * when not 0, is the line of the policy it has to name, with the file.  Forgets
 * all records.
 */
void scene_expect_one_refusal(struct scene *scene, enum postern_reason reason,
			      uint32_t rule_line);
void scene_await_one_refusal(struct scene *scene, enum postern_reason reason);
void scene_expect_no_refusal(struct scene *scene);

#endif
