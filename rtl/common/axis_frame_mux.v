// SPDX-License-Identifier: BSD-3-Clause
//
// Joins several AXI4-Streams into one, round robin by whole frames.
//
// Full rate: a frame of any input follows another without a lost clock, also frames of one beat.
// One clock of latency. An input that has been served goes behind all others that wait. A frame,
// once begun, holds the output until its last beat, however long it is and however its input stalls.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_frame_mux #(
    // Number of inputs, 1 to 16.
    parameter integer INPUTS = 2,
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits.
    parameter integer USER_W = 232
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

    // The input whose frame is under way; the last one served when none is.
    reg [INPUTS-1:0] grant_reg;
    reg              active_reg;
    reg [BEAT_W-1:0] out_reg;
    reg              out_valid_reg;

    // Round robin: the first waiting input above the last one served, else the first of all.
    reg  [INPUTS-1:0] above;
    reg  [INPUTS-1:0] candidates;
    reg  [INPUTS-1:0] grant;
    reg  [BEAT_W-1:0] beat;
    reg               found;
    integer           i;

    always @* begin
        found = 1'b0;
        for (i = 0; i < INPUTS; i = i + 1) begin
            above[i] = found;
            found = found || grant_reg[i];
        end
        candidates = ((s_axis_tvalid & above) != {INPUTS{1'b0}}) ? s_axis_tvalid & above : s_axis_tvalid;
        grant = active_reg ? grant_reg : candidates & (~candidates + 1'b1);
    end

    always @* begin
        beat = {BEAT_W{1'b0}};
        for (i = 0; i < INPUTS; i = i + 1)
            if (grant[i])
                beat = beat | {s_axis_tuser[i*USER_W +: USER_W], s_axis_tlast[i],
                    s_axis_tkeep[i*(DATA_W/8) +: DATA_W/8], s_axis_tdata[i*DATA_W +: DATA_W]};
    end

    wire move = !out_valid_reg || m_axis_tready;
    wire take = move && ((s_axis_tvalid & grant) != {INPUTS{1'b0}});

    always @(posedge clk) begin
        if (take) begin
            out_reg    <= beat;
            grant_reg  <= grant;
            active_reg <= !beat[DATA_W + DATA_W/8];
        end
        if (move)
            out_valid_reg <= take;

        if (rst) begin
            grant_reg     <= {INPUTS{1'b0}};
            active_reg    <= 1'b0;
            out_valid_reg <= 1'b0;
        end
    end

    assign s_axis_tready = grant & {INPUTS{move}};
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = out_valid_reg || active_reg;

endmodule

`resetall
