// SPDX-License-Identifier: BSD-3-Clause
//
// Takes frames from a MAC, which cannot wait, and hands on the good ones.
//
// Store and forward by frame: a frame leaves only after its last beat has come and was good. Takes a
// beat every clock, whatever the output does. Drops whole frames, never parts: one that is too
// short, too long, marked bad by the MAC, that finds no room, or comes while the port is disabled
// (enable counts at the frame's first beat). Of several causes the first of this list is told:
// disabled, MAC error, runt, oversize, overflow. Order kept. Sets PORT, FUNCTION (= PORT), LENGTH
// and TIMESTAMP (at the first beat) of the metadata, the rest is 0.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module port_rx #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 280,
    // This port's number.
    parameter integer PORT = 0,
    // Longest frame in bytes, without FCS.
    parameter integer MAX_FRAME = 9728,
    // Bytes of the frame buffer, a power of two above MAX_FRAME.
    parameter integer RAM_BYTES = 16384
) (
    input  wire                  clk,
    input  wire                  rst,

    // Frames from the MAC, without FCS. tuser: the frame is bad; valid on the last beat.
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire                  s_axis_tuser,
    input  wire                  s_axis_tvalid,

    // Frames out, metadata on the first beat
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // Configuration and time
    input  wire                  enable,
    input  wire [31:0]           microseconds,

    // One event a frame offered; result is port_rx_result_e, bytes stop at 16383
    output wire                  event_valid,
    output wire [2:0]            event_result,
    output wire [13:0]           event_bytes,

    // Something is inside.
    output wire                  busy
);

    `include "metadata.vh"

    localparam integer LANES   = DATA_W / 8;
    localparam integer LANE_W  = $clog2(LANES);
    localparam integer BEATS_W = 14 - LANE_W;

    localparam [2:0] RESULT_ACCEPTED  = 3'd0;
    localparam [2:0] RESULT_RUNT      = 3'd1;
    localparam [2:0] RESULT_OVERSIZE  = 3'd2;
    localparam [2:0] RESULT_OVERFLOW  = 3'd3;
    localparam [2:0] RESULT_MAC_ERROR = 3'd4;
    localparam [2:0] RESULT_DISABLED  = 3'd5;

    localparam [13:0] RUNT_LESS_1     = 14'd59;
    localparam [31:0] MAX_FRAME_32    = MAX_FRAME;
    localparam [13:0] OVERSIZE_LESS_1 = MAX_FRAME_32[13:0];
    // Of both: whole beats, and lane of the last byte
    localparam [BEATS_W-1:0] RUNT_BEATS     = RUNT_LESS_1[13:LANE_W];
    localparam [LANE_W-1:0]  RUNT_LANE      = RUNT_LESS_1[LANE_W-1:0];
    localparam [BEATS_W-1:0] OVERSIZE_BEATS = OVERSIZE_LESS_1[13:LANE_W];
    localparam [LANE_W-1:0]  OVERSIZE_LANE  = OVERSIZE_LESS_1[LANE_W-1:0];
    localparam [31:0] PORT_32         = PORT;

    initial begin
        if (USER_W != META_W || MAX_FRAME >= RAM_BYTES - 4 * LANES || MAX_FRAME > 16383) begin
            $display("Error: USER_W must be META_W, and MAX_FRAME fit into RAM_BYTES (%m)");
            $finish;
        end
    end

    // The lane of a beat's last byte: keep is contiguous from lane 0.
    function [LANE_W-1:0] last_lane(input [LANES-1:0] keep);
        integer b;
        reg [LANES-1:0] rest;
        begin
            rest = keep;
            last_lane = {LANE_W{1'b0}};
            for (b = LANE_W - 1; b >= 0; b = b - 1) begin
                last_lane[b] = rest[1 << b];
                if (rest[1 << b])
                    rest = rest >> (1 << b);
            end
        end
    endfunction

    // --- the beat that came in, and where it is in its frame ---------------------------------------

    reg                in_frame_reg;
    reg [BEATS_W-1:0]  beats_reg;       // beats of the frame before this one; stops at the top
    reg                beats_full_reg;  // ... and this says that it has stopped
    reg                beat_valid_reg;
    reg                beat_last_reg;
    reg                beat_bad_reg;
    reg                beat_huge_reg;
    // The beat's number beside that of the shortest frame's last one, and the longest's
    reg                beat_short_reg;
    reg                beat_runt_reg;
    reg                beat_long_reg;
    reg                beat_oversize_reg;
    reg [DATA_W-1:0]   beat_data_reg;
    reg [13:0]         beat_end_reg;    // bytes of the frame up to here, less one
    reg                enable_reg;
    reg [31:0]         time_reg;

    always @(posedge clk) begin
        if (s_axis_tvalid) begin
            beat_data_reg <= s_axis_tdata;
            beat_last_reg <= s_axis_tlast;
            beat_bad_reg  <= s_axis_tlast && s_axis_tuser;
            beat_end_reg  <= {beats_reg, last_lane(s_axis_tkeep)};
            beat_huge_reg <= beats_full_reg;
            /* verilator lint_off UNSIGNED */   // it may be the first
            beat_short_reg    <= beats_reg < RUNT_BEATS;
            /* verilator lint_on UNSIGNED */
            beat_runt_reg     <= beats_reg == RUNT_BEATS;
            beat_long_reg     <= beats_full_reg || beats_reg > OVERSIZE_BEATS;
            beat_oversize_reg <= beats_reg == OVERSIZE_BEATS;
            if (!in_frame_reg) begin
                enable_reg <= enable;
                time_reg   <= microseconds;
            end
            if (s_axis_tlast) begin
                beats_reg      <= {BEATS_W{1'b0}};
                beats_full_reg <= 1'b0;
            end else if (&beats_reg) begin
                beats_full_reg <= 1'b1;
            end else begin
                beats_reg <= beats_reg + 1'b1;
            end
            in_frame_reg <= !s_axis_tlast;
        end
        beat_valid_reg <= s_axis_tvalid;

        if (rst) begin
            in_frame_reg   <= 1'b0;
            beats_reg      <= {BEATS_W{1'b0}};
            beats_full_reg <= 1'b0;
            beat_valid_reg <= 1'b0;
        end
    end

    // --- what becomes of it ------------------------------------------------------------------------

    reg         overflow_reg;           // a beat of this frame found no room
    reg         event_valid_reg;
    reg [2:0]   event_result_reg;
    reg [13:0]  event_bytes_reg;
    reg [2:0]   result;

    wire        room;
    /* verilator lint_off UNSIGNED */   // a limit may be a whole number of beats
    wire        runt     = !beat_huge_reg
                           && (beat_short_reg || (beat_runt_reg && beat_end_reg[LANE_W-1:0] < RUNT_LANE));
    wire        oversize = beat_long_reg || (beat_oversize_reg && beat_end_reg[LANE_W-1:0] >= OVERSIZE_LANE);
    /* verilator lint_on UNSIGNED */
    wire        overflow = overflow_reg || !room;
    wire        last     = beat_valid_reg && beat_last_reg;
    wire [13:0] bytes    = &beat_end_reg || beat_huge_reg ? 14'h3fff : beat_end_reg + 14'd1;
    wire        commit   = last && result == RESULT_ACCEPTED;

    always @* begin
        result = RESULT_ACCEPTED;
        if (!enable_reg)
            result = RESULT_DISABLED;
        else if (beat_bad_reg)
            result = RESULT_MAC_ERROR;
        else if (runt)
            result = RESULT_RUNT;
        else if (oversize)
            result = RESULT_OVERSIZE;
        else if (overflow)
            result = RESULT_OVERFLOW;
    end

    always @(posedge clk) begin
        if (last) begin
            event_result_reg <= result;
            event_bytes_reg  <= bytes;
        end
        event_valid_reg <= last;
        if (beat_valid_reg)
            overflow_reg <= overflow && !beat_last_reg;

        if (rst) begin
            overflow_reg    <= 1'b0;
            event_valid_reg <= 1'b0;
        end
    end

    // A stage of its own: the decision is long.
    reg              write_valid_reg;
    reg              write_commit_reg;
    reg              write_discard_reg;
    reg [DATA_W-1:0] write_data_reg;
    reg [31:0]       write_time_reg;
    reg [13:0]       write_bytes_reg;

    always @(posedge clk) begin
        write_data_reg    <= beat_data_reg;
        write_time_reg    <= time_reg;
        write_bytes_reg   <= bytes;
        write_valid_reg   <= beat_valid_reg && enable_reg && !overflow && !oversize;
        write_commit_reg  <= commit;
        write_discard_reg <= last && !commit;

        if (rst) begin
            write_valid_reg   <= 1'b0;
            write_commit_reg  <= 1'b0;
            write_discard_reg <= 1'b0;
        end
    end

    wire [DATA_W-1:0]   buffer_tdata;
    wire [DATA_W/8-1:0] buffer_tkeep;
    wire                buffer_tlast;
    wire [32+14-1:0]    buffer_tuser;
    wire                buffer_tvalid;
    wire                buffer_tready;
    wire                buffer_busy;
    wire [31:0]         frame_time;
    wire [13:0]         frame_length;
    wire                out_busy;

    frame_buffer #(
        .DATA_W(DATA_W),
        .USER_W(32 + 14),
        .RAM_BYTES(RAM_BYTES),
        .FRAMES(RAM_BYTES / 64)
    ) buffer (
        .clk(clk),
        .rst(rst),
        .write_valid(write_valid_reg),
        .write_data(write_data_reg),
        .write_commit(write_commit_reg),
        .write_discard(write_discard_reg),
        .write_user({write_time_reg, write_bytes_reg}),
        .write_length(write_bytes_reg),
        .room(room),
        .m_axis_tdata(buffer_tdata),
        .m_axis_tkeep(buffer_tkeep),
        .m_axis_tlast(buffer_tlast),
        .m_axis_tuser(buffer_tuser),
        .m_axis_tvalid(buffer_tvalid),
        .m_axis_tready(buffer_tready),
        .busy(buffer_busy)
    );

    // The buffer's blocks stand far from what comes behind the port.
    axis_register #(
        .DATA_W(DATA_W),
        .USER_W(32 + 14)
    ) out (
        .clk(clk),
        .rst(rst),
        .s_axis_tdata(buffer_tdata),
        .s_axis_tkeep(buffer_tkeep),
        .s_axis_tlast(buffer_tlast),
        .s_axis_tuser(buffer_tuser),
        .s_axis_tvalid(buffer_tvalid),
        .s_axis_tready(buffer_tready),
        .m_axis_tdata(m_axis_tdata),
        .m_axis_tkeep(m_axis_tkeep),
        .m_axis_tlast(m_axis_tlast),
        .m_axis_tuser({frame_time, frame_length}),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .busy(out_busy)
    );

    reg [USER_W-1:0] user;

    always @* begin
        user = {USER_W{1'b0}};
        user[META_PORT +: META_PORT_W]           = PORT_32[META_PORT_W-1:0];
        user[META_FUNCTION +: META_FUNCTION_W]   = PORT_32[META_FUNCTION_W-1:0];
        user[META_LENGTH +: META_LENGTH_W]       = frame_length;
        user[META_TIMESTAMP +: META_TIMESTAMP_W] = frame_time;
    end

    assign m_axis_tuser = user;
    assign event_valid  = event_valid_reg;
    assign event_result = event_result_reg;
    assign event_bytes  = event_bytes_reg;
    assign busy = buffer_busy || out_busy || in_frame_reg || beat_valid_reg || write_valid_reg ||
        event_valid_reg;

endmodule

`resetall
