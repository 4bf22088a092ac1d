// SPDX-License-Identifier: BSD-3-Clause
//
// A store-and-forward frame buffer: frames come in beat by beat, and leave only when committed.
//
// The writer commits or discards a frame with its last beat; discarding takes no time. It may
// write a beat in a clock in which `room` is 1, or was 1 in one of the four clocks before. The user
// word has a memory of its own, written at the commit; where a frame ends stands in its last beat.
// Frames leave in order, at full rate; below 512 bits, where no Ethernet frame is that short, a frame
// of one beat takes two clocks. A committed frame appears at the output three clocks later. A frame longer than the buffer never fits: the writer must discard it
// once `room` stays away; room for MAX_FRAME bytes is there whenever the buffer has drained.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module frame_buffer #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the user word.
    parameter integer USER_W = 232,
    // Bytes of the buffer, a power of two, at least 8 beats.
    parameter integer RAM_BYTES = 16384,
    // Frames that can wait, a power of two, at least 8.
    parameter integer FRAMES = 32
) (
    input  wire                  clk,
    input  wire                  rst,

    // Writing: a beat, and with a frame's last beat what becomes of the frame.
    input  wire                  write_valid,
    input  wire [DATA_W-1:0]     write_data,
    // Keep the frame that ends with this clock's beat. Needs write_valid.
    input  wire                  write_commit,
    // Forget all beats since the last commit, this clock's too.
    input  wire                  write_discard,
    // Of the committed frame: user word and bytes.
    input  wire [USER_W-1:0]     write_user,
    input  wire [13:0]           write_length,
    // A beat may be written, and its frame committed, in this clock and the four that follow.
    output wire                  room,

    // Frames out, user word on the first beat
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A committed frame is inside.
    output wire                  busy
);

    localparam integer LANES    = DATA_W / 8;
    localparam integer LANE_W   = $clog2(LANES);
    localparam integer DEPTH    = RAM_BYTES / LANES;
    localparam integer ADDR_W   = $clog2(DEPTH);
    localparam integer FRAME_W  = $clog2(FRAMES);
    localparam integer BEAT_W   = DATA_W + LANE_W + 1;
    // Room is told a clock late, from pointers that are a clock old.
    localparam [31:0] FULL       = DEPTH - 6;
    localparam [31:0] FRAME_FULL = FRAMES - 6;

    initial begin
        if (1 << ADDR_W != DEPTH || 1 << FRAME_W != FRAMES) begin
            $display("Error: RAM_BYTES and FRAMES must be powers of two (%m)");
            $finish;
        end
    end

    // No address is read in the clock in which it is written: what is read has been committed.
    (* no_rw_check *) reg [BEAT_W-1:0] memory [0:DEPTH-1];
    (* ram_style = "block", no_rw_check *) reg [USER_W-1:0] user_memory [0:FRAMES-1];

    // --- writing ---------------------------------------------------------------------------------

    reg [ADDR_W:0]  write_reg;      // next beat
    reg [ADDR_W:0]  start_reg;      // first beat of the frame that is being written
    reg [ADDR_W:0]  read_reg;       // next beat to read
    reg [FRAME_W:0] user_write_reg;
    reg [FRAME_W:0] user_read_reg;
    reg             room_reg;

    wire [ADDR_W:0]  used   = write_reg - read_reg;
    wire [FRAME_W:0] frames = user_write_reg - user_read_reg;

    always @(posedge clk) begin
        // The bytes of a last beat: 0 stands for all.
        if (write_valid)
            memory[write_reg[ADDR_W-1:0]] <= {write_commit, write_length[LANE_W-1:0], write_data};
        if (write_commit)
            user_memory[user_write_reg[FRAME_W-1:0]] <= write_user;

        if (write_discard)
            write_reg <= start_reg;
        else if (write_valid)
            write_reg <= write_reg + 1'b1;
        if (write_commit) begin
            start_reg      <= write_reg + 1'b1;
            user_write_reg <= user_write_reg + 1'b1;
        end
        room_reg <= used < FULL[ADDR_W:0] && frames < FRAME_FULL[FRAME_W:0];

        if (rst) begin
            write_reg      <= {ADDR_W+1{1'b0}};
            start_reg      <= {ADDR_W+1{1'b0}};
            user_write_reg <= {FRAME_W+1{1'b0}};
            room_reg       <= 1'b0;
        end
    end

    assign room = room_reg;

    // --- reading ---------------------------------------------------------------------------------

    // Behind each memory its read register, then the output. A frame's first beat waits for its user
    // word. Where frames may be of one beat, that is read as the one before it leaves.
    reg [BEAT_W-1:0] beat_reg;
    reg              beat_valid_reg;
    reg [USER_W-1:0] user_reg;
    reg              user_valid_reg;
    reg [BEAT_W-1:0] out_reg;
    reg [USER_W-1:0] out_user_reg;
    reg              out_valid_reg;
    reg              first_reg;     // the next beat to the output is a frame's first one

    wire out_move   = !out_valid_reg || m_axis_tready;
    wire beat_leave = out_move && (!first_reg || user_valid_reg);
    wire beat_move  = !beat_valid_reg || beat_leave;
    wire fetch      = beat_move && start_reg != read_reg;
    wire user_take  = beat_leave && beat_valid_reg && first_reg;
    wire user_fetch = (!user_valid_reg || (DATA_W == 512 && user_take)) && user_write_reg != user_read_reg;

    always @(posedge clk) begin
        if (fetch) begin
            beat_reg <= memory[read_reg[ADDR_W-1:0]];
            read_reg <= read_reg + 1'b1;
        end
        if (beat_move)
            beat_valid_reg <= fetch;
        if (user_fetch) begin
            user_reg      <= user_memory[user_read_reg[FRAME_W-1:0]];
            user_read_reg <= user_read_reg + 1'b1;
        end
        if (user_fetch)
            user_valid_reg <= 1'b1;
        else if (user_take)
            user_valid_reg <= 1'b0;
        if (beat_leave && beat_valid_reg) begin
            out_reg   <= beat_reg;
            first_reg <= beat_reg[BEAT_W-1];
        end
        if (user_take)
            out_user_reg <= user_reg;
        if (out_move)
            out_valid_reg <= beat_valid_reg && (!first_reg || user_valid_reg);

        if (rst) begin
            read_reg       <= {ADDR_W+1{1'b0}};
            user_read_reg  <= {FRAME_W+1{1'b0}};
            beat_valid_reg <= 1'b0;
            user_valid_reg <= 1'b0;
            out_valid_reg  <= 1'b0;
            first_reg      <= 1'b1;
        end
    end

    wire              out_last  = out_reg[BEAT_W-1];
    wire [LANE_W-1:0] out_bytes = out_reg[DATA_W +: LANE_W];

    assign m_axis_tdata  = out_reg[DATA_W-1:0];
    assign m_axis_tkeep  = out_last && out_bytes != {LANE_W{1'b0}} ?
        ~({LANES{1'b1}} << out_bytes) : {LANES{1'b1}};
    assign m_axis_tlast  = out_last;
    assign m_axis_tuser  = out_user_reg;
    assign m_axis_tvalid = out_valid_reg;

    assign busy = start_reg != read_reg || beat_valid_reg || out_valid_reg;

    wire unused = &{1'b0, write_length};

endmodule

`resetall
