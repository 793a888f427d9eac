/* SPDX-License-Identifier: ISC */
/*
 * What the option structs' special values mean
 */
#ifndef POSTERN_API_API_OPTIONS_H
#define POSTERN_API_API_OPTIONS_H

#include <stdint.h>

#include <postern/channel.h>

/* About as long as a sleep and a wake-up cost: spinning longer cannot pay. */
#define PST_API_SPIN_NS 20000u

static inline uint32_t pst_api_spin_ns(uint32_t spin_ns)
{
	if (spin_ns == POSTERN_SPIN_DEFAULT)
		return PST_API_SPIN_NS;
	return spin_ns == POSTERN_SPIN_NONE ? 0 : spin_ns;
}

#endif
