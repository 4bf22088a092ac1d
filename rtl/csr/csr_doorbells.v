// SPDX-License-Identifier: BSD-3-Clause
//
// The doorbell page of every network function: a write rings once and is kept to be read back.
//
// write lasts one clock and rings in the next one; number, arm and write_data are valid with it.
// read_data follows number and arm by one clock. Everything reads 0 after reset.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module csr_doorbells #(
    // Queues of all functions, receive and transmit.
    parameter integer RX_QUEUES = 8,
    parameter integer TX_QUEUES = 8
) (
    input  wire                                   clk,
    input  wire                                   rst,

    // Receive queues are numbered from 0, transmit queues follow
    input  wire                                   write,
    input  wire [$clog2(RX_QUEUES+TX_QUEUES)-1:0] number,
    // 0: the tail, 1: the interrupt request
    input  wire                                   arm,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [31:0]                            write_data,
    /* verilator lint_on UNUSEDSIGNAL */
    output wire [31:0]                            read_data,

    output wire                                   rx_doorbell_valid,
    output wire [$clog2(RX_QUEUES)-1:0]           rx_doorbell_queue,
    output wire [15:0]                            rx_doorbell_tail,
    output wire                                   tx_doorbell_valid,
    output wire [$clog2(TX_QUEUES)-1:0]           tx_doorbell_queue,
    output wire [15:0]                            tx_doorbell_tail,
    output wire                                   arm_write_valid,
    output wire [$clog2(RX_QUEUES+TX_QUEUES)-1:0] arm_write_queue,
    output wire [15:0]                            arm_write_seen
);

    localparam integer QUEUE_W = $clog2(RX_QUEUES + TX_QUEUES);
    localparam integer WORDS = 2 << QUEUE_W;
    localparam [QUEUE_W:0] RX_QUEUES_SIZED = RX_QUEUES[QUEUE_W:0];

    // bit 16: the request bit
    reg [16:0]        ram [0:WORDS-1];
    reg [WORDS-1:0]   known_reg;
    reg [16:0]        read_reg;
    reg               read_known_reg;
    reg               rx_valid_reg;
    reg               tx_valid_reg;
    reg               arm_valid_reg;
    reg [QUEUE_W-1:0] number_reg;
    reg [$clog2(TX_QUEUES)-1:0] tx_queue_reg;
    reg [15:0]        count_reg;

    wire [QUEUE_W:0]  word = {number, arm};
    wire              is_tx = {1'b0, number} >= RX_QUEUES_SIZED;
    wire [QUEUE_W:0]  tx_queue = {1'b0, number} - RX_QUEUES_SIZED;

    always @(posedge clk) begin
        read_reg <= ram[word];
        read_known_reg <= known_reg[word];
        rx_valid_reg <= write && !arm && !is_tx;
        tx_valid_reg <= write && !arm && is_tx;
        arm_valid_reg <= write && arm;
        if (write) begin
            ram[word] <= {arm && write_data[31], write_data[15:0]};
            known_reg[word] <= 1'b1;
            number_reg <= number;
            tx_queue_reg <= tx_queue[$clog2(TX_QUEUES)-1:0];
            count_reg <= write_data[15:0];
        end
        if (rst) begin
            known_reg <= {WORDS{1'b0}};
            rx_valid_reg <= 1'b0;
            tx_valid_reg <= 1'b0;
            arm_valid_reg <= 1'b0;
        end
    end

    assign read_data = read_known_reg ? {read_reg[16], 15'd0, read_reg[15:0]} : 32'd0;
    assign rx_doorbell_valid = rx_valid_reg;
    assign rx_doorbell_queue = number_reg[$clog2(RX_QUEUES)-1:0];
    assign rx_doorbell_tail = count_reg;
    assign tx_doorbell_valid = tx_valid_reg;
    assign tx_doorbell_queue = tx_queue_reg;
    assign tx_doorbell_tail = count_reg;
    assign arm_write_valid = arm_valid_reg;
    assign arm_write_queue = number_reg;
    assign arm_write_seen = count_reg;

    /* verilator lint_off UNUSEDSIGNAL */
    wire unused = &{1'b0, tx_queue};
    /* verilator lint_on UNUSEDSIGNAL */

endmodule

`resetall
