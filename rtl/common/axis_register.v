// SPDX-License-Identifier: BSD-3-Clause
//
// A register slice (skid buffer) for an AXI4-Stream.
//
// Full rate; one clock of latency; order kept. s_axis_tready comes from a register, so the slice
// cuts the path of ready as well as that of the payload. Stalls only when m_axis_tready does.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_register #(
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits, at least 1. Sidebands of other beats than the first travel here too.
    parameter integer USER_W = 280
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

    // Stream out
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A beat is inside.
    output wire                  busy
);

    localparam integer BEAT_W = DATA_W + DATA_W/8 + 1 + USER_W;

    // The beat at the output, and the one that came while the output stood.
    reg [BEAT_W-1:0] out_reg;
    reg [BEAT_W-1:0] skid_reg;
    reg              out_valid_reg;
    reg              ready_reg;         // nothing is in skid_reg
    // The same for the beats, which are wide, so that nothing else hangs behind their enables
    reg              out_free_reg;
    reg              skid_full_reg;

    wire [BEAT_W-1:0] in = {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
    wire              stays = out_valid_reg && !m_axis_tready;
    wire              out_next = stays || !ready_reg || s_axis_tvalid;
    wire              ready_next = !stays || (ready_reg && !s_axis_tvalid);

    always @(posedge clk) begin
        // Loading what does not come costs nothing: both count only when they are valid.
        if (!skid_full_reg)
            skid_reg <= in;
        if (out_free_reg || m_axis_tready)
            out_reg <= skid_full_reg ? skid_reg : in;

        out_valid_reg <= out_next;
        out_free_reg  <= !out_next;
        ready_reg     <= ready_next;
        skid_full_reg <= !ready_next;

        if (rst) begin
            out_valid_reg <= 1'b0;
            out_free_reg  <= 1'b1;
            ready_reg     <= 1'b1;
            skid_full_reg <= 1'b0;
        end
    end

    assign s_axis_tready = ready_reg;
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = out_valid_reg;

`ifdef FORMAL
    // No loss, no duplication, no disorder; the output is stable while it waits; ready whenever
    // there is room; full rate can be reached.
    reg            f_past_reg = 1'b0;
    reg [3:0]      f_taken_reg;
    reg [3:0]      f_given_reg;
    reg [BEAT_W-1:0] f_model_reg [0:1];     // the beats inside, oldest first
    wire           take = s_axis_tvalid && s_axis_tready;
    wire [BEAT_W-1:0] f_out = {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata};
    wire           f_give = m_axis_tvalid && m_axis_tready;
    wire [3:0]     f_inside = f_taken_reg - f_given_reg;

    initial assume (rst);

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_taken_reg <= f_taken_reg + {3'd0, take};
        f_given_reg <= f_given_reg + {3'd0, f_give};
        if (f_give)
            f_model_reg[0] <= f_model_reg[1];
        if (take)
            f_model_reg[f_inside == {3'd0, f_give} ? 0 : 1] <= in;
        if (rst) begin
            f_taken_reg <= 4'd0;
            f_given_reg <= 4'd0;
        end

        if (f_past_reg) begin
            assert (f_inside == {3'd0, out_valid_reg} + {3'd0, !ready_reg});
            assert (out_valid_reg || ready_reg);
            assert (out_free_reg == !out_valid_reg && skid_full_reg == !ready_reg);
            assert (s_axis_tready == (f_inside < 2));
            if (f_inside > 0)
                assert (f_out == f_model_reg[0]);
            if (f_inside > 1)
                assert (skid_reg == f_model_reg[1]);
            if ($past(m_axis_tvalid && !m_axis_tready && !rst)) begin
                assert (m_axis_tvalid);
                assert ($stable(f_out));
            end
            cover (f_inside == 2);
            cover (take && f_give && $past(take && f_give) && f_taken_reg == 4'd5);
        end
    end
`endif

endmodule

`resetall
