/* SPDX-License-Identifier: ISC */
/*
 * Threads that run at the same time
 *
 * A test of two threads is one of interleavings only if they have a CPU each,
 * which the scheduler does not promise.
 */
#ifndef POSTERN_SUPPORT_PIN_H
#define POSTERN_SUPPORT_PIN_H

/*
 * Pins the calling thread to one of the CPUs it may use: the same for the same
 * number, another for another, while there are enough.
 */
void pin_thread(unsigned int number);

#endif
