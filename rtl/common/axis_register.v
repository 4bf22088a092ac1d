// SPDX-License-Identifier: BSD-3-Clause
//
// A register slice (skid buffer) for an AXI4-Stream.
//
// Full rate; one clock of latency; order kept. s_axis_tready comes from a register, so the slice
// cuts the path of ready as well as that of the payload. Stalls only when m_axis_tready does.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_register #(
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits, at least 1. Sidebands of other beats than the first travel here too.
    parameter integer USER_W = 232
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
