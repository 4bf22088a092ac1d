// SPDX-License-Identifier: BSD-3-Clause
//
// One header_walker and a header_result behind it, as in parse, which has more walkers.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module header_walk #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64
) (
    input  wire               clk,
    input  wire               rst,

    output wire               start_room,
    output wire               room,
    input  wire               write_valid,
    input  wire               write_start,
    input  wire               write_end,
    input  wire [DATA_W-1:0]  write_data,
    input  wire [14:0]        write_left,
    input  wire [3:0]         write_function,

    input  wire               key_write_valid,
    input  wire [7:0]         key_write_address,
    input  wire [31:0]        key_write_data,
    input  wire [11:0]        rss_types,

    output wire [279:0]       user,
    output wire               found,
    output wire               valid,
    input  wire               take
);

    `include "walk.vh"

    wire [WALK_W-1:0] walk;
    wire              done;
    wire              ready;

    header_walker #(
        .DATA_W(DATA_W),
        .RECORD_W(WALK_W),
        .FUNCTIONS(2),
        .HASH_EN(1)
    ) walker (
        .clk(clk),
        .rst(rst),
        .start_room(start_room),
        .room(room),
        .write_valid(write_valid),
        .write_start(write_start),
        .write_end(write_end),
        .write_data(write_data),
        .write_left(write_left),
        .write_function(write_function),
        .key_write_valid(key_write_valid),
        .key_write_address(key_write_address),
        .key_write_data(key_write_data),
        .rss_types(rss_types),
        /* verilator lint_off PINCONNECTEMPTY */
        .flow_valid(),      // parse's bench is for these
        .flow_start(),
        .flow_last(),
        .flow_number(),
        .flow_word(),
        .flow_function(),
        /* verilator lint_on PINCONNECTEMPTY */
        .done(done),
        .walk(walk),
        .take(done && ready)
    );

    header_result #(
        .RECORD_W(WALK_W),
        .USER_W(280)
    ) result (
        .clk(clk),
        .rst(rst),
        .walk(walk),
        .walk_valid(done),
        .walk_ready(ready),
        .user(user),
        .found(found),
        .valid(valid),
        .take(take)
    );

endmodule

`resetall
