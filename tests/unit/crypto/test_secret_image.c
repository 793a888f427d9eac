/* SPDX-License-Identifier: ISC */
/*
 * No key of a process is in what a core dump would hold of it
 *
 * A child goes through a handshake, seals and opens, and tells the test every
 * key it has, out of the memory they live in and through a pipe.  The test
 * looks for them in a real core file, where this host writes one into the
 * working directory, and always in all memory of the child that is not left out
 * of dumps: the kernel's own rule, and it needs no core file.
 *
 * What is looked for is each half of a key, so that a copy that was partly
 * overwritten is found as well.  Registers are another matter: whoever computes
 * with a key has it in some, and a core file says what was in them at the end.
 */
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/noise_state.h"
#include "support/smaps.h"
#include "support/test_case.h"
#include "support/test_options.h"
#include "unit/crypto/noise_pair.h"

#define KEY_BYTES 32
#define KEY_COUNT 9
#define NEEDLE_BYTES 16
#define IK 4            /* the two protocols of the pattern with all keys */

/* The last one is a copy of a public key, in memory like any other. */
struct told {
	uint8_t keys[KEY_COUNT][KEY_BYTES];
	uint8_t mark[KEY_BYTES];
};

struct image {
	int memory_fd;
	const struct told *told;
	size_t key_hits, mark_hits;
};

/* -- the child ------------------------------------------------------------- */

static void tell(int pipe_fd, const void *key)
{
	if (write(pipe_fd, key, KEY_BYTES) != KEY_BYTES)
		abort();
}

/*
 * What a child does last.  Frames that it leaves on the stack are not written
 * over by anything after it.
 */
enum last {
	LAST_CONSUME,
	LAST_CONFIRM,
	LAST_SPLIT_RAW,
	LAST_SPLIT,
	LAST_SEAL,
	LAST_OPEN,
	LAST_WRITE_TEXT,
	LAST_READ_TEXT,
	LAST_COUNT
};

struct child {
	struct noise_pair pair;         /* complete */
	struct noise_pair again;        /* of the same keys, but for one step */
	struct pst_record_keys *from, *to;
	struct pst_noise_outputs *outputs;
	struct pst_identity *ephemerals;
	char *text;                     /* PST_IDENTITY_PRIVATE_TEXT_BYTES */
	uint8_t *raw_keys;              /* two */
	uint8_t *mark;
	uint8_t record[8 + 5 + PST_CIPHER_TAG_BYTES];
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void prepare(struct child *child, int protocol)
{
	child->outputs = pst_secret_new(sizeof(*child->outputs));
	child->ephemerals = pst_secret_new(2 * sizeof(*child->ephemerals));
	child->text = pst_secret_new(PST_IDENTITY_PRIVATE_TEXT_BYTES);
	child->raw_keys = pst_secret_new(2 * KEY_BYTES);
	child->mark = malloc(KEY_BYTES);
	require(child->outputs && child->ephemerals && child->text &&
		child->raw_keys && child->mark);

	pst_identity_init(&child->ephemerals[0], NULL);
	pst_identity_init(&child->ephemerals[1], NULL);
	noise_pair_init(&child->pair, protocol);
	child->pair.initiator_params.ephemeral_private_key =
		child->ephemerals[0].private_key;
	child->pair.responder_params.ephemeral_private_key =
		child->ephemerals[1].private_key;
	child->again = child->pair;
	noise_pair_start(&child->pair);
	noise_pair_pass(&child->pair, 2);
	noise_pair_start(&child->again);
	noise_pair_pass(&child->again, 1);
	require(create(child->again.responder, &child->again.messages[1]) == 0);

	require(pst_noise_split(child->pair.initiator, POSTERN_SECURITY_AEAD,
				&child->from) == 0);
	require(pst_noise_split(child->pair.responder, POSTERN_SECURITY_AEAD,
				&child->to) == 0);
	require(pst_record_seal(&child->from->send, child->record, 8, "hello",
				5) == 0);
	pst_noise_outputs(&child->pair.initiator->symmetric, child->outputs);
	pst_identity_private_text(child->pair.initiators, child->text);
	memcpy(child->mark, child->pair.initiators->public_key, KEY_BYTES);
}

static void tell_all(const struct child *child, int pipe_fd)
{
	tell(pipe_fd, child->pair.initiators->private_key);
	tell(pipe_fd, child->pair.responders->private_key);
	tell(pipe_fd, child->ephemerals[0].private_key);
	tell(pipe_fd, child->pair.initiator->shared_secret);
	tell(pipe_fd, child->pair.initiator->symmetric.chaining_key);
	for (size_t i = 0; i < 3; i++)
		tell(pipe_fd, child->outputs->output[i]);
	tell(pipe_fd, child->text + PST_IDENTITY_PRIVATE_TEXT_BYTES -
			      KEY_BYTES);
	tell(pipe_fd, child->mark);
}

static void do_last(struct child *child, enum last last)
{
	uint8_t bytes[PST_NOISE_HASH_BYTES];

	switch (last) {
	case LAST_CONSUME:
		require(consume(child->again.initiator,
				&child->again.messages[1]) == 0);
		break;
	case LAST_CONFIRM:
		require(pst_noise_confirm(child->pair.initiator, "", 0,
					  bytes) == 0);
		break;
	case LAST_SPLIT_RAW:
		require(pst_noise_split_raw(child->pair.initiator,
					    child->raw_keys,
					    child->raw_keys + KEY_BYTES) == 0);
		break;
	case LAST_SPLIT:
		require(pst_noise_split(child->pair.initiator,
					POSTERN_SECURITY_MAC,
					&child->from) == 0);
		break;
	case LAST_SEAL:
		require(pst_record_seal(&child->from->send, child->record, 8,
					"hello", 5) == 0);
		break;
	case LAST_OPEN:
		require(pst_record_open(&child->to->receive, child->record, 8,
					5, bytes) == 0);
		break;
	case LAST_WRITE_TEXT:
		pst_identity_private_text(child->pair.initiators, child->text);
		break;
	case LAST_READ_TEXT:
		require(pst_identity_new_from_text(
				child->text, PST_IDENTITY_PRIVATE_TEXT_BYTES,
				&child->ephemerals) == 0);
		break;
	case LAST_COUNT:
		abort();
	}
}

static _Noreturn void child_main(int protocol, enum last last, int pipe_fd)
{
	static struct child child;

	prepare(&child, protocol);
	tell_all(&child, pipe_fd);
	do_last(&child, last);
	require(close(pipe_fd) == 0);
	/* The test has looked when it kills this process. */
	for (;;)
		(void)pause();
}

/* -- the test -------------------------------------------------------------- */

static pid_t start_child(int protocol, enum last last, struct told *ret_told)
{
	int fds[2];
	pid_t child;
	uint8_t *position = (uint8_t *)ret_told, nothing;
	size_t left_bytes = sizeof(*ret_told);

	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		child_main(protocol, last, fds[1]);
	ck_assert_int_eq(close(fds[1]), 0);
	while (left_bytes > 0) {
		ssize_t got = read(fds[0], position, left_bytes);

		ck_assert_int_gt(got, 0);
		position += got;
		left_bytes -= (size_t)got;
	}
	/* Closed when the last thing is done. */
	ck_assert_int_eq(read(fds[0], &nothing, 1), 0);
	ck_assert_int_eq(close(fds[0]), 0);
	return child;
}

static int end_child(pid_t child, int signal_number)
{
	int status = 0;

	ck_assert_int_eq(kill(child, signal_number), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

static size_t count_hits(const void *bytes, size_t byte_count,
			 const void *needle, size_t needle_bytes)
{
	const uint8_t *position = bytes, *end = position + byte_count;
	size_t hits = 0;

	while ((position = memmem(position, (size_t)(end - position), needle,
				  needle_bytes)) != NULL) {
		hits++;
		position++;
	}
	return hits;
}

static void look_into(struct image *image, const void *bytes, size_t byte_count)
{
	static const char *const names[KEY_COUNT] = {
		"initiator's key", "responder's key", "ephemeral key",
		"shared secret", "chaining key", "initiator's record key",
		"responder's record key", "confirmation key", "text of a key",
	};

	image->mark_hits += count_hits(bytes, byte_count, image->told->mark,
				       KEY_BYTES);
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const uint8_t *key = image->told->keys[i];
		size_t hits;

		hits = count_hits(bytes, byte_count, key, NEEDLE_BYTES) +
		       count_hits(bytes, byte_count, key + NEEDLE_BYTES,
				  NEEDLE_BYTES);
		if (hits > 0)
			fprintf(stderr, "%s: %zu times\n", names[i], hits);
		image->key_hits += hits;
	}
}

static void look_into_mapping(const struct mapping *mapping, void *user_data)
{
	struct image *image = user_data;
	size_t byte_count = (size_t)(mapping->end - mapping->begin);
	uint8_t *copy;
	ssize_t got;

	if (mapping_has_flag(mapping, "dd") || mapping->permissions[0] != 'r')
		return;
	copy = malloc(byte_count);
	ck_assert_ptr_nonnull(copy);
	got = pread(image->memory_fd, copy, byte_count,
		    (off_t)mapping->begin);
	/* The kernel's own pages cannot be read so. */
	if (got > 0)
		look_into(image, copy, (size_t)got);
	free(copy);
}

START_TEST(dumpable_memory_holds_no_key, .loop_end = 2 * LAST_COUNT)
{
	struct told told;
	struct image image = {.told = &told};
	char path[64];
	pid_t child;

	skip_unless(!test_has_runner(), "the runner has memory of its own");
	skip_unless(access("/proc/self/mem", R_OK) == 0, "needs /proc/PID/mem");
	SKIP_WITHOUT_CIPHER(cipher_of(_i % 2));
	child = start_child(IK + _i % 2, (enum last)(_i / 2), &told);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
	image.memory_fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(image.memory_fd, 0);
	smaps_walk(child, look_into_mapping, &image);
	ck_assert_int_eq(close(image.memory_fd), 0);
	(void)end_child(child, SIGKILL);
	/* What is there to be found was found, and nothing else. */
	ck_assert_uint_eq(image.key_hits, 0);
	ck_assert_uint_ge(image.mark_hits, 1);
}
END_TEST

/* Whether a core file would be "core" or "core.PID" where the process is. */
static bool leaves_core_files(void)
{
	char pattern[128] = "";
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");

	if (!file)
		return false;
	if (!fgets(pattern, sizeof(pattern), file))
		pattern[0] = '\0';
	(void)fclose(file);
	return strncmp(pattern, "core", 4) == 0 && !strchr(pattern, '/');
}

static void enter_empty_directory(char path[static 64])
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit;

	(void)snprintf(path, 64, "core-file.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(chdir(path), 0);
	if (setrlimit(RLIMIT_CORE, &unlimited) == 0)
		return;
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &limit), 0);
}

/* The one file of this directory, which goes. */
static uint8_t *take_file(size_t *ret_byte_count)
{
	DIR *directory = opendir(".");
	const struct dirent *entry;
	uint8_t *bytes = NULL;
	struct stat status;
	int fd;

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		fd = open(entry->d_name, O_RDONLY | O_CLOEXEC);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fstat(fd, &status), 0);
		bytes = malloc((size_t)status.st_size + 1);
		ck_assert_ptr_nonnull(bytes);
		ck_assert_int_eq(read(fd, bytes, (size_t)status.st_size),
				 status.st_size);
		*ret_byte_count = (size_t)status.st_size;
		ck_assert_int_eq(close(fd), 0);
		ck_assert_int_eq(unlink(entry->d_name), 0);
		break;
	}
	ck_assert_int_eq(closedir(directory), 0);
	return bytes;
}

static void look_into_core(struct image *image, const uint8_t *core,
			   size_t byte_count)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	ck_assert_uint_ge(byte_count, sizeof(header));
	memcpy(&header, core, sizeof(header));
	ck_assert_mem_eq(header.e_ident, ELFMAG, SELFMAG);
	for (size_t i = 0; i < header.e_phnum; i++) {
		size_t at = header.e_phoff + i * sizeof(segment);

		ck_assert_uint_le(at + sizeof(segment), byte_count);
		memcpy(&segment, core + at, sizeof(segment));
		if (segment.p_type != PT_LOAD)
			continue;       /* registers */
		ck_assert_uint_le(segment.p_offset + segment.p_filesz,
				  byte_count);
		look_into(image, core + segment.p_offset, segment.p_filesz);
	}
}

START_TEST(a_core_file_holds_no_key, .loop_end = 2)
{
	struct told told;
	struct image image = {.told = &told};
	size_t byte_count = 0;
	char directory[64];
	uint8_t *core;
	int status;

	skip_unless(!test_has_runner() && !test_has_sanitizer(),
		    "a sanitizer or runner leaves no core file of its program");
	skip_unless(leaves_core_files(),
		    "core_pattern sends core files elsewhere");
	SKIP_WITHOUT_CIPHER(cipher_of(_i));
	enter_empty_directory(directory);
	status = end_child(start_child(IK + _i, LAST_OPEN, &told), SIGQUIT);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT);
	core = take_file(&byte_count);
	ck_assert_int_eq(chdir(".."), 0);
	ck_assert_int_eq(rmdir(directory), 0);
	skip_unless(core, "no core file may be written here");
	look_into_core(&image, core, byte_count);
	free(core);
	ck_assert_uint_eq(image.key_hits, 0);
	ck_assert_uint_ge(image.mark_hits, 1);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
