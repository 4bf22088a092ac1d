// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// AXI4 write master: writes frames and lines (completions) to host memory.
//
// A frame is shifted to the alignment of its address and cut at every multiple of 256 bytes, so
// that no burst is longer than that or crosses 4 KiB; wstrb is 0 outside [address, address +
// length). A burst is issued when all of its data is here, so W never waits within a burst. Up to
// SLOTS frames are in flight. A line is one burst of its own; lines go between the bursts of
// frames, without `s_line_urgent` only when no burst of a frame is waiting.
//
// Rate: a beat of W in every clock; a frame takes the beats that its address needs, at least 1.
// Order: frame_done comes for every frame in the order of the frames, when all of its bursts have
// been answered, whatever the order of the answers; line_done in the order of the lines.
// Back-pressure: s_frame_tready and s_line_ready come from registers. s_line_ready looks at urgent, and at
// what is waiting, a clock before.
// awid: the frame's slot, 0 to SLOTS - 1; lines have 63. Answers of one id must come in order (AXI4).
// awaddr is aligned to the bus. W may be offered before AW has been taken.
// Errors: BRESP other than OKAY sets the error of the frame or line; the rest is written.
// No frame is begun for 64 clocks after reset.

module dma_write #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Frames in flight, 4 to 62
    parameter integer SLOTS = 62,
    // Width of a line in bits: 32 bytes, or the bus where that is wider
    parameter integer LINE_W = (DMA_W < 256) ? 256 : DMA_W
)
(
    input  wire                clk,
    input  wire                rst,

    // Frames; address, length (1 to 16383, that of the data) and function are valid on the first beat
    input  wire [DMA_W-1:0]    s_frame_tdata,
    input  wire                s_frame_tlast,
    input  wire                s_frame_tvalid,
    output wire                s_frame_tready,
    input  wire [63:0]         s_frame_address,
    input  wire [13:0]         s_frame_length,
    input  wire [3:0]          s_frame_function,

    // A frame has been answered
    output wire                frame_done_valid,
    input  wire                frame_done_ready,
    output wire                frame_done_error,

    // Lines: address is aligned to the bus; full 0: only the first beat of the line is written
    input  wire                s_line_valid,
    output wire                s_line_ready,
    input  wire                s_line_urgent,
    input  wire                s_line_full,
    input  wire [3:0]          s_line_function,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [63:0]         s_line_address,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [LINE_W-1:0]   s_line_data,
    input  wire [LINE_W/8-1:0] s_line_strobe,

    // A line has been answered: one clock, no back-pressure
    output wire                line_done_valid,
    output wire                line_done_error,

    // AXI4 write channels; awuser is the function
    output wire [5:0]          m_axi_awid,
    output wire [63:0]         m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire [3:0]          m_axi_awuser,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [DMA_W-1:0]    m_axi_wdata,
    output wire [DMA_W/8-1:0]  m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire [5:0]          m_axi_bid,
    input  wire [1:0]          m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,

    // 1: something is inside or not yet answered
    output wire                busy
);

localparam integer B = DMA_W / 8;
localparam integer OFF_W = $clog2(B);
localparam integer BEAT_W = 8 - OFF_W;
localparam integer RECORD_W = 6 + 4 + 56 + 2 * BEAT_W;
// Beats, bursts and lines that wait for the bus: so many that they go to block RAM. The lines' FIFO is
// never full: a line in it is one in the FIFO of their records, or in that of commands, or between.
localparam integer BEATS = 256;
localparam integer BURSTS = 128;
localparam integer LINES = 64;
localparam integer COMMANDS = 16;
localparam [5:0] LINE_ID = 6'd63;
localparam [BEAT_W-1:0] LINE_LENGTH = LINE_W[BEAT_W+OFF_W+2:OFF_W+3] - 1'b1;

// Frames to beats and bursts
wire beats_room;
wire bursts_room;
reg room_reg;
wire slot_take;
wire slots_room;
wire [5:0] slot;
wire count_valid;
wire [5:0] count_slot;
wire [6:0] count_bursts;
wire beat_valid;
wire [DMA_W-1:0] beat_data;
wire [B-1:0] beat_strobe;
wire burst_valid;
wire [RECORD_W-1:0] burst_record;
wire align_busy;
wire frame_busy;
wire [DMA_W-1:0] frame_tdata;
wire frame_tlast;
wire frame_tvalid;
wire frame_tready;
wire [63:0] frame_address;
wire [13:0] frame_length;
wire [3:0] frame_function;

/* verilator lint_off PINCONNECTEMPTY */
axis_register #(
    .DATA_W(DMA_W),
    .USER_W(64 + 14 + 4)
) frame_register (
    .clk(clk),
    .rst(rst),
    .s_axis_tdata(s_frame_tdata),
    .s_axis_tkeep({B{1'b1}}),
    .s_axis_tlast(s_frame_tlast),
    .s_axis_tuser({s_frame_address, s_frame_length, s_frame_function}),
    .s_axis_tvalid(s_frame_tvalid),
    .s_axis_tready(s_frame_tready),
    .m_axis_tdata(frame_tdata),
    .m_axis_tkeep(),
    .m_axis_tlast(frame_tlast),
    .m_axis_tuser({frame_address, frame_length, frame_function}),
    .m_axis_tvalid(frame_tvalid),
    .m_axis_tready(frame_tready),
    .busy(frame_busy)
);
/* verilator lint_on PINCONNECTEMPTY */

dma_write_align #(
    .DMA_W(DMA_W)
) align (
    .clk(clk),
    .rst(rst),
    .s_frame_tdata(frame_tdata),
    .s_frame_tlast(frame_tlast),
    .s_frame_tvalid(frame_tvalid),
    .s_frame_tready(frame_tready),
    .s_frame_address(frame_address),
    .s_frame_length(frame_length),
    .s_frame_function(frame_function),
    .room(room_reg),
    .slot_take(slot_take),
    .slot(slot),
    .count_valid(count_valid),
    .count_slot(count_slot),
    .count_bursts(count_bursts),
    .beat_valid(beat_valid),
    .beat_data(beat_data),
    .beat_strobe(beat_strobe),
    .burst_valid(burst_valid),
    .burst_function(burst_record[6 +: 4]),
    .burst_block(burst_record[10 +: 56]),
    .burst_first(burst_record[66 +: BEAT_W]),
    .burst_length(burst_record[66+BEAT_W +: BEAT_W]),
    .burst_slot(burst_record[0 +: 6]),
    .busy(align_busy)
);

always @(posedge clk)
    room_reg <= beats_room && bursts_room && slots_room && !rst;

wire data_take;
wire [DMA_W-1:0] data;
wire [B-1:0] strobe;
wire data_empty;

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(DMA_W + B),
    .DEPTH(BEATS),
    .MARGIN(7)
) beat_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({beat_strobe, beat_data}),
    .in_valid(beat_valid),
    .in_ready(),
    .room(beats_room),
    .out_data({strobe, data}),
    .out_valid(),
    .out_ready(data_take),
    .empty(data_empty)
);

wire record_valid;
wire record_take;
wire [RECORD_W-1:0] record;

dma_fifo #(
    .WIDTH(RECORD_W),
    .DEPTH(BURSTS),
    .MARGIN(7)
) burst_fifo (
    .clk(clk),
    .rst(rst),
    .in_data(burst_record),
    .in_valid(burst_valid),
    .in_ready(),
    .room(bursts_room),
    .out_data(record),
    .out_valid(record_valid),
    .out_ready(record_take),
    .empty()
);

// Lines wait with their address on one side and their data on the other
reg line_ready_reg;
reg line_taken_reg;
reg line_in_full_reg;
reg [3:0] line_in_function_reg;
reg [63:OFF_W] line_in_address_reg;
reg [LINE_W-1:0] line_in_data_reg;
reg [LINE_W/8-1:0] line_in_strobe_reg;
wire line_record_room;
wire line_take = s_line_valid && line_ready_reg;
wire line_waits;
wire line_full;
wire [3:0] line_function;
wire [63:OFF_W] line_address;

assign s_line_ready = line_ready_reg;

always @(posedge clk) begin
    // What is known of a line holds for that line only: not behind one that is taken
    line_ready_reg <= line_record_room && ((s_line_valid && s_line_urgent && !line_take) || !record_valid);
    line_taken_reg <= line_take;
    line_in_full_reg <= s_line_full;
    line_in_function_reg <= s_line_function;
    line_in_address_reg <= s_line_address[63:OFF_W];
    line_in_data_reg <= s_line_data;
    line_in_strobe_reg <= s_line_strobe;
    if (rst) begin
        line_ready_reg <= 1'b0;
        line_taken_reg <= 1'b0;
    end
end

dma_fifo #(
    .WIDTH(1 + 4 + 64 - OFF_W),
    .DEPTH(COMMANDS),
    .MARGIN(4)
) line_record_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({line_in_full_reg, line_in_function_reg, line_in_address_reg}),
    .in_valid(line_taken_reg),
    .in_ready(),
    .room(line_record_room),
    .out_data({line_full, line_function, line_address}),
    .out_valid(line_waits),
    .out_ready(pick_line),
    .empty()
);

// Choice of the next burst: a frame's, or a line. A line goes first, but not twice in a row.
// Then it goes to a FIFO for AW and to one for W.
reg pick_room_reg;
reg line_last_reg;
reg picked_reg;
reg picked_line_reg;
reg [5:0] picked_id_reg;
reg [63:OFF_W] picked_address_reg;
reg [BEAT_W-1:0] picked_length_reg;
reg [3:0] picked_function_reg;

wire aw_room;
wire command_room;
wire line_wins = line_waits && !(record_valid && line_last_reg);
wire pick_line = pick_room_reg && line_wins;
wire pick_record = pick_room_reg && record_valid && !line_wins;

assign record_take = pick_record;

always @(posedge clk) begin
    pick_room_reg <= aw_room && command_room;
    if (pick_line || pick_record)
        line_last_reg <= line_wins;
    picked_reg <= pick_line || pick_record;
    picked_line_reg <= line_wins;
    picked_id_reg <= line_wins ? LINE_ID : record[0 +: 6];
    picked_function_reg <= line_wins ? line_function : record[6 +: 4];
    picked_address_reg <= line_wins ? line_address : {record[10 +: 56], record[66 +: BEAT_W]};
    picked_length_reg <= line_wins ? (line_full ? LINE_LENGTH : {BEAT_W{1'b0}}) : record[66+BEAT_W +: BEAT_W];
    if (rst) begin
        pick_room_reg <= 1'b0;
        line_last_reg <= 1'b0;
        picked_reg <= 1'b0;
    end
end

dma_fifo #(
    .WIDTH(6 + 4 + 64 - OFF_W + BEAT_W),
    .DEPTH(COMMANDS),
    .MARGIN(4)
) aw_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({picked_id_reg, picked_function_reg, picked_address_reg, picked_length_reg}),
    .in_valid(picked_reg),
    .in_ready(),
    .room(aw_room),
    .out_data({m_axi_awid, m_axi_awuser, m_axi_awaddr[63:OFF_W], m_axi_awlen[BEAT_W-1:0]}),
    .out_valid(m_axi_awvalid),
    .out_ready(m_axi_awready),
    .empty()
);

assign m_axi_awaddr[OFF_W-1:0] = {OFF_W{1'b0}};
assign m_axi_awlen[7:BEAT_W] = {(8-BEAT_W){1'b0}};
assign m_axi_awsize = OFF_W[2:0];
assign m_axi_awburst = 2'b01;

// W: the bursts in the order of their addresses
wire command_valid;
wire command_line;
wire [BEAT_W-1:0] command_length;
wire command_take;
wire line_data_take;
wire [LINE_W-1:0] line_data;
wire [LINE_W/8-1:0] line_strobe;

dma_fifo #(
    .WIDTH(1 + BEAT_W),
    .DEPTH(COMMANDS),
    .MARGIN(4)
) command_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({picked_line_reg, picked_length_reg}),
    .in_valid(picked_reg),
    .in_ready(),
    .room(command_room),
    .out_data({command_line, command_length}),
    .out_valid(command_valid),
    .out_ready(command_take),
    .empty()
);

dma_fifo #(
    .WIDTH(LINE_W + LINE_W / 8),
    .DEPTH(LINES)
) line_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({line_in_strobe_reg, line_in_data_reg}),
    .in_valid(line_taken_reg),
    .in_ready(),
    .room(),
    .out_data({line_strobe, line_data}),
    .out_valid(),
    .out_ready(line_data_take),
    .empty()
);
/* verilator lint_on PINCONNECTEMPTY */

// The burst on W. Its data need not be asked for: the beats of a frame's burst, and those of a line, are
// in their FIFO no later than its record is in its own, which is as fast, and the record comes here by
// the FIFO of commands, 5 clocks later.
reg current_valid_reg;
reg current_line_reg;
/* verilator lint_off UNUSEDSIGNAL */
reg current_second_reg;             // not its first beat
/* verilator lint_on UNUSEDSIGNAL */
reg [BEAT_W-1:0] current_left_reg;  // beats behind this one
reg current_last_reg;               // there are none
// For the enables of the FIFOs' memories: a frame's beat, and a line's last one. Each is one LUT before
// them, with w_move, which is a register.
reg frame_beat_reg;
reg line_end_reg;
wire w_move;

assign data_take = w_move && frame_beat_reg;
assign line_data_take = w_move && line_end_reg;
assign command_take = !current_valid_reg || (w_move && current_last_reg);

wire [DMA_W-1:0] line_beat;
wire [B-1:0] line_beat_strobe;

generate
    if (LINE_W > DMA_W) begin : line_beats
        // Two beats
        assign line_beat = current_second_reg ? line_data[LINE_W-1 -: DMA_W] : line_data[DMA_W-1:0];
        assign line_beat_strobe = current_second_reg ? line_strobe[LINE_W/8-1 -: B] : line_strobe[B-1:0];
    end else begin : line_beats
        assign line_beat = line_data[DMA_W-1:0];
        assign line_beat_strobe = line_strobe[B-1:0];
    end
endgenerate

always @(posedge clk) begin
    if (command_take) begin
        current_valid_reg <= command_valid;
        current_line_reg <= command_line;
        current_second_reg <= 1'b0;
        current_left_reg <= command_length;
        current_last_reg <= command_length == {BEAT_W{1'b0}};
        frame_beat_reg <= command_valid && !command_line;
        line_end_reg <= command_valid && command_line && command_length == {BEAT_W{1'b0}};
    end else if (w_move) begin
        current_second_reg <= 1'b1;
        current_left_reg <= current_left_reg - 1'b1;
        current_last_reg <= current_left_reg == {{(BEAT_W-1){1'b0}}, 1'b1};
        line_end_reg <= current_line_reg && current_left_reg == {{(BEAT_W-1){1'b0}}, 1'b1};
    end
    if (rst) begin
        current_valid_reg <= 1'b0;
        frame_beat_reg <= 1'b0;
        line_end_reg <= 1'b0;
    end
end

wire [DMA_W-1:0] w_data = current_line_reg ? line_beat : data;
wire [B-1:0] w_strobe = current_line_reg ? line_beat_strobe : strobe;

/* verilator lint_off PINCONNECTEMPTY */
axis_register #(
    .DATA_W(DMA_W),
    .USER_W(1)
) w_register (
    .clk(clk),
    .rst(rst),
    .s_axis_tdata(w_data),
    .s_axis_tkeep(w_strobe),
    .s_axis_tlast(current_last_reg),
    .s_axis_tuser(1'b0),
    .s_axis_tvalid(current_valid_reg),
    .s_axis_tready(w_move),
    .m_axis_tdata(m_axi_wdata),
    .m_axis_tkeep(m_axi_wstrb),
    .m_axis_tlast(m_axi_wlast),
    .m_axis_tuser(),
    .m_axis_tvalid(m_axi_wvalid),
    .m_axis_tready(m_axi_wready),
    .busy()
);
/* verilator lint_on PINCONNECTEMPTY */

// B: always taken; a clock later it is known whose it is
reg b_valid_reg;
reg [5:0] b_id_reg;
reg b_error_reg;
reg line_done_reg;
reg frame_answer_reg;
reg [5:0] answer_id_reg;
reg answer_error_reg;
reg [15:0] lines_reg;
wire slots_busy;
wire done_valid;
wire done_room;
wire done_error;
wire done_empty;

assign m_axi_bready = 1'b1;

always @(posedge clk) begin
    b_id_reg <= m_axi_bid;
    b_error_reg <= m_axi_bresp != 2'd0;
    b_valid_reg <= m_axi_bvalid;
    line_done_reg <= b_valid_reg && b_id_reg == LINE_ID;
    frame_answer_reg <= b_valid_reg && b_id_reg != LINE_ID;
    answer_id_reg <= b_id_reg;
    answer_error_reg <= b_error_reg;
    lines_reg <= lines_reg + {{15{line_done_reg && !line_taken_reg}}, line_done_reg != line_taken_reg};
    if (rst) begin
        b_valid_reg <= 1'b0;
        line_done_reg <= 1'b0;
        frame_answer_reg <= 1'b0;
        lines_reg <= 16'd0;
    end
end

assign line_done_valid = line_done_reg;
assign line_done_error = answer_error_reg;

dma_write_slots #(
    .SLOTS(SLOTS)
) slots (
    .clk(clk),
    .rst(rst),
    .take(slot_take),
    .room(slots_room),
    .take_slot(slot),
    .count_valid(count_valid),
    .count_slot(count_slot),
    .count_bursts(count_bursts),
    .response_valid(frame_answer_reg),
    .response_slot(answer_id_reg),
    .response_error(answer_error_reg),
    .done_room(done_room),
    .done_valid(done_valid),
    .done_error(done_error),
    .busy(slots_busy)
);

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(1),
    .DEPTH(16),
    .MARGIN(4)
) done_fifo (
    .clk(clk),
    .rst(rst),
    .in_data(done_error),
    .in_valid(done_valid),
    .in_ready(),
    .room(done_room),
    .out_data(frame_done_error),
    .out_valid(frame_done_valid),
    .out_ready(frame_done_ready),
    .empty(done_empty)
);
/* verilator lint_on PINCONNECTEMPTY */

assign busy = frame_busy || align_busy || !data_empty || slots_busy || !done_empty || line_taken_reg
              || lines_reg != 16'd0;

`ifdef FORMAL
// Beats and records come as dma_write_align makes them and the FIFOs and register slices keep them, which
// are proved apart; that a burst's data is at its FIFO's output when W wants it is the FIFOs' latency. Every
// record, and every line, becomes one AW, unchanged, and no burst crosses 4 KiB. Burst number f_number,
// any, has as many beats on W as its AW says, wlast with the last one; each beat taken is put on W once,
// with its own strobes, and is one of the kind that the burst wants. So the strobes that reach a
// record's words are those of its own beats. Neither records nor lines are passed by more than one of
// the other kind.
reg                f_past_reg = 1'b0;
(* anyconst *) reg [7:0] f_number;
reg  [7:0]         f_in_reg;            // bursts begun on AW, and ended on W
reg  [7:0]         f_out_reg;
reg                f_written_reg;       // a command was written the clock before
reg  [4:0]         f_aws_reg;           // words in the FIFOs of AW, and of the lines' records
reg  [4:0]         f_lines_reg;
reg                f_line_written_reg;
reg                f_line_reg;          // of burst f_number
reg  [BEAT_W-1:0]  f_length_reg;
reg  [BEAT_W-1:0]  f_beat_reg;          // beats that the burst has had
reg                f_record_passed_reg;
reg                f_line_passed_reg;

wire               f_pick = pick_line || pick_record;
wire [7:0]         f_inside = f_in_reg - f_out_reg;
wire               f_this = f_out_reg == f_number && f_inside != 8'd0;
wire               f_load = current_valid_reg && w_move;
wire               f_last = f_load && current_last_reg;
// Commands in their FIFO
wire [7:0]         f_commands = f_inside - {7'd0, current_valid_reg} - {7'd0, picked_reg};
wire [7:0]         f_front = f_out_reg + {7'd0, current_valid_reg};
wire [7:0]         f_newest = f_in_reg - 8'd1;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_in_reg <= f_in_reg + {7'd0, f_pick};
    f_out_reg <= f_out_reg + {7'd0, f_last};
    f_written_reg <= picked_reg;
    f_aws_reg <= f_aws_reg + {4'd0, picked_reg} - {4'd0, m_axi_awvalid && m_axi_awready};
    f_lines_reg <= f_lines_reg + {4'd0, line_taken_reg} - {4'd0, pick_line};
    f_line_written_reg <= line_taken_reg;
    if (f_pick && f_in_reg == f_number) begin
        f_line_reg <= pick_line;
        f_length_reg <= pick_line ? (line_full ? LINE_LENGTH : {BEAT_W{1'b0}}) : record[66+BEAT_W +: BEAT_W];
    end
    if (f_load)
        f_beat_reg <= current_last_reg ? {BEAT_W{1'b0}} : f_beat_reg + 1'b1;
    if (pick_line)
        f_record_passed_reg <= record_valid;
    if (pick_record)
        f_record_passed_reg <= 1'b0;
    if (pick_record)
        f_line_passed_reg <= line_waits;
    if (pick_line)
        f_line_passed_reg <= 1'b0;
    if (rst) begin
        f_in_reg <= 8'd0;
        f_out_reg <= 8'd0;
        f_written_reg <= 1'b0;
        f_aws_reg <= 5'd0;
        f_lines_reg <= 5'd0;
        f_line_written_reg <= 1'b0;
        f_beat_reg <= {BEAT_W{1'b0}};
        f_record_passed_reg <= 1'b0;
        f_line_passed_reg <= 1'b0;
    end
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    // The FIFOs, and what they promise with room: a word written the clock before is one of 4
    assume (!m_axi_awvalid || f_aws_reg != 5'd0);
    assume (!aw_room || f_aws_reg - {4'd0, f_written_reg} <= COMMANDS - 4);
    assume (!line_waits || f_lines_reg != 5'd0);
    assume (!line_record_room || f_lines_reg - {4'd0, f_line_written_reg} <= COMMANDS - 4);
    assume (!command_valid || f_commands != 8'd0);
    assume (!command_room || f_commands - {7'd0, f_written_reg} <= COMMANDS - 4);
    if (command_valid && f_front == f_number)
        assume (command_line == f_line_reg && command_length == f_length_reg);
    // What dma_write_align proves of its records
    assume (!record_valid || record[66 +: BEAT_W] <= ~record[66+BEAT_W +: BEAT_W]);
    // completion_line's alignment
    assume (!(line_waits && line_full) || ({line_address, {OFF_W{1'b0}}} & (LINE_W / 8 - 1)) == 64'd0);
    if (f_past_reg) begin
        assert (!(pick_line && pick_record));
        assert (f_pick == ((line_waits || record_valid) && pick_room_reg));
        assert (!pick_line || line_waits);
        assert (!record_take || (record_valid && pick_record));
        assert (!(pick_line && record_valid && f_record_passed_reg));
        assert (!(pick_record && line_waits && f_line_passed_reg));
        assert (!f_record_passed_reg || line_last_reg);
        assert (!f_line_passed_reg || !line_last_reg);
        // Nothing is written to a full FIFO
        assert (!pick_room_reg || f_commands + {7'd0, picked_reg} < COMMANDS);
        assert (!picked_reg || f_commands < COMMANDS);
        assert (f_commands <= COMMANDS);
        assert (!pick_room_reg || f_aws_reg + {4'd0, picked_reg} < COMMANDS);
        assert (!picked_reg || f_aws_reg < COMMANDS);
        assert (f_aws_reg <= COMMANDS);
        assert (!line_ready_reg || f_lines_reg + {4'd0, line_taken_reg} < COMMANDS);
        assert (!line_taken_reg || f_lines_reg < COMMANDS);
        assert (f_lines_reg <= COMMANDS);

        assert (frame_beat_reg == (current_valid_reg && !current_line_reg));
        assert (line_end_reg == (current_valid_reg && current_line_reg && current_last_reg));
        assert (!current_valid_reg || current_last_reg == (current_left_reg == {BEAT_W{1'b0}}));
        assert (!current_valid_reg || f_beat_reg <= ~current_left_reg);
        assert (!current_valid_reg || current_second_reg == (f_beat_reg != {BEAT_W{1'b0}}));
        assert (current_valid_reg || f_beat_reg == {BEAT_W{1'b0}});
        if (picked_reg && f_newest == f_number)
            assert (picked_line_reg == f_line_reg && picked_length_reg == f_length_reg);
        if (current_valid_reg && f_this) begin
            assert (current_line_reg == f_line_reg);
            assert (f_beat_reg <= f_length_reg && current_left_reg == f_length_reg - f_beat_reg);
        end
        if (f_load && f_this) begin
            assert (data_take == !f_line_reg);
            assert (f_last == (f_beat_reg == f_length_reg));
            assert (line_data_take == (f_last && f_line_reg));
        end
        assert (!(data_take && line_data_take));
        assert (!(data_take || line_data_take) || (f_inside != 8'd0 && w_move));
        // What w_register, which is proved apart, takes
        if (data_take)
            assert (f_load && w_data == data && w_strobe == strobe);
        if (f_load && current_line_reg)
            assert (w_data == line_beat && w_strobe == line_beat_strobe);

        if (picked_reg)
            assert ({1'b0, picked_address_reg[11:OFF_W]} + {{13-OFF_W-BEAT_W{1'b0}}, picked_length_reg}
                    < (13'd1 << (12 - OFF_W)));
    end
end

always @(posedge clk) begin
    if (f_past_reg && $past(!rst)) begin
        assert (picked_reg == $past(f_pick));
        if ($past(pick_record))
            assert (picked_address_reg == $past({record[10 +: 56], record[66 +: BEAT_W]})
                    && picked_length_reg == $past(record[66+BEAT_W +: BEAT_W])
                    && picked_id_reg == $past(record[5:0]) && picked_function_reg == $past(record[9:6]) && !picked_line_reg);
        if ($past(pick_line))
            assert (picked_address_reg == $past(line_address) && picked_id_reg == LINE_ID && picked_line_reg
                    && picked_length_reg == ($past(line_full) ? LINE_W / DMA_W - 1 : 0)
                    && picked_function_reg == $past(line_function));

        // A line is taken as it stands, and without urgent only when no record was waiting
        if ($past(s_line_valid && s_line_ready))
            assert (line_taken_reg && line_in_data_reg == $past(s_line_data)
                    && line_in_strobe_reg == $past(s_line_strobe) && line_in_full_reg == $past(s_line_full)
                    && line_in_address_reg == $past(s_line_address[63:OFF_W]));
        else
            assert (!line_taken_reg);
        if (s_line_ready && $past(record_valid))
            assert ($past(s_line_valid && s_line_urgent && !s_line_ready));

        cover (f_this && f_out_reg == 8'd2 && !f_line_reg && f_last && f_length_reg == 1);
    end
end
`endif

endmodule

`resetall
