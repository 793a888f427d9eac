#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Sleep and wake-up, model-checked
#
# The models must hold as designed, and must fail if any one rule is removed,
# since a model that cannot fail proves nothing.  Every line of the table is one
# exhaustive search by Spin; two run at a time.

models=${POSTERN_SRCDIR:-.}/tests/model
cc=${CC:-cc}

# EXPECTED MODEL OPTIONS
table() {
	cat <<'TABLE'
holds node_states
holds wakeup
holds node_states -DSENDER -DSECOND=0
holds interrupt
holds interrupt -DINTERRUPTS=1
holds interrupt -DREPORTED
holds half_free
holds half_free -DWANTED=3
holds half_free -DCAPACITY=5 -DCOUNT=11 -DWANTED=2
holds half_free -DCAPACITY=1 -DCOUNT=4
holds wakeup -DEVENT_LOOP
holds wakeup -DDRAIN_FIRST -DLEAVE_DOORBELLS
holds wakeup -DFORWARD=1 -DQUEUE=2
holds wakeup -DFORWARD=1 -DFAILURES=1
holds wakeup -DBACKWARD=0 -DFAILURES=1
holds wakeup -DEVENT_LOOP -DFORWARD=1 -DFAILURES=1
fails interrupt -DSIGNAL_FIRST -DINTERRUPTS=1
fails interrupt -DCLEAR_AFTER_CHECK
fails wakeup -DNO_SECOND_POLL
fails wakeup -DNO_PENDING_BITS
fails wakeup -DNO_FENCE
fails wakeup -DNO_MOVER_FENCE
fails wakeup -DNO_WAITER_FENCE
fails wakeup -DNO_SIBLING_SIGNAL
fails wakeup -DCLEAR_AFTER_POLL
fails wakeup -DSLEEP_WITH_UNSENT_WAKEUP -DBACKWARD=0 -DFAILURES=1
fails wakeup -DCOUNT_AFTER_ARMING -DQUEUE=2 -DDRAIN=2
fails half_free -DNO_WAITER_FENCE
fails half_free -DNEVER_ORDERED -DWANTED=3
fails half_free -DUNORDERED_AT_HALF -DCAPACITY=1 -DCOUNT=4
fails half_free -DNO_CHECK_AT_THE_LAST -DWANTED=3
fails node_states -DNO_SECOND_POLL
fails node_states -DNO_FENCE
fails node_states -DNO_PENDING_BITS -DSENDER -DSECOND=0
fails node_states -DNO_READY_SIGNAL
fails node_states -DSTALE_READY_SIGNAL
fails node_states -DSLEEP_BESIDE_READY
fails node_states -DTHROTTLED_STAYS_WATCHED
fails node_states -DDRAINING_STAYS_WATCHED
fails node_states -DNO_TIMER
fails node_states -DARM_A_DRAINING
TABLE
}

# -- one line ------------------------------------------------------------------

broken() {
	echo "$expected $model $*: $why" >&2
	sed 's/^/	/' "$place/output" >&2
	exit 255 # xargs stops here
}

if [ "$1" = --one ]; then
	place=$2 expected=$3 model=$4
	shift 4
	place=$(mktemp -d "$place/search.XXXXXX") && cd "$place" || exit 255
	why='spin does not understand it'
	spin -a "$@" "$models/$model.pml" >output 2>&1 || broken "$@"
	why='the verifier does not compile'
	case $expected in
	holds) speed=-O2 ;;
	*) speed=-O0 ;; # an error is found sooner than it is optimised for
	esac
	$cc $speed -w -DSAFETY -DCOLLAPSE -DMEMLIM=900 -o pan pan.c \
		>output 2>&1 || broken "$@"
	why='the verifier cannot run'
	./pan -n -m100000 >output 2>&1 || broken "$@"

	why='the search was not exhaustive'
	! grep -q -e 'max search depth too small' -e 'out of memory' \
		-e 'reached -DMEMLIM' output || broken "$@"
	case $expected in
	holds)
		why='it does not hold'
		grep -q 'errors: 0$' output || broken "$@"
		states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' \
			output)
		echo "holds  $model $* ($states states)"
		;;
	fails)
		why='no error was found'
		grep -q 'errors: 1$' output || broken "$@"
		grep -q -e 'assertion violated' -e 'invalid end state' \
			output || broken "$@"
		echo "fails  $model $*, as it must"
		;;
	esac
	exit 0
fi

# -- all of them ---------------------------------------------------------------

if [ "${INSTRUMENTED:-no}" = yes ]; then
	echo 'skipped: the models are the same in every build'
	exit 77
fi
if ! command -v spin >/dev/null; then
	echo 'skipped: spin is not installed'
	exit 77
fi
# shellcheck disable=SC2086 # CC may be a command with options
if ! command -v ${cc%% *} >/dev/null; then
	echo 'skipped: there is no C compiler'
	exit 77
fi

case $models in
/*) ;;
*) models=$PWD/$models ;;
esac
case $0 in
/*) self=$0 ;;
*) self=$PWD/$0 ;;
esac
POSTERN_SRCDIR=${models%/tests/model}
export POSTERN_SRCDIR

place=$(mktemp -d) || exit 99
trap 'rm -rf "$place"' EXIT
trap 'exit 99' HUP INT TERM

table | xargs -P 2 -L 1 sh "$self" --one "$place" || exit 1
