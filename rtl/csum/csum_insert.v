// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Writes the checksums that a frame's descriptor asks for: IPv4 header, TCP, UDP.
//
// The frame is stored while bytes [SUM_START, SUM_END) are summed with the checksum field as 0, so
// the field's content in memory is irrelevant; then it leaves with the fields replaced. For UDP a
// sum of 0 is sent as 0xffff, for TCP it stays 0. What was asked for and does not apply (fragment,
// neither TCP nor UDP, bad lengths) is left unmodified and counted as SKIPPED; the IPv4 checksum is
// inserted also where only layer 4 does not apply.
//
// Order is kept. Rate: a beat a clock in and out. Latency: a frame leaves 10 clocks after its last
// beat came (13 at 512 bits). Back-pressure goes upstream when the buffer is full. A frame longer
// than the buffer is dropped whole and counted with result 3; the transmit DMA never sends one.
// tuser out: PORT to WANT_L4_CSUM (bits 63:0) as they came in, 0 above.

module csum_insert #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 232,
    // Bytes of the frame buffer, a power of two
    parameter integer BUFFER_BYTES = 32768,
    // Frames in the buffer, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                  clk,
    input  wire                  rst,

    // Frames from parse
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [USER_W-1:0]     s_axis_tuser,

    // Frames with their checksums
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [USER_W-1:0]     m_axis_tuser,

    // Counting: index is {function, tx_checksum_result_e}
    output wire                  tx_checksum_event_valid,
    output wire [5:0]            tx_checksum_event_index,
    output wire [13:0]           tx_checksum_event_bytes,

    // 1: something is inside
    output wire                  busy
);

endmodule

`resetall
