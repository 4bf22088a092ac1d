// SPDX-License-Identifier: BSD-3-Clause
//
// The registers of the core: AXI4-Lite slave, register blocks of every function, counters.
//
// The register blocks come from sekisho.rdl (rtl/csr/generated/). The management function is the
// window at 0x00000, network function i the window at 0x10000 * (1 + i); the names of the ports
// below are the map's. A vector over functions holds function i in slice i; a vector over queues
// holds queue gq = function * QUEUES + queue in slice gq; rss_key holds word k of function f (the
// key's bytes 4k to 4k + 3, the first in bits 31:24) in bits f * 320 + k * 32 +: 32.
//
// Stalls: one access at a time; a read takes about 8 clocks, a write about 6.
// Order: accesses are answered in the order in which they are accepted.
// An address that no register has, and a write that is not of a whole word, get SLVERR and change
// nothing (an access to no doorbell sets bit 0 of the function's error register, too).
// Events are counted without back-pressure, one a clock from every source. For
// about 64 clocks after reset the counters are swept clean; events are not counted before that.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module csr #(
    // Ports, network functions, queues of a function in each direction; as in sekisho.rdl.
    parameter integer PORTS = 2,
    parameter integer FUNCTIONS = 2,
    parameter integer RX_QUEUES = 4,
    parameter integer TX_QUEUES = 4,
    // Packet bus and host bus in bits; they are only reported.
    parameter integer DATA_W = 64,
    parameter integer DMA_W = 128,
    // First 32 bits of the commit of the RTL, 0 where unknown; only reported.
    parameter [31:0] RTL_HASH = 32'd0,
    // Largest frame in bytes, without FCS; only reported.
    parameter integer MAX_FRAME = 9728
) (
    input  wire                                      clk,
    input  wire                                      rst,

    // AXI4-Lite slave
    input  wire [19:0]                               s_axil_awaddr,
    input  wire                                      s_axil_awvalid,
    output wire                                      s_axil_awready,
    input  wire [31:0]                               s_axil_wdata,
    input  wire [3:0]                                s_axil_wstrb,
    input  wire                                      s_axil_wvalid,
    output wire                                      s_axil_wready,
    output wire [1:0]                                s_axil_bresp,
    output wire                                      s_axil_bvalid,
    input  wire                                      s_axil_bready,
    input  wire [19:0]                               s_axil_araddr,
    input  wire                                      s_axil_arvalid,
    output wire                                      s_axil_arready,
    output wire [31:0]                               s_axil_rdata,
    output wire [1:0]                                s_axil_rresp,
    output wire                                      s_axil_rvalid,
    input  wire                                      s_axil_rready,

    // Time and links
    input  wire [31:0]                               microseconds,
    input  wire [PORTS-1:0]                          link_up,
    input  wire [PORTS*24-1:0]                       link_speed,

    // Ports
    output wire [PORTS-1:0]                          port_enable,

    // Network functions
    output wire [FUNCTIONS-1:0]                      rx_enable,
    output wire [FUNCTIONS-1:0]                      tx_enable,
    output wire [FUNCTIONS-1:0]                      promiscuous,
    output wire [FUNCTIONS-1:0]                      all_multicast,
    output wire [FUNCTIONS-1:0]                      drop_bad_ip,
    output wire [FUNCTIONS-1:0]                      drop_bad_l4,
    output wire [FUNCTIONS*48-1:0]                   mac,
    output wire [FUNCTIONS*14-1:0]                   max_frame,
    output wire [FUNCTIONS*6-1:0]                    rss_types,
    output wire [FUNCTIONS*320-1:0]                  rss_key,
    // One clock after a 1 is written to a function's reset register; its enables are 0 from then on.
    output wire [FUNCTIONS-1:0]                      function_reset,

    // RSS table, entry function * 128 + n; read data comes in the clock after the address
    output wire                                      rss_write_valid,
    output wire [$clog2(FUNCTIONS)+6:0]              rss_write_address,
    output wire [7:0]                                rss_write_data,
    output wire [$clog2(FUNCTIONS)+6:0]              rss_read_address,
    input  wire [7:0]                                rss_read_data,

    // Receive queues
    output wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_enable,
    output wire [FUNCTIONS*RX_QUEUES*4-1:0]          rx_queue_size_log2,
    output wire [FUNCTIONS*RX_QUEUES*8-1:0]          rx_queue_vector,
    output wire [FUNCTIONS*RX_QUEUES*64-1:0]         rx_queue_ring,
    output wire [FUNCTIONS*RX_QUEUES*64-1:0]         rx_queue_completion,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_active,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_ring_error,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_doorbell_error,
    input  wire [FUNCTIONS*RX_QUEUES*16-1:0]         rx_queue_fetched,
    input  wire [FUNCTIONS*RX_QUEUES*16-1:0]         rx_queue_completed,

    // Transmit queues
    output wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_enable,
    output wire [FUNCTIONS*TX_QUEUES*4-1:0]          tx_queue_size_log2,
    output wire [FUNCTIONS*TX_QUEUES*8-1:0]          tx_queue_vector,
    output wire [FUNCTIONS*TX_QUEUES*64-1:0]         tx_queue_ring,
    output wire [FUNCTIONS*TX_QUEUES*64-1:0]         tx_queue_completion,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_active,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_ring_error,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_doorbell_error,
    input  wire [FUNCTIONS*TX_QUEUES*16-1:0]         tx_queue_fetched,
    input  wire [FUNCTIONS*TX_QUEUES*16-1:0]         tx_queue_completed,

    // Doorbells: one clock a write, enabled queue or not
    output wire                                      rx_doorbell_valid,
    output wire [$clog2(FUNCTIONS*RX_QUEUES)-1:0]    rx_doorbell_queue,
    output wire [15:0]                               rx_doorbell_tail,
    output wire                                      tx_doorbell_valid,
    output wire [$clog2(FUNCTIONS*TX_QUEUES)-1:0]    tx_doorbell_queue,
    output wire [15:0]                               tx_doorbell_tail,
    // Interrupt requests: receive queues first, then transmit queues
    output wire                                      arm_write_valid,
    output wire [$clog2(FUNCTIONS*(RX_QUEUES+TX_QUEUES))-1:0] arm_write_queue,
    output wire [15:0]                               arm_write_seen,

    // Events to count; the index is what sekisho.rdl says of the counter, bytes are a frame's
    input  wire [PORTS-1:0]                          port_rx_event_valid,
    input  wire [PORTS*3-1:0]                        port_rx_event_result,
    input  wire [PORTS*14-1:0]                       port_rx_event_bytes,
    input  wire [PORTS-1:0]                          port_tx_event_valid,
    input  wire [PORTS*3-1:0]                        port_tx_event_result,
    input  wire [PORTS*14-1:0]                       port_tx_event_bytes,
    input  wire                                      deliver_event_valid,
    input  wire [$clog2(FUNCTIONS)+3:0]              deliver_event_index,
    input  wire [13:0]                               deliver_event_bytes,
    input  wire                                      verdict_event_valid,
    input  wire [$clog2(FUNCTIONS)+3:0]              verdict_event_index,
    input  wire [13:0]                               verdict_event_bytes,
    input  wire                                      tx_checksum_event_valid,
    input  wire [$clog2(FUNCTIONS)+1:0]              tx_checksum_event_index,
    input  wire [13:0]                               tx_checksum_event_bytes,
    input  wire                                      rx_queue_event_valid,
    input  wire [$clog2(FUNCTIONS*RX_QUEUES)+2:0]    rx_queue_event_index,
    input  wire [13:0]                               rx_queue_event_bytes,
    input  wire                                      tx_queue_event_valid,
    input  wire [$clog2(FUNCTIONS*TX_QUEUES)+2:0]    tx_queue_event_index,
    input  wire [13:0]                               tx_queue_event_bytes
);

endmodule

`resetall
