// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The frames that wait for their write responses, retired in order.
//
// A frame takes a slot with its first beat, says with its last how many bursts it has, and is
// retired when it is the oldest and as many responses have come. Responses come in any order.
// Each slot has two counts that run freely modulo 128: bursts expected and responses returned.
// Rate: a slot, a response and a retired frame a clock. Latency: 3 clocks from the last response to
// done_valid. The counts are swept for 64 clocks after reset; no slot is given before that.

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
reg [5:0] second_reg;       // the slot behind head
reg complete_reg;           // the head's frame can be retired
reg [5:0] used_reg;
reg ready_reg;
reg [5:0] counted_reg;
reg done_valid_reg;
reg done_error_reg;

wire sweep = !sweep_reg[6];
// The counts are read in one clock and written in the next
reg c_write_reg;            // to expected
reg c_valid_reg;            // for a frame, not for the sweep
reg [5:0] c_slot_reg;
reg [6:0] c_expected_reg;
reg [6:0] c_bursts_reg;
reg r_write_reg;            // to returned
reg [5:0] r_slot_reg;
reg [6:0] r_value_reg;      // one less than what is written

wire [6:0] c_next = c_expected_reg + c_bursts_reg;
wire [6:0] r_next = r_value_reg + 7'd1;

// Looked at a clock ahead, for the slot that is the head then; complete stays until the slot is retired
wire head_complete = counted_reg != 6'd0 && expected[head_reg] == returned[head_reg];
wire second_complete = counted_reg > 6'd1 && expected[second_reg] == returned[second_reg];
wire retire = complete_reg && (!done_valid_reg || done_ready);

assign take_ready = ready_reg;
assign take_slot = take_reg;
assign done_valid = done_valid_reg;
assign done_error = done_error_reg;
assign busy = sweep || used_reg != 6'd0 || done_valid_reg;

always @(posedge clk) begin
    c_write_reg <= sweep || count_valid;
    c_valid_reg <= count_valid;
    c_slot_reg <= sweep ? sweep_reg[5:0] : count_slot;
    c_expected_reg <= expected[count_slot];
    c_bursts_reg <= count_bursts;
    r_write_reg <= sweep || response_valid;
    r_slot_reg <= sweep ? sweep_reg[5:0] : response_slot;
    r_value_reg <= r_write_reg && r_slot_reg == response_slot ? r_next : returned[response_slot];
    if (sweep) begin
        c_expected_reg <= 7'd0;
        c_bursts_reg <= 7'd0;
        r_value_reg <= 7'h7f;
    end
    if (c_write_reg)
        expected[c_slot_reg] <= c_next;
    if (r_write_reg)
        returned[r_slot_reg] <= r_next;
    if (rst) begin
        c_write_reg <= 1'b0;
        c_valid_reg <= 1'b0;
        r_write_reg <= 1'b0;
    end
end

always @(posedge clk) begin
    if (sweep)
        sweep_reg <= sweep_reg + 7'd1;
    if (take)
        take_reg <= take_reg == LAST ? 6'd0 : take_reg + 6'd1;
    if (retire) begin
        head_reg <= second_reg;
        second_reg <= second_reg == LAST ? 6'd0 : second_reg + 6'd1;
        done_error_reg <= error[head_reg];
    end
    complete_reg <= retire ? second_complete : head_complete;
    used_reg <= used_reg + {5'd0, take} - {5'd0, retire};
    // Told a clock late, so one slot is kept for what is taken meanwhile
    ready_reg <= !sweep && used_reg < LAST;
    counted_reg <= counted_reg + {5'd0, c_valid_reg} - {5'd0, retire};
    done_valid_reg <= retire || (done_valid_reg && !done_ready);
    if (rst) begin
        sweep_reg <= 7'd0;
        take_reg <= 6'd0;
        head_reg <= 6'd0;
        second_reg <= 6'd1;
        complete_reg <= 1'b0;
        used_reg <= 6'd0;
        ready_reg <= 1'b0;
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

`ifdef FORMAL
    // Of one slot, any: its frame is retired when those taken before it are, once, and only when it
    // has been counted and as many responses have come; its error is that of its responses.
    reg              f_past_reg = 1'b0;
    (* anyconst *) reg [5:0] f_slot;
    (* anyseq *) reg [6:0] f_bursts;
    reg              f_taken_reg;
    reg              f_counted_reg;
    reg              f_error_reg;
    reg  [5:0]       f_ahead_reg;       // frames before it that are not retired
    reg  [6:0]       f_bursts_reg;
    reg  [6:0]       f_answers_reg;
    reg  [5:0]       f_count_reg;       // slot to be counted next
    wire             f_take = take && take_slot == f_slot;
    wire             f_count = count_valid && count_slot == f_slot;
    wire             f_response = response_valid && response_slot == f_slot;
    wire             f_retire = retire && head_reg == f_slot;
    wire [6:0]       f_expected = c_write_reg && c_slot_reg == f_slot ? c_next : expected[f_slot];
    wire [6:0]       f_returned = r_write_reg && r_slot_reg == f_slot ? r_next : returned[f_slot];
    wire [6:0]       f_difference = f_expected - f_returned;
    wire [5:0]       f_counted_all = counted_reg + {5'd0, c_valid_reg};
    wire [6:0]       f_tail = {1'b0, head_reg} + {1'b0, used_reg};
    wire [6:0]       f_middle = {1'b0, head_reg} + {1'b0, f_counted_all};
    wire [6:0]       f_count_place = {1'b0, head_reg} + {1'b0, counted_reg};
    wire [6:0]       f_place = {1'b0, head_reg} + {1'b0, f_ahead_reg};

    function [6:0] f_wrap(input [6:0] n);
        f_wrap = n >= SLOTS[6:0] ? n - SLOTS[6:0] : n;
    endfunction

    always @* begin
        assume (f_slot < SLOTS[5:0]);
        assume (f_bursts != 7'd0 && f_bursts <= 7'd65);
        assume (!take || take_ready);
        assume (!count_valid || (count_slot == f_count_reg && f_counted_all < used_reg));
        assume (!f_count || count_bursts == f_bursts_reg);
        assume (!f_response || (f_taken_reg && f_answers_reg != f_bursts_reg && !rst));
        // It starts in reset, or empty behind the sweep (which takes too long for the solver).
        if (!f_past_reg)
            assume (rst || (sweep_reg == 7'd64 && used_reg == 6'd0 && counted_reg == 6'd0
                            && take_reg == 6'd0 && head_reg == 6'd0 && f_count_reg == 6'd0 && !ready_reg
                            && second_reg == 6'd1 && !complete_reg && !c_write_reg && !c_valid_reg
                            && !r_write_reg && !done_valid_reg && !f_taken_reg && !f_counted_reg && !f_error_reg
                            && f_difference == 7'd0 && !error[f_slot]));
    end

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        if (f_take) begin
            f_taken_reg <= 1'b1;
            f_ahead_reg <= used_reg - {5'd0, retire};
            f_bursts_reg <= f_bursts;
            f_answers_reg <= 7'd0;
        end else begin
            f_ahead_reg <= f_ahead_reg - {5'd0, retire};
        end
        if (f_count)
            f_counted_reg <= 1'b1;
        if (f_response) begin
            f_answers_reg <= f_answers_reg + 7'd1;
            f_error_reg <= f_error_reg || response_error;
        end
        if (f_retire) begin
            f_taken_reg <= 1'b0;
            f_counted_reg <= 1'b0;
            f_error_reg <= 1'b0;
        end
        if (count_valid)
            f_count_reg <= f_count_reg == LAST ? 6'd0 : f_count_reg + 6'd1;
        if (rst) begin
            f_taken_reg <= 1'b0;
            f_counted_reg <= 1'b0;
            f_error_reg <= 1'b0;
            f_count_reg <= 6'd0;
        end

        if (f_past_reg) begin
            if (f_retire)
                assert (f_taken_reg && f_counted_reg && f_answers_reg == f_bursts_reg);
            if (f_taken_reg)
                assert ((f_ahead_reg == 6'd0) == (head_reg == f_slot));
            assert (!(f_take && f_taken_reg));
            if ($past(f_retire && !rst))
                assert (done_valid && done_error == $past(f_error_reg));
            if ($past(!retire && done_ready))
                assert (!done_valid);
            if ($past(done_valid && !done_ready && !rst)) begin
                assert (done_valid);
                assert ($stable(done_error));
            end

            // What holds always
            assert (sweep_reg <= 7'd64);
            assert (!sweep || (used_reg == 6'd0 && !ready_reg));
            assert (!ready_reg || used_reg < SLOTS[5:0]);
            assert (used_reg <= SLOTS[5:0] && f_counted_all <= used_reg);
            assert (head_reg <= LAST && take_reg <= LAST);
            assert ({1'b0, second_reg} == f_wrap({1'b0, head_reg} + 7'd1));
            assert (!complete_reg || counted_reg != 6'd0);
            if (complete_reg && head_reg == f_slot)
                assert (f_counted_reg && f_answers_reg == f_bursts_reg
                        && !(r_write_reg && r_slot_reg == f_slot));
            assert (!c_valid_reg || (c_write_reg && {1'b0, c_slot_reg} == f_wrap(f_count_place)));
            assert (!c_write_reg || c_valid_reg || used_reg == 6'd0);
            if (r_write_reg && r_slot_reg == f_slot)
                assert (f_taken_reg || used_reg == 6'd0);
            assert ({1'b0, take_reg} == f_wrap(f_tail));
            assert ({1'b0, f_count_reg} == f_wrap(f_middle));
            assert (error[f_slot] == f_error_reg);
            assert (!f_counted_reg || f_taken_reg);
            if (f_taken_reg) begin
                assert (f_ahead_reg < used_reg);
                assert ({1'b0, f_slot} == f_wrap(f_place));
                assert (f_counted_reg == (f_ahead_reg < f_counted_all));
                assert (f_bursts_reg != 7'd0 && f_bursts_reg <= 7'd65);
                assert (f_answers_reg <= f_bursts_reg);
                assert (f_difference == (f_counted_reg ? f_bursts_reg : 7'd0) - f_answers_reg);
            end else begin
                assert (!f_error_reg);
                // The frames inside are in the slots from head on
                assert (f_slot >= head_reg ? f_slot - head_reg >= used_reg
                                           : {1'b0, f_slot} + SLOTS[6:0] >= f_tail);
                if (!sweep || sweep_reg[5:0] > f_slot)
                    assert (f_difference == 7'd0);
            end
            cover (f_retire && f_bursts_reg == 7'd2 && f_error_reg && used_reg == SLOTS[5:0]);
            cover (retire && $past(retire) && $past(retire, 2));
        end
    end
`endif

endmodule

`resetall
