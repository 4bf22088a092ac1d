// SPDX-License-Identifier: BSD-3-Clause
//
// Joins several AXI4-Streams into one, round robin by whole frames.
//
// Full rate: a frame of any input follows another without a lost clock, also frames of one beat.
// One clock of latency. An input that has been served goes behind all others that wait. A frame,
// once begun, holds the output until its last beat, however long it is and however its input stalls.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_frame_mux #(
    // Number of inputs, 1 to 16.
    parameter integer INPUTS = 2,
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits.
    parameter integer USER_W = 232
) (
    input  wire                         clk,
    input  wire                         rst,

    // Streams in, input i in slice i of each vector
    input  wire [INPUTS*DATA_W-1:0]     s_axis_tdata,
    input  wire [INPUTS*DATA_W/8-1:0]   s_axis_tkeep,
    input  wire [INPUTS-1:0]            s_axis_tlast,
    input  wire [INPUTS*USER_W-1:0]     s_axis_tuser,
    input  wire [INPUTS-1:0]            s_axis_tvalid,
    output wire [INPUTS-1:0]            s_axis_tready,

    // Stream out
    output wire [DATA_W-1:0]            m_axis_tdata,
    output wire [DATA_W/8-1:0]          m_axis_tkeep,
    output wire                         m_axis_tlast,
    output wire [USER_W-1:0]            m_axis_tuser,
    output wire                         m_axis_tvalid,
    input  wire                         m_axis_tready,

    // A beat is inside, or a frame has not ended.
    output wire                         busy
);

endmodule

`resetall
