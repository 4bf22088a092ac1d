/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_DRIVER_IN_PROCESS_H
#define TESTS_DRIVER_IN_PROCESS_H

/*
 * The stand-in card inside the program that uses the driver: a thread answers the control messages,
 * the program's own thread runs the card's data path when it chooses to. To be included once.
 */

#define main fake_card_main
#include "fake_card.c"
#undef main

#include <pthread.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

static char path[64];
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER; /* around everything of the card */
static int card_connection = -1;

/* Answers the driver's control messages, one connection after another. */
static void *control_thread(void *arg)
{
	int listener = *(int *)arg;

	for (;;) {
		int connection = accept(listener, NULL, NULL);
		bool alive = connection >= 0;

		pthread_mutex_lock(&control);
		card_connection = connection;
		pthread_mutex_unlock(&control);
		while (alive) {
			struct pollfd entry = { .fd = connection, .events = POLLIN };

			poll(&entry, 1, -1);
			pthread_mutex_lock(&control);
			alive = serve(connection);
			pthread_mutex_unlock(&control);
		}
		pthread_mutex_lock(&control);
		card_connection = -1;
		close(connection);
		leave();
		pthread_mutex_unlock(&control);
	}
	return NULL;
}

static int listen_at(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "/tmp/sekisho.%d", (int)getpid());
	strcpy(address.sun_path, path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 4) < 0)
		return -1;
	return listener;
}

/* The card and EAL; the driver is found by LD_LIBRARY_PATH. 0, or -1 after a message. */
static int start_card_and_eal(char *program, const char *level)
{
	static int listener;
	pthread_t thread;
	char log_level[64];
	char *options[] = { program,
			    "-d",
			    "librte_net_sekisho.so",
			    "--no-huge",
			    "-m",
			    "256",
			    "--no-pci",
			    "--no-telemetry",
			    "--file-prefix",
			    path + 5,
			    "-l",
			    "0",
			    log_level };

	page_fd = memfd_create("doorbells", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (page_fd < 0 || ftruncate(page_fd, 2 * PAGE) < 0)
		return -1;
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
	page += PAGE / sizeof(*page);
	power_on();
	listener = listen_at();
	if (listener < 0 || pthread_create(&thread, NULL, control_thread, &listener) != 0) {
		perror(program);
		return -1;
	}
	snprintf(log_level, sizeof(log_level), "--log-level=%s", level);
	return rte_eal_init(RTE_DIM(options), options) < 0 ? -1 : 0;
}

#endif
