/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main loop. While there is work it runs the engine in slices and looks at doorbells, sockets
 * and wires between them. Without work it polls for a short while, then sleeps: with a running
 * queue for a millisecond at a time, as a store into the doorbell page wakes nobody; else for good.
 */

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "dma_map.h"
#include "function.h"
#include "log.h"
#include "port.h"
#include "scheduler.h"
#include "vfio_user.h"

#define SLICE_CLOCKS 500u /* about half a millisecond: how late a doorbell may be seen */
/* A clock of the model is a frame. So few that a port takes as many in a turn as it sends. */
#define SLICE_FRAMES 128u
#define FRAMES_A_TURN 64u /* of a wire */
#define POLL_NANOSECONDS 200000 /* of polling before the first sleep */
#define SLEEP_MS 1
#define LINK_MS 50 /* so late is it seen that nobody is at the end of a wire any more */
#define DRAIN_CLOCKS 1000000u /* at the end; the longest frame at each port takes a few thousand */
#define FUNCTIONS (SEKISHO_FUNCTIONS + 1) /* the network functions, then management */
#define MANAGEMENT SEKISHO_FUNCTIONS

struct scheduler {
	const struct scheduler_options *options;
	struct sekisho_engine *engine;
	uint32_t slice; /* clocks between looks at doorbells, sockets and wires */
	unsigned int next_wire;
	int64_t wire_clocks; /* that the wires may still fill */
	struct function *functions[FUNCTIONS];
	struct port ports[SEKISHO_PORTS];
	bool port_open[SEKISHO_PORTS];
	int epoll;
	int signals;
	bool stop;
	bool tracing;
	unsigned int traces;

	uint64_t accesses; /* memory, interrupts, frames out: signs of work in the engine */
	uint64_t clocks_run, clocks_idle;
	uint8_t frame[PORT_BUFFER];
};

/* ---- The engine's callbacks ---- */

static void *engine_dma(void *context, unsigned int number, uint64_t address, uint32_t length,
			bool write)
{
	struct scheduler *scheduler = context;

	scheduler->accesses++;
	if (number >= SEKISHO_FUNCTIONS || scheduler->functions[number] == NULL)
		return NULL;
	return function_dma(scheduler->functions[number], address, length, write);
}

static void engine_interrupt(void *context, unsigned int number, unsigned int vector)
{
	struct scheduler *scheduler = context;

	scheduler->accesses++;
	if (number < SEKISHO_FUNCTIONS && scheduler->functions[number] != NULL)
		function_interrupt(scheduler->functions[number], vector);
}

static void engine_transmit(void *context, unsigned int number, const uint8_t *frame,
			    uint32_t length)
{
	struct scheduler *scheduler = context;

	scheduler->accesses++;
	if (number < SEKISHO_PORTS && scheduler->port_open[number])
		port_send(&scheduler->ports[number], frame, length);
}

/* ---- Start and end ---- */

static int watch(struct scheduler *scheduler, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(scheduler->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void set_link(struct scheduler *scheduler, unsigned int number)
{
	const struct port *port = &scheduler->ports[number];

	sekisho_engine_set_link(scheduler->engine, number, port->link, port->link ? port->mbps : 0);
}

static int open_ports(struct scheduler *scheduler)
{
	const struct scheduler_options *options = scheduler->options;

	for (unsigned int i = 0; i < SEKISHO_PORTS; i++) {
		struct port *port = &scheduler->ports[i];
		int err;

		if (options->port[i] == NULL) {
			sekisho_engine_set_link(scheduler->engine, i, false, 0);
			continue;
		}
		err = port_open(port, i, options->port[i], options->engine.seed);
		if (err != 0)
			return err;
		scheduler->port_open[i] = true;
		if (port->mbps == 0)
			port->mbps = options->engine.data_width == 512 ? 100000 : 1000;
		set_link(scheduler, i);
		if (port->fd >= 0) {
			err = watch(scheduler, port->fd);
			if (err != 0)
				return err;
		}
	}
	return 0;
}

static int open_functions(struct scheduler *scheduler)
{
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		const char *path = i == MANAGEMENT ? scheduler->options->management :
						     scheduler->options->network[i];
		int err;

		if (path == NULL)
			continue;
		scheduler->functions[i] =
			function_create(scheduler->engine, i == MANAGEMENT ? -1 : (int)i, path);
		if (scheduler->functions[i] == NULL) {
			err = -errno;
			sim_log(LOG_ERROR, "%s: %s", path, strerror(-err));
			return err;
		}
		err = watch(scheduler, vfu_server_fd(function_server(scheduler->functions[i])));
		if (err != 0)
			return err;
	}
	return 0;
}

static int open_signals(struct scheduler *scheduler)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	scheduler->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (scheduler->signals < 0)
		return -errno;
	return watch(scheduler, scheduler->signals);
}

static void start_trace(struct scheduler *scheduler)
{
	char path[1024];
	int err;

	/* Every later window has a file of its own. */
	if (scheduler->traces == 0)
		snprintf(path, sizeof(path), "%s", scheduler->options->trace);
	else
		snprintf(path, sizeof(path), "%s.%u", scheduler->options->trace, scheduler->traces);
	err = sekisho_engine_trace(scheduler->engine, path);
	if (err != 0) {
		sim_log(LOG_ERROR, "trace %s: %s", path, strerror(-err));
		return;
	}
	scheduler->traces++;
	scheduler->tracing = true;
	sim_log(LOG_INFO, "tracing to %s", path);
}

static void toggle_trace(struct scheduler *scheduler)
{
	if (scheduler->tracing) {
		sekisho_engine_trace(scheduler->engine, NULL);
		scheduler->tracing = false;
		sim_log(LOG_INFO, "tracing ended");
	} else if (scheduler->options->trace != NULL) {
		start_trace(scheduler);
	} else {
		sim_log(LOG_ERROR, "SIGUSR1: no --trace file");
	}
}

static uint64_t frames_in(const struct scheduler *scheduler)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < SEKISHO_PORTS; i++)
		sum += scheduler->ports[i].counters.frames_in;
	return sum;
}

static double clocks_a_frame(const struct scheduler *scheduler)
{
	uint64_t frames = frames_in(scheduler);
	uint64_t clocks = scheduler->clocks_run - scheduler->clocks_idle;

	return frames == 0 ? 0 : (double)clocks / (double)frames;
}

static void print_summary(const struct scheduler *scheduler)
{
	for (unsigned int i = 0; i < SEKISHO_PORTS; i++) {
		const struct port_counters *counters = &scheduler->ports[i].counters;

		if (!scheduler->port_open[i])
			continue;
		fprintf(stderr,
			"sekisho-sim: port %u (%s%s%s): %" PRIu64 " frames in, %" PRIu64
			" out, %" PRIu64 " corrupted\n",
			i, scheduler->ports[i].kind->name,
			scheduler->ports[i].name[0] == '\0' ? "" : ":", scheduler->ports[i].name,
			counters->frames_in, counters->frames_out, counters->corrupted);
	}
}

static void write_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20)
			fprintf(file, "\\u%04x", (unsigned int)*text);
		else
			fprintf(file, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	}
}

/* Lets what is inside come out, so that the card's counters are those of every frame that went in. */
static void run_to_idle(struct scheduler *scheduler)
{
	for (uint32_t clocks = 0; clocks < DRAIN_CLOCKS; clocks += scheduler->slice)
		if (sekisho_engine_run(scheduler->engine, scheduler->slice) < scheduler->slice)
			break;
}

/* What the card itself counted at a port, in packets: results first to last of a bank. */
static uint64_t card_count(const struct scheduler *scheduler, uint32_t bank, unsigned int last)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i <= last; i++) {
		uint64_t low = sekisho_engine_reg_read(scheduler->engine, bank + 16 * i);

		sum += low | (uint64_t)sekisho_engine_reg_read(scheduler->engine, bank + 16 * i + 4)
				     << 32;
	}
	return sum;
}

static int write_statistics(const struct scheduler *scheduler)
{
	FILE *file = fopen(scheduler->options->statistics, "we");
	const char *separator = "";
	bool failed;

	if (file == NULL) {
		sim_log(LOG_ERROR, "%s: %s", scheduler->options->statistics, strerror(errno));
		return -errno;
	}
	fprintf(file,
		"{\"clocks_run\":%" PRIu64 ",\"clocks_idle\":%" PRIu64
		",\"clocks_per_received_frame\":%.1f,\"ports\":[",
		scheduler->clocks_run, scheduler->clocks_idle, clocks_a_frame(scheduler));
	for (unsigned int i = 0; i < SEKISHO_PORTS; i++) {
		const struct port *port = &scheduler->ports[i];
		const struct port_counters *counters = &port->counters;

		if (!scheduler->port_open[i])
			continue;
		fprintf(file, "%s{\"port\":%u,\"kind\":\"%s\",\"name\":\"", separator, i,
			port->kind->name);
		write_text(file, port->name);
		fprintf(file,
			"\",\"frames_in\":%" PRIu64 ",\"bytes_in\":%" PRIu64
			",\"frames_out\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",\"padded\":%" PRIu64
			",\"corrupted\":%" PRIu64 ",\"dropped_in\":%" PRIu64
			",\"dropped_out\":%" PRIu64 ",\"card_received\":%" PRIu64
			",\"card_sent\":%" PRIu64 "}",
			counters->frames_in, counters->bytes_in, counters->frames_out,
			counters->bytes_out, counters->padded, counters->corrupted,
			counters->dropped_in, counters->dropped_out,
			card_count(scheduler,
				   SEKISHO_MANAGEMENT_PORT_RX_STATISTICS_PACKETS_LO(8 * i), 7),
			card_count(scheduler,
				   SEKISHO_MANAGEMENT_PORT_TX_STATISTICS_PACKETS_LO(8 * i),
				   SEKISHO_PORT_TX_RESULT_SENT));
		separator = ",";
	}
	fputs("]}\n", file);
	failed = ferror(file) != 0;
	if (fclose(file) != 0 || failed) {
		sim_log(LOG_ERROR, "%s: cannot be written", scheduler->options->statistics);
		return -EIO;
	}
	return 0;
}

/* ---- The loop ---- */

static void serve_signals(struct scheduler *scheduler)
{
	struct signalfd_siginfo info;

	while (read(scheduler->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			toggle_trace(scheduler);
		else
			scheduler->stop = true;
	}
}

static bool can_wait(const struct scheduler *scheduler, unsigned int port)
{
	const struct function *function = scheduler->functions[port];

	return scheduler->ports[port].patient &&
	       (function == NULL || !function_is_receiving(function));
}

/*
 * Looks at a wire when it is due, and while there is no link at every turn: the first frame of a
 * wire that has come back is not lost. True when the link changed.
 */
static bool serve_link(struct scheduler *scheduler, unsigned int number, bool due)
{
	struct port *port = &scheduler->ports[number];

	if (!scheduler->port_open[number] || (port->link && !due) || !port_look(port))
		return false;
	sim_log(LOG_INFO, "port %u: link %s", number, port->link ? "up" : "down");
	set_link(scheduler, number);
	return true;
}

/* Takes a frame from a wire; true when there was one that the engine can take. */
static bool take_frame(struct scheduler *scheduler, unsigned int number)
{
	struct port *port = &scheduler->ports[number];
	ssize_t length;

	if (!scheduler->port_open[number] || port->ended || can_wait(scheduler, number) ||
	    !sekisho_engine_can_receive(scheduler->engine, number))
		return false;
	length = port_receive(port, scheduler->frame);
	if (length == -EAGAIN)
		return false;
	if (length < 0) {
		/* The interface was deleted, for one. It would report that for ever. */
		sim_log(LOG_ERROR, "port %u: %s: %s; receives no more", number, port->name,
			strerror((int)-length));
		port->ended = true;
		epoll_ctl(scheduler->epoll, EPOLL_CTL_DEL, port->fd, NULL);
		return false;
	}
	sekisho_engine_receive(scheduler->engine, number, scheduler->frame, (uint32_t)length,
			       false);
	if (scheduler->options->engine.kind == SEKISHO_ENGINE_RTL)
		scheduler->wire_clocks -= length * 8 / scheduler->options->engine.data_width + 2;
	return true;
}

/*
 * Takes frames from the wires, in turn. A wire brings a beat a clock, as many as the card moves in
 * all, while the ports of a real card are slower than its pipeline: so together they fill no more
 * than the clocks that the card runs. A port's FIFO then overflows only if the host is too slow.
 */
static bool serve_wires(struct scheduler *scheduler)
{
	unsigned int refused = 0;
	bool worked = false;

	scheduler->wire_clocks += scheduler->slice;
	if (scheduler->wire_clocks > scheduler->slice)
		scheduler->wire_clocks = scheduler->slice;
	for (unsigned int i = 0; i < FRAMES_A_TURN * SEKISHO_PORTS; i++) {
		if (refused == SEKISHO_PORTS || scheduler->wire_clocks <= 0)
			break;
		if (take_frame(scheduler, scheduler->next_wire)) {
			refused = 0;
			worked = true;
		} else {
			refused++;
		}
		scheduler->next_wire = (scheduler->next_wire + 1) % SEKISHO_PORTS;
	}
	return worked;
}

static bool run_engine(struct scheduler *scheduler)
{
	uint64_t before = scheduler->accesses;
	uint32_t clocks = sekisho_engine_run(scheduler->engine, scheduler->slice);

	scheduler->clocks_run += clocks;
	if (scheduler->accesses == before)
		scheduler->clocks_idle += clocks;
	return clocks > 0;
}

/* One look at everything; true when there was work. */
static bool turn(struct scheduler *scheduler, bool look_at_links, bool *waiting)
{
	bool worked = false;

	*waiting = false;
	for (unsigned int i = 0; i < SEKISHO_PORTS; i++) {
		worked |= serve_link(scheduler, i, look_at_links);
		if (scheduler->port_open[i])
			*waiting |= port_flush(&scheduler->ports[i]);
	}
	worked |= serve_wires(scheduler);
	for (unsigned int i = 0; i < SEKISHO_FUNCTIONS; i++) {
		if (scheduler->functions[i] == NULL)
			continue;
		worked |= function_scan_doorbells(scheduler->functions[i]);
		*waiting |= function_is_running(scheduler->functions[i]);
	}
	worked |= run_engine(scheduler);
	return worked;
}

static bool serve_events(struct scheduler *scheduler, int timeout)
{
	struct epoll_event events[16];
	int count = epoll_wait(scheduler->epoll, events, 16, timeout);
	bool worked = false;

	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == scheduler->signals) {
			serve_signals(scheduler);
			continue;
		}
		for (unsigned int f = 0; f < FUNCTIONS; f++) {
			struct vfu_server *server;

			if (scheduler->functions[f] == NULL)
				continue;
			server = function_server(scheduler->functions[f]);
			if (events[i].data.fd == vfu_server_fd(server))
				worked |= vfu_server_poll(server);
		}
	}
	return worked;
}

static uint64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void loop(struct scheduler *scheduler)
{
	uint64_t last_work = nanoseconds(), last_look = last_work;
	int timeout = 0, longest = -1;

	for (unsigned int i = 0; i < SEKISHO_PORTS; i++) {
		if (scheduler->ports[i].follows)
			longest = LINK_MS;
	}
	while (!scheduler->stop) {
		bool waiting, worked = serve_events(scheduler, timeout);
		uint64_t now = nanoseconds();
		bool look = now - last_look >= LINK_MS * UINT64_C(1000000);

		if (look)
			last_look = now;
		worked |= turn(scheduler, look, &waiting);
		if (worked) {
			last_work = nanoseconds();
			timeout = 0;
		} else if (timeout == 0 && now - last_work < POLL_NANOSECONDS) {
			/* The client may well be on the same core. */
			sched_yield();
		} else {
			timeout = waiting ? SLEEP_MS : longest;
		}
	}
}

static int start(struct scheduler *scheduler)
{
	const struct sekisho_engine_callbacks callbacks = {
		.context = scheduler,
		.dma = engine_dma,
		.interrupt = engine_interrupt,
		.transmit = engine_transmit,
	};
	int err;

	scheduler->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (scheduler->epoll < 0)
		return -errno;
	err = open_signals(scheduler);
	if (err == 0)
		err = dma_map_install_guard();
	if (err != 0)
		return err;
	scheduler->engine = sekisho_engine_create(&scheduler->options->engine, &callbacks);
	if (scheduler->engine == NULL) {
		err = -errno;
		sim_log(LOG_ERROR, "engine: %s", strerror(-err));
		return err;
	}
	err = open_ports(scheduler);
	/* Last: a client that can connect finds everything in place. */
	if (err == 0)
		err = open_functions(scheduler);
	if (err == 0 && scheduler->options->trace != NULL)
		start_trace(scheduler);
	return err;
}

int scheduler_main(const struct scheduler_options *options)
{
	struct scheduler *scheduler = calloc(1, sizeof(*scheduler));
	int err;

	if (scheduler == NULL)
		return EXIT_FAILURE;
	scheduler->options = options;
	scheduler->slice =
		options->engine.kind == SEKISHO_ENGINE_MODEL ? SLICE_FRAMES : SLICE_CLOCKS;
	scheduler->epoll = -1;
	scheduler->signals = -1;
	err = start(scheduler);
	if (err == 0) {
		sim_log(LOG_INFO, "ready");
		loop(scheduler);
		run_to_idle(scheduler);
		if (!options->quiet)
			print_summary(scheduler);
		if (options->statistics != NULL)
			err = write_statistics(scheduler);
	}
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		/* Its end runs the engine, which may still access the others. */
		function_destroy(scheduler->functions[i]);
		scheduler->functions[i] = NULL;
	}
	if (scheduler->tracing)
		sekisho_engine_trace(scheduler->engine, NULL);
	if (scheduler->engine != NULL)
		sekisho_engine_destroy(scheduler->engine);
	for (unsigned int i = 0; i < SEKISHO_PORTS; i++)
		port_close(&scheduler->ports[i]);
	if (scheduler->signals >= 0)
		close(scheduler->signals);
	if (scheduler->epoll >= 0)
		close(scheduler->epoll);
	free(scheduler);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
