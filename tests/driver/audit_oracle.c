/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sekisho-audit's oracle by itself: orders on standard input, answers on standard output.
 *
 *   judge FRAME              truth of IP, truth of layer 4, layer 4's offset and end
 *   inner FRAME              the same of the packet inside a tunnel, or "none"
 *   insert IP L4 FRAME       the frame with its checksums
 *   sum BYTES                one's complement sum
 *   crc BYTES                CRC32c
 *   hash KEY BYTES           Toeplitz hash
 *   rss KEY PORTS FRAME      hash of a frame
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/audit/oracle.h"

#define LINE 65536

/* Into memory of exactly that size: the sanitizer sees every byte too many. */
static uint8_t *unhex(const char *text, uint32_t *length)
{
	uint8_t *bytes;

	*length = (uint32_t)strlen(text) / 2;
	bytes = malloc(*length != 0 ? *length : 1);
	for (uint32_t i = 0; bytes != NULL && i < *length; i++) {
		unsigned int value = 0;

		sscanf(text + 2 * i, "%2x", &value);
		bytes[i] = (uint8_t)value;
	}
	return bytes;
}

static void print_opinion(const struct opinion *opinion)
{
	printf("%s|%s|%u|%u\n", oracle_truth_name(opinion->ip), oracle_truth_name(opinion->l4),
	       opinion->l4_offset, opinion->l4_end);
}

static void judge(uint8_t *frame, uint32_t length, bool inner)
{
	struct opinion opinion;
	uint16_t type = 0;
	uint32_t at;

	oracle_judge(frame, length, &opinion);
	if (inner) {
		at = oracle_inner(frame, length, &opinion, &type);
		if (at == 0) {
			puts("none");
			return;
		}
		oracle_judge_at(frame, length, at, type, &opinion);
	}
	print_opinion(&opinion);
}

static void insert(uint8_t *frame, uint32_t length, bool ip, bool l4)
{
	struct opinion opinion;

	oracle_judge(frame, length, &opinion);
	oracle_insert(frame, &opinion, ip, l4);
	for (uint32_t i = 0; i < length; i++)
		printf("%02x", frame[i]);
	putchar('\n');
}

static void rss(const char *key_text, bool ports, uint8_t *frame, uint32_t length)
{
	struct opinion opinion;
	uint32_t key_length, hash = 0;
	uint8_t *key = unhex(key_text, &key_length);

	oracle_judge(frame, length, &opinion);
	if (key != NULL && oracle_rss(frame, &opinion, key, ports, &hash))
		printf("%08x\n", hash);
	else
		puts("none");
	free(key);
}

static void toeplitz(const char *key_text, const uint8_t *bytes, uint32_t length)
{
	uint32_t key_length;
	uint8_t *key = unhex(key_text, &key_length);

	if (key != NULL)
		printf("%08x\n", oracle_toeplitz(key, bytes, length));
	free(key);
}

int main(void)
{
	static char line[LINE];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *words[4] = { NULL }, *rest = line;
		unsigned int count = 0;
		uint32_t length;
		uint8_t *bytes;

		while (count < 4 && (words[count] = strsep(&rest, " \n")) != NULL &&
		       words[count][0] != '\0')
			count++;
		if (count == 0)
			continue;
		bytes = unhex(words[count - 1], &length);
		if (bytes == NULL)
			return EXIT_FAILURE;
		if (strcmp(words[0], "judge") == 0)
			judge(bytes, length, false);
		else if (strcmp(words[0], "inner") == 0)
			judge(bytes, length, true);
		else if (strcmp(words[0], "insert") == 0 && count == 4)
			insert(bytes, length, words[1][0] == '1', words[2][0] == '1');
		else if (strcmp(words[0], "sum") == 0)
			printf("%04x\n", oracle_sum(bytes, length));
		else if (strcmp(words[0], "crc") == 0)
			printf("%08x\n", oracle_crc32c(bytes, length));
		else if (strcmp(words[0], "hash") == 0 && count == 3)
			toeplitz(words[1], bytes, length);
		else if (strcmp(words[0], "rss") == 0 && count == 4)
			rss(words[1], words[2][0] == '1', bytes, length);
		else
			puts("what?");
		fflush(stdout);
		free(bytes);
	}
	return EXIT_SUCCESS;
}
