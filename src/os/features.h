/* SPDX-License-Identifier: ISC */
/*
 * Which of the optional kernel features are there
 *
 * A version number says little (distributions backport, containers filter), so
 * every feature is tried.  What cannot be tried, for want of a descriptor for
 * instance, counts as missing: each is a defence, and one that is assumed but
 * absent is worse than one known to be absent.
 */
#ifndef POSTERN_OS_FEATURES_H
#define POSTERN_OS_FEATURES_H

#include <stdint.h>

/*
 * POSTERN_FEATURE_* bits that this kernel has, without those in features_off.
 * A few system calls each time: ask once for a node or a connection.
 */
uint32_t pst_features_probe(uint32_t features_off);

#endif
