// SPDX-License-Identifier: BSD-3-Clause
//
// One stream to OUTPUTS streams, whole frames: the frame goes where SELECT_W bits of its first
// beat's tuser, from bit SELECT on, say.
//
// Full rate; one clock of latency. s_axis_tready comes from a register, and the output of a beat is
// known with the beat, so neither passes through. Order: as they come. Back-pressure: a frame waits
// for its own output, and the frames behind it wait with it. A frame for an output that does not
// exist goes to output 0. Frames may have any length.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_frame_demux #(
    // Number of outputs, 2 to 16.
    parameter integer OUTPUTS = 2,
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits.
    parameter integer USER_W = 280,
    // Lowest bit of the output's number in tuser, and its width.
    parameter integer SELECT = 0,
    parameter integer SELECT_W = 4
) (
    input  wire                  clk,
    input  wire                  rst,

    // Stream in
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire [USER_W-1:0]     s_axis_tuser,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,

    // Streams out: one valid and one ready each, the rest is shared
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire [OUTPUTS-1:0]    m_axis_tvalid,
    input  wire [OUTPUTS-1:0]    m_axis_tready
);

    reg                 inside_reg;     // behind a frame's first beat
    reg  [OUTPUTS-1:0]  output_reg;     // its output, one bit set

    wire [SELECT_W-1:0] select = s_axis_tuser[SELECT +: SELECT_W];
    reg  [OUTPUTS-1:0]  first;
    integer i;

    always @* begin
        first = {OUTPUTS{1'b0}};
        for (i = 1; i < OUTPUTS; i = i + 1)
            first[i] = {{32-SELECT_W{1'b0}}, select} == i;
        first[0] = first[OUTPUTS-1:1] == 0;
    end

    wire [OUTPUTS-1:0] chosen = inside_reg ? output_reg : first;

    // The beat at the output with its output, and the one that came while the output stood.
    localparam integer BEAT_W = OUTPUTS + DATA_W + DATA_W/8 + 1 + USER_W;

    reg  [BEAT_W-1:0]  out_reg;
    reg  [BEAT_W-1:0]  skid_reg;
    reg                out_valid_reg;
    reg                skid_valid_reg;
    wire [OUTPUTS-1:0] out_chosen;

    wire [BEAT_W-1:0]  in   = {chosen, s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
    wire               take = s_axis_tvalid && s_axis_tready;
    wire               move = !out_valid_reg || |(out_chosen & m_axis_tready);

    assign s_axis_tready = !skid_valid_reg;
    assign {out_chosen, m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_chosen & {OUTPUTS{out_valid_reg}};

    always @(posedge clk) begin
        if (take) begin
            inside_reg <= !s_axis_tlast;
            output_reg <= chosen;
        end
        if (!skid_valid_reg)
            skid_reg <= in;
        if (move)
            out_reg <= skid_valid_reg ? skid_reg : in;
        out_valid_reg  <= !move || skid_valid_reg || take;
        skid_valid_reg <= !move && (skid_valid_reg || take);
        if (rst) begin
            inside_reg     <= 1'b0;
            out_valid_reg  <= 1'b0;
            skid_valid_reg <= 1'b0;
        end
    end

`ifdef FORMAL
    // No loss, no duplication, no disorder, no change; a beat goes to exactly one output, and a
    // frame's beats all go to that of its first; the output is stable while it waits.
    localparam integer WHOLE_W = BEAT_W - OUTPUTS;
    reg  f_past_reg = 1'b0;
    reg  [3:0] f_taken_reg;
    reg  [3:0] f_given_reg;
    reg  [WHOLE_W-1:0] f_model_reg [0:1];       // the beats inside, oldest first
    reg  f_inside_reg;                          // at the output: behind a frame's first beat,
    reg  [OUTPUTS-1:0] f_output_reg;            // that left here
    wire f_give = (m_axis_tvalid & m_axis_tready) != 0;
    wire [3:0] f_held = f_taken_reg - f_given_reg;
    wire [OUTPUTS-1:0] f_skid = skid_reg[WHOLE_W +: OUTPUTS];
    wire f_skid_last = skid_reg[DATA_W + DATA_W/8];

    initial assume (rst);

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_taken_reg <= f_taken_reg + {3'd0, take};
        f_given_reg <= f_given_reg + {3'd0, f_give};
        if (f_give) begin
            f_model_reg[0] <= f_model_reg[1];
            f_inside_reg <= !m_axis_tlast;
            f_output_reg <= m_axis_tvalid;
        end
        if (take)
            f_model_reg[f_held == {3'd0, f_give} ? 0 : 1] <= in[WHOLE_W-1:0];
        if (rst) begin
            f_taken_reg <= 4'd0;
            f_given_reg <= 4'd0;
            f_inside_reg <= 1'b0;
        end
        if (f_past_reg) begin
            assert (f_held == {3'd0, out_valid_reg} + {3'd0, skid_valid_reg});
            assert (out_valid_reg || !skid_valid_reg);
            if (out_valid_reg) begin
                assert (out_reg[WHOLE_W-1:0] == f_model_reg[0]);
                assert (m_axis_tvalid != 0 && (m_axis_tvalid & (m_axis_tvalid - 1'b1)) == 0);
                if (f_inside_reg)
                    assert (m_axis_tvalid == f_output_reg);
            end else begin
                assert (m_axis_tvalid == 0);
            end
            // What is inside goes on from one beat to the next
            if (skid_valid_reg) begin
                assert (skid_reg[WHOLE_W-1:0] == f_model_reg[1]);
                assert (f_skid != 0 && (f_skid & (f_skid - 1'b1)) == 0);
                assert (m_axis_tlast || f_skid == out_chosen);
                assert (inside_reg == !f_skid_last && (!inside_reg || output_reg == f_skid));
            end else if (out_valid_reg) begin
                assert (inside_reg == !m_axis_tlast && (!inside_reg || output_reg == out_chosen));
            end else begin
                assert (inside_reg == f_inside_reg && (!inside_reg || output_reg == f_output_reg));
            end
            assert (!inside_reg || (output_reg != 0 && (output_reg & (output_reg - 1'b1)) == 0));
            if ($past(m_axis_tvalid != 0 && !f_give && !rst)) begin
                assert ($stable(m_axis_tvalid));
                assert ($stable(out_reg));
            end
            cover (inside_reg && output_reg[OUTPUTS-1] && skid_valid_reg);
            cover (take && f_give && $past(take && f_give) && f_taken_reg == 4'd5);
        end
    end
`endif

endmodule

`resetall
