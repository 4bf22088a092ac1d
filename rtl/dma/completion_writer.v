// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Writes the completions of both directions to their rings, through dma_write's lines.
//
// Receive: an entry comes from rx_dma with every frame handed to dma_write; when dma_write says
// that the frame has been answered, the entry becomes a completion. Order: that of the frames.
// A frame over several buffers is several frames to dma_write, each with its entry; its one event
// comes with the last, with its whole length, DMA_ERROR when any of them was refused.
// Where a line has room for two, an even completion waits up to PAIR_CLOCKS for its neighbour.
// Transmit: consecutive OK of one queue that has not been written yet become one completion; an
// error is one of its own.
//
// A ring's entry is the count of its completions modulo its size, phase is 1 on the first pass.
// `completed` counts what the host has acknowledged. When the host refuses a completion, the
// queue's ring_error is set and its count stops; cleared when the queue is disabled.
// After enable 1 -> 0 all that is in flight finishes; active is 0 when nothing is left. The counts
// start at 0 when the queue is enabled; it must not be before that. Base and size must not change
// while enable or active is 1.
//
// Rate: a completion a clock into the pipe, transmit one in two clocks; a line in two clocks, with lines of
// 64 bytes one a clock. Latency: 13 clocks from an entry to its line, when its frame is answered by then.
// Counts and errors follow 3 clocks behind a line's answer; active and busy come from registers.

module completion_writer #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Queues of a direction in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W = QUEUES
    parameter integer QUEUE_W = 3,
    // Clocks that a completion waits for its neighbour when the bus is busy, 1 to 63
    parameter integer PAIR_CLOCKS = 48,
    // Width of a line in bits: 32 bytes, or the bus where that is wider
    parameter integer LINE_W = (DMA_W < 256) ? 256 : DMA_W
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Configuration: completion ring, aligned to 128 bytes, and log2 of its entries, 3 to 15
    input  wire [QUEUES-1:0]    rx_enable,
    /* verilator lint_off UNUSED */   // aligned
    input  wire [QUEUES*64-1:0] rx_base,
    /* verilator lint_on UNUSED */
    input  wire [QUEUES*4-1:0]  rx_size_log2,
    input  wire [QUEUES-1:0]    tx_enable,
    /* verilator lint_off UNUSED */   // aligned
    input  wire [QUEUES*64-1:0] tx_base,
    /* verilator lint_on UNUSED */
    input  wire [QUEUES*4-1:0]  tx_size_log2,

    // Receive: of rx_dma, and of dma_write
    input  wire                 entry_valid,
    output wire                 entry_ready,
    input  wire [QUEUE_W-1:0]   entry_queue,
    input  wire                 entry_first,
    input  wire                 entry_more,
    input  wire                 entry_truncated,
    input  wire [13:0]          entry_bytes,
    input  wire [15:0]          entry_index,
    input  wire [191:0]         entry_words,
    input  wire                 frame_done_valid,
    output wire                 frame_done_ready,
    input  wire                 frame_done_error,

    // What became of a frame, for rx_dma's event; index is {queue, rx_queue_result_e}
    output wire                 done_event_valid,
    output wire [QUEUE_W+2:0]   done_event_index,
    output wire [13:0]          done_event_bytes,

    // Transmit: of tx_dma; status is a completion_status_e
    input  wire                 tx_done_valid,
    output wire                 tx_done_ready,
    input  wire [QUEUE_W-1:0]   tx_done_gq,
    input  wire [15:0]          tx_done_index,
    input  wire [3:0]           tx_done_status,

    // Lines, to dma_write
    output wire                 m_line_valid,
    input  wire                 m_line_ready,
    output wire                 m_line_urgent,
    output wire                 m_line_full,
    output wire [3:0]           m_line_function,
    output wire [63:0]          m_line_address,
    output wire [LINE_W-1:0]    m_line_data,
    output wire [LINE_W/8-1:0]  m_line_strobe,
    input  wire                 line_done_valid,
    input  wire                 line_done_error,

    // Status; active: a frame, or a completion that is not acknowledged, is in flight
    output wire [QUEUES*16-1:0] rx_completed,
    output wire [QUEUES-1:0]    rx_ring_error,
    output wire [QUEUES-1:0]    rx_active,
    output wire [QUEUES*16-1:0] tx_completed,
    output wire [QUEUES-1:0]    tx_ring_error,
    output wire [QUEUES-1:0]    tx_active,

    // 1: something is inside or not yet acknowledged
    output wire                 busy
);

`include "sekisho.vh"

localparam integer RING_W = QUEUE_W + 1;
localparam integer RINGS = 2 * QUEUES;
localparam integer ENTRY_W = QUEUE_W + 3 + 14 + 16 + 192;
localparam integer WRITE_W = RING_W + 64 + 256;

// Rings: those of the receive queues, then those of the transmit queues
wire [RINGS-1:0] enable = {tx_enable, rx_enable};

// Entries with their frame's answer
wire waiting_valid;
wire waiting_busy;
wire turn;                      // of the receive direction
wire [QUEUE_W-1:0] waiting_queue;
wire waiting_first;
wire waiting_more;
wire waiting_truncated;
wire waiting_error;             // the frame has been refused
wire [13:0] waiting_bytes;
wire [15:0] waiting_index;
wire [191:0] waiting_words;

// Entries that wait for it
wire stored_valid;
wire joined_ready;
wire stored_empty;
wire [ENTRY_W-1:0] stored;

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(ENTRY_W),
    .DEPTH(128)
) entries (
    .clk(clk),
    .rst(rst),
    .in_data({entry_queue, entry_first, entry_more, entry_truncated, entry_bytes, entry_index, entry_words}),
    .in_valid(entry_valid),
    .in_ready(entry_ready),
    .room(),
    .out_data(stored),
    .out_valid(stored_valid),
    .out_ready(joined_ready && frame_done_valid),
    .empty(stored_empty)
);

// So that the FIFO's blocks do not wait for what is decided below
axis_register #(
    .DATA_W(192),
    .USER_W(ENTRY_W - 192 + 1)
) entry_register (
    .clk(clk),
    .rst(rst),
    .s_axis_tdata(stored[191:0]),
    .s_axis_tkeep({24{1'b1}}),
    .s_axis_tlast(1'b1),
    .s_axis_tuser({stored[ENTRY_W-1:192], frame_done_error}),
    .s_axis_tvalid(stored_valid && frame_done_valid),
    .s_axis_tready(joined_ready),
    .m_axis_tdata(waiting_words),
    .m_axis_tkeep(),
    .m_axis_tlast(),
    .m_axis_tuser({waiting_queue, waiting_first, waiting_more, waiting_truncated, waiting_bytes, waiting_index,
                   waiting_error}),
    .m_axis_tvalid(waiting_valid),
    .m_axis_tready(turn),
    .busy(waiting_busy)
);

reg room_reg;                   // behind the pipe, a clock old: the FIFO is far
wire room;
wire tx_valid;
wire tx_take;
wire [QUEUE_W-1:0] tx_queue;
wire [15:0] tx_index;
wire [3:0] tx_status;
wire [QUEUES-1:0] tx_waiting;

completion_tx #(
    .QUEUES(QUEUES),
    .QUEUE_W(QUEUE_W)
) tx (
    .clk(clk),
    .rst(rst),
    .tx_done_valid(tx_done_valid),
    .tx_done_ready(tx_done_ready),
    .tx_done_gq(tx_done_gq),
    .tx_done_index(tx_done_index),
    .tx_done_status(tx_done_status),
    .room(room_reg),
    .out_valid(tx_valid),
    .out_take(tx_take),
    .out_queue(tx_queue),
    .out_index(tx_index),
    .out_status(tx_status),
    .waiting(tx_waiting)
);

// One a clock into the pipe, transmit first: between two of its own it leaves a clock in which there is
// room. The pipe does not stall: room covers it.
wire waiting_take = turn && waiting_valid;

assign turn = room_reg && !tx_valid;
assign frame_done_ready = joined_ready && stored_valid;
assign tx_take = room_reg && tx_valid;

// Receive; of transmit what completion_tx says now
reg p1_valid_reg;
reg p1_tx_reg;
reg [QUEUE_W-1:0] p1_rx_queue_reg;
reg [QUEUE_W-1:0] p1_tx_queue_reg;
reg [RINGS-1:0] p1_select_reg;  // the queue of either direction, one bit each
reg [15:0] p1_index_reg;
reg [3:0] p1_status_reg;
reg p1_more_reg;
reg [191:0] p1_words_reg;
reg event_valid_reg;
reg [2:0] event_result_reg;
reg [13:0] event_bytes_reg;
reg refused_reg;                // a piece of the frame has been refused

wire refused = waiting_error || (refused_reg && !waiting_first);

integer i;

// Loaded also without a completion, here and below: it counts when it is valid
always @(posedge clk) begin
    room_reg <= room;
    p1_tx_reg <= tx_valid;
    p1_rx_queue_reg <= waiting_queue;
    p1_tx_queue_reg <= tx_queue;
    for (i = 0; i < QUEUES; i = i + 1) begin
        p1_select_reg[i] <= waiting_queue == i[QUEUE_W-1:0];
        p1_select_reg[QUEUES+i] <= tx_queue == i[QUEUE_W-1:0];
    end
    p1_index_reg <= waiting_index;
    p1_status_reg <= {1'd0, waiting_error ? COMPLETION_STATUS_DMA_ERROR :
                            waiting_truncated ? COMPLETION_STATUS_TRUNCATED : COMPLETION_STATUS_OK};
    p1_more_reg <= waiting_more;
    p1_words_reg <= waiting_words;
    event_result_reg <= refused ? RX_QUEUE_RESULT_DMA_ERROR :
                        waiting_truncated ? RX_QUEUE_RESULT_NO_DESCRIPTOR : RX_QUEUE_RESULT_COMPLETED;
    event_bytes_reg <= waiting_bytes;
    if (waiting_take)
        refused_reg <= refused;
    p1_valid_reg <= waiting_take || tx_take;
    event_valid_reg <= waiting_take && !waiting_more;
    if (rst) begin
        room_reg <= 1'b0;
        p1_valid_reg <= 1'b0;
        event_valid_reg <= 1'b0;
    end
end

assign done_event_valid = event_valid_reg;
assign done_event_index = {p1_rx_queue_reg, event_result_reg};
assign done_event_bytes = event_bytes_reg;

// Stage 1: the queue's base, size, and count of completions begun, for either direction; of the bases those of two
// queues, as they stand far from each other
localparam integer PAIRS = (QUEUES + 1) / 2;
wire [RINGS*16-1:0] issued;
reg [4+16-1:0] p1_rx_of;
reg [4+16-1:0] p1_tx_of;
integer j;

// A bit a queue has fewer ends than a bit of its number. A base that is not aligned must not make a line
// cross 4 KiB.
always @* begin
    p1_rx_of = 20'd0;
    p1_tx_of = 20'd0;
    for (j = 0; j < QUEUES; j = j + 1) begin
        if (p1_select_reg[j])
            p1_rx_of = p1_rx_of | {rx_size_log2[4*j +: 4], issued[16*j +: 16]};
        if (p1_select_reg[QUEUES+j])
            p1_tx_of = p1_tx_of | {tx_size_log2[4*j +: 4], issued[16*(QUEUES+j) +: 16]};
    end
end

wire [RING_W-1:0] p1_ring = {p1_tx_reg, p1_tx_reg ? p1_tx_queue_reg : p1_rx_queue_reg};

reg p2_valid_reg;
reg [RING_W-1:0] p2_ring_reg;
reg [57*PAIRS-1:0] p2_rx_bases_reg;
reg [57*PAIRS-1:0] p2_tx_bases_reg;
reg [3:0] p2_rx_size_reg;
reg [3:0] p2_tx_size_reg;
reg [15:0] p2_rx_count_reg;
reg [15:0] p2_tx_count_reg;
reg [15:0] p2_index_reg;
reg [3:0] p2_status_reg;
reg p2_more_reg;
reg [191:0] p2_words_reg;

always @(posedge clk) begin
    p2_ring_reg <= p1_ring;
    {p2_rx_size_reg, p2_rx_count_reg} <= p1_rx_of;
    {p2_tx_size_reg, p2_tx_count_reg} <= p1_tx_of;
    p2_index_reg <= p1_tx_reg ? tx_index : p1_index_reg;
    p2_status_reg <= p1_tx_reg ? tx_status : p1_status_reg;
    p2_more_reg <= p1_more_reg;
    p2_words_reg <= p1_words_reg;
    p2_valid_reg <= p1_valid_reg;
    if (rst)
        p2_valid_reg <= 1'b0;
end

genvar b;
generate
    for (b = 0; b < PAIRS; b = b + 1) begin : pair
        localparam integer ODD = 2 * b + 1 < QUEUES ? 2 * b + 1 : 2 * b;
        always @(posedge clk) begin
            p2_rx_bases_reg[57*b +: 57] <= (rx_base[128*b+7 +: 57] & {57{p1_select_reg[2*b]}})
                                           | (rx_base[64*ODD+7 +: 57] & {57{p1_select_reg[ODD]}});
            p2_tx_bases_reg[57*b +: 57] <= (tx_base[128*b+7 +: 57] & {57{p1_select_reg[QUEUES+2*b]}})
                                           | (tx_base[64*ODD+7 +: 57] & {57{p1_select_reg[QUEUES+ODD]}});
        end
    end
endgenerate

// Stage 2: those of the direction
wire p2_tx = p2_ring_reg[RING_W-1];
reg [56:0] p2_base;
integer k;

always @* begin
    p2_base = 57'd0;
    for (k = 0; k < PAIRS; k = k + 1)
        p2_base = p2_base | (p2_tx ? p2_tx_bases_reg[57*k +: 57] : p2_rx_bases_reg[57*k +: 57]);
end

reg p3_valid_reg;
reg [RING_W-1:0] p3_ring_reg;
reg [56:0] p3_base_reg;
reg [3:0] p3_size_reg;
reg [15:0] p3_count_reg;
reg [15:0] p3_index_reg;
reg [3:0] p3_status_reg;
reg p3_more_reg;
reg [191:0] p3_words_reg;

always @(posedge clk) begin
    p3_ring_reg <= p2_ring_reg;
    p3_base_reg <= p2_base;
    p3_size_reg <= p2_tx ? p2_tx_size_reg : p2_rx_size_reg;
    p3_count_reg <= p2_tx ? p2_tx_count_reg : p2_rx_count_reg;
    p3_index_reg <= p2_index_reg;
    p3_status_reg <= p2_status_reg;
    p3_more_reg <= p2_more_reg;
    p3_words_reg <= p2_words_reg;
    p3_valid_reg <= p2_valid_reg;
    if (rst)
        p3_valid_reg <= 1'b0;
end

// Stage 3: entry in the ring, phase
wire [15:0] p3_mask = ~(16'hffff << p3_size_reg);

reg p4_valid_reg;
reg [RING_W-1:0] p4_ring_reg;
reg [56:0] p4_base_reg;
reg [15:0] p4_entry_reg;
reg p4_phase_reg;
reg [15:0] p4_index_reg;
reg [3:0] p4_status_reg;
reg p4_more_reg;
reg [191:0] p4_words_reg;

always @(posedge clk) begin
    p4_ring_reg <= p3_ring_reg;
    p4_base_reg <= p3_base_reg;
    p4_entry_reg <= p3_count_reg & p3_mask;
    p4_phase_reg <= !p3_count_reg[p3_size_reg];
    p4_index_reg <= p3_index_reg;
    p4_status_reg <= p3_status_reg;
    p4_more_reg <= p3_more_reg;
    p4_words_reg <= p3_words_reg;
    p4_valid_reg <= p3_valid_reg;
    if (rst)
        p4_valid_reg <= 1'b0;
end

// Stage 4: low half of the address
wire [31:0] p4_offset = p4_ring_reg[RING_W-1] ? {13'd0, p4_entry_reg, 3'd0} : {11'd0, p4_entry_reg, 5'd0};

reg p5_valid_reg;
reg [RING_W-1:0] p5_ring_reg;
reg [32:0] p5_low_reg;
reg [31:0] p5_high_reg;
reg p5_phase_reg;
reg [15:0] p5_index_reg;
reg [3:0] p5_status_reg;
reg p5_more_reg;
reg [191:0] p5_words_reg;

always @(posedge clk) begin
    p5_ring_reg <= p4_ring_reg;
    p5_low_reg <= {1'b0, p4_base_reg[24:0], 7'd0} + {1'b0, p4_offset};
    p5_high_reg <= p4_base_reg[56:25];
    p5_phase_reg <= p4_phase_reg;
    p5_index_reg <= p4_index_reg;
    p5_status_reg <= p4_status_reg;
    p5_more_reg <= p4_more_reg;
    p5_words_reg <= p4_words_reg;
    p5_valid_reg <= p4_valid_reg;
    if (rst)
        p5_valid_reg <= 1'b0;
end

// Stage 5: high half of the address; the words
reg [255:0] p5_data;

always @* begin
    p5_data = 256'd0;
    if (p5_ring_reg[RING_W-1]) begin
        p5_data[TX_COMPLETION_DESCRIPTOR_INDEX +: TX_COMPLETION_DESCRIPTOR_INDEX_W] = p5_index_reg;
        p5_data[TX_COMPLETION_STATUS_STATUS +: TX_COMPLETION_STATUS_STATUS_W] = p5_status_reg;
        p5_data[TX_COMPLETION_STATUS_PHASE] = p5_phase_reg;
    end else begin
        p5_data[191:0] = p5_words_reg;
        p5_data[RX_COMPLETION_STATUS_INDEX +: RX_COMPLETION_STATUS_INDEX_W] = p5_index_reg;
        p5_data[RX_COMPLETION_STATUS_STATUS +: RX_COMPLETION_STATUS_STATUS_W] = p5_status_reg;
        p5_data[RX_COMPLETION_STATUS_MORE] = p5_more_reg;
        p5_data[RX_COMPLETION_STATUS_PHASE] = p5_phase_reg;
    end
end

wire write_valid;
wire write_take;
wire write_empty;
wire [RING_W-1:0] write_ring;
wire [63:0] write_address;
wire [255:0] write_data;

dma_fifo #(
    .WIDTH(WRITE_W),
    .DEPTH(16),
    .MARGIN(8)          // what is under way
) writes (
    .clk(clk),
    .rst(rst),
    .in_data({p5_ring_reg, p5_high_reg + {31'd0, p5_low_reg[32]}, p5_low_reg[31:0], p5_data}),
    .in_valid(p5_valid_reg),
    .in_ready(),
    .room(room),
    .out_data({write_ring, write_address, write_data}),
    .out_valid(write_valid),
    .out_ready(write_take),
    .empty(write_empty)
);
/* verilator lint_on PINCONNECTEMPTY */

/* verilator lint_off UNUSEDSIGNAL */
wire [31:0] write_function = {{(32-QUEUE_W){1'b0}}, write_ring[QUEUE_W-1:0]} / QUEUES_PER_FUNCTION;
/* verilator lint_on UNUSEDSIGNAL */
wire done_valid;
wire [RING_W-1:0] done_ring;
wire done_two;
wire done_error;
wire line_busy;

completion_line #(
    .DMA_W(DMA_W),
    .RING_W(RING_W),
    .PAIR_CLOCKS(PAIR_CLOCKS),
    .LINE_W(LINE_W)
) line (
    .clk(clk),
    .rst(rst),
    .s_valid(write_valid),
    .s_ready(write_take),
    .s_ring(write_ring),
    .s_function(write_function[3:0]),
    .s_address(write_address),
    .s_data(write_data),
    .m_line_valid(m_line_valid),
    .m_line_ready(m_line_ready),
    .m_line_urgent(m_line_urgent),
    .m_line_full(m_line_full),
    .m_line_function(m_line_function),
    .m_line_address(m_line_address),
    .m_line_data(m_line_data),
    .m_line_strobe(m_line_strobe),
    .line_done_valid(line_done_valid),
    .line_done_error(line_done_error),
    .done_valid(done_valid),
    .done_ring(done_ring),
    .done_two(done_two),
    .done_error(done_error),
    .busy(line_busy)
);

// Counts of every ring
wire [RINGS*16-1:0] completed;
wire [RINGS-1:0] ring_error;
wire [RINGS-1:0] in_flight;

genvar g;
generate
    for (g = 0; g < RINGS; g = g + 1) begin : ring
        localparam [RING_W-1:0] RING = g;
        reg enabled_reg;
        reg error_reg;
        reg [15:0] issued_reg;
        reg [15:0] completed_reg;
        // From the entry (transmit: from the pipe's start) to the acknowledgement, a clock late
        reg [9:0] in_flight_reg;
        reg [2:0] change_reg;
        reg active_reg;
        reg entered_reg;
        reg came_reg;
        // What has been acknowledged, a clock late
        reg [1:0] leaves_reg;
        reg host_refused_reg;

        wire begun = p1_valid_reg && p1_tx_reg == RING[RING_W-1] && p1_select_reg[g];
        wire done = done_valid && done_ring == RING;
        // It is not in the counts yet
        wire comes = RING[RING_W-1] ? (tx_waiting[g % QUEUES] || (tx_done_valid && tx_done_gq == RING[QUEUE_W-1:0])) :
                                      (entry_valid && entry_queue == RING[QUEUE_W-1:0]);

        always @(posedge clk) begin
            if (begun)
                issued_reg <= issued_reg + 16'd1;
            came_reg <= comes;
            entered_reg <= RING[RING_W-1] ? begun : comes && entry_ready;
            leaves_reg <= {done && done_two, done && !done_two};
            host_refused_reg <= done && done_error;
            if (!error_reg && !host_refused_reg)
                completed_reg <= completed_reg + {14'd0, leaves_reg};
            if (host_refused_reg)
                error_reg <= 1'b1;
            change_reg <= {2'd0, entered_reg} - {1'b0, leaves_reg};
            in_flight_reg <= in_flight_reg + {{7{change_reg[2]}}, change_reg};
            active_reg <= comes || came_reg || entered_reg || change_reg != 3'd0 || in_flight_reg != 10'd0;
            enabled_reg <= enable[g];
            if (!enable[g])
                error_reg <= 1'b0;
            // A queue that is enabled starts at 0; until then the counts stay for software to read
            if (enable[g] && !enabled_reg) begin
                issued_reg <= 16'd0;
                completed_reg <= 16'd0;
            end
            if (rst) begin
                enabled_reg <= 1'b0;
                error_reg <= 1'b0;
                issued_reg <= 16'd0;
                completed_reg <= 16'd0;
                entered_reg <= 1'b0;
                came_reg <= 1'b0;
                leaves_reg <= 2'd0;
                host_refused_reg <= 1'b0;
                change_reg <= 3'd0;
                in_flight_reg <= 10'd0;
                active_reg <= 1'b0;
            end
        end

        assign issued[16*g +: 16] = issued_reg;
        assign completed[16*g +: 16] = completed_reg;
        assign ring_error[g] = error_reg;
        assign in_flight[g] = active_reg;
    end
endgenerate

assign rx_completed = completed[QUEUES*16-1:0];
assign tx_completed = completed[RINGS*16-1:QUEUES*16];
assign rx_ring_error = ring_error[QUEUES-1:0];
assign tx_ring_error = ring_error[RINGS-1:QUEUES];
assign rx_active = in_flight[QUEUES-1:0];
assign tx_active = in_flight[RINGS-1:QUEUES];

reg busy_reg;

always @(posedge clk)
    busy_reg <= entry_valid || tx_done_valid || !stored_empty || waiting_busy || tx_waiting != {QUEUES{1'b0}} || p1_valid_reg ||
                p2_valid_reg || p3_valid_reg || p4_valid_reg || p5_valid_reg || !write_empty || line_busy;

assign busy = busy_reg;

`ifdef FORMAL
// An entry and a frame's answer are taken together, and one completion, of either direction, in every
// clock in which one waits and there is room; neither direction is passed twice in a row. What is taken
// is in the FIFO of the writes five clocks later, once and in its order, with its ring, index and
// status. Not covered: addresses and counts. That completion_tx leaves receive a clock is proved there.
reg f_past_reg = 1'b0;
reg f_rx_passed_reg;
reg f_tx_passed_reg;
reg f_offered_reg;                      // transmit waited and was not taken in the clock before
reg f_room_reg;                         // none waited, and there was room
reg [4:0] f_valid_reg;                  // what has been taken, one to five clocks ago
reg [RING_W+19:0] f_1_reg;
reg [RING_W+19:0] f_2_reg;
reg [RING_W+19:0] f_3_reg;
reg [RING_W+19:0] f_4_reg;
reg [RING_W+19:0] f_5_reg;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_rx_passed_reg <= !waiting_take && ((tx_take && waiting_valid) || f_rx_passed_reg) && !rst;
    f_tx_passed_reg <= !tx_take && ((waiting_take && tx_valid) || f_tx_passed_reg) && !rst;
    f_offered_reg <= tx_valid && !tx_take;
    f_room_reg <= room_reg && !tx_valid;
    f_valid_reg <= rst ? 5'd0 : {f_valid_reg[3:0], waiting_take || tx_take};
    f_1_reg <= tx_take ? {1'b1, tx_queue, 20'd0} :
               {1'b0, waiting_queue, waiting_index, 1'b0,
                waiting_error ? COMPLETION_STATUS_DMA_ERROR :
                waiting_truncated ? COMPLETION_STATUS_TRUNCATED : COMPLETION_STATUS_OK};
    f_2_reg <= f_1_reg[RING_W+19] ? {f_1_reg[RING_W+19:20], tx_index, tx_status} : f_1_reg;
    f_3_reg <= f_2_reg;
    f_4_reg <= f_3_reg;
    f_5_reg <= f_4_reg;
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    if (f_past_reg) begin
        // Both wait until they are taken
        assume (!f_rx_passed_reg || waiting_valid);
        assume (!f_tx_passed_reg || tx_valid);
        assume (!tx_valid || f_offered_reg || f_room_reg);
        assert (!(waiting_take && tx_take));
        assert ((waiting_take || tx_take) == (room_reg && (waiting_valid || tx_valid)));
        assert (!waiting_take || waiting_valid);
        assert (!tx_take || tx_valid);
        assert (!(tx_take && waiting_valid && f_rx_passed_reg));
        assert (!(waiting_take && tx_valid && f_tx_passed_reg));
        assert (!f_rx_passed_reg || !tx_valid);

        assert ({p5_valid_reg, p4_valid_reg, p3_valid_reg, p2_valid_reg, p1_valid_reg} == f_valid_reg);
        assert (!p1_valid_reg || p1_ring == f_1_reg[RING_W+19:20]);
        assert (!p1_valid_reg || p1_tx_reg || {p1_index_reg, p1_status_reg} == f_1_reg[19:0]);
        assert (!p2_valid_reg || {p2_ring_reg, p2_index_reg, p2_status_reg} == f_2_reg);
        assert (!p3_valid_reg || {p3_ring_reg, p3_index_reg, p3_status_reg} == f_3_reg);
        assert (!p4_valid_reg || {p4_ring_reg, p4_index_reg, p4_status_reg} == f_4_reg);
        assert (!p5_valid_reg || {p5_ring_reg, p5_index_reg, p5_status_reg} == f_5_reg);
        cover (p5_valid_reg && f_5_reg[19:4] == 16'd3 && f_rx_passed_reg);
        cover (f_rx_passed_reg);
    end
end
`endif

endmodule

`resetall
