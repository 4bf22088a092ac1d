// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Transmit completions that wait to be written, one a queue.
//
// A descriptor done OK replaces what waits for its queue, as a completion covers all descriptors
// before it; so does an error, behind which the next one of the queue waits until it is taken
// (and others behind that one). The queues are served round robin, one in two clocks.

module completion_tx #
(
    // Queues in all
    parameter integer QUEUES = 8,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3
)
(
    input  wire               clk,
    input  wire               rst,

    // Descriptors done; status is a completion_status_e
    input  wire               tx_done_valid,
    output wire               tx_done_ready,
    input  wire [QUEUE_W-1:0] tx_done_gq,
    input  wire [15:0]        tx_done_index,
    input  wire [3:0]         tx_done_status,

    // The next completion; it may still change until it is taken
    output wire               out_valid,
    input  wire               out_take,
    output wire [QUEUE_W-1:0] out_queue,
    output wire [15:0]        out_index,
    output wire [3:0]         out_status,

    // 1: one waits
    output wire [QUEUES-1:0]  waiting
);

// First of a set of queues
function [QUEUE_W-1:0] lowest(input [QUEUES-1:0] set);
    integer i;
    begin
        lowest = {QUEUE_W{1'b0}};
        for (i = QUEUES - 1; i >= 0; i = i - 1)
            if (set[i])
                lowest = i[QUEUE_W-1:0];
    end
endfunction

wire [QUEUES-1:0] is_waiting;
wire [QUEUES-1:0] is_error;
reg [19:0] entries[QUEUES-1:0];
reg out_valid_reg;
reg [QUEUE_W-1:0] out_queue_reg;
reg [QUEUE_W-1:0] next_queue_reg;

// Queues behind the last one served, then the others
wire [QUEUES-1:0] ahead = is_waiting & ({{(QUEUES-1){1'b1}}, 1'b0} << out_queue_reg);
// The choice is a clock old: of a queue that has been served meanwhile nothing waits
wire pick = is_waiting[next_queue_reg] && !out_valid_reg;
wire accept = tx_done_valid && tx_done_ready;

assign tx_done_ready = !(is_waiting[tx_done_gq] && is_error[tx_done_gq]);
assign out_valid = out_valid_reg;
assign out_queue = out_queue_reg;
assign {out_status, out_index} = entries[out_queue_reg];
assign waiting = is_waiting;

always @(posedge clk) begin
    if (accept)
        entries[tx_done_gq] <= {tx_done_status, tx_done_index};
end

always @(posedge clk) begin
    next_queue_reg <= |ahead ? lowest(ahead) : lowest(is_waiting);
    if (pick)
        out_queue_reg <= next_queue_reg;
    out_valid_reg <= pick || (out_valid_reg && !out_take);
    if (rst) begin
        out_valid_reg <= 1'b0;
        out_queue_reg <= {QUEUE_W{1'b0}};
        next_queue_reg <= {QUEUE_W{1'b0}};
    end
end

genvar g;
generate
    for (g = 0; g < QUEUES; g = g + 1) begin : queue
        localparam [QUEUE_W-1:0] Q = g;
        reg waiting_reg;
        reg error_reg;

        always @(posedge clk) begin
            if (accept && tx_done_gq == Q)
                error_reg <= tx_done_status != 4'd0;
            waiting_reg <= (accept && tx_done_gq == Q) || (waiting_reg && !(out_take && out_queue_reg == Q));
            if (rst)
                waiting_reg <= 1'b0;
        end

        assign is_waiting[g] = waiting_reg;
        assign is_error[g] = error_reg;
    end
endgenerate

endmodule

`resetall
