/* SPDX-License-Identifier: ISC */
/*
 * A sample for programs: JSON, and OpenMetrics
 */
#ifndef POSTERN_TOOLS_STAT_FORMS_H
#define POSTERN_TOOLS_STAT_FORMS_H

#include "stat_sample.h"

/* One object, on one line. */
void tool_stat_sample_print_json(const struct tool_stat_sample *sample);

/* A whole exposition, with its "# EOF". */
void tool_stat_sample_print_openmetrics(const struct tool_stat_sample *sample);

#endif
