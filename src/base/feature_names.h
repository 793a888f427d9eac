/* SPDX-License-Identifier: ISC */
/*
 * Names of the optional features
 *
 * As a policy's `require` and `postern doctor` write them, in the order of the
 * bits of enum postern_feature: the bit of name i is 1 << i.
 */
#ifndef POSTERN_BASE_FEATURE_NAMES_H
#define POSTERN_BASE_FEATURE_NAMES_H

#define PST_FEATURE_COUNT 5

extern const char *const pst_feature_names[PST_FEATURE_COUNT];

#endif
