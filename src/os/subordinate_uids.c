/* SPDX-License-Identifier: ISC */
/*
 * Subordinate uids
 *
 * The lines are read first and sorted by name, so that one pass over the
 * password file finds the uids of all names.  Then the ranges are sorted by
 * their first uid for the look-up.
 */
#include "os/subordinate_uids.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/name_entries.h"
#include "os/trusted_file.h"

/* The largest uid: (uid_t)-1 is not a uid. */
#define UID_LAST (UINT32_MAX - 1)

/* name points to the bytes of the file. */
struct line {
	const char *name;
	bool has_user;
	struct pst_subordinate_range range;
};

struct lines {
	struct line *lines;
	size_t line_count;
};

/* Whether the whole text is a decimal number. */
static bool parse_number(const char *text, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
		if (number > UINT32_MAX)
			return false;
	}
	*ret_number = (uint32_t)number;
	return true;
}

/* NAME:FIRST:COUNT.  Uid 0 is subordinate to no user. */
static bool parse_line(char *text, struct line *ret_line)
{
	struct line line = {.name = text};
	char *first_text, *count_text;
	uint32_t first, count;

	first_text = strchr(text, ':');
	count_text = first_text ? strchr(first_text + 1, ':') : NULL;
	if (!count_text || first_text == text)
		return false;
	*first_text++ = '\0';
	*count_text++ = '\0';
	if (!parse_number(first_text, &first) ||
	    !parse_number(count_text, &count) || first == 0 || count == 0 ||
	    first > UID_LAST || count - 1 > UID_LAST - first)
		return false;
	line.range.first = first;
	line.range.last = first + count - 1;
	line.has_user = parse_number(text, &line.range.user) &&
			line.range.user <= UID_LAST;
	*ret_line = line;
	return true;
}

static bool is_comment(const char *text)
{
	return text[strspn(text, " \t\r")] == '\0' || text[0] == '#';
}

/*
 * The text is terminated at its end.  A line with a zero byte cannot be parsed,
 * and must not hide the lines after it.
 */
static int parse_lines(char *text, size_t text_bytes, struct lines *lines,
		       size_t *ret_ignored_count)
{
	size_t ignored_count = 0;
	char *end = text + text_bytes;
	char *line, *line_end;
	struct line parsed;

	for (line = text; line < end; line = line_end + 1) {
		line_end = memchr(line, '\n', (size_t)(end - line));
		if (!line_end)
			line_end = end;
		*line_end = '\0';
		if (strlen(line) != (size_t)(line_end - line)) {
			ignored_count++;
			continue;
		}
		if (is_comment(line))
			continue;
		if (!parse_line(line, &parsed)) {
			ignored_count++;
			continue;
		}
		if (lines->line_count == PST_SUBORDINATE_RANGES_MAX)
			return -E2BIG;
		lines->lines[lines->line_count++] = parsed;
	}
	*ret_ignored_count = ignored_count;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct line *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	if (order != 0)
		return order;
	return (one->range.first > other->range.first) -
	       (one->range.first < other->range.first);
}

static bool is_of_root(const struct pst_subordinate_range *range)
{
	return range->user == 0;
}

/* Ranges of root come last. */
static int compare_ranges(const void *a, const void *b)
{
	const struct pst_subordinate_range *one = a, *other = b;

	if (is_of_root(one) != is_of_root(other))
		return is_of_root(one) ? 1 : -1;
	if (one->first != other->first)
		return one->first > other->first ? 1 : -1;
	return (one->last > other->last) - (one->last < other->last);
}

/* The first line of this name, among lines that are sorted by name. */
static size_t find_name(const struct lines *lines, const char *name)
{
	size_t low = 0, high = lines->line_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(lines->lines[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int take_user(void *object, const struct pst_name_entry *entry)
{
	struct lines *lines = object;
	size_t i;

	for (i = find_name(lines, entry->name);
	     i < lines->line_count &&
	     strcmp(lines->lines[i].name, entry->name) == 0; i++) {
		if (lines->lines[i].has_user)
			continue;
		lines->lines[i].has_user = true;
		lines->lines[i].range.user = entry->id;
	}
	return 0;
}

/* All ranges of a name without a uid count for one user. */
static void assign_unknown_names(struct lines *lines)
{
	struct line *line;
	size_t i;

	for (i = 0; i < lines->line_count; i++) {
		line = &lines->lines[i];
		if (line->has_user)
			continue;
		line->range.user = i > 0 && strcmp(line[-1].name,
						   line->name) == 0
					   ? line[-1].range.user
					   : line->range.first;
		line->has_user = true;
	}
}

/* Ranges that overlap are joined, so that a look-up has one result. */
static size_t join_ranges(struct pst_subordinate_range *ranges, size_t count)
{
	size_t kept = 0, i;

	for (i = 0; i < count; i++) {
		if (kept == 0 || ranges[i].first > ranges[kept - 1].last)
			ranges[kept++] = ranges[i];
		else if (ranges[i].last > ranges[kept - 1].last)
			ranges[kept - 1].last = ranges[i].last;
	}
	return kept;
}

/*
 * 0 for a file that may be missing.  A link without a target is an error: the
 * target may have been unmounted or renamed.
 */
static int accept_missing(const char *path, struct pst_path_fault *ret_fault)
{
	struct stat status;

	if (lstat(path, &status) == 0 || errno != ENOENT)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_DANGLING,
					  path, strlen(path), NULL);
	*ret_fault = (struct pst_path_fault) {.kind = PST_PATH_FAULT_NONE};
	return 0;
}

static int find_users(struct lines *lines, const char *passwd_path,
		      struct pst_path_fault *ret_fault)
{
	int r;

	qsort(lines->lines, lines->line_count, sizeof(lines->lines[0]),
	      compare_names);
	r = pst_name_entries_read(PST_NAME_USER, passwd_path, take_user, lines,
				  ret_fault);
	if (r == -ENOENT)
		r = accept_missing(passwd_path, ret_fault);
	else if (r < 0 && r != -ENOMEM &&
		 ret_fault->kind == PST_PATH_FAULT_NONE)
		r = pst_path_fault_set_error(ret_fault, -r, passwd_path,
					     strlen(passwd_path));
	if (r == 0)
		assign_unknown_names(lines);
	return r;
}

static int sort_ranges(const struct lines *lines,
		       struct pst_subordinate_uids *uids)
{
	size_t root_count, other_count, i;

	uids->ranges = calloc(lines->line_count, sizeof(uids->ranges[0]));
	if (!uids->ranges)
		return -ENOMEM;
	for (i = 0; i < lines->line_count; i++)
		uids->ranges[i] = lines->lines[i].range;
	qsort(uids->ranges, lines->line_count, sizeof(uids->ranges[0]),
	      compare_ranges);
	for (root_count = 0; root_count < lines->line_count &&
	     is_of_root(&uids->ranges[lines->line_count - 1 - root_count]);
	     root_count++)
		;
	other_count = lines->line_count - root_count;
	uids->range_count = join_ranges(uids->ranges, other_count);
	uids->root_range_count = join_ranges(uids->ranges + other_count,
					     root_count);
	memmove(uids->ranges + uids->range_count, uids->ranges + other_count,
		uids->root_range_count * sizeof(uids->ranges[0]));
	return 0;
}

static int read_ranges(const char *subuid_path,
		       const struct pst_trusted_file *file,
		       const char *passwd_path,
		       struct pst_subordinate_uids *uids,
		       struct pst_path_fault *ret_fault)
{
	struct lines lines = {0};
	int r;

	lines.lines = calloc(PST_SUBORDINATE_RANGES_MAX,
			     sizeof(lines.lines[0]));
	if (!lines.lines)
		return -ENOMEM;
	r = parse_lines(file->bytes, file->byte_count, &lines,
			&uids->ignored_line_count);
	if (r == -E2BIG)
		(void)pst_path_fault_set(ret_fault,
					 PST_PATH_FAULT_TOO_MANY_RANGES,
					 subuid_path, strlen(subuid_path),
					 NULL);
	if (r == 0 && lines.line_count > 0)
		r = find_users(&lines, passwd_path, ret_fault);
	if (r == 0 && lines.line_count > 0)
		r = sort_ranges(&lines, uids);
	free(lines.lines);
	return r;
}

int pst_subordinate_uids_read(const char *subuid_path, const char *passwd_path,
			      struct pst_subordinate_uids *ret_uids,
			      struct pst_path_fault *ret_fault)
{
	struct pst_subordinate_uids uids = {0};
	struct pst_trusted_file file = {0};
	int r;

	r = pst_trusted_file_read(subuid_path, geteuid(), 0, &file, ret_fault);
	if (r == -ENOENT)
		r = accept_missing(subuid_path, ret_fault);
	else if (r == 0)
		r = read_ranges(subuid_path, &file, passwd_path, &uids,
				ret_fault);
	pst_trusted_file_done(&file);
	if (r == 0)
		*ret_uids = uids;
	return r;
}

void pst_subordinate_uids_done(struct pst_subordinate_uids *uids)
{
	free(uids->ranges);
	*uids = (struct pst_subordinate_uids) {0};
}

static const struct pst_subordinate_range *
find_range(const struct pst_subordinate_range *ranges, size_t count, uid_t uid)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (ranges[middle].last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && ranges[low].first <= uid ? &ranges[low] : NULL;
}

uid_t pst_subordinate_uids_user(const struct pst_subordinate_uids *uids,
				uid_t uid)
{
	const struct pst_subordinate_range *range;

	range = find_range(uids->ranges, uids->range_count, uid);
	if (range)
		return range->user;
	if (uids->root_range_count == 0)
		return uid;
	range = find_range(uids->ranges + uids->range_count,
			   uids->root_range_count, uid);
	if (range)
		return uid - (uid - range->first) % PST_SUBORDINATE_BLOCK_UIDS;
	return uid;
}
