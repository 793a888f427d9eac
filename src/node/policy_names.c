/* SPDX-License-Identifier: ISC */
/*
 * Users and groups of this host: see policy_names.h
 */
#include "node/policy_names.h"

#include "os/name_lookup.h"

static int find_user(void *names, const char *name, uint32_t *ret_uid)
{
	return pst_name_table_find_uid(names, name, ret_uid);
}

static int find_group(void *names, const char *name, uint32_t *ret_gid)
{
	return pst_name_table_find_gid(names, name, ret_gid);
}

static int find_members(void *names, uint32_t gid, const uint32_t **ret_uids,
			size_t *ret_uid_count)
{
	return pst_name_table_find_members(names, gid, ret_uids, ret_uid_count);
}

int pst_policy_names_init(struct pst_policy_host *ret_host,
			  struct pst_name_table **ret_names)
{
	int r;

	r = pst_name_table_new(PST_PASSWD_PATH, PST_GROUP_PATH, ret_names);
	if (r < 0)
		return r;
	*ret_host = (struct pst_policy_host){
		.names = *ret_names,
		.find_user = find_user,
		.find_group = find_group,
		.find_members = find_members,
	};
	return 0;
}
