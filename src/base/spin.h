/* SPDX-License-Identifier: ISC */
/*
 * How long to look before going to sleep
 *
 * A spin that found something goes back to the whole limit, one that did not is
 * halved, down to a sixty-fourth: who waits seldom and long spends little on
 * it, and who waits often and briefly never sleeps.
 */
#ifndef POSTERN_BASE_SPIN_H
#define POSTERN_BASE_SPIN_H

#include <stdint.h>

struct pst_spin {
	uint32_t limit_ns;      /* 0: never spin */
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

/* Between two looks: leave the core to the other thread on it. */
static inline void pst_spin_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
