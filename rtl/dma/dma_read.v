// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// AXI4 read master: many reads in flight, answered in any order, delivered in request order.
//
// A request is split into bursts of at most 256 bytes that never leave an aligned block of 256
// bytes, so no burst crosses 4 KiB. Only bus words that hold a byte of [address, address + length)
// are read. Every burst has a tag (ARID) of its own; an arriving beat is written straight to the
// tag's place in the reorder memory, whatever the order and interleaving of the tags. Tags are
// drained in the order of their requests, one bus word a clock without gaps, and realigned.
//
// Order: responses come in request order. Stalls: a response has no ready; a client requests only
// what it has room for. RREADY is always 1. Requests wait when all tags are in flight.
// Error: RRESP other than OKAY on any beat of a request sets response_error with its last beat.
// Latency: 6 clocks from a request to AR, 7 from the burst's last beat to its first response.
// A request of length 0 is not allowed.

module dma_read #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Number of clients
    parameter integer N_CLIENTS = 3
)
(
    input  wire                    clk,
    input  wire                    rst,

    // Requests, one set a client; round robin
    input  wire [N_CLIENTS-1:0]    request_valid,
    output wire [N_CLIENTS-1:0]    request_ready,
    input  wire [N_CLIENTS*4-1:0]  request_function,
    input  wire [N_CLIENTS*64-1:0] request_address,
    // Bytes, 1 to 16383
    input  wire [N_CLIENTS*14-1:0] request_length,

    // Responses: one valid a client, the rest shared. The request's first byte is in lane 0.
    output wire [N_CLIENTS-1:0]    response_valid,
    output wire [DMA_W-1:0]        response_data,
    // Bytes of this beat, 1 to DMA_W/8; lanes above carry rubbish
    output wire [6:0]              response_bytes,
    output wire                    response_last,
    // Valid on the last beat
    output wire                    response_error,

    // AXI4 read master; ARUSER is the function
    output wire [5:0]              m_axi_arid,
    output wire [63:0]             m_axi_araddr,
    output wire [7:0]              m_axi_arlen,
    output wire [2:0]              m_axi_arsize,
    output wire [1:0]              m_axi_arburst,
    output wire [3:0]              m_axi_aruser,
    output wire                    m_axi_arvalid,
    input  wire                    m_axi_arready,
    input  wire [5:0]              m_axi_rid,
    input  wire [DMA_W-1:0]        m_axi_rdata,
    input  wire [1:0]              m_axi_rresp,
    input  wire                    m_axi_rlast,
    input  wire                    m_axi_rvalid,
    output wire                    m_axi_rready,

    // 1: something is in flight
    output wire                    busy
);

endmodule

`resetall
