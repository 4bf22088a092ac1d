// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Transmit: takes descriptors, reads frames from the host, hands them on as a stream.
//
// Queues that have a descriptor and whose function's transmitter is enabled are served round
// robin, a frame at a time. Up to FRAMES frames are in flight; a read is issued only when the
// frame buffer has room for all of it. A frame leaves when all of it has come (store and forward),
// padded with zeros to 60 bytes.
//
// Order: frames leave, and tx_done comes, in the order of the descriptors. Back-pressure of the
// stream or of tx_done stops new reads and nothing else.
// Errors: a descriptor with an impossible length (below 14, above MAX_FRAME) or without
// end_of_packet is completed with its status and no read; the length is looked at first. A frame
// with a read error is dropped and completed with DMA_ERROR; later frames are not affected.
// One event and one tx_done for each descriptor. A descriptor taken is always completed, also when
// its queue has been disabled since; queue_idle tells when.
// tuser: FUNCTION, PORT (= function), QUEUE, LENGTH (with padding), WANT_*; the rest is 0.

module tx_dma #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Width of the host bus in bits: 128, 256 or 512; not below DATA_W
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Number of network functions
    parameter integer FUNCTIONS = 2,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 232,
    // Longest frame in bytes
    parameter integer MAX_FRAME = 9728,
    // Bytes of the frame buffer, a power of two above MAX_FRAME
    parameter integer BUFFER_BYTES = 32768,
    // Frames in flight, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                  clk,
    input  wire                  rst,

    // Configuration: transmitter of a function
    input  wire [FUNCTIONS-1:0]  tx_enable,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]     available,
    output wire                  pop_valid,
    output wire [QUEUE_W-1:0]    pop_queue,
    input  wire                  pop_ok,
    input  wire [63:0]           pop_address,
    input  wire [13:0]           pop_length,
    input  wire [17:0]           pop_flags,
    input  wire [15:0]           pop_index,

    // To and from dma_read
    output wire                  request_valid,
    input  wire                  request_ready,
    output wire [3:0]            request_function,
    output wire [63:0]           request_address,
    output wire [13:0]           request_length,
    input  wire                  response_valid,
    input  wire [DMA_W-1:0]      response_data,
    input  wire                  response_last,
    input  wire                  response_error,

    // Frames
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [USER_W-1:0]     m_axis_tuser,

    // A descriptor is done: its data has been read, or never will be
    output wire                  tx_done_valid,
    input  wire                  tx_done_ready,
    output wire [QUEUE_W-1:0]    tx_done_gq,
    output wire [15:0]           tx_done_index,
    // completion_status_e
    output wire [3:0]            tx_done_status,

    // Counting: index is {queue, tx_queue_result_e}
    output wire                  tx_queue_event_valid,
    output wire [QUEUE_W+2:0]    tx_queue_event_index,
    output wire [13:0]           tx_queue_event_bytes,

    // 1: no descriptor of the queue is between pop and tx_done
    output wire [QUEUES-1:0]     queue_idle,
    // 1: something is inside
    output wire                  busy
);

endmodule

`resetall
