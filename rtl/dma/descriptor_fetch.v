// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Fetches the descriptors of all queues of one direction ahead of their use.
//
// A doorbell says how many descriptors exist; they are read in batches of up to 8 that end at a
// multiple of 8, many batches at a time, into a FIFO of DEPTH descriptors a queue.
//
// pop: pop_valid with pop_queue takes the queue's oldest descriptor; the answer stands in the next
// clock (pop_ok and all pop_*), until the next pop. pop_ok 0: the queue had none (it was disabled
// just now), nothing was taken. available falls in the clock behind the pop, so one queue can be
// popped every second clock by its available bit, and different queues every clock.
// pending without available means: wait, a descriptor is coming. available and pending both 0:
// the host has given no more.
//
// Doorbells need no ready and may come in every clock; of several to one queue within about 10
// clocks the last counts. A tail that moves backwards, or beyond what the ring holds, sets
// doorbell_error and is ignored. Doorbells of a queue that is not enabled are ignored.
//
// Errors: a read error sets ring_error; that batch and all behind it are dropped, the queue fetches
// no more; descriptors fetched before stay good.
// enable 1 -> 0 flushes at once; reads in flight are taken and dropped; idle is 1 when none is
// left. A queue enabled again earlier starts when they have come. Counts and error bits are
// cleared when enable is 0. ring and size_log2 must not change while enable is 1 or idle 0.

module descriptor_fetch #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Descriptors held a queue, a power of two, 16 to 64
    parameter integer DEPTH = 64
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Configuration
    input  wire [QUEUES-1:0]    enable,
    // Ring address, aligned to 128 bytes
    input  wire [QUEUES*64-1:0] ring,
    // Log2 of the ring's descriptors, 3 to 15
    input  wire [QUEUES*4-1:0]  size_log2,

    // Doorbells: tail is the count of descriptors made ready since enable
    input  wire                 doorbell_valid,
    input  wire [QUEUE_W-1:0]   doorbell_queue,
    input  wire [15:0]          doorbell_tail,

    // To and from dma_read
    output wire                 request_valid,
    input  wire                 request_ready,
    output wire [3:0]           request_function,
    output wire [63:0]          request_address,
    output wire [13:0]          request_length,
    input  wire                 response_valid,
    input  wire [DMA_W-1:0]     response_data,
    input  wire                 response_last,
    input  wire                 response_error,

    // Descriptors
    output wire [QUEUES-1:0]    available,
    output wire [QUEUES-1:0]    pending,
    input  wire                 pop_valid,
    input  wire [QUEUE_W-1:0]   pop_queue,
    output wire                 pop_ok,
    output wire [63:0]          pop_address,
    output wire [13:0]          pop_length,
    // Bits 31:14 of the descriptor's third word
    output wire [17:0]          pop_flags,
    // Index in the ring
    output wire [15:0]          pop_index,

    // Status
    output wire [QUEUES*16-1:0] fetched,
    output wire [QUEUES-1:0]    ring_error,
    output wire [QUEUES-1:0]    doorbell_error,
    // 1: disabled, and nothing outstanding
    output wire [QUEUES-1:0]    idle,
    // 1: a read is in flight or a doorbell is being handled
    output wire                 busy
);

endmodule

`resetall
