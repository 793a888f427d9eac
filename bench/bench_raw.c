/* SPDX-License-Identifier: ISC */
/*
 * Reference: the cipher of a security mode, within one process
 *
 * The AEAD call that a sealed record takes, over the same bytes, in private
 * memory: libsodium's own, with its key schedule ready.  As in a record, 8 bytes
 * of header come before the payload; mode `mac` has both as additional data,
 * `aead` only the header.  What a sealed message takes beyond this and beyond a
 * message in mode `none` is postern's doing.
 */
#include "bench.h"

#include <errno.h>
#include <sodium.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 8
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define KEY_BYTES 32
#define BATCH 64

struct raw {
	crypto_aead_aes256gcm_state schedule;
	uint8_t key[KEY_BYTES];
	uint8_t nonce[NONCE_BYTES];
	const uint8_t *payload;
	size_t payload_bytes;
	uint8_t *record;         /* header, payload, tag */
};

static int serve(const struct bench_run *run)
{
	return bench_control_ready(run);
}

/* -- one record ------------------------------------------------------------ */

/*
 * What is authenticated, then what is encrypted.  Inlined with both known, so
 * that the loop has the cipher's call and nothing else.
 */
static inline __attribute__((always_inline)) void
seal(struct raw *raw, enum bench_mode mode, enum bench_cipher cipher)
{
	size_t plain_bytes = mode == BENCH_MODE_AEAD ? raw->payload_bytes : 0;
	size_t head_bytes = HEADER_BYTES + raw->payload_bytes - plain_bytes;
	uint8_t *body = raw->record + head_bytes;
	uint8_t *tag = body + plain_bytes;

	/* Neither can fail. */
	if (cipher == BENCH_AESGCM)
		(void)crypto_aead_aes256gcm_encrypt_detached_afternm(
			body, tag, NULL, raw->payload, plain_bytes, raw->record,
			head_bytes, NULL, raw->nonce,
			(const void *)&raw->schedule);
	else
		(void)crypto_aead_chacha20poly1305_ietf_encrypt_detached(
			body, tag, NULL, raw->payload, plain_bytes, raw->record,
			head_bytes, NULL, raw->nonce, raw->key);
}

static bool opens(const struct raw *raw, enum bench_mode mode,
		  enum bench_cipher cipher)
{
	size_t sealed_bytes = mode == BENCH_MODE_AEAD ? raw->payload_bytes : 0;
	size_t head_bytes = HEADER_BYTES + raw->payload_bytes - sealed_bytes;
	uint8_t *body = raw->record + head_bytes;
	uint8_t *tag = body + sealed_bytes;
	int r;

	if (cipher == BENCH_AESGCM)
		r = crypto_aead_aes256gcm_decrypt_detached_afternm(
			body, NULL, body, sealed_bytes, tag, raw->record,
			head_bytes, raw->nonce, (const void *)&raw->schedule);
	else
		r = crypto_aead_chacha20poly1305_ietf_decrypt_detached(
			body, NULL, body, sealed_bytes, tag, raw->record,
			head_bytes, raw->nonce, raw->key);
	return r == 0 && memcmp(raw->record + HEADER_BYTES, raw->payload,
				raw->payload_bytes) == 0;
}

/* -- many ------------------------------------------------------------------ */

static inline __attribute__((always_inline)) uint64_t
seal_for(struct raw *raw, uint64_t duration_ns, enum bench_mode mode,
	 enum bench_cipher cipher, uint64_t *ret_elapsed_ns)
{
	uint64_t begin_ns = bench_now_ns(), now_ns, count = 0;

	do {
		for (int i = 0; i < BATCH; i++) {
			memcpy(raw->nonce + NONCE_BYTES - sizeof(count), &count,
			       sizeof(count));
			seal(raw, mode, cipher);
			count++;
		}
		now_ns = bench_now_ns();
	} while (now_ns < begin_ns + duration_ns);
	*ret_elapsed_ns = now_ns - begin_ns;
	return count;
}

static uint64_t seal_as(const struct bench_transport *transport,
			struct raw *raw, uint64_t duration_ns,
			uint64_t *ret_elapsed_ns)
{
	if (transport->mode == BENCH_MODE_MAC)
		return transport->cipher == BENCH_AESGCM ?
			       seal_for(raw, duration_ns, BENCH_MODE_MAC,
					BENCH_AESGCM, ret_elapsed_ns) :
			       seal_for(raw, duration_ns, BENCH_MODE_MAC,
					BENCH_CHACHAPOLY, ret_elapsed_ns);
	return transport->cipher == BENCH_AESGCM ?
		       seal_for(raw, duration_ns, BENCH_MODE_AEAD, BENCH_AESGCM,
				ret_elapsed_ns) :
		       seal_for(raw, duration_ns, BENCH_MODE_AEAD,
				BENCH_CHACHAPOLY, ret_elapsed_ns);
}

static void measure(const struct bench_run *run, struct raw *raw,
		    struct bench_result *ret_result)
{
	const struct bench_transport *transport = run->transport;

	crypto_aead_aes256gcm_keygen(raw->key);
	if (transport->cipher == BENCH_AESGCM)
		(void)crypto_aead_aes256gcm_beforenm(&raw->schedule, raw->key);
	memcpy(raw->record + HEADER_BYTES, raw->payload, raw->payload_bytes);
	(void)seal_as(transport, raw, run->duration_ns / 4,
		      &ret_result->elapsed_ns);
	ret_result->count = seal_as(transport, raw, run->duration_ns,
				    &ret_result->elapsed_ns);
	ret_result->fault_count = !opens(raw, transport->mode,
					 transport->cipher);
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	size_t record_bytes = HEADER_BYTES + run->message_bytes + TAG_BYTES;
	uint8_t *payload = malloc(run->message_bytes);
	uint8_t *record = calloc(1, record_bytes);
	struct raw raw = {
		.payload = payload,
		.payload_bytes = run->message_bytes,
		.record = record,
	};
	int r;

	r = bench_control_await_ready(run);
	if (r == 0 && (!payload || !record))
		r = -ENOMEM;
	if (r == 0) {
		memset(payload, 0x5a, run->message_bytes);
		measure(run, &raw, ret_result);
	}
	sodium_memzero(&raw, sizeof(raw));
	free(record);
	free(payload);
	return r;
}

static const char *missing_aes(void)
{
	if (sodium_init() < 0 || !crypto_aead_aes256gcm_is_available())
		return "this processor, or this libsodium, has no AES";
	return NULL;
}

static const char *missing_chacha(void)
{
	return sodium_init() < 0 ? "libsodium does not start" : NULL;
}

#define RAW(name_, mode_, cipher_, missing_) \
	{ \
		.name = (name_), .tests = BENCH_DOES(BENCH_SECURED), \
		.mode = (mode_), .cipher = (cipher_), .missing = (missing_), \
		.serve = serve, .drive = drive, \
	}

const struct bench_transport bench_raw_mac_aes = RAW(
	"raw-mac-aes", BENCH_MODE_MAC, BENCH_AESGCM, missing_aes);
const struct bench_transport bench_raw_mac_chacha = RAW(
	"raw-mac-chacha", BENCH_MODE_MAC, BENCH_CHACHAPOLY, missing_chacha);
const struct bench_transport bench_raw_aead_aes = RAW(
	"raw-aead-aes", BENCH_MODE_AEAD, BENCH_AESGCM, missing_aes);
const struct bench_transport bench_raw_aead_chacha = RAW(
	"raw-aead-chacha", BENCH_MODE_AEAD, BENCH_CHACHAPOLY, missing_chacha);
