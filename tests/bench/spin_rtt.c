/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A witness of what machine the figures come from: the round trip of a word in memory between two
 * threads that spin on two processors. Where a virtual machine's processors lie moves within the
 * hour, and the cost of everything that two processors share moves with it.
 *
 * Prints `spin_rtt_ns value`: the median of many.
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 100 /* whose median is told */
#define TRIPS 1000 /* in a round */

static _Alignas(64) atomic_uint ping;
static _Alignas(64) atomic_uint pong;

static void pin(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/* Waits for value; on a busy machine the other thread may have to get a processor first. */
static void await(atomic_uint *word, unsigned int value)
{
	for (unsigned int i = 1; atomic_load_explicit(word, memory_order_acquire) != value; i++)
		if (i % 100000 == 0)
			sched_yield();
}

static void *answer(void *arg)
{
	(void)arg;
	pin(1);
	for (unsigned int i = 1; i <= ROUNDS * TRIPS; i++) {
		await(&ping, i);
		atomic_store_explicit(&pong, i, memory_order_release);
	}
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	static double nanoseconds[ROUNDS];
	pthread_t thread;
	unsigned int number = 0;

	pin(0);
	if (pthread_create(&thread, NULL, answer, NULL) != 0)
		return EXIT_FAILURE;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct timespec start, end;

		clock_gettime(CLOCK_MONOTONIC, &start);
		for (unsigned int trip = 0; trip < TRIPS; trip++) {
			number++;
			atomic_store_explicit(&ping, number, memory_order_release);
			await(&pong, number);
		}
		clock_gettime(CLOCK_MONOTONIC, &end);
		nanoseconds[i] = ((double)(end.tv_sec - start.tv_sec) * 1e9 +
				  (double)(end.tv_nsec - start.tv_nsec)) /
				 TRIPS;
	}
	pthread_join(thread, NULL);
	qsort(nanoseconds, ROUNDS, sizeof(*nanoseconds), by_value);
	printf("spin_rtt_ns %.0f\n", nanoseconds[ROUNDS / 2]);
	return EXIT_SUCCESS;
}
