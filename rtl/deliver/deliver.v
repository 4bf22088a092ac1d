// SPDX-License-Identifier: BSD-3-Clause
//
// Decides for every frame whether its function gets it, and holds it until that is known.
// (contract follows)
`resetall
`timescale 1ns / 1ps
`default_nettype none

module deliver #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 232,
    // Network functions, 1 to 16.
    parameter integer FUNCTIONS = 2,
    // Width of a function's number in events and table addresses: log2 of FUNCTIONS, at least 1.
    parameter integer FUNCTION_W = 1,
    // Bytes of the frame buffer, a power of two above the longest frame.
    parameter integer RAM_BYTES = 16384
) (
    input  wire                        clk,
    input  wire                        rst,

    // Frames in: metadata on the first beat, check of csum_verify on the last
    input  wire [DATA_W-1:0]           s_axis_tdata,
    input  wire [DATA_W/8-1:0]         s_axis_tkeep,
    input  wire                        s_axis_tlast,
    input  wire [USER_W-1:0]           s_axis_tuser,
    input  wire [21:0]                 s_axis_check,
    input  wire                        s_axis_tvalid,
    output wire                        s_axis_tready,

    // Frames out, complete metadata on the first beat
    output wire [DATA_W-1:0]           m_axis_tdata,
    output wire [DATA_W/8-1:0]         m_axis_tkeep,
    output wire                        m_axis_tlast,
    output wire [USER_W-1:0]           m_axis_tuser,
    output wire                        m_axis_tvalid,
    input  wire                        m_axis_tready,

    // Configuration, function f in slice f. mac: the address's first byte in the low bits
    input  wire [FUNCTIONS-1:0]        rx_enable,
    input  wire [FUNCTIONS-1:0]        promiscuous,
    input  wire [FUNCTIONS-1:0]        all_multicast,
    input  wire [FUNCTIONS-1:0]        drop_bad_ip,
    input  wire [FUNCTIONS-1:0]        drop_bad_l4,
    input  wire [FUNCTIONS*48-1:0]     mac,
    input  wire [FUNCTIONS*14-1:0]     max_frame,

    // RSS table: address is {function, entry[6:0]}; read data comes a clock after its address
    input  wire                        rss_write_valid,
    input  wire [FUNCTION_W+6:0]       rss_write_address,
    input  wire [7:0]                  rss_write_data,
    input  wire [FUNCTION_W+6:0]       rss_read_address,
    output wire [7:0]                  rss_read_data,

    // Events, one of each for every frame in.
    // deliver_event_index: {function, deliver_result_e[3:0]}
    output wire                        deliver_event_valid,
    output wire [FUNCTION_W+3:0]       deliver_event_index,
    output wire [13:0]                 deliver_event_bytes,
    // verdict_event_index: {function, IP verdict[1:0], layer 4 verdict[1:0]}
    output wire                        verdict_event_valid,
    output wire [FUNCTION_W+3:0]       verdict_event_index,
    output wire [13:0]                 verdict_event_bytes,

    // A frame is inside.
    output wire                        busy
);

endmodule

`resetall
