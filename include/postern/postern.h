/* SPDX-License-Identifier: ISC */
/*
 * postern: policy-controlled messages between the processes of one host
 *
 * node     a named endpoint that admits peers and receives messages from them
 * client   a process that connects to a node
 * peer     a process that a node has connected; for the client, the node's
 *          process
 * channel  the connection of one client with a node; carries messages in one or
 *          both directions
 * policy   the rules: the processes that may connect to each node, and their
 *          limits
 * grant    the outcome of a positive decision: directions, security mode, limits
 * tenant   a named group of peers: limits for their sum, one share of a node
 *
 * This header includes all others.
 */
#ifndef POSTERN_POSTERN_H
#define POSTERN_POSTERN_H

#include <postern/channel.h>
#include <postern/control.h>
#include <postern/subject.h>
#include <postern/key.h>
#include <postern/log.h>
#include <postern/node.h>
#include <postern/stats_reader.h>
#include <postern/policy.h>
#include <postern/result.h>
#include <postern/stats.h>
#include <postern/version.h>

#endif
