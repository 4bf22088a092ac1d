// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The frames that wait for their write responses, retired in order.
//
// A frame takes a slot with its first beat, says with its last how many bursts it has, and is
// retired when it is the oldest and as many responses have come. Responses come in any order.
// Each slot has two counts that run freely modulo 128: bursts expected and responses returned.
// Rate: a slot, a response and a retired frame a clock. The counts are swept for 64 clocks after
// reset; no slot is given before that.

module dma_write_slots #
(
    // Slots, 2 to 62
    parameter integer SLOTS = 56
)
(
    input  wire       clk,
    input  wire       rst,

    // Take a slot
    input  wire       take,
    output wire       take_ready,
    output wire [5:0] take_slot,

    // Bursts of a frame, in the order of the slots
    input  wire       count_valid,
    input  wire [5:0] count_slot,
    input  wire [6:0] count_bursts,

    // A response
    input  wire       response_valid,
    input  wire [5:0] response_slot,
    input  wire       response_error,

    // A frame is done
    output wire       done_valid,
    input  wire       done_ready,
    output wire       done_error,

    // 1: a slot is taken, or the sweep runs
    output wire       busy
);

localparam [5:0] LAST = SLOTS[5:0] - 6'd1;

reg [6:0] expected[63:0];
reg [6:0] returned[63:0];
wire [63:0] error;

reg [6:0] sweep_reg;
reg [5:0] take_reg;
reg [5:0] head_reg;
reg [5:0] used_reg;
reg [5:0] counted_reg;
reg done_valid_reg;
reg done_error_reg;

wire sweep = !sweep_reg[6];
wire complete = expected[head_reg] == returned[head_reg];
wire retire = counted_reg != 6'd0 && complete && (!done_valid_reg || done_ready);

assign take_ready = !sweep && used_reg != SLOTS[5:0];
assign take_slot = take_reg;
assign done_valid = done_valid_reg;
assign done_error = done_error_reg;
assign busy = sweep || used_reg != 6'd0 || done_valid_reg;

always @(posedge clk) begin
    if (sweep || count_valid)
        expected[sweep ? sweep_reg[5:0] : count_slot] <= sweep ? 7'd0 : expected[count_slot] + count_bursts;
    if (sweep || response_valid)
        returned[sweep ? sweep_reg[5:0] : response_slot] <= sweep ? 7'd0 : returned[response_slot] + 7'd1;
end

always @(posedge clk) begin
    if (sweep)
        sweep_reg <= sweep_reg + 7'd1;
    if (take)
        take_reg <= take_reg == LAST ? 6'd0 : take_reg + 6'd1;
    if (retire) begin
        head_reg <= head_reg == LAST ? 6'd0 : head_reg + 6'd1;
        done_error_reg <= error[head_reg];
    end
    used_reg <= used_reg + {5'd0, take} - {5'd0, retire};
    counted_reg <= counted_reg + {5'd0, count_valid} - {5'd0, retire};
    done_valid_reg <= retire || (done_valid_reg && !done_ready);
    if (rst) begin
        sweep_reg <= 7'd0;
        take_reg <= 6'd0;
        head_reg <= 6'd0;
        used_reg <= 6'd0;
        counted_reg <= 6'd0;
        done_valid_reg <= 1'b0;
    end
end

// A bit a slot, each with its own decoder: set by a response, cleared with the slot
genvar g;
generate
    for (g = 0; g < 64; g = g + 1) begin : slot
        localparam [5:0] SLOT = g;
        reg error_reg;

        always @(posedge clk) begin
            if (response_valid && response_error && response_slot == SLOT)
                error_reg <= 1'b1;
            else if (rst || (retire && head_reg == SLOT))
                error_reg <= 1'b0;
        end

        assign error[g] = error_reg;
    end
endgenerate

endmodule

`resetall
