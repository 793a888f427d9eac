/* SPDX-License-Identifier: ISC */
/*
 * The screen of `top` in a build without ncurses: there is none
 */
#include "screen.h"

#include "errors.h"

const bool tool_has_screen = false;

enum tool_status tool_screen_run(struct tool_stat_watch *watch,
				 enum tool_stat_table_order order)
{
	(void)watch;
	(void)order;
	return tool_error("top", "this build has no screen");
}
