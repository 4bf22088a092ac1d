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
// Order is kept. Rate: a beat a clock. Latency: 6 clocks behind the frame's last beat. A full FIFO
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
localparam integer ADDR_W = $clog2(DEPTH);
localparam integer FRAME_W = $clog2(FRAMES);
localparam integer BEATS_W = 15 - BEAT_W;               // beats of a frame, saturating

/* verilator lint_off WIDTH */
localparam [2:0] RESULT_SENT = PORT_TX_RESULT_SENT;
localparam [2:0] RESULT_DISABLED = PORT_TX_RESULT_DISABLED;
/* verilator lint_on WIDTH */
localparam [2:0] RESULT_TOO_LONG = 3'd2;
localparam [BEAT_BYTES-1:0] ALL = {BEAT_BYTES{1'b1}};

initial begin
    if ((1 << ADDR_W) != DEPTH || (1 << FRAME_W) != FRAMES || DEPTH < 16 || FRAMES < 8) begin
        $display("Error: RAM_BYTES and FRAMES must be powers of two (%m)");
        $finish;
    end
end

// --- in: write, and keep or take back at the frame's end ------------------------------------------

(* ram_style = "block", no_rw_check *)
reg [DATA_W-1:0]     ram[0:DEPTH-1];
(* ram_style = "distributed", no_rw_check *)
reg [13:0]           record_ram[0:FRAMES-1];    // bytes less 1

reg [ADDR_W:0]       write_reg;
reg [ADDR_W:0]       start_reg;             // first beat of the frame that is coming
reg [ADDR_W:0]       read_reg;
reg [FRAME_W:0]      record_in_reg, record_out_reg;
reg                  room_reg;
reg                  over_reg;              // the frame that is coming has almost filled the buffer
reg [BEATS_W-1:0]    beats_reg;             // beats of the frame before this one
reg                  drop_reg;              // the rest of the frame is thrown away
reg                  too_long_reg;          // because it does not fit

// The frame's end, a clock later
reg                  end_valid_reg;
reg [BEATS_W-1:0]    end_beats_reg;
reg [BEAT_BYTES-1:0] end_keep_reg;

// A dropped frame that is not counted yet; the input waits for it
reg                  lost_reg;
reg                  lost_sized_reg;
reg [2:0]            lost_result_reg;
reg [13:0]           lost_bytes_reg;

wire [ADDR_W:0]      used = write_reg - read_reg;
wire [FRAME_W:0]     records = record_in_reg - record_out_reg;
wire [ADDR_W:0]      own = write_reg - start_reg;
wire                 too_long = too_long_reg || over_reg;
wire                 drop = drop_reg || !enable || too_long;
wire                 accept = s_axis_tvalid && s_axis_tready;

// Lanes of the last beat
reg [BEAT_W-1:0]     end_lane;
wire [14:0]          end_m1 = {end_beats_reg, end_lane};
wire [13:0]          end_bytes_m1 = end_m1[14] ? 14'h3ffe : end_m1[13:0];

integer i;

always @* begin
    end_lane = {BEAT_W{1'b0}};
    for (i = 0; i < BEAT_BYTES; i = i + 1)
        if (end_keep_reg[i] && (i == BEAT_BYTES - 1 || !end_keep_reg[(i + 1) % BEAT_BYTES]))
            end_lane = end_lane | i[BEAT_W-1:0];
end

assign s_axis_tready = (room_reg || drop) && !lost_reg;

wire                 sent;

always @(posedge clk) begin
    // Two clocks of reserve: the count is a clock old, and so is this
    room_reg <= used <= DEPTH[ADDR_W:0] - 4 && records <= FRAMES[FRAME_W:0] - 4;

    over_reg <= own >= DEPTH[ADDR_W:0] - 8 && !(accept && s_axis_tlast);

    if (accept) begin
        if (!drop) begin
            ram[write_reg[ADDR_W-1:0]] <= s_axis_tdata;
            write_reg <= write_reg + 1'b1;
            if (s_axis_tlast)
                start_reg <= write_reg + 1'b1;
        end else begin
            write_reg <= start_reg;
        end
        drop_reg <= drop && !s_axis_tlast;
        too_long_reg <= too_long && !s_axis_tlast;
        beats_reg <= s_axis_tlast ? {BEATS_W{1'b0}}
                     : beats_reg[BEATS_W-1] ? beats_reg : beats_reg + 1'b1;
        end_beats_reg <= beats_reg;
        end_keep_reg <= s_axis_tkeep;
    end

    end_valid_reg <= accept && s_axis_tlast && !drop;
    if (end_valid_reg) begin
        record_ram[record_in_reg[FRAME_W-1:0]] <= end_bytes_m1;
        record_in_reg <= record_in_reg + 1'b1;
    end

    if (accept && s_axis_tlast && drop) begin
        lost_reg <= 1'b1;
        lost_sized_reg <= 1'b0;
        lost_result_reg <= too_long ? RESULT_TOO_LONG : RESULT_DISABLED;
    end else if (lost_reg && !lost_sized_reg) begin
        lost_sized_reg <= 1'b1;
        lost_bytes_reg <= end_bytes_m1 + 14'd1;
    end else if (!sent) begin
        lost_reg <= 1'b0;
    end

    if (rst) begin
        write_reg <= {ADDR_W+1{1'b0}};
        start_reg <= {ADDR_W+1{1'b0}};
        record_in_reg <= {FRAME_W+1{1'b0}};
        room_reg <= 1'b0;
        beats_reg <= {BEATS_W{1'b0}};
        drop_reg <= 1'b0;
        too_long_reg <= 1'b0;
        over_reg <= 1'b0;
        end_valid_reg <= 1'b0;
        lost_reg <= 1'b0;
    end
end

// --- out: frame after frame, a beat a clock -------------------------------------------------------

reg                  n_valid_reg;           // the frame that is next
reg [13:0]           n_left_reg;            // its bytes less 1
reg                  g_valid_reg;           // the frame that leaves
reg [13:0]           g_left_reg;            // bytes left less 1
reg [13:0]           g_bytes_reg;           // its bytes less 1

reg                  p_valid_reg, out_valid_reg;
reg [DATA_W-1:0]     p_word_reg, out_word_reg;
reg                  p_last_reg, out_last_reg;
reg [BEAT_W-1:0]     p_end_reg;
reg [BEAT_BYTES-1:0] out_keep_reg;
reg [13:0]           p_bytes_reg, out_bytes_reg;

wire                 advance = !out_valid_reg || m_axis_tready;
wire                 g_last = g_left_reg[13:BEAT_W] == 0;
wire                 g_step = g_valid_reg && advance;
wire                 n_take = n_valid_reg && (!g_valid_reg || (g_step && g_last));
wire                 n_load = records != 0 && (!n_valid_reg || n_take);

assign sent = out_valid_reg && out_last_reg && m_axis_tready;

always @(posedge clk) begin
    if (n_take)
        n_valid_reg <= 1'b0;
    if (n_load) begin
        n_valid_reg <= 1'b1;
        n_left_reg <= record_ram[record_out_reg[FRAME_W-1:0]];
        record_out_reg <= record_out_reg + 1'b1;
    end

    if (g_step) begin
        g_left_reg <= g_left_reg - BEAT_BYTES[13:0];
        read_reg <= read_reg + 1'b1;
        if (g_last)
            g_valid_reg <= 1'b0;
    end
    if (n_take) begin
        g_valid_reg <= 1'b1;
        g_left_reg <= n_left_reg;
        g_bytes_reg <= n_left_reg;
    end

    if (advance) begin
        p_valid_reg <= g_valid_reg;
        if (g_valid_reg) begin
            p_word_reg <= ram[read_reg[ADDR_W-1:0]];
            p_last_reg <= g_last;
            p_end_reg <= g_left_reg[BEAT_W-1:0];
            p_bytes_reg <= g_bytes_reg;
        end
        out_valid_reg <= p_valid_reg;
        if (p_valid_reg) begin
            out_word_reg <= p_word_reg;
            out_last_reg <= p_last_reg;
            out_keep_reg <= p_last_reg ? ALL >> ~p_end_reg : ALL;
            out_bytes_reg <= p_bytes_reg;
        end
    end

    if (rst) begin
        n_valid_reg <= 1'b0;
        g_valid_reg <= 1'b0;
        p_valid_reg <= 1'b0;
        out_valid_reg <= 1'b0;
        read_reg <= {ADDR_W+1{1'b0}};
        record_out_reg <= {FRAME_W+1{1'b0}};
    end
end

assign m_axis_tdata = out_word_reg;
assign m_axis_tkeep = out_keep_reg;
assign m_axis_tlast = out_last_reg;
assign m_axis_tvalid = out_valid_reg;

// --- events: a frame sent goes before a frame dropped ---------------------------------------------

reg                  event_valid_reg;
reg [2:0]            event_result_reg;
reg [13:0]           event_bytes_reg;

always @(posedge clk) begin
    event_valid_reg <= sent || (lost_reg && lost_sized_reg);
    if (sent) begin
        event_result_reg <= RESULT_SENT;
        event_bytes_reg <= out_bytes_reg + 14'd1;
    end else if (lost_reg) begin
        event_result_reg <= lost_result_reg;
        event_bytes_reg <= lost_bytes_reg;
    end

    if (rst)
        event_valid_reg <= 1'b0;
end

assign event_valid = event_valid_reg;
assign event_result = event_result_reg;
assign event_bytes = event_bytes_reg;

assign busy = write_reg != read_reg || drop_reg || end_valid_reg || lost_reg || records != 0
              || n_valid_reg || g_valid_reg || p_valid_reg || out_valid_reg || event_valid_reg;

endmodule

`resetall
