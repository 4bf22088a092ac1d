// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Transmit completions that wait to be written, one a queue.
//
// A descriptor done OK replaces what waits for its queue, as a completion covers all descriptors
// before it; so does an error, behind which the next one of the queue waits until it is taken
// (and others behind that one). The queues are served round robin, one in two clocks;
// where nothing waited before, the first is offered two clocks behind its descriptor.

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

`ifdef FORMAL
// Of one queue, any: what is taken is what was accepted for it last, once; an error is not replaced.
// Once it waits, at most QUEUES - 1 completions of others are picked before its own, and one is picked
// when the output has been free for two clocks.
reg f_past_reg = 1'b0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
reg [19:0] f_entry_reg;
reg f_waited_reg;                       // it waited in the clock before, and was not taken
reg [QUEUE_W:0] f_passed_reg;           // picked before it
reg [1:0] f_idle_reg;
wire f_waits = is_waiting[f_queue];
wire f_out = out_valid_reg && out_queue_reg == f_queue;
wire f_accept = accept && tx_done_gq == f_queue;
// Queues between the last one served and it, or the one that is next
wire [QUEUE_W-1:0] f_place = f_queue - out_queue_reg - 1'b1;
wire [QUEUE_W-1:0] f_next = next_queue_reg - out_queue_reg - 1'b1;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    if (f_accept)
        f_entry_reg <= {tx_done_status, tx_done_index};
    f_waited_reg <= f_waits && !(f_out && out_take) && !rst;
    f_passed_reg <= !f_waits || f_out || rst ? {QUEUE_W+1{1'b0}} :
                    f_passed_reg + {{QUEUE_W{1'b0}}, pick && next_queue_reg != f_queue};
    f_idle_reg <= f_waits && !out_valid_reg && !rst ? f_idle_reg + 2'd1 : 2'd0;
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    assume (!out_take || out_valid);
    if (f_past_reg) begin
        if (f_out)
            assert (f_waits && {out_status, out_index} == f_entry_reg);
        assert (!(f_accept && f_waits && f_entry_reg[19:16] != 4'd0));
        assert ({1'b0, f_passed_reg} < QUEUES);
        assert (f_idle_reg < 2'd2 || out_valid_reg);

        // What holds always
        assert (!out_valid_reg || is_waiting[out_queue_reg]);
        if (f_waits)
            assert (entries[f_queue] == f_entry_reg && is_error[f_queue] == (f_entry_reg[19:16] != 4'd0));
        assert (f_passed_reg == 0 || (f_waits && f_waited_reg));
        if (f_passed_reg != 0 && !f_out)
            assert ({1'b0, f_passed_reg} + {2'd0, f_place} < QUEUES);
        if (f_waits && f_waited_reg && !out_valid_reg)
            assert (f_next <= f_place);
        assert (f_idle_reg == 2'd0 || f_waited_reg);
        if (f_idle_reg != 2'd0 && !out_valid_reg)
            assert (is_waiting[next_queue_reg]);
        cover (f_out && out_take && f_passed_reg == 0 && tx_done_status != 4'd0);
        cover (f_passed_reg == QUEUES - 1);
    end
end
`endif

endmodule

`resetall
