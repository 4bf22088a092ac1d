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
    if (word_valid) begin
        q_data_reg <= word_data;
        q_side_reg <= {word_offset, word_client, word_end, word_flush, word_first, word_last,
                       word_error};
    end
    if (q_valid_reg) begin
        s_data_reg <= q_rotated[DMA_W-1:0];
        s_side_reg <= q_side_reg;
    end
    if (s_valid_reg) begin
        t_data_reg <= s_rotated[DMA_W-1:0];
        t_side_reg <= s_side_reg[END_W-1:0];
        t_mask_reg <= {BYTES{1'b1}} >> s_offset;
    end

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

endmodule

`resetall
