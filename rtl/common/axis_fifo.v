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
    // Told a clock late, so one place is kept for the beat that is taken meanwhile.
    localparam [31:0]  READY = DEPTH - 2;

    // What is read in the clock in which it is written does not count: fetch waits for the pointer.
    (* no_rw_check *) reg [BEAT_W-1:0] memory [0:DEPTH-1];

    reg [ADDR_W-1:0] write_reg;
    reg [ADDR_W-1:0] read_reg;
    reg [ADDR_W-1:0] read_next_reg; // one more
    reg              stored_reg;    // beats are in the memory
    // How many beats more until ready ends: below 0 when it has. Counted a clock late, so that the sum
    // waits for neither end.
    reg              took_reg;
    reg              fetched_reg;
    reg [ADDR_W:0]   ready_reg;

    // Two stages behind the memory: its own read register, and the output.
    reg [BEAT_W-1:0] read_data_reg;
    reg              read_valid_reg;
    reg [BEAT_W-1:0] out_reg;
    reg              out_valid_reg;
    // For the enables of the beats, which are wide, and nothing else hangs behind them: nothing in
    // out_reg, and nothing there or nothing in read_data_reg. Each is one LUT behind m_axis_tready.
    reg              out_free_reg;
    reg              read_free_reg;

    wire            take = s_axis_tvalid && s_axis_tready;
    wire            out_stays = out_valid_reg && !m_axis_tready;
    wire            read_stays = read_valid_reg && out_stays;
    wire            fetch = stored_reg && !read_stays;
    wire [ADDR_W:0] change = {{ADDR_W{took_reg && !fetched_reg}}, took_reg != fetched_reg};

    always @(posedge clk) begin
        if (take)
            memory[write_reg] <= {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
        if (read_free_reg || m_axis_tready)
            read_data_reg <= memory[read_reg];
        if (out_free_reg || m_axis_tready)
            out_reg <= read_data_reg;

        if (take)
            write_reg <= write_reg + 1'b1;
        if (fetch) begin
            read_reg      <= read_next_reg;
            read_next_reg <= read_next_reg + 1'b1;
        end
        stored_reg     <= take || (stored_reg && !(fetch && read_next_reg == write_reg));
        read_valid_reg <= stored_reg || read_stays;
        out_valid_reg  <= read_valid_reg || out_stays;
        read_free_reg  <= !(stored_reg || read_stays) || !(read_valid_reg || out_stays);
        out_free_reg   <= !(read_valid_reg || out_stays);
        took_reg       <= take;
        fetched_reg    <= fetch;
        ready_reg      <= ready_reg + change;

        if (rst) begin
            write_reg      <= {ADDR_W{1'b0}};
            read_reg       <= {ADDR_W{1'b0}};
            read_next_reg  <= {{ADDR_W-1{1'b0}}, 1'b1};
            stored_reg     <= 1'b0;
            took_reg       <= 1'b0;
            fetched_reg    <= 1'b0;
            ready_reg      <= READY[ADDR_W:0];
            read_valid_reg <= 1'b0;
            out_valid_reg  <= 1'b0;
            read_free_reg  <= 1'b1;
            out_free_reg   <= 1'b1;
        end
    end

    assign s_axis_tready = !ready_reg[ADDR_W];
    assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = out_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = out_valid_reg || read_valid_reg || stored_reg;

`ifdef FORMAL
    // No loss, no duplication, no disorder: the beat that was taken as number f_tag leaves as number
    // f_tag, unchanged. The output is stable while it waits. Beats always reach the output.
    localparam integer F_W = ADDR_W + 3;
    reg              f_past_reg = 1'b0;
    reg  [F_W-1:0]   f_taken_reg;
    reg  [F_W-1:0]   f_given_reg;
    (* anyconst *) reg [F_W-1:0] f_tag;
    reg  [BEAT_W-1:0] f_value_reg;
    reg  [2:0]       f_waiting_reg;
    wire [BEAT_W-1:0] f_in = {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
    wire [BEAT_W-1:0] f_out = {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata};
    wire             f_give = m_axis_tvalid && m_axis_tready;
    wire [F_W-1:0]   f_inside = f_taken_reg - f_given_reg;
    wire [F_W-1:0]   f_place = f_tag - f_given_reg;     // beats in front of the tagged one
    wire [F_W-1:0]   f_front = {{F_W-1{1'b0}}, out_valid_reg} + {{F_W-1{1'b0}}, read_valid_reg};
    wire [F_W-1:0]   f_stored = f_inside - f_front;     // beats in the memory
    wire [F_W-1:0]   f_counted = f_stored - {{F_W-1{1'b0}}, took_reg} + {{F_W-1{1'b0}}, fetched_reg};
    wire [F_W-1:0]   f_behind = f_place - f_front;
    wire [ADDR_W-1:0] f_address = read_reg + f_behind[ADDR_W-1:0];

    initial assume (rst);

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_taken_reg <= f_taken_reg + {{F_W-1{1'b0}}, take};
        f_given_reg <= f_given_reg + {{F_W-1{1'b0}}, f_give};
        if (take && f_taken_reg == f_tag)
            f_value_reg <= f_in;
        f_waiting_reg <= (f_inside != 0 && !m_axis_tvalid) ? f_waiting_reg + 3'd1 : 3'd0;
        if (rst) begin
            f_taken_reg <= {F_W{1'b0}};
            f_given_reg <= {F_W{1'b0}};
            f_waiting_reg <= 3'd0;
        end

        if (f_past_reg) begin
            assert (f_stored <= DEPTH);
            assert (stored_reg == (f_stored != 0));
            assert (f_stored[ADDR_W-1:0] == write_reg - read_reg && read_next_reg == read_reg + 1'b1);
            assert (f_counted <= DEPTH && ready_reg == READY[ADDR_W:0] - f_counted[ADDR_W:0]);
            assert (out_free_reg == !out_valid_reg && read_free_reg == !(read_valid_reg && out_valid_reg));
            assert (!s_axis_tready || f_stored < DEPTH);
            assert (f_inside >= f_front);
            if (f_place < f_inside) begin
                if (f_place == 0 && out_valid_reg)
                    assert (f_out == f_value_reg);
                else if (f_place < f_front)
                    assert (read_data_reg == f_value_reg);
                else
                    assert (memory[f_address] == f_value_reg);
            end
            if ($past(m_axis_tvalid && !m_axis_tready && !rst)) begin
                assert (m_axis_tvalid);
                assert ($stable(f_out));
            end
            // Nothing waits inside without end: two clocks from the memory to the output.
            assert (f_waiting_reg <= 3'd2);
            assert (f_waiting_reg < 3'd2 || read_valid_reg || out_valid_reg);
            cover (f_inside == DEPTH + 2);
            cover (take && f_give && $past(take && f_give) && $past(take && f_give, 2));
        end
    end
`endif

endmodule

`resetall
