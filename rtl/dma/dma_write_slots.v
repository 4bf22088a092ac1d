// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The frames that wait for their write responses, retired in order.
//
// A frame takes a slot with its first beat, says with its last how many bursts it has, and is
// retired when it is the oldest and as many responses have come. Responses come in any order.
// Each slot has two counts that run freely modulo 128: bursts expected and responses returned.
// Rate: a slot, a response and a retired frame a clock. Latency: 4 to 6 clocks from the last response
// to done_valid. The counts are swept for 64 clocks after reset; no slot is given before that.
// take only when room was 1 a clock before. No back-pressure on done: done_valid comes two clocks behind
// a clock with done_room, so up to two more come when that has fallen.

module dma_write_slots #
(
    // Slots, 4 to 62
    parameter integer SLOTS = 62
)
(
    input  wire       clk,
    input  wire       rst,

    // Take a slot
    input  wire       take,
    output wire       room,
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
    input  wire       done_room,
    output wire       done_valid,
    output wire       done_error,

    // 1: a slot is taken, or the sweep runs
    output wire       busy
);

localparam [5:0] LAST = SLOTS[5:0] - 6'd1;

// A slot's number with a bit that tells one round from the next
function [6:0] next(input [6:0] n);
    next = n[5:0] == LAST ? {!n[6], 6'd0} : n + 7'd1;
endfunction

reg [6:0] expected[63:0];
reg [6:0] returned[63:0];
wire [63:0] error;

reg [6:0] sweep_reg;
reg [5:0] take_reg;
reg taken_reg;              // a slot was taken the clock before
reg [5:0] used_reg;         // without that one
reg room_reg;
reg [6:0] counted_reg;      // the slot to be counted next
reg [6:0] head_reg;         // the slot to be retired next

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

// Slot after slot is looked at, as if each were complete: its counts are read in one clock (look) and
// compared in the next (s1), then it is retired. Where it is not complete (miss) those behind it are
// dropped, and all starts again from it. What was complete stays so until it is retired.
reg [6:0] look_reg;
reg s1_valid_reg;
reg s1_counted_reg;         // the frame is counted, and there is room for it at done
reg [6:0] s1_expected_reg;
reg [6:0] s1_returned_reg;
reg [7:0] s1_error_reg;     // of the slots with its low bits
reg [2:0] s1_high_reg;
reg retire_reg;
reg miss_reg;
reg error_reg;

wire s1_live = s1_valid_reg && !miss_reg;
wire s1_complete = s1_counted_reg && s1_expected_reg == s1_returned_reg;

assign room = room_reg;
assign take_slot = take_reg;
assign done_valid = retire_reg;
assign done_error = error_reg;
assign busy = sweep || taken_reg || used_reg != 6'd0;

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
    taken_reg <= take;
    used_reg <= used_reg + {{5{retire_reg && !taken_reg}}, retire_reg != taken_reg};
    // used is two clocks old when room is looked at, and a slot taken is counted a clock late: up to
    // four are taken meanwhile
    room_reg <= !sweep && used_reg <= LAST - 6'd3;
    if (c_valid_reg)
        counted_reg <= next(counted_reg);
    if (retire_reg)
        head_reg <= next(head_reg);

    look_reg <= miss_reg ? head_reg : next(look_reg);
    s1_valid_reg <= !miss_reg;
    s1_counted_reg <= look_reg != counted_reg && done_room;
    s1_expected_reg <= expected[look_reg[5:0]];
    s1_returned_reg <= returned[look_reg[5:0]];
    s1_high_reg <= look_reg[5:3];
    retire_reg <= s1_live && s1_complete;
    miss_reg <= s1_live && !s1_complete;
    error_reg <= s1_error_reg[s1_high_reg];
    if (rst) begin
        sweep_reg <= 7'd0;
        take_reg <= 6'd0;
        taken_reg <= 1'b0;
        used_reg <= 6'd0;
        room_reg <= 1'b0;
        counted_reg <= 7'd0;
        head_reg <= 7'd0;
        look_reg <= 7'd0;
        s1_valid_reg <= 1'b0;
        retire_reg <= 1'b0;
        miss_reg <= 1'b0;
    end
end

// A bit a slot, each with its own decoder: set by a response, cleared with the slot
genvar g;
generate
    for (g = 0; g < 64; g = g + 1) begin : slot
        localparam [5:0] SLOT = g;
        reg slot_error_reg;

        always @(posedge clk) begin
            if (response_valid && response_error && response_slot == SLOT)
                slot_error_reg <= 1'b1;
            else if (rst || (retire_reg && head_reg[5:0] == SLOT))
                slot_error_reg <= 1'b0;
        end

        assign error[g] = slot_error_reg;
    end

    for (g = 0; g < 8; g = g + 1) begin : high
        wire [7:0] low = error[g*8 +: 8];

        always @(posedge clk)
            s1_error_reg[g] <= low[look_reg[2:0]];
    end
endgenerate

`ifdef FORMAL
    // Of one slot, any: its frame is retired when those taken before it are, once, and only when it
    // has been counted and as many responses have come; its error is that of its responses.
    reg              f_past_reg = 1'b0;
    (* anyconst *) reg [5:0] f_slot;
    (* anyseq *) reg [6:0] f_bursts;
    reg              f_room_reg;
    reg              f_taken_reg;
    reg              f_counted_reg;
    reg              f_error_reg;
    reg  [5:0]       f_ahead_reg;       // frames before it that are not retired
    reg  [6:0]       f_bursts_reg;
    reg  [6:0]       f_answers_reg;
    reg  [5:0]       f_counts_reg;      // frames counted and not retired, as the walk sees them
    reg  [2:0]       f_room_past_reg;   // done_room in the clocks before
    wire             f_take = take && take_slot == f_slot;
    wire             f_count = count_valid && count_slot == f_slot;
    wire             f_response = response_valid && response_slot == f_slot;
    wire             f_retire = retire_reg && head_reg[5:0] == f_slot;
    wire [6:0]       f_expected = c_write_reg && c_slot_reg == f_slot ? c_next : expected[f_slot];
    wire [6:0]       f_returned = r_write_reg && r_slot_reg == f_slot ? r_next : returned[f_slot];
    wire [6:0]       f_difference = f_expected - f_returned;
    wire [5:0]       f_used = used_reg + {5'd0, taken_reg};
    wire [5:0]       f_counted_all = f_counts_reg + {5'd0, c_valid_reg};
    wire [6:0]       f_tail = f_ahead(head_reg, f_used);
    wire [6:0]       f_middle = f_ahead(head_reg, f_counted_all);
    wire [6:0]       f_place = f_ahead(head_reg, f_ahead_reg);
    // Slots in front of look and s1, from the head on
    wire [5:0]       f_s1_ahead = {5'd0, retire_reg || miss_reg};
    wire [5:0]       f_look_ahead = f_s1_ahead + {5'd0, s1_valid_reg};
    wire [6:0]       f_s1 = f_ahead(head_reg, f_s1_ahead);

    function [6:0] f_ahead(input [6:0] from, input [5:0] n);
        f_ahead = {1'b0, from[5:0]} + {1'b0, n} >= SLOTS[6:0]
                  ? {!from[6], from[5:0] + n - SLOTS[5:0]} : {from[6], from[5:0] + n};
    endfunction

    always @* begin
        assume (f_slot < SLOTS[5:0]);
        assume (f_bursts != 7'd0 && f_bursts <= 7'd65);
        assume (!take || f_room_reg);
        assume (!count_valid || (count_slot == f_middle[5:0] && f_counted_all < f_used));
        assume (!f_count || count_bursts == f_bursts_reg);
        assume (!f_response || (f_taken_reg && f_answers_reg != f_bursts_reg && !rst));
        // It starts in reset, or empty behind the sweep (which takes too long for the solver).
        if (!f_past_reg)
            assume (rst || (sweep_reg == 7'd64 && used_reg == 6'd0 && !taken_reg && f_counts_reg == 6'd0
                            && take_reg == 6'd0 && head_reg == 7'd0 && counted_reg == 7'd0 && look_reg == 7'd0
                            && !room_reg && !f_room_reg && !s1_valid_reg && !retire_reg && !miss_reg
                            && !c_write_reg && !c_valid_reg && !r_write_reg
                            && !f_taken_reg && !f_counted_reg && !f_error_reg
                            && f_difference == 7'd0 && !error[f_slot]));
    end

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_room_reg <= room;
        f_room_past_reg <= {f_room_past_reg[1:0], done_room};
        f_counts_reg <= f_counts_reg + {5'd0, c_valid_reg} - {5'd0, retire_reg};
        if (f_take) begin
            f_taken_reg <= 1'b1;
            f_ahead_reg <= f_used - {5'd0, retire_reg};
            f_bursts_reg <= f_bursts;
            f_answers_reg <= 7'd0;
        end else begin
            f_ahead_reg <= f_ahead_reg - {5'd0, retire_reg};
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
        if (rst) begin
            f_room_reg <= 1'b0;
            f_counts_reg <= 6'd0;
            f_taken_reg <= 1'b0;
            f_counted_reg <= 1'b0;
            f_error_reg <= 1'b0;
        end

        if (f_past_reg) begin
            if (f_retire) begin
                assert (f_taken_reg && f_counted_reg && f_answers_reg == f_bursts_reg);
                assert (done_valid && done_error == f_error_reg);
            end
            if (f_taken_reg)
                assert ((f_ahead_reg == 6'd0) == (head_reg[5:0] == f_slot));
            assert (!(f_take && f_taken_reg));
            if (retire_reg && $past(f_past_reg))
                assert (f_room_past_reg[1]);
            assert (busy == (sweep || f_used != 6'd0));

            // What holds always
            assert (sweep_reg <= 7'd64);
            assert (!sweep || (f_used == 6'd0 && !room_reg && !f_room_reg));
            assert (!room_reg || f_used <= SLOTS[5:0] - 6'd2);
            assert (!f_room_reg || f_used < SLOTS[5:0]);
            assert (used_reg <= SLOTS[5:0] && f_used <= SLOTS[5:0] && f_counted_all <= f_used);
            assert (head_reg[5:0] <= LAST && take_reg <= LAST);
            assert (take_reg == f_tail[5:0]);
            assert (counted_reg == f_ahead(head_reg, f_counts_reg));
            assert (look_reg == f_ahead(head_reg, f_look_ahead));
            assert (!(retire_reg && miss_reg));
            assert (!s1_valid_reg || s1_high_reg == f_s1[5:3]);
            assert (!retire_reg || f_counts_reg != 6'd0);
            if (s1_live && s1_counted_reg) begin
                assert (f_counts_reg > f_s1_ahead);
                if (f_s1[5:0] == f_slot && s1_complete)
                    assert (f_taken_reg && f_counted_reg && f_answers_reg == f_bursts_reg
                            && !(r_write_reg && r_slot_reg == f_slot)
                            && s1_error_reg[s1_high_reg] == f_error_reg);
            end
            assert (!c_valid_reg || (c_write_reg && c_slot_reg == counted_reg[5:0]));
            assert (!c_write_reg || c_valid_reg || f_used == 6'd0);
            if (r_write_reg && r_slot_reg == f_slot)
                assert (f_taken_reg || f_used == 6'd0);
            assert (error[f_slot] == f_error_reg);
            assert (!f_counted_reg || f_taken_reg);
            if (f_taken_reg) begin
                assert (f_ahead_reg < f_used);
                assert (f_slot == f_place[5:0]);
                assert (f_counted_reg == (f_ahead_reg < f_counted_all));
                assert (f_bursts_reg != 7'd0 && f_bursts_reg <= 7'd65);
                assert (f_answers_reg <= f_bursts_reg);
                assert (f_difference == (f_counted_reg ? f_bursts_reg : 7'd0) - f_answers_reg);
            end else begin
                assert (!f_error_reg);
                // The frames inside are in the slots from head on
                assert (f_slot >= head_reg[5:0] ? f_slot - head_reg[5:0] >= f_used
                        : {1'b0, f_slot} + SLOTS[6:0] >= {1'b0, head_reg[5:0]} + {1'b0, f_used});
                if (!sweep || sweep_reg[5:0] > f_slot)
                    assert (f_difference == 7'd0);
            end
            cover (f_retire && f_bursts_reg == 7'd2 && f_error_reg && f_used == SLOTS[5:0]);
            cover (retire_reg && $past(retire_reg) && $past(retire_reg, 2));
        end
    end
`endif

endmodule

`resetall
