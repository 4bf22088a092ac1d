// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// AXI4 read master: many reads in flight, answered in any order, delivered in request order.
//
// A request is split into bursts of at most 256 bytes that never leave an aligned block of 256
// bytes, so no burst crosses 4 KiB. Only bus words that hold a byte of [address, address + length)
// are read. Every burst has a tag (ARID) of its own; an arriving beat is written straight to the
// tag's place in the reorder memory, whatever the order and interleaving of the tags. Tags are
// drained in the order of their requests, one bus word a clock without gaps, and realigned.
//
// Order: responses come in request order. Stalls: a response has no ready; a client requests only
// what it has room for. RREADY is always 1. Requests wait when all tags are in flight.
// Error: RRESP other than OKAY on any beat of a request sets response_error with its last beat.
// Latency: 7 clocks from a request to AR, 11 from a burst's last beat to its first response.
// A request is taken every clock. request_ready comes from a register; request_valid must stay until
// its request has been taken.
// A request of length 0 is not allowed. Requests wait for 64 clocks after reset.

module dma_read #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Number of clients
    parameter integer N_CLIENTS = 3
)
(
    input  wire                    clk,
    input  wire                    rst,

    // Requests, one set a client; round robin
    input  wire [N_CLIENTS-1:0]    request_valid,
    output wire [N_CLIENTS-1:0]    request_ready,
    input  wire [N_CLIENTS*4-1:0]  request_function,
    input  wire [N_CLIENTS*64-1:0] request_address,
    // Bytes, 1 to 16383
    input  wire [N_CLIENTS*14-1:0] request_length,

    // Responses: one valid a client, the rest shared. The request's first byte is in lane 0.
    output wire [N_CLIENTS-1:0]    response_valid,
    output wire [DMA_W-1:0]        response_data,
    // Bytes of this beat, 1 to DMA_W/8; lanes above carry rubbish
    output wire [6:0]              response_bytes,
    output wire                    response_last,
    // Valid on the last beat
    output wire                    response_error,

    // AXI4 read master; ARUSER is the function
    output wire [5:0]              m_axi_arid,
    output wire [63:0]             m_axi_araddr,
    output wire [7:0]              m_axi_arlen,
    output wire [2:0]              m_axi_arsize,
    output wire [1:0]              m_axi_arburst,
    output wire [3:0]              m_axi_aruser,
    output wire                    m_axi_arvalid,
    input  wire                    m_axi_arready,
    input  wire [5:0]              m_axi_rid,
    input  wire [DMA_W-1:0]        m_axi_rdata,
    input  wire [1:0]              m_axi_rresp,
    input  wire                    m_axi_rlast,
    input  wire                    m_axi_rvalid,
    output wire                    m_axi_rready,

    // 1: something is in flight, or was in the clock before
    output wire                    busy
);

localparam integer BYTE_W = $clog2(DMA_W / 8);         // address bits within a bus word
localparam integer BURST_W = 8 - BYTE_W;            // log2 of the words of a 256-byte block
localparam integer CLIENT_W = 3;                    // bits of a client's number
// What the drain side must know of a tag
localparam integer INFO_W = CLIENT_W + BYTE_W + BYTE_W + 3 + BURST_W;

initial begin
    if (DMA_W != 128 && DMA_W != 256 && DMA_W != 512) begin
        $display("Error: DMA_W must be 128, 256 or 512 (%m)");
        $finish;
    end
end

// Lowest set bit of the clients' valid bits
function [N_CLIENTS-1:0] lowest;
    input [N_CLIENTS-1:0] v;
    integer b;
    reg below;
    begin
        below = 1'b0;
        for (b = 0; b < N_CLIENTS; b = b + 1) begin
            lowest[b] = v[b] && !below;
            below = below || v[b];
        end
    end
endfunction

// --- accept: round robin over the clients -----------------------------------------------------

// The client whose request is taken, one bit set or none. It stays while no other asks.
reg [N_CLIENTS-1:0]    grant_reg;
// Clients behind the one that had the grant before: the one that has it now is not looked at
reg [N_CLIENTS-1:0]    above_reg;

reg [CLIENT_W-1:0]     granted_client;
reg [3:0]              granted_function;
reg [63:0]             granted_address;
reg [13:0]             granted_length;
reg [N_CLIENTS-1:0]    above_next;

wire                   room;
wire [N_CLIENTS-1:0]   asking = request_valid & ~grant_reg;
wire [N_CLIENTS-1:0]   favoured = asking & above_reg;
wire [N_CLIENTS-1:0]   grant = favoured != 0 ? lowest(favoured)
                               : asking != 0 ? lowest(asking) : grant_reg;
wire                   taken = (request_valid & grant_reg) != 0;

assign request_ready = grant_reg;

integer i;

always @* begin
    granted_client = {CLIENT_W{1'b0}};
    granted_function = 4'd0;
    granted_address = 64'd0;
    granted_length = 14'd0;
    above_next = {N_CLIENTS{1'b0}};
    for (i = 0; i < N_CLIENTS; i = i + 1) begin
        if (grant_reg[i]) begin
            granted_client = granted_client | i[CLIENT_W-1:0];
            granted_function = granted_function | request_function[i*4 +: 4];
            granted_address = granted_address | request_address[i*64 +: 64];
            granted_length = granted_length | request_length[i*14 +: 14];
        end
        above_next[i] = i != 0 && (grant_reg & ~({N_CLIENTS{1'b1}} << i)) != 0;
    end
end

always @(posedge clk) begin
    grant_reg <= room ? grant : {N_CLIENTS{1'b0}};
    if (grant_reg != 0)
        above_reg <= above_next;

    if (rst) begin
        grant_reg <= {N_CLIENTS{1'b0}};
        above_reg <= {N_CLIENTS{1'b0}};
    end
end

// The request that was taken in the clock before
reg                    taken_reg;
reg [CLIENT_W-1:0]     taken_client_reg;
reg [3:0]              taken_function_reg;
reg [63:0]             taken_address_reg;
reg [13:0]             taken_length_reg;

// Its last byte, counted from the begin of the first byte's block of 256 bytes
wire [14:0]            taken_end = {1'b0, taken_length_reg} + {7'd0, taken_address_reg[7:0]} - 15'd1;

always @(posedge clk) begin
    taken_reg <= taken;
    taken_client_reg <= granted_client;
    taken_function_reg <= granted_function;
    taken_address_reg <= granted_address;
    taken_length_reg <= granted_length;

    if (rst)
        taken_reg <= 1'b0;
end

// The requests that were taken
localparam integer REQUEST_W = CLIENT_W + 4 + 64 + 15;

wire                   a_valid;
wire [CLIENT_W-1:0]    a_client;
wire [3:0]             a_function;
wire [63:0]            a_address;
wire [14:0]            a_end;
wire                   a_none;
wire                   b_load;

dma_fifo #(
    .WIDTH(REQUEST_W),
    .DEPTH(16),
    .MARGIN(13)         // room for two in steady flow; what is waiting here delays other clients
) requests (
    .clk(clk),
    .rst(rst),
    .in_data({taken_client_reg, taken_function_reg, taken_address_reg, taken_end}),
    .in_valid(taken_reg),
    /* verilator lint_off PINCONNECTEMPTY */
    .in_ready(),        // room tells
    /* verilator lint_on PINCONNECTEMPTY */
    .room(room),
    .out_data({a_client, a_function, a_address, a_end}),
    .out_valid(a_valid),
    .out_ready(b_load),
    .empty(a_none)
);

// --- split: one burst a clock -----------------------------------------------------------------

reg                  b_valid_reg;
reg                  b_first_reg;
reg [CLIENT_W-1:0]   b_client_reg;
reg [3:0]            b_function_reg;
// Address bits 63:16 of the first burst, and 1 more. A request has at most 65 blocks: bits 15:8 wrap
// once at most, not before the second burst.
reg [47:0]           b_high_reg, b_high_next_reg;
reg                  b_wrap_reg;        // they have
reg [7:0]            b_block_reg;       // address bits 15:8
reg [BURST_W-1:0]    b_word_reg;        // first word in the block
reg [BURST_W-1:0]    b_to_reg;          // last word in the block
reg [BURST_W-1:0]    b_end_word_reg;    // that of the last block
reg [6:0]            b_blocks_reg;      // blocks behind this one
reg [BYTE_W-1:0]     b_offset_reg;      // first byte in the first word
reg [BYTE_W-1:0]     b_end_reg;         // bytes of the last response beat less 1
reg                  b_last_reg;        // the next burst is the last; also 1 without a request
reg                  b_soon_reg;        // the one behind it is
reg                  b_flush_reg;       // as many response beats as words read

reg [6:0]            tag_reg;           // next tag to give; its low 6 bits are the tag
reg [6:0]            tags_reg;          // tags in use
// After reset no beat has come, and what is done is of the lap before the first: 64 tags are swept
reg [6:0]            sweep_reg;
wire                 sweep = !sweep_reg[6];
reg                  go_reg;            // there are a tag and a place in the queue for AR
// A queue of two for AR, so that arready goes no further
localparam integer AR_W = 6 + 64 + BURST_W + 4;
reg                  ar_valid_reg, ar_skid_valid_reg;
reg [AR_W-1:0]       ar_reg, ar_skid_reg;

(* ram_style = "distributed" *)
reg [INFO_W-1:0]     info_ram[0:63];

wire [BYTE_W-1:0]    a_offset = a_address[BYTE_W-1:0];
// The last byte's lane before the first one's: a word more is read than there are response beats
wire                 a_borrow;
wire [BYTE_W-1:0]    a_last_m1;         // bytes of the last response beat less 1
assign {a_borrow, a_last_m1} = {1'b0, a_end[BYTE_W-1:0]} - {1'b0, a_offset};
wire                 a_single = a_end[14:8] == 7'd0;

wire [BURST_W-1:0]   b_count = b_to_reg - b_word_reg;       // words less 1
wire                 b_issue = b_valid_reg && go_reg;
wire [AR_W-1:0]      b_ar = {tag_reg[5:0], b_wrap_reg ? b_high_next_reg : b_high_reg, b_block_reg,
                             b_word_reg, {BYTE_W{1'b0}}, b_count, b_function_reg};
wire                 ar_move = !ar_valid_reg || m_axi_arready;
wire                 ar_skid_next = !ar_move && (b_issue || ar_skid_valid_reg);
wire                 d_end;             // a tag gets free
wire                 tags_full_next = !d_end && (tags_reg[6] || (tags_reg[5:0] == 6'd63 && b_issue));

// Nothing moves without a tag and a place for AR, also when no request is there: one register decides.
assign b_load = go_reg && b_last_reg;

always @(posedge clk) begin
    if (b_issue) begin
        info_ram[tag_reg[5:0]] <= {b_client_reg, b_offset_reg, b_end_reg, b_flush_reg,
                                   b_first_reg, b_last_reg, b_count};
        tag_reg <= tag_reg + 7'd1;
    end
    if (b_issue != d_end)
        tags_reg <= b_issue ? tags_reg + 7'd1 : tags_reg - 7'd1;
    go_reg <= !sweep && !ar_skid_next && !tags_full_next;

    if (!ar_skid_valid_reg)
        ar_skid_reg <= b_ar;
    ar_skid_valid_reg <= ar_skid_next;
    if (ar_move) begin
        ar_reg <= ar_skid_valid_reg ? ar_skid_reg : b_ar;
        ar_valid_reg <= ar_skid_valid_reg || b_issue;
    end

    b_high_next_reg <= b_high_reg + 48'd1;
    if (go_reg) begin
        b_first_reg <= b_last_reg;
        if (b_last_reg) begin
            b_valid_reg <= a_valid;
            b_client_reg <= a_client;
            b_function_reg <= a_function;
            b_high_reg <= a_address[63:16];
            b_wrap_reg <= 1'b0;
            b_block_reg <= a_address[15:8];
            b_word_reg <= a_address[7:BYTE_W];
            b_to_reg <= a_end[7:BYTE_W] | {BURST_W{!a_single}};
            b_end_word_reg <= a_end[7:BYTE_W];
            b_blocks_reg <= a_end[14:8];
            b_last_reg <= a_single || !a_valid;
            b_soon_reg <= a_end[14:8] == 7'd1;
            b_offset_reg <= a_offset;
            b_end_reg <= a_last_m1;
            b_flush_reg <= !a_borrow;
        end else begin
            b_wrap_reg <= b_wrap_reg || &b_block_reg;
            b_block_reg <= b_block_reg + 8'd1;
            b_word_reg <= {BURST_W{1'b0}};
            b_to_reg <= b_end_word_reg | {BURST_W{!b_soon_reg}};
            b_blocks_reg <= b_blocks_reg - 7'd1;
            b_last_reg <= b_soon_reg;
            b_soon_reg <= b_blocks_reg == 7'd2;
        end
    end

    if (rst) begin
        b_valid_reg <= 1'b0;
        b_last_reg <= 1'b1;
        go_reg <= 1'b0;
        ar_valid_reg <= 1'b0;
        ar_skid_valid_reg <= 1'b0;
        tag_reg <= 7'd0;
        tags_reg <= 7'd0;
    end
end

assign {m_axi_arid, m_axi_araddr, m_axi_arlen[BURST_W-1:0], m_axi_aruser} = ar_reg;
assign m_axi_arvalid = ar_valid_reg;
assign m_axi_arlen[7:BURST_W] = {8-BURST_W{1'b0}};
assign m_axi_arsize = BYTE_W[2:0];
assign m_axi_arburst = 2'b01;

// --- arrival: straight to the tag's place in the reorder memory --------------------------------

reg                  r_valid_reg;
reg [5:0]            r_id_reg;
reg [DMA_W-1:0]      r_data_reg;
reg                  r_error_reg;
reg                  r_last_reg;

// Of a tag: an error of the beats that have come, and their number; 0 when none have
(* ram_style = "distributed" *)
reg [BURST_W:0]      beat_ram[0:63];
// Of a tag that is complete: an error, and the lap of the tags that it belongs to
(* ram_style = "distributed" *)
reg [1:0]            done_ram[0:63];
(* no_rw_check *) (* ram_style = "block" *)
reg [DMA_W-1:0]      data_ram[0:64*(1<<BURST_W)-1];

// Second stage: with the beat's place in its tag
reg                  w_valid_reg;
reg [5:0]            w_id_reg;
reg [DMA_W-1:0]      w_data_reg;
reg                  w_error_reg;
reg                  w_last_reg;
reg [BURST_W-1:0]    w_beat_reg;
// Of the laps of the tags: tags below the next one to give are of its lap, those above of the lap
// before. A tag keeps its lap while it is in use.
reg                  w_lap_reg;

wire [BURST_W-1:0]   w_beat_next = w_beat_reg + 1'b1;
// The beat before may be of the same tag, and its count not stored yet
wire [BURST_W:0]     w_next = w_last_reg ? {BURST_W+1{1'b0}} : {w_error_reg, w_beat_next};
wire [BURST_W:0]     r_place = w_valid_reg && w_id_reg == r_id_reg ? w_next : beat_ram[r_id_reg];

wire                 load;              // the tag load_reg goes to the drain stage
reg [6:0]            load_reg;

always @(posedge clk) begin
    r_valid_reg <= m_axi_rvalid;
    r_id_reg <= m_axi_rid;
    r_data_reg <= m_axi_rdata;
    r_error_reg <= m_axi_rresp != 2'b00;
    r_last_reg <= m_axi_rlast;

    w_valid_reg <= r_valid_reg || sweep;
    w_data_reg <= r_data_reg;
    w_beat_reg <= r_place[BURST_W-1:0];
    if (sweep) begin
        // As the last beat of each tag
        sweep_reg <= sweep_reg + 7'd1;
        w_id_reg <= sweep_reg[5:0];
        w_error_reg <= 1'b0;
        w_last_reg <= 1'b1;
        w_lap_reg <= 1'b1;
    end else begin
        w_id_reg <= r_id_reg;
        w_error_reg <= r_error_reg || r_place[BURST_W];
        w_last_reg <= r_last_reg;
        w_lap_reg <= tag_reg[6] != (r_id_reg >= tag_reg[5:0]);
    end
    if (w_valid_reg) begin
        data_ram[{w_id_reg, w_beat_reg}] <= w_data_reg;
        beat_ram[w_id_reg] <= w_next;
        if (w_last_reg)
            done_ram[w_id_reg] <= {w_error_reg, w_lap_reg};
    end

    if (rst) begin
        r_valid_reg <= 1'b0;
        w_valid_reg <= 1'b0;
        sweep_reg <= 7'd0;
    end
end

assign m_axi_rready = 1'b1;

// --- drain: tags in order, a word a clock ------------------------------------------------------

// The tag that follows, so that there is no gap between tags
reg                  n_valid_reg;
reg [5:0]            n_tag_reg;
reg [INFO_W-1:0]     n_info_reg;
reg                  n_error_reg;

reg                  d_valid_reg;
reg [5:0]            d_tag_reg;
reg [CLIENT_W-1:0]   d_client_reg;
reg [BYTE_W-1:0]     d_offset_reg;
reg [BYTE_W-1:0]     d_end_reg;
reg                  d_flush_reg;
reg                  d_first_reg;
reg                  d_last_reg;
reg                  d_error_reg;
reg [BURST_W-1:0]    d_word_reg;        // word of the tag, before the request's first word
reg [BURST_W-1:0]    d_left_reg;
reg                  d_done_reg;        // the last word; also 1 without a tag

wire                 n_take = n_valid_reg && d_done_reg;
assign d_end = d_valid_reg && d_done_reg;

wire                 load_error, load_lap;
assign {load_error, load_lap} = done_ram[load_reg[5:0]];
wire                 n_free = !n_valid_reg || n_take;
assign load = load_lap == load_reg[6] && !sweep && n_free;

always @(posedge clk) begin
    if (n_take)
        n_valid_reg <= 1'b0;
    if (n_free) begin
        n_tag_reg <= load_reg[5:0];
        n_info_reg <= info_ram[load_reg[5:0]];
        n_error_reg <= load_error;
    end
    if (load) begin
        n_valid_reg <= 1'b1;
        load_reg <= load_reg + 7'd1;
    end

    if (d_valid_reg) begin
        d_word_reg <= d_word_reg + 1'b1;
        d_left_reg <= d_left_reg - 1'b1;
        d_first_reg <= 1'b0;
        d_done_reg <= d_left_reg == 1 || d_done_reg;
        if (d_done_reg)
            d_valid_reg <= 1'b0;
    end
    if (n_take) begin
        d_valid_reg <= 1'b1;
        d_tag_reg <= n_tag_reg;
        {d_client_reg, d_offset_reg, d_end_reg, d_flush_reg, d_first_reg, d_last_reg,
         d_left_reg} <= n_info_reg;
        d_done_reg <= n_info_reg[BURST_W-1:0] == 0;
        d_error_reg <= n_error_reg;
        d_word_reg <= {BURST_W{1'b0}};
    end

    if (rst) begin
        n_valid_reg <= 1'b0;
        d_valid_reg <= 1'b0;
        d_done_reg <= 1'b1;
        load_reg <= 7'd0;
    end
end

// --- the words, a clock behind their address, to the realignment -----------------------------------

reg                  p_valid_reg;
reg [DMA_W-1:0]      p_data_reg;
reg [CLIENT_W-1:0]   p_client_reg;
reg [BYTE_W-1:0]     p_offset_reg;
reg [BYTE_W-1:0]     p_end_reg;
reg                  p_flush_reg, p_first_reg, p_last_reg, p_error_reg;
wire                 align_busy;

always @(posedge clk) begin
    p_valid_reg <= d_valid_reg;
    p_data_reg <= data_ram[{d_tag_reg, d_word_reg}];
    p_client_reg <= d_client_reg;
    p_offset_reg <= d_offset_reg;
    p_end_reg <= d_end_reg;
    p_flush_reg <= d_flush_reg;
    p_first_reg <= d_first_reg;
    p_last_reg <= d_last_reg && d_done_reg;
    p_error_reg <= d_error_reg;

    if (rst)
        p_valid_reg <= 1'b0;
end

dma_read_align #(
    .DMA_W(DMA_W), .BYTE_W(BYTE_W), .N_CLIENTS(N_CLIENTS), .CLIENT_W(CLIENT_W)
) align (
    .clk(clk), .rst(rst),
    .word_valid(p_valid_reg), .word_data(p_data_reg), .word_client(p_client_reg),
    .word_offset(p_offset_reg), .word_end(p_end_reg), .word_flush(p_flush_reg),
    .word_first(p_first_reg), .word_last(p_last_reg), .word_error(p_error_reg),
    .response_valid(response_valid), .response_data(response_data),
    .response_bytes(response_bytes), .response_last(response_last),
    .response_error(response_error), .busy(align_busy)
);

reg                  busy_reg;

always @(posedge clk) begin
    busy_reg <= taken || taken_reg || !a_none || b_valid_reg || ar_valid_reg || tags_reg != 0
                || p_valid_reg || align_busy;
    if (rst)
        busy_reg <= 1'b0;
end

assign busy = busy_reg;

`ifdef FORMAL_CLIENTS
    // Of one client, any: a request that is taken is its own, whole and once; it is taken when at most
    // N_CLIENTS grants to others have been given since it came, while there is room at all.
    reg                  f_past_reg = 1'b0;
    (* anyconst *) reg [CLIENT_W-1:0] f_client;
    reg                  f_asked_reg;
    reg  [3:0]           f_passed_reg;
    reg                  f_taken_reg, f_some_taken_reg;
    reg  [CLIENT_W+81:0] f_request_reg;
    wire                 f_asks = request_valid[f_client];
    wire                 f_taken = f_asks && request_ready[f_client];
    // Of three clients: the one served before, and how many come between it and this one
    wire [CLIENT_W-1:0]  f_last = above_reg[1] ? 0 : above_reg[2] ? 1 : 2;
    wire [CLIENT_W-1:0]  f_between = f_client > f_last ? f_client - f_last - 1 : f_client + 2 - f_last;

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_taken_reg <= f_taken && !rst;
        f_some_taken_reg <= (request_valid & request_ready) != 0 && !rst;
        f_request_reg <= {f_client, request_function[f_client*4 +: 4], request_address[f_client*64 +: 64],
                          request_length[f_client*14 +: 14]};
        f_asked_reg <= f_asks && !f_taken && !rst;
        f_passed_reg <= f_asks && !f_taken && !rst ? f_passed_reg + {3'd0, request_ready != 0} : 4'd0;
    end

    always @* begin
        if (!f_past_reg)
            assume (rst);
        assume (f_client < N_CLIENTS);
        // A client waits until it is served.
        assume (!f_asked_reg || f_asks);
        if (f_past_reg) begin
            assert ((request_ready & (request_ready - 1'b1)) == 0);
            assert (taken_reg == f_some_taken_reg);
            if (f_taken_reg)
                assert ({taken_client_reg, taken_function_reg, taken_address_reg, taken_length_reg} == f_request_reg);
            assert (f_passed_reg <= N_CLIENTS);

            // What holds always
            assert (above_reg == 3'b110 || above_reg == 3'b100 || above_reg == 3'b000);
            assert (f_passed_reg == 0 || !request_ready[f_last]);
            assert (f_passed_reg <= (f_between == 2 ? 0 : f_between == 1 ? 2 :
                                     request_ready == 0 || request_ready[f_client] ? 3 : 1));
            cover (f_taken && f_passed_reg == N_CLIENTS);
        end
    end
`elsif FORMAL_SPLIT
    // Of every request: its bursts are of the bus words that hold its bytes, in order, each word once;
    // none leaves its block of 256 bytes. The realignment is told the first byte's lane, that of
    // the last response's, and whether there are as many responses as words, with the right bursts.
    reg                  f_past_reg = 1'b0;
    reg  [63:0]          f_address_reg;
    reg  [13:0]          f_length_m1_reg;
    localparam integer   LEFT_W = 15 - BYTE_W;      // bits of a request's words less 1
    reg  [LEFT_W:0]      f_index_reg;       // words that have been asked for
    wire [14:0]          f_end = {1'b0, f_length_m1_reg} + {{15-BYTE_W{1'b0}}, f_address_reg[BYTE_W-1:0]};
    wire [14:0]          f_a_length_m1 = a_end - {7'd0, a_address[7:0]};
    wire [LEFT_W:0]      f_words = {1'b0, f_end[14:BYTE_W]} + 1'b1;
    wire [LEFT_W:0]      f_responses = {2'd0, f_length_m1_reg[13:BYTE_W]} + 1'b1;
    wire [63-BYTE_W:0]   f_word = f_address_reg[63:BYTE_W] + {{63-BYTE_W-LEFT_W{1'b0}}, f_index_reg};
    wire [BYTE_W:0]      f_lanes = {1'b0, b_offset_reg} + {1'b0, b_end_reg};
    wire [6+BURST_W:0]   f_to = {b_blocks_reg, b_end_word_reg};     // the last word, from the block's begin
    wire [LEFT_W:0]      f_next = f_index_reg + {{LEFT_W+1-BURST_W{1'b0}}, b_count} + 1'b1;

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        if (b_issue)
            f_index_reg <= f_next;
        if (b_load && a_valid) begin
            f_address_reg <= a_address;
            f_length_m1_reg <= f_a_length_m1[13:0];
            f_index_reg <= {LEFT_W+1{1'b0}};
        end
    end

    always @* begin
        if (!f_past_reg)
            assume (rst || (sweep_reg == 7'd64 && !b_valid_reg && b_last_reg));      // the sweep takes long
        // What is taken is what is split: the last byte, as it goes into the queue and comes out of it
        if (taken_reg && taken_length_reg != 14'd0)
            assert (taken_end >= {7'd0, taken_address_reg[7:0]}
                    && taken_end - {7'd0, taken_address_reg[7:0]} == {1'b0, taken_length_reg} - 15'd1);
        assume (a_end >= {7'd0, a_address[7:0]} && f_a_length_m1 <= 15'd16382);
        if (f_past_reg) begin
            if (b_issue) begin
                assert (b_ar == {tag_reg[5:0], f_word, {BYTE_W{1'b0}}, b_count, b_function_reg});
                assert ({1'b0, f_word[BURST_W-1:0]} + {1'b0, b_count} < (1 << BURST_W));
                assert (f_next <= f_words && b_last_reg == (f_next == f_words));
                assert (b_last_reg || (&(f_word[BURST_W-1:0] + b_count)));
                assert (b_first_reg == (f_index_reg == 0));
                assert (b_offset_reg == f_address_reg[BYTE_W-1:0] && b_end_reg == f_length_m1_reg[BYTE_W-1:0]);
                assert (f_responses <= f_words && b_flush_reg == (f_responses == f_words));
                assert (b_flush_reg == (!f_lanes[BYTE_W]));
            end

            // What holds always
            assert (b_valid_reg || b_last_reg);
            if (b_valid_reg) begin
                assert (f_length_m1_reg <= 14'd16382 && f_index_reg < f_words);
                assert ({b_wrap_reg ? b_high_next_reg : b_high_reg, b_block_reg, b_word_reg} == f_word);
                assert (b_first_reg || b_high_next_reg == b_high_reg + 48'd1);
                assert (!(b_first_reg && b_wrap_reg));
                assert ({1'b0, b_wrap_reg, b_block_reg} + {3'd0, b_blocks_reg} <= 10'd319);
                assert ({1'b0, f_to} == f_words - f_index_reg - 1'b1 + {{LEFT_W+1-BURST_W{1'b0}}, b_word_reg});
                assert (b_last_reg == (b_blocks_reg == 7'd0) && b_soon_reg == (b_blocks_reg == 7'd1));
                assert (b_to_reg == (b_last_reg ? b_end_word_reg : {BURST_W{1'b1}}));
                assert (b_first_reg == (f_index_reg == 0));
                assert (b_offset_reg == f_address_reg[BYTE_W-1:0] && b_end_reg == f_length_m1_reg[BYTE_W-1:0]);
                assert (b_flush_reg == (f_responses == f_words));
            end
            cover (b_issue && b_last_reg && !b_first_reg && !b_flush_reg);
        end
    end
`elsif FORMAL
    // Of one tag, any: it is given when it is not in use, asked for once, loaded in its turn, once, and
    // not before the last beat of its burst has been stored, and then as soon as the one before it
    // makes room; it is free again when all its words have left. Of one word of its burst, any: what
    // came as that beat is what goes to the realignment, in its turn, and the burst's error is that
    // of its beats. The other tags are taken to be loaded only when they have been given, too, which
    // is what is proved of each. dma_read_align is proved apart.
    reg                  f_past_reg = 1'b0;
    (* anyconst *) reg [5:0] f_tag;
    (* anyconst *) reg [BURST_W-1:0] f_word;
    reg                  f_used_reg;
    reg                  f_asked_reg;       // its burst has been taken by the bus
    reg                  f_come_reg;        // the last beat has
    reg                  f_loaded_reg;
    reg                  f_error_reg;       // of the beats that have come
    reg  [BURST_W:0]     f_beats_reg;       // their number
    reg  [BURST_W-1:0]   f_count_reg;       // beats of the burst less 1
    reg  [AR_W-1:0]      f_burst_reg;       // and all that AR and the realignment are told of it
    reg  [INFO_W-1:0]    f_info_reg;
    reg  [DMA_W-1:0]     f_data_reg;        // that of the word
    reg                  f_p_reg;           // the word goes to the realignment
    reg  [DMA_W-1:0]     f_p_data_reg;
    reg  [INFO_W-BURST_W:0] f_p_side_reg;
    reg                  f_sweep_reg;       // what is stored is the sweep's

    wire                 f_give = b_issue && tag_reg[5:0] == f_tag;
    wire                 f_ask = m_axi_arvalid && m_axi_arready && m_axi_arid == f_tag;
    wire                 f_beat = m_axi_rvalid && m_axi_rid == f_tag;
    wire                 f_load = load && load_reg[5:0] == f_tag;
    wire                 f_drain = d_valid_reg && d_tag_reg == f_tag;
    wire                 f_r = r_valid_reg && r_id_reg == f_tag;
    wire                 f_w = w_valid_reg && w_id_reg == f_tag && !f_sweep_reg;
    wire                 f_stored = f_come_reg && !f_r && !f_w;
    wire [BURST_W:0]     f_w_beats = f_beats_reg - {{BURST_W{1'b0}}, f_r};
    wire [BURST_W:0]     f_stored_beats = f_w_beats - {{BURST_W{1'b0}}, f_w};
    wire [6:0]           f_free = tag_reg - tags_reg;       // oldest tag in use
    wire [6:0]           f_loaded = load_reg - f_free;
    wire [5:0]           f_place = f_tag - f_free[5:0];
    wire [5:0]           f_n_tag = f_free[5:0] + {5'd0, d_valid_reg};
    wire [1:0]           f_done = done_ram[f_tag];
    wire [BURST_W:0]     f_beat_ram = beat_ram[f_tag];
    wire [INFO_W-1:0]    f_info = info_ram[f_tag];
    wire [DMA_W-1:0]     f_data = data_ram[{f_tag, f_word}];
    wire                 f_lap = tag_reg[6] != (f_tag >= tag_reg[5:0]);
    wire                 f_swept = sweep_reg > {1'b0, f_tag} + 7'd1 || (!sweep && !f_sweep_reg);
    wire                 f_ar_0 = ar_valid_reg && ar_reg[AR_W-1 -: 6] == f_tag;
    wire                 f_ar_1 = ar_skid_valid_reg && ar_skid_reg[AR_W-1 -: 6] == f_tag;

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_sweep_reg <= sweep && !rst;
        if (f_give) begin
            f_used_reg <= 1'b1;
            f_asked_reg <= 1'b0;
            f_come_reg <= 1'b0;
            f_loaded_reg <= 1'b0;
            f_error_reg <= 1'b0;
            f_beats_reg <= {BURST_W+1{1'b0}};
            f_count_reg <= b_count;
            f_burst_reg <= b_ar;
            f_info_reg <= {b_client_reg, b_offset_reg, b_end_reg, b_flush_reg, b_first_reg, b_last_reg, b_count};
        end
        if (f_ask)
            f_asked_reg <= 1'b1;
        if (f_beat) begin
            f_come_reg <= m_axi_rlast;
            f_error_reg <= f_error_reg || m_axi_rresp != 2'b00;
            f_beats_reg <= f_beats_reg + 1'b1;
            if (f_beats_reg == {1'b0, f_word})
                f_data_reg <= m_axi_rdata;
        end
        if (f_load)
            f_loaded_reg <= 1'b1;
        if (f_drain && d_done_reg)
            f_used_reg <= 1'b0;
        f_p_reg <= f_drain && d_word_reg == f_word;
        f_p_data_reg <= f_data_reg;
        f_p_side_reg <= {f_info_reg[INFO_W-1:BURST_W+2], f_info_reg[BURST_W+1] && f_word == 0,
                         f_info_reg[BURST_W] && f_word == f_count_reg, f_error_reg};
        if (rst) begin
            f_used_reg <= 1'b0;
            f_p_reg <= 1'b0;
        end
    end

    always @* begin
        // It starts in reset, or empty behind the sweep (which takes too long for the cover).
        if (!f_past_reg)
            assume (rst || (sweep_reg == 7'd64 && tag_reg == 7'd0 && tags_reg == 7'd0 && load_reg == 7'd0
                            && !n_valid_reg && !d_valid_reg && d_done_reg && !r_valid_reg && !w_valid_reg
                            && !ar_valid_reg && !ar_skid_valid_reg && !go_reg && !f_used_reg && !f_p_reg
                            && !f_sweep_reg && f_done[0] && f_beat_ram == {BURST_W+1{1'b0}}));
        // Beats come of what has been asked for only, as many as that
        assume (!m_axi_rvalid || !sweep);
        assume (!f_beat || (f_used_reg && f_asked_reg && !f_come_reg
                            && m_axi_rlast == (f_beats_reg == {1'b0, f_count_reg})));
        assume (!load || load_reg[5:0] == f_tag || load_reg != tag_reg);
        if (f_past_reg) begin
            assert (!f_give || !f_used_reg);
            assert (!f_ask || (f_used_reg && !f_asked_reg && ar_reg == f_burst_reg));
            assert (!f_load || (f_used_reg && f_stored && !f_loaded_reg));
            assert (!f_drain || (f_used_reg && f_loaded_reg));
            if (f_p_reg)
                assert (p_valid_reg && p_data_reg == f_p_data_reg
                        && {p_client_reg, p_offset_reg, p_end_reg, p_flush_reg, p_first_reg, p_last_reg, p_error_reg}
                        == f_p_side_reg);
            // Nothing but a burst that has not come, or the bus, holds it up.
            if (f_used_reg && f_stored && f_place == 6'd0 && !d_valid_reg && !n_valid_reg)
                assert (load);
            if (n_valid_reg && (!d_valid_reg || d_done_reg))
                assert (n_take);

            // What holds always
            assert (sweep_reg <= 7'd64);
            if (sweep)
                assert (!r_valid_reg && w_valid_reg == f_sweep_reg && f_sweep_reg == (sweep_reg != 7'd0));
            if (sweep || f_sweep_reg)
                assert (!go_reg && tag_reg == 7'd0 && tags_reg == 7'd0 && load_reg == 7'd0 && !ar_valid_reg);
            if (f_sweep_reg)
                assert (w_valid_reg && w_last_reg && !w_error_reg && w_lap_reg && sweep_reg == {1'b0, w_id_reg} + 7'd1);
            assert (!go_reg || (!tags_reg[6] && !ar_skid_valid_reg));
            assert (!ar_skid_valid_reg || ar_valid_reg);
            assert (tags_reg <= 7'd64 && f_loaded <= tags_reg);
            assert (f_loaded == {6'd0, n_valid_reg} + {6'd0, d_valid_reg});
            assert (d_valid_reg || d_done_reg);
            assert (!d_valid_reg || (d_tag_reg == f_free[5:0] && d_done_reg == (d_left_reg == 0)));
            assert (!n_valid_reg || n_tag_reg == f_n_tag);
            assert (f_used_reg == ({1'b0, f_place} < tags_reg));
            if (f_swept) begin
                assert ((f_done[0] == f_lap) == (!f_used_reg || f_stored));
                if (!f_used_reg || f_stored)
                    assert (f_beat_ram == {BURST_W+1{1'b0}});
            end
            assert (!f_ar_0 || (ar_reg == f_burst_reg && !f_ar_1));
            assert (!f_ar_1 || ar_skid_reg == f_burst_reg);
            assert ((f_ar_0 || f_ar_1) == (f_used_reg && !f_asked_reg));
            if (f_used_reg) begin
                assert (f_loaded_reg == ({1'b0, f_place} < f_loaded));
                assert (!f_loaded_reg || f_stored);
                assert (f_asked_reg || f_beats_reg == 0);
                assert (f_come_reg == (f_beats_reg == {1'b0, f_count_reg} + 1'b1));
                assert (f_beats_reg <= {1'b0, f_count_reg} + 1'b1);
                assert (f_beats_reg >= {{BURST_W{1'b0}}, f_r} + {{BURST_W{1'b0}}, f_w});
                assert (f_info == f_info_reg && f_info_reg[BURST_W-1:0] == f_count_reg);
                if (f_r)
                    assert (r_last_reg == f_come_reg);
                if (f_r && f_beats_reg == {1'b0, f_word} + 1'b1)
                    assert (r_data_reg == f_data_reg);
                if (f_w) begin
                    assert (w_last_reg == (f_come_reg && !f_r) && w_lap_reg == f_lap);
                    assert ({1'b0, w_beat_reg} == f_stored_beats);
                end
                if (f_w && f_w_beats == {1'b0, f_word} + 1'b1)
                    assert (w_data_reg == f_data_reg);
                if (f_stored_beats > {1'b0, f_word})
                    assert (f_data == f_data_reg);
                if (f_stored) begin
                    assert (f_done[1] == f_error_reg);
                end else begin
                    assert (f_error_reg == ((f_r && r_error_reg) || (f_w ? w_error_reg : f_beat_ram[BURST_W])));
                    if (!f_w)
                        assert ({1'b0, f_beat_ram[BURST_W-1:0]} == f_stored_beats);
                end
                if (n_valid_reg && n_tag_reg == f_tag)
                    assert (n_info_reg == f_info_reg && n_error_reg == f_error_reg);
            end else begin
                assert (!f_r && !f_w);
            end
            if (f_drain) begin
                assert (d_error_reg == f_error_reg);
                assert ({d_client_reg, d_offset_reg, d_end_reg, d_flush_reg} == f_info_reg[INFO_W-1:BURST_W+2]);
                assert (d_first_reg == (f_info_reg[BURST_W+1] && d_word_reg == 0) && d_last_reg == f_info_reg[BURST_W]);
                assert (d_word_reg <= f_count_reg && d_left_reg == f_count_reg - d_word_reg);
            end
            cover (f_p_reg && f_word != {BURST_W{1'b0}} && p_error_reg);
        end
    end
`endif

endmodule

`resetall
