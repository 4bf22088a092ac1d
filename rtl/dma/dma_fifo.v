// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A FIFO of words whose oldest word stands in a register at the output: behind the memory's own, as
// that of a block RAM is too late to be used in the same clock.
//
// No stall: a word a clock in and out. Latency: 3 clocks. in_ready 0: full, or about to be; the word
// is not taken.
// room says a clock late whether MARGIN words fit: for pipes that cannot stop at once.

module dma_fifo #
(
    // Bits of a word
    parameter integer WIDTH = 32,
    // Words held, a power of two, 4 or more
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

reg [WIDTH-1:0] mem[DEPTH-1:0];
reg [A:0] write_reg;
reg [A:0] read_reg;
reg room_reg;
reg ready_reg;
reg mid_valid_reg;
reg [WIDTH-1:0] mid_data_reg;
reg out_valid_reg;
reg [WIDTH-1:0] out_data_reg;

wire [A:0] level = write_reg - read_reg;
wire stored = write_reg != read_reg;
wire write = in_valid && in_ready;
wire move = !out_valid_reg || out_ready;
wire read = stored && (!mid_valid_reg || move);

assign in_ready = ready_reg;
assign room = room_reg;
assign out_data = out_data_reg;
assign out_valid = out_valid_reg;
assign empty = !stored && !mid_valid_reg && !out_valid_reg;

always @(posedge clk) begin
    if (write)
        mem[write_reg[A-1:0]] <= in_data;
    if (read)
        mid_data_reg <= mem[read_reg[A-1:0]];
    if (mid_valid_reg && move)
        out_data_reg <= mid_data_reg;
end

always @(posedge clk) begin
    if (write)
        write_reg <= write_reg + 1'b1;
    if (read)
        read_reg <= read_reg + 1'b1;
    mid_valid_reg <= stored || (mid_valid_reg && !move);
    out_valid_reg <= mid_valid_reg || (out_valid_reg && !out_ready);
    // level is the clock's before: the word written now counts as one more.
    ready_reg <= {1'b0, level} < DEPTH[A+1:0] - {{(A+1){1'b0}}, 1'b1};
    room_reg <= {1'b0, level} < DEPTH[A+1:0] - MARGIN[A+1:0];
    if (rst) begin
        write_reg <= {(A+1){1'b0}};
        read_reg <= {(A+1){1'b0}};
        out_valid_reg <= 1'b0;
        ready_reg <= {1'b0, level} < DEPTH[A+1:0] - {{(A+1){1'b0}}, 1'b1};
    room_reg <= 1'b0;
    end
end

endmodule

`resetall
