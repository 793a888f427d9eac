/* SPDX-License-Identifier: ISC */
/*
 * Optional features of the kernel
 *
 * A version number is not reliable (distributions backport, containers filter),
 * so every feature is tried.  One that cannot be tried, because no descriptor
 * is left for instance, counts as missing: each is a defence, and one that is
 * assumed but absent is worse than one known to be absent.
 */
#ifndef POSTERN_OS_FEATURES_H
#define POSTERN_OS_FEATURES_H

#include <stdint.h>

/*
 * POSTERN_FEATURE_* bits that this kernel has, without those in disable_features.
 * Makes a few system calls: call it once for a node or a connection.
 */
uint32_t pst_features_probe(uint32_t disable_features);

#endif
