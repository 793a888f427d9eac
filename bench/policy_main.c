/* SPDX-License-Identifier: ISC */
/*
 * How long the largest policies take
 *
 *	postern-policy-bench [BYTES [SHAPE]]
 *
 * Processor time of loading, comparing, showing, formatting and explaining a
 * file of each shape of tests/support/policy_size.h, in milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_builder.h"
#include "support/policy_size.h"

int main(int argc, char **argv)
{
	size_t byte_count = PST_POLICY_FILE_BYTES_MAX, i;
	const struct policy_size_shape *shape;
	struct policy_size_cost cost;

	if (argc > 1)
		byte_count = strtoul(argv[1], NULL, 10);
	printf("%zu bytes, milliseconds\n%-30s%9s%9s%9s%9s%9s\n", byte_count,
	       "shape", "load", "diff", "show", "format", "explain");
	for (i = 0; (shape = policy_size_shape_at(i)); i++) {
		if (argc > 2 && strcmp(argv[2], policy_size_name(shape)) != 0)
			continue;
		cost = policy_size_measure(shape, byte_count);
		printf("%-30s%9.1f%9.1f%9.1f%9.1f%9.1f\n",
		       policy_size_name(shape), cost.load_ms, cost.diff_ms,
		       cost.show_ms, cost.format_ms, cost.explain_ms);
		(void)fflush(stdout);
	}
	return 0;
}
