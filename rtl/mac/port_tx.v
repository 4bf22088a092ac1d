// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The way out of one port: a frame FIFO in front of the MAC.
//
// A frame is stored whole before its first beat is offered, and then flows without a gap, so the
// MAC never runs dry within a frame. enable is looked at when a frame is about to leave: 0 drops
// it, whole, one a clock; so a disabled port drains also when its MAC takes nothing. A frame of
// which a beat has been offered is finished.
//
// Order is kept. Rate: a beat a clock. Latency: 4 clocks behind the frame's last beat. A full FIFO
// stalls the input; nothing is lost. A frame longer than the FIFO is dropped whole and counted with
// result 2; the transmit DMA never sends one. One event for each frame, when its last beat has
// been taken by the MAC or it was dropped.

module port_tx #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Bytes of the FIFO, a power of two
    parameter integer RAM_BYTES = 16384,
    // Frames in the FIFO, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                clk,
    input  wire                rst,

    // Configuration: the port is enabled
    input  wire                enable,

    // Frames of this port
    input  wire [DATA_W-1:0]   s_axis_tdata,
    input  wire [DATA_W/8-1:0] s_axis_tkeep,
    input  wire                s_axis_tlast,
    input  wire                s_axis_tvalid,
    output wire                s_axis_tready,

    // To the MAC
    output wire [DATA_W-1:0]   m_axis_tdata,
    output wire [DATA_W/8-1:0] m_axis_tkeep,
    output wire                m_axis_tlast,
    output wire                m_axis_tvalid,
    input  wire                m_axis_tready,

    // Counting: port_tx_result_e
    output wire                event_valid,
    output wire [2:0]          event_result,
    output wire [13:0]         event_bytes,

    // 1: something is inside
    output wire                busy
);

endmodule

`resetall
