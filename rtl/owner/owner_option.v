// SPDX-License-Identifier: BSD-3-Clause
//
// Walks the options of TCP headers (RFC 9293, section 3.1), four bytes at a time, and finds the owner option.
//
// The owner option is one of kind 254 and length 19 or 15 whose first two bytes behind the length are its
// experiment identifier (RFC 6994); then come a control byte, the tenant (16 bits) and the id (32 bits), in network
// order, and a tag that is not looked at here. Options stand at any byte. `found` needs exactly one of them in
// options that are well formed: no length below 2 or beyond the header, no kind without a length, only zeros behind
// an end of option list. A header's words come in order, with any pauses, the first one in a later clock than
// `clear`. Two clocks after the last one `found` is there, three clocks after it all is, until the next `clear`.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module owner_option (
    input  wire        clk,

    // A word comes in two parts: its bytes with step, and that it is one of the options with valid, in a later
    // clock before the next step. First byte in bits 31:24.
    input  wire        step,
    input  wire [31:0] word,
    input  wire        valid,
    input  wire        clear,

    output wire        found,
    output wire [7:0]  length,
    output wire [7:0]  control,
    output wire [15:0] tenant,
    output wire [31:0] id
);

    `include "sekisho.vh"

    localparam [31:0] KIND         = SEKISHO_OWNER_OPTION_KIND;
    localparam [31:0] EXPERIMENT   = SEKISHO_OWNER_OPTION_EXPERIMENT;
    localparam [31:0] LENGTH       = SEKISHO_OWNER_OPTION_LENGTH;
    localparam [31:0] LENGTH_SHORT = SEKISHO_OWNER_OPTION_LENGTH_SHORT;
    localparam [7:0]  LONGEST      = 8'd40;     // no header has more bytes of options

    // What is known behind a word
    localparam integer SKIP  = 0;           // bytes of the option that follow
    localparam integer PEND  = 6;           // the last byte is a kind, its length follows,
    localparam integer MINE  = 7;           // and the kind is the owner's
    localparam integer ENDED = 8;           // end of option list
    localparam integer BAD   = 9;           // not well formed
    localparam integer START = 10;          // an option of the owner's kind and length begins in it,
    localparam integer ALIGN = 11;          // at this byte; 3: at the last byte of the word before
    localparam integer STATE_W = 13;

    // --- stage 1: every byte as a kind, and as a length ----------------------------------------------------

    // Byte b of the word in place b
    reg [31:0] word_1_reg;
    reg [3:0]  end_reg;
    reg [3:0]  nop_reg;
    reg [3:0]  kind_reg;
    reg [3:0]  length_reg;                  // the owner option's
    reg [3:0]  short_reg;                   // no option's
    reg [2:0]  is_2_reg;                    // a length after which the next option begins in this word, too
    reg [1:0]  is_3_reg;
    reg        is_4_reg;
    reg [23:0] skip_reg;                    // six bits each: bytes behind the word of an option with this length
    reg [2:0]  rest_reg;                    // a byte behind it is not 0
    integer    b;

    function [7:0] byte_of(input [31:0] of, input integer n);
        byte_of = of[24 - 8*n +: 8];
    endfunction

    always @(posedge clk) begin
        if (step) begin
            word_1_reg <= word;
            for (b = 0; b < 4; b = b + 1) begin
                end_reg[b]    <= byte_of(word, b) == 8'd0;
                nop_reg[b]    <= byte_of(word, b) == 8'd1;
                kind_reg[b]   <= byte_of(word, b) == KIND[7:0];
                length_reg[b] <= byte_of(word, b) == LENGTH[7:0] || byte_of(word, b) == LENGTH_SHORT[7:0];
                short_reg[b]  <= byte_of(word, b) < 8'd2 || byte_of(word, b) > LONGEST;
            end
            for (b = 0; b < 3; b = b + 1) begin
                is_2_reg[b] <= byte_of(word, b) == 8'd2;
                rest_reg[b] <= (word & (32'h00ffffff >> (8*b))) != 32'd0;
            end
            for (b = 0; b < 2; b = b + 1)
                is_3_reg[b] <= byte_of(word, b) == 8'd3;
            is_4_reg <= byte_of(word, 0) == 8'd4;
            skip_reg <= {word[5:0] - 6'd2, word[13:8] - 6'd3, word[21:16] - 6'd4, word[29:24] - 6'd5};
        end
    end

    // --- stage 2: what a word leaves behind, should an option begin at byte 0, 1, 2 or 3 ---------------------

    // Behind the length in byte n, of an option that is no longer than what the word holds
    function [STATE_W-1:0] behind_length(input integer n, input mine, input [1:0] at);
        begin
            behind_length = {STATE_W{1'b0}};
            behind_length[SKIP +: 6]  = skip_reg[6*n +: 6];
            behind_length[BAD]        = short_reg[n];
            behind_length[START]      = mine && length_reg[n];
            behind_length[ALIGN +: 2] = at;
        end
    endfunction

    function [STATE_W-1:0] at_end(input rest);
        begin
            at_end        = {STATE_W{1'b0}};
            at_end[ENDED] = 1'b1;
            at_end[BAD]   = rest;
        end
    endfunction

    reg [STATE_W-1:0] from_0, from_1, from_2, from_3, from_length;

    always @* begin
        from_3       = {STATE_W{1'b0}};
        from_3[PEND] = !nop_reg[3];
        from_3[MINE] = kind_reg[3];
        if (end_reg[3])
            from_3 = at_end(1'b0);

        from_2 = end_reg[2] ? at_end(rest_reg[2]) : nop_reg[2] ? from_3 : behind_length(3, kind_reg[2], 2'd2);
        from_1 = end_reg[1] ? at_end(rest_reg[1]) : nop_reg[1] ? from_2 : is_2_reg[2] ? from_3 :
            behind_length(2, kind_reg[1], 2'd1);
        from_0 = end_reg[0] ? at_end(rest_reg[0]) : nop_reg[0] ? from_1 : is_2_reg[1] ? from_2 :
            is_3_reg[1] ? from_3 : behind_length(1, kind_reg[0], 2'd0);
        from_length = is_2_reg[0] ? from_1 : is_3_reg[0] ? from_2 : is_4_reg ? from_3 :
            behind_length(0, 1'b1, 2'd3);
    end

    reg [STATE_W-1:0] from_0_reg, from_1_reg, from_2_reg, from_3_reg, from_length_reg;
    reg               zero_2_reg;           // the word is 0
    reg [31:0]        word_2_reg;
    reg               valid_2_reg;

    always @(posedge clk) begin
        from_0_reg      <= from_0;
        from_1_reg      <= from_1;
        from_2_reg      <= from_2;
        from_3_reg      <= from_3;
        from_length_reg <= from_length;
        zero_2_reg      <= end_reg[0] && !rest_reg[0];
        word_2_reg      <= word_1_reg;
        valid_2_reg     <= valid;
    end

    // --- stage 3: walk -------------------------------------------------------------------------------

    reg [STATE_W-1:0] state_reg;
    reg [STATE_W-1:0] state;

    always @* begin
        case (state_reg[SKIP +: 2])
            2'd0: state = from_0_reg;
            2'd1: state = from_1_reg;
            2'd2: state = from_2_reg;
            default: state = from_3_reg;
        endcase
        if (state_reg[SKIP+2 +: 4] != 4'd0) begin
            state = state_reg;
            state[START]     = 1'b0;
            state[SKIP +: 6] = state_reg[SKIP +: 6] - 6'd4;
        end
        if (state_reg[PEND]) begin
            state = from_length_reg;
            // The option that began at the last byte before
            if (from_length_reg[ALIGN +: 2] == 2'd3)
                state[START] = from_length_reg[START] && state_reg[MINE];
        end
        if (state_reg[ENDED])
            state = at_end(!zero_2_reg);
        state[BAD] = state[BAD] || state_reg[BAD];
    end

    always @(posedge clk) begin
        if (valid_2_reg)
            state_reg <= state;
        if (clear)
            state_reg <= {STATE_W{1'b0}};
    end

    // --- the owner option, a word of it at a time, when the word behind is there ---------------------------

    reg [31:0] word_3_reg;                  // the valid word before word_2_reg
    reg [7:0]  tail_reg;                    // the last byte of the one before that
    reg [1:0]  align_reg;
    reg [1:0]  phase_reg;                   // word of the option that is next; 0: kind, length and identifier
    reg        inside_reg;
    reg        once_reg;                    // one is found
    reg        twice_reg;
    reg [7:0]  owner_length_reg;
    reg [7:0]  control_reg;
    reg [15:0] tenant_reg;
    reg [31:0] id_reg;
    reg [31:0] part;

    always @* begin
        case (align_reg)
            2'd0: part = word_3_reg;
            2'd1: part = {word_3_reg[23:0], word_2_reg[31:24]};
            2'd2: part = {word_3_reg[15:0], word_2_reg[31:16]};
            default: part = {tail_reg, word_3_reg[31:8]};
        endcase
    end

    always @(posedge clk) begin
        if (valid_2_reg) begin
            word_3_reg <= word_2_reg;
            tail_reg   <= word_3_reg[7:0];
            if (inside_reg) begin
                phase_reg <= phase_reg + 2'd1;
                case (phase_reg)
                    2'd0: begin
                        if (part[15:0] == EXPERIMENT[15:0]) begin
                            once_reg         <= 1'b1;
                            twice_reg        <= once_reg;
                            owner_length_reg <= part[23:16];
                        end else begin
                            inside_reg <= 1'b0;
                        end
                    end
                    2'd1: {control_reg, tenant_reg, id_reg[31:24]} <= part;
                    default: begin
                        id_reg[23:0] <= part[31:8];
                        inside_reg   <= 1'b0;
                    end
                endcase
            end
            if (state[START] && !state_reg[BAD]) begin
                inside_reg <= 1'b1;
                phase_reg  <= 2'd0;
                align_reg  <= state[ALIGN +: 2];
            end
        end
        if (clear) begin
            inside_reg <= 1'b0;
            once_reg   <= 1'b0;
            twice_reg  <= 1'b0;
        end
    end

    assign found = once_reg && !twice_reg && !state_reg[BAD] && !state_reg[PEND] && state_reg[SKIP +: 6] == 6'd0;
    assign length  = owner_length_reg;
    assign control = control_reg;
    assign tenant  = tenant_reg;
    assign id      = id_reg;

`ifdef FORMAL
    // A walk byte by byte, of the words in stage 2, knows the same of them. What is told of the owner option is a word late:
    // of the option whose word is next, the bytes that have come are in word_3_reg and tail_reg.
    reg        f_past_reg = 1'b0;
    reg [5:0]  f_skip_reg, f_skip;
    reg        f_pend_reg, f_pend, f_mine_reg, f_mine, f_ended_reg, f_ended, f_bad_reg, f_bad;
    reg [3:0]  f_bytes_reg, f_bytes;        // of an option of the owner's kind and length that has come, to 11
    reg [1:0]  f_count_reg, f_count;        // owner options, to 2
    reg [7:0]  f_first_reg, f_first;        // of the identifier
    reg [7:0]  f_new_reg, f_new;            // length of that option; of an owner option:
    reg [7:0]  f_length_reg, f_length;
    reg [7:0]  f_control_reg, f_control;
    reg [15:0] f_tenant_reg, f_tenant;
    reg [31:0] f_id_reg, f_id;
    reg [7:0]  f_byte;
    reg        f_stepped_reg = 1'b0;
    integer    f;

    always @* begin
        f_skip = f_skip_reg; f_pend = f_pend_reg; f_mine = f_mine_reg; f_ended = f_ended_reg; f_bad = f_bad_reg;
        f_bytes = f_bytes_reg; f_count = f_count_reg; f_first = f_first_reg; f_new = f_new_reg; f_length = f_length_reg;
        f_control = f_control_reg; f_tenant = f_tenant_reg; f_id = f_id_reg;
        for (f = 0; f < 4; f = f + 1) begin
            f_byte = byte_of(word_2_reg, f);
            if (f_ended) begin
                f_bad = f_bad || f_byte != 8'd0;
            end else if (f_skip != 6'd0) begin
                f_skip = f_skip - 6'd1;
                case (f_bytes)
                    4'd2: f_first = f_byte;
                    4'd3: if ({f_first, f_byte} == EXPERIMENT[15:0]) begin
                        f_count  = f_count[1] ? 2'd2 : f_count + 2'd1;
                        f_length = f_new;
                    end else begin
                        f_bytes = 4'd0;
                    end
                    4'd4: f_control = f_byte;
                    4'd5: f_tenant[15:8] = f_byte;
                    4'd6: f_tenant[7:0] = f_byte;
                    4'd7: f_id[31:24] = f_byte;
                    4'd8: f_id[23:16] = f_byte;
                    4'd9: f_id[15:8] = f_byte;
                    4'd10: f_id[7:0] = f_byte;
                    default: ;
                endcase
                f_bytes = f_bytes == 4'd0 || f_bytes == 4'd10 ? 4'd0 : f_bytes + 4'd1;
            end else if (f_pend) begin
                f_pend  = 1'b0;
                f_bad   = f_bad || f_byte < 8'd2 || f_byte > LONGEST;
                f_skip  = f_byte[5:0] - 6'd2;
                f_new   = f_byte;
                f_bytes = f_mine && (f_byte == LENGTH[7:0] || f_byte == LENGTH_SHORT[7:0]) ? 4'd2 : 4'd0;
            end else if (f_byte == 8'd0) begin
                f_ended = 1'b1;
            end else if (f_byte != 8'd1) begin
                f_pend = 1'b1;
                f_mine = f_byte == KIND[7:0];
            end
        end
    end

    wire [1:0] f_told = {twice_reg, once_reg && !twice_reg};
    wire       f_matches = part[15:0] == EXPERIMENT[15:0];

    initial assume (clear);

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        assume (!valid || f_stepped_reg);
        f_stepped_reg <= f_stepped_reg || step;
        if (f_stepped_reg) begin
            for (f = 0; f < 4; f = f + 1) begin
                assert (end_reg[f] == (byte_of(word_1_reg, f) == 8'd0) && nop_reg[f] == (byte_of(word_1_reg, f) == 8'd1));
                assert (kind_reg[f] == (byte_of(word_1_reg, f) == KIND[7:0]));
                assert (length_reg[f] == (byte_of(word_1_reg, f) == LENGTH[7:0] || byte_of(word_1_reg, f) == LENGTH_SHORT[7:0]));
                assert (short_reg[f] == (byte_of(word_1_reg, f) < 8'd2 || byte_of(word_1_reg, f) > LONGEST));
            end
            assert (is_2_reg == {word_1_reg[15:8] == 8'd2, word_1_reg[23:16] == 8'd2, word_1_reg[31:24] == 8'd2});
            assert (is_3_reg == {word_1_reg[23:16] == 8'd3, word_1_reg[31:24] == 8'd3});
            assert (is_4_reg == (word_1_reg[31:24] == 8'd4));
            assert (rest_reg == {word_1_reg[7:0] != 8'd0, word_1_reg[15:0] != 16'd0, word_1_reg[23:0] != 24'd0});
            assert (skip_reg == {word_1_reg[5:0] - 6'd2, word_1_reg[13:8] - 6'd3, word_1_reg[21:16] - 6'd4,
                word_1_reg[29:24] - 6'd5});
        end
        if (valid_2_reg) begin
            f_skip_reg <= f_skip; f_pend_reg <= f_pend; f_mine_reg <= f_mine; f_ended_reg <= f_ended; f_bad_reg <= f_bad;
            f_bytes_reg <= f_bytes; f_count_reg <= f_count; f_first_reg <= f_first; f_new_reg <= f_new;
            f_length_reg <= f_length; f_control_reg <= f_control; f_tenant_reg <= f_tenant; f_id_reg <= f_id;
        end
        if (clear) begin
            f_skip_reg <= 6'd0; f_pend_reg <= 1'b0; f_ended_reg <= 1'b0; f_bad_reg <= 1'b0;
            f_bytes_reg <= 4'd0; f_count_reg <= 2'd0;
        end

        if (f_past_reg) begin
            assert (state_reg[BAD] == f_bad_reg);
            if (!f_bad_reg) begin
                assert (state_reg[ENDED] == f_ended_reg && state_reg[PEND] == f_pend_reg);
                assert (f_pend_reg ? f_skip_reg == 6'd0 && state_reg[MINE] == f_mine_reg :
                    state_reg[SKIP +: 6] == f_skip_reg);
                assert (!f_pend_reg || state_reg[SKIP +: 6] == 6'd0);
                assert (!f_ended_reg || (!f_pend_reg && f_skip_reg == 6'd0));
                assert (f_skip_reg <= LONGEST[5:0] - 6'd2);

                assert (!inside_reg || phase_reg != 2'd3);
                assert (!twice_reg || once_reg);
                if (inside_reg && phase_reg == 2'd0) begin
                    // Before the identifier, or behind it
                    if (^align_reg) begin
                        assert (f_count_reg == f_told && f_bytes_reg == 4'd4 - {2'd0, align_reg});
                        assert (f_new_reg == part[23:16] && (align_reg == 2'd2 || f_first_reg == part[15:8]));
                    end else begin
                        assert (f_count_reg == (f_told[1] ? 2'd2 : f_told + {1'b0, f_matches}));
                        assert (f_bytes_reg == (!f_matches ? 4'd0 : align_reg[0] ? 4'd5 : 4'd4));
                        assert (!f_matches || f_length_reg == part[23:16]);
                        assert (!f_matches || align_reg == 2'd0 || f_control_reg == word_3_reg[7:0]);
                    end
                end else begin
                    assert (f_count_reg == f_told && (f_told != 2'd1 || f_length_reg == owner_length_reg));
                end
                if (inside_reg && phase_reg == 2'd1) begin
                    assert (f_bytes_reg == (align_reg == 2'd3 ? 4'd9 : 4'd8 - {2'd0, align_reg}));
                    assert ({f_control_reg, f_tenant_reg[15:8]} == part[31:16]);
                    assert (align_reg == 2'd2 || f_tenant_reg[7:0] == part[15:8]);
                    assert (^align_reg || f_id_reg[31:24] == part[7:0]);
                    assert (align_reg != 2'd3 || f_id_reg[23:16] == word_3_reg[7:0]);
                end
                if (inside_reg && phase_reg == 2'd2) begin
                    assert (f_bytes_reg == (align_reg == 2'd2 ? 4'd10 : 4'd0));
                    assert ({control_reg, tenant_reg, id_reg[31:24]} == {f_control_reg, f_tenant_reg, f_id_reg[31:24]});
                    assert (f_id_reg[23:8] == part[31:16] && (align_reg == 2'd2 || f_id_reg[7:0] == part[15:8]));
                end
                assert (inside_reg || f_bytes_reg == 4'd0);
                if ((!inside_reg || phase_reg == 2'd0) && f_told == 2'd1 && f_count_reg == 2'd1) begin
                    assert ({control_reg, tenant_reg, id_reg} == {f_control_reg, f_tenant_reg, f_id_reg});
                    assert (owner_length_reg == f_length_reg);
                end
                // At least so much follows
                assert (!inside_reg || f_skip_reg >= 6'd10 - {2'd0, phase_reg, 2'd0});
            end
            cover (found && length == LENGTH[7:0] && f_count_reg == 2'd1 && state_reg[ENDED]);
        end
    end
`endif

endmodule

`resetall
