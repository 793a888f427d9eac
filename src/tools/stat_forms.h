/* SPDX-License-Identifier: ISC */
/*
 * A snapshot for programs: JSON, and OpenMetrics
 */
#ifndef POSTERN_TOOLS_STAT_FORMS_H
#define POSTERN_TOOLS_STAT_FORMS_H

#include "stat_sample.h"

/* One object, on one line. */
void tool_snapshot_print_json(const struct tool_snapshot *snapshot);

/* A whole exposition, with its "# EOF". */
void tool_snapshot_print_openmetrics(const struct tool_snapshot *snapshot);

#endif
