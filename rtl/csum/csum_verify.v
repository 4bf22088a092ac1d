// SPDX-License-Identifier: BSD-3-Clause
//
// Sums every frame's layer 4 and judges its checksum.
//
// Full rate, 9 clocks of latency at 64 bits, 12 at 512; order kept, nothing dropped, no frame too
// long. All stages move together, or stand while m_axis_tready is 0, so what is told on a frame's last
// beat cannot belong to another frame. s_axis_tready is m_axis_tready, whether a beat waits or not: the
// sink takes it from a register, and must not wait for m_axis_tvalid. raw_sum is the one's complement sum
// of the frame's bytes [SUM_START, SUM_END) as big-endian 16-bit words, the first word at SUM_START, a last
// odd byte as the upper half; bytes behind tkeep count as 0. Needs SUM_START even.
// The verdict: GOOD or BAD when L4_CHECKED; NONE for UDP_NO_CHECKSUM, BAD for UDP6_NO_CHECKSUM;
// else UNKNOWN. The reason is that of parse.
//
// Arithmetic: the accumulator is wide enough for the true sum of 16 KiB (30 bits), so no carry is
// lost on the way; it is folded twice at the end, where the second fold cannot carry: the first one
// gives at most 0xffff + 0x3fff, so behind its carry are at most 0x3ffe. The checksum is right when
// sum and pseudo header's sum make 0xffff or, both being 0xffff, the other zero.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module csum_verify #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 280
) (
    input  wire                  clk,
    input  wire                  rst,

    // Frames in, with the metadata of parse on the first beat
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire [USER_W-1:0]     s_axis_tuser,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,

    // The same frames; check is valid on the last beat:
    // raw_sum in bits 15:0, layer 4 verdict in 17:16, reason in 21:18
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire [21:0]           m_axis_check,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A beat is inside.
    output wire                  busy
);

    `include "metadata.vh"
    `include "sekisho.vh"

    localparam integer LANES   = DATA_W / 8;
    localparam integer LANE_W  = $clog2(LANES);
    localparam integer HALVES  = DATA_W / 16;
    localparam integer LEVELS  = $clog2(HALVES);
    localparam integer BEATS_W = 14 - LANE_W;
    localparam integer BEAT_W  = DATA_W + LANES + 1 + USER_W;
    // Clocks that a beat spends in the ring and the register behind it: as many as its sum needs, less
    // the output's.
    localparam integer DELAY   = LEVELS + 6;
    localparam integer DELAY_W = $clog2(DELAY - 1);
    localparam [31:0]  DELAY_END = DELAY - 2;
    // Width of a sum inside the tree: enough for all halves of 512 bits.
    localparam integer SUM_W   = 21;

    initial begin
        if (USER_W != META_W || DATA_W < 64 || DATA_W > 512) begin
            $display("Error: USER_W must be META_W, DATA_W 64 to 512 (%m)");
            $finish;
        end
    end

    wire move = m_axis_tready;
    wire accept = s_axis_tvalid && move;

    // --- the beats themselves: a ring that moves with the stages ---------------------------------------

    reg [BEAT_W-1:0]  ring [0:DELAY-2];
    reg [DELAY_W-1:0] place_reg;
    reg [BEAT_W-1:0]  ring_out_reg;
    reg [BEAT_W-1:0]  out_reg;

    // Bit k of these: a beat that is in stage k, is a frame's first, last. Stage 0 is as it came in.
    reg [DELAY:0]     valid_reg;
    reg [DELAY:0]     first_reg;
    reg [DELAY:0]     last_reg;
    reg               in_frame_reg;

    always @(posedge clk) begin
        if (move) begin
            if (s_axis_tvalid)
                ring[place_reg] <= {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
            ring_out_reg <= ring[place_reg];
            // Also where there is no beat: it does not count.
            out_reg <= ring_out_reg;
            place_reg <= place_reg == DELAY_END[DELAY_W-1:0] ? {DELAY_W{1'b0}} : place_reg + 1'b1;
            valid_reg <= {valid_reg[DELAY-1:0], s_axis_tvalid};
            first_reg <= {first_reg[DELAY-1:0], !in_frame_reg};
            last_reg  <= {last_reg[DELAY-1:0], s_axis_tlast};
        end
        if (accept)
            in_frame_reg <= !s_axis_tlast;

        if (rst) begin
            place_reg    <= {DELAY_W{1'b0}};
            valid_reg    <= {DELAY+1{1'b0}};
            in_frame_reg <= 1'b0;
        end
    end

    // --- stages 0 to 2: which bytes belong to the sum ----------------------------------------------------

    // The beat, and its frame's start and end
    reg [DATA_W-1:0]  data_0_reg;
    reg [LANES-1:0]   keep_0_reg;
    reg [13:0]        start_reg;
    reg [13:0]        end_reg;
    reg [BEATS_W-1:0] beat_reg;
    // Whether it lies behind the beats of these or is one of them, and what belongs to the sum then
    reg [DATA_W-1:0]  data_1_reg;
    reg [LANES-1:0]   keep_1_reg;
    reg               behind_start_reg;
    reg               at_start_reg;
    reg [LANES-1:0]   from_start_reg;
    reg               behind_end_reg;
    reg               at_end_reg;
    reg [LANES-1:0]   from_end_reg;
    reg [DATA_W-1:0]  data_2_reg;
    reg [LANES-1:0]   mask_2_reg;

    wire [LANES-1:0]  from = {LANES{behind_start_reg}} | ({LANES{at_start_reg}} & from_start_reg);
    wire [LANES-1:0]  beyond = {LANES{behind_end_reg}} | ({LANES{at_end_reg}} & from_end_reg);

    always @(posedge clk) begin
        if (accept)
            beat_reg <= in_frame_reg ? beat_reg + 1'b1 : {BEATS_W{1'b0}};
        if (move && !in_frame_reg) begin
            start_reg <= s_axis_tuser[META_SUM_START +: META_SUM_START_W];
            end_reg   <= s_axis_tuser[META_SUM_END +: META_SUM_END_W];
        end
        if (move) begin
            data_0_reg       <= s_axis_tdata;
            keep_0_reg       <= s_axis_tkeep;
            data_1_reg       <= data_0_reg;
            keep_1_reg       <= keep_0_reg;
            behind_start_reg <= beat_reg > start_reg[13:LANE_W];
            at_start_reg     <= beat_reg == start_reg[13:LANE_W];
            from_start_reg   <= {LANES{1'b1}} << start_reg[LANE_W-1:0];
            behind_end_reg   <= beat_reg > end_reg[13:LANE_W];
            at_end_reg       <= beat_reg == end_reg[13:LANE_W];
            from_end_reg     <= {LANES{1'b1}} << end_reg[LANE_W-1:0];
            data_2_reg       <= data_1_reg;
            mask_2_reg       <= from & ~beyond & keep_1_reg;
        end
    end

    // --- stages 3 to LEVELS + 2: the tree, a register behind every level -------------------------------

    // Level k has HALVES >> k sums; level 0 is the masked halves, which need no register.
    wire [SUM_W*HALVES*(LEVELS+1)-1:0] tree;

    genvar level;
    genvar h;
    generate
        for (h = 0; h < HALVES; h = h + 1) begin : g_half
            assign tree[SUM_W*h +: SUM_W] = {{SUM_W-16{1'b0}},
                data_2_reg[16*h +: 8] & {8{mask_2_reg[2*h]}},
                data_2_reg[16*h+8 +: 8] & {8{mask_2_reg[2*h+1]}}};
        end
        for (level = 1; level <= LEVELS; level = level + 1) begin : g_level
            for (h = 0; h < HALVES; h = h + 1) begin : g_sum
                if (h < (HALVES >> level)) begin : g_add
                    reg [SUM_W-1:0] sum_reg;
                    always @(posedge clk)
                        if (move && valid_reg[level+1])
                            sum_reg <= tree[SUM_W*(HALVES*(level-1)+2*h) +: SUM_W]
                                + tree[SUM_W*(HALVES*(level-1)+2*h+1) +: SUM_W];
                    assign tree[SUM_W*(HALVES*level+h) +: SUM_W] = sum_reg;
                end else begin : g_none
                    assign tree[SUM_W*(HALVES*level+h) +: SUM_W] = {SUM_W{1'b0}};
                end
            end
        end
    endgenerate

    wire unused = &{1'b0, tree};

    // --- the frame's sum, and the verdict ----------------------------------------------------------------

    localparam integer ACC  = LEVELS + 2;   // the stage whose beat is added next

    reg [29:0] total_reg;
    reg [16:0] fold_reg;
    reg [15:0] folded_reg;
    reg [15:0] raw_reg;
    reg        equal_reg;               // sum and pseudo header's sum make 0xffff
    reg        ones_reg;                // both are 0xffff
    reg        judged_reg;              // that is the verdict, or
    reg [1:0]  other_reg;               // this
    reg [3:0]  reason_reg;

    // What the frame's first beat says, for all of it
    reg [META_PSEUDO_SUM_W-1:0] pseudo_reg;
    reg                         pseudo_ones_reg;
    reg                         checked_reg;
    reg [META_REASON_W-1:0]     held_reason_reg;

    wire [USER_W-1:0] ring_user = ring_out_reg[DATA_W+LANES+1 +: USER_W];
    wire              ring_first = first_reg[DELAY-1];
    wire [15:0]       pseudo  = ring_first ? ring_user[META_PSEUDO_SUM +: META_PSEUDO_SUM_W] : pseudo_reg;
    wire              checked = ring_first ? ring_user[META_L4_CHECKED] : checked_reg;
    wire [3:0]        reason  = ring_first ? ring_user[META_REASON +: META_REASON_W] : held_reason_reg;
    wire              ring_ones = &ring_user[META_PSEUDO_SUM +: META_PSEUDO_SUM_W];
    wire              equal   = folded_reg == ~pseudo;
    wire              ones    = &folded_reg && (ring_first ? ring_ones : pseudo_ones_reg);
    wire [1:0]        verdict = !judged_reg ? other_reg :
        equal_reg || ones_reg ? CHECKSUM_VERDICT_GOOD : CHECKSUM_VERDICT_BAD;

    always @(posedge clk) begin
        if (move) begin
            if (valid_reg[ACC])
                total_reg <= (first_reg[ACC] ? 30'd0 : total_reg)
                    + {{30-SUM_W{1'b0}}, tree[SUM_W*HALVES*LEVELS +: SUM_W]};
            if (valid_reg[ACC+1] && last_reg[ACC+1])
                fold_reg <= {1'b0, total_reg[15:0]} + {3'd0, total_reg[29:16]};
            if (valid_reg[ACC+2] && last_reg[ACC+2])
                folded_reg <= fold_reg[15:0] + {15'd0, fold_reg[16]};
            // Of every beat; the frame's is that of the last one.
            raw_reg    <= folded_reg;
            equal_reg  <= equal;
            ones_reg   <= ones;
            judged_reg <= checked;
            reason_reg <= reason;
            other_reg  <= reason == CHECKSUM_REASON_UDP_NO_CHECKSUM ? CHECKSUM_VERDICT_NONE :
                reason == CHECKSUM_REASON_UDP6_NO_CHECKSUM ? CHECKSUM_VERDICT_BAD :
                CHECKSUM_VERDICT_UNKNOWN;
            if (valid_reg[DELAY-1] && ring_first) begin
                pseudo_reg      <= ring_user[META_PSEUDO_SUM +: META_PSEUDO_SUM_W];
                pseudo_ones_reg <= ring_ones;
                checked_reg     <= ring_user[META_L4_CHECKED];
                held_reason_reg <= ring_user[META_REASON +: META_REASON_W];
            end
        end
    end

    assign s_axis_tready = move;
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_check  = {reason_reg, verdict, raw_reg};
    assign m_axis_tvalid = valid_reg[DELAY];
    assign busy = valid_reg != {DELAY+1{1'b0}} || in_frame_reg;

`ifdef FORMAL
    // For every frame up to 16 KiB, and every start and end: the raw sum is the sum of the frame's
    // words with its carries brought round, and the verdict follows from it. That this is what RFC
    // 1071 makes word by word, tests/formal/rfc1071.v proves. The beats' sums are followed through
    // the stages.
    reg              f_past_reg = 1'b0;
    reg [13:0]       f_start_reg;
    reg [13:0]       f_end_reg;
    reg [BEATS_W:0]  f_place_reg;           // of the beat in stage 0 in its frame
    reg [DATA_W-1:0] f_word_0_reg;          // of the beat in stage 0 what is to be summed
    reg [DATA_W-1:0] f_word_1_reg;          // and of those in stages 1 and 2
    reg [DATA_W-1:0] f_word_2_reg;
    reg [SUM_W*(LEVELS+3)-1:0] f_sum_reg;      // sum of the beat in stage k, 3 or later, in slice k
    reg [DELAY-1:0]  f_had_reg;             // a beat has left stage k
    reg [BEATS_W:0]  f_added_reg;           // beats of the frame that have
    reg [29:0]       f_total_reg;           // their sum
    reg [15:0]       f_fold_reg;            // of the frame, a stage later each
    reg [15:0]       f_folded_reg;
    reg [15:0]       f_raw_reg;
    reg              f_right_reg;           // sum and pseudo header's sum make a one's complement zero
    reg              f_checked_reg;

    function [15:0] f_around(input [15:0] a, input [15:0] b);
        reg [16:0] sum;
        begin
            sum = {1'b0, a} + {1'b0, b};
            f_around = sum[15:0] + {15'd0, sum[16]};
        end
    endfunction

    // The beat that comes in: what of its words counts, and their sums
    wire [13:0]      f_start = in_frame_reg ? f_start_reg : s_axis_tuser[META_SUM_START +: META_SUM_START_W];
    wire [13:0]      f_end   = in_frame_reg ? f_end_reg : s_axis_tuser[META_SUM_END +: META_SUM_END_W];
    wire [BEATS_W:0] f_place = in_frame_reg ? f_place_reg + 1'b1 : {BEATS_W+1{1'b0}};
    // The lanes of the beat in stage 0 from the start, and from the end on
    wire [LANES-1:0] f_from = beat_reg > start_reg[13:LANE_W] ? {LANES{1'b1}} :
        beat_reg == start_reg[13:LANE_W] ? {LANES{1'b1}} << start_reg[LANE_W-1:0] : {LANES{1'b0}};
    wire [LANES-1:0] f_beyond = beat_reg > end_reg[13:LANE_W] ? {LANES{1'b1}} :
        beat_reg == end_reg[13:LANE_W] ? {LANES{1'b1}} << end_reg[LANE_W-1:0] : {LANES{1'b0}};
    wire [DATA_W-1:0] f_word;
    wire [SUM_W-1:0] f_sums [0:HALVES];
    wire [SUM_W-1:0] f_tree [0:(LEVELS+1)*(HALVES+1)-1];

    assign f_sums[0] = {SUM_W{1'b0}};

    genvar fg;
    genvar fh;
    generate
        for (fg = 0; fg < HALVES; fg = fg + 1) begin : f_half
            // Place of the word's bytes in the frame
            wire [15:0] high = {f_place, {LANE_W{1'b0}}} + 2 * fg;
            wire [15:0] low = high + 16'd1;
            wire [15:0] word = f_word_2_reg[16*fg +: 16];
            assign f_word[16*fg+8 +: 8] = s_axis_tdata[16*fg +: 8]
                & {8{s_axis_tkeep[2*fg] && high >= {2'd0, f_start} && high < {2'd0, f_end}}};
            assign f_word[16*fg +: 8] = s_axis_tdata[16*fg+8 +: 8]
                & {8{s_axis_tkeep[2*fg+1] && low >= {2'd0, f_start} && low < {2'd0, f_end}}};
            assign f_sums[fg+1] = f_sums[fg] + {{SUM_W-16{1'b0}}, word};
            always @* begin
                if (f_past_reg && valid_reg[0])
                    assert (f_word_0_reg[16*fg +: 16] == {
                        data_0_reg[16*fg +: 8] & {8{f_from[2*fg] && !f_beyond[2*fg] && keep_0_reg[2*fg]}},
                        data_0_reg[16*fg+8 +: 8] & {8{f_from[2*fg+1] && !f_beyond[2*fg+1] && keep_0_reg[2*fg+1]}}});
                if (f_past_reg && valid_reg[1])
                    assert (f_word_1_reg[16*fg +: 16] == {
                        data_1_reg[16*fg +: 8] & {8{from[2*fg] && !beyond[2*fg] && keep_1_reg[2*fg]}},
                        data_1_reg[16*fg+8 +: 8] & {8{from[2*fg+1] && !beyond[2*fg+1] && keep_1_reg[2*fg+1]}}});
                if (f_past_reg && valid_reg[2])
                    assert (tree[SUM_W*fg +: SUM_W] == {{SUM_W-16{1'b0}}, word});
            end
        end
        for (fg = 1; fg <= LEVELS; fg = fg + 1) begin : f_level
            assign f_tree[fg*(HALVES+1)] = {SUM_W{1'b0}};
            for (fh = 0; fh < HALVES; fh = fh + 1) begin : f_add
                assign f_tree[fg*(HALVES+1)+fh+1] = f_tree[fg*(HALVES+1)+fh]
                    + tree[SUM_W*(HALVES*fg+fh) +: SUM_W];
                always @*
                    if (f_past_reg && valid_reg[fg+2])
                        assert ({11'd0, tree[SUM_W*(HALVES*fg+fh) +: SUM_W]} < (32'd1 << (16 + fg)));
            end
            always @*
                if (f_past_reg && valid_reg[fg+2])
                    assert (f_sum_reg[SUM_W*(fg+2) +: SUM_W] == f_tree[fg*(HALVES+1)+HALVES]);
        end
    endgenerate

    wire [29:0] f_total = (first_reg[ACC] ? 30'd0 : f_total_reg)
        + {{30-SUM_W{1'b0}}, f_sum_reg[SUM_W*ACC +: SUM_W]};

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        if (accept) begin
            f_start_reg <= f_start;
            f_end_reg <= f_end;
            f_place_reg <= f_place;
        end
        if (move) begin
            f_word_0_reg <= f_word;
            f_word_1_reg <= f_word_0_reg;
            f_word_2_reg <= f_word_1_reg;
            f_sum_reg <= {f_sum_reg[SUM_W*(LEVELS+2)-1:3*SUM_W], f_sums[HALVES], {3*SUM_W{1'b0}}};
            if (valid_reg[ACC]) begin
                f_added_reg <= (first_reg[ACC] ? {BEATS_W+1{1'b0}} : f_added_reg) + 1'b1;
                f_total_reg <= f_total;
            end
            if (valid_reg[ACC+1] && last_reg[ACC+1])
                f_fold_reg <= f_around(f_total_reg[15:0], {2'd0, f_total_reg[29:16]});
            if (valid_reg[ACC+2] && last_reg[ACC+2])
                f_folded_reg <= f_fold_reg;
            if (valid_reg[DELAY-1] && last_reg[DELAY-1]) begin
                f_raw_reg <= f_folded_reg;
                f_right_reg <= f_around(f_folded_reg, pseudo) == 16'hffff;
                f_checked_reg <= checked;
            end
        end
        if (move)
            f_had_reg <= f_had_reg | valid_reg[DELAY-1:0];
        if (rst)
            f_had_reg <= {DELAY{1'b0}};
    end

    always @* begin
        if (!f_past_reg)
            assume (rst);
        // A frame has at most 16 KiB
        assume (!in_frame_reg || f_place_reg != {1'b0, {BEATS_W{1'b1}}});
        assume (first_reg[ACC] || f_added_reg != {1'b1, {BEATS_W{1'b0}}});
        if (f_past_reg) begin
            if (valid_reg[0]) begin
                assert (start_reg == f_start_reg && end_reg == f_end_reg);
                assert ({1'b0, beat_reg} == f_place_reg);
            end
            if (in_frame_reg) begin
                assert (start_reg == f_start_reg && end_reg == f_end_reg);
                assert ({1'b0, beat_reg} == f_place_reg);
            end
            // A beat that is not its frame's first has another before it.
            assert ((valid_reg[DELAY-1:0] & ~first_reg[DELAY-1:0] & ~f_had_reg) == 0);
            assert ((f_had_reg[DELAY-2:0] & ~valid_reg[DELAY-1:1] & ~f_had_reg[DELAY-1:1]) == 0);
            assert (!in_frame_reg || valid_reg[0] || f_had_reg[0]);
            if (valid_reg[ACC+1])
                assert (f_had_reg[ACC]);
            if (f_had_reg[ACC]) begin
                assert (total_reg == f_total_reg);
                assert (f_added_reg <= {1'b1, {BEATS_W{1'b0}}});
                assert (f_total_reg <= {f_added_reg, {16+LEVELS{1'b0}}});
            end
            if (valid_reg[ACC+2] && last_reg[ACC+2])
                assert (f_fold_reg == fold_reg[15:0] + {15'd0, fold_reg[16]});
            if (valid_reg[DELAY-1] && last_reg[DELAY-1]) begin
                assert (folded_reg == f_folded_reg);
            end
            if (valid_reg[DELAY] && last_reg[DELAY]) begin
                assert (m_axis_check[15:0] == f_raw_reg);
                assert (judged_reg == f_checked_reg);
                if (f_checked_reg)
                    assert (m_axis_check[17:16] == (f_right_reg ? CHECKSUM_VERDICT_GOOD : CHECKSUM_VERDICT_BAD));
            end
            assert (!f_had_reg[DELAY-1] || pseudo_ones_reg == &pseudo_reg);
            cover (valid_reg[DELAY] && last_reg[DELAY] && m_axis_tready && raw_reg != 16'd0);
        end
    end
`endif

endmodule

`resetall
