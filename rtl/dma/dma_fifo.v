// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A FIFO of words whose oldest word stands in a register at the output: behind the memory's own, as
// that of a block RAM is too late to be used in the same clock.
//
// No stall: a word a clock in and out. Latency: 3 clocks. in_ready 0: full, or about to be; the word
// is not taken.
// room is for pipes that cannot stop at once: MARGIN words fit, counted from the clock before the one
// in which it is seen, so a word taken in that clock is one of them.

module dma_fifo #
(
    // Bits of a word
    parameter integer WIDTH = 32,
    // Words held and one more, a power of two, 4 or more
    parameter integer DEPTH = 16,
    // Free words that room promises, 1 to DEPTH - 2
    parameter integer MARGIN = 4
)
(
    input  wire             clk,
    input  wire             rst,

    // Input
    input  wire [WIDTH-1:0] in_data,
    input  wire             in_valid,
    output wire             in_ready,
    output wire             room,

    // Output
    output wire [WIDTH-1:0] out_data,
    output wire             out_valid,
    input  wire             out_ready,

    // 1: holds nothing
    output wire             empty
);

localparam integer A = $clog2(DEPTH);
// The word written meanwhile fits, too, and the place behind it stays free: what comes is written there
// before it is known whether it is taken, as the enable of so wide a memory stands far away
localparam [31:0] READY = DEPTH - 3;
localparam [31:0] ROOM = DEPTH - MARGIN - 2;

(* no_rw_check *) reg [WIDTH-1:0] mem[DEPTH-1:0];   // the word read is never the one written
reg [A-1:0] write_reg;
reg [A-1:0] read_reg;
reg [A-1:0] read_next_reg;  // one more
reg mid_valid_reg;
reg [WIDTH-1:0] mid_data_reg;
reg out_valid_reg;
reg [WIDTH-1:0] out_data_reg;

// For the enables of the words, which are wide, and nothing else hangs behind them: nothing in out_data,
// and nothing there or nothing in mid_data. Each is one LUT behind out_ready, which comes late.
reg out_free_reg;
reg mid_free_reg;
reg stored_reg;             // words are in the memory
// How many words more until ready, and room, end: below 0 when they have. Counted a clock late, so that
// no sum waits for out_ready.
reg wrote_reg;
reg took_reg;
reg [A:0] ready_reg;
reg [A:0] room_reg;

wire write = in_valid && in_ready;
wire out_stays = out_valid_reg && !out_ready;
wire mid_stays = mid_valid_reg && out_stays;
wire read = stored_reg && !mid_stays;
wire [A:0] change = {{A{wrote_reg && !took_reg}}, wrote_reg != took_reg};

assign in_ready = !ready_reg[A];
assign room = !room_reg[A];
assign out_data = out_data_reg;
assign out_valid = out_valid_reg;
assign empty = !stored_reg && !mid_valid_reg && !out_valid_reg;

always @(posedge clk) begin
    if (in_valid)
        mem[write_reg] <= in_data;
    // Read, and handed on, also when there is nothing: it counts when it is valid
    if (mid_free_reg || out_ready)
        mid_data_reg <= mem[read_reg];
    if (out_free_reg || out_ready)
        out_data_reg <= mid_data_reg;
end

always @(posedge clk) begin
    if (write)
        write_reg <= write_reg + 1'b1;
    if (read) begin
        read_reg <= read_next_reg;
        read_next_reg <= read_next_reg + 1'b1;
    end
    stored_reg <= write || (stored_reg && !(read && read_next_reg == write_reg));
    mid_valid_reg <= stored_reg || mid_stays;
    out_valid_reg <= mid_valid_reg || out_stays;
    mid_free_reg <= !(stored_reg || mid_stays) || !(mid_valid_reg || out_stays);
    out_free_reg <= !(mid_valid_reg || out_stays);
    wrote_reg <= write;
    took_reg <= read;
    ready_reg <= ready_reg + change;
    room_reg <= room_reg + change;
    if (rst) begin
        write_reg <= {A{1'b0}};
        read_reg <= {A{1'b0}};
        read_next_reg <= {{(A-1){1'b0}}, 1'b1};
        wrote_reg <= 1'b0;
        took_reg <= 1'b0;
        stored_reg <= 1'b0;
        mid_valid_reg <= 1'b0;
        out_valid_reg <= 1'b0;
        mid_free_reg <= 1'b1;
        out_free_reg <= 1'b1;
        ready_reg <= READY[A:0];
        room_reg <= ROOM[A:0];
    end
end

`ifdef FORMAL
// No loss, no duplication, no disorder: the word taken as number f_tag leaves as number f_tag,
// unchanged. The output is stable while it waits. Words always reach the output. What room says
// holds: from the clock before it was last 1, MARGIN words are taken whenever they come.
localparam integer F_W = A + 3;
reg f_past_reg = 1'b0;
reg [F_W-1:0] f_taken_reg;
reg [F_W-1:0] f_given_reg;
(* anyconst *) reg [F_W-1:0] f_tag;
reg [WIDTH-1:0] f_value_reg;
reg f_wrote_reg;                        // a word was taken in the clock before
reg [F_W-1:0] f_used_reg;               // words taken since room, MARGIN at most
reg [1:0] f_waiting_reg;
wire f_give = out_valid && out_ready;
wire [F_W-1:0] f_inside = f_taken_reg - f_given_reg;
wire [F_W-1:0] f_place = f_tag - f_given_reg;   // words in front of the tagged one
wire [F_W-1:0] f_front = {{F_W-1{1'b0}}, out_valid_reg} + {{F_W-1{1'b0}}, mid_valid_reg};
wire [F_W-1:0] f_level = f_inside - f_front;     // words in the memory
wire [F_W-1:0] f_counted = f_level - {{F_W-1{1'b0}}, wrote_reg} + {{F_W-1{1'b0}}, took_reg};
wire [F_W-1:0] f_behind = f_place - f_front;
wire [A-1:0] f_address = read_reg + f_behind[A-1:0];
wire [F_W-1:0] f_used = room ? {{F_W-1{1'b0}}, f_wrote_reg} : f_used_reg;

initial assume (rst);

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_taken_reg <= f_taken_reg + {{F_W-1{1'b0}}, write};
    f_given_reg <= f_given_reg + {{F_W-1{1'b0}}, f_give};
    if (write && f_taken_reg == f_tag)
        f_value_reg <= in_data;
    f_wrote_reg <= write;
    f_used_reg <= f_used + {{F_W-1{1'b0}}, write && f_used < MARGIN};
    f_waiting_reg <= f_inside != 0 && !out_valid ? f_waiting_reg + 2'd1 : 2'd0;
    if (rst) begin
        f_taken_reg <= {F_W{1'b0}};
        f_given_reg <= {F_W{1'b0}};
        f_wrote_reg <= 1'b0;
        f_used_reg <= MARGIN;
        f_waiting_reg <= 2'd0;
    end

    if (f_past_reg) begin
        assert (f_level < DEPTH);
        assert (stored_reg == (f_level != 0));
        assert (ready_reg == READY[A:0] - f_counted[A:0] && room_reg == ROOM[A:0] - f_counted[A:0]);
        assert (f_counted < DEPTH);
        assert (f_level[A-1:0] == write_reg - read_reg && read_next_reg == read_reg + 1'b1);
        assert (out_free_reg == !out_valid_reg && mid_free_reg == !(mid_valid_reg && out_valid_reg));
        assert (!in_ready || f_level < DEPTH - 1);
        assert (f_inside >= f_front);
        assert (empty == (f_inside == 0));
        if (f_place < f_inside) begin
            if (f_place == 0 && out_valid_reg)
                assert (out_data == f_value_reg);
            else if (f_place < f_front)
                assert (mid_data_reg == f_value_reg);
            else
                assert (mem[f_address] == f_value_reg);
        end
        if ($past(out_valid && !out_ready && !rst)) begin
            assert (out_valid);
            assert ($stable(out_data));
        end
        assert (f_used <= MARGIN);
        assert (f_used >= MARGIN || f_level + MARGIN < DEPTH - 1 + f_used);
        assert (f_used >= MARGIN || in_ready);
        // Two clocks from the memory to the output.
        assert (f_waiting_reg <= 2'd2);
        assert (f_waiting_reg < 2'd2 || out_valid_reg);
        cover (f_inside == DEPTH + 1);
        cover (write && f_give && $past(write && f_give) && $past(write && f_give, 2));
        cover (f_used == MARGIN - 1 && f_level == DEPTH - 3 && !room);
    end
end
`endif

endmodule

`resetall
