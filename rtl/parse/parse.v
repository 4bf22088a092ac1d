// SPDX-License-Identifier: BSD-3-Clause
//
// Finds the headers of every frame and adds what it finds to the metadata.
// (contract follows)
`resetall
`timescale 1ns / 1ps
`default_nettype none

module parse #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 232,
    // Network functions, 1 to 16: each has a hash key and hash types of its own.
    parameter integer FUNCTIONS = 2,
    // 1: compute the RSS hash. 0: leave it out; RSS_HASH and HASH_TYPE are 0.
    parameter integer HASH_EN = 1,
    // Header walkers, 2 to 32; 0: enough for minimum frames at the bus rate.
    parameter integer WALKERS = 0
) (
    input  wire                      clk,
    input  wire                      rst,

    // Frames in; metadata on the first beat, of which LENGTH and FUNCTION are used
    input  wire [DATA_W-1:0]         s_axis_tdata,
    input  wire [DATA_W/8-1:0]       s_axis_tkeep,
    input  wire                      s_axis_tlast,
    input  wire [USER_W-1:0]         s_axis_tuser,
    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,

    // Frames out; metadata with the fields from L3_TYPE to HASH_TYPE filled in
    output wire [DATA_W-1:0]         m_axis_tdata,
    output wire [DATA_W/8-1:0]       m_axis_tkeep,
    output wire                      m_axis_tlast,
    output wire [USER_W-1:0]         m_axis_tuser,
    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,

    // Toeplitz keys: word w of function f in bits [320*f + 32*w +: 32], the key's first bit on top
    input  wire [FUNCTIONS*320-1:0]  rss_key,
    // Hash types of function f in bits [6*f +: 6]: ipv4, ipv4_tcp, ipv4_udp, ipv6, ipv6_tcp, ipv6_udp
    input  wire [FUNCTIONS*6-1:0]    rss_types,

    // A frame is inside.
    output wire                      busy
);

endmodule

`resetall
