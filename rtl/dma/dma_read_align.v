// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The last part of dma_read: bus words of a request become response beats whose lane 0 is the
// request's first byte.
//
// A word a clock, without stalls. Latency: 4 clocks from a word to the beat that it completes, 5
// where the last beat comes from one word only. The words of a request come together and in order;
// requests may follow each other without a gap.

module dma_read_align #
(
    // Width of the host bus in bits, and log2 of its bytes
    parameter integer DMA_W = 128,
    parameter integer BYTE_W = 4,
    // Number of clients, and bits of a client's number
    parameter integer N_CLIENTS = 3,
    parameter integer CLIENT_W = 3
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Words; everything but first, last and error is the same for all words of a request
    input  wire                 word_valid,
    input  wire [DMA_W-1:0]     word_data,
    input  wire [CLIENT_W-1:0]  word_client,
    // Lane of the request's first byte
    input  wire [BYTE_W-1:0]    word_offset,
    // Bytes of the last response beat less 1
    input  wire [BYTE_W-1:0]    word_end,
    // There are as many response beats as words; else one less
    input  wire                 word_flush,
    input  wire                 word_first,
    input  wire                 word_last,
    input  wire                 word_error,

    // Responses, as in dma_read
    output wire [N_CLIENTS-1:0] response_valid,
    output wire [DMA_W-1:0]     response_data,
    output wire [6:0]           response_bytes,
    output wire                 response_last,
    output wire                 response_error,

    // 1: something is inside
    output wire                 busy
);

localparam integer BYTES = DMA_W / 8;
localparam integer ROTATE_W = BYTE_W / 2;       // offset bits that the first rotation takes
// Per stage: {offset, client, end, flush, first, last, error}; without offset at the end
localparam integer END_W = CLIENT_W + BYTE_W + 4;
localparam integer SIDE_W = END_W + BYTE_W;

// --- register, two rotations ------------------------------------------------------------------------

reg                  q_valid_reg, s_valid_reg, t_valid_reg;
reg [SIDE_W-1:0]     q_side_reg, s_side_reg;
reg [END_W-1:0]      t_side_reg;
reg [DMA_W-1:0]      q_data_reg, s_data_reg, t_data_reg;
reg [BYTES-1:0]      t_mask_reg;        // lanes that hold the word's own first bytes, rotated

/* verilator lint_off UNUSED */
wire [BYTE_W-1:0]    q_offset = q_side_reg[END_W +: BYTE_W];
wire [BYTE_W-1:0]    s_offset = s_side_reg[END_W +: BYTE_W];
wire [2*DMA_W-1:0]   q_rotated = {q_data_reg, q_data_reg} >> {q_offset[ROTATE_W-1:0], 3'b000};
wire [2*DMA_W-1:0]   s_rotated = {s_data_reg, s_data_reg}
                                 >> {s_offset[BYTE_W-1:ROTATE_W], {ROTATE_W+3{1'b0}}};
/* verilator lint_on UNUSED */

always @(posedge clk) begin
    q_valid_reg <= word_valid;
    s_valid_reg <= q_valid_reg;
    t_valid_reg <= s_valid_reg;
    q_data_reg <= word_data;
    q_side_reg <= {word_offset, word_client, word_end, word_flush, word_first, word_last, word_error};
    s_data_reg <= q_rotated[DMA_W-1:0];
    s_side_reg <= q_side_reg;
    t_data_reg <= s_rotated[DMA_W-1:0];
    t_side_reg <= s_side_reg[END_W-1:0];
    t_mask_reg <= {BYTES{1'b1}} >> s_offset;

    if (rst) begin
        q_valid_reg <= 1'b0;
        s_valid_reg <= 1'b0;
        t_valid_reg <= 1'b0;
    end
end

// --- merge of two words ------------------------------------------------------------------------------

// A response beat is the rest of one word and the start of the next: it is made when the next word
// comes, or, where there is none, in the clock behind the request's last word. The next request's
// first word makes no beat, so the two never meet.
wire [CLIENT_W-1:0]  t_client;
wire [BYTE_W-1:0]    t_end;
wire                 t_flush, t_first, t_last, t_error;
assign {t_client, t_end, t_flush, t_first, t_last, t_error} = t_side_reg;

reg                  flush_reg;         // the word before was the last and a beat is due
reg [DMA_W-1:0]      prev_data_reg;
reg [BYTES-1:0]      prev_mask_reg;
reg [CLIENT_W-1:0]   prev_client_reg;
reg [BYTE_W-1:0]     prev_end_reg;
reg                  prev_error_reg;

reg [N_CLIENTS-1:0]  out_valid_reg;
reg [DMA_W-1:0]      out_data_reg;
reg [6:0]            out_bytes_reg;
reg                  out_last_reg;
reg                  out_error_reg;

wire                 merge = t_valid_reg && !t_first;
wire                 out_next = merge || flush_reg;
wire                 last_next = flush_reg || (t_last && !t_flush);
wire [DMA_W-1:0]     select;

genvar g;
generate
    for (g = 0; g < BYTES; g = g + 1) begin : lane
        assign select[g*8 +: 8] = {8{prev_mask_reg[g]}};
    end
endgenerate

always @(posedge clk) begin
    flush_reg <= t_valid_reg && t_last && t_flush;
    if (t_valid_reg) begin
        prev_data_reg <= t_data_reg;
        prev_mask_reg <= t_mask_reg;
        prev_client_reg <= t_client;
        prev_end_reg <= t_end;
        prev_error_reg <= t_error || (prev_error_reg && !t_first);
    end

    out_valid_reg <= out_next ? {{N_CLIENTS-1{1'b0}}, 1'b1} << prev_client_reg
                              : {N_CLIENTS{1'b0}};
    out_data_reg <= (prev_data_reg & select) | (t_data_reg & ~select);
    out_bytes_reg <= last_next ? {{7-BYTE_W{1'b0}}, prev_end_reg} + 7'd1 : BYTES[6:0];
    out_last_reg <= last_next;
    out_error_reg <= prev_error_reg || (merge && t_error);

    if (rst) begin
        flush_reg <= 1'b0;
        out_valid_reg <= {N_CLIENTS{1'b0}};
    end
end

assign response_valid = out_valid_reg;
assign response_data = out_data_reg;
assign response_bytes = out_bytes_reg;
assign response_last = out_last_reg;
assign response_error = out_error_reg;

assign busy = q_valid_reg || s_valid_reg || t_valid_reg || flush_reg || out_valid_reg != 0;

`ifdef FORMAL
// Of every request, and of one byte of one of its responses, any: it is the request's byte at that
// place; the responses have as many bytes as the request, the last one says so, and its error is that
// of all words. Words of a request come in order, those of others before or behind them.
localparam integer F_W = 12;                // bits of a word's number in its request
// Of a word: number, offset, client, end, flush, last; error of the words so far; the byte, if it has come
localparam integer W_W = F_W + BYTE_W + CLIENT_W + BYTE_W + 3 + 8;
reg                  f_past_reg = 1'b0;
(* anyconst *) reg [F_W-1:0] f_response;
(* anyconst *) reg [BYTE_W-1:0] f_lane;
reg                  f_some_reg;            // a word has left stage T
reg [W_W-1:0]        f_q_reg, f_s_reg, f_t_reg, f_p_reg;
reg [F_W-1:0]        f_made_reg;            // responses made of the request
reg                  f_out_reg;             // the byte is in the output
reg [7:0]            f_out_byte_reg;
reg                  f_out_last_reg, f_out_error_reg;
reg [6:0]            f_out_bytes_reg;
reg [CLIENT_W-1:0]   f_out_client_reg;
reg                  f_out_valid_reg;       // a response leaves

function [F_W-1:0] f_number(input [W_W-1:0] word);
    f_number = word[W_W-1 -: F_W];
endfunction
function [BYTE_W-1:0] f_offset(input [W_W-1:0] word);
    f_offset = word[11+BYTE_W+CLIENT_W +: BYTE_W];
endfunction
// What is the same in all words of a request: offset, client, end, flush
function [2*BYTE_W+CLIENT_W:0] f_same(input [W_W-1:0] word);
    f_same = word[10 +: 2*BYTE_W+CLIENT_W+1];
endfunction
function [BYTE_W-1:0] f_end(input [W_W-1:0] word);
    f_end = word[11 +: BYTE_W];
endfunction
function f_last(input [W_W-1:0] word);
    f_last = word[9];
endfunction
function f_error(input [W_W-1:0] word);
    f_error = word[8];
endfunction
// The lane of its word that the byte comes from, and whether it is this word
function [BYTE_W-1:0] f_from(input [W_W-1:0] word);
    f_from = f_offset(word) + f_lane;
endfunction
function f_here(input [W_W-1:0] word);
    f_here = f_number(word) == f_response
        + {{F_W-1{1'b0}}, {1'b0, f_offset(word)} + {1'b0, f_lane} >= BYTES[BYTE_W:0]};
endfunction
// A word can follow another
function f_follows(input some, input [W_W-1:0] before, input [W_W-1:0] word);
    f_follows = !some || f_last(before) ? f_number(word) == 0 :
        f_number(word) == f_number(before) + 1'b1 && f_same(word) == f_same(before)
        && (f_error(word) || !f_error(before)) && (f_here(word) || word[7:0] == before[7:0]);
endfunction
function f_sound(input [W_W-1:0] word);
    f_sound = word[10] == ({1'b0, f_offset(word)} + {1'b0, f_end(word)} < BYTES[BYTE_W:0])
        && (f_number(word) != 0 || !f_last(word) || word[10]) && !word[W_W-1]
        && word[11+BYTE_W +: CLIENT_W] < N_CLIENTS;
endfunction

// The word that came last, and before each stage's; none before the first one
wire                 f_t_some = t_valid_reg || f_some_reg;
wire [W_W-1:0]       f_t_word = t_valid_reg ? f_t_reg : f_p_reg;
wire                 f_s_some = s_valid_reg || f_t_some;
wire [W_W-1:0]       f_s_word = s_valid_reg ? f_s_reg : f_t_word;
wire                 f_q_some = q_valid_reg || f_s_some;
wire [W_W-1:0]       f_q_word = q_valid_reg ? f_q_reg : f_s_word;
wire                 f_begins = !f_q_some || f_last(f_q_word);
wire [F_W-1:0]       f_new_number = f_begins ? {F_W{1'b0}} : f_number(f_q_word) + 1'b1;
wire [W_W-1:0]       f_new_bare = {f_new_number, word_offset, word_client, word_end, word_flush, word_last,
                                   word_error || (!f_begins && f_error(f_q_word)), 8'd0};
wire [BYTE_W-1:0]    f_new_from = f_from(f_new_bare);
wire [W_W-1:0]       f_new = f_new_bare | {{W_W-8{1'b0}}, f_here(f_new_bare) ? word_data[{f_new_from, 3'd0} +: 8]
                                                                             : f_q_word[7:0]};
wire [BYTE_W-1:0]    f_q_from = f_from(f_q_reg);
wire [BYTE_W-1:0]    f_s_from = f_from(f_s_reg) - {{BYTE_W-ROTATE_W{1'b0}}, s_offset[ROTATE_W-1:0]};
wire [F_W-1:0]       f_out_number = flush_reg ? f_number(f_p_reg) : f_number(f_t_reg) - 1'b1;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    if (word_valid)
        f_q_reg <= f_new;
    if (q_valid_reg)
        f_s_reg <= f_q_reg;
    if (s_valid_reg)
        f_t_reg <= f_s_reg;
    if (t_valid_reg) begin
        f_p_reg <= f_t_reg;
        f_some_reg <= 1'b1;
    end
    if (out_next)
        f_made_reg <= last_next ? {F_W{1'b0}} : f_made_reg + 1'b1;
    f_out_reg <= out_next && f_made_reg == f_response;
    f_out_byte_reg <= flush_reg ? f_p_reg[7:0] : f_t_reg[7:0];
    f_out_last_reg <= flush_reg || (f_last(f_t_reg) && !f_t_reg[10]);
    f_out_client_reg <= f_p_reg[11+BYTE_W +: CLIENT_W];
    f_out_valid_reg <= out_next && !rst;
    f_out_error_reg <= flush_reg ? f_error(f_p_reg) : f_error(f_t_reg);
    f_out_bytes_reg <= flush_reg || (f_last(f_t_reg) && !f_t_reg[10]) ? f_end(f_p_reg) + 7'd1 : BYTES[6:0];
    if (rst) begin
        f_some_reg <= 1'b0;
        f_made_reg <= {F_W{1'b0}};
        f_out_reg <= 1'b0;
    end
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    if (word_valid) begin
        assume (word_first == f_begins && f_sound(f_new));
        assume (f_begins || f_same(f_new) == f_same(f_q_word));
    end
    if (f_past_reg) begin
        // --- what leaves
        if (f_out_reg && response_valid != 0 && {3'd0, f_lane} < {{4{1'b0}}, response_bytes})
            assert (response_data[{f_lane, 3'd0} +: 8] == f_out_byte_reg);
        if (response_valid != 0) begin
            assert (response_bytes == f_out_bytes_reg && response_last == f_out_last_reg);
            if (response_last)
                assert (response_error == f_out_error_reg);
        end
        assert (response_valid == (f_out_valid_reg ? 1 << f_out_client_reg : 0));
        assert (!(merge && flush_reg));
        assert (!out_next || f_made_reg == f_out_number);
        assert (!flush_reg || f_last(f_p_reg));
        assert (!merge || f_same(f_t_reg) == f_same(f_p_reg));
        assert (!out_next || last_next == (flush_reg || (f_last(f_t_reg) && !f_t_reg[10])));

        // --- what holds always
        if (q_valid_reg) begin
            assert (f_sound(f_q_reg) && f_follows(f_s_some, f_s_word, f_q_reg));
            assert (q_side_reg[SIDE_W-1:3] == f_same(f_q_reg) && q_side_reg[2] == (f_number(f_q_reg) == 0)
                    && q_side_reg[1] == f_last(f_q_reg) && (f_error(f_q_reg) || !q_side_reg[0]));
            assert (f_error(f_q_reg) == (q_side_reg[0] || (f_number(f_q_reg) != 0 && f_error(f_s_word))));
            assert (!f_here(f_q_reg) || q_data_reg[{f_q_from, 3'd0} +: 8] == f_q_reg[7:0]);
        end
        if (s_valid_reg) begin
            assert (f_sound(f_s_reg) && f_follows(f_t_some, f_t_word, f_s_reg));
            assert (s_side_reg[SIDE_W-1:3] == f_same(f_s_reg) && s_side_reg[2] == (f_number(f_s_reg) == 0)
                    && s_side_reg[1] == f_last(f_s_reg));
            assert (f_error(f_s_reg) == (s_side_reg[0] || (f_number(f_s_reg) != 0 && f_error(f_t_word))));
            assert (!f_here(f_s_reg) || s_data_reg[{f_s_from, 3'd0} +: 8] == f_s_reg[7:0]);
        end
        if (t_valid_reg) begin
            assert (f_sound(f_t_reg) && f_follows(f_some_reg, f_p_reg, f_t_reg));
            assert ({t_client, t_end, t_flush} == f_t_reg[10 +: CLIENT_W+BYTE_W+1] && t_first == (f_number(f_t_reg) == 0)
                    && t_last == f_last(f_t_reg));
            assert (f_error(f_t_reg) == (t_error || (f_number(f_t_reg) != 0 && f_error(f_p_reg))));
            assert (!f_here(f_t_reg) || t_data_reg[{f_lane, 3'd0} +: 8] == f_t_reg[7:0]);
            assert (t_mask_reg[f_lane] == ({1'b0, f_lane} + {1'b0, f_offset(f_t_reg)} < BYTES[BYTE_W:0]));
        end
        if (f_some_reg) begin
            assert (f_sound(f_p_reg));
            assert ({prev_client_reg, prev_end_reg} == f_p_reg[11 +: CLIENT_W+BYTE_W] && prev_error_reg == f_error(f_p_reg));
            assert (!f_here(f_p_reg) || prev_data_reg[{f_lane, 3'd0} +: 8] == f_p_reg[7:0]);
            assert (prev_mask_reg[f_lane] == ({1'b0, f_lane} + {1'b0, f_offset(f_p_reg)} < BYTES[BYTE_W:0]));
            assert (f_made_reg == (f_last(f_p_reg) && !flush_reg ? {F_W{1'b0}} : f_number(f_p_reg)));
            assert (!flush_reg || (f_last(f_p_reg) && f_p_reg[10]));
        end else begin
            assert (!flush_reg && f_made_reg == 0);
        end
        cover (f_out_reg && response_last && response_error && f_response == 1 && f_out_byte_reg == 8'd5);
    end
end
`endif

endmodule

`resetall
