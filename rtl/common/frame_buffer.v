// SPDX-License-Identifier: BSD-3-Clause
//
// A store-and-forward frame buffer: frames come in beat by beat, and leave only when committed.
//
// The writer commits or discards a frame with its last beat; discarding takes no time. It may
// write a beat in a clock in which `room` is 1, or was 1 in one of the three clocks before. What is
// said of a frame (its record: user word, bytes, first address) is stored at the commit and drives the reading, so record and beats cannot drift apart.
// Frames leave in order, at full rate, also frames of one beat; a committed frame appears at the
// output six clocks later. A frame longer than the buffer never fits: the writer must discard it
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
    // A beat may be written, and its frame committed, in this clock and the three that follow.
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
    localparam integer RECORD_W = USER_W + 14 + ADDR_W + 1;
    // Room is told a clock late, from pointers that are a clock old.
    localparam [31:0] FULL       = DEPTH - 5;
    localparam [31:0] FRAME_FULL = FRAMES - 5;

    initial begin
        if (1 << ADDR_W != DEPTH || 1 << FRAME_W != FRAMES) begin
            $display("Error: RAM_BYTES and FRAMES must be powers of two (%m)");
            $finish;
        end
    end

    // No address is read in the clock in which it is written: a record is read once its pointer
    // has moved, and beats after their record.
    (* no_rw_check *) reg [DATA_W-1:0]   memory [0:DEPTH-1];
    (* no_rw_check *) reg [RECORD_W-1:0] record_memory [0:FRAMES-1];

    // --- writing ---------------------------------------------------------------------------------

    reg [ADDR_W:0]  write_reg;      // next beat
    reg [ADDR_W:0]  start_reg;      // first beat of the frame that is being written
    reg [ADDR_W:0]  read_reg;       // next beat to read
    reg [FRAME_W:0] record_write_reg;
    reg [FRAME_W:0] record_read_reg;
    reg             room_reg;

    wire [ADDR_W:0]  used        = write_reg - read_reg;
    wire [FRAME_W:0] record_used = record_write_reg - record_read_reg;

    always @(posedge clk) begin
        if (write_valid)
            memory[write_reg[ADDR_W-1:0]] <= write_data;
        if (write_commit)
            record_memory[record_write_reg[FRAME_W-1:0]] <= {write_user, write_length, start_reg};

        if (write_discard)
            write_reg <= start_reg;
        else if (write_valid)
            write_reg <= write_reg + 1'b1;
        if (write_commit) begin
            start_reg        <= write_reg + 1'b1;
            record_write_reg <= record_write_reg + 1'b1;
        end
        room_reg <= used < FULL[ADDR_W:0] && record_used < FRAME_FULL[FRAME_W:0];

        if (rst) begin
            write_reg        <= {ADDR_W+1{1'b0}};
            start_reg        <= {ADDR_W+1{1'b0}};
            record_write_reg <= {FRAME_W+1{1'b0}};
            room_reg         <= 1'b0;
        end
    end

    assign room = room_reg;

    // --- reading ---------------------------------------------------------------------------------

    // Stages: record memory -> next record -> address -> memory's register -> output.
    reg [RECORD_W-1:0] next_reg;
    reg                next_valid_reg;
    reg                fetch_valid_reg;
    reg [RECORD_W-1:0] fetch_reg;

    // The frame that is being read: beats left less one, and the last beat's keep.
    reg                active_reg;
    reg                first_reg;
    reg [13:0]         left_reg;
    reg [LANE_W-1:0]   last_lane_reg;
    reg [USER_W-1:0]   user_reg;

    reg [DATA_W-1:0]   data_reg;
    reg                data_valid_reg;
    reg                data_first_reg;
    reg                data_last_reg;
    reg [LANE_W-1:0]   data_lane_reg;
    reg [USER_W-1:0]   data_user_reg;

    reg [DATA_W-1:0]   out_data_reg;
    reg [LANES-1:0]    out_keep_reg;
    reg                out_last_reg;
    reg [USER_W-1:0]   out_user_reg;
    reg                out_valid_reg;

    wire out_move   = !out_valid_reg || m_axis_tready;
    wire data_move  = !data_valid_reg || out_move;
    wire last_beat  = left_reg == 14'd0;
    wire issue      = active_reg && data_move;
    wire frame_move = !active_reg || (issue && last_beat);
    wire next_move  = !next_valid_reg || frame_move;
    wire fetch_move = !fetch_valid_reg || next_move;
    wire fetch      = fetch_move && record_write_reg != record_read_reg;

    wire [13:0] next_length_less_1 = next_reg[ADDR_W+1 +: 14] - 14'd1;

    always @(posedge clk) begin
        if (fetch)
            fetch_reg <= record_memory[record_read_reg[FRAME_W-1:0]];
        if (next_move && fetch_valid_reg)
            next_reg <= fetch_reg;
        if (frame_move && next_valid_reg) begin
            user_reg      <= next_reg[ADDR_W+15 +: USER_W];
            left_reg      <= next_length_less_1 >> LANE_W;
            last_lane_reg <= next_length_less_1[LANE_W-1:0];
            first_reg     <= 1'b1;
        end else if (issue) begin
            left_reg  <= left_reg - 14'd1;
            first_reg <= 1'b0;
        end
        if (issue) begin
            data_reg       <= memory[read_reg[ADDR_W-1:0]];
            data_first_reg <= first_reg;
            data_last_reg  <= last_beat;
            data_lane_reg  <= last_lane_reg;
            if (first_reg)
                data_user_reg <= user_reg;
        end
        if (out_move && data_valid_reg) begin
            out_data_reg <= data_reg;
            out_last_reg <= data_last_reg;
            out_keep_reg <= data_last_reg ? ~({LANES{1'b1}} << data_lane_reg << 1) : {LANES{1'b1}};
            if (data_first_reg)
                out_user_reg <= data_user_reg;
        end

        if (fetch)
            record_read_reg <= record_read_reg + 1'b1;
        if (fetch_move)
            fetch_valid_reg <= fetch;
        if (next_move)
            next_valid_reg <= fetch_valid_reg;
        if (frame_move)
            active_reg <= next_valid_reg;
        if (frame_move && next_valid_reg)
            read_reg <= next_reg[ADDR_W:0];
        else if (issue)
            read_reg <= read_reg + 1'b1;
        if (data_move)
            data_valid_reg <= issue;
        if (out_move)
            out_valid_reg <= data_valid_reg;

        if (rst) begin
            record_read_reg <= {FRAME_W+1{1'b0}};
            read_reg        <= {ADDR_W+1{1'b0}};
            fetch_valid_reg <= 1'b0;
            next_valid_reg  <= 1'b0;
            active_reg      <= 1'b0;
            data_valid_reg  <= 1'b0;
            out_valid_reg   <= 1'b0;
        end
    end

    assign m_axis_tdata  = out_data_reg;
    assign m_axis_tkeep  = out_keep_reg;
    assign m_axis_tlast  = out_last_reg;
    assign m_axis_tuser  = out_user_reg;
    assign m_axis_tvalid = out_valid_reg;

    assign busy = record_write_reg != record_read_reg || fetch_valid_reg || next_valid_reg
        || active_reg || data_valid_reg || out_valid_reg;

endmodule

`resetall
