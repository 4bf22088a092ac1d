// SPDX-License-Identifier: BSD-3-Clause
//
// The Toeplitz hash of a frame's words, a word a clock.
//
// `start` sets the hash to 0, `rewind` goes back to the key's first word; 4 clocks behind it words
// may come. A word that comes is in `hash` two clocks later. The key is in a block RAM of its own,
// which is written a word at a time; a word that is written while it is read comes out as anything.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module toeplitz_hash (
    input  wire        clk,
    input  wire        rst,

    // The keys: word w of function f at address 16 f + w, the key's first bit on top
    input  wire        key_write_valid,
    input  wire [7:0]  key_write_address,
    input  wire [31:0] key_write_data,

    // Begin with this function's key
    input  wire        rewind,
    input  wire [3:0]  rewind_function,

    input  wire        start,
    // A word of the key is used up; with word_valid the word counts
    input  wire        word_step,
    input  wire        word_valid,
    input  wire [31:0] word,
    output wire [31:0] hash
);

    // Result of 8 input bits: every 1 adds (xor) the 32 key bits that start at its place.
    function [31:0] toeplitz(input [7:0] bits, input [38:0] key);
        integer i;
        begin
            toeplitz = 32'd0;
            for (i = 0; i < 8; i = i + 1)
                toeplitz = toeplitz ^ (key[38-i -: 32] & {32{bits[7-i]}});
        end
    endfunction

    (* ram_style = "block", no_rw_check *) reg [31:0] key_memory [0:255];
    reg [31:0] key_word_reg;            // the word behind key_reg
    reg [63:0] key_reg;                 // the word's place in the key
    reg [7:0]  address_reg;             // of the word behind key_word_reg
    reg [2:0]  fill_reg;                // as many ones as clocks until key_reg is filled, from the top
    reg [31:0] part_0_reg;              // results of the word's bytes
    reg [31:0] part_1_reg;
    reg [31:0] part_2_reg;
    reg [31:0] part_3_reg;
    reg        valid_reg;
    reg [31:0] hash_reg;

    wire       step = word_step || fill_reg[2];

    always @(posedge clk) begin
        if (key_write_valid)
            key_memory[key_write_address] <= key_write_data;

        if (step) begin
            key_word_reg <= key_memory[address_reg];
            key_reg      <= {key_reg[31:0], key_word_reg};
            address_reg  <= address_reg + 8'd1;
        end
        fill_reg <= {fill_reg[1:0], 1'b0};
        if (rewind) begin
            address_reg <= {rewind_function, 4'd0};
            fill_reg    <= 3'b111;
        end

        valid_reg  <= word_valid;
        part_0_reg <= toeplitz(word[31:24], key_reg[63:25]);
        part_1_reg <= toeplitz(word[23:16], key_reg[55:17]);
        part_2_reg <= toeplitz(word[15:8], key_reg[47:9]);
        part_3_reg <= toeplitz(word[7:0], key_reg[39:1]);
        if (start)
            hash_reg <= 32'd0;
        else if (valid_reg)
            hash_reg <= hash_reg ^ part_0_reg ^ part_1_reg ^ part_2_reg ^ part_3_reg;

        if (rst) begin
            valid_reg <= 1'b0;
            fill_reg  <= 3'b000;
        end
    end

    assign hash = hash_reg;

endmodule

`resetall
