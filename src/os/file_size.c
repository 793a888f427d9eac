/* SPDX-License-Identifier: ISC */
/*
 * Making files longer: with SIGXFSZ blocked, and taken back if it came
 *
 * The kernel sends it to the thread that makes the call.  Blocked, it waits
 * there, and is taken back unless it was waiting before.  To compare with the
 * limit instead would not do: it can change in between.
 */
#include "os/file_size.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "base/kernel_error.h"

struct guard {
	sigset_t signal;
	sigset_t old_mask;
	bool was_pending;
};

static bool is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       sigismember(&pending, SIGXFSZ) == 1;
}

/* None of these can fail for these arguments. */
static void begin(struct guard *guard)
{
	(void)sigemptyset(&guard->signal);
	(void)sigaddset(&guard->signal, SIGXFSZ);
	(void)pthread_sigmask(SIG_BLOCK, &guard->signal, &guard->old_mask);
	guard->was_pending = is_pending();
}

/* Keeps errno. */
static void end(const struct guard *guard)
{
	static const struct timespec now = {0};
	int saved_errno = errno;

	if (!guard->was_pending && is_pending())
		while (sigtimedwait(&guard->signal, NULL, &now) < 0 &&
		       errno == EINTR)
			;
	(void)pthread_sigmask(SIG_SETMASK, &guard->old_mask, NULL);
	errno = saved_errno;
}

int pst_file_set_size(int fd, size_t byte_count)
{
	struct guard guard;
	int r;

	begin(&guard);
	r = ftruncate(fd, (off_t)byte_count);
	end(&guard);
	return r < 0 ? pst_kernel_error(PST_CALL_FTRUNCATE, errno) : 0;
}

ssize_t pst_file_write(int fd, const void *bytes, size_t byte_count)
{
	struct guard guard;
	ssize_t n;

	begin(&guard);
	n = write(fd, bytes, byte_count);
	end(&guard);
	return n;
}
