# SPDX-License-Identifier: ISC

policydir = $(docdir)/policy
dist_policy_DATA = \
	policy/README \
	policy/default.conf

policyexamplesdir = $(docdir)/policy/examples
dist_policyexamples_DATA = \
	policy/examples/drop-in.conf \
	policy/examples/ingest.conf \
	policy/examples/one-process.conf \
	policy/examples/orders.conf \
	policy/examples/telemetry.conf
