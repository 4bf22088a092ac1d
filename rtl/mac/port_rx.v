// SPDX-License-Identifier: BSD-3-Clause
//
// Takes frames from a MAC, which cannot wait, and hands on the good ones.
//
// Store and forward by frame: a frame leaves only after its last beat has come and was good. Takes a
// beat every clock, whatever the output does. Drops whole frames, never parts: one that is too
// short, too long, marked bad by the MAC, that finds no room, or comes while the port is disabled
// (enable counts at the frame's first beat). Of several causes the first of this list is told:
// disabled, MAC error, runt, oversize, overflow. Order kept. Sets PORT, FUNCTION (= PORT), LENGTH
// and TIMESTAMP (at the first beat) of the metadata, the rest is 0.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module port_rx #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 232,
    // This port's number.
    parameter integer PORT = 0,
    // Longest frame in bytes, without FCS.
    parameter integer MAX_FRAME = 9728,
    // Bytes of the frame buffer, a power of two above MAX_FRAME.
    parameter integer RAM_BYTES = 16384
) (
    input  wire                  clk,
    input  wire                  rst,

    // Frames from the MAC, without FCS. tuser: the frame is bad; valid on the last beat.
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire                  s_axis_tuser,
    input  wire                  s_axis_tvalid,

    // Frames out, metadata on the first beat
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // Configuration and time
    input  wire                  enable,
    input  wire [31:0]           microseconds,

    // One event a frame offered; result is port_rx_result_e, bytes stop at 16383
    output wire                  event_valid,
    output wire [2:0]            event_result,
    output wire [13:0]           event_bytes,

    // Something is inside.
    output wire                  busy
);

endmodule

`resetall
