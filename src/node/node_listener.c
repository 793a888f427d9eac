/* SPDX-License-Identifier: ISC */
/*
 * The socket of a node in the file system: created at open, kept until close
 *
 * Another program may remove the socket or its lock file (rm(1), a cleaner of
 * temporary files).  Then clients could not find the node, and a second node of
 * the same name could start.  An inotify watch reports that, and a missing file
 * is created again.  If that fails, the node records it once and tries again
 * from time to time; connected peers are not affected.
 */
#include "node/node_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "os/own_process.h"
#include "os/poll_set.h"
#include "os/poll_tag.h"
#include "os/trusted_path.h"

/* Between two checks while a file is missing, or if there is no watch. */
#define CHECK_NS (10 * PST_NS_PER_SECOND)

/* The errors of a file system, as those that the library documents. */
static int refuse_directory(int result, const char *path,
			    struct postern_error_info *error)
{
	const char *meaning = strerrordesc_np(pst_kernel_error_number(result));

	if (pst_is_out_of_resources(result)) {
		(void)pst_error_setf(error, POSTERN_REASON_RESOURCES,
				     "no socket can be made at %s: %s", path,
				     meaning);
		return result;
	}
	(void)pst_error_setf(
		error, POSTERN_REASON_DIRECTORY,
		"no socket can be made at %s: %s; uid %lu must be able "
		"to write to its directory",
		path, meaning, (unsigned long)geteuid());
	return -EACCES;
}

static int listener_refusal(int result, enum pst_listener_fault fault,
			    const char *path, struct postern_error_info *error)
{
	switch (fault) {
	case PST_LISTENER_FAULT_IN_USE:
		(void)pst_error_setf(error, POSTERN_REASON_IN_USE,
				     "a process has %s open already", path);
		return -EBUSY;
	case PST_LISTENER_FAULT_GROUP:
		(void)pst_error_setf(
			error, POSTERN_REASON_GROUP,
			"the socket %s cannot be given to its group", path);
		return -EACCES;
	case PST_LISTENER_FAULT_OCCUPIED:
	case PST_LISTENER_FAULT_LOCK_FILE:
		(void)pst_error_setf(
			error, POSTERN_REASON_DIRECTORY,
			"%s or its .lock file is not a file of this "
			"node: remove it",
			path);
		return -EACCES;
	case PST_LISTENER_FAULT_NAME:
		(void)pst_error_setf(
			error, POSTERN_REASON_DIRECTORY,
			"the path of a socket has at most 107 bytes: "
			"%s",
			path);
		return -EACCES;
	case PST_LISTENER_FAULT_MODE:
		(void)pst_error_setf(error, POSTERN_REASON_DIRECTORY,
				     "the mode of %s shuts its owner out",
				     path);
		return -EACCES;
	case PST_LISTENER_FAULT_DIRECTORY:
		return refuse_directory(result, path, error);
	case PST_LISTENER_FAULT_NONE:
	case PST_LISTENER_FAULT_KERNEL:
	default:
		(void)pst_error_set_errno(error, pst_error_reason(result),
					  result, "listening");
		return result;
	}
}

/* The caller owns the directory; path and name belong to the policy. */
static int open_directory(const struct pst_node *node,
			  struct pst_listener_options *ret_options,
			  int *ret_dir_fd, struct postern_error_info *error)
{
	const struct postern_node_description *description =
		&node->binding.description;
	struct pst_path_fault fault;
	int r;

	*ret_options = (struct pst_listener_options) {
		.path = description->socket_path,
		.mode = description->socket_mode,
		.group = node->binding.group,
		.features = node->features,
	};
	r = pst_trusted_path_open_parent(description->socket_path, node->owner,
					 0, ret_dir_fd, &ret_options->name,
					 &fault);
	if (r < 0) {
		(void)pst_error_set(error,
				    pst_is_out_of_resources(r)
					    ? POSTERN_REASON_RESOURCES
					    : POSTERN_REASON_DIRECTORY);
		pst_path_fault_describe(&fault, node->owner, error->detail,
					sizeof(error->detail));
		return r == -ENOENT ? -EACCES : r;
	}
	ret_options->dir_fd = *ret_dir_fd;
	return 0;
}

static void check_later(struct pst_node *node)
{
	node->socket_files.check_ns =
		pst_deadline_after(node->reactor.now_ns, CHECK_NS);
}

static int watch_files(struct pst_node *node)
{
	if (node->admission.listener.watch_fd < 0)
		check_later(node);
	return pst_poll_set_add(node->reactor.set_fd,
				node->admission.listener.watch_fd,
				pst_poll_tag(PST_POLL_NAMES, 0, 0));
}

int pst_node_listen(struct pst_node *node, struct postern_error_info *error)
{
	enum pst_listener_fault fault = PST_LISTENER_FAULT_NONE;
	struct pst_listener_options options;
	int dir_fd PST_FD_OWNED = -1;
	int r;

	r = open_directory(node, &options, &dir_fd, error);
	if (r < 0)
		return r;
	r = pst_listener_open(&options, &node->admission.listener, &fault);
	if (r < 0)
		return listener_refusal(r, fault, options.path, error);
	r = pst_admission_watch_listener(&node->admission,
					 node->reactor.now_ns);
	if (r == 0)
		r = watch_files(node);
	/* The program may wait for the descriptor before any other call. */
	node->reactor.deadlines_changed = true;
	pst_node_update_timer(node);
	return r;
}

/* First accept the connections that wait at the removed socket. */
static int restore(struct pst_node *node,
		   const struct pst_listener_options *options,
		   struct postern_error_info *error)
{
	enum pst_listener_fault fault = PST_LISTENER_FAULT_NONE;
	uid_t uid;
	int r;

	/* Clients identify the node by the credentials of its listener. */
	if (pst_own_uid(&uid) < 0 || uid != node->owner) {
		(void)pst_error_setf(error, POSTERN_REASON_OWNER,
				     "the process is no longer uid %lu",
				     (unsigned long)node->owner);
		return -EACCES;
	}
	pst_admission_accept(&node->admission);
	pst_admission_unwatch_listener(&node->admission);
	pst_poll_set_remove(node->reactor.set_fd,
			    node->admission.listener.watch_fd);
	r = pst_listener_restore(options, &node->admission.listener, &fault);
	if (r < 0)
		r = listener_refusal(r, fault, options->path, error);
	PST_IGNORE(pst_admission_watch_listener(&node->admission,
						node->reactor.now_ns));
	if (watch_files(node) < 0)
		check_later(node);
	return r;
}

static int check_files(struct pst_node *node, bool *ret_is_restored,
		       struct postern_error_info *error)
{
	struct pst_listener_options options;
	int dir_fd PST_FD_OWNED = -1;
	int r;

	r = open_directory(node, &options, &dir_fd, error);
	if (r < 0 ||
	    pst_listener_is_in_place(&node->admission.listener, dir_fd))
		return r;
	r = restore(node, &options, error);
	*ret_is_restored = r == 0;
	return r;
}

void pst_node_check_socket_files(struct pst_node *node)
{
	struct pst_socket_files *files = &node->socket_files;
	struct postern_error_info error = {0};
	bool is_restored = false;
	int r;

	pst_listener_drain_watch(&node->admission.listener);
	if (node->admission.listener.watch_fd < 0)
		check_later(node);
	else
		files->check_ns = PST_DEADLINE_NEVER;
	r = check_files(node, &is_restored, &error);
	if (is_restored)
		pst_audit_note(&node->audit, POSTERN_LOG_WARNING,
			       "socket-restored",
			       "the socket or its .lock file had been removed: "
			       "made anew",
			       0);
	if (r < 0) {
		check_later(node);
		if (!files->are_missing)
			pst_audit_note(&node->audit, POSTERN_LOG_ERROR,
				       "socket-lost", error.detail, r);
	}
	files->are_missing = r < 0;
	node->reactor.deadlines_changed = true;
}
