/* SPDX-License-Identifier: ISC */
/*
 * The screen of `top`
 *
 * The only file that uses curses.  The lines are those of `--batch`, cut at the
 * edge of the screen.  While curses has the terminal, nothing else may print:
 * an error is reported once the terminal is restored.
 */
#include "screen.h"

#include <limits.h>
#include <stdlib.h>

#include <curses.h>

#include "errors.h"
#include "signals.h"
#include "units.h"

const bool tool_has_screen = true;

#define NS_PER_MS UINT64_C(1000000)
#define HEAD_LINES (TOOL_STAT_TABLE_NODE_LINES + 1)

struct screen {
	struct tool_stat_sample *sample;
	enum tool_stat_table_order order;
	size_t first_peer;      /* that is shown */
};

static size_t peer_lines(void)
{
	return LINES > HEAD_LINES ? (size_t)(LINES - HEAD_LINES) : 0;
}

/* Not past the last peer, however many have disconnected. */
static void limit_first_peer(struct screen *screen)
{
	size_t count = screen->sample->peer_count, room = peer_lines();

	if (screen->first_peer + room > count)
		screen->first_peer = count > room ? count - room : 0;
}

static void draw(struct screen *screen)
{
	char line[TOOL_STAT_TABLE_LINE_BYTES];
	unsigned int n;
	size_t i, peer;

	limit_first_peer(screen);
	(void)erase();
	for (n = 0; n < TOOL_STAT_TABLE_NODE_LINES; n++) {
		tool_stat_table_node_line(screen->sample, n, line);
		(void)mvaddnstr((int)n, 0, line, COLS);
	}
	tool_stat_table_headings(line);
	(void)attron(A_REVERSE);
	(void)mvaddnstr(TOOL_STAT_TABLE_NODE_LINES, 0, line, COLS);
	(void)attroff(A_REVERSE);
	for (i = 0; i < peer_lines(); i++) {
		peer = screen->first_peer + i;
		if (peer >= screen->sample->peer_count)
			break;
		tool_stat_table_peer_line(&screen->sample->peers[peer], line);
		(void)mvaddnstr(HEAD_LINES + (int)i, 0, line, COLS);
	}
	(void)refresh();
}

static void change_order(struct screen *screen)
{
	screen->order = screen->order == TOOL_STAT_TABLE_BY_DROPS
				? TOOL_STAT_TABLE_BY_SLOT
				: screen->order + 1;
	tool_stat_table_sort(screen->sample, screen->order);
	screen->first_peer = 0;
}

/* False: this key ends it. */
static bool handle_key(struct screen *screen, int key)
{
	switch (key) {
	case 'q':
		return false;
	case 's':
		change_order(screen);
		break;
	case KEY_DOWN:
		screen->first_peer++;
		break;
	case KEY_UP:
		if (screen->first_peer > 0)
			screen->first_peer--;
		break;
	case KEY_NPAGE:
		screen->first_peer += peer_lines();
		break;
	case KEY_PPAGE:
		screen->first_peer -= screen->first_peer < peer_lines() ?
				      screen->first_peer : peer_lines();
		break;
	default: /* KEY_RESIZE too: the sizes are new already */
		break;
	}
	return true;
}

/* Keys, until the interval is over.  False: a key or a signal ends it all. */
static bool wait_for_keys(struct screen *screen, uint64_t interval_ms)
{
	uint64_t deadline_ms = tool_now_ns() / NS_PER_MS + interval_ms, left_ms;
	int key;

	for (;;) {
		draw(screen);
		left_ms = tool_now_ns() / NS_PER_MS;
		left_ms = deadline_ms > left_ms ? deadline_ms - left_ms : 0;
		if (tool_stop_is_requested())
			return false;
		if (left_ms == 0)
			return true;
		timeout(left_ms > INT_MAX ? INT_MAX : (int)left_ms);
		key = getch();
		if (key != ERR && !handle_key(screen, key))
			return false;
	}
}

/* Returns 0 when the user or count_max ended it, else why a sample failed. */
static int show_all(struct tool_stat_reader *reader, struct screen *screen,
		    uint64_t interval_ms, uint64_t count_max)
{
	uint64_t looks;
	int result;

	for (looks = 1;; looks++) {
		tool_stat_table_sort(screen->sample, screen->order);
		if (!wait_for_keys(screen, interval_ms) || looks == count_max)
			return 0;
		result = tool_stat_sample_take(reader, screen->sample);
		if (result < 0)
			return result;
	}
}

enum tool_status tool_screen_run(struct tool_stat_reader *reader,
				 struct tool_stat_sample *sample,
				 enum tool_stat_table_order order,
				 uint64_t interval_ns, uint64_t count_max)
{
	struct screen screen = {.sample = sample, .order = order};
	SCREEN *terminal;
	int result;

	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return tool_error(TOOL_REFUSED, "terminal", "it cannot be "
				  "used: --batch prints plain lines");
	(void)cbreak();
	(void)noecho();
	(void)keypad(stdscr, TRUE);
	(void)curs_set(0);
	result = show_all(reader, &screen, interval_ns / NS_PER_MS, count_max);
	(void)endwin();
	delscreen(terminal);
	return result == 0 ? TOOL_DONE : tool_stat_sample_error(reader, result);
}
