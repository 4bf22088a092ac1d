// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Interrupts of the queues, one shot.
//
// Software arms a queue with the count of completions that it has seen; as soon as the queue's
// count of acknowledged completions is another one, one interrupt is raised and the queue is
// disarmed. Queue numbers: the receive queues, then the transmit queues.
//
// Armed queues are looked at one a clock in turn: up to QUEUES + 3 clocks pass between a
// completion and irq_valid. irq is held until irq_ready; queues behind it wait. Arming again
// before the interrupt is raised replaces the count. A queue that is not enabled is disarmed.

module interrupt #
(
    // Queues of both directions, and network functions
    parameter integer QUEUES = 16,
    parameter integer FUNCTIONS = 2,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 4
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Queues: enabled, MSI-X vector, count of acknowledged completions
    input  wire [QUEUES-1:0]    enable,
    input  wire [QUEUES*8-1:0]  vector,
    input  wire [QUEUES*16-1:0] completed,

    // Arm a queue: any clock
    input  wire                 arm_write_valid,
    input  wire [QUEUE_W-1:0]   arm_write_queue,
    input  wire [15:0]          arm_write_seen,

    // Interrupts
    output wire                 irq_valid,
    input  wire                 irq_ready,
    output wire [3:0]           irq_function,
    output wire [7:0]           irq_vector,

    // 1: an interrupt waits to be taken, or is about to be raised
    output wire                 busy
);

endmodule

`resetall
