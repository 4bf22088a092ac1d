// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Transmit completions that wait to be written, one a queue.
//
// A descriptor done OK replaces what waits for its queue, as a completion covers all descriptors
// before it; so does an error, behind which the next one of the queue waits until it is taken
// (and others behind that one). While an error waits at most one descriptor more is taken in.
// The queues are served round robin, one in two clocks; where nothing waited before, the first is
// offered three clocks behind its descriptor. tx_done_ready comes from a register. One is chosen only in
// a clock in which there is room and none is offered: so between two there is a clock for others.

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

    // There is room behind this for one
    input  wire               room,

    // The next completion; index and status stand there in the clock behind out_take
    output wire               out_valid,
    input  wire               out_take,
    output wire [QUEUE_W-1:0] out_queue,
    output wire [15:0]        out_index,
    output wire [3:0]         out_status,

    // 1: one is inside
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
reg [19:0] out_entry_reg;
reg out_valid_reg;
reg [QUEUE_W-1:0] out_queue_reg;
reg [QUEUE_W-1:0] next_queue_reg;

// Queues behind the last one served, then the others
wire [QUEUES-1:0] ahead = is_waiting & ({{(QUEUES-1){1'b1}}, 1'b0} << out_queue_reg);
// The choice is a clock old: of a queue that has been served meanwhile nothing waits
wire pick = room && is_waiting[next_queue_reg] && !out_valid_reg;

// The descriptor that has come. It stays while an error of its queue waits; so none comes in the clock
// behind an error, nor while any waits.
reg ready_reg;
reg in_valid_reg;
reg in_error_reg;
reg [QUEUE_W-1:0] in_queue_reg;
reg [19:0] in_entry_reg;
wire blocked = is_error[in_queue_reg];
wire accept = in_valid_reg && !blocked;

assign tx_done_ready = ready_reg;
assign out_valid = out_valid_reg;
assign out_queue = out_queue_reg;
assign {out_status, out_index} = out_entry_reg;

always @(posedge clk) begin
    if (ready_reg) begin
        in_queue_reg <= tx_done_gq;
        in_entry_reg <= {tx_done_status, tx_done_index};
        in_error_reg <= tx_done_status != 4'd0;
    end
    in_valid_reg <= (tx_done_valid && ready_reg) || (in_valid_reg && blocked);
    ready_reg <= is_error == {QUEUES{1'b0}} && !(in_valid_reg && in_error_reg);
    if (accept)
        entries[in_queue_reg] <= in_entry_reg;
    out_entry_reg <= entries[out_queue_reg];
    if (rst) begin
        in_valid_reg <= 1'b0;
        ready_reg <= 1'b0;
    end
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
        reg error_reg;                  // what waits is an error
        wire accepted = accept && in_queue_reg == Q;
        wire taken = out_take && out_queue_reg == Q;

        always @(posedge clk) begin
            waiting_reg <= accepted || (waiting_reg && !taken);
            error_reg <= (accepted && in_error_reg) || (error_reg && !taken);
            if (rst) begin
                waiting_reg <= 1'b0;
                error_reg <= 1'b0;
            end
        end

        assign is_waiting[g] = waiting_reg;
        assign is_error[g] = error_reg;
        assign waiting[g] = waiting_reg || (in_valid_reg && in_queue_reg == Q);
    end
endgenerate

`ifdef FORMAL
// Of one queue, any: what is taken is what was accepted for it last, once; an error is not replaced.
// What comes stays until it is accepted. Once it waits, at most QUEUES - 1 completions of others are
// picked before its own, and one is picked when the output has been free for two clocks with room.
reg f_past_reg = 1'b0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
reg [19:0] f_entry_reg;
reg f_waited_reg;                       // it waited in the clock before, and was not taken
reg [QUEUE_W:0] f_passed_reg;           // picked before it
reg [1:0] f_idle_reg;
reg f_taken_reg;                        // taken in the clock before,
reg [19:0] f_before_reg;                // and what had been accepted before that
reg f_offered_reg;                      // one of any queue was offered in the clock before, and not taken
reg f_room_reg;                         // none was, and there was room
reg f_held_reg;                         // came in the clock before, or has not been accepted in it
reg [QUEUE_W+19:0] f_in_reg;
wire f_waits = is_waiting[f_queue];
wire f_out = out_valid_reg && out_queue_reg == f_queue;
wire f_accept = accept && in_queue_reg == f_queue;
// Queues between the last one served and it, or the one that is next
wire [QUEUE_W-1:0] f_place = f_queue - out_queue_reg - 1'b1;
wire [QUEUE_W-1:0] f_next = next_queue_reg - out_queue_reg - 1'b1;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    if (f_accept)
        f_entry_reg <= in_entry_reg;
    f_taken_reg <= f_out && out_take && !rst;
    f_before_reg <= f_entry_reg;
    f_offered_reg <= out_valid && !out_take;
    f_room_reg <= room && !out_valid;
    f_held_reg <= ((tx_done_valid && tx_done_ready) || (in_valid_reg && !accept)) && !rst;
    f_in_reg <= tx_done_valid && tx_done_ready ? {tx_done_gq, tx_done_status, tx_done_index} : {in_queue_reg, in_entry_reg};
    f_waited_reg <= f_waits && !(f_out && out_take) && !rst;
    f_passed_reg <= !f_waits || f_out || rst ? {QUEUE_W+1{1'b0}} :
                    f_passed_reg + {{QUEUE_W{1'b0}}, pick && next_queue_reg != f_queue};
    f_idle_reg <= f_waits && !out_valid_reg && !rst ? f_idle_reg + {1'b0, room} : 2'd0;
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    assume (!out_take || out_valid);
    if (f_past_reg) begin
        if (f_out)
            assert (f_waits);
        if (f_taken_reg)
            assert ({out_status, out_index} == f_before_reg);
        assert (!(f_held_reg && !(in_valid_reg && {in_queue_reg, in_entry_reg} == f_in_reg)));
        assert (!out_valid_reg || f_offered_reg || f_room_reg);
        assert (!(f_accept && f_waits && f_entry_reg[19:16] != 4'd0));
        assert ({1'b0, f_passed_reg} < QUEUES);
        assert (f_idle_reg < 2'd2 || out_valid_reg);

        // What holds always
        assert (!out_valid_reg || is_waiting[out_queue_reg]);
        if (f_waits)
            assert (entries[f_queue] == f_entry_reg);
        assert (is_error[f_queue] == (f_waits && f_entry_reg[19:16] != 4'd0));
        // None comes to one that stays
        assert (!(in_valid_reg && ready_reg) || !is_error[in_queue_reg]);
        assert (!in_valid_reg || in_error_reg == (in_entry_reg[19:16] != 4'd0));
        assert (f_passed_reg == 0 || (f_waits && f_waited_reg));
        if (f_passed_reg != 0 && !f_out)
            assert ({1'b0, f_passed_reg} + {2'd0, f_place} < QUEUES);
        if (f_waits && f_waited_reg && !out_valid_reg)
            assert (f_next <= f_place);
        assert (f_idle_reg == 2'd0 || f_waited_reg);
        if (f_idle_reg != 2'd0 && !out_valid_reg)
            assert (is_waiting[next_queue_reg]);
        cover (f_out && out_take && f_passed_reg == 0 && in_valid_reg && blocked);
        cover (accept && tx_done_valid && tx_done_ready);
        cover (f_passed_reg == QUEUES - 1);
    end
end
`endif

endmodule

`resetall
