/* SPDX-License-Identifier: ISC */
/*
 * The screen of `top` in a build without ncurses: there is none
 */
#include "screen.h"

#include "errors.h"

const bool tool_has_screen = false;

enum tool_status tool_screen_run(struct tool_stat_reader *reader,
				 struct tool_stat_sample *sample,
				 enum tool_stat_table_order order,
				 uint64_t interval_ns, uint64_t count_max)
{
	(void)reader;
	(void)sample;
	(void)order;
	(void)interval_ns;
	(void)count_max;
	return tool_error(TOOL_REFUSED, "top", "this build has no screen");
}
