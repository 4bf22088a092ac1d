// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// rx_dma, dma_write and completion_writer wired as in the core, for the bench of the whole path.

module rx_path #
(
    // Width of the packet bus and of the host bus in bits
    parameter integer DATA_W = 64,
    parameter integer DMA_W = (DATA_W == 64) ? 128 : DATA_W
)
(
    input  wire                clk,
    input  wire                rst,

    // Configuration
    input  wire [7:0]          rx_enable,
    input  wire [1:0]          scatter,
    input  wire [511:0]        rx_base,
    input  wire [31:0]         rx_size_log2,
    input  wire [7:0]          tx_enable,
    input  wire [511:0]        tx_base,
    input  wire [31:0]         tx_size_log2,

    // Frames
    input  wire [DATA_W-1:0]   s_axis_tdata,
    input  wire [DATA_W/8-1:0] s_axis_tkeep,
    input  wire                s_axis_tlast,
    input  wire                s_axis_tvalid,
    output wire                s_axis_tready,
    input  wire [279:0]        s_axis_tuser,

    // Descriptors
    input  wire [7:0]          available,
    input  wire [7:0]          pending,
    output wire                pop_valid,
    output wire [2:0]          pop_queue,
    input  wire                pop_ok,
    input  wire [63:0]         pop_address,
    input  wire [13:0]         pop_length,
    input  wire [15:0]         pop_index,

    // Transmit descriptors done
    input  wire                tx_done_valid,
    output wire                tx_done_ready,
    input  wire [2:0]          tx_done_gq,
    input  wire [15:0]         tx_done_index,
    input  wire [3:0]          tx_done_status,

    // Counting
    output wire                rx_queue_event_valid,
    output wire [5:0]          rx_queue_event_index,
    output wire [13:0]         rx_queue_event_bytes,

    // AXI4 write channels
    output wire [5:0]          m_axi_awid,
    output wire [63:0]         m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire [3:0]          m_axi_awuser,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [DMA_W-1:0]    m_axi_wdata,
    output wire [DMA_W/8-1:0]  m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire [5:0]          m_axi_bid,
    input  wire [1:0]          m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,

    // Status
    output wire [127:0]        rx_completed,
    output wire [7:0]          rx_ring_error,
    output wire [7:0]          rx_active,
    output wire [7:0]          rx_idle,
    output wire [127:0]        tx_completed,
    output wire [7:0]          tx_ring_error,
    output wire [7:0]          tx_active,
    output wire                busy
);

localparam integer LINE_W = (DMA_W < 256) ? 256 : DMA_W;

wire [DMA_W-1:0] frame_tdata;
wire frame_tlast;
wire frame_tvalid;
wire frame_tready;
wire [63:0] frame_address;
wire [13:0] frame_length;
wire [3:0] frame_function;
wire entry_valid;
wire entry_ready;
wire [2:0] entry_queue;
wire entry_first;
wire entry_more;
wire entry_truncated;
wire [13:0] entry_bytes;
wire [15:0] entry_index;
wire [191:0] entry_words;
wire done_event_valid;
wire [5:0] done_event_index;
wire [13:0] done_event_bytes;
wire frame_done_valid;
wire frame_done_ready;
wire frame_done_error;
wire line_valid;
wire line_ready;
wire line_urgent;
wire line_full;
wire [3:0] line_function;
wire [63:0] line_address;
wire [LINE_W-1:0] line_data;
wire [LINE_W/8-1:0] line_strobe;
wire line_done_valid;
wire line_done_error;
wire rx_busy;
wire write_busy;
wire completion_busy;

assign busy = rx_busy || write_busy || completion_busy;

rx_dma #(
    .DATA_W(DATA_W),
    .DMA_W(DMA_W)
) rx (
    .clk(clk),
    .rst(rst),
    .queue_running(rx_enable & ~rx_ring_error),
    .scatter(scatter),
    .s_axis_tdata(s_axis_tdata),
    .s_axis_tkeep(s_axis_tkeep),
    .s_axis_tlast(s_axis_tlast),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tready(s_axis_tready),
    .s_axis_tuser(s_axis_tuser),
    .available(available),
    .pending(pending),
    .pop_valid(pop_valid),
    .pop_queue(pop_queue),
    .pop_ok(pop_ok),
    .pop_address(pop_address),
    .pop_length(pop_length),
    .pop_index(pop_index),
    .m_frame_tdata(frame_tdata),
    .m_frame_tlast(frame_tlast),
    .m_frame_tvalid(frame_tvalid),
    .m_frame_tready(frame_tready),
    .m_frame_address(frame_address),
    .m_frame_length(frame_length),
    .m_frame_function(frame_function),
    .entry_valid(entry_valid),
    .entry_ready(entry_ready),
    .entry_queue(entry_queue),
    .entry_first(entry_first),
    .entry_more(entry_more),
    .entry_truncated(entry_truncated),
    .entry_bytes(entry_bytes),
    .entry_index(entry_index),
    .entry_words(entry_words),
    .done_event_valid(done_event_valid),
    .done_event_index(done_event_index),
    .done_event_bytes(done_event_bytes),
    .rx_queue_event_valid(rx_queue_event_valid),
    .rx_queue_event_index(rx_queue_event_index),
    .rx_queue_event_bytes(rx_queue_event_bytes),
    .queue_idle(rx_idle),
    .busy(rx_busy)
);

dma_write #(
    .DMA_W(DMA_W)
) write (
    .clk(clk),
    .rst(rst),
    .s_frame_tdata(frame_tdata),
    .s_frame_tlast(frame_tlast),
    .s_frame_tvalid(frame_tvalid),
    .s_frame_tready(frame_tready),
    .s_frame_address(frame_address),
    .s_frame_length(frame_length),
    .s_frame_function(frame_function),
    .frame_done_valid(frame_done_valid),
    .frame_done_ready(frame_done_ready),
    .frame_done_error(frame_done_error),
    .s_line_valid(line_valid),
    .s_line_ready(line_ready),
    .s_line_urgent(line_urgent),
    .s_line_full(line_full),
    .s_line_function(line_function),
    .s_line_address(line_address),
    .s_line_data(line_data),
    .s_line_strobe(line_strobe),
    .line_done_valid(line_done_valid),
    .line_done_error(line_done_error),
    .m_axi_awid(m_axi_awid),
    .m_axi_awaddr(m_axi_awaddr),
    .m_axi_awlen(m_axi_awlen),
    .m_axi_awsize(m_axi_awsize),
    .m_axi_awburst(m_axi_awburst),
    .m_axi_awuser(m_axi_awuser),
    .m_axi_awvalid(m_axi_awvalid),
    .m_axi_awready(m_axi_awready),
    .m_axi_wdata(m_axi_wdata),
    .m_axi_wstrb(m_axi_wstrb),
    .m_axi_wlast(m_axi_wlast),
    .m_axi_wvalid(m_axi_wvalid),
    .m_axi_wready(m_axi_wready),
    .m_axi_bid(m_axi_bid),
    .m_axi_bresp(m_axi_bresp),
    .m_axi_bvalid(m_axi_bvalid),
    .m_axi_bready(m_axi_bready),
    .busy(write_busy)
);

completion_writer #(
    .DMA_W(DMA_W)
) completions (
    .clk(clk),
    .rst(rst),
    .rx_enable(rx_enable),
    .rx_base(rx_base),
    .rx_size_log2(rx_size_log2),
    .tx_enable(tx_enable),
    .tx_base(tx_base),
    .tx_size_log2(tx_size_log2),
    .entry_valid(entry_valid),
    .entry_ready(entry_ready),
    .entry_queue(entry_queue),
    .entry_first(entry_first),
    .entry_more(entry_more),
    .entry_truncated(entry_truncated),
    .entry_bytes(entry_bytes),
    .entry_index(entry_index),
    .entry_words(entry_words),
    .frame_done_valid(frame_done_valid),
    .frame_done_ready(frame_done_ready),
    .frame_done_error(frame_done_error),
    .done_event_valid(done_event_valid),
    .done_event_index(done_event_index),
    .done_event_bytes(done_event_bytes),
    .tx_done_valid(tx_done_valid),
    .tx_done_ready(tx_done_ready),
    .tx_done_gq(tx_done_gq),
    .tx_done_index(tx_done_index),
    .tx_done_status(tx_done_status),
    .m_line_valid(line_valid),
    .m_line_ready(line_ready),
    .m_line_urgent(line_urgent),
    .m_line_full(line_full),
    .m_line_function(line_function),
    .m_line_address(line_address),
    .m_line_data(line_data),
    .m_line_strobe(line_strobe),
    .line_done_valid(line_done_valid),
    .line_done_error(line_done_error),
    .rx_completed(rx_completed),
    .rx_ring_error(rx_ring_error),
    .rx_active(rx_active),
    .tx_completed(tx_completed),
    .tx_ring_error(tx_ring_error),
    .tx_active(tx_active),
    .busy(completion_busy)
);

endmodule

`resetall
