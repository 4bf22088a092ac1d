// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A FIFO of a few words in distributed RAM. The oldest word stands in a register at the output.
//
// No stall: a word a clock in and out. Latency: 2 clocks. Every word is taken, so the source keeps to
// room: when it is 1, MARGIN words fit, counted from the clock before the one in which it is seen, so
// a word taken in that clock is one of them.

module dma_fifo_short #
(
    // Bits of a word
    parameter integer WIDTH = 32,
    // Words in the memory, a power of two, 4 or more
    parameter integer DEPTH = 16,
    // Free words that room promises, 1 to DEPTH - 1
    parameter integer MARGIN = 4
)
(
    input  wire             clk,
    input  wire             rst,

    // Input
    input  wire [WIDTH-1:0] in_data,
    input  wire             in_valid,
    output wire             room,

    // Output
    output wire [WIDTH-1:0] out_data,
    output wire             out_valid,
    input  wire             out_ready,

    // 1: holds nothing
    output wire             empty
);

localparam integer A = $clog2(DEPTH);

(* no_rw_check *) reg [WIDTH-1:0] mem[DEPTH-1:0];   // the word read is never the one written
reg [A-1:0] write_reg;
reg [A-1:0] read_reg;
reg [A:0] level_reg;        // words in the memory
reg stored_reg;             // there are some
reg room_reg;
reg out_valid_reg;
reg [WIDTH-1:0] out_data_reg;

wire move = !out_valid_reg || out_ready;
wire read = stored_reg && move;

assign room = room_reg;
assign out_data = out_data_reg;
assign out_valid = out_valid_reg;
assign empty = !stored_reg && !out_valid_reg;

always @(posedge clk) begin
    if (in_valid)
        mem[write_reg] <= in_data;
    // Loaded also when there is nothing: it counts when it is valid
    if (move)
        out_data_reg <= mem[read_reg];
end

always @(posedge clk) begin
    if (in_valid)
        write_reg <= write_reg + 1'b1;
    if (read)
        read_reg <= read_reg + 1'b1;
    if (in_valid != read)
        level_reg <= in_valid ? level_reg + 1'b1 : level_reg - 1'b1;
    stored_reg <= in_valid || (stored_reg && !(move && level_reg == {{A{1'b0}}, 1'b1}));
    out_valid_reg <= stored_reg || (out_valid_reg && !out_ready);
    room_reg <= {1'b0, level_reg} <= DEPTH[A+1:0] - MARGIN[A+1:0];
    if (rst) begin
        write_reg <= {A{1'b0}};
        read_reg <= {A{1'b0}};
        level_reg <= {(A+1){1'b0}};
        stored_reg <= 1'b0;
        room_reg <= 1'b0;
        out_valid_reg <= 1'b0;
    end
end

`ifdef FORMAL
// From a source that keeps to room no word is lost, doubled or out of order: the word taken as number
// f_tag leaves as number f_tag, unchanged. The output is stable while it waits. Words always reach it.
localparam integer F_W = A + 3;
reg f_past_reg = 1'b0;
reg [F_W-1:0] f_taken_reg;
reg [F_W-1:0] f_given_reg;
(* anyconst *) reg [F_W-1:0] f_tag;
reg [WIDTH-1:0] f_value_reg;
reg f_wrote_reg;                        // a word was taken in the clock before
reg [F_W-1:0] f_used_reg;               // words taken since room, MARGIN at most
reg f_waiting_reg;
wire f_give = out_valid && out_ready;
wire [F_W-1:0] f_inside = f_taken_reg - f_given_reg;
wire [F_W-1:0] f_place = f_tag - f_given_reg;   // words in front of the tagged one
wire [F_W-1:0] f_level = {{F_W-A-1{1'b0}}, level_reg};
wire [F_W-1:0] f_front = {{F_W-1{1'b0}}, out_valid_reg};
wire [F_W-1:0] f_behind = f_place - f_front;
wire [A-1:0] f_address = read_reg + f_behind[A-1:0];
wire [F_W-1:0] f_used = room_reg ? {{F_W-1{1'b0}}, f_wrote_reg} : f_used_reg;

initial assume (rst);

always @(posedge clk) begin
    assume (!in_valid || f_used < MARGIN);
    f_past_reg <= 1'b1;
    f_taken_reg <= f_taken_reg + {{F_W-1{1'b0}}, in_valid};
    f_given_reg <= f_given_reg + {{F_W-1{1'b0}}, f_give};
    if (in_valid && f_taken_reg == f_tag)
        f_value_reg <= in_data;
    f_wrote_reg <= in_valid;
    f_used_reg <= f_used + {{F_W-1{1'b0}}, in_valid};
    f_waiting_reg <= f_inside != 0 && !out_valid;
    if (rst) begin
        f_taken_reg <= {F_W{1'b0}};
        f_given_reg <= {F_W{1'b0}};
        f_wrote_reg <= 1'b0;
        f_used_reg <= MARGIN;
        f_waiting_reg <= 1'b0;
    end

    if (f_past_reg) begin
        assert (f_level <= DEPTH);
        assert (level_reg[A-1:0] == write_reg - read_reg && stored_reg == (level_reg != 0));
        assert (f_inside == f_level + f_front);
        assert (empty == (f_inside == 0));
        if (f_place < f_inside) begin
            if (f_place == 0 && out_valid_reg)
                assert (out_data == f_value_reg);
            else
                assert (mem[f_address] == f_value_reg);
        end
        if ($past(out_valid && !out_ready && !rst)) begin
            assert (out_valid);
            assert ($stable(out_data));
        end
        assert (f_used <= MARGIN);
        assert (f_used >= MARGIN || f_level + MARGIN <= DEPTH + f_used);
        // One clock from the memory to the output.
        assert (!f_waiting_reg || out_valid_reg);
        cover (f_level == DEPTH);
        cover (in_valid && f_give && $past(in_valid && f_give) && $past(in_valid && f_give, 2));
    end
end
`endif

endmodule

`resetall
