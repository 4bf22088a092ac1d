// SPDX-License-Identifier: BSD-3-Clause
//
// Sums every frame's layer 4 and judges its checksum.
// (contract follows)
`resetall
`timescale 1ns / 1ps
`default_nettype none

module csum_verify #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 232
) (
    input  wire                  clk,
    input  wire                  rst,

    // Frames in, with the metadata of parse on the first beat
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire [USER_W-1:0]     s_axis_tuser,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,

    // The same frames; check is valid on the last beat:
    // raw_sum in bits 15:0, layer 4 verdict in 17:16, reason in 21:18
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire [21:0]           m_axis_check,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A beat is inside.
    output wire                  busy
);

endmodule

`resetall
