/* SPDX-License-Identifier: ISC */
/*
 * Words for results and reasons, as <postern/result.h> documents them
 */
#ifndef POSTERN_BASE_RESULT_TEXT_H
#define POSTERN_BASE_RESULT_TEXT_H

#include <stdbool.h>

#include <postern/result.h>

const char *pst_result_text(int result);
const char *pst_reason_text(enum postern_reason reason);
const char *pst_reason_word(enum postern_reason reason);
bool pst_result_is_transient(int result, enum postern_reason reason);

#endif
