/* SPDX-License-Identifier: ISC */
/*
 * A place for a node, and the policy for it
 *
 * The policy is a file of root's like any other; the socket's directory is the
 * node's.  Everybody who is not an outsider may come in, so that a scenario has
 * as many uids as it has processes.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_place(struct load_host *host)
{
	char run[80];

	(void)snprintf(host->directory, sizeof(host->directory),
		       "/tmp/postern-load.XXXXXX");
	if (!mkdtemp(host->directory) || chmod(host->directory, 0755) < 0) {
		perror(host->directory);
		return false;
	}
	(void)snprintf(run, sizeof(run), "%s/run", host->directory);
	if (mkdir(run, 0755) < 0 ||
	    chown(run, LOAD_NODE_UID, LOAD_NODE_UID) < 0) {
		perror(run);
		return false;
	}
	(void)snprintf(host->policy_path, sizeof(host->policy_path),
		       "%s/policy.conf", host->directory);
	(void)snprintf(host->socket_path, sizeof(host->socket_path),
		       "%s/node", run);
	return true;
}

static bool write_policy(const struct load_host *host, const char *common,
			 const char *inside)
{
	FILE *file = fopen(host->policy_path, "we");

	if (!file)
		return false;
	(void)fprintf(file,
		      "policy-version 1\n"
		      "peer everyone { user * }\n"
		      "peer outsider { group %u }\n"
		      "%s"
		      "node " LOAD_NODE_NAME " {\n"
		      "    owner user %u\n"
		      "    socket %s mode 0666\n"
		      "    deny outsider\n"
		      "    allow everyone { direction both }\n"
		      "%s"
		      "}\n"
		      "end\n",
		      LOAD_OUTSIDER_GID, common, LOAD_NODE_UID,
		      host->socket_path, inside);
	return fclose(file) == 0 && chmod(host->policy_path, 0644) == 0;
}

static void print_findings(const struct postern_diagnostics *diagnostics)
{
	char *text;
	size_t i;

	for (i = 0; i < postern_diagnostics_count(diagnostics); i++) {
		if (postern_diagnostics_format(diagnostics, i, &text) < 0)
			continue;
		(void)fputs(text, stderr);
		free(text);
	}
}

static bool load_policy(struct load_host *host)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *diagnostics;
	int r;

	if (postern_diagnostics_new(&diagnostics) < 0)
		return false;
	options.file = host->policy_path;
	r = postern_policy_load(&options, diagnostics, &host->policy);
	if (r < 0)
		print_findings(diagnostics);
	(void)postern_diagnostics_free(diagnostics);
	return r == 0;
}

bool load_host_open(struct load_host *host, const char *common,
		    const char *inside)
{
	memset(host, 0, sizeof(*host));
	load_board_clear();
	return make_place(host) && write_policy(host, common, inside) &&
	       load_policy(host);
}

void load_host_close(struct load_host *host)
{
	char path[112];

	host->policy = postern_policy_free(host->policy);
	(void)unlink(host->policy_path);
	(void)unlink(host->socket_path);
	(void)snprintf(path, sizeof(path), "%s.lock", host->socket_path);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/run", host->directory);
	(void)rmdir(path);
	if (rmdir(host->directory) < 0)
		perror(host->directory);
}
