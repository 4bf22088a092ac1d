// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// AXI4 write master: writes frames and lines (completions) to host memory.
//
// A frame is shifted to the alignment of its address and cut at every multiple of 256 bytes, so
// that no burst is longer than that or crosses 4 KiB; wstrb is 0 outside [address, address +
// length). A burst is issued when all of its data is here, so W never waits within a burst. Up to
// SLOTS frames are in flight. A line is one burst of its own; lines go between the bursts of
// frames, without `s_line_urgent` only when no burst of a frame is waiting.
//
// Rate: a beat of W in every clock; a frame takes the beats that its address needs, at least 1.
// Order: frame_done comes for every frame in the order of the frames, when all of its bursts have
// been answered, whatever the order of the answers; line_done in the order of the lines.
// awid: the frame's slot, 0 to SLOTS - 1; lines have 63. Answers of one id must come in order (AXI4).
// awaddr is aligned to the bus. W may be offered before AW has been taken.
// Errors: BRESP other than OKAY sets the error of the frame or line; the rest is written.
// Not ready for 64 clocks after reset.

module dma_write #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Frames in flight, 2 to 62
    parameter integer SLOTS = 56,
    // Width of a line in bits: 32 bytes, or the bus where that is wider
    parameter integer LINE_W = (DMA_W < 256) ? 256 : DMA_W
)
(
    input  wire                clk,
    input  wire                rst,

    // Frames; address, length (1 to 16383, that of the data) and function are valid on the first beat
    input  wire [DMA_W-1:0]    s_frame_tdata,
    input  wire                s_frame_tlast,
    input  wire                s_frame_tvalid,
    output wire                s_frame_tready,
    input  wire [63:0]         s_frame_address,
    input  wire [13:0]         s_frame_length,
    input  wire [3:0]          s_frame_function,

    // A frame has been answered
    output wire                frame_done_valid,
    input  wire                frame_done_ready,
    output wire                frame_done_error,

    // Lines: address is aligned to the bus; full 0: only the first beat of the line is written
    input  wire                s_line_valid,
    output wire                s_line_ready,
    input  wire                s_line_urgent,
    input  wire                s_line_full,
    input  wire [3:0]          s_line_function,
    input  wire [63:0]         s_line_address,
    input  wire [LINE_W-1:0]   s_line_data,
    input  wire [LINE_W/8-1:0] s_line_strobe,

    // A line has been answered: one clock, no back-pressure
    output wire                line_done_valid,
    output wire                line_done_error,

    // AXI4 write channels; awuser is the function
    output wire [5:0]          m_axi_awid,
    output wire [63:0]         m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire [3:0]          m_axi_awuser,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [DMA_W-1:0]    m_axi_wdata,
    output wire [DMA_W/8-1:0]  m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire [5:0]          m_axi_bid,
    input  wire [1:0]          m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,

    // 1: something is inside or not yet answered
    output wire                busy
);

endmodule

`resetall
