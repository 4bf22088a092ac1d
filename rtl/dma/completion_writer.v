// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Writes the completions of both directions to their rings, through dma_write's lines.
//
// Receive: an entry comes from rx_dma with every frame handed to dma_write; when dma_write says
// that the frame has been answered, the entry becomes a completion. Order: that of the frames.
// Where a line has room for two, an even completion waits up to PAIR_CLOCKS for its neighbour.
// Transmit: consecutive OK of one queue that has not been written yet become one completion; an
// error is one of its own.
//
// A ring's entry is the count of its completions modulo its size, phase is 1 on the first pass.
// `completed` counts what the host has acknowledged. When the host refuses a completion, the
// queue's ring_error is set and its count stops; cleared when the queue is disabled and idle.
// After enable 1 -> 0 all that is in flight finishes; active is 0 when nothing is left, and the
// counts start again at 0. Base and size must not change while enable or active is 1.
//
// Rate: a completion a clock into the pipe, 4 clocks of latency.

module completion_writer #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Queues of a direction in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Clocks that a completion waits for its neighbour when the bus is busy
    parameter integer PAIR_CLOCKS = 48,
    // Width of a line in bits: 32 bytes, or the bus where that is wider
    parameter integer LINE_W = (DMA_W < 256) ? 256 : DMA_W
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Configuration: completion ring, aligned to 128 bytes, and log2 of its entries, 3 to 15
    input  wire [QUEUES-1:0]    rx_enable,
    input  wire [QUEUES*64-1:0] rx_base,
    input  wire [QUEUES*4-1:0]  rx_size_log2,
    input  wire [QUEUES-1:0]    tx_enable,
    input  wire [QUEUES*64-1:0] tx_base,
    input  wire [QUEUES*4-1:0]  tx_size_log2,

    // Receive: of rx_dma, and of dma_write
    input  wire                 entry_valid,
    output wire                 entry_ready,
    input  wire [QUEUE_W-1:0]   entry_queue,
    input  wire [15:0]          entry_index,
    input  wire [159:0]         entry_words,
    input  wire                 frame_done_valid,
    output wire                 frame_done_ready,
    input  wire                 frame_done_error,

    // What became of a frame, for rx_dma's event; index is {queue, rx_queue_result_e}
    output wire                 done_event_valid,
    output wire [QUEUE_W+2:0]   done_event_index,
    output wire [13:0]          done_event_bytes,

    // Transmit: of tx_dma; status is a completion_status_e
    input  wire                 tx_done_valid,
    output wire                 tx_done_ready,
    input  wire [QUEUE_W-1:0]   tx_done_gq,
    input  wire [15:0]          tx_done_index,
    input  wire [3:0]           tx_done_status,

    // Lines, to dma_write
    output wire                 m_line_valid,
    input  wire                 m_line_ready,
    output wire                 m_line_urgent,
    output wire                 m_line_full,
    output wire [3:0]           m_line_function,
    output wire [63:0]          m_line_address,
    output wire [LINE_W-1:0]    m_line_data,
    output wire [LINE_W/8-1:0]  m_line_strobe,
    input  wire                 line_done_valid,
    input  wire                 line_done_error,

    // Status; active: a frame, or a completion that is not acknowledged, is in flight
    output wire [QUEUES*16-1:0] rx_completed,
    output wire [QUEUES-1:0]    rx_ring_error,
    output wire [QUEUES-1:0]    rx_active,
    output wire [QUEUES*16-1:0] tx_completed,
    output wire [QUEUES-1:0]    tx_ring_error,
    output wire [QUEUES-1:0]    tx_active,

    // 1: something is inside or not yet acknowledged
    output wire                 busy
);

endmodule

`resetall
