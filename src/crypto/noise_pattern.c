/* SPDX-License-Identifier: ISC */
/*
 * The handshake patterns, as the tables of the Noise specification write them
 */
#include "crypto/noise_pattern.h"

#define E PST_NOISE_TOKEN_E
#define S PST_NOISE_TOKEN_S
#define EE PST_NOISE_TOKEN_EE
#define ES PST_NOISE_TOKEN_ES
#define SE PST_NOISE_TOKEN_SE
#define SS PST_NOISE_TOKEN_SS

static const struct pst_noise_table patterns[] = {
	[PST_NOISE_NN] = {"NN", false, {{E},            {E, EE}}},
	[PST_NOISE_NK] = {"NK", true,  {{E, ES},        {E, EE}}},
	[PST_NOISE_IK] = {"IK", true,  {{E, ES, S, SS}, {E, EE, SE}}},
};

const struct pst_noise_table *
pst_noise_pattern_find(enum pst_noise_pattern pattern)
{
	size_t index = (size_t)pattern;

	if (index >= sizeof(patterns) / sizeof(patterns[0]) ||
	    patterns[index].name[0] == '\0')
		return NULL;
	return &patterns[index];
}

bool pst_noise_pattern_sends_static(const struct pst_noise_table *table,
				    enum pst_noise_role role)
{
	for (size_t i = 0; i < PST_NOISE_TOKENS_MAX; i++)
		if (table->tokens[role][i] == S)
			return true;
	return false;
}

bool pst_noise_pattern_has_static(const struct pst_noise_table *table,
				  enum pst_noise_role role)
{
	return pst_noise_pattern_sends_static(table, role) ||
	       (role == PST_NOISE_RESPONDER && table->responder_is_known);
}

bool pst_noise_pattern_must_know_peer(const struct pst_noise_table *table,
				      enum pst_noise_role role)
{
	return role == PST_NOISE_INITIATOR && table->responder_is_known;
}

size_t pst_noise_pattern_overhead_bytes(const struct pst_noise_table *table,
					unsigned int message_index,
					bool has_key)
{
	const enum pst_noise_token *tokens = table->tokens[message_index];
	size_t tag_bytes = has_key ? PST_CIPHER_TAG_BYTES : 0;
	size_t sum_bytes = 0;

	for (size_t i = 0; i < PST_NOISE_TOKENS_MAX; i++) {
		switch (tokens[i]) {
		case E:
			sum_bytes += PST_NOISE_KEY_BYTES;
			break;
		case S:
			sum_bytes += PST_NOISE_KEY_BYTES + tag_bytes;
			break;
		case EE:
		case ES:
		case SE:
		case SS:
			tag_bytes = PST_CIPHER_TAG_BYTES;
			break;
		case PST_NOISE_TOKEN_NONE:
			break;
		}
	}
	return sum_bytes + tag_bytes;
}
