/* SPDX-License-Identifier: ISC */
/*
 * Busy-waiting before sleep, for an adaptive time
 *
 * A busy-wait that succeeds resets the time to its limit; one that fails halves
 * it, down to a sixty-fourth.  So a thread that waits seldom and long spends
 * little on busy-waiting, and one that waits often and briefly never sleeps.
 */
#ifndef POSTERN_BASE_SPIN_H
#define POSTERN_BASE_SPIN_H

#include <stdint.h>

struct pst_spin {
	uint32_t limit_ns;      /* 0: no busy-wait */
	uint32_t now_ns;
};

static inline void pst_spin_init(struct pst_spin *spin, uint32_t limit_ns)
{
	spin->limit_ns = limit_ns;
	spin->now_ns = limit_ns;
}

static inline void pst_spin_has_paid(struct pst_spin *spin)
{
	spin->now_ns = spin->limit_ns;
}

static inline void pst_spin_has_failed(struct pst_spin *spin)
{
	spin->now_ns /= 2;
	if (spin->now_ns < spin->limit_ns / 64)
		spin->now_ns = spin->limit_ns / 64;
}

/* Between two polls: lets the other thread of the core run. */
static inline void pst_spin_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
