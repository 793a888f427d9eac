# SPDX-License-Identifier: ISC
dist_check_SCRIPTS += tests/model/check_models.sh
EXTRA_DIST += tests/model/half_free.pml tests/model/wakeup.pml \
	tests/model/node_states.pml tests/model/interrupt.pml
