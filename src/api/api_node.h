/* SPDX-License-Identifier: ISC */
/*
 * A public node is the internal one under its public name
 */
#ifndef POSTERN_API_API_NODE_H
#define POSTERN_API_API_NODE_H

#include <errno.h>

#include <postern/node.h>

#include "base/attributes.h"
#include "node/node.h"

static inline struct pst_node *pst_api_node(struct postern_node *node)
{
	return (struct pst_node *)node;
}

/* What every call checks first.  0, -EINVAL, or -ESTALE: a forked child. */
static inline int pst_api_check_node(struct postern_node *node)
{
	if (PST_UNLIKELY(!node))
		return -EINVAL;
	if (PST_UNLIKELY(!pst_node_is_ours(pst_api_node(node))))
		return -ESTALE;
	return 0;
}

#endif
