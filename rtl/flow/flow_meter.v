// SPDX-License-Identifier: BSD-3-Clause
//
// The meters of the flow rules: a token bucket each (RFC 2697 without its excess burst, color blind). A frame whose
// rule has a meter costs a token a byte, or one token; where the bucket holds fewer it is over the rate,
// and costs nothing.
//
// A rule's METER word names its meter: one of its function, or none. METER_RATE and METER_BURST in rule n's words are those of
// meter n, whatever rules use it. Once its burst is written a bucket is full, some 25 clocks later. In rounds over all
// buckets, some 20 clocks each, it gets its rate for the microseconds that have passed: for 262,144, 4,096, 64 or one of
// them a round, the most first. The words are not reset.
//
// rule_valid: `rule` is that of the frames from the next clock on. ask: here is one with `length` bytes; in the clock
// behind it pay has it pay, unless it is over the rate, and in the one behind that `over` says whether it is. A frame
// may come in every clock; where the buckets wait for a clock without ask, hold is 1 until one comes.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module flow_meter #(
    // Width of a function's number, at least 1.
    parameter integer FUNCTION_W = 1
) (
    input  wire                    clk,
    input  wire                    rst,

    // Free-running, modulo 2^32; may jump
    input  wire [31:0]             microseconds,

    // Words of the rules, as in flow_table
    input  wire                    write_valid,
    input  wire [FUNCTION_W+8:0]   write_address,
    input  wire [31:0]             write_data,

    // {function, rule[2:0]}
    input  wire                    rule_valid,
    input  wire [FUNCTION_W+2:0]   rule,

    input  wire                    ask,
    input  wire [13:0]             length,
    input  wire                    pay,
    output wire                    over,
    output wire                    hold,

    // A bucket is to be filled.
    output wire                    busy
);

    `include "sekisho.vh"

    localparam integer METER_W = FUNCTION_W + 3;
    localparam integer METERS  = 1 << METER_W;
    localparam integer BURST_W = 24;
    localparam integer TOKEN_W = BURST_W + 16;      // with a rate's 16 bits behind the point
    localparam integer EARNED_W = 32 + 3 * 6;       // a rate, and a digit's place

    localparam [31:0] METER_WORD = FLOW_RULE_METER_METERED / 32;
    localparam [31:0] RATE_WORD  = FLOW_RULE_METER_RATE_VALUE / 32;
    localparam [31:0] BURST_WORD = FLOW_RULE_METER_BURST_VALUE / 32;

    // --- the host's words -----------------------------------------------------------------------------

    (* ram_style = "distributed" *) reg [4:0]         meters [0:METERS-1];     // of the rules: {number, packets, metered}
    (* ram_style = "distributed" *) reg [31:0]        rates [0:METERS-1];
    (* ram_style = "distributed" *) reg [BURST_W-1:0] bursts [0:METERS-1];
    reg [METERS-1:0]     fill_reg;              // the burst is new

    // A clock later: the register block stands far away
    reg                  write_meter_reg, write_rate_reg, write_burst_reg;
    reg [METER_W-1:0]    write_rule_reg;
    reg [31:0]           write_data_reg;

    always @(posedge clk) begin
        write_meter_reg <= write_valid && write_address[5:0] == METER_WORD[5:0];
        write_rate_reg  <= write_valid && write_address[5:0] == RATE_WORD[5:0];
        write_burst_reg <= write_valid && write_address[5:0] == BURST_WORD[5:0];
        write_rule_reg  <= write_address[6 +: METER_W];
        write_data_reg  <= write_data;

        if (write_meter_reg)
            meters[write_rule_reg] <= {write_data_reg[FLOW_RULE_METER_INDEX % 32 +: 3],
                write_data_reg[FLOW_RULE_METER_PACKETS % 32], write_data_reg[FLOW_RULE_METER_METERED % 32]};
        if (write_rate_reg)
            rates[write_rule_reg] <= write_data_reg;
        if (write_burst_reg)
            bursts[write_rule_reg] <= write_data_reg[BURST_W-1:0];

        if (rst)
            write_burst_reg <= 1'b0;
    end

    // --- the frame's meter ------------------------------------------------------------------------------

    reg                  metered_reg;
    reg                  packets_reg;
    reg [METER_W-1:0]    payer_reg;

    wire [4:0]           meter = meters[rule];

    always @(posedge clk) begin
        if (rule_valid) begin
            metered_reg <= meter[0];
            packets_reg <= meter[1];
            payer_reg   <= {rule[METER_W-1:3], meter[4:2]};
        end
    end

    // --- what the buckets get: a meter after the other -------------------------------------------------------

    reg [31:0]           seen_reg;              // microseconds up to which they have been given
    reg [31:0]           passed_reg;            // since then, a clock ago
    // Of that, a clock later: any, the highest digit of 64; and some bucket is to be filled
    reg                  due_reg;
    reg [1:0]            highest_reg;
    reg                  fills_reg;
    reg [1:0]            digit_reg;             // a round gives for 64 to the power of it,
    reg                  timed_reg;             // or nothing but what is to be filled

    wire [1:0]           digit = |passed_reg[31:18] ? 2'd3 : |passed_reg[17:12] ? 2'd2 : |passed_reg[11:6] ? 2'd1 : 2'd0;

    // The stages, a clock each: chosen, read, what it earned, what it lacks, which is less, and that of both
    reg                  chosen_valid_reg;
    reg [METER_W-1:0]    chosen_reg;
    reg                  read_valid_reg, read_fill_reg;
    reg [METER_W-1:0]    read_reg;
    reg [31:0]           rate_reg;
    reg [BURST_W-1:0]    read_burst_reg;
    reg                  earned_valid_reg, earned_fill_reg;
    reg [METER_W-1:0]    earned_meter_reg;
    reg [EARNED_W-1:0]   earned_reg;
    reg [BURST_W-1:0]    earned_burst_reg;
    reg                  lack_valid_reg, lack_fill_reg;
    reg [METER_W-1:0]    lack_meter_reg;
    reg [TOKEN_W-1:0]    lack_earned_reg;       // to be filled, the burst
    reg                  lack_more_reg;         // what it earned has more bits
    reg [TOKEN_W:0]      lack_reg;              // below 0: the bucket holds more than its burst
    reg                  compared_valid_reg, compared_fill_reg;
    reg [METER_W-1:0]    compared_meter_reg;
    reg [TOKEN_W-1:0]    compared_earned_reg;
    reg [TOKEN_W-1:0]    compared_lack_reg;
    reg                  compared_lacks_less_reg;
    reg                  give_valid_reg, give_fill_reg;
    reg [METER_W-1:0]    give_meter_reg;
    reg [TOKEN_W-1:0]    give_reg;

    // --- the buckets: one adder, for what a frame takes and for what is given ----------------------------------

    (* ram_style = "distributed" *) reg [TOKEN_W-1:0] tokens [0:METERS-1];

    // Read, added to, written, a clock each: what a bucket changes by, and what it held when it was read, or what was written
    // into it just then. Of both one is 0, to be filled both are.
    reg                  ask_reg;
    reg                  asked_reg;             // and the frame has a meter
    reg                  given_reg, filled_reg;
    reg [METER_W-1:0]    place_reg;
    reg [TOKEN_W-1:0]    read_tokens_reg;
    reg [TOKEN_W-1:0]    change_reg;
    reg [TOKEN_W-1:0]    written_tokens_reg;
    // The sum of the clock before, and whether it is written. Where it is of the same bucket that was not read yet.
    reg                  again_reg;
    reg                  gave_reg;              // it was a gift: written
    reg                  asks_reg;              // a frame with a meter,
    reg                  pays_reg;              // that pays,
    reg                  covers_reg, covers_follows_reg; // if it is covered: by both sums; which of them it is
    reg                  followed_reg;
    reg                  filled_before_reg;
    reg [METER_W-1:0]    place_before_reg;
    reg [TOKEN_W-1:0]    rest_before_reg;

    // Of the sum before, known a clock behind it: the end of a carry chain has a register of its own.
    wire                 covered = followed_reg ? covers_follows_reg : covers_reg;
    wire                 write   = gave_reg || (pays_reg && covered);
    // So both sums at a time
    wire                 follows = again_reg && write;
    wire [TOKEN_W-1:0]   stays   = read_tokens_reg | written_tokens_reg;
    wire [TOKEN_W:0]     sum_follows = sum(rest_before_reg);
    wire [TOKEN_W:0]     sum_stays   = sum(stays);

    // The whole tokens with a carry from behind the point and without, at a time. A price has nothing behind the point: it
    // always carries, and is covered where the sum does, too.
    function [TOKEN_W:0] sum(input [TOKEN_W-1:0] of);
        reg [16:0]        part;
        reg [BURST_W-1:0] whole;
        reg [BURST_W:0]   carried;
        begin
            part    = {1'b0, of[15:0]} + {1'b0, change_reg[15:0]} + {16'd0, ask_reg};
            whole   = of[TOKEN_W-1:16] + change_reg[TOKEN_W-1:16];
            carried = {1'b0, of[TOKEN_W-1:16]} + {1'b0, change_reg[TOKEN_W-1:16]} + {{BURST_W{1'b0}}, 1'b1};
            sum     = {carried[BURST_W], part[16] ? carried[BURST_W-1:0] : whole, part[15:0]};
        end
    endfunction

    wire                 move   = !give_valid_reg || !ask;
    wire [METER_W-1:0]   place  = ask ? payer_reg : give_meter_reg;
    wire [13:0]          price  = packets_reg ? 14'd1 : length;
    wire                 fill   = !ask && give_valid_reg && give_fill_reg && !rst;
    wire                 written = write && place == place_before_reg;

    assign over = asks_reg && !covered;

    always @(posedge clk) begin
        if (write)
            tokens[place_before_reg] <= rest_before_reg;

        ask_reg         <= ask;
        asked_reg       <= ask && metered_reg;
        given_reg       <= !ask && give_valid_reg;
        filled_reg      <= fill;
        place_reg       <= place;
        read_tokens_reg <= tokens[place];
        change_reg      <= ask ? ~{{TOKEN_W-30{1'b0}}, price, 16'd0} : give_reg;
        if (fill || written)
            read_tokens_reg <= {TOKEN_W{1'b0}};
        written_tokens_reg <= rest_before_reg;
        if (fill || !written)
            written_tokens_reg <= {TOKEN_W{1'b0}};
        again_reg       <= place == place_reg && !fill;

        gave_reg          <= given_reg;
        asks_reg          <= asked_reg;
        pays_reg          <= asked_reg && pay;
        covers_reg         <= sum_stays[TOKEN_W];
        covers_follows_reg <= sum_follows[TOKEN_W];
        followed_reg      <= follows;
        filled_before_reg <= filled_reg;
        place_before_reg  <= place_reg;
        rest_before_reg   <= follows ? sum_follows[TOKEN_W-1:0] : sum_stays[TOKEN_W-1:0];

        if (rst) begin
            again_reg         <= 1'b0;
            ask_reg           <= 1'b0;
            asked_reg         <= 1'b0;
            given_reg         <= 1'b0;
            filled_reg        <= 1'b0;
            gave_reg          <= 1'b0;
            asks_reg          <= 1'b0;
            pays_reg          <= 1'b0;
            filled_before_reg <= 1'b0;
        end
    end

    wire                 start = !chosen_valid_reg && move && (due_reg || fills_reg);
    reg [2:0]            waited_reg;            // clocks

    integer m;

    always @(posedge clk) begin
        passed_reg  <= microseconds - seen_reg;
        due_reg     <= passed_reg != 32'd0;
        highest_reg <= digit;
        fills_reg   <= fill_reg != {METERS{1'b0}};
        if (start) begin
            case (highest_reg)
                2'd0:    seen_reg <= seen_reg + {31'd0, due_reg};   // 0: for a burst alone
                2'd1:    seen_reg <= seen_reg + (32'd1 << 6);
                2'd2:    seen_reg <= seen_reg + (32'd1 << 12);
                default: seen_reg <= seen_reg + (32'd1 << 18);
            endcase
            digit_reg        <= highest_reg;
            timed_reg        <= due_reg;
            chosen_valid_reg <= 1'b1;
            chosen_reg       <= {METER_W{1'b0}};
        end else if (chosen_valid_reg && move) begin
            chosen_valid_reg <= ~&chosen_reg;
            chosen_reg       <= chosen_reg + 1'b1;
        end

        if (move) begin
            read_valid_reg   <= chosen_valid_reg;
            read_reg         <= chosen_reg;
            read_fill_reg    <= fill_reg[chosen_reg];
            rate_reg         <= rates[chosen_reg];
            read_burst_reg   <= bursts[chosen_reg];

            earned_valid_reg <= read_valid_reg && (read_fill_reg || (timed_reg && rate_reg != 32'd0));
            earned_meter_reg <= read_reg;
            earned_fill_reg  <= read_fill_reg;
            earned_burst_reg <= read_burst_reg;
            case (digit_reg)
                2'd0:    earned_reg <= {18'd0, rate_reg};
                2'd1:    earned_reg <= {12'd0, rate_reg, 6'd0};
                2'd2:    earned_reg <= {6'd0, rate_reg, 12'd0};
                default: earned_reg <= {rate_reg, 18'd0};
            endcase

            // A frame that pays meanwhile, or just now, makes it lack more
            lack_valid_reg   <= earned_valid_reg;
            lack_meter_reg   <= earned_meter_reg;
            lack_fill_reg    <= earned_fill_reg;
            lack_earned_reg  <= earned_fill_reg ? {earned_burst_reg, 16'd0} : earned_reg[TOKEN_W-1:0];
            lack_more_reg    <= |earned_reg[EARNED_W-1:TOKEN_W];
            lack_reg         <= {1'b0, earned_burst_reg, 16'd0} - {1'b0, tokens[earned_meter_reg]};

            compared_valid_reg  <= lack_valid_reg && (lack_fill_reg || !lack_reg[TOKEN_W]);
            compared_meter_reg  <= lack_meter_reg;
            compared_fill_reg   <= lack_fill_reg;
            compared_earned_reg <= lack_earned_reg;
            compared_lack_reg   <= lack_reg[TOKEN_W-1:0];
            compared_lacks_less_reg <= !lack_fill_reg && (lack_more_reg || lack_earned_reg > lack_reg[TOKEN_W-1:0]);

            give_valid_reg   <= compared_valid_reg;
            give_meter_reg   <= compared_meter_reg;
            give_fill_reg    <= compared_fill_reg;
            give_reg         <= compared_lacks_less_reg ? compared_lack_reg : compared_earned_reg;
        end

        for (m = 0; m < METERS; m = m + 1) begin
            if (chosen_valid_reg && move && chosen_reg == m[METER_W-1:0])
                fill_reg[m] <= 1'b0;
            if (write_burst_reg && write_rule_reg == m[METER_W-1:0])
                fill_reg[m] <= 1'b1;
        end

        waited_reg <= move ? 3'd0 : waited_reg + {2'd0, !hold};

        if (rst) begin
            seen_reg         <= microseconds;
            passed_reg       <= 32'd0;
            due_reg          <= 1'b0;
            chosen_valid_reg <= 1'b0;
            read_valid_reg   <= 1'b0;
            earned_valid_reg <= 1'b0;
            lack_valid_reg   <= 1'b0;
            compared_valid_reg <= 1'b0;
            give_valid_reg   <= 1'b0;
            fill_reg         <= {METERS{1'b0}};
            waited_reg       <= 3'd0;
        end
    end

    assign hold = &waited_reg;
    // Only of what fills: rounds of gifts never end where frames come in every clock
    assign busy = write_burst_reg || fill_reg != {METERS{1'b0}} || (read_valid_reg && read_fill_reg) || (earned_valid_reg && earned_fill_reg) ||
        (lack_valid_reg && lack_fill_reg) || (compared_valid_reg && compared_fill_reg) || (give_valid_reg && give_fill_reg) ||
        filled_reg || filled_before_reg;

`ifdef FORMAL
    // Of one meter, whatever it is: its bucket is full once its burst is written, and busy until then; from then on it
    // never holds more, until the next one is written. A frame is over where the bucket holds less than its
    // price; one that pays takes just that, and nothing else but a gift changes the bucket. No gift waits
    // longer than hold and a source that is F_WAY clocks away make it. What it holds is what is written, or about to be.
    localparam integer F_WAY = 4;
    localparam [3:0]   F_MOST = 4'd7 + F_WAY;
    (* anyconst *) reg [METER_W-1:0] f_meter;
    (* anyconst *) reg [METER_W-1:0] f_rule;
    reg                f_past_reg = 1'b0;
    reg [4:0]          f_rule_meter_reg;    // of that rule, as written
    reg                f_ours_reg;          // the frame is of that rule,
    reg [4:0]          f_word_reg;          // which said this then
    reg [BURST_W-1:0]  f_burst_reg;         // of that meter, as written
    reg                f_written_reg;
    reg                f_full_reg;          // it has been filled since
    reg                f_current_reg;       // the one that is on its way has read the burst as it is
    reg [3:0]          f_waited_reg;        // clocks in which a gift has waited
    reg [3:0]          f_held_reg;          // clocks in which hold was 1
    reg                f_asked_reg;         // the frame that asked a clock ago is of that meter,
    reg                f_free_reg;          // or has none
    reg [TOKEN_W-1:0]  f_price_reg;         // and its price
    reg [TOKEN_W-1:0]  f_before_reg;        // a clock ago: tokens,
    reg                f_judged_reg;        // what was asked of them, and whether it was paid,
    reg                f_free_judged_reg;
    reg [TOKEN_W-1:0]  f_due_reg;
    reg                f_paid_reg;
    reg                f_gift_reg;          // and a gift, or all of a burst
    reg                f_filled_reg;
    reg [EARNED_W-1:0] f_earned_reg;        // and what it had earned then
    reg [TOKEN_W:0]    f_lacked_reg;        // what the bucket lacked when it was looked at

    wire               f_writes = write && place_before_reg == f_meter;
    wire [TOKEN_W-1:0] f_tokens = f_writes ? rest_before_reg : tokens[f_meter];
    wire [TOKEN_W-1:0] f_most   = {f_burst_reg, 16'd0};
    wire               f_write  = write_burst_reg && write_rule_reg == f_meter;
    wire               f_read   = read_valid_reg && read_reg == f_meter;
    wire               f_earned = earned_valid_reg && earned_meter_reg == f_meter;
    wire               f_lack   = lack_valid_reg && lack_meter_reg == f_meter;
    wire               f_compared = compared_valid_reg && compared_meter_reg == f_meter;
    wire               f_give   = give_valid_reg && give_meter_reg == f_meter;
    wire               f_given  = given_reg && place_reg == f_meter;
    wire               f_choose = chosen_valid_reg && move && chosen_reg == f_meter;
    wire               f_fills  = (f_read && read_fill_reg) || (f_earned && earned_fill_reg) || (f_lack && lack_fill_reg) ||
        (f_compared && compared_fill_reg) || (f_give && give_fill_reg) || (f_given && filled_reg);
    wire [13:0]        f_price  = f_word_reg[1] ? 14'd1 : length;
    wire [METER_W-1:0] f_payer  = {f_rule[METER_W-1:3], f_word_reg[4:2]};
    wire               f_asks   = ask && f_ours_reg && f_word_reg[0] && f_payer == f_meter;
    // How many meters ago
    wire [METER_W-1:0] f_read_ago   = chosen_reg - read_reg;
    wire [METER_W-1:0] f_earned_ago = chosen_reg - earned_meter_reg;
    wire [METER_W-1:0] f_lack_ago   = chosen_reg - lack_meter_reg;
    wire [METER_W-1:0] f_compared_ago = chosen_reg - compared_meter_reg;
    wire [METER_W-1:0] f_give_ago   = chosen_reg - give_meter_reg;
    wire [METER_W-1:0] f_given_ago  = chosen_reg - place_reg;
    reg                f_gave_reg;          // what is written is a gift
    wire [METER_W-1:0] f_gave_ago   = chosen_reg - place_before_reg;

    initial assume (rst);

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        assume (f_past_reg || rst);
        assume (!ask || f_held_reg < F_WAY);

        if (write_meter_reg && write_rule_reg == f_rule)
            f_rule_meter_reg <= {write_data_reg[FLOW_RULE_METER_INDEX % 32 +: 3],
                write_data_reg[FLOW_RULE_METER_PACKETS % 32], write_data_reg[FLOW_RULE_METER_METERED % 32]};
        if (rule_valid) begin
            f_ours_reg <= rule == f_rule;
            f_word_reg <= f_rule_meter_reg;
        end
        if (f_choose)
            f_current_reg <= 1'b1;
        if (f_given && filled_reg)
            f_full_reg <= f_current_reg;
        if (f_write) begin
            f_burst_reg   <= write_data_reg[BURST_W-1:0];
            f_written_reg <= 1'b1;
            f_full_reg    <= 1'b0;
            f_current_reg <= 1'b0;
        end
        f_waited_reg <= give_valid_reg && ask ? f_waited_reg + 4'd1 : 4'd0;
        f_held_reg   <= hold && ask ? f_held_reg + 4'd1 : 4'd0;
        f_asked_reg  <= f_asks;
        f_free_reg   <= ask && f_ours_reg && !f_word_reg[0];
        f_price_reg  <= {{TOKEN_W-30{1'b0}}, f_price, 16'd0};
        f_before_reg <= f_tokens;
        f_judged_reg <= f_asked_reg;
        f_free_judged_reg <= f_free_reg;
        f_due_reg    <= f_price_reg;
        f_paid_reg   <= f_asked_reg && pay && f_price_reg <= f_tokens;
        f_gift_reg   <= f_given;
        f_filled_reg <= f_given && filled_reg;
        f_gave_reg   <= given_reg;
        if (f_earned && move) begin
            f_lacked_reg  <= {1'b0, f_most} - {1'b0, tokens[f_meter]};
            f_earned_reg <= earned_reg;
        end

        // Words that were there before the reset
        if (!f_past_reg) begin
            assume (f_rule_meter_reg == meters[f_rule] && f_burst_reg == bursts[f_meter]);
            assume (!f_ours_reg && !f_written_reg && !f_full_reg);
        end
        if (rst) begin
            f_ours_reg    <= 1'b0;
            f_written_reg <= 1'b0;
            f_full_reg    <= 1'b0;
            f_waited_reg  <= 4'd0;
            f_held_reg    <= 4'd0;
            f_asked_reg   <= 1'b0;
            f_free_reg    <= 1'b0;
            f_judged_reg  <= 1'b0;
            f_free_judged_reg <= 1'b0;
            f_paid_reg    <= 1'b0;
            f_gift_reg    <= 1'b0;
            f_gave_reg    <= 1'b0;
        end

        if (f_past_reg) begin
            // What is proved
            assert (!f_full_reg || f_tokens <= f_most);
            assert (!f_written_reg || f_full_reg || busy);
            if ($past(!rst)) begin
                if (f_judged_reg)
                    assert (over == (f_before_reg < f_due_reg));
                if (f_free_judged_reg)
                    assert (!over);
                if (f_paid_reg)
                    assert (f_tokens == f_before_reg - f_due_reg);
                else if (f_filled_reg)
                    assert (!f_full_reg || f_tokens == f_most);
                else if (f_gift_reg)
                    assert (f_tokens == f_before_reg + $past(change_reg));
                else if (f_judged_reg || $past(!ask_reg || place_reg != f_meter))
                    assert (f_tokens == f_before_reg);
            end
            assert (f_waited_reg <= F_MOST);
            // What it takes to prove it
            assert (f_rule_meter_reg == meters[f_rule] && f_burst_reg == bursts[f_meter]);
            if (f_ours_reg)
                assert (metered_reg == f_word_reg[0] && packets_reg == f_word_reg[1] && payer_reg == f_payer);
            assert (hold == (f_waited_reg >= 4'd7) && waited_reg == (hold ? 3'd7 : f_waited_reg[2:0]));
            assert (f_held_reg == (hold ? f_waited_reg - 4'd7 : 4'd0));
            assert (!f_waited_reg || give_valid_reg);
            assert (!given_reg || !ask_reg);
            assert (!filled_reg || given_reg);
            assert (!f_asked_reg || (asked_reg && place_reg == f_meter));
            assert (!f_free_reg || (ask_reg && !asked_reg));
            assert (!asked_reg || ask_reg);
            if (f_asked_reg)
                assert (change_reg == ~f_price_reg);
            assert (!ask_reg || &change_reg[15:0]);
            // What is added to is what the bucket holds.
            assert (!again_reg || place_reg == place_before_reg);
            if (filled_reg)
                assert (!again_reg && stays == {TOKEN_W{1'b0}});
            else if (place_reg == f_meter && !follows)
                assert (stays == f_tokens);
            // The stages hold one meter behind the other.
            assert (chosen_valid_reg || chosen_reg == {METER_W{1'b0}} ||
                !(read_valid_reg || earned_valid_reg || lack_valid_reg || compared_valid_reg ||
                    give_valid_reg || given_reg || f_gave_reg));
            assert (!read_valid_reg || f_read_ago == 1);
            assert (!earned_valid_reg || (f_earned_ago >= 1 && f_earned_ago <= 2));
            assert (!lack_valid_reg || (f_lack_ago >= 1 && f_lack_ago <= 3));
            assert (!compared_valid_reg || (f_compared_ago >= 1 && f_compared_ago <= 4));
            assert (!give_valid_reg || (f_give_ago >= 1 && f_give_ago <= 5));
            assert (!give_valid_reg || !given_reg || f_given_ago > f_give_ago);
            assert (!compared_valid_reg || !given_reg || f_given_ago > f_compared_ago);
            assert (!lack_valid_reg || !given_reg || f_given_ago > f_lack_ago);
            assert (!earned_valid_reg || !given_reg || f_given_ago > f_earned_ago);
            assert (!read_valid_reg || !given_reg || f_given_ago > f_read_ago);
            assert (!give_valid_reg || !f_gave_reg || f_gave_ago > f_give_ago);
            assert (!compared_valid_reg || !f_gave_reg || f_gave_ago > f_compared_ago);
            assert (!lack_valid_reg || !f_gave_reg || f_gave_ago > f_lack_ago);
            assert (!earned_valid_reg || !f_gave_reg || f_gave_ago > f_earned_ago);
            assert (!given_reg || (f_given_ago >= 1 && f_given_ago <= 6));
            assert (!f_gave_reg || (f_gave_ago >= 1 && f_gave_ago <= 7));
            assert (f_gave_reg ? write : !write || !filled_before_reg);
            assert (!read_valid_reg || !earned_valid_reg || f_earned_ago > f_read_ago);
            assert (!earned_valid_reg || !lack_valid_reg || f_lack_ago > f_earned_ago);
            assert (!lack_valid_reg || !compared_valid_reg || f_compared_ago > f_lack_ago);
            assert (!compared_valid_reg || !give_valid_reg || f_give_ago > f_compared_ago);
            assert (!read_valid_reg || !compared_valid_reg || f_compared_ago > f_read_ago);
            assert (!earned_valid_reg || !compared_valid_reg || f_compared_ago > f_earned_ago);
            assert (!lack_valid_reg || !give_valid_reg || f_give_ago > f_lack_ago);
            assert (!read_valid_reg || !lack_valid_reg || f_lack_ago > f_read_ago);
            assert (!read_valid_reg || !give_valid_reg || f_give_ago > f_read_ago);
            assert (!earned_valid_reg || !give_valid_reg || f_give_ago > f_earned_ago);
            // A new burst fills the bucket: it is still to be chosen, or on its way.
            assert (!f_written_reg || f_full_reg || fill_reg[f_meter] || (f_fills && f_current_reg));
            assert ((f_written_reg && !f_full_reg) || (!fill_reg[f_meter] && !f_fills));
            assert (f_written_reg || !f_full_reg);
            assert (!fill_reg[f_meter] || !f_current_reg);
            if (f_full_reg || f_current_reg) begin
                assert (!f_read || read_burst_reg == f_burst_reg);
                assert (!f_earned || earned_burst_reg == f_burst_reg);
                assert (!f_lack || !lack_fill_reg || lack_earned_reg == f_most);
                assert (!f_compared || !compared_fill_reg || (compared_earned_reg == f_most && !compared_lacks_less_reg));
                assert (!f_give || !give_fill_reg || give_reg == f_most);
                assert (!f_given || !filled_reg || change_reg == f_most);
            end
            // Since it was looked at, frames only took.
            if (f_full_reg) begin
                if (f_writes && !f_gave_reg)
                    assert (tokens[f_meter] >= f_tokens && tokens[f_meter] <= f_most);
                assert (!f_lack || (!lack_reg[TOKEN_W] && {1'b0, f_tokens} + lack_reg <= {1'b0, f_most}));
                assert (!f_give || {1'b0, f_tokens} + {1'b0, give_reg} <= {1'b0, f_most});
                assert (!f_given || {1'b0, f_tokens} + {1'b0, change_reg} <= {1'b0, f_most});
            end
            // A gift is all that is due, or all that the bucket lacked.
            if (f_full_reg && f_lack) begin
                assert (lack_reg == f_lacked_reg);
                assert (lack_earned_reg == f_earned_reg[TOKEN_W-1:0]);
                assert (lack_more_reg == (f_earned_reg[EARNED_W-1:TOKEN_W] != 0));
            end
            if (f_full_reg && f_compared) begin
                assert (compared_lack_reg == f_lacked_reg && compared_earned_reg == f_earned_reg[TOKEN_W-1:0]);
                assert (compared_lacks_less_reg == (f_earned_reg > f_lacked_reg));
                assert ({1'b0, f_tokens} + {1'b0, compared_lack_reg} <= {1'b0, f_most});
            end
            if (f_full_reg && f_give)
                assert (give_reg == (f_earned_reg < f_lacked_reg ? f_earned_reg[TOKEN_W-1:0] : f_lacked_reg[TOKEN_W-1:0]));

            cover (f_gift_reg && !f_filled_reg && f_tokens > f_before_reg && f_tokens < f_most);
            cover (f_paid_reg && f_full_reg && f_tokens == 0 && f_due_reg != 0);
            cover (f_judged_reg && over && f_full_reg);
        end
    end
`endif

endmodule

`resetall
