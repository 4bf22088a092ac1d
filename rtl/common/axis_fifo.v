// SPDX-License-Identifier: BSD-3-Clause
//
// A synchronous FIFO of AXI4-Stream beats.
//
// Full rate both ways; a beat takes three clocks to appear at an empty FIFO's output; order kept.
// Knows no frames: a frame longer than the FIFO just fills it and stalls the input. The memory is
// read through a register and its output through another one, so block RAM fits and closes timing.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module axis_fifo #(
    // Width of tdata in bits, a multiple of 8.
    parameter integer DATA_W = 64,
    // Width of tuser in bits, at least 1.
    parameter integer USER_W = 232,
    // Beats, a power of two, at least 4.
    parameter integer DEPTH = 512
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
    localparam integer ADDR_W = $clog2(DEPTH);

    reg [BEAT_W-1:0] memory [0:DEPTH-1];

    // One bit more than the address tells full from empty.
    reg [ADDR_W:0]   write_reg;
    reg [ADDR_W:0]   read_reg;
    reg              ready_reg;

    // Two stages behind the memory: its own read register, and the output.
    reg [BEAT_W-1:0] read_data_reg;
    reg              read_valid_reg;
    reg [BEAT_W-1:0] out_reg;
    reg              out_valid_reg;

    wire          take = s_axis_tvalid && s_axis_tready;
    wire          out_move = !out_valid_reg || m_axis_tready;
    wire          read_move = !read_valid_reg || out_move;
    wire          fetch = read_move && (write_reg != read_reg);
    wire [ADDR_W:0] write_next = write_reg + {{ADDR_W{1'b0}}, take};

    always @(posedge clk) begin
        if (take)
            memory[write_reg[ADDR_W-1:0]] <= {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
        if (fetch)
            read_data_reg <= memory[read_reg[ADDR_W-1:0]];
        if (out_move && read_valid_reg)
            out_reg <= read_data_reg;

        write_reg <= write_next;
        if (fetch)
            read_reg <= read_reg + 1'b1;
        // Counts a beat that leaves in this clock as still there: ready needs no path from the output.
        ready_reg <= write_next != {~read_reg[ADDR_W], read_reg[ADDR_W-1:0]};
        if (read_move)
            read_valid_reg <= fetch;
        if (out_move)
            out_valid_reg <= read_valid_reg;

        if (rst) begin
            write_reg      <= {ADDR_W+1{1'b0}};
            read_reg       <= {ADDR_W+1{1'b0}};
            ready_reg      <= 1'b0;
            read_valid_reg <= 1'b0;
            out_valid_reg  <= 1'b0;
        end
    end

    assign s_axis_tready = ready_reg;
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = out_valid_reg || read_valid_reg || (write_reg != read_reg);

endmodule

`resetall
