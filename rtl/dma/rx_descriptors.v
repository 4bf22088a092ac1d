// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Up to 4 receive descriptors of every queue, taken from descriptor_fetch ahead of their use.
//
// One descriptor is taken every second clock, round robin over the queues that have room; it can
// be used 3 clocks after pop_valid. have: the queue's oldest descriptor is here, entry
// {queue, read_pointer}; it stays until consumed. none: neither here, nor coming. have_second,
// none_second: the same of the one behind it; one of less than 64 bytes counts as none.
// late says that the queue has kept the others waiting for long enough: none and none_second then
// hold until its next descriptor comes.
// A queue that is not running holds nothing; running must stay 0 for 4 clocks or longer.

module rx_descriptors #
(
    // Queues in all
    parameter integer QUEUES = 8,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3
)
(
    input  wire                clk,
    input  wire                rst,

    input  wire [QUEUES-1:0]   queue_running,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]   available,
    input  wire [QUEUES-1:0]   pending,
    output wire                pop_valid,
    output wire [QUEUE_W-1:0]  pop_queue,
    input  wire                pop_ok,
    input  wire [63:0]         pop_address,
    input  wire [13:0]         pop_length,
    input  wire [15:0]         pop_index,

    // State of each queue
    output wire [QUEUES-1:0]   have,
    output wire [QUEUES-1:0]   none,
    output wire [QUEUES-1:0]   have_second,
    output wire [QUEUES-1:0]   none_second,
    output wire [2*QUEUES-1:0] read_pointer,

    // Read an entry, in the same clock
    input  wire [QUEUE_W+1:0]  read_address,
    output wire [63:0]         descriptor_address,
    output wire [13:0]         descriptor_length,
    output wire [15:0]         descriptor_index,

    // Take a queue's oldest entry out
    input  wire                consume_valid,
    input  wire [QUEUE_W-1:0]  consume_queue,

    // A queue has been waited for in vain
    input  wire                late_valid,
    input  wire [QUEUE_W-1:0]  late_queue,

    // 1: descriptors are on their way in
    output wire                busy
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

reg [93:0] entries[4*QUEUES-1:0];

wire [QUEUES-1:0] want;
wire [2*QUEUES-1:0] write_pointer;

// Choice of the queue to pop: the next one behind the last that wants
reg pop_valid_reg;
reg [QUEUE_W-1:0] pop_queue_reg;
reg answer_reg;
reg [QUEUE_W-1:0] answer_queue_reg;
reg [QUEUES-1:0] behind_reg;            // the queues behind pop_queue_reg
reg [QUEUES-1:0] running_reg;

// The answer, a clock later: it comes from a block RAM
reg arrive_reg;
reg lost_reg;
reg [QUEUE_W-1:0] arrive_queue_reg;
reg [93:0] arrive_entry_reg;

wire [QUEUES-1:0] ahead = want & behind_reg;
wire pick = |want && !pop_valid_reg;

always @(posedge clk) begin
    if (pick)
        pop_queue_reg <= |ahead ? lowest(ahead) : lowest(want);
    pop_valid_reg <= pick;
    answer_reg <= pop_valid_reg;
    answer_queue_reg <= pop_queue_reg;
    behind_reg <= {{(QUEUES-1){1'b1}}, 1'b0} << pop_queue_reg;
    running_reg <= queue_running;

    arrive_reg <= answer_reg && pop_ok;
    lost_reg <= answer_reg && !pop_ok;
    arrive_queue_reg <= answer_queue_reg;
    arrive_entry_reg <= {pop_index, pop_length, pop_address};
    if (rst) begin
        pop_valid_reg <= 1'b0;
        answer_reg <= 1'b0;
        arrive_reg <= 1'b0;
        lost_reg <= 1'b0;
        pop_queue_reg <= {QUEUE_W{1'b0}};
    end
end

assign pop_valid = pop_valid_reg;
assign pop_queue = pop_queue_reg;

assign busy = |want || pop_valid_reg || answer_reg || arrive_reg || lost_reg;

wire arrive_useful = arrive_entry_reg[77:70] != 8'd0;

always @(posedge clk) begin
    if (arrive_reg)
        entries[{arrive_queue_reg, write_pointer[{arrive_queue_reg, 1'b0} +: 2]}] <= arrive_entry_reg;
end

assign {descriptor_index, descriptor_length, descriptor_address} = entries[read_address];

genvar q;
generate
    for (q = 0; q < QUEUES; q = q + 1) begin : queue
        localparam [QUEUE_W-1:0] Q = q;
        // Entries here, and those with pops under way
        reg [2:0] level_reg;
        reg [2:0] held_reg;
        reg [1:0] read_reg;
        reg [1:0] write_reg;
        // Entry n has 64 bytes or more
        reg [3:0] useful_reg;
        reg late_reg;

        wire push = arrive_reg && arrive_queue_reg == Q;
        wire lost = lost_reg && arrive_queue_reg == Q;
        // Available falls in the next clock, so none is right between the choice and here
        wire reserve = pop_valid_reg && pop_queue_reg == Q;
        wire consume = consume_valid && consume_queue == Q;
        wire two = level_reg[2] || level_reg[1];
        wire [1:0] second = read_reg + 2'd1;
        wire nothing_coming = !available[q] && !pending[q];

        assign want[q] = running_reg[q] && available[q] && !held_reg[2];
        assign have[q] = level_reg != 3'd0;
        assign none[q] = late_reg || (held_reg == 3'd0 && nothing_coming);
        assign have_second[q] = two && useful_reg[second];
        assign none_second[q] = two ? !useful_reg[second]
                                    : late_reg || (!held_reg[2] && !held_reg[1] && nothing_coming);
        assign read_pointer[2*q +: 2] = read_reg;
        assign write_pointer[2*q +: 2] = write_reg;

        always @(posedge clk) begin
            level_reg <= level_reg + {2'd0, push} - {2'd0, consume};
            held_reg <= held_reg + {2'd0, reserve} - {2'd0, consume || lost};
            // consume and lost in one clock
            if (consume && lost)
                held_reg <= held_reg + {2'd0, reserve} - 3'd2;
            read_reg <= read_reg + {1'b0, consume};
            write_reg <= write_reg + {1'b0, push};
            if (push)
                useful_reg[write_reg] <= arrive_useful;
            late_reg <= !push && (late_reg || (late_valid && late_queue == Q));
            if (rst || !queue_running[q]) begin
                level_reg <= 3'd0;
                held_reg <= 3'd0;
                read_reg <= 2'd0;
                write_reg <= 2'd0;
                late_reg <= 1'b0;
            end
        end
    end
endgenerate

endmodule

`resetall
