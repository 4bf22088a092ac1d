// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Receive: gives each frame a descriptor of its queue and hands it to dma_write, or drops it.
//
// Up to 4 descriptors a queue are taken ahead. A frame whose queue has none waits as long as
// descriptor_fetch says that one is coming, and is dropped with NO_DESCRIPTOR when not; frames
// behind it wait too. A frame longer than its buffer is dropped and the descriptor serves the next
// frame of the queue. A frame for a queue that is not running is dropped with QUEUE_DISABLED. The
// frame's length is the metadata's; it must be the stream's.
//
// Rate: a frame takes its beats, at least 2 clocks; a drop takes no more. Latency: 3 clocks.
// Order: frames leave in order of arrival, over all queues.
// A queue that stops loses the descriptors taken ahead; frames already handed on finish.
// One event for each frame: drops when they are decided, the others when `done_event` comes.

module rx_dma #
(
    // Width of the packet bus in bits: 64, 128, 256 or 512
    parameter integer DATA_W = 64,
    // Width of the host bus in bits: 128, 256 or 512; not below DATA_W
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 232
)
(
    input  wire                clk,
    input  wire                rst,

    // 1: the queue is enabled and has no ring error of any kind
    input  wire [QUEUES-1:0]   queue_running,

    // Frames, with complete metadata
    input  wire [DATA_W-1:0]   s_axis_tdata,
    input  wire [DATA_W/8-1:0] s_axis_tkeep,
    input  wire                s_axis_tlast,
    input  wire                s_axis_tvalid,
    output wire                s_axis_tready,
    input  wire [USER_W-1:0]   s_axis_tuser,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]   available,
    input  wire [QUEUES-1:0]   pending,
    output wire                pop_valid,
    output wire [QUEUE_W-1:0]  pop_queue,
    input  wire                pop_ok,
    input  wire [63:0]         pop_address,
    input  wire [13:0]         pop_length,
    input  wire [15:0]         pop_index,

    // Frames to dma_write; address, length and function are valid on the first beat
    output wire [DMA_W-1:0]    m_frame_tdata,
    output wire                m_frame_tlast,
    output wire                m_frame_tvalid,
    input  wire                m_frame_tready,
    output wire [63:0]         m_frame_address,
    output wire [13:0]         m_frame_length,
    output wire [3:0]          m_frame_function,

    // To completion_writer, one for each frame handed on, in the same order: queue, index of the
    // descriptor, and the completion's words 0 to 4
    output wire                entry_valid,
    input  wire                entry_ready,
    output wire [QUEUE_W-1:0]  entry_queue,
    output wire [15:0]         entry_index,
    output wire [159:0]        entry_words,

    // From completion_writer: what became of a frame handed on
    input  wire                done_event_valid,
    input  wire [QUEUE_W+2:0]  done_event_index,
    input  wire [13:0]         done_event_bytes,

    // Counting: index is {queue, rx_queue_result_e}
    output wire                rx_queue_event_valid,
    output wire [QUEUE_W+2:0]  rx_queue_event_index,
    output wire [13:0]         rx_queue_event_bytes,

    // 1: a frame is inside
    output wire                busy
);

endmodule

`resetall
