// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Shifts frames to the alignment of their address and cuts them into bursts.
//
// Input: frames as in dma_write. Output, without back-pressure: beats as W carries them, and a
// burst record with the last beat of each burst. A burst ends at every multiple of 256 bytes and
// at the frame's end. A beat leaves only while room is 1; 2 more come after it has fallen.
//
// Rate: an output beat a clock, as many as the bytes from the aligned start of the address need.
// A stream longer than its length is cut, one that is shorter is filled up: only the bytes that
// length says are ever written. Latency: 4 clocks.

module dma_write_align #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Bits of a beat's number in a block of 256 bytes
    parameter integer BEAT_W = 8 - $clog2(DMA_W / 8)
)
(
    input  wire               clk,
    input  wire               rst,

    // Frames
    input  wire [DMA_W-1:0]   s_frame_tdata,
    input  wire               s_frame_tlast,
    input  wire               s_frame_tvalid,
    output wire               s_frame_tready,
    input  wire [63:0]        s_frame_address,
    input  wire [13:0]        s_frame_length,
    input  wire [3:0]         s_frame_function,

    // Room behind the outputs, and for a frame
    input  wire               room,

    // A slot is taken with a frame's first beat
    output wire               slot_take,
    input  wire [5:0]         slot,
    // Bursts of the frame, with its last beat
    output wire               count_valid,
    output wire [5:0]         count_slot,
    output wire [6:0]         count_bursts,

    // Beats
    output wire               beat_valid,
    output wire [DMA_W-1:0]   beat_data,
    output wire [DMA_W/8-1:0] beat_strobe,

    // Bursts; valid with a burst's last beat
    output wire               burst_valid,
    output wire [3:0]         burst_function,
    output wire [55:0]        burst_block,
    output wire [BEAT_W-1:0]  burst_first,
    output wire [BEAT_W-1:0]  burst_length,
    output wire [5:0]         burst_slot,

    // 1: something is inside
    output wire               busy
);

localparam integer B = DMA_W / 8;
localparam integer OFF_W = $clog2(B);
// The rotation's two steps
localparam integer LOW_W = OFF_W / 2;
localparam integer HIGH_W = OFF_W - LOW_W;
localparam integer LEFT_W = 15 - OFF_W;

// Lanes below n
function [B-1:0] below(input [OFF_W-1:0] n);
    below = ~({B{1'b1}} << n);
endfunction

// Lanes up to and with n
function [B-1:0] up_to(input [OFF_W-1:0] n);
    up_to = ~({{(B-1){1'b1}}, 1'b0} << n);
endfunction

// Stage P: the input beat, and of a frame's first one the place of the frame's last byte
reg p_valid_reg;
reg p_last_reg;
reg [DMA_W-1:0] p_data_reg;
reg [63:0] p_address_reg;
reg [3:0] p_function_reg;
reg [14:0] p_end_reg;
reg in_frame_reg;               // what comes from P is not a frame's first beat

// Stage 0: a token for each output beat, and with a frame's first one what is to be known of the frame.
// That stays until its last token. The last tokens may come without an input beat (that of the token
// before stays), and input beats behind the last token are thrown away (drain).
reg offer_reg;                  // there is a token
reg s0_first_reg;               // it is a frame's first
reg s0_last_reg;                // no input beat of the frame is to come
reg [DMA_W-1:0] s0_data_reg;
reg drain_reg;
reg [31:0] high_reg;            // of the address
reg [23:0] block_reg;
reg [3:0] function_reg;
reg [OFF_W-1:0] offset_reg;
reg [B-1:0] low_reg;            // lanes below the frame's first byte, and up to its last one
reg [B-1:0] end_lanes_reg;
// Of the token
reg [LEFT_W-1:0] left_reg;      // tokens behind it
reg last_reg;                   // there are none
reg [BEAT_W-1:0] beat_reg;      // its beat's number in the block
reg [BEAT_W-1:0] begin_reg;     // the number that the frame begins with
reg in_block_reg;               // a block has begun since, so its burst starts with beat 0
reg [6:0] bursts_reg;
reg [5:0] slot_reg;

// The enables of the wide registers: one LUT behind registers. P moves with stage 0, also where it is
// empty: nothing then stands between that LUT and what is in front.
wire token = room && offer_reg;
wire s0_ready = !offer_reg || (room && (last_reg || !s0_last_reg));
wire first_load = s0_ready && !in_frame_reg;    // counts when p_valid
wire step = offer_reg ? room : !in_frame_reg;   // token || first_load
wire too_long = offer_reg && last_reg && !s0_last_reg;
wire burst_end = last_reg || (&beat_reg);
wire [BEAT_W-1:0] first = in_block_reg ? {BEAT_W{1'b0}} : begin_reg;    // beat that its burst starts with

assign s_frame_tready = s0_ready;
assign slot_take = token && s0_first_reg;

reg t_valid_reg;
reg [DMA_W-1:0] t_data_reg;
reg [OFF_W-1:0] t_offset_reg;
reg [B-1:0] t_low_reg;
reg [B-1:0] t_strobe_reg;
reg t_burst_end_reg;
reg t_last_reg;
reg [24:0] t_block_reg;
reg [31:0] t_high_reg;
reg [BEAT_W-1:0] t_first_reg;
reg [BEAT_W-1:0] t_length_reg;
reg [3:0] t_function_reg;
reg [6:0] t_bursts_reg;
reg [5:0] t_slot_reg;

/* verilator lint_off UNUSEDSIGNAL */
wire [2*DMA_W-1:0] rotated_low = {s0_data_reg, s0_data_reg} << {offset_reg[LOW_W-1:0], 3'd0};
/* verilator lint_on UNUSEDSIGNAL */
wire [5:0] slot_now = s0_first_reg ? slot : slot_reg;

always @(posedge clk) begin
    if (s0_ready) begin
        p_data_reg <= s_frame_tdata;
        p_last_reg <= s_frame_tlast;
        p_address_reg <= s_frame_address;
        p_function_reg <= s_frame_function;
        p_end_reg <= {1'b0, s_frame_length} + {{(15-OFF_W){1'b0}}, s_frame_address[OFF_W-1:0]} - 15'd1;
        p_valid_reg <= s_frame_tvalid;
        s0_data_reg <= p_data_reg;
        s0_last_reg <= p_last_reg;
        s0_first_reg <= !in_frame_reg;
        offer_reg <= p_valid_reg && !drain_reg && !too_long;
        drain_reg <= (drain_reg || too_long) && !(p_valid_reg && p_last_reg);
        if (p_valid_reg)
            in_frame_reg <= !p_last_reg;
    end else if (token) begin
        s0_first_reg <= 1'b0;
    end

    if (token)
        slot_reg <= slot_now;
    if (first_load) begin
        high_reg <= p_address_reg[63:32];
        block_reg <= p_address_reg[31:8];
        function_reg <= p_function_reg;
        begin_reg <= p_address_reg[7:OFF_W];
        offset_reg <= p_address_reg[OFF_W-1:0];
        low_reg <= below(p_address_reg[OFF_W-1:0]);
        end_lanes_reg <= up_to(p_end_reg[OFF_W-1:0]);
    end
    if (step) begin
        left_reg <= first_load ? p_end_reg[14:OFF_W] : left_reg - 1'b1;
        last_reg <= first_load ? p_end_reg[14:OFF_W] == {LEFT_W{1'b0}} : left_reg == {{LEFT_W-1{1'b0}}, 1'b1};
        beat_reg <= first_load ? p_address_reg[7:OFF_W] : beat_reg + 1'b1;
        in_block_reg <= !first_load && (in_block_reg || (&beat_reg));
        bursts_reg <= first_load ? 7'd0 : bursts_reg + {6'd0, &beat_reg};
    end

    // What is loaded without a token does not count.
    if (offset_reg[LOW_W-1:0] == {LOW_W{1'b0}})
        t_data_reg <= s0_data_reg;
    else
        t_data_reg <= rotated_low[DMA_W +: DMA_W];
    t_offset_reg <= offset_reg;
    t_low_reg <= low_reg;
    t_strobe_reg <= (s0_first_reg ? ~low_reg : {B{1'b1}}) & (last_reg ? end_lanes_reg : {B{1'b1}});
    t_burst_end_reg <= burst_end;
    t_last_reg <= last_reg;
    t_block_reg <= {1'b0, block_reg} + {18'd0, bursts_reg};
    t_high_reg <= high_reg;
    t_first_reg <= first;
    t_length_reg <= beat_reg - first;
    t_function_reg <= function_reg;
    t_bursts_reg <= bursts_reg + 7'd1;
    t_slot_reg <= slot_now;

    t_valid_reg <= token;
    if (rst) begin
        t_valid_reg <= 1'b0;
        p_valid_reg <= 1'b0;
        offer_reg <= 1'b0;
        in_frame_reg <= 1'b0;
        drain_reg <= 1'b0;
    end
end

assign count_valid = t_valid_reg && t_last_reg;
assign count_slot = t_slot_reg;
assign count_bursts = t_bursts_reg;

// Stage 2: the rotation's second step, merged with what the beat before left over
reg o_valid_reg;
reg [DMA_W-1:0] o_data_reg;
reg [B-1:0] o_strobe_reg;
reg [DMA_W-1:0] carry_reg;
reg o_burst_end_reg;
reg [55:0] o_block_reg;
reg [BEAT_W-1:0] o_first_reg;
reg [BEAT_W-1:0] o_length_reg;
reg [3:0] o_function_reg;
reg [5:0] o_slot_reg;

/* verilator lint_off UNUSEDSIGNAL */
wire [2*DMA_W-1:0] rotated_high = {t_data_reg, t_data_reg}
                                  << {t_offset_reg[OFF_W-1 -: HIGH_W], {LOW_W{1'b0}}, 3'd0};
/* verilator lint_on UNUSEDSIGNAL */
wire [DMA_W-1:0] rotated = rotated_high[DMA_W +: DMA_W];
wire [DMA_W-1:0] low_bits;

genvar g;
generate
    for (g = 0; g < B; g = g + 1) begin : lane
        assign low_bits[g*8 +: 8] = {8{t_low_reg[g]}};
    end
endgenerate

always @(posedge clk) begin
    if (t_valid_reg) begin
        if (t_offset_reg == {OFF_W{1'b0}}) begin
            o_data_reg <= t_data_reg;
        end else begin
            o_data_reg <= (carry_reg & low_bits) | (rotated & ~low_bits);
            carry_reg <= rotated;
        end
        o_strobe_reg <= t_strobe_reg;
        if (t_burst_end_reg) begin
            o_block_reg <= {t_high_reg + {31'd0, t_block_reg[24]}, t_block_reg[23:0]};
            o_first_reg <= t_first_reg;
            o_length_reg <= t_length_reg;
            o_function_reg <= t_function_reg;
            o_slot_reg <= t_slot_reg;
        end
    end
    o_burst_end_reg <= t_valid_reg && t_burst_end_reg;
    o_valid_reg <= t_valid_reg;
    if (rst) begin
        o_valid_reg <= 1'b0;
        o_burst_end_reg <= 1'b0;
    end
end

assign beat_valid = o_valid_reg;
assign beat_data = o_data_reg;
assign beat_strobe = o_strobe_reg;
assign burst_valid = o_burst_end_reg;
assign burst_function = o_function_reg;
assign burst_block = o_block_reg;
assign burst_first = o_first_reg;
assign burst_length = o_length_reg;
assign burst_slot = o_slot_reg;
assign busy = p_valid_reg || offer_reg || in_frame_reg || t_valid_reg || o_valid_reg;

`ifdef FORMAL
    // For every address and length, and every way that beats and room come: a lane of a beat is
    // strobed when, and only when, its byte lies in [address, address + length). A frame's beats are
    // those of the bus words that hold its bytes, in order, each once; a burst's record names the
    // words of its beats, all in one block of 256 bytes; the frame has as many bursts as are counted.
    // Not covered: the data, and what dma_write makes of the beats and records.
    localparam integer PLACE_W = LEFT_W + OFF_W;

    reg                f_past_reg = 1'b0;
    (* anyconst *) reg [OFF_W-1:0] f_lane;
    // The frame whose beats are to leave: beats that have, those of them in the burst, slot
    reg                f_open_reg;
    reg  [63:0]        f_address_reg;
    reg  [13:0]        f_length_reg;
    reg  [LEFT_W-1:0]  f_index_reg;
    reg  [BEAT_W-1:0]  f_beats_reg;
    reg  [5:0]         f_slot_reg;
    reg  [13:0]        f_length_p_reg;      // of the beat in P
    // The beats in stages T and O
    reg  [63:0]        f_address_t_reg, f_address_o_reg;
    reg  [13:0]        f_length_t_reg, f_length_o_reg;
    reg  [LEFT_W-1:0]  f_index_t_reg, f_index_o_reg;
    reg  [BEAT_W-1:0]  f_beats_t_reg, f_beats_o_reg;
    reg  [5:0]         f_slot_t_reg, f_slot_o_reg;

    wire [5:0]         f_slot = f_index_reg == {LEFT_W{1'b0}} ? slot : f_slot_reg;

    // Of a frame, from the start of its first word: place of its last byte; of a beat, from the start
    // of its first block: place of its word
    function [PLACE_W-1:0] f_end(input [63:0] address, input [13:0] length);
        f_end = {{PLACE_W-14{1'b0}}, length} + {{LEFT_W{1'b0}}, address[OFF_W-1:0]} - 1'b1;
    endfunction

    function [LEFT_W:0] f_place(input [63:0] address, input [LEFT_W-1:0] index);
        f_place = {1'b0, index} + {{LEFT_W+1-BEAT_W{1'b0}}, address[7:OFF_W]};
    endfunction

    function f_inside(input [63:0] address, input [13:0] length, input [LEFT_W-1:0] index);
        f_inside = {index, f_lane} >= {{LEFT_W{1'b0}}, address[OFF_W-1:0]}
            && {index, f_lane} - {{LEFT_W{1'b0}}, address[OFF_W-1:0]} < {{PLACE_W-14{1'b0}}, length};
    endfunction

    wire [PLACE_W-1:0] f_end_1 = f_end(f_address_reg, f_length_reg);
    wire [PLACE_W-1:0] f_end_t = f_end(f_address_t_reg, f_length_t_reg);
    wire [PLACE_W-1:0] f_end_o = f_end(f_address_o_reg, f_length_o_reg);
    wire [LEFT_W:0]    f_place_1 = f_place(f_address_reg, f_index_reg);
    wire [LEFT_W:0]    f_place_t = f_place(f_address_t_reg, f_index_t_reg);
    wire               f_last_1 = f_index_reg == f_end_1[PLACE_W-1:OFF_W];
    wire               f_last_t = f_index_t_reg == f_end_t[PLACE_W-1:OFF_W];
    wire               f_last_o = f_index_o_reg == f_end_o[PLACE_W-1:OFF_W];
    wire [63-OFF_W:0]  f_word_o = f_address_o_reg[63:OFF_W] + {{64-OFF_W-LEFT_W{1'b0}}, f_index_o_reg};

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        if (token) begin
            f_open_reg <= !f_last_1;
            f_index_reg <= f_index_reg + 1'b1;
            f_beats_reg <= f_last_1 || (&f_place_1[BEAT_W-1:0]) ? {BEAT_W{1'b0}} : f_beats_reg + 1'b1;
            f_slot_reg <= f_slot;
            f_address_t_reg <= f_address_reg;
            f_length_t_reg <= f_length_reg;
            f_index_t_reg <= f_index_reg;
            f_beats_t_reg <= f_beats_reg;
            f_slot_t_reg <= f_slot;
        end
        if (s0_ready)
            f_length_p_reg <= s_frame_length;
        if (first_load && p_valid_reg) begin
            f_open_reg <= 1'b1;
            f_address_reg <= p_address_reg;
            f_length_reg <= f_length_p_reg;
            f_index_reg <= {LEFT_W{1'b0}};
            f_beats_reg <= {BEAT_W{1'b0}};
        end
        if (t_valid_reg) begin
            f_address_o_reg <= f_address_t_reg;
            f_length_o_reg <= f_length_t_reg;
            f_index_o_reg <= f_index_t_reg;
            f_beats_o_reg <= f_beats_t_reg;
            f_slot_o_reg <= f_slot_t_reg;
        end
        if (rst)
            f_open_reg <= 1'b0;
    end

    always @* begin
        if (!f_past_reg)
            assume (rst);
        assume (!(s_frame_tvalid && (p_valid_reg ? p_last_reg : !in_frame_reg)) || s_frame_length != 14'd0);
        if (f_past_reg) begin
            // What leaves
            if (beat_valid) begin
                assert (beat_strobe[f_lane] == f_inside(f_address_o_reg, f_length_o_reg, f_index_o_reg));
                assert (burst_valid == (f_last_o || (&f_word_o[BEAT_W-1:0])));
            end
            assert (!burst_valid || beat_valid);
            if (burst_valid) begin
                assert ({burst_block, burst_first + burst_length} == f_word_o);
                assert (burst_first <= ~burst_length);
                assert (burst_length == f_beats_o_reg && burst_slot == f_slot_o_reg);
            end
            assert (count_valid == (t_valid_reg && f_last_t));
            if (count_valid)
                assert (count_slot == f_slot_t_reg
                        && {{LEFT_W-6{1'b0}}, count_bursts} == (f_place_t >> BEAT_W) + 1'b1);

            // What holds always
            assert (step == (token || first_load));
            if (p_valid_reg && !in_frame_reg)
                assert (f_length_p_reg != 14'd0 && p_end_reg == f_end(p_address_reg, f_length_p_reg));
            if (offer_reg)
                assert (f_open_reg && in_frame_reg == !s0_last_reg
                        && s0_first_reg == (f_index_reg == {LEFT_W{1'b0}}));
            if (f_open_reg && !offer_reg)
                assert (in_frame_reg && f_index_reg != {LEFT_W{1'b0}});
            if (f_open_reg)
                assert (!drain_reg);
            else
                assert (drain_reg == in_frame_reg);
            if (f_open_reg) begin
                assert (f_length_reg != 14'd0 && f_index_reg <= f_end_1[PLACE_W-1:OFF_W]);
                assert (offset_reg == f_address_reg[OFF_W-1:0]);
                assert (low_reg == below(offset_reg) && end_lanes_reg == up_to(f_end_1[OFF_W-1:0]));
                assert (left_reg == f_end_1[PLACE_W-1:OFF_W] - f_index_reg);
                assert (last_reg == (left_reg == {LEFT_W{1'b0}}));
                assert (beat_reg == f_place_1[BEAT_W-1:0]);
                assert ({{LEFT_W-6{1'b0}}, bursts_reg} == f_place_1 >> BEAT_W);
                assert ({high_reg, block_reg} == f_address_reg[63:8]);
                assert (first <= beat_reg && beat_reg - first == f_beats_reg);
                assert (f_index_reg == {LEFT_W{1'b0}} || slot_reg == f_slot_reg);
            end
            if (t_valid_reg) begin
                assert (t_strobe_reg[f_lane] == f_inside(f_address_t_reg, f_length_t_reg, f_index_t_reg));
                assert (t_last_reg == f_last_t);
                assert (t_burst_end_reg == (f_last_t || (&f_place_t[BEAT_W-1:0])));
                assert ({{LEFT_W-6{1'b0}}, t_bursts_reg} == (f_place_t >> BEAT_W) + 1'b1);
                assert (t_block_reg == {1'b0, f_address_t_reg[31:8]} + {18'd0, t_bursts_reg} - 25'd1);
                assert (t_high_reg == f_address_t_reg[63:32]);
                assert (t_first_reg <= ~t_length_reg && t_first_reg + t_length_reg == f_place_t[BEAT_W-1:0]);
                assert (t_length_reg == f_beats_t_reg && t_slot_reg == f_slot_t_reg);
            end
            cover (burst_valid && burst_first != {BEAT_W{1'b0}} && !beat_strobe[0] && f_open_reg);
        end
    end
`endif

endmodule

`resetall
