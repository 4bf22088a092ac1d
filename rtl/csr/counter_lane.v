// SPDX-License-Identifier: BSD-3-Clause
//
// One half of the counters of a counter_bank: a RAM of N words, and an adder with its hazards.
//
// The bank steers it: `read` fetches the word of read_index; in the next clock `add` adds the
// increment to it; in the clock after that sum and carry are valid and `write` stores sum to
// write_index. An operation may start every clock. A word that an operation finds one or two clocks
// after another operation on it is not yet in the RAM: from_sum and from_previous, with `add`, say
// so. known is 0 while the RAM's word has never been written: it counts as 0.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module counter_lane #(
    // Words.
    parameter integer N = 8,
    // Bits of an index, of a word, of an increment (at most W).
    parameter integer INDEX_W = 3,
    parameter integer W = 32,
    parameter integer INCREMENT_W = 1
) (
    input  wire                   clk,

    // First clock
    input  wire                   read,
    input  wire [INDEX_W-1:0]     read_index,
    // Second clock
    input  wire                   add,
    input  wire                   known,
    input  wire                   from_sum,
    input  wire                   from_previous,
    input  wire [INCREMENT_W-1:0] increment,
    // Third clock
    input  wire                   write,
    input  wire [INDEX_W-1:0]     write_index,
    output wire [W-1:0]           sum,
    output wire                   carry,
    // Fourth clock: the sum again
    output wire [W-1:0]           previous
);

    reg [W-1:0] ram [0:N-1];
    reg [W-1:0] ram_data_reg;
    reg [W:0]   sum_reg;
    reg [W-1:0] previous_reg;

    reg [W-1:0] base;

    always @* begin
        if (from_sum) begin
            base = sum_reg[W-1:0];
        end else if (from_previous) begin
            base = previous_reg;
        end else if (known) begin
            base = ram_data_reg;
        end else begin
            base = {W{1'b0}};
        end
    end

    always @(posedge clk) begin
        if (read) begin
            ram_data_reg <= ram[read_index];
        end
        if (add) begin
            sum_reg <= {1'b0, base} + {{(W + 1 - INCREMENT_W){1'b0}}, increment};
        end
        if (write) begin
            ram[write_index] <= sum_reg[W-1:0];
            previous_reg <= sum_reg[W-1:0];
        end
    end

    assign sum = sum_reg[W-1:0];
    assign carry = sum_reg[W];
    assign previous = previous_reg;

endmodule

`resetall
