// SPDX-License-Identifier: BSD-3-Clause
//
// One stream to OUTPUTS streams, whole frames: the frame goes where SELECT_W bits of its first
// beat's tuser, from bit SELECT on, say.
//
// Latency: none, a frame's beats pass combinationally. Order: as they come. Back-pressure: a frame
// waits for its own output, and the frames behind it wait with it. A frame for an output that does
// not exist goes to output 0. Frames may have any length.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_frame_demux #(
    // Number of outputs, 2 to 16.
    parameter integer OUTPUTS = 2,
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits.
    parameter integer USER_W = 232,
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

    assign m_axis_tdata  = s_axis_tdata;
    assign m_axis_tkeep  = s_axis_tkeep;
    assign m_axis_tlast  = s_axis_tlast;
    assign m_axis_tuser  = s_axis_tuser;
    assign m_axis_tvalid = chosen & {OUTPUTS{s_axis_tvalid}};
    assign s_axis_tready = |(chosen & m_axis_tready);

    always @(posedge clk) begin
        if (s_axis_tvalid && s_axis_tready) begin
            inside_reg <= !s_axis_tlast;
            output_reg <= chosen;
        end
        if (rst)
            inside_reg <= 1'b0;
    end

`ifdef FORMAL
    // A beat goes to exactly one output, and a frame's beats all go to that of its first.
    reg  f_past_reg = 1'b0;
    reg  [OUTPUTS-1:0] f_output_reg;
    reg  f_inside_reg;

    initial assume (rst);

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        if (s_axis_tvalid && s_axis_tready) begin
            f_inside_reg <= !s_axis_tlast;
            f_output_reg <= m_axis_tvalid;
        end
        if (rst)
            f_inside_reg <= 1'b0;
        if (f_past_reg) begin
            assert (f_inside_reg == inside_reg);
            if (inside_reg)
                assert (f_output_reg == output_reg && output_reg != 0
                        && (output_reg & (output_reg - 1'b1)) == 0);
            if (s_axis_tvalid) begin
                assert (m_axis_tvalid != 0 && (m_axis_tvalid & (m_axis_tvalid - 1'b1)) == 0);
                assert (s_axis_tready == ((m_axis_tvalid & m_axis_tready) != 0));
                if (f_inside_reg)
                    assert (m_axis_tvalid == f_output_reg);
            end else begin
                assert (m_axis_tvalid == 0);
            end
            cover (inside_reg && output_reg[OUTPUTS-1]);
        end
    end
`endif

endmodule

`resetall
