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
    parameter integer USER_W = 232
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
    reg              skid_valid_reg;

    wire [BEAT_W-1:0] in = {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
    wire              take = s_axis_tvalid && s_axis_tready;
    wire              move = !out_valid_reg || m_axis_tready;

    always @(posedge clk) begin
        // Loading without regard to move costs nothing: the skid counts only when it is valid.
        if (take && !skid_valid_reg)
            skid_reg <= in;
        if (move && (skid_valid_reg || take))
            out_reg <= skid_valid_reg ? skid_reg : in;

        if (move) begin
            out_valid_reg  <= skid_valid_reg || take;
            skid_valid_reg <= 1'b0;
        end else if (take) begin
            skid_valid_reg <= 1'b1;
        end

        if (rst) begin
            out_valid_reg  <= 1'b0;
            skid_valid_reg <= 1'b0;
        end
    end

    assign s_axis_tready = !skid_valid_reg;
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = out_valid_reg;

endmodule

`resetall
