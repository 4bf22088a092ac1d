// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Transmit: takes descriptors, reads frames from the host, hands them on as a stream.
//
// Queues that have a descriptor and whose function's transmitter is enabled are served round
// robin, a frame at a time. Up to FRAMES frames are in flight, beside the one that is offered at
// tx_done; a read is issued only when the frame buffer has room for all of it. A frame leaves when all
// of it has come (store and forward), padded with zeros to 60 bytes.
//
// Order: frames leave, and tx_done comes, in the order of the descriptors. Back-pressure of the
// stream or of tx_done stops new reads and nothing else.
// Errors: a descriptor with an impossible length (below 14, above MAX_FRAME) or without
// end_of_packet is completed with its status and no read; the length is looked at first. A frame
// with a read error is dropped and completed with DMA_ERROR; later frames are not affected.
// Rate: a descriptor, a frame and a tx_done every second clock at most.
// One event and one tx_done for each descriptor. A descriptor taken is always completed, also when
// its queue has been disabled since; queue_idle tells when.
// tuser: FUNCTION, PORT (= function), QUEUE, LENGTH (with padding), WANT_*; the rest is 0.

module tx_dma #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Width of the host bus in bits: 128, 256 or 512; not below DATA_W
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Number of network functions
    parameter integer FUNCTIONS = 2,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 280,
    // Longest frame in bytes
    parameter integer MAX_FRAME = 9728,
    // Bytes of the frame buffer, a power of two above MAX_FRAME
    parameter integer BUFFER_BYTES = 32768,
    // Frames in flight, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                  clk,
    input  wire                  rst,

    // Configuration: transmitter of a function
    input  wire [FUNCTIONS-1:0]  tx_enable,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]     available,
    output wire                  pop_valid,
    output wire [QUEUE_W-1:0]    pop_queue,
    input  wire                  pop_ok,
    input  wire [63:0]           pop_address,
    input  wire [13:0]           pop_length,
    // Descriptor bits that are not looked at must be ignored
    /* verilator lint_off UNUSED */
    input  wire [17:0]           pop_flags,
    /* verilator lint_on UNUSED */
    input  wire [15:0]           pop_index,

    // To and from dma_read
    output wire                  request_valid,
    input  wire                  request_ready,
    output wire [3:0]            request_function,
    output wire [63:0]           request_address,
    output wire [13:0]           request_length,
    input  wire                  response_valid,
    input  wire [DMA_W-1:0]      response_data,
    input  wire                  response_last,
    input  wire                  response_error,

    // Frames
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [USER_W-1:0]     m_axis_tuser,

    // A descriptor is done: its data has been read, or never will be
    output wire                  tx_done_valid,
    input  wire                  tx_done_ready,
    output wire [QUEUE_W-1:0]    tx_done_gq,
    output wire [15:0]           tx_done_index,
    // completion_status_e
    output wire [3:0]            tx_done_status,

    // Counting: index is {queue, tx_queue_result_e}
    output wire                  tx_queue_event_valid,
    output wire [QUEUE_W+2:0]    tx_queue_event_index,
    output wire [13:0]           tx_queue_event_bytes,

    // 1: no descriptor of the queue is between pop and tx_done, and none is about to be popped
    output wire [QUEUES-1:0]     queue_idle,
    // 1: something is inside
    output wire                  busy
);

`include "metadata.vh"
`include "sekisho.vh"

localparam integer WORD_BYTES = DMA_W / 8;
localparam integer BEAT_BYTES = DATA_W / 8;
localparam integer WORD_W = $clog2(WORD_BYTES);         // byte bits of a host word
localparam integer BEAT_W = $clog2(BEAT_BYTES);         // byte bits of a beat
localparam integer RATIO = DMA_W / DATA_W;              // beats a word
localparam integer RATIO_W = RATIO > 1 ? $clog2(RATIO) : 1;
localparam integer DEPTH = BUFFER_BYTES / WORD_BYTES;   // words of the buffer
localparam integer ADDR_W = $clog2(DEPTH);
localparam integer FRAME_W = $clog2(FRAMES);
localparam integer COUNT_W = $clog2(FRAMES + 32);       // descriptors inside, of a queue
localparam [13:0] MIN_FRAME = 14'd60;                   // padded to this

// Bits of pop_flags: the descriptor behind its length
localparam integer FLAGS = TX_DESCRIPTOR_CONTROL_LENGTH + TX_DESCRIPTOR_CONTROL_LENGTH_W;
localparam integer FLAG_IP = TX_DESCRIPTOR_CONTROL_IP_CHECKSUM - FLAGS;
localparam integer FLAG_L4 = TX_DESCRIPTOR_CONTROL_L4_CHECKSUM - FLAGS;
localparam integer FLAG_END = TX_DESCRIPTOR_CONTROL_END_OF_PACKET - FLAGS;

initial begin
    if (USER_W != META_W) begin
        $display("Error: USER_W must be META_W (%m)");
        $finish;
    end
    if (DATA_W > DMA_W || BUFFER_BYTES < MAX_FRAME || (1 << ADDR_W) != DEPTH
        || (1 << FRAME_W) != FRAMES) begin
        $display("Error: widths or sizes do not fit (%m)");
        $finish;
    end
end

// Lowest set bit
function [QUEUES-1:0] lowest;
    input [QUEUES-1:0] v;
    integer b;
    reg below;
    begin
        below = 1'b0;
        for (b = 0; b < QUEUES; b = b + 1) begin
            lowest[b] = v[b] && !below;
            below = below || v[b];
        end
    end
endfunction

function [3:0] queue_function;
    input [QUEUE_W-1:0] q;
    /* verilator lint_off UNUSED */
    integer f;
    /* verilator lint_on UNUSED */
    begin
        f = {{32-QUEUE_W{1'b0}}, q} / QUEUES_PER_FUNCTION;
        queue_function = f[3:0];
    end
endfunction

function [QUEUE_W-1:0] queue_of_function;
    input [QUEUE_W-1:0] q;
    /* verilator lint_off UNUSED */
    integer f;
    /* verilator lint_on UNUSED */
    begin
        f = {{32-QUEUE_W{1'b0}}, q} % QUEUES_PER_FUNCTION;
        queue_of_function = f[QUEUE_W-1:0];
    end
endfunction

// --- choose a queue and take a descriptor --------------------------------------------------------

// The way of a queue's turn, a clock each, one bit a queue: chosen, its descriptor being taken, on its
// way, the answer stands, the answer in a register. It comes to pass when the valid bit beside it is 1.
reg [QUEUES-1:0]     pick_reg, pop_reg, asked_reg, answer_reg, taken_turn_reg;
reg                  pick_valid_reg, pop_valid_reg, asked_valid_reg, answer_valid_reg;
reg [QUEUE_W-1:0]    pop_queue_reg, asked_queue_reg, answer_queue_reg;
reg [QUEUES-1:0]     above_reg;             // queues behind the one served last

wire                 list_room;             // for what is under way

reg [QUEUES-1:0]     usable;
reg [QUEUES-1:0]     usable_reg;
reg [QUEUES-1:0]     favoured_reg;          // and behind the one served last
reg                  usable_any_reg;        // one of them
reg [QUEUE_W-1:0]    pick_queue;
reg [QUEUES-1:0]     above_next;

wire [QUEUES-1:0]    pick = favoured_reg != 0 ? lowest(favoured_reg) : lowest(usable_reg);

integer i;

always @* begin
    pick_queue = {QUEUE_W{1'b0}};
    usable = {QUEUES{1'b0}};
    for (i = 0; i < QUEUES; i = i + 1) begin
        usable[i] = available[i] && tx_enable[i / QUEUES_PER_FUNCTION];
        if (pick_reg[i])
            pick_queue = pick_queue | i[QUEUE_W-1:0];
        above_next[i] = pick_valid_reg ? (pick_reg & ~({QUEUES{1'b1}} << i)) != 0 : above_reg[i];
    end
end

always @(posedge clk) begin
    usable_reg <= usable;
    favoured_reg <= usable & above_next;
    usable_any_reg <= usable != 0;
    // A queue is popped every second clock. The bits are late: the pop behind a queue's last
    // descriptor may find none, which does no harm.
    pick_reg <= pick;
    pick_valid_reg <= usable_any_reg && !pick_valid_reg && list_room;
    pop_reg <= pick_reg;
    pop_valid_reg <= pick_valid_reg;
    pop_queue_reg <= pick_queue;
    above_reg <= above_next;
    asked_reg <= pop_reg;
    asked_valid_reg <= pop_valid_reg;
    asked_queue_reg <= pop_queue_reg;
    answer_reg <= asked_reg;
    answer_valid_reg <= asked_valid_reg;
    answer_queue_reg <= asked_queue_reg;
    taken_turn_reg <= answer_reg;

    if (rst) begin
        usable_reg <= {QUEUES{1'b0}};
        favoured_reg <= {QUEUES{1'b0}};
        usable_any_reg <= 1'b0;
        pick_valid_reg <= 1'b0;
        pop_valid_reg <= 1'b0;
        asked_valid_reg <= 1'b0;
        answer_valid_reg <= 1'b0;
        above_reg <= {QUEUES{1'b0}};
    end
end

assign pop_valid = pop_valid_reg;
assign pop_queue = pop_queue_reg;

// --- the descriptors that were taken: check, and ask for the data --------------------------------

localparam integer LIST_W = QUEUE_W + 64 + 14 + 16 + 3 + 1 + 3;

// The answer, a clock later: it comes from a memory
reg                  taken_reg;
reg [QUEUE_W-1:0]    taken_queue_reg;
reg [63:0]           taken_address_reg;
reg [13:0]           taken_length_reg;
reg [15:0]           taken_index_reg;
reg                  taken_ip_reg, taken_l4_reg, taken_end_reg;

/* verilator lint_off UNUSED */
wire [14:0]          words = ({1'b0, taken_length_reg} + WORD_BYTES[14:0] - 15'd1) >> WORD_W;
/* verilator lint_on UNUSED */

// A clock later, with what there is to know of its length
reg                  checked_reg;
reg [QUEUE_W-1:0]    checked_queue_reg;
reg [63:0]           checked_address_reg;
reg [13:0]           checked_length_reg;
reg [15:0]           checked_index_reg;
reg                  checked_ip_reg, checked_l4_reg, checked_end_reg;
reg                  checked_runt_reg, checked_long_reg, checked_short_reg;
reg [ADDR_W:0]       checked_words_reg;

wire [2:0]           status = checked_runt_reg || checked_long_reg ? COMPLETION_STATUS_LENGTH_ERROR
                              : !checked_end_reg ? COMPLETION_STATUS_UNSUPPORTED
                                                 : COMPLETION_STATUS_OK;
wire                 status_ok = status == COMPLETION_STATUS_OK;

// The oldest of them
wire                 e_valid;
wire [QUEUE_W-1:0]   e_queue;
wire [63:0]          e_address;
wire [13:0]          e_length;
wire [15:0]          e_index;
wire                 e_ip, e_l4, e_short, e_read;
wire [2:0]           e_status;
wire                 issue;
reg                  issue_reg;         // it is asked for, or passed on with its error

dma_fifo #(
    .WIDTH(LIST_W),
    .DEPTH(16),
    .MARGIN(6)          // pops under way
) list (
    .clk(clk),
    .rst(rst),
    .in_data({checked_queue_reg, checked_address_reg, checked_length_reg, checked_index_reg, checked_ip_reg,
              checked_l4_reg, checked_short_reg, status_ok, status}),
    .in_valid(checked_reg),
    /* verilator lint_off PINCONNECTEMPTY */
    .in_ready(),        // room tells
    .empty(),           // the queues' counts tell
    /* verilator lint_on PINCONNECTEMPTY */
    .room(list_room),
    .out_data({e_queue, e_address, e_length, e_index, e_ip, e_l4, e_short, e_read, e_status}),
    .out_valid(e_valid),
    .out_ready(issue_reg)
);

// The words of the buffer that each of them needs. Those of the oldest are taken off room_reg before
// it is known whether there are as many: below 0 it waits.
wire                 claim;
wire [ADDR_W:0]      claim_words;
reg                  claimed_reg;
reg [ADDR_W+1:0]     room_reg;              // words that nothing is promised to

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(ADDR_W + 1),
    .DEPTH(16)
) claims (
    .clk(clk),
    .rst(rst),
    .in_data(status_ok ? checked_words_reg : {ADDR_W+1{1'b0}}),
    .in_valid(checked_reg),
    .in_ready(),
    .room(),
    .out_data(claim_words),
    .out_valid(claim),
    .out_ready(!claimed_reg),
    .empty()
);
/* verilator lint_on PINCONNECTEMPTY */

reg [ADDR_W:0]       release_reg;           // words to give back
reg [FRAME_W:0]      undone_reg;            // frames that are not offered at tx_done yet
reg [FRAME_W:0]      unsent_reg;            // frames that are not given to the output, or dropped
reg                  offered_reg;           // one has been offered at tx_done,
reg                  sent_reg;              // one given to the output,
reg                  dropped_reg;           // one dropped in the clock before

wire                 request_room;

assign issue = e_valid && claimed_reg && !undone_reg[FRAME_W] && !unsent_reg[FRAME_W] && !room_reg[ADDR_W+1]
               && request_room;

always @(posedge clk) begin
    taken_reg <= answer_valid_reg && pop_ok;
    taken_queue_reg <= answer_queue_reg;
    taken_address_reg <= pop_address;
    taken_length_reg <= pop_length;
    taken_index_reg <= pop_index;
    taken_ip_reg <= pop_flags[FLAG_IP];
    taken_l4_reg <= pop_flags[FLAG_L4];
    taken_end_reg <= pop_flags[FLAG_END];

    checked_reg <= taken_reg;
    checked_queue_reg <= taken_queue_reg;
    checked_address_reg <= taken_address_reg;
    checked_length_reg <= taken_length_reg;
    checked_index_reg <= taken_index_reg;
    checked_ip_reg <= taken_ip_reg;
    checked_l4_reg <= taken_l4_reg;
    checked_end_reg <= taken_end_reg;
    checked_runt_reg <= taken_length_reg < 14'd14;
    checked_long_reg <= taken_length_reg > MAX_FRAME[13:0];
    checked_short_reg <= taken_length_reg < MIN_FRAME;
    checked_words_reg <= words[ADDR_W:0];

    claimed_reg <= claimed_reg ? !issue : claim;
    // A frame every second clock at most
    issue_reg <= issue;
    undone_reg <= undone_reg + {{FRAME_W{1'b0}}, issue_reg} - {{FRAME_W{1'b0}}, offered_reg};
    unsent_reg <= unsent_reg + {{FRAME_W{1'b0}}, issue_reg}
                  - ({{FRAME_W{1'b0}}, sent_reg} + {{FRAME_W{1'b0}}, dropped_reg});
    room_reg <= room_reg + {1'b0, release_reg} - {1'b0, claim_words & {ADDR_W+1{claim && !claimed_reg}}};

    if (rst) begin
        taken_reg <= 1'b0;
        checked_reg <= 1'b0;
        claimed_reg <= 1'b0;
        issue_reg <= 1'b0;
        undone_reg <= {FRAME_W+1{1'b0}};
        unsent_reg <= {FRAME_W+1{1'b0}};
        room_reg <= DEPTH[ADDR_W+1:0];
    end
end

// A queue of two, so that request_ready goes no further. The address is data, the rest travels as
// tuser.
/* verilator lint_off UNUSED */
wire [7:0]           request_keep;          // all ones
wire                 request_last;
/* verilator lint_on UNUSED */

axis_register #(
    .DATA_W(64),
    .USER_W(18)
) request (
    .clk(clk),
    .rst(rst),
    .s_axis_tdata(e_address),
    .s_axis_tkeep(8'hff),
    .s_axis_tlast(1'b1),
    .s_axis_tuser({queue_function(e_queue), e_length}),
    .s_axis_tvalid(issue_reg && e_read),
    .s_axis_tready(request_room),
    .m_axis_tdata(request_address),
    .m_axis_tkeep(request_keep),
    .m_axis_tlast(request_last),
    .m_axis_tuser({request_function, request_length}),
    .m_axis_tvalid(request_valid),
    .m_axis_tready(request_ready),
    /* verilator lint_off PINCONNECTEMPTY */
    .busy()             // the queues' counts tell
    /* verilator lint_on PINCONNECTEMPTY */
);

// --- the data comes: in order, straight behind the frame before ----------------------------------

(* no_rw_check *) (* ram_style = "block" *)
reg [DMA_W-1:0]      buffer_ram[0:DEPTH-1];
reg [ADDR_W-1:0]     write_reg;
reg [ADDR_W-1:0]     start_reg;             // first word of the frame that is coming

wire [ADDR_W-1:0]    write_next = write_reg + 1'b1;
wire                 word_read;             // the output is done with a word

// What comes, a clock later: the memory may be far away
reg                  in_valid_reg, in_last_reg, in_error_reg;
reg [DMA_W-1:0]      in_data_reg;
// Words to give back: one that has been read, those of a frame with an error less 1
reg                  word_read_reg, lost_reg;
reg [ADDR_W-1:0]     lost_words_reg;

always @(posedge clk) begin
    in_valid_reg <= response_valid;
    in_data_reg <= response_data;
    in_last_reg <= response_last;
    in_error_reg <= response_error;

    word_read_reg <= word_read;
    lost_reg <= in_valid_reg && in_last_reg && in_error_reg;
    lost_words_reg <= write_reg - start_reg;
    release_reg <= {1'b0, lost_words_reg & {ADDR_W{lost_reg}}} + {{ADDR_W{1'b0}}, lost_reg}
                   + {{ADDR_W{1'b0}}, word_read_reg};
    if (in_valid_reg) begin
        buffer_ram[write_reg] <= in_data_reg;
        // The frame behind one with an error takes its place.
        write_reg <= in_last_reg && in_error_reg ? start_reg : write_next;
        if (in_last_reg && !in_error_reg)
            start_reg <= write_next;
    end

    if (rst) begin
        in_valid_reg <= 1'b0;
        word_read_reg <= 1'b0;
        lost_reg <= 1'b0;
        write_reg <= {ADDR_W{1'b0}};
        start_reg <= {ADDR_W{1'b0}};
        release_reg <= {ADDR_W+1{1'b0}};
    end
end

// --- each frame's fate, in order -----------------------------------------------------------------

// No queue of frames ever gets full: there are not more than FRAMES of them.

// Frames that have come
wire                 come;
wire                 come_error;
// Frames that are asked for, with what becomes of them
localparam integer FRAME_INFO_W = QUEUE_W + 14 + 16 + 3 + 1 + 3;

wire                 c_valid;
wire [QUEUE_W-1:0]   c_queue;
wire [13:0]          c_length;
wire [15:0]          c_index;
wire                 c_ip, c_l4, c_short;
wire                 c_read;
wire [2:0]           c_check;           // status of the descriptor
wire                 resolve = c_valid && (!c_read || come);

reg                  done_valid_reg;
reg [QUEUE_W-1:0]    done_queue_reg;
reg [15:0]           done_index_reg;
reg [13:0]           done_length_reg;
reg [2:0]            done_status_reg;
reg                  send_valid_reg;
reg                  send_ip_reg, send_l4_reg, send_short_reg;
reg [13:0]           send_data_m1_reg;      // bytes in memory less 1

// The oldest that is done, and the one that is offered. A clock lies between two that are offered, so
// that ready goes no further than valid.
wire                 d_valid;
wire [QUEUE_W-1:0]   d_queue;
wire [15:0]          d_index;
wire [2:0]           d_status;
reg                  tx_done_valid_reg;
reg [QUEUE_W-1:0]    tx_done_gq_reg;
reg [15:0]           tx_done_index_reg;
reg [2:0]            tx_done_status_reg;

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(1),
    .DEPTH(FRAMES)
) comes (
    .clk(clk),
    .rst(rst),
    .in_data(response_error),
    .in_valid(response_valid && response_last),
    .in_ready(),
    .room(),
    .out_data(come_error),
    .out_valid(come),
    .out_ready(c_valid && c_read),
    .empty()
);

dma_fifo #(
    .WIDTH(FRAME_INFO_W),
    .DEPTH(FRAMES)
) frames (
    .clk(clk),
    .rst(rst),
    .in_data({e_queue, e_length, e_index, e_ip, e_l4, e_short, e_read, e_status}),
    .in_valid(issue_reg),
    .in_ready(),
    .room(),
    .out_data({c_queue, c_length, c_index, c_ip, c_l4, c_short, c_read, c_check}),
    .out_valid(c_valid),
    .out_ready(!c_read || come),
    .empty()
);

dma_fifo #(
    .WIDTH(QUEUE_W + 16 + 3),
    .DEPTH(FRAMES)
) done (
    .clk(clk),
    .rst(rst),
    .in_data({done_queue_reg, done_index_reg, done_status_reg}),
    .in_valid(done_valid_reg),
    .in_ready(),
    .room(),
    .out_data({d_queue, d_index, d_status}),
    .out_valid(d_valid),
    .out_ready(!tx_done_valid_reg),
    .empty()
);
/* verilator lint_on PINCONNECTEMPTY */

always @(posedge clk) begin
    done_valid_reg <= resolve;
    send_valid_reg <= resolve && c_read && !come_error;
    dropped_reg <= resolve && (!c_read || come_error);
    if (!tx_done_valid_reg) begin
        tx_done_gq_reg <= d_queue;
        tx_done_index_reg <= d_index;
        tx_done_status_reg <= d_status;
    end
    tx_done_valid_reg <= tx_done_valid_reg ? !tx_done_ready : d_valid;
    offered_reg <= d_valid && !tx_done_valid_reg;
    done_queue_reg <= c_queue;
    done_index_reg <= c_index;
    done_length_reg <= c_length;
    done_status_reg <= c_read && come_error ? COMPLETION_STATUS_DMA_ERROR : c_check;
    send_ip_reg <= c_ip;
    send_l4_reg <= c_l4;
    send_short_reg <= c_short;
    send_data_m1_reg <= c_length - 14'd1;

    if (rst) begin
        done_valid_reg <= 1'b0;
        send_valid_reg <= 1'b0;
        tx_done_valid_reg <= 1'b0;
        dropped_reg <= 1'b0;
        offered_reg <= 1'b0;
    end
end

assign tx_done_valid = tx_done_valid_reg;
assign tx_done_gq = tx_done_gq_reg;
assign tx_done_index = tx_done_index_reg;
assign tx_done_status = {1'd0, tx_done_status_reg};
assign tx_queue_event_valid = done_valid_reg;
assign tx_queue_event_index = {done_queue_reg, done_status_reg};
assign tx_queue_event_bytes = done_length_reg;

// --- output: frame after frame, a beat a clock ---------------------------------------------------

// The oldest frame that waits, with its bytes in memory less 1
wire                 o_valid;
wire [QUEUE_W-1:0]   o_queue;
wire                 o_ip, o_l4, o_short;
wire [13:0]          o_data_m1;
wire [13:0]          o_frame_m1 = o_short ? MIN_FRAME - 14'd1 : o_data_m1;
// The frame that is next. It is taken when there is none: a frame in two clocks at most.
reg                  n_valid_reg;
reg [QUEUE_W-1:0]    n_queue_reg;
reg                  n_ip_reg, n_l4_reg;
reg [13:0]           n_data_m1_reg, n_frame_m1_reg, n_length_reg;   // the second and third with padding
reg                  n_data_last_reg, n_last_reg;                   // they are one beat

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(QUEUE_W + 3 + 14),
    .DEPTH(FRAMES)
) sends (
    .clk(clk),
    .rst(rst),
    .in_data({done_queue_reg, send_ip_reg, send_l4_reg, send_short_reg, send_data_m1_reg}),
    .in_valid(send_valid_reg),
    .in_ready(),
    .room(),
    .out_data({o_queue, o_ip, o_l4, o_short, o_data_m1}),
    .out_valid(o_valid),
    .out_ready(!n_valid_reg),
    .empty()
);
/* verilator lint_on PINCONNECTEMPTY */

// The frame that leaves
reg                  g_valid_reg;
reg [QUEUE_W-1:0]    g_queue_reg;
reg                  g_ip_reg, g_l4_reg;
reg                  g_data_reg;                // beats with data are left
reg                  g_data_last_reg;           // this is the last of them
reg [13:0]           g_data_m1_reg;             // bytes left, less 1
reg                  g_last_reg;                // this is the last beat
reg [13:0]           g_frame_m1_reg;            // the same with padding
reg [13:0]           g_length_reg;
reg [RATIO_W-1:0]    g_beat_reg;                // beat of the word
reg [ADDR_W-1:0]     read_reg;

wire                 out_room;
wire                 g_word_last = g_data_reg
                                   && (g_data_last_reg || g_beat_reg == RATIO[RATIO_W-1:0] - 1'b1);
wire                 g_step = g_valid_reg && out_room;
wire                 n_take = n_valid_reg && (!g_valid_reg || (g_step && g_last_reg));

assign word_read = g_step && g_word_last;

// Three stages behind the memory's address, which do not stop: memory, register, beat of the word
// and mask
reg                  p_valid_reg, r_valid_reg, q_valid_reg;
reg                  p_last_reg, r_last_reg, q_last_reg;
reg [RATIO_W-1:0]    p_beat_reg, r_beat_reg;
reg                  p_data_reg, p_data_last_reg, r_data_reg, r_data_last_reg;
reg [BEAT_W-1:0]     p_data_end_reg, p_end_reg, r_data_end_reg, r_end_reg, q_end_reg;
reg [QUEUE_W-1:0]    p_queue_reg, r_queue_reg, q_queue_reg;
reg                  p_ip_reg, p_l4_reg, r_ip_reg, r_l4_reg, q_ip_reg, q_l4_reg;
reg [13:0]           p_length_reg, r_length_reg, q_length_reg;
reg [DMA_W-1:0]      p_word_reg, r_word_reg;
reg [DATA_W-1:0]     q_word_reg;
reg [BEAT_BYTES-1:0] q_mask_reg;
wire [DATA_W-1:0]    q_mask_bits;

localparam [BEAT_BYTES-1:0] ALL = {BEAT_BYTES{1'b1}};

genvar g;
generate
    for (g = 0; g < BEAT_BYTES; g = g + 1) begin : lane
        assign q_mask_bits[g*8 +: 8] = {8{q_mask_reg[g]}};
    end
endgenerate

always @(posedge clk) begin
    sent_reg <= o_valid && !n_valid_reg;
    n_valid_reg <= n_valid_reg ? !n_take : o_valid;
    if (!n_valid_reg) begin
        n_queue_reg <= o_queue;
        n_ip_reg <= o_ip;
        n_l4_reg <= o_l4;
        n_data_m1_reg <= o_data_m1;
        n_frame_m1_reg <= o_frame_m1;
        n_length_reg <= o_short ? MIN_FRAME : o_data_m1 + 14'd1;
        n_data_last_reg <= o_data_m1[13:BEAT_W] == 0;
        n_last_reg <= o_frame_m1[13:BEAT_W] == 0;
    end
    if (g_step) begin
        g_frame_m1_reg[13:BEAT_W] <= g_frame_m1_reg[13:BEAT_W] - 1'b1;
        g_data_m1_reg[13:BEAT_W] <= g_data_m1_reg[13:BEAT_W] - 1'b1;
        g_last_reg <= g_frame_m1_reg[13:BEAT_W] == 1;
        g_data_last_reg <= g_data_m1_reg[13:BEAT_W] == 1;
        if (g_data_last_reg)
            g_data_reg <= 1'b0;
        g_beat_reg <= g_word_last ? {RATIO_W{1'b0}} : g_beat_reg + 1'b1;
        if (g_word_last)
            read_reg <= read_reg + 1'b1;
        if (g_last_reg)
            g_valid_reg <= 1'b0;
    end
    if (n_take) begin
        g_valid_reg <= 1'b1;
        g_queue_reg <= n_queue_reg;
        g_ip_reg <= n_ip_reg;
        g_l4_reg <= n_l4_reg;
        g_data_reg <= 1'b1;
        g_data_last_reg <= n_data_last_reg;
        g_last_reg <= n_last_reg;
        g_data_m1_reg <= n_data_m1_reg;
        g_frame_m1_reg <= n_frame_m1_reg;
        g_length_reg <= n_length_reg;
        g_beat_reg <= {RATIO_W{1'b0}};
    end

    p_valid_reg <= g_step;
    p_word_reg <= buffer_ram[read_reg];
    p_last_reg <= g_last_reg;
    p_beat_reg <= g_beat_reg;
    p_data_reg <= g_data_reg;
    p_data_last_reg <= g_data_last_reg;
    p_data_end_reg <= g_data_m1_reg[BEAT_W-1:0];
    p_end_reg <= g_frame_m1_reg[BEAT_W-1:0];
    p_queue_reg <= g_queue_reg;
    p_ip_reg <= g_ip_reg;
    p_l4_reg <= g_l4_reg;
    p_length_reg <= g_length_reg;

    r_valid_reg <= p_valid_reg;
    r_word_reg <= p_word_reg;
    r_last_reg <= p_last_reg;
    r_beat_reg <= p_beat_reg;
    r_data_reg <= p_data_reg;
    r_data_last_reg <= p_data_last_reg;
    r_data_end_reg <= p_data_end_reg;
    r_end_reg <= p_end_reg;
    r_queue_reg <= p_queue_reg;
    r_ip_reg <= p_ip_reg;
    r_l4_reg <= p_l4_reg;
    r_length_reg <= p_length_reg;

    q_valid_reg <= r_valid_reg;
    q_word_reg <= r_word_reg[r_beat_reg*DATA_W +: DATA_W];
    q_mask_reg <= !r_data_reg ? ~ALL
                  : r_data_last_reg ? ALL >> ~r_data_end_reg : ALL;
    q_last_reg <= r_last_reg;
    q_end_reg <= r_end_reg;
    q_queue_reg <= r_queue_reg;
    q_ip_reg <= r_ip_reg;
    q_l4_reg <= r_l4_reg;
    q_length_reg <= r_length_reg;

    if (rst) begin
        sent_reg <= 1'b0;
        n_valid_reg <= 1'b0;
        g_valid_reg <= 1'b0;
        p_valid_reg <= 1'b0;
        r_valid_reg <= 1'b0;
        q_valid_reg <= 1'b0;
        read_reg <= {ADDR_W{1'b0}};
    end
end

wire [QUEUE_W-1:0]   out_queue;
wire                 out_ip, out_l4;
wire [13:0]          out_length;
wire                 out_empty;

dma_fifo #(
    .WIDTH(DATA_W + BEAT_BYTES + 1 + QUEUE_W + 2 + 14),
    .DEPTH(16),
    .MARGIN(6)          // the stages above
) out (
    .clk(clk),
    .rst(rst),
    .in_data({q_word_reg & q_mask_bits, q_last_reg ? ALL >> ~q_end_reg : ALL, q_last_reg,
              q_queue_reg, q_ip_reg, q_l4_reg, q_length_reg}),
    .in_valid(q_valid_reg),
    /* verilator lint_off PINCONNECTEMPTY */
    .in_ready(),        // room tells
    /* verilator lint_on PINCONNECTEMPTY */
    .room(out_room),
    .out_data({m_axis_tdata, m_axis_tkeep, m_axis_tlast, out_queue, out_ip, out_l4, out_length}),
    .out_valid(m_axis_tvalid),
    .out_ready(m_axis_tready),
    .empty(out_empty)
);

reg [USER_W-1:0]     user;

always @* begin
    user = {USER_W{1'b0}};
    user[META_PORT +: META_PORT_W] = queue_function(out_queue);
    user[META_FUNCTION +: META_FUNCTION_W] = queue_function(out_queue);
    user[META_QUEUE +: QUEUE_W] = queue_of_function(out_queue);
    user[META_LENGTH +: META_LENGTH_W] = out_length;
    user[META_WANT_IP_CSUM] = out_ip;
    user[META_WANT_L4_CSUM] = out_l4;
end

assign m_axis_tuser = user;

// --- what is inside ---------------------------------------------------------------------------------

generate
    for (g = 0; g < QUEUES; g = g + 1) begin : queue
        localparam integer QUEUE = g;
        reg [COUNT_W-1:0] count_reg;        // descriptors from checked_reg to tx_done
        wire more = taken_reg && taken_turn_reg[g];
        reg less_reg;                       // one was reported in the clock before
        reg idle_reg;

        always @(posedge clk) begin
            less_reg <= tx_done_valid_reg && tx_done_ready && tx_done_gq_reg == QUEUE[QUEUE_W-1:0];
            count_reg <= count_reg + {{COUNT_W-1{less_reg && !more}}, less_reg != more};
            idle_reg <= count_reg == 0 && !usable_reg[g] && !pick_reg[g] && !pop_reg[g]
                        && !asked_reg[g] && !answer_reg[g] && !taken_turn_reg[g];
            if (rst) begin
                less_reg <= 1'b0;
                count_reg <= {COUNT_W{1'b0}};
                idle_reg <= 1'b1;
            end
        end
        assign queue_idle[g] = idle_reg;
    end
endgenerate

// The queues' bits cover a descriptor until tx_done, sending_reg what is left then
reg                  sending_reg;
reg                  busy_reg;

always @(posedge clk) begin
    sending_reg <= unsent_reg != 0 || n_valid_reg || g_valid_reg || p_valid_reg || r_valid_reg
                   || q_valid_reg || !out_empty;
    busy_reg <= usable_any_reg || !(&queue_idle) || sending_reg;
    if (rst) begin
        sending_reg <= 1'b0;
        busy_reg <= 1'b0;
    end
end

assign busy = usable != {QUEUES{1'b0}} || usable_any_reg || busy_reg;

`ifdef FORMAL
// The turns, of one queue, any: one queue is picked at a time, only one that could be used in the clock
// before, and while one can, at most QUEUES - 1 picks of others come before its own.
reg f_past_reg = 1'b0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
reg [QUEUES-1:0] f_usable_reg;          // in the clock of the pick
reg [QUEUE_W-1:0] f_last_reg;           // picked last
reg f_begun_reg;                        // there was one
reg [QUEUE_W:0] f_passed_reg;           // picked before it
wire f_pick = usable_any_reg && !pick_valid_reg && list_room;
wire f_own = f_pick && pick[f_queue];
wire f_waits = usable_reg[f_queue];
reg f_waited_reg;                       // it waited in the clock before, and was not picked
reg [QUEUE_W-1:0] f_picked;
// Queues between the last one picked and it
wire [QUEUE_W-1:0] f_place = f_queue - f_last_reg - 1'b1;
integer f_i;

always @* begin
    f_picked = {QUEUE_W{1'b0}};
    for (f_i = 0; f_i < QUEUES; f_i = f_i + 1)
        if (pick[f_i])
            f_picked = f_picked | f_i[QUEUE_W-1:0];
end

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_usable_reg <= usable_reg;
    if (f_pick)
        f_last_reg <= f_picked;
    f_begun_reg <= (f_begun_reg || f_pick) && !rst;
    f_waited_reg <= f_waits && !f_own && !rst;
    f_passed_reg <= !f_waits || f_own || rst ? {QUEUE_W+1{1'b0}} : f_passed_reg + {{QUEUE_W{1'b0}}, f_pick};
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    assume (f_queue < QUEUES);
    if (f_past_reg) begin
        if (pick_valid_reg) begin
            assert (pick_reg != {QUEUES{1'b0}} && (pick_reg & (pick_reg - 1'b1)) == {QUEUES{1'b0}});
            assert ((pick_reg & ~f_usable_reg) == {QUEUES{1'b0}});
        end
        assert ({1'b0, f_passed_reg} < QUEUES);

        // What holds always
        assert (usable_any_reg == (usable_reg != {QUEUES{1'b0}}));
        assert (!pick_valid_reg || (f_begun_reg && pick_reg == {{QUEUES-1{1'b0}}, 1'b1} << f_last_reg));
        assert (favoured_reg == (usable_reg & above_reg));
        if (f_begun_reg && !pick_valid_reg)
            assert (above_reg == {{QUEUES-1{1'b1}}, 1'b0} << f_last_reg);
        assert (f_passed_reg == 0 || (f_waited_reg && f_begun_reg));
        if (f_passed_reg != 0)
            assert ({1'b0, f_passed_reg} + {2'd0, f_place} < QUEUES);
        cover (f_passed_reg == QUEUES - 1);
        cover (f_own && f_passed_reg == QUEUES - 1);
    end
end
`endif

endmodule

`resetall
