// SPDX-License-Identifier: BSD-3-Clause
//
// Joins several AXI4-Streams into one, round robin by whole frames.
//
// Full rate: a frame of any input follows another without a lost clock, also frames of one beat.
// One clock of latency, two when another input was served last: s_axis_tready does not depend on
// s_axis_tvalid, and stands at the input served last while none waits. Nothing moves while
// m_axis_tready is 0, whether a beat waits or not: the sink must not wait for m_axis_tvalid. An input
// that has been served goes behind all others that wait. A frame, once begun, holds the output until
// its last beat, however long it is and however its input stalls.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_frame_mux #(
    // Number of inputs, 1 to 16.
    parameter integer INPUTS = 2,
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits.
    parameter integer USER_W = 280
) (
    input  wire                         clk,
    input  wire                         rst,

    // Streams in, input i in slice i of each vector
    input  wire [INPUTS*DATA_W-1:0]     s_axis_tdata,
    input  wire [INPUTS*DATA_W/8-1:0]   s_axis_tkeep,
    input  wire [INPUTS-1:0]            s_axis_tlast,
    input  wire [INPUTS*USER_W-1:0]     s_axis_tuser,
    input  wire [INPUTS-1:0]            s_axis_tvalid,
    output wire [INPUTS-1:0]            s_axis_tready,

    // Stream out
    output wire [DATA_W-1:0]            m_axis_tdata,
    output wire [DATA_W/8-1:0]          m_axis_tkeep,
    output wire                         m_axis_tlast,
    output wire [USER_W-1:0]            m_axis_tuser,
    output wire                         m_axis_tvalid,
    input  wire                         m_axis_tready,

    // A beat is inside, or a frame has not ended.
    output wire                         busy
);

    localparam integer BEAT_W = DATA_W + DATA_W/8 + 1 + USER_W;

    // The input that is listened to: its frame is under way, or it may begin one.
    reg [INPUTS-1:0] grant_reg;
    reg              active_reg;
    reg [BEAT_W-1:0] out_reg;
    reg              out_valid_reg;

    // Round robin: the first other waiting input above it, else the first of all.
    reg  [INPUTS-1:0] above;
    reg  [INPUTS-1:0] candidates;
    reg  [BEAT_W-1:0] beat;
    reg               found;
    integer           i;

    wire [INPUTS-1:0] others = s_axis_tvalid & ~grant_reg;

    always @* begin
        found = 1'b0;
        for (i = 0; i < INPUTS; i = i + 1) begin
            above[i] = found;
            found = found || grant_reg[i];
        end
        candidates = ((others & above) != {INPUTS{1'b0}}) ? others & above : others;
    end

    always @* begin
        beat = {BEAT_W{1'b0}};
        for (i = 0; i < INPUTS; i = i + 1)
            if (grant_reg[i])
                beat = beat | {s_axis_tuser[i*USER_W +: USER_W], s_axis_tlast[i],
                    s_axis_tkeep[i*(DATA_W/8) +: DATA_W/8], s_axis_tdata[i*DATA_W +: DATA_W]};
    end

    wire move = m_axis_tready;
    wire waits = (s_axis_tvalid & grant_reg) != {INPUTS{1'b0}};
    wire take = move && waits;

    always @(posedge clk) begin
        if (take) begin
            out_reg    <= beat;
            active_reg <= !beat[DATA_W + DATA_W/8];
        end
        if ((take ? beat[DATA_W + DATA_W/8] : !active_reg && !waits) && others != {INPUTS{1'b0}})
            grant_reg <= candidates & (~candidates + 1'b1);
        if (move)
            out_valid_reg <= take;

        if (rst) begin
            grant_reg     <= {{INPUTS-1{1'b0}}, 1'b1};
            active_reg    <= 1'b0;
            out_valid_reg <= 1'b0;
        end
    end

    assign s_axis_tready = grant_reg & {INPUTS{move}};
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = out_valid_reg || active_reg;

`ifdef FORMAL
    // Frames never interleave: from a frame's first beat to its last all beats come from one input.
    // The output has the beats that were taken, unchanged, and is stable while it waits. While an
    // input waits for its turn each other one begins at most one frame. No clock is lost in which the
    // output can take a beat of the frame under way, or of the input that is listened to; one
    // clock when another has to be.
    reg              f_past_reg = 1'b0;
    reg              f_open_reg;    // a frame has begun and not ended
    reg [INPUTS-1:0] f_owner_reg;   // of which input
    reg [BEAT_W-1:0] f_beat;
    reg [4:0]        f_served;      // the input that is listened to
    reg [4:0]        f_begun_reg;   // frames that others began while f_input has been waiting
    reg [4:0]        f_input;       // its number
    integer          f;

    wire [INPUTS-1:0] f_taken = s_axis_tvalid & s_axis_tready;
    (* anyconst *) reg [INPUTS-1:0] f_mine;
    wire              f_waits = (s_axis_tvalid & f_mine) != 0 && !(f_open_reg && f_owner_reg == f_mine);
    wire [BEAT_W-1:0] f_out   = {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata};
    wire              f_move  = m_axis_tready;
    // Turns of others that come before that of f_input.
    wire [4:0]        f_ahead = f_input == f_served ? 5'd0 :
        (f_input > f_served ? f_input - f_served : f_input + INPUTS - f_served) - {4'd0, f_open_reg};

    always @* begin
        f_beat = {BEAT_W{1'b0}};
        f_served = INPUTS - 1;
        f_input = 5'd0;
        for (f = 0; f < INPUTS; f = f + 1) begin
            if (f_taken[f])
                f_beat = {s_axis_tuser[f*USER_W +: USER_W], s_axis_tlast[f],
                    s_axis_tkeep[f*(DATA_W/8) +: DATA_W/8], s_axis_tdata[f*DATA_W +: DATA_W]};
            if (grant_reg[f])
                f_served = f;
            if (f_mine[f])
                f_input = f;
        end
    end

    initial assume (rst);

    always @(posedge clk) begin
        assume (f_mine != 0 && (f_mine & (f_mine - 1'b1)) == 0);
        f_past_reg <= 1'b1;
        if (f_taken != 0) begin
            f_open_reg  <= (f_taken & s_axis_tlast) == 0;
            f_owner_reg <= f_taken;
        end
        if (!f_waits || (f_taken & f_mine) != 0)
            f_begun_reg <= 5'd0;
        else if (f_taken != 0 && !f_open_reg)
            f_begun_reg <= f_begun_reg + 5'd1;
        if (rst) begin
            f_open_reg  <= 1'b0;
            f_owner_reg <= {INPUTS{1'b0}};
            f_begun_reg <= 5'd0;
        end

        if (f_past_reg) begin
            // The inputs keep to the rule: what is offered stays until it is taken.
            if ($past(f_waits && (f_taken & f_mine) == 0 && !rst))
                assume ((s_axis_tvalid & f_mine) != 0);

            assert (grant_reg != 0 && (grant_reg & (grant_reg - 1'b1)) == 0);
            assert (active_reg == f_open_reg);
            assert (!f_open_reg || grant_reg == f_owner_reg);
            assert ((f_taken & (f_taken - 1'b1)) == 0);
            if (f_open_reg)
                assert ((f_taken & ~f_owner_reg) == 0);
            if (f_move && !f_open_reg && (s_axis_tvalid & grant_reg) != 0)
                assert (f_taken != 0);
            if ($past(!f_open_reg && s_axis_tvalid != 0 && (s_axis_tvalid & grant_reg) == 0 && !rst))
                assert ((grant_reg & $past(s_axis_tvalid)) != 0);
            if (f_move && f_open_reg && (s_axis_tvalid & f_owner_reg) != 0)
                assert (f_taken == f_owner_reg);
            assert (f_begun_reg + f_ahead < INPUTS);
            assert (f_begun_reg < INPUTS);
            if ($past(f_taken != 0 && !rst)) begin
                assert (m_axis_tvalid);
                assert (f_out == $past(f_beat));
            end
            if ($past(m_axis_tvalid && !m_axis_tready && !rst)) begin
                assert (m_axis_tvalid);
                assert ($stable(f_out));
            end
            if ($past(f_move && f_taken == 0 && !rst))
                assert (!m_axis_tvalid);
            cover (f_begun_reg == INPUTS - 1 && (f_taken & f_mine) != 0);
            cover (f_open_reg && $past(f_open_reg) && f_taken != 0 && $past(f_taken != 0) && f_waits);
        end
    end
`endif

endmodule

`resetall
