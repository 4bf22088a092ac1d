// SPDX-License-Identifier: BSD-3-Clause
//
// All counters of the core: a bank for every source of events, and one read port over them.
//
// Events never stall. read_valid stays until read_done, with read_select (one bit a bank) and the
// indexes stable; read_done comes 5 clocks after the first clock in which the bank had no event.
// Order of read_select: receive ports, transmit ports, deliver, verdict, checksum, receive queues,
// transmit queues.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module csr_counters #(
    // Ports; bits of an index of each kind of counter.
    parameter integer PORTS = 2,
    parameter integer DELIVER_W = 5,
    parameter integer CHECKSUM_W = 3,
    parameter integer RX_QUEUE_W = 6,
    parameter integer TX_QUEUE_W = 6
) (
    input  wire                   clk,
    input  wire                   rst,

    // Events
    input  wire [PORTS-1:0]       port_rx_event_valid,
    input  wire [PORTS*3-1:0]     port_rx_event_result,
    input  wire [PORTS*14-1:0]    port_rx_event_bytes,
    input  wire [PORTS-1:0]       port_tx_event_valid,
    input  wire [PORTS*3-1:0]     port_tx_event_result,
    input  wire [PORTS*14-1:0]    port_tx_event_bytes,
    input  wire                   deliver_event_valid,
    input  wire [DELIVER_W-1:0]   deliver_event_index,
    input  wire [13:0]            deliver_event_bytes,
    input  wire                   verdict_event_valid,
    input  wire [DELIVER_W-1:0]   verdict_event_index,
    input  wire [13:0]            verdict_event_bytes,
    input  wire                   tx_checksum_event_valid,
    input  wire [CHECKSUM_W-1:0]  tx_checksum_event_index,
    input  wire [13:0]            tx_checksum_event_bytes,
    input  wire                   rx_queue_event_valid,
    input  wire [RX_QUEUE_W-1:0]  rx_queue_event_index,
    input  wire [13:0]            rx_queue_event_bytes,
    input  wire                   tx_queue_event_valid,
    input  wire [TX_QUEUE_W-1:0]  tx_queue_event_index,
    input  wire [13:0]            tx_queue_event_bytes,

    // Reads
    input  wire                   read_valid,
    input  wire [2*PORTS+4:0]     read_select,
    input  wire [2:0]             read_port_index,
    input  wire [DELIVER_W-1:0]   read_deliver_index,
    input  wire [CHECKSUM_W-1:0]  read_checksum_index,
    input  wire [RX_QUEUE_W-1:0]  read_rx_queue_index,
    input  wire [TX_QUEUE_W-1:0]  read_tx_queue_index,
    // 0: packets, 1: bytes
    input  wire                   read_unit,
    output wire                   read_done,
    output wire [63:0]            read_data,

    // An event or a read is on its way
    output wire                   busy
);

    localparam integer BANKS = 2 * PORTS + 5;

    reg               asked_reg; // the bank has taken the request
    wire [BANKS-1:0]  bank_valid;
    wire [BANKS-1:0]  bank_ready;
    wire [BANKS-1:0]  bank_done;
    wire [64*BANKS-1:0] bank_packets;
    wire [64*BANKS-1:0] bank_bytes;
    wire [BANKS-1:0]  bank_busy;
    reg               done_reg;
    reg [63:0]        data_reg;
    reg [63:0]        data_next;

    assign bank_valid = {BANKS{read_valid && !asked_reg}} & read_select;

    genvar g;
    generate
        for (g = 0; g < PORTS; g = g + 1) begin : port
            counter_bank #(.N(8)) rx_bank (
                .clk(clk), .rst(rst),
                .event_valid(port_rx_event_valid[g]),
                .event_index(port_rx_event_result[g*3 +: 3]),
                .event_bytes(port_rx_event_bytes[g*14 +: 14]),
                .read_valid(bank_valid[g]), .read_ready(bank_ready[g]),
                .read_index(read_port_index), .read_done(bank_done[g]),
                .busy(bank_busy[g]),
                .read_packets(bank_packets[g*64 +: 64]), .read_bytes(bank_bytes[g*64 +: 64])
            );
            counter_bank #(.N(8)) tx_bank (
                .clk(clk), .rst(rst),
                .event_valid(port_tx_event_valid[g]),
                .event_index(port_tx_event_result[g*3 +: 3]),
                .event_bytes(port_tx_event_bytes[g*14 +: 14]),
                .read_valid(bank_valid[PORTS+g]), .read_ready(bank_ready[PORTS+g]),
                .read_index(read_port_index), .read_done(bank_done[PORTS+g]),
                .busy(bank_busy[PORTS+g]),
                .read_packets(bank_packets[(PORTS+g)*64 +: 64]),
                .read_bytes(bank_bytes[(PORTS+g)*64 +: 64])
            );
        end
    endgenerate

    counter_bank #(.N(1 << DELIVER_W)) deliver_bank (
        .clk(clk), .rst(rst),
        .event_valid(deliver_event_valid), .event_index(deliver_event_index),
        .event_bytes(deliver_event_bytes),
        .read_valid(bank_valid[2*PORTS]), .read_ready(bank_ready[2*PORTS]),
        .read_index(read_deliver_index), .read_done(bank_done[2*PORTS]),
        .busy(bank_busy[2*PORTS]),
        .read_packets(bank_packets[(2*PORTS)*64 +: 64]),
        .read_bytes(bank_bytes[(2*PORTS)*64 +: 64])
    );

    counter_bank #(.N(1 << DELIVER_W)) verdict_bank (
        .clk(clk), .rst(rst),
        .event_valid(verdict_event_valid), .event_index(verdict_event_index),
        .event_bytes(verdict_event_bytes),
        .read_valid(bank_valid[2*PORTS+1]), .read_ready(bank_ready[2*PORTS+1]),
        .read_index(read_deliver_index), .read_done(bank_done[2*PORTS+1]),
        .busy(bank_busy[2*PORTS+1]),
        .read_packets(bank_packets[(2*PORTS+1)*64 +: 64]),
        .read_bytes(bank_bytes[(2*PORTS+1)*64 +: 64])
    );

    counter_bank #(.N(1 << CHECKSUM_W)) checksum_bank (
        .clk(clk), .rst(rst),
        .event_valid(tx_checksum_event_valid), .event_index(tx_checksum_event_index),
        .event_bytes(tx_checksum_event_bytes),
        .read_valid(bank_valid[2*PORTS+2]), .read_ready(bank_ready[2*PORTS+2]),
        .read_index(read_checksum_index), .read_done(bank_done[2*PORTS+2]),
        .busy(bank_busy[2*PORTS+2]),
        .read_packets(bank_packets[(2*PORTS+2)*64 +: 64]),
        .read_bytes(bank_bytes[(2*PORTS+2)*64 +: 64])
    );

    counter_bank #(.N(1 << RX_QUEUE_W)) rx_queue_bank (
        .clk(clk), .rst(rst),
        .event_valid(rx_queue_event_valid), .event_index(rx_queue_event_index),
        .event_bytes(rx_queue_event_bytes),
        .read_valid(bank_valid[2*PORTS+3]), .read_ready(bank_ready[2*PORTS+3]),
        .read_index(read_rx_queue_index), .read_done(bank_done[2*PORTS+3]),
        .busy(bank_busy[2*PORTS+3]),
        .read_packets(bank_packets[(2*PORTS+3)*64 +: 64]),
        .read_bytes(bank_bytes[(2*PORTS+3)*64 +: 64])
    );

    counter_bank #(.N(1 << TX_QUEUE_W)) tx_queue_bank (
        .clk(clk), .rst(rst),
        .event_valid(tx_queue_event_valid), .event_index(tx_queue_event_index),
        .event_bytes(tx_queue_event_bytes),
        .read_valid(bank_valid[2*PORTS+4]), .read_ready(bank_ready[2*PORTS+4]),
        .read_index(read_tx_queue_index), .read_done(bank_done[2*PORTS+4]),
        .busy(bank_busy[2*PORTS+4]),
        .read_packets(bank_packets[(2*PORTS+4)*64 +: 64]),
        .read_bytes(bank_bytes[(2*PORTS+4)*64 +: 64])
    );

    integer i;
    always @* begin
        data_next = 64'd0;
        for (i = 0; i < BANKS; i = i + 1) begin
            data_next = data_next | ({64{read_select[i]}} &
                (read_unit ? bank_bytes[i*64 +: 64] : bank_packets[i*64 +: 64]));
        end
    end

    always @(posedge clk) begin
        if (!read_valid || done_reg) begin
            asked_reg <= 1'b0;
        end else if (|(bank_valid & bank_ready)) begin
            asked_reg <= 1'b1;
        end
        done_reg <= |bank_done;
        if (|bank_done) begin
            data_reg <= data_next;
        end
        if (rst) begin
            asked_reg <= 1'b0;
            done_reg <= 1'b0;
        end
    end

    assign busy = |bank_busy || done_reg;
    assign read_done = done_reg;
    assign read_data = data_reg;

endmodule

`resetall
