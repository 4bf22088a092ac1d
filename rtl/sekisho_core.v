// SPDX-License-Identifier: BSD-3-Clause
//
// Sekisho: the whole network card between its MACs and its PCIe endpoint.
//
//  rx: port_rx (a port each) -> axis_frame_mux -> parse -> csum_verify -> deliver -> frame_edit -> rx_dma -> dma_write
//  tx: dma_read -> tx_dma -> parse -> csum_insert -> axis_frame_demux -> port_tx (a port each)
//
// This file only wires. Network function i receives and sends by port i; its register window, its
// DMA requests (AxUSER) and its interrupts carry its number. Queue q of function f has the number
// gq = f * QUEUES + q inside.
//
// Stalls: the ports' receive side takes a beat in every clock and drops whole frames when its FIFO
// is full; nothing else drops for want of room. One clock domain; rst is synchronous, lasts at least
// 16 clocks and may be released at any time; the outputs mean nothing in it. For about 240 clocks
// after it the counters are cleared, busy is 1, and no register access is accepted.
// busy 0: nothing is inside and nothing will happen without new input but what came in the last
// four clocks: busy follows that late.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module sekisho_core #(
    // Packet bus in bits: 64 (development boards) or 512 (100G); 128 and 256 elaborate.
    parameter integer DATA_W = 64,
    // Host bus in bits: 128 beside DATA_W 64 and 128, else DATA_W.
    parameter integer DMA_W = 128,
    // Ports, network functions (one a port), queues of a function in each direction: as in sekisho.rdl.
    parameter integer PORTS = 2,
    parameter integer FUNCTIONS = 2,
    parameter integer RX_QUEUES = 4,
    parameter integer TX_QUEUES = 4,
    // Longest frame in bytes, without FCS.
    parameter integer MAX_FRAME = 9728,
    // First 32 bits of the commit of the RTL, 0 where unknown; only reported.
    parameter [31:0] RTL_HASH = 32'd0
) (
    input  wire                       clk,
    input  wire                       rst,

    // Free-running count of microseconds, modulo 2^32
    input  wire [31:0]                microseconds,

    // AXI4-Lite slave: registers (addrmap sekisho of sekisho.rdl)
    input  wire [19:0]                s_axil_awaddr,
    input  wire                       s_axil_awvalid,
    output wire                       s_axil_awready,
    input  wire [31:0]                s_axil_wdata,
    input  wire [3:0]                 s_axil_wstrb,
    input  wire                       s_axil_wvalid,
    output wire                       s_axil_wready,
    output wire [1:0]                 s_axil_bresp,
    output wire                       s_axil_bvalid,
    input  wire                       s_axil_bready,
    input  wire [19:0]                s_axil_araddr,
    input  wire                       s_axil_arvalid,
    output wire                       s_axil_arready,
    output wire [31:0]                s_axil_rdata,
    output wire [1:0]                 s_axil_rresp,
    output wire                       s_axil_rvalid,
    input  wire                       s_axil_rready,

    // AXI4 master: host memory. AxUSER is the network function; bursts stay within 4 KiB; an answer
    // other than OKAY says that the function may not access the address.
    output wire [5:0]                 m_axi_awid,
    output wire [63:0]                m_axi_awaddr,
    output wire [7:0]                 m_axi_awlen,
    output wire [2:0]                 m_axi_awsize,
    output wire [1:0]                 m_axi_awburst,
    output wire [3:0]                 m_axi_awuser,
    output wire                       m_axi_awvalid,
    input  wire                       m_axi_awready,
    output wire [DMA_W-1:0]           m_axi_wdata,
    output wire [DMA_W/8-1:0]         m_axi_wstrb,
    output wire                       m_axi_wlast,
    output wire                       m_axi_wvalid,
    input  wire                       m_axi_wready,
    input  wire [5:0]                 m_axi_bid,
    input  wire [1:0]                 m_axi_bresp,
    input  wire                       m_axi_bvalid,
    output wire                       m_axi_bready,
    output wire [5:0]                 m_axi_arid,
    output wire [63:0]                m_axi_araddr,
    output wire [7:0]                 m_axi_arlen,
    output wire [2:0]                 m_axi_arsize,
    output wire [1:0]                 m_axi_arburst,
    output wire [3:0]                 m_axi_aruser,
    output wire                       m_axi_arvalid,
    input  wire                       m_axi_arready,
    input  wire [5:0]                 m_axi_rid,
    input  wire [DMA_W-1:0]           m_axi_rdata,
    input  wire [1:0]                 m_axi_rresp,
    input  wire                       m_axi_rlast,
    input  wire                       m_axi_rvalid,
    output wire                       m_axi_rready,

    // MACs, port p in slice p; frames without FCS. s_axis_rx_tuser: bad frame, valid on its last beat.
    input  wire [PORTS*DATA_W-1:0]    s_axis_rx_tdata,
    input  wire [PORTS*DATA_W/8-1:0]  s_axis_rx_tkeep,
    input  wire [PORTS-1:0]           s_axis_rx_tlast,
    input  wire [PORTS-1:0]           s_axis_rx_tuser,
    input  wire [PORTS-1:0]           s_axis_rx_tvalid,
    output wire [PORTS*DATA_W-1:0]    m_axis_tx_tdata,
    output wire [PORTS*DATA_W/8-1:0]  m_axis_tx_tkeep,
    output wire [PORTS-1:0]           m_axis_tx_tlast,
    output wire [PORTS-1:0]           m_axis_tx_tvalid,
    input  wire [PORTS-1:0]           m_axis_tx_tready,
    input  wire [PORTS-1:0]           link_up,
    // Mbit/s
    input  wire [PORTS*24-1:0]        link_speed,

    // Interrupts: MSI-X vector of a network function
    output wire                       irq_valid,
    input  wire                       irq_ready,
    output wire [3:0]                 irq_function,
    output wire [7:0]                 irq_vector,

    output wire                       busy
);

    `include "metadata.vh"
    `include "edit.vh"

    localparam integer KEEP_W  = DATA_W / 8;
    localparam integer RXQ     = FUNCTIONS * RX_QUEUES;
    localparam integer TXQ     = FUNCTIONS * TX_QUEUES;
    localparam integer RXQ_W   = $clog2(RXQ);
    localparam integer TXQ_W   = $clog2(TXQ);
    localparam integer FUNCTION_W = $clog2(FUNCTIONS);

    // Clients of dma_read
    localparam integer READ_RX_DESCRIPTORS = 0;
    localparam integer READ_TX_DESCRIPTORS = 1;
    localparam integer READ_TX_DATA        = 2;
    localparam integer READ_CLIENTS        = 3;

    // Outputs that nothing here needs: receive descriptors have no flags, tx_dma waits without
    // asking for more, lengths are known from the request, metadata ends before the ports.
    /* verilator lint_off UNUSEDSIGNAL */
    wire [FUNCTIONS-1:0]       unused_function_reset;
    wire [17:0]                unused_rx_flags;
    wire [TXQ-1:0]             unused_tx_pending;
    wire [6:0]                 unused_response_bytes;
    wire [META_W-1:0]          unused_demux_tuser;
    /* verilator lint_on UNUSEDSIGNAL */

    initial begin
        if (PORTS != FUNCTIONS) begin
            $display("%m: network function i uses port i, so FUNCTIONS must equal PORTS");
            $finish;
        end
    end

    // Reset reaches one part of the card a clock behind the other, the registers last: a net of its own
    // for each keeps it short.
    localparam integer RST_RX_PORTS    = 0;
    localparam integer RST_RX_PARSE    = 1;
    localparam integer RST_DELIVER     = 2;
    localparam integer RST_RX_DMA      = 3;
    localparam integer RST_RX_FETCH    = 4;
    localparam integer RST_WRITE       = 5;
    localparam integer RST_READ        = 6;
    localparam integer RST_TX_PIPELINE = 7;
    localparam integer RST_REGISTERS   = 8;

    reg [8:0] rst_reg;

    always @(posedge clk)
        rst_reg <= {rst_reg[7:0], rst};

    // ---------------------------------------------------------------------------------------------
    // Registers
    // ---------------------------------------------------------------------------------------------

    wire [PORTS-1:0]           port_enable;
    wire [FUNCTIONS-1:0]       rx_enable;
    wire [FUNCTIONS-1:0]       tx_enable;
    wire [FUNCTIONS-1:0]       promiscuous;
    wire [FUNCTIONS-1:0]       all_multicast;
    wire [FUNCTIONS-1:0]       drop_bad_ip;
    wire [FUNCTIONS-1:0]       drop_bad_l4;
    wire [FUNCTIONS*48-1:0]    mac;
    wire [FUNCTIONS*14-1:0]    max_frame;
    wire [FUNCTIONS*8*48-1:0]  mac_filter;
    wire [FUNCTIONS*8-1:0]     mac_filter_valid;
    wire [FUNCTIONS-1:0]       scatter;
    wire [FUNCTIONS*8-1:0]     event_vector;
    wire [FUNCTIONS-1:0]       event_enable;
    wire [FUNCTIONS*6-1:0]     rss_types;
    wire [FUNCTIONS*320-1:0]   rss_key;

    wire                       rss_write_valid;
    wire [FUNCTION_W+6:0]      rss_write_address;
    wire [7:0]                 rss_write_data;
    wire [FUNCTION_W+6:0]      rss_read_address;
    wire [7:0]                 rss_read_data;
    wire                       flow_write_valid;
    wire [FUNCTION_W+8:0]      flow_write_address;
    wire [31:0]                flow_write_data;
    wire [FUNCTION_W+8:0]      flow_read_address;
    wire [31:0]                flow_read_data;
    wire [FUNCTIONS*8-1:0]     flow_enable;

    wire [RXQ-1:0]             rx_queue_wanted;
    wire [RXQ-1:0]             rx_queue_enable;    // a clock later
    wire [RXQ*4-1:0]           rx_queue_size_log2;
    wire [RXQ*8-1:0]           rx_queue_vector;
    wire [RXQ*64-1:0]          rx_queue_ring;
    wire [RXQ*64-1:0]          rx_queue_completion;
    wire [RXQ-1:0]             rx_queue_fetch_idle;
    wire [RXQ-1:0]             rx_queue_dma_idle;
    wire [RXQ-1:0]             rx_queue_completing;
    wire [RXQ-1:0]             rx_queue_fetch_error;
    wire [RXQ-1:0]             rx_queue_completion_error;
    wire [RXQ-1:0]             rx_queue_doorbell_error;
    wire [RXQ*16-1:0]          rx_queue_fetched;
    wire [RXQ*16-1:0]          rx_queue_completed;

    wire [TXQ-1:0]             tx_queue_wanted;
    wire [TXQ-1:0]             tx_queue_enable;
    wire [TXQ*4-1:0]           tx_queue_size_log2;
    wire [TXQ*8-1:0]           tx_queue_vector;
    wire [TXQ*64-1:0]          tx_queue_ring;
    wire [TXQ*64-1:0]          tx_queue_completion;
    wire [TXQ-1:0]             tx_queue_fetch_idle;
    wire [TXQ-1:0]             tx_queue_dma_idle;
    wire [TXQ-1:0]             tx_queue_completing;
    wire [TXQ-1:0]             tx_queue_fetch_error;
    wire [TXQ-1:0]             tx_queue_completion_error;
    wire [TXQ-1:0]             tx_queue_doorbell_error;
    wire [TXQ*16-1:0]          tx_queue_fetched;
    wire [TXQ*16-1:0]          tx_queue_completed;

    // A clock later, as those who ask stand far apart
    reg  [RXQ-1:0]             rx_queue_error_reg;
    reg  [TXQ-1:0]             tx_queue_error_reg;
    reg  [TXQ-1:0]             tx_queue_refused_reg;    // by the host: no descriptor is taken any more

    always @(posedge clk) begin
        rx_queue_error_reg   <= rx_queue_fetch_error | rx_queue_completion_error;
        tx_queue_error_reg   <= tx_queue_fetch_error | tx_queue_completion_error;
        tx_queue_refused_reg <= tx_queue_completion_error;
    end

    wire                       rx_doorbell_valid;
    wire [RXQ_W-1:0]           rx_doorbell_queue;
    wire [15:0]                rx_doorbell_tail;
    wire                       tx_doorbell_valid;
    wire [TXQ_W-1:0]           tx_doorbell_queue;
    wire [15:0]                tx_doorbell_tail;
    wire                       arm_write_valid;
    wire [$clog2(RXQ+TXQ)-1:0] arm_write_queue;
    wire [15:0]                arm_write_seen;

    wire [PORTS-1:0]           port_rx_event_valid;
    wire [PORTS*3-1:0]         port_rx_event_result;
    wire [PORTS*14-1:0]        port_rx_event_bytes;
    wire [PORTS-1:0]           port_tx_event_valid;
    wire [PORTS*3-1:0]         port_tx_event_result;
    wire [PORTS*14-1:0]        port_tx_event_bytes;
    wire                       deliver_event_valid;
    wire [FUNCTION_W+3:0]      deliver_event_index;
    wire [13:0]                deliver_event_bytes;
    wire                       verdict_event_valid;
    wire [FUNCTION_W+3:0]      verdict_event_index;
    wire [13:0]                verdict_event_bytes;
    wire                       flow_event_valid;
    wire [FUNCTION_W+2:0]      flow_event_index;
    wire [13:0]                flow_event_bytes;
    wire                       tx_checksum_event_valid;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [5:0]                 tx_checksum_event_index;    // room for 16 functions
    /* verilator lint_on UNUSEDSIGNAL */
    wire [13:0]                tx_checksum_event_bytes;
    wire                       rx_queue_event_valid;
    wire [RXQ_W+2:0]           rx_queue_event_index;
    wire [13:0]                rx_queue_event_bytes;
    wire                       tx_queue_event_valid;
    wire [TXQ_W+2:0]           tx_queue_event_index;
    wire [13:0]                tx_queue_event_bytes;

    // What enables a queue goes to places all over the card.
    reg  [RXQ-1:0]             rx_queue_enable_reg;
    reg  [TXQ-1:0]             tx_queue_enable_reg;
    // All of a queue's parts a clock late: where one hands over to the next, no gap shows
    reg  [RXQ-1:0]             rx_queue_was_enabled_reg;
    reg  [RXQ-1:0]             rx_queue_fetching_reg;
    reg  [RXQ-1:0]             rx_queue_moving_reg;
    reg  [RXQ-1:0]             rx_queue_completing_reg;
    reg  [TXQ-1:0]             tx_queue_was_enabled_reg;
    reg  [TXQ-1:0]             tx_queue_fetching_reg;
    reg  [TXQ-1:0]             tx_queue_moving_reg;
    reg  [TXQ-1:0]             tx_queue_completing_reg;

    always @(posedge clk) begin
        rx_queue_enable_reg <= rx_queue_wanted;
        rx_queue_was_enabled_reg <= rx_queue_enable;
        rx_queue_fetching_reg <= ~rx_queue_fetch_idle;
        rx_queue_moving_reg <= ~rx_queue_dma_idle;
        rx_queue_completing_reg <= rx_queue_completing;
        tx_queue_enable_reg <= tx_queue_wanted;
        tx_queue_was_enabled_reg <= tx_queue_enable;
        tx_queue_fetching_reg <= ~tx_queue_fetch_idle;
        tx_queue_moving_reg <= ~tx_queue_dma_idle;
        tx_queue_completing_reg <= tx_queue_completing;
    end

    assign rx_queue_enable = rx_queue_enable_reg;
    assign tx_queue_enable = tx_queue_enable_reg;

    wire                       csr_busy;

    csr #(
        .PORTS(PORTS),
        .FUNCTIONS(FUNCTIONS),
        .RX_QUEUES(RX_QUEUES),
        .TX_QUEUES(TX_QUEUES),
        .DATA_W(DATA_W),
        .DMA_W(DMA_W),
        .RTL_HASH(RTL_HASH),
        .MAX_FRAME(MAX_FRAME)
    ) csr_inst (
        .clk(clk),
        .rst(rst_reg[RST_REGISTERS]),
        .s_axil_awaddr(s_axil_awaddr),
        .s_axil_awvalid(s_axil_awvalid),
        .s_axil_awready(s_axil_awready),
        .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb),
        .s_axil_wvalid(s_axil_wvalid),
        .s_axil_wready(s_axil_wready),
        .s_axil_bresp(s_axil_bresp),
        .s_axil_bvalid(s_axil_bvalid),
        .s_axil_bready(s_axil_bready),
        .s_axil_araddr(s_axil_araddr),
        .s_axil_arvalid(s_axil_arvalid),
        .s_axil_arready(s_axil_arready),
        .s_axil_rdata(s_axil_rdata),
        .s_axil_rresp(s_axil_rresp),
        .s_axil_rvalid(s_axil_rvalid),
        .s_axil_rready(s_axil_rready),
        .microseconds(microseconds),
        .link_up(link_up),
        .link_speed(link_speed),
        .port_enable(port_enable),
        .rx_enable(rx_enable),
        .tx_enable(tx_enable),
        .promiscuous(promiscuous),
        .all_multicast(all_multicast),
        .drop_bad_ip(drop_bad_ip),
        .drop_bad_l4(drop_bad_l4),
        .mac(mac),
        .scatter(scatter),
        .mac_filter(mac_filter),
        .mac_filter_valid(mac_filter_valid),
        .event_vector(event_vector),
        .event_enable(event_enable),
        .max_frame(max_frame),
        .rss_types(rss_types),
        .rss_key(rss_key),
        .function_reset(unused_function_reset),
        .rss_write_valid(rss_write_valid),
        .rss_write_address(rss_write_address),
        .rss_write_data(rss_write_data),
        .rss_read_address(rss_read_address),
        .rss_read_data(rss_read_data),
        .flow_write_valid(flow_write_valid),
        .flow_write_address(flow_write_address),
        .flow_write_data(flow_write_data),
        .flow_read_address(flow_read_address),
        .flow_read_data(flow_read_data),
        .flow_enable(flow_enable),
        .rx_queue_enable(rx_queue_wanted),
        .rx_queue_size_log2(rx_queue_size_log2),
        .rx_queue_vector(rx_queue_vector),
        .rx_queue_ring(rx_queue_ring),
        .rx_queue_completion(rx_queue_completion),
        .rx_queue_active(rx_queue_was_enabled_reg | rx_queue_fetching_reg | rx_queue_moving_reg
                         | rx_queue_completing_reg),
        .rx_queue_ring_error(rx_queue_error_reg),
        .rx_queue_doorbell_error(rx_queue_doorbell_error),
        .rx_queue_fetched(rx_queue_fetched),
        .rx_queue_completed(rx_queue_completed),
        .tx_queue_enable(tx_queue_wanted),
        .tx_queue_size_log2(tx_queue_size_log2),
        .tx_queue_vector(tx_queue_vector),
        .tx_queue_ring(tx_queue_ring),
        .tx_queue_completion(tx_queue_completion),
        .tx_queue_active(tx_queue_was_enabled_reg | tx_queue_fetching_reg | tx_queue_moving_reg
                         | tx_queue_completing_reg),
        .tx_queue_ring_error(tx_queue_error_reg),
        .tx_queue_doorbell_error(tx_queue_doorbell_error),
        .tx_queue_fetched(tx_queue_fetched),
        .tx_queue_completed(tx_queue_completed),
        .rx_doorbell_valid(rx_doorbell_valid),
        .rx_doorbell_queue(rx_doorbell_queue),
        .rx_doorbell_tail(rx_doorbell_tail),
        .tx_doorbell_valid(tx_doorbell_valid),
        .tx_doorbell_queue(tx_doorbell_queue),
        .tx_doorbell_tail(tx_doorbell_tail),
        .arm_write_valid(arm_write_valid),
        .arm_write_queue(arm_write_queue),
        .arm_write_seen(arm_write_seen),
        .port_rx_event_valid(port_rx_event_valid),
        .port_rx_event_result(port_rx_event_result),
        .port_rx_event_bytes(port_rx_event_bytes),
        .port_tx_event_valid(port_tx_event_valid),
        .port_tx_event_result(port_tx_event_result),
        .port_tx_event_bytes(port_tx_event_bytes),
        .deliver_event_valid(deliver_event_valid),
        .deliver_event_index(deliver_event_index),
        .deliver_event_bytes(deliver_event_bytes),
        .verdict_event_valid(verdict_event_valid),
        .verdict_event_index(verdict_event_index),
        .verdict_event_bytes(verdict_event_bytes),
        .flow_event_valid(flow_event_valid),
        .flow_event_index(flow_event_index),
        .flow_event_bytes(flow_event_bytes),
        .tx_checksum_event_valid(tx_checksum_event_valid),
        .tx_checksum_event_index(tx_checksum_event_index[FUNCTION_W+1:0]),
        .tx_checksum_event_bytes(tx_checksum_event_bytes),
        .rx_queue_event_valid(rx_queue_event_valid),
        .rx_queue_event_index(rx_queue_event_index),
        .rx_queue_event_bytes(rx_queue_event_bytes),
        .tx_queue_event_valid(tx_queue_event_valid),
        .tx_queue_event_index(tx_queue_event_index),
        .tx_queue_event_bytes(tx_queue_event_bytes),
        .busy(csr_busy)
    );

    // ---------------------------------------------------------------------------------------------
    // Receive
    // ---------------------------------------------------------------------------------------------

    wire [PORTS*DATA_W-1:0]    port_rx_tdata;
    wire [PORTS*KEEP_W-1:0]    port_rx_tkeep;
    wire [PORTS-1:0]           port_rx_tlast;
    wire [PORTS*META_W-1:0]    port_rx_tuser;
    wire [PORTS-1:0]           port_rx_tvalid;
    wire [PORTS-1:0]           port_rx_tready;
    wire [PORTS-1:0]           port_rx_busy;

    genvar p;
    generate
        for (p = 0; p < PORTS; p = p + 1) begin : rx_ports
            port_rx #(
                .DATA_W(DATA_W),
                .USER_W(META_W),
                .PORT(p),
                .MAX_FRAME(MAX_FRAME)
            ) port_rx_inst (
                .clk(clk),
                .rst(rst_reg[RST_RX_PORTS]),
                .s_axis_tdata(s_axis_rx_tdata[p*DATA_W +: DATA_W]),
                .s_axis_tkeep(s_axis_rx_tkeep[p*KEEP_W +: KEEP_W]),
                .s_axis_tlast(s_axis_rx_tlast[p]),
                .s_axis_tuser(s_axis_rx_tuser[p]),
                .s_axis_tvalid(s_axis_rx_tvalid[p]),
                .m_axis_tdata(port_rx_tdata[p*DATA_W +: DATA_W]),
                .m_axis_tkeep(port_rx_tkeep[p*KEEP_W +: KEEP_W]),
                .m_axis_tlast(port_rx_tlast[p]),
                .m_axis_tuser(port_rx_tuser[p*META_W +: META_W]),
                .m_axis_tvalid(port_rx_tvalid[p]),
                .m_axis_tready(port_rx_tready[p]),
                .enable(port_enable[p]),
                .microseconds(microseconds),
                .event_valid(port_rx_event_valid[p]),
                .event_result(port_rx_event_result[p*3 +: 3]),
                .event_bytes(port_rx_event_bytes[p*14 +: 14]),
                .busy(port_rx_busy[p])
            );
        end
    endgenerate

    wire [DATA_W-1:0]          mux_tdata;
    wire [KEEP_W-1:0]          mux_tkeep;
    wire                       mux_tlast;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [META_W-1:0]          mux_tuser;                  // FUNCTION is replaced
    /* verilator lint_on UNUSEDSIGNAL */
    wire                       mux_tvalid;
    wire                       mux_tready;
    wire                       mux_busy;

    axis_frame_mux #(
        .INPUTS(PORTS),
        .DATA_W(DATA_W),
        .USER_W(META_W)
    ) axis_frame_mux_inst (
        .clk(clk),
        .rst(rst_reg[RST_RX_PORTS]),
        .s_axis_tdata(port_rx_tdata),
        .s_axis_tkeep(port_rx_tkeep),
        .s_axis_tlast(port_rx_tlast),
        .s_axis_tuser(port_rx_tuser),
        .s_axis_tvalid(port_rx_tvalid),
        .s_axis_tready(port_rx_tready),
        .m_axis_tdata(mux_tdata),
        .m_axis_tkeep(mux_tkeep),
        .m_axis_tlast(mux_tlast),
        .m_axis_tuser(mux_tuser),
        .m_axis_tvalid(mux_tvalid),
        .m_axis_tready(mux_tready),
        .busy(mux_busy)
    );

    // A port belongs to the function of its number.
    wire [META_W-1:0] mux_function_tuser = {mux_tuser[META_W-1:META_FUNCTION+META_FUNCTION_W],
                                            mux_tuser[META_PORT +: META_PORT_W],
                                            mux_tuser[META_FUNCTION-1:0]};

    wire [DATA_W-1:0]          rx_parse_tdata;
    wire [KEEP_W-1:0]          rx_parse_tkeep;
    wire                       rx_parse_tlast;
    wire [META_W-1:0]          rx_parse_tuser;
    wire                       rx_parse_tvalid;
    wire                       rx_parse_tready;
    wire                       rx_parse_busy;

    wire                       edit_write_valid;
    wire [6:0]                 edit_write_slot;
    wire [EDIT_BITS-1:0]       edit_write_word;

    parse #(
        .DATA_W(DATA_W),
        .USER_W(META_W),
        .FUNCTIONS(FUNCTIONS),
        .HASH_EN(1),
        .FLOW_EN(1),
        .FUNCTION_W(FUNCTION_W),
        .EDIT_W(EDIT_BITS)
    ) rx_parse_inst (
        .clk(clk),
        .rst(rst_reg[RST_RX_PARSE]),
        .s_axis_tdata(mux_tdata),
        .s_axis_tkeep(mux_tkeep),
        .s_axis_tlast(mux_tlast),
        .s_axis_tuser(mux_function_tuser),
        .s_axis_tvalid(mux_tvalid),
        .s_axis_tready(mux_tready),
        .m_axis_tdata(rx_parse_tdata),
        .m_axis_tkeep(rx_parse_tkeep),
        .m_axis_tlast(rx_parse_tlast),
        .m_axis_tuser(rx_parse_tuser),
        .m_axis_tvalid(rx_parse_tvalid),
        .m_axis_tready(rx_parse_tready),
        .rss_key(rss_key),
        .rss_types(rss_types),
        .flow_write_valid(flow_write_valid),
        .flow_write_address(flow_write_address),
        .flow_write_data(flow_write_data),
        .flow_read_address(flow_read_address),
        .flow_read_data(flow_read_data),
        .flow_enable(flow_enable),
        .edit_valid(edit_write_valid),
        .edit_slot(edit_write_slot),
        .edit_word(edit_write_word),
        .busy(rx_parse_busy)
    );

    wire [DATA_W-1:0]          verify_tdata;
    wire [KEEP_W-1:0]          verify_tkeep;
    wire                       verify_tlast;
    wire [META_W-1:0]          verify_tuser;
    wire [21:0]                verify_check;
    wire                       verify_tvalid;
    wire                       verify_tready;
    wire                       verify_busy;

    csum_verify #(
        .DATA_W(DATA_W),
        .USER_W(META_W)
    ) csum_verify_inst (
        .clk(clk),
        .rst(rst_reg[RST_DELIVER]),
        .s_axis_tdata(rx_parse_tdata),
        .s_axis_tkeep(rx_parse_tkeep),
        .s_axis_tlast(rx_parse_tlast),
        .s_axis_tuser(rx_parse_tuser),
        .s_axis_tvalid(rx_parse_tvalid),
        .s_axis_tready(rx_parse_tready),
        .m_axis_tdata(verify_tdata),
        .m_axis_tkeep(verify_tkeep),
        .m_axis_tlast(verify_tlast),
        .m_axis_tuser(verify_tuser),
        .m_axis_check(verify_check),
        .m_axis_tvalid(verify_tvalid),
        .m_axis_tready(verify_tready),
        .busy(verify_busy)
    );

    wire [DATA_W-1:0]          deliver_tdata;
    wire [KEEP_W-1:0]          deliver_tkeep;
    wire                       deliver_tlast;
    wire [META_W-1:0]          deliver_tuser;
    wire                       deliver_tvalid;
    wire                       deliver_tready;
    wire                       deliver_busy;

    deliver #(
        .DATA_W(DATA_W),
        .USER_W(META_W),
        .FUNCTIONS(FUNCTIONS),
        .FUNCTION_W(FUNCTION_W)
    ) deliver_inst (
        .clk(clk),
        .rst(rst_reg[RST_DELIVER]),
        .s_axis_tdata(verify_tdata),
        .s_axis_tkeep(verify_tkeep),
        .s_axis_tlast(verify_tlast),
        .s_axis_tuser(verify_tuser),
        .s_axis_check(verify_check),
        .s_axis_tvalid(verify_tvalid),
        .s_axis_tready(verify_tready),
        .m_axis_tdata(deliver_tdata),
        .m_axis_tkeep(deliver_tkeep),
        .m_axis_tlast(deliver_tlast),
        .m_axis_tuser(deliver_tuser),
        .m_axis_tvalid(deliver_tvalid),
        .m_axis_tready(deliver_tready),
        .rx_enable(rx_enable),
        .promiscuous(promiscuous),
        .all_multicast(all_multicast),
        .drop_bad_ip(drop_bad_ip),
        .drop_bad_l4(drop_bad_l4),
        .mac(mac),
        .mac_filter(mac_filter),
        .mac_filter_valid(mac_filter_valid),
        .max_frame(max_frame),
        .rss_write_valid(rss_write_valid),
        .rss_write_address(rss_write_address),
        .rss_write_data(rss_write_data),
        .rss_read_address(rss_read_address),
        .rss_read_data(rss_read_data),
        .flow_write_valid(flow_write_valid),
        .flow_write_address(flow_write_address),
        .flow_write_data(flow_write_data),
        .microseconds(microseconds),
        .deliver_event_valid(deliver_event_valid),
        .deliver_event_index(deliver_event_index),
        .deliver_event_bytes(deliver_event_bytes),
        .verdict_event_valid(verdict_event_valid),
        .verdict_event_index(verdict_event_index),
        .verdict_event_bytes(verdict_event_bytes),
        .flow_event_valid(flow_event_valid),
        .flow_event_index(flow_event_index),
        .flow_event_bytes(flow_event_bytes),
        .busy(deliver_busy)
    );

    wire [DATA_W-1:0]          edit_tdata;
    wire [KEEP_W-1:0]          edit_tkeep;
    wire                       edit_tlast;
    wire [META_W-1:0]          edit_tuser;
    wire                       edit_tvalid;
    wire                       edit_tready;
    wire                       edit_busy;

    frame_edit #(
        .DATA_W(DATA_W),
        .USER_W(META_W),
        .EDIT_W(EDIT_BITS)
    ) frame_edit_inst (
        .clk(clk),
        .rst(rst_reg[RST_RX_DMA]),
        .write_valid(edit_write_valid),
        .write_slot(edit_write_slot),
        .write_edit(edit_write_word),
        .s_axis_tdata(deliver_tdata),
        .s_axis_tkeep(deliver_tkeep),
        .s_axis_tlast(deliver_tlast),
        .s_axis_tuser(deliver_tuser),
        .s_axis_tvalid(deliver_tvalid),
        .s_axis_tready(deliver_tready),
        .m_axis_tdata(edit_tdata),
        .m_axis_tkeep(edit_tkeep),
        .m_axis_tlast(edit_tlast),
        .m_axis_tuser(edit_tuser),
        .m_axis_tvalid(edit_tvalid),
        .m_axis_tready(edit_tready),
        .busy(edit_busy)
    );

    wire [RXQ-1:0]             rx_available;
    wire [RXQ-1:0]             rx_pending;
    wire                       rx_pop_valid;
    wire [RXQ_W-1:0]           rx_pop_queue;
    wire                       rx_pop_ok;
    wire [63:0]                rx_pop_address;
    wire [13:0]                rx_pop_length;
    wire [15:0]                rx_pop_index;

    wire [DMA_W-1:0]           frame_tdata;
    wire                       frame_tlast;
    wire                       frame_tvalid;
    wire                       frame_tready;
    wire [63:0]                frame_address;
    wire [13:0]                frame_length;
    wire [3:0]                 frame_function;
    wire                       frame_done_valid;
    wire                       frame_done_ready;
    wire                       frame_done_error;

    wire                       entry_valid;
    wire                       entry_ready;
    wire [RXQ_W-1:0]           entry_queue;
    wire                       entry_first;
    wire                       entry_more;
    wire                       entry_truncated;
    wire [13:0]                entry_bytes;
    wire [15:0]                entry_index;
    wire [191:0]               entry_words;

    wire                       done_event_valid;
    wire [RXQ_W+2:0]           done_event_index;
    wire [13:0]                done_event_bytes;
    wire                       rx_dma_busy;

    rx_dma #(
        .DATA_W(DATA_W),
        .DMA_W(DMA_W),
        .QUEUES(RXQ),
        .QUEUES_PER_FUNCTION(RX_QUEUES),
        .QUEUE_W(RXQ_W),
        .USER_W(META_W)
    ) rx_dma_inst (
        .clk(clk),
        .rst(rst_reg[RST_RX_DMA]),
        .queue_running(rx_queue_enable & ~rx_queue_error_reg),
        .scatter(scatter),
        .s_axis_tdata(edit_tdata),
        .s_axis_tkeep(edit_tkeep),
        .s_axis_tlast(edit_tlast),
        .s_axis_tvalid(edit_tvalid),
        .s_axis_tready(edit_tready),
        .s_axis_tuser(edit_tuser),
        .available(rx_available),
        .pending(rx_pending),
        .pop_valid(rx_pop_valid),
        .pop_queue(rx_pop_queue),
        .pop_ok(rx_pop_ok),
        .pop_address(rx_pop_address),
        .pop_length(rx_pop_length),
        .pop_index(rx_pop_index),
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
        .queue_idle(rx_queue_dma_idle),
        .busy(rx_dma_busy)
    );

    // ---------------------------------------------------------------------------------------------
    // Descriptors and reads
    // ---------------------------------------------------------------------------------------------

    wire [READ_CLIENTS-1:0]    read_request_valid;
    wire [READ_CLIENTS-1:0]    read_request_ready;
    wire [READ_CLIENTS*4-1:0]  read_request_function;
    wire [READ_CLIENTS*64-1:0] read_request_address;
    wire [READ_CLIENTS*14-1:0] read_request_length;
    wire [READ_CLIENTS-1:0]    read_response_valid;
    wire [DMA_W-1:0]           read_response_data;
    wire                       read_response_last;
    wire                       read_response_error;
    wire                       read_busy;

    wire                       rx_fetch_busy;
    wire                       tx_fetch_busy;

    descriptor_fetch #(
        .DMA_W(DMA_W),
        .QUEUES(RXQ),
        .QUEUES_PER_FUNCTION(RX_QUEUES),
        .QUEUE_W(RXQ_W)
    ) rx_descriptor_fetch_inst (
        .clk(clk),
        .rst(rst_reg[RST_RX_FETCH]),
        .enable(rx_queue_enable),
        .ring(rx_queue_ring),
        .size_log2(rx_queue_size_log2),
        .doorbell_valid(rx_doorbell_valid),
        .doorbell_queue(rx_doorbell_queue),
        .doorbell_tail(rx_doorbell_tail),
        .request_valid(read_request_valid[READ_RX_DESCRIPTORS]),
        .request_ready(read_request_ready[READ_RX_DESCRIPTORS]),
        .request_function(read_request_function[READ_RX_DESCRIPTORS*4 +: 4]),
        .request_address(read_request_address[READ_RX_DESCRIPTORS*64 +: 64]),
        .request_length(read_request_length[READ_RX_DESCRIPTORS*14 +: 14]),
        .response_valid(read_response_valid[READ_RX_DESCRIPTORS]),
        .response_data(read_response_data),
        .response_last(read_response_last),
        .response_error(read_response_error),
        .available(rx_available),
        .pending(rx_pending),
        .pop_valid(rx_pop_valid),
        .pop_queue(rx_pop_queue),
        .pop_ok(rx_pop_ok),
        .pop_address(rx_pop_address),
        .pop_length(rx_pop_length),
        .pop_flags(unused_rx_flags),
        .pop_index(rx_pop_index),
        .fetched(rx_queue_fetched),
        .ring_error(rx_queue_fetch_error),
        .doorbell_error(rx_queue_doorbell_error),
        .idle(rx_queue_fetch_idle),
        .busy(rx_fetch_busy)
    );

    wire [TXQ-1:0]             tx_available;
    wire                       tx_pop_valid;
    wire [TXQ_W-1:0]           tx_pop_queue;
    wire                       tx_pop_ok;
    wire [63:0]                tx_pop_address;
    wire [13:0]                tx_pop_length;
    wire [17:0]                tx_pop_flags;
    wire [15:0]                tx_pop_index;

    descriptor_fetch #(
        .DMA_W(DMA_W),
        .QUEUES(TXQ),
        .QUEUES_PER_FUNCTION(TX_QUEUES),
        .QUEUE_W(TXQ_W)
    ) tx_descriptor_fetch_inst (
        .clk(clk),
        .rst(rst_reg[RST_READ]),
        .enable(tx_queue_enable),
        .ring(tx_queue_ring),
        .size_log2(tx_queue_size_log2),
        .doorbell_valid(tx_doorbell_valid),
        .doorbell_queue(tx_doorbell_queue),
        .doorbell_tail(tx_doorbell_tail),
        .request_valid(read_request_valid[READ_TX_DESCRIPTORS]),
        .request_ready(read_request_ready[READ_TX_DESCRIPTORS]),
        .request_function(read_request_function[READ_TX_DESCRIPTORS*4 +: 4]),
        .request_address(read_request_address[READ_TX_DESCRIPTORS*64 +: 64]),
        .request_length(read_request_length[READ_TX_DESCRIPTORS*14 +: 14]),
        .response_valid(read_response_valid[READ_TX_DESCRIPTORS]),
        .response_data(read_response_data),
        .response_last(read_response_last),
        .response_error(read_response_error),
        .available(tx_available),
        .pending(unused_tx_pending),
        .pop_valid(tx_pop_valid),
        .pop_queue(tx_pop_queue),
        .pop_ok(tx_pop_ok),
        .pop_address(tx_pop_address),
        .pop_length(tx_pop_length),
        .pop_flags(tx_pop_flags),
        .pop_index(tx_pop_index),
        .fetched(tx_queue_fetched),
        .ring_error(tx_queue_fetch_error),
        .doorbell_error(tx_queue_doorbell_error),
        .idle(tx_queue_fetch_idle),
        .busy(tx_fetch_busy)
    );

    dma_read #(
        .DMA_W(DMA_W),
        .N_CLIENTS(READ_CLIENTS)
    ) dma_read_inst (
        .clk(clk),
        .rst(rst_reg[RST_READ]),
        .request_valid(read_request_valid),
        .request_ready(read_request_ready),
        .request_function(read_request_function),
        .request_address(read_request_address),
        .request_length(read_request_length),
        .response_valid(read_response_valid),
        .response_data(read_response_data),
        .response_bytes(unused_response_bytes),
        .response_last(read_response_last),
        .response_error(read_response_error),
        .m_axi_arid(m_axi_arid),
        .m_axi_araddr(m_axi_araddr),
        .m_axi_arlen(m_axi_arlen),
        .m_axi_arsize(m_axi_arsize),
        .m_axi_arburst(m_axi_arburst),
        .m_axi_aruser(m_axi_aruser),
        .m_axi_arvalid(m_axi_arvalid),
        .m_axi_arready(m_axi_arready),
        .m_axi_rid(m_axi_rid),
        .m_axi_rdata(m_axi_rdata),
        .m_axi_rresp(m_axi_rresp),
        .m_axi_rlast(m_axi_rlast),
        .m_axi_rvalid(m_axi_rvalid),
        .m_axi_rready(m_axi_rready),
        .busy(read_busy)
    );

    // ---------------------------------------------------------------------------------------------
    // Transmit
    // ---------------------------------------------------------------------------------------------

    wire [DATA_W-1:0]          tx_dma_tdata;
    wire [KEEP_W-1:0]          tx_dma_tkeep;
    wire                       tx_dma_tlast;
    wire [META_W-1:0]          tx_dma_tuser;
    wire                       tx_dma_tvalid;
    wire                       tx_dma_tready;
    wire                       tx_dma_busy;

    wire                       tx_done_valid;
    wire                       tx_done_ready;
    wire [TXQ_W-1:0]           tx_done_gq;
    wire [15:0]                tx_done_index;
    wire [3:0]                 tx_done_status;

    tx_dma #(
        .DATA_W(DATA_W),
        .DMA_W(DMA_W),
        .QUEUES(TXQ),
        .QUEUES_PER_FUNCTION(TX_QUEUES),
        .QUEUE_W(TXQ_W),
        .FUNCTIONS(FUNCTIONS),
        .USER_W(META_W),
        .MAX_FRAME(MAX_FRAME)
    ) tx_dma_inst (
        .clk(clk),
        .rst(rst_reg[RST_READ]),
        .tx_enable(tx_enable),
        .available(tx_available & ~tx_queue_refused_reg),
        .pop_valid(tx_pop_valid),
        .pop_queue(tx_pop_queue),
        .pop_ok(tx_pop_ok),
        .pop_address(tx_pop_address),
        .pop_length(tx_pop_length),
        .pop_flags(tx_pop_flags),
        .pop_index(tx_pop_index),
        .request_valid(read_request_valid[READ_TX_DATA]),
        .request_ready(read_request_ready[READ_TX_DATA]),
        .request_function(read_request_function[READ_TX_DATA*4 +: 4]),
        .request_address(read_request_address[READ_TX_DATA*64 +: 64]),
        .request_length(read_request_length[READ_TX_DATA*14 +: 14]),
        .response_valid(read_response_valid[READ_TX_DATA]),
        .response_data(read_response_data),
        .response_last(read_response_last),
        .response_error(read_response_error),
        .m_axis_tdata(tx_dma_tdata),
        .m_axis_tkeep(tx_dma_tkeep),
        .m_axis_tlast(tx_dma_tlast),
        .m_axis_tvalid(tx_dma_tvalid),
        .m_axis_tready(tx_dma_tready),
        .m_axis_tuser(tx_dma_tuser),
        .tx_done_valid(tx_done_valid),
        .tx_done_ready(tx_done_ready),
        .tx_done_gq(tx_done_gq),
        .tx_done_index(tx_done_index),
        .tx_done_status(tx_done_status),
        .tx_queue_event_valid(tx_queue_event_valid),
        .tx_queue_event_index(tx_queue_event_index),
        .tx_queue_event_bytes(tx_queue_event_bytes),
        .queue_idle(tx_queue_dma_idle),
        .busy(tx_dma_busy)
    );

    wire [DATA_W-1:0]          tx_parse_tdata;
    wire [KEEP_W-1:0]          tx_parse_tkeep;
    wire                       tx_parse_tlast;
    wire [META_W-1:0]          tx_parse_tuser;
    wire                       tx_parse_tvalid;
    wire                       tx_parse_tready;
    wire                       tx_parse_busy;

    parse #(
        .DATA_W(DATA_W),
        .USER_W(META_W),
        .FUNCTIONS(FUNCTIONS),
        .HASH_EN(0),
        .FLOW_EN(0),
        .FUNCTION_W(FUNCTION_W)
    ) tx_parse_inst (
        .clk(clk),
        .rst(rst_reg[RST_TX_PIPELINE]),
        .s_axis_tdata(tx_dma_tdata),
        .s_axis_tkeep(tx_dma_tkeep),
        .s_axis_tlast(tx_dma_tlast),
        .s_axis_tuser(tx_dma_tuser),
        .s_axis_tvalid(tx_dma_tvalid),
        .s_axis_tready(tx_dma_tready),
        .m_axis_tdata(tx_parse_tdata),
        .m_axis_tkeep(tx_parse_tkeep),
        .m_axis_tlast(tx_parse_tlast),
        .m_axis_tuser(tx_parse_tuser),
        .m_axis_tvalid(tx_parse_tvalid),
        .m_axis_tready(tx_parse_tready),
        .rss_key({FUNCTIONS*320{1'b0}}),
        .rss_types({FUNCTIONS*6{1'b0}}),
        .flow_write_valid(1'b0),
        .flow_write_address({FUNCTION_W+9{1'b0}}),
        .flow_write_data(32'd0),
        .flow_read_address({FUNCTION_W+9{1'b0}}),
        /* verilator lint_off PINCONNECTEMPTY */
        .flow_read_data(),
        .edit_valid(),
        .edit_slot(),
        .edit_word(),
        /* verilator lint_on PINCONNECTEMPTY */
        .flow_enable({FUNCTIONS*8{1'b0}}),
        .busy(tx_parse_busy)
    );

    wire [DATA_W-1:0]          insert_tdata;
    wire [KEEP_W-1:0]          insert_tkeep;
    wire                       insert_tlast;
    wire [META_W-1:0]          insert_tuser;
    wire                       insert_tvalid;
    wire                       insert_tready;
    wire                       insert_busy;

    csum_insert #(
        .DATA_W(DATA_W),
        .USER_W(META_W)
    ) csum_insert_inst (
        .clk(clk),
        .rst(rst_reg[RST_TX_PIPELINE]),
        .s_axis_tdata(tx_parse_tdata),
        .s_axis_tkeep(tx_parse_tkeep),
        .s_axis_tlast(tx_parse_tlast),
        .s_axis_tvalid(tx_parse_tvalid),
        .s_axis_tready(tx_parse_tready),
        .s_axis_tuser(tx_parse_tuser),
        .m_axis_tdata(insert_tdata),
        .m_axis_tkeep(insert_tkeep),
        .m_axis_tlast(insert_tlast),
        .m_axis_tvalid(insert_tvalid),
        .m_axis_tready(insert_tready),
        .m_axis_tuser(insert_tuser),
        .tx_checksum_event_valid(tx_checksum_event_valid),
        .tx_checksum_event_index(tx_checksum_event_index),
        .tx_checksum_event_bytes(tx_checksum_event_bytes),
        .busy(insert_busy)
    );

    wire [DATA_W-1:0]          demux_tdata;
    wire [KEEP_W-1:0]          demux_tkeep;
    wire                       demux_tlast;
    wire [PORTS-1:0]           demux_tvalid;
    wire [PORTS-1:0]           demux_tready;
    wire [PORTS-1:0]           port_tx_busy;

    axis_frame_demux #(
        .OUTPUTS(PORTS),
        .DATA_W(DATA_W),
        .USER_W(META_W),
        .SELECT(META_PORT),
        .SELECT_W(META_PORT_W)
    ) axis_frame_demux_inst (
        .clk(clk),
        .rst(rst_reg[RST_TX_PIPELINE]),
        .s_axis_tdata(insert_tdata),
        .s_axis_tkeep(insert_tkeep),
        .s_axis_tlast(insert_tlast),
        .s_axis_tuser(insert_tuser),
        .s_axis_tvalid(insert_tvalid),
        .s_axis_tready(insert_tready),
        .m_axis_tdata(demux_tdata),
        .m_axis_tkeep(demux_tkeep),
        .m_axis_tlast(demux_tlast),
        .m_axis_tuser(unused_demux_tuser),
        .m_axis_tvalid(demux_tvalid),
        .m_axis_tready(demux_tready)
    );

    generate
        for (p = 0; p < PORTS; p = p + 1) begin : tx_ports
            port_tx #(
                .DATA_W(DATA_W)
            ) port_tx_inst (
                .clk(clk),
                .rst(rst_reg[RST_TX_PIPELINE]),
                .enable(port_enable[p]),
                .s_axis_tdata(demux_tdata),
                .s_axis_tkeep(demux_tkeep),
                .s_axis_tlast(demux_tlast),
                .s_axis_tvalid(demux_tvalid[p]),
                .s_axis_tready(demux_tready[p]),
                .m_axis_tdata(m_axis_tx_tdata[p*DATA_W +: DATA_W]),
                .m_axis_tkeep(m_axis_tx_tkeep[p*KEEP_W +: KEEP_W]),
                .m_axis_tlast(m_axis_tx_tlast[p]),
                .m_axis_tvalid(m_axis_tx_tvalid[p]),
                .m_axis_tready(m_axis_tx_tready[p]),
                .event_valid(port_tx_event_valid[p]),
                .event_result(port_tx_event_result[p*3 +: 3]),
                .event_bytes(port_tx_event_bytes[p*14 +: 14]),
                .busy(port_tx_busy[p])
            );
        end
    endgenerate

    // ---------------------------------------------------------------------------------------------
    // Writes, completions, interrupts
    // ---------------------------------------------------------------------------------------------

    localparam integer LINE_W = (DMA_W < 256) ? 256 : DMA_W;

    wire                       line_valid;
    wire                       line_ready;
    wire                       line_urgent;
    wire                       line_full;
    wire [3:0]                 line_function;
    wire [63:0]                line_address;
    wire [LINE_W-1:0]          line_data;
    wire [LINE_W/8-1:0]        line_strobe;
    wire                       line_done_valid;
    wire                       line_done_error;
    wire                       completion_busy;
    wire                       write_busy;
    wire                       interrupt_busy;

    completion_writer #(
        .DMA_W(DMA_W),
        .QUEUES(RXQ),
        .QUEUES_PER_FUNCTION(RX_QUEUES),
        .QUEUE_W(RXQ_W)
    ) completion_writer_inst (
        .clk(clk),
        .rst(rst_reg[RST_WRITE]),
        .rx_enable(rx_queue_enable),
        .rx_base(rx_queue_completion),
        .rx_size_log2(rx_queue_size_log2),
        .tx_enable(tx_queue_enable),
        .tx_base(tx_queue_completion),
        .tx_size_log2(tx_queue_size_log2),
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
        .rx_completed(rx_queue_completed),
        .rx_ring_error(rx_queue_completion_error),
        .rx_active(rx_queue_completing),
        .tx_completed(tx_queue_completed),
        .tx_ring_error(tx_queue_completion_error),
        .tx_active(tx_queue_completing),
        .busy(completion_busy)
    );

    dma_write #(
        .DMA_W(DMA_W)
    ) dma_write_inst (
        .clk(clk),
        .rst(rst_reg[RST_WRITE]),
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

    wire [FUNCTIONS-1:0]       event_valid;
    wire                       event_busy;

    event_detect #(
        .FUNCTIONS(FUNCTIONS),
        .RX_QUEUES(RX_QUEUES),
        .TX_QUEUES(TX_QUEUES)
    ) event_detect_inst (
        .clk(clk),
        .rst(rst_reg[RST_REGISTERS]),
        .link_up(link_up),
        .link_speed(link_speed),
        .rx_ring_error(rx_queue_error_reg),
        .rx_doorbell_error(rx_queue_doorbell_error),
        .tx_ring_error(tx_queue_error_reg),
        .tx_doorbell_error(tx_queue_doorbell_error),
        .event_valid(event_valid),
        .busy(event_busy)
    );

    interrupt #(
        .QUEUES(RXQ + TXQ),
        .FUNCTIONS(FUNCTIONS),
        .QUEUE_W($clog2(RXQ + TXQ))
    ) interrupt_inst (
        .clk(clk),
        .rst(rst_reg[RST_REGISTERS]),
        .enable({tx_queue_enable, rx_queue_enable}),
        .vector({tx_queue_vector, rx_queue_vector}),
        .completed({tx_queue_completed, rx_queue_completed}),
        .arm_write_valid(arm_write_valid),
        .arm_write_queue(arm_write_queue),
        .arm_write_seen(arm_write_seen),
        .event_valid(event_valid),
        .event_enable(event_enable),
        .event_vector(event_vector),
        .irq_valid(irq_valid),
        .irq_ready(irq_ready),
        .irq_function(irq_function),
        .irq_vector(irq_vector),
        .busy(interrupt_busy)
    );

    // The stages stand far apart: a register at each, and one behind
    reg [18:0] busy_parts_reg;
    reg        busy_reg;

    always @(posedge clk) begin
        busy_parts_reg <= {csr_busy, |port_rx_busy, mux_busy, rx_parse_busy, verify_busy, deliver_busy, edit_busy,
                           rx_dma_busy, rx_fetch_busy, tx_fetch_busy, read_busy, tx_dma_busy,
                           tx_parse_busy, insert_busy, |port_tx_busy, completion_busy, write_busy,
                           event_busy, interrupt_busy};
        busy_reg <= |busy_parts_reg;
    end

    assign busy = busy_reg;

endmodule

`resetall
