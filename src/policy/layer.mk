# SPDX-License-Identifier: ISC
#
# The policy layer: texts become a table, the table decides

noinst_LTLIBRARIES += libpolicy.la

libpolicy_la_SOURCES = \
	src/policy/policy.h \
	src/policy/policy_block.c \
	src/policy/policy_block.h \
	src/policy/policy_builder.c \
	src/policy/policy_builder.h \
	src/policy/policy_check.c \
	src/policy/policy_decide.c \
	src/policy/policy_diagnostics.c \
	src/policy/policy_diagnostics.h \
	src/policy/policy_explain.c \
	src/policy/policy_fault.c \
	src/policy/policy_grant.c \
	src/policy/policy_grant.h \
	src/policy/policy_host.h \
	src/policy/policy_index.c \
	src/policy/policy_index.h \
	src/policy/policy_label.c \
	src/policy/policy_label.h \
	src/policy/policy_lexer.c \
	src/policy/policy_lexer.h \
	src/policy/policy_link.c \
	src/policy/policy_lint.c \
	src/policy/policy_load.c \
	src/policy/policy_load.h \
	src/policy/policy_match.c \
	src/policy/policy_match.h \
	src/policy/policy_read.h \
	src/policy/policy_read_limits.c \
	src/policy/policy_read_node.c \
	src/policy/policy_read_peer.c \
	src/policy/policy_read_rules.c \
	src/policy/policy_table.c \
	src/policy/policy_table.h \
	src/policy/policy_tree.c \
	src/policy/policy_tree.h \
	src/policy/policy_units.c \
	src/policy/policy_units.h \
	src/policy/policy_values.c \
	src/policy/policy_values.h

# The decision and all it needs: these may use mem* and str* and nothing else,
# and tests/check_purity.sh looks.
PURE_POLICY_OBJECTS = \
	policy_decide \
	policy_grant \
	policy_label \
	policy_match
