/* SPDX-License-Identifier: ISC */
/*
 * Where and when: a figure without its machine says nothing
 */
#include "bench_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void cpu_model(char *ret_model, size_t model_bytes)
{
	char line[256], *value;
	FILE *file;

	(void)snprintf(ret_model, model_bytes, "unknown processor");
	file = fopen("/proc/cpuinfo", "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		value = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || !value)
			continue;
		value += strspn(value, ": \t");
		value[strcspn(value, "\n")] = '\0';
		(void)snprintf(ret_model, model_bytes, "%s", value);
		break;
	}
	(void)fclose(file);
}

void bench_report_machine(FILE *out, const char *prefix)
{
	const char *commit = getenv("POSTERN_COMMIT");
	time_t now = time(NULL);
	struct utsname kernel;
	char model[128], date[32];
	struct tm utc;

	cpu_model(model, sizeof(model));
	(void)uname(&kernel);
	(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC",
		       gmtime_r(&now, &utc));
	(void)fprintf(out, "%s%s, %ld processors, %s %s\n", prefix, model,
		      sysconf(_SC_NPROCESSORS_ONLN), kernel.sysname,
		      kernel.release);
	(void)fprintf(out, "%spostern %s, %s\n", prefix,
		      commit && *commit ? commit : "of an unknown commit",
		      date);
}
