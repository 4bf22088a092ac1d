// SPDX-License-Identifier: BSD-3-Clause
//
// A synchronous FIFO of AXI4-Stream beats.
//
// Full rate both ways; a beat takes three clocks to appear at an empty FIFO's output; order kept.
// Knows no frames: a frame longer than the FIFO just fills it and stalls the input. The memory is
// read through a register and its output through another one, so block RAM fits and closes timing.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_fifo #(
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits, at least 1.
    parameter integer USER_W = 232,
    // Beats, a power of two, at least 4.
    parameter integer DEPTH = 512
) (
    input  wire                  clk,
    input  wire                  rst,

    // Stream in
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire [USER_W-1:0]     s_axis_tuser,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,

    // Stream out
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A beat is inside.
    output wire                  busy
);

endmodule

`resetall
