/* SPDX-License-Identifier: ISC */
/*
 * postern: policy-guarded messages between the processes of one host
 *
 * node     a named endpoint; it admits peers and receives from them
 * peer     a process that a node admitted (or, seen from there, the node's)
 * channel  one admitted connection; carries messages one or both ways
 * policy   the rules: who may connect where, and how much it may use
 * grant    what a positive decision gives; refusal: a negative one
 * tenant   a set of peers that share quotas
 *
 * This header includes all the others.
 */
#ifndef POSTERN_POSTERN_H
#define POSTERN_POSTERN_H

#include <postern/channel.h>
#include <postern/control.h>
#include <postern/facts.h>
#include <postern/key.h>
#include <postern/log.h>
#include <postern/node.h>
#include <postern/observe.h>
#include <postern/policy.h>
#include <postern/result.h>
#include <postern/stats.h>
#include <postern/version.h>

#endif
