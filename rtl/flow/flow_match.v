// SPDX-License-Identifier: BSD-3-Clause
//
// Compares the words of frame after frame with all flow rules of the frame's function.
//
// One stands beside each header walker and gets every word that a rule may name as the walk comes
// by it, at most one a clock; all rules compare it at once (flow_rule of sekisho.rdl). A frame begins with
// `start`, ends with `last`, and has its function's number with every word. No stall, order kept:
// hits are there 5 clocks after last, and until 5 clocks after the next last; an enable that falls
// takes its rule's hit away all that time and while the frame is compared, so a rule that was
// changed while it was disabled hits no frame by half. The rules' words are not reset.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module flow_match #(
    // Network functions, 1 to 16, and the width of a number of theirs, at least 1.
    parameter integer FUNCTIONS = 2,
    parameter integer FUNCTION_W = 1
) (
    input  wire                    clk,

    // Words of the rules: address is {function, rule[2:0], 0, mask, word[3:0]}; others are not its own
    input  wire                    write_valid,
    input  wire [FUNCTION_W+8:0]   write_address,
    input  wire [31:0]             write_data,
    // Rule n of function f in bit f * 8 + n
    input  wire [FUNCTIONS*8-1:0]  enable,

    // Words of frames; number is a word's of flow_key_t. start and last count with valid.
    input  wire                    valid,
    input  wire                    start,
    input  wire                    last,
    input  wire [3:0]              number,
    input  wire [31:0]             word,
    input  wire [FUNCTION_W-1:0]   function_number,

    // The rules that hold for the frame that ended last, and its function
    output wire [7:0]              hits,
    output wire [FUNCTION_W-1:0]   hits_function
);

    localparam integer RULES = 8;
    localparam integer DEPTH = 1 << (FUNCTION_W + 4);

    // Stage 1: the word. Stages 2 and 3: what the rules hold for it, out of the RAMs and their output
    // registers. Stage 4: whether it differs, four bits at a time. Stage 5: of all words.
    reg [3:0]              valid_reg;
    reg [3:0]              start_reg;
    reg [3:0]              last_reg;
    reg [3:0]              number_1_reg;
    reg [31:0]             word_1_reg, word_2_reg, word_3_reg;
    reg [FUNCTION_W-1:0]   function_1_reg, function_2_reg, function_3_reg, function_4_reg;
    reg [RULES-1:0]        enable_4_reg;
    wire [RULES-1:0]       same;            // of the word in stage 4
    reg [RULES-1:0]        match_reg;
    reg [RULES-1:0]        hits_reg;
    reg [FUNCTION_W-1:0]   hits_function_reg;
    reg [RULES-1:0]        hits_enable_reg;

    function [RULES-1:0] enable_of(input [FUNCTIONS*8-1:0] enables, input [FUNCTION_W-1:0] of);
        integer f;
        begin
            enable_of = {RULES{1'b0}};
            for (f = 0; f < FUNCTIONS; f = f + 1)
                if (of == f[FUNCTION_W-1:0])
                    enable_of = enables[8*f +: 8];
        end
    endfunction

    wire [RULES-1:0] begun = start_reg[3] && valid_reg[3] ? {RULES{1'b1}} : match_reg;
    wire [RULES-1:0] match_next = begun & enable_4_reg & (same | {RULES{!valid_reg[3]}});

    always @(posedge clk) begin
        valid_reg      <= {valid_reg[2:0], valid};
        start_reg      <= {start_reg[2:0], start};
        last_reg       <= {last_reg[2:0], valid && last};
        number_1_reg   <= number;
        word_1_reg     <= word;
        word_2_reg     <= word_1_reg;
        word_3_reg     <= word_2_reg;
        function_1_reg <= function_number;
        function_2_reg <= function_1_reg;
        function_3_reg <= function_2_reg;
        function_4_reg <= function_3_reg;
        enable_4_reg   <= enable_of(enable, function_3_reg);
        match_reg      <= match_next;

        hits_enable_reg <= enable_of(enable, hits_function_reg);
        hits_reg        <= hits_reg & hits_enable_reg;
        if (last_reg[3]) begin
            hits_reg          <= match_next;
            hits_function_reg <= function_4_reg;
            hits_enable_reg   <= enable_of(enable, function_4_reg);
        end
    end

    assign hits          = hits_reg;
    assign hits_function = hits_function_reg;

    genvar r;
    genvar b;
    generate for (r = 0; r < RULES; r = r + 1) begin : g_rule
        // A value and a mask for every word of every function
        (* ram_style = "block", no_rw_check *) reg [31:0] values [0:DEPTH-1];
        (* ram_style = "block", no_rw_check *) reg [31:0] masks [0:DEPTH-1];
        reg [31:0] value_2_reg, value_3_reg;
        reg [31:0] mask_2_reg, mask_3_reg;
        reg [7:0]  differs_4_reg;

        wire       write_rule = write_valid && write_address[8:5] == {r[2:0], 1'b0};

        always @(posedge clk) begin
            if (write_rule && !write_address[4])
                values[{write_address[9 +: FUNCTION_W], write_address[3:0]}] <= write_data;
            if (write_rule && write_address[4])
                masks[{write_address[9 +: FUNCTION_W], write_address[3:0]}] <= write_data;
            value_2_reg <= values[{function_1_reg, number_1_reg}];
            mask_2_reg  <= masks[{function_1_reg, number_1_reg}];
            value_3_reg <= value_2_reg;
            mask_3_reg  <= mask_2_reg;
        end

        for (b = 0; b < 8; b = b + 1) begin : g_bits
            always @(posedge clk)
                differs_4_reg[b] <= |((word_3_reg[4*b +: 4] ^ value_3_reg[4*b +: 4]) & mask_3_reg[4*b +: 4]);
        end

        assign same[r] = !(|differs_4_reg);

`ifdef FORMAL
        // Of one word that a rule may name, of one function, whatever it is: a frame that differs in it
        // is no hit, nor is one in whose time the rule was not enabled. And a frame that has no other
        // words, all of which are the rule's, is a hit. Rules are written while they are disabled.
        if (r == 5) begin : g_formal
            localparam integer F_QUIET = 4;     // clocks between a write and an enabled rule
            (* anyconst *) reg [FUNCTION_W-1:0] f_function;
            (* anyconst *) reg [3:0] f_number;
            (* anyconst *) reg f_only;          // there are no other words
            reg        f_past_reg = 1'b0;
            reg [31:0] f_value_reg;             // the rule's of that word, as written
            reg [31:0] f_mask_reg;
            reg [F_QUIET-1:0] f_enabled_reg;    // in the last clocks
            reg [F_QUIET-1:0] f_written_reg;
            reg [4:1]  f_wrong_reg;             // the word of that stage is the tagged one, and differs
            reg        f_bad_reg;               // one of the frame up to stage 5 was
            reg        f_off_reg;               // the rule was off in its time
            reg        f_hit_bad_reg;           // the same of the frame that hits tells of
            reg        f_hit_off_reg;
            reg        f_any_reg;               // a frame has begun
            reg        f_hits_reg;              // a frame has ended

            wire       f_enable = enable[{f_function, r[2:0]}];
            wire       f_write  = write_rule && write_address[9 +: FUNCTION_W] == f_function;
            wire       f_wrong  = valid && number == f_number && function_number == f_function &&
                ((word ^ f_value_reg) & f_mask_reg) != 32'd0;
            wire       f_begins = valid_reg[3] && start_reg[3];
            wire       f_bad    = f_wrong_reg[4] || (f_bad_reg && !f_begins);
            wire       f_off    = (function_4_reg == f_function && !f_enabled_reg[0]) ||
                (f_off_reg && !f_begins);

            initial assume (!f_any_reg && !f_hits_reg && valid_reg == 4'd0 && last_reg == 4'd0 &&
                f_enabled_reg == 0 && f_written_reg == {F_QUIET{1'b1}});

            always @(posedge clk) begin
                f_past_reg    <= 1'b1;
                f_enabled_reg <= {f_enabled_reg[F_QUIET-2:0], f_enable};
                f_written_reg <= {f_written_reg[F_QUIET-2:0], f_write};
                assume (!f_write || (!f_enable && f_enabled_reg == 0));
                assume (!f_enable || f_written_reg == 0);
                assume (!valid || function_number < FUNCTIONS);
                assume (!f_only || (function_number == f_function && number == f_number));
                if (f_write && write_address[3:0] == f_number) begin
                    if (write_address[4])
                        f_mask_reg <= write_data;
                    else
                        f_value_reg <= write_data;
                end
                f_wrong_reg <= {f_wrong_reg[3:1], f_wrong};
                f_bad_reg   <= f_bad;
                f_off_reg   <= f_off;
                f_any_reg   <= f_any_reg || f_begins;
                f_hit_off_reg <= f_hit_off_reg || !f_enabled_reg[0];
                if (last_reg[3]) begin
                    f_hit_bad_reg <= f_bad;
                    f_hit_off_reg <= f_off;
                    f_hits_reg    <= f_any_reg || f_begins;
                end
                if (!f_past_reg)
                    assume (f_value_reg == values[{f_function, f_number}] &&
                        f_mask_reg == masks[{f_function, f_number}]);

                if (f_past_reg) begin
                    assert (f_value_reg == values[{f_function, f_number}] &&
                        f_mask_reg == masks[{f_function, f_number}]);
                    if (f_any_reg) begin
                        assert (!match_reg[r] || !(f_bad_reg || f_off_reg));
                        assert (match_reg[r] || f_bad_reg || f_off_reg || !f_only);
                    end
                    if (f_hits_reg && hits_function_reg == f_function) begin
                        assert (!hits_reg[r] || !(f_hit_bad_reg || f_hit_off_reg));
                        assert (hits_reg[r] || f_hit_bad_reg || f_hit_off_reg || !f_only);
                    end
                    cover (f_hits_reg && f_only && hits_reg[r] && f_mask_reg == 32'hffffffff);
                    cover (f_hits_reg && !hits_reg[r] && !f_hit_off_reg);
                end
            end
        end
`endif
    end endgenerate

endmodule

`resetall
