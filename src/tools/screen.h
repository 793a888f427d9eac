/* SPDX-License-Identifier: ISC */
/*
 * The screen of `top`
 */
#ifndef POSTERN_TOOLS_SCREEN_H
#define POSTERN_TOOLS_SCREEN_H

#include <stdbool.h>

#include "stat_table.h"

/* False in a build that was configured --without-top. */
extern const bool tool_has_screen;

/*
 * Show the sample, and further ones, until a key, count_max, a signal, or an
 * error.  Standard input and output are a terminal, which is as before
 * afterwards.
 */
enum tool_status tool_screen_run(struct tool_stat_reader *reader,
				 struct tool_stat_sample *sample,
				 enum tool_stat_table_order order,
				 uint64_t interval_ns, uint64_t count_max);

#endif
