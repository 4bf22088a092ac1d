/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The fake server as a program, for tests of tools: fake_sekisho mgmt|net PATH. It prints "ready"
 * and then takes lines:
 *   set OFFSET VALUE    a register
 *   get OFFSET          prints it
 *   run OFFSET MS       from now on the register grows by 1 every MS milliseconds; 0: no more
 *   quit
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_server.h"

static struct fake_server server;

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	unsigned int running = 0;
	int interval = -1;
	char line[128];

	if (argc != 3)
		return 2;
	fake_server_init(&server, strcmp(argv[1], "mgmt") ? SEKISHO_NETWORK : SEKISHO_MANAGEMENT);
	fake_server_start(&server, argv[2]);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees all that is there to read */
	puts("ready");
	for (;;) {
		unsigned int offset, value;

		fflush(stdout);
		if (!poll(&input, 1, interval)) {
			server.registers[running / 4]++;
			continue;
		}
		if (!fgets(line, sizeof(line), stdin) || !strncmp(line, "quit", 4))
			break;
		if (sscanf(line, "set %i %i", (int *)&offset, (int *)&value) == 2) {
			server.registers[offset % 0x10000 / 4] = value;
			puts("ok");
		} else if (sscanf(line, "get %i", (int *)&offset) == 1) {
			printf("0x%08x\n", server.registers[offset % 0x10000 / 4]);
		} else if (sscanf(line, "run %i %i", (int *)&offset, &interval) == 2) {
			running = offset % 0x10000;
			if (!interval)
				interval = -1;
			puts("ok");
		} else {
			puts("what?");
		}
	}
	fake_server_stop(&server);
	return 0;
}
