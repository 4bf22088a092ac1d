/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_REPLAY_H
#define SEKISHO_SIM_REPLAY_H

/* sekisho-sim replay: what the card makes of a capture, a line a packet. */
int replay_main(int argc, char **argv);

#endif
