/* SPDX-License-Identifier: ISC */
/*
 * The screen of `top`
 */
#ifndef POSTERN_TOOLS_SCREEN_H
#define POSTERN_TOOLS_SCREEN_H

#include <stdbool.h>

#include "stat_table.h"
#include "stat_watch.h"

/* False in a build that was configured --without-top. */
extern const bool tool_has_screen;

/*
 * Show the sample that is there, and further ones, until a key, count_max, a
 * signal, or an error.  Standard input and output are a terminal, which is as
 * before afterwards.
 */
enum tool_status tool_screen_run(struct tool_stat_watch *watch,
				 enum tool_stat_table_order order);

#endif
