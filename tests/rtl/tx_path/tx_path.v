// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Top of the bench of the transmit DMA: descriptor_fetch, tx_dma and dma_read as the core wires
// them. Client 0 of dma_read is the bench's own, in the place of receive.

module tx_path #
(
    // Width of the packet bus in bits; the host bus has 128 with 64
    parameter integer DATA_W = 64,
    parameter integer DMA_W = DATA_W < 128 ? 128 : DATA_W,
    parameter integer USER_W = 280
)
(
    input  wire                clk,
    input  wire                rst,
    input  wire [1:0]          tx_enable,
    input  wire [7:0]          enable,
    input  wire [511:0]        ring,
    input  wire [31:0]         size_log2,
    input  wire                doorbell_valid,
    input  wire [2:0]          doorbell_queue,
    input  wire [15:0]         doorbell_tail,

    input  wire                other_valid,
    output wire                other_ready,
    input  wire [63:0]         other_address,
    output wire                other_response,

    output wire [DATA_W-1:0]   m_axis_tdata,
    output wire [DATA_W/8-1:0] m_axis_tkeep,
    output wire                m_axis_tlast,
    output wire                m_axis_tvalid,
    input  wire                m_axis_tready,
    output wire [USER_W-1:0]   m_axis_tuser,
    output wire                tx_done_valid,
    input  wire                tx_done_ready,
    output wire [2:0]          tx_done_gq,
    output wire [15:0]         tx_done_index,
    output wire [3:0]          tx_done_status,
    output wire                event_valid,
    output wire [5:0]          event_index,
    output wire [13:0]         event_bytes,

    output wire [5:0]          m_axi_arid,
    output wire [63:0]         m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    output wire [2:0]          m_axi_arsize,
    output wire [1:0]          m_axi_arburst,
    output wire [3:0]          m_axi_aruser,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    input  wire [5:0]          m_axi_rid,
    input  wire [DMA_W-1:0]    m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,

    output wire [7:0]          ring_error,
    output wire [7:0]          doorbell_error,
    output wire [7:0]          idle,
    output wire                busy
);

/* verilator lint_off PINCONNECTEMPTY */

wire [7:0]       available;
wire             pop_valid, pop_ok;
wire [2:0]       pop_queue;
wire [63:0]      pop_address;
wire [13:0]      pop_length;
wire [17:0]      pop_flags;
wire [15:0]      pop_index;
wire [2:0]       request_valid, request_ready, response_valid;
wire [11:0]      request_function;
wire [191:0]     request_address;
wire [41:0]      request_length;
wire [DMA_W-1:0] response_data;
wire             response_last, response_error;
wire [7:0]       fetch_idle, queue_idle;
wire             read_busy, fetch_busy, tx_busy;

assign request_valid[0] = other_valid;
assign request_function[3:0] = 4'd15;
assign request_address[63:0] = other_address;
assign request_length[13:0] = 14'd128;
assign other_ready = request_ready[0];
assign other_response = response_valid[0] && response_last;

dma_read #(.DMA_W(DMA_W), .N_CLIENTS(3)) dma_read_inst (
    .clk(clk), .rst(rst),
    .request_valid(request_valid), .request_ready(request_ready),
    .request_function(request_function), .request_address(request_address),
    .request_length(request_length),
    .response_valid(response_valid), .response_data(response_data), .response_bytes(),
    .response_last(response_last), .response_error(response_error),
    .m_axi_arid(m_axi_arid), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen),
    .m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst), .m_axi_aruser(m_axi_aruser),
    .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready),
    .m_axi_rid(m_axi_rid), .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp),
    .m_axi_rlast(m_axi_rlast), .m_axi_rvalid(m_axi_rvalid), .m_axi_rready(m_axi_rready),
    .busy(read_busy)
);

descriptor_fetch #(.DMA_W(DMA_W)) descriptor_fetch_inst (
    .clk(clk), .rst(rst), .enable(enable), .ring(ring), .size_log2(size_log2),
    .doorbell_valid(doorbell_valid), .doorbell_queue(doorbell_queue),
    .doorbell_tail(doorbell_tail),
    .request_valid(request_valid[1]), .request_ready(request_ready[1]),
    .request_function(request_function[7:4]), .request_address(request_address[127:64]),
    .request_length(request_length[27:14]), .response_valid(response_valid[1]),
    .response_data(response_data), .response_last(response_last),
    .response_error(response_error), .available(available), .pending(),
    .pop_valid(pop_valid), .pop_queue(pop_queue), .pop_ok(pop_ok), .pop_address(pop_address),
    .pop_length(pop_length), .pop_flags(pop_flags), .pop_index(pop_index), .fetched(),
    .ring_error(ring_error), .doorbell_error(doorbell_error), .idle(fetch_idle),
    .busy(fetch_busy)
);

tx_dma #(.DATA_W(DATA_W), .DMA_W(DMA_W)) tx_dma_inst (
    .clk(clk), .rst(rst), .tx_enable(tx_enable), .available(available),
    .pop_valid(pop_valid), .pop_queue(pop_queue), .pop_ok(pop_ok), .pop_address(pop_address),
    .pop_length(pop_length), .pop_flags(pop_flags), .pop_index(pop_index),
    .request_valid(request_valid[2]), .request_ready(request_ready[2]),
    .request_function(request_function[11:8]), .request_address(request_address[191:128]),
    .request_length(request_length[41:28]), .response_valid(response_valid[2]),
    .response_data(response_data), .response_last(response_last),
    .response_error(response_error), .m_axis_tdata(m_axis_tdata),
    .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tready(m_axis_tready), .m_axis_tuser(m_axis_tuser), .tx_done_valid(tx_done_valid),
    .tx_done_ready(tx_done_ready), .tx_done_gq(tx_done_gq), .tx_done_index(tx_done_index),
    .tx_done_status(tx_done_status), .tx_queue_event_valid(event_valid),
    .tx_queue_event_index(event_index), .tx_queue_event_bytes(event_bytes),
    .queue_idle(queue_idle), .busy(tx_busy)
);

assign idle = fetch_idle & queue_idle;
assign busy = read_busy || fetch_busy || tx_busy;

endmodule

`resetall
