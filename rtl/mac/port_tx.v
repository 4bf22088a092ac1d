// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The way out of one port: a frame FIFO in front of the MAC.
//
// A frame is stored whole before its first beat is offered, and then flows without a gap, so the
// MAC never runs dry within a frame. A frame of which a beat comes while enable is 0 is dropped
// whole; frames that were complete before still leave. So a disabled port never stalls its input,
// whatever its MAC does.
//
// Order is kept. Rate: a beat a clock. Latency: 6 clocks behind the frame's last beat; enable is seen
// up to three clocks late. s_axis_tready comes from a register. A full FIFO
// stalls the input; nothing is lost. A frame longer than the FIFO is dropped whole and counted with
// result 2; the transmit DMA never sends one. One event for each frame, when its last beat has
// been taken by the MAC or has been dropped.

module port_tx #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Bytes of the FIFO, a power of two
    parameter integer RAM_BYTES = 16384,
    // Frames in the FIFO, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                clk,
    input  wire                rst,

    // Configuration: the port is enabled
    input  wire                enable,

    // Frames of this port
    input  wire [DATA_W-1:0]   s_axis_tdata,
    input  wire [DATA_W/8-1:0] s_axis_tkeep,
    input  wire                s_axis_tlast,
    input  wire                s_axis_tvalid,
    output wire                s_axis_tready,

    // To the MAC
    output wire [DATA_W-1:0]   m_axis_tdata,
    output wire [DATA_W/8-1:0] m_axis_tkeep,
    output wire                m_axis_tlast,
    output wire                m_axis_tvalid,
    input  wire                m_axis_tready,

    // Counting: port_tx_result_e
    output wire                event_valid,
    output wire [2:0]          event_result,
    output wire [13:0]         event_bytes,

    // 1: something is inside
    output wire                busy
);

`include "sekisho.vh"

localparam integer BEAT_BYTES = DATA_W / 8;
localparam integer BEAT_W = $clog2(BEAT_BYTES);
localparam integer DEPTH = RAM_BYTES / BEAT_BYTES;      // beats of the FIFO
localparam integer BEATS_W = 15 - BEAT_W;               // beats of a frame, saturating

/* verilator lint_off WIDTH */
localparam [2:0] RESULT_SENT = PORT_TX_RESULT_SENT;
localparam [2:0] RESULT_DISABLED = PORT_TX_RESULT_DISABLED;
/* verilator lint_on WIDTH */
localparam [2:0] RESULT_TOO_LONG = 3'd2;
// A drained buffer has room for all but five beats
localparam [31:0] TOO_LONG = DEPTH - 8;

initial begin
    if (RAM_BYTES > 16384 || DEPTH < 16) begin
        $display("Error: RAM_BYTES must be at most 16384 (%m)");
        $finish;
    end
end

// --- in: each frame's last beat keeps it or takes it back ------------------------------------------

reg                  ready_reg;
reg                  ready_off_reg;         // it may be 1 only because the port is disabled

// The beat as it came
reg                  i_valid_reg;
reg                  i_last_reg;
reg                  i_off_reg;             // the port was disabled when it was let in
reg [DATA_W-1:0]     i_data_reg;
reg [BEAT_BYTES-1:0] i_keep_reg;

reg [BEATS_W-1:0]    beats_reg;             // beats of the frame before this one
reg                  over_reg;              // the frame that is coming has almost filled the buffer
reg                  drop_reg;              // the rest of the frame is thrown away
reg                  too_long_reg;          // because it does not fit

// The beat, a clock later
reg                  beat_valid_reg;
reg                  beat_last_reg;
reg                  beat_drop_reg;
reg [2:0]            beat_result_reg;       // why
reg [DATA_W-1:0]     beat_data_reg;
reg [BEATS_W-1:0]    beat_number_reg;
reg [BEAT_BYTES-1:0] beat_keep_reg;

wire                 room;
wire                 lost_room;
wire                 too_long = too_long_reg || over_reg;
wire                 drop = drop_reg || i_off_reg || too_long;

// Lane of a frame's last byte
reg [BEAT_W-1:0]     lane;
wire [14:0]          beat_m1 = {beat_number_reg, lane};
wire [13:0]          bytes_m1 = beat_m1[14] ? 14'h3ffe : beat_m1[13:0];

integer i;

always @* begin
    lane = {BEAT_W{1'b0}};
    for (i = 0; i < BEAT_BYTES; i = i + 1)
        if (beat_keep_reg[i] && (i == BEAT_BYTES - 1 || !beat_keep_reg[(i + 1) % BEAT_BYTES]))
            lane = lane | i[BEAT_W-1:0];
end

assign s_axis_tready = ready_reg;

always @(posedge clk) begin
    // Behind a frame that is too long the buffer has room for what this lets in too much
    ready_reg <= (room || !enable || too_long) && lost_room;
    ready_off_reg <= !enable;

    i_valid_reg <= s_axis_tvalid && ready_reg;
    i_last_reg <= s_axis_tlast;
    i_off_reg <= ready_off_reg;
    i_data_reg <= s_axis_tdata;
    i_keep_reg <= s_axis_tkeep;

    if (i_valid_reg) begin
        drop_reg <= drop && !i_last_reg;
        too_long_reg <= too_long && !i_last_reg;
        over_reg <= beats_reg >= TOO_LONG[BEATS_W-1:0] && !i_last_reg;
        beats_reg <= i_last_reg ? {BEATS_W{1'b0}}
                     : beats_reg[BEATS_W-1] ? beats_reg : beats_reg + 1'b1;
    end

    beat_valid_reg <= i_valid_reg;
    beat_last_reg <= i_last_reg;
    beat_drop_reg <= drop;
    beat_result_reg <= too_long ? RESULT_TOO_LONG : RESULT_DISABLED;
    beat_data_reg <= i_data_reg;
    beat_number_reg <= beats_reg;
    beat_keep_reg <= i_keep_reg;

    if (rst) begin
        ready_reg <= 1'b0;
        i_valid_reg <= 1'b0;
        beats_reg <= {BEATS_W{1'b0}};
        drop_reg <= 1'b0;
        too_long_reg <= 1'b0;
        over_reg <= 1'b0;
        beat_valid_reg <= 1'b0;
    end
end

// Dropped frames that are not counted yet
wire                 lost_valid;
wire [2:0]           lost_result;
wire [13:0]          lost_m1;
wire                 lost_empty;
reg                  sent_reg;              // a frame has left

dma_fifo #(
    .WIDTH(3 + 14),
    .DEPTH(8),
    .MARGIN(5)          // what is under way
) lost (
    .clk(clk),
    .rst(rst),
    .in_data({beat_result_reg, bytes_m1}),
    .in_valid(beat_valid_reg && beat_last_reg && beat_drop_reg),
    /* verilator lint_off PINCONNECTEMPTY */
    .in_ready(),        // room tells
    /* verilator lint_on PINCONNECTEMPTY */
    .room(lost_room),
    .out_data({lost_result, lost_m1}),
    .out_valid(lost_valid),
    .out_ready(!sent_reg),
    .empty(lost_empty)
);

// --- the frames wait here, with their bytes less 1 ------------------------------------------------

wire [DATA_W-1:0]    buffer_tdata;
wire [BEAT_BYTES-1:0] buffer_tkeep;
wire                 buffer_tlast;
wire [13:0]          buffer_m1;
wire                 buffer_tvalid;
wire                 buffer_tready;
wire                 buffer_busy;
wire [13:0]          out_m1;
wire                 out_busy;

frame_buffer #(
    .DATA_W(DATA_W),
    .USER_W(14),
    .RAM_BYTES(RAM_BYTES),
    .FRAMES(FRAMES)
) frame_buffer_inst (
    .clk(clk),
    .rst(rst),
    .write_valid(beat_valid_reg && !beat_drop_reg),
    .write_data(beat_data_reg),
    .write_commit(beat_valid_reg && !beat_drop_reg && beat_last_reg),
    .write_discard(beat_valid_reg && beat_drop_reg),
    .write_user(bytes_m1),
    .write_length({{14-BEAT_W{1'b0}}, lane + 1'b1}),
    .room(room),
    .m_axis_tdata(buffer_tdata),
    .m_axis_tkeep(buffer_tkeep),
    .m_axis_tlast(buffer_tlast),
    .m_axis_tuser(buffer_m1),
    .m_axis_tvalid(buffer_tvalid),
    .m_axis_tready(buffer_tready),
    .busy(buffer_busy)
);

// So that what the MAC sees comes from registers, and its ready goes no further
axis_register #(
    .DATA_W(DATA_W),
    .USER_W(14)
) out (
    .clk(clk),
    .rst(rst),
    .s_axis_tdata(buffer_tdata),
    .s_axis_tkeep(buffer_tkeep),
    .s_axis_tlast(buffer_tlast),
    .s_axis_tuser(buffer_m1),
    .s_axis_tvalid(buffer_tvalid),
    .s_axis_tready(buffer_tready),
    .m_axis_tdata(m_axis_tdata),
    .m_axis_tkeep(m_axis_tkeep),
    .m_axis_tlast(m_axis_tlast),
    .m_axis_tuser(out_m1),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tready(m_axis_tready),
    .busy(out_busy)
);

// --- events: a frame sent goes before a frame dropped ---------------------------------------------

reg                  in_frame_reg;          // what the MAC takes next is not a frame's first beat
reg [13:0]           sent_m1_reg;
reg                  event_valid_reg;
reg [2:0]            event_result_reg;
reg [13:0]           event_m1_reg;
reg                  busy_reg;

always @(posedge clk) begin
    sent_reg <= m_axis_tvalid && m_axis_tlast && m_axis_tready;
    if (m_axis_tvalid && m_axis_tready) begin
        in_frame_reg <= !m_axis_tlast;
        if (!in_frame_reg)
            sent_m1_reg <= out_m1;
    end
    event_valid_reg <= sent_reg || lost_valid;
    event_result_reg <= sent_reg ? RESULT_SENT : lost_result;
    event_m1_reg <= sent_reg ? sent_m1_reg : lost_m1;
    busy_reg <= s_axis_tvalid || i_valid_reg || beats_reg != {BEATS_W{1'b0}} || beat_valid_reg
                || buffer_busy || out_busy || sent_reg || !lost_empty || event_valid_reg;

    if (rst) begin
        in_frame_reg <= 1'b0;
        sent_reg <= 1'b0;
        event_valid_reg <= 1'b0;
        busy_reg <= 1'b0;
    end
end

assign event_valid = event_valid_reg;
assign event_result = event_result_reg;
assign event_bytes = event_m1_reg + 14'd1;
assign busy = busy_reg;

endmodule

`resetall
