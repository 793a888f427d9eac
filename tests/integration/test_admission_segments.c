/* SPDX-License-Identifier: ISC */
/*
 * What the node checks of a segment that the peer has had in its hands
 *
 * The peer got two segments with the offer and says READY with one of them not
 * as agreed: seals are missing or too many, or pages have not been paid for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#include "os/kernel.h"

static struct scene scene;
static struct stranger stranger;
static size_t fds_before;

/* Everything up to the offer. */
static void set_up(void)
{
	stranger = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	fds_before = inspect_fd_count();
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
}

static void tear_down(void)
{
	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene_close(&scene);
}

static void expect_refused(enum postern_reason reason)
{
	enum pst_refuse_code code;

	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_refusal(&stranger, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_DENIED);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, reason, 0);
	ck_assert_uint_eq(scene.event_count, 0);
}

/* -- as it has to be ------------------------------------------------------- */

static int seals_of(int fd)
{
	return fcntl(fd, F_GET_SEALS) & ~F_SEAL_EXEC;
}

START_TEST(an_offer_brings_two_segments_sealed_as_agreed)
{
	ck_assert_int_eq(seals_of(stranger.segment_fds[0]),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE |
				 F_SEAL_SEAL);
	ck_assert_int_eq(seals_of(stranger.segment_fds[1]),
			 F_SEAL_SHRINK | F_SEAL_GROW);
}
END_TEST

START_TEST(nobody_can_write_the_nodes_segment)
{
	void *memory;

	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		      stranger.segment_fds[0], 0);
	ck_assert_ptr_eq(memory, MAP_FAILED);
	memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED,
		      stranger.segment_fds[0], 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_lt(mprotect(memory, 4096, PROT_READ | PROT_WRITE), 0);
	ck_assert_int_eq(munmap(memory, 4096), 0);
	ck_assert_int_lt(pwrite(stranger.segment_fds[0], "x", 1, 0), 0);
	ck_assert_int_lt(ftruncate(stranger.segment_fds[0], 0), 0);
	ck_assert_int_lt(fallocate(stranger.segment_fds[0],
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   0, 4096), 0);
}
END_TEST

START_TEST(what_is_offered_has_no_page_yet_and_fits_the_offer)
{
	const struct pst_offer_segment *offered[] = {
		&stranger.offer.node_segment, &stranger.offer.client_segment,
	};
	struct stat status;
	size_t i;

	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(fstat(stranger.segment_fds[i], &status), 0);
		ck_assert(S_ISREG(status.st_mode));
		ck_assert_uint_eq(status.st_mode & 07777, 0660);
		ck_assert_uint_eq(status.st_uid, uid_of(ROLE_OWNER));
		ck_assert_uint_eq((uint64_t)status.st_size,
				  offered[i]->segment_bytes);
		ck_assert_uint_eq(status.st_ino, offered[i]->inode);
		ck_assert_int_eq(status.st_blocks, 0);
	}
}
END_TEST

START_TEST(the_seal_against_execution_does_not_matter)
{
	skip_unless(test_features() & POSTERN_FEATURE_NOEXEC_SEAL,
		    "needs F_SEAL_EXEC (Linux 6.3)");
	ck_assert_int_eq(stranger_pay_for_nodes(&stranger), 0);
	ck_assert_int_eq(stranger_pay_for_own(&stranger), 0);
	ck_assert_int_eq(stranger_seal(&stranger,
				       PST_SEGMENT_SEALS_WRITER_DONE |
					       F_SEAL_EXEC), 0);
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_go(&stranger), 0);
	scene_expect_no_refusal(&scene);
}
END_TEST

/* -- seals ----------------------------------------------------------------- */

/* Instead of FUTURE_WRITE and SEAL. */
static const int wrong_seals[] = {
	0,
	F_SEAL_SEAL,
	F_SEAL_FUTURE_WRITE,
};

START_TEST(a_segment_without_all_seals_is_refused, .loop_end = 3)
{
	ck_assert_int_eq(stranger_pay_for_nodes(&stranger), 0);
	ck_assert_int_eq(stranger_pay_for_own(&stranger), 0);
	ck_assert_int_eq(stranger_seal(&stranger, wrong_seals[_i]), 0);
	expect_refused(POSTERN_REASON_SEALS);
}
END_TEST

/* Nobody could write it any more, the peer neither: not what was agreed. */
START_TEST(a_segment_with_a_seal_too_many_is_refused)
{
	ck_assert_int_eq(stranger_pay_for_nodes(&stranger), 0);
	ck_assert_int_eq(fallocate(stranger.segment_fds[1], 0, 0,
				   (off_t)stranger.offer.client_segment
					   .segment_bytes), 0);
	ck_assert_int_eq(stranger_seal(&stranger,
				       PST_SEGMENT_SEALS_WRITER_DONE |
					       F_SEAL_WRITE), 0);
	expect_refused(POSTERN_REASON_SEALS);
}
END_TEST

/* -- who pays -------------------------------------------------------------- */

START_TEST(a_peer_that_has_not_paid_for_its_segment_is_refused)
{
	ck_assert_int_eq(stranger_pay_for_nodes(&stranger), 0);
	ck_assert_int_eq(stranger_seal(&stranger,
				       PST_SEGMENT_SEALS_WRITER_DONE), 0);
	expect_refused(POSTERN_REASON_SPARSE);
}
END_TEST

START_TEST(a_peer_that_has_paid_for_all_but_one_page_is_refused)
{
	ck_assert_int_eq(stranger_pay_for_nodes(&stranger), 0);
	ck_assert_int_eq(stranger_pay_for_own(&stranger), 0);
	ck_assert_int_eq(fallocate(stranger.segment_fds[1],
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   4096, 4096), 0);
	ck_assert_int_eq(stranger_seal(&stranger,
				       PST_SEGMENT_SEALS_WRITER_DONE), 0);
	expect_refused(POSTERN_REASON_SPARSE);
}
END_TEST

START_TEST(a_peer_that_has_not_paid_for_the_nodes_segment_is_refused)
{
	ck_assert_int_eq(stranger_pay_for_own(&stranger), 0);
	ck_assert_int_eq(stranger_seal(&stranger,
				       PST_SEGMENT_SEALS_WRITER_DONE), 0);
	expect_refused(POSTERN_REASON_SPARSE);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
