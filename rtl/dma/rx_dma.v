// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Receive: gives each frame a descriptor of its queue and hands it to dma_write, or drops it.
//
// Up to 4 descriptors a queue are taken ahead. A frame whose queue has none waits as long as
// descriptor_fetch says that one is coming, at most WAIT_CLOCKS, and is dropped with NO_DESCRIPTOR
// when not; frames behind it wait too. After a wait in vain the queue's frames are dropped at once
// until a descriptor comes. A frame for a queue that is not running is dropped with QUEUE_DISABLED.
// The frame's length is the metadata's; it must be the stream's.
//
// A frame longer than its buffer: without scatter it is dropped and the descriptor serves the next
// frame of the queue. With scatter it is cut: a piece that is not the last takes the length of its
// buffer rounded down to a multiple of 64. Pieces are frames of their own to dma_write, each with its
// entry, one behind the other. A piece is begun only when the descriptor of the next one is here;
// when none is coming, the frame is dropped whole with NO_DESCRIPTOR (first piece), or ends with the
// piece, which is TRUNCATED, and the rest is lost. When the queue stops within a frame, the rest is
// dropped and the frame counts as QUEUE_DISABLED. A buffer of less than 64 bytes takes no piece.
//
// Rate: a frame takes its beats, at least 2 clocks, and so does a piece; a drop takes no more.
// With DATA_W up to 128 a frame has 4 beats or more. Latency: 5 clocks, beyond that width 3.
// s_axis_tready comes from a register. Order: frames leave in order of arrival, over all queues.
// A queue that stops loses the descriptors taken ahead; frames already handed on finish.
// One event for each frame: drops when they are decided, the others when `done_event` comes.

module rx_dma #
(
    // Width of the packet bus in bits: 64, 128, 256 or 512
    parameter integer DATA_W = 64,
    // Width of the host bus in bits: 128, 256 or 512; not below DATA_W
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 232,
    // Clocks that a frame waits for a descriptor that is coming
    parameter integer WAIT_CLOCKS = 1000
)
(
    input  wire                clk,
    input  wire                rst,

    // 1: the queue is enabled and has no ring error of any kind
    input  wire [QUEUES-1:0]   queue_running,

    // 1: cut the function's frames that are longer than their buffers
    input  wire [QUEUES/QUEUES_PER_FUNCTION-1:0] scatter,

    // Frames, with complete metadata
    input  wire [DATA_W-1:0]   s_axis_tdata,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [DATA_W/8-1:0] s_axis_tkeep,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire                s_axis_tlast,
    input  wire                s_axis_tvalid,
    output wire                s_axis_tready,
    input  wire [USER_W-1:0]   s_axis_tuser,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]   available,
    input  wire [QUEUES-1:0]   pending,
    output wire                pop_valid,
    output wire [QUEUE_W-1:0]  pop_queue,
    input  wire                pop_ok,
    input  wire [63:0]         pop_address,
    input  wire [13:0]         pop_length,
    input  wire [15:0]         pop_index,

    // Frames to dma_write; address, length and function are valid on the first beat. Nothing is put
    // while ready is 0, which must come from a register and not wait for valid
    output wire [DMA_W-1:0]    m_frame_tdata,
    output wire                m_frame_tlast,
    output wire                m_frame_tvalid,
    input  wire                m_frame_tready,
    output wire [63:0]         m_frame_address,
    output wire [13:0]         m_frame_length,
    output wire [3:0]          m_frame_function,

    // To completion_writer, one for each frame or piece handed on, in the same order: queue, place
    // in its frame, the frame's whole length, index of the descriptor, and the completion's words 0 to 4
    output wire                entry_valid,
    input  wire                entry_ready,
    output wire [QUEUE_W-1:0]  entry_queue,
    output wire                entry_first,
    output wire                entry_more,
    output wire                entry_truncated,
    output wire [13:0]         entry_bytes,
    output wire [15:0]         entry_index,
    output wire [159:0]        entry_words,

    // From completion_writer: what became of a frame handed on
    input  wire                done_event_valid,
    input  wire [QUEUE_W+2:0]  done_event_index,
    input  wire [13:0]         done_event_bytes,

    // Counting: index is {queue, rx_queue_result_e}
    output wire                rx_queue_event_valid,
    output wire [QUEUE_W+2:0]  rx_queue_event_index,
    output wire [13:0]         rx_queue_event_bytes,

    // 1: no frame of the queue is between its descriptor and completion_writer
    output wire [QUEUES-1:0]   queue_idle,
    // 1: a frame is inside, or descriptors are on their way in
    output wire                busy
);

`include "metadata.vh"
`include "sekisho.vh"

// Receive stream, first register: user data counts on the first beat, the queue on every one
wire s0_valid;
wire s0_first;
wire s0_last;
wire s0_bad;
wire [DATA_W-1:0] s0_data;
/* verilator lint_off UNUSEDSIGNAL */
wire [USER_W-1:0] s0_user;
/* verilator lint_on UNUSEDSIGNAL */
wire [QUEUE_W-1:0] s0_queue;
wire s0_busy;
wire s0_move;

localparam integer FUNCTION_W = QUEUES > 2 * QUEUES_PER_FUNCTION ? $clog2(QUEUES / QUEUES_PER_FUNCTION) : 1;

reg in_frame_reg;
reg in_bad_reg;
reg [QUEUE_W-1:0] in_queue_reg;

wire [FUNCTION_W-1:0] s0_function = s0_user[META_FUNCTION +: FUNCTION_W];
wire [META_FUNCTION_W-1:0] in_function = s_axis_tuser[META_FUNCTION +: META_FUNCTION_W];
wire [META_QUEUE_W-1:0] in_queue = s_axis_tuser[META_QUEUE +: META_QUEUE_W];
wire [31:0] in_gq = {28'd0, in_function} * QUEUES_PER_FUNCTION + ({24'd0, in_queue} & (QUEUES_PER_FUNCTION - 1));
wire [QUEUE_W-1:0] in_queue_now = in_frame_reg ? in_queue_reg : in_gq[QUEUE_W-1:0];
// A function's table may name a queue that it does not have: never another function's
wire in_bad_now = in_frame_reg ? in_bad_reg : {24'd0, in_queue} >= QUEUES_PER_FUNCTION || in_gq >= QUEUES;

always @(posedge clk) begin
    if (s_axis_tvalid && s_axis_tready) begin
        in_frame_reg <= !s_axis_tlast;
        in_queue_reg <= in_queue_now;
        in_bad_reg <= in_bad_now;
    end
    if (rst)
        in_frame_reg <= 1'b0;
end

/* verilator lint_off PINCONNECTEMPTY */
axis_register #(
    .DATA_W(DATA_W),
    .USER_W(USER_W + QUEUE_W + 2)
) in_register (
    .clk(clk),
    .rst(rst),
    .s_axis_tdata(s_axis_tdata),
    .s_axis_tkeep({DATA_W/8{1'b1}}),
    .s_axis_tlast(s_axis_tlast),
    .s_axis_tuser({in_queue_now, in_bad_now, !in_frame_reg, s_axis_tuser}),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tready(s_axis_tready),
    .m_axis_tdata(s0_data),
    .m_axis_tkeep(),
    .m_axis_tlast(s0_last),
    .m_axis_tuser({s0_queue, s0_bad, s0_first, s0_user}),
    .m_axis_tvalid(s0_valid),
    .m_axis_tready(s0_move),
    .busy(s0_busy)
);
/* verilator lint_on PINCONNECTEMPTY */

// State of the descriptors of the frame's queue, a clock ahead of the decision
wire [QUEUES-1:0] have;
wire [QUEUES-1:0] none;
wire [QUEUES-1:0] have_second;
wire [QUEUES-1:0] none_second;
wire [2*QUEUES-1:0] read_pointer;
wire descriptors_busy;

reg s1_valid_reg;
reg s1_first_reg;
reg s1_last_reg;
reg [DATA_W-1:0] s1_data_reg;
reg dropping_reg;
reg again_reg;              // the next beat begins a piece that is not the first
reg counting_reg;           // the piece is not the last: it ends when the count is 1
reg [13:0] count_reg;       // beats of the piece that are to come
reg truncated_reg;          // and nothing comes behind it

// The frame whose pieces are to be decided
reg frame_bad_reg;
reg frame_scatter_reg;
reg frame_stopped_reg;      // the queue has stopped within the frame
reg frame_begun_reg;        // a piece has been given
reg [QUEUE_W-1:0] frame_queue_reg;
reg [META_FUNCTION_W-1:0] frame_function_reg;
reg [META_LENGTH_W-1:0] frame_length_reg;
reg [META_LENGTH_W-1:0] frame_left_reg;     // bytes that no piece has
reg [159:0] frame_words_reg;

reg waiting_reg;            // s1 has not been decided: look at its queue, not that of s0
reg look_frame_reg;         // the look is at the queue of the frame,
reg look_ok_reg;            // and as it is now
reg look_running_reg;
reg look_have_reg;
reg look_none_reg;
reg look_have_second_reg;
reg look_none_second_reg;
reg [15:0] descriptor_index_reg;
reg [13:0] descriptor_length_reg;
reg [63:0] descriptor_address_reg;
wire [93:0] look_descriptor;

// The completion's words, but the last and the length
reg [159:0] words;

always @* begin
    words = 160'd0;
    words[RX_COMPLETION_PACKET_L3_TYPE +: RX_COMPLETION_PACKET_L3_TYPE_W] = s0_user[META_L3_TYPE +: META_L3_TYPE_W];
    words[RX_COMPLETION_PACKET_L4_TYPE +: RX_COMPLETION_PACKET_L4_TYPE_W] = s0_user[META_L4_TYPE +: META_L4_TYPE_W];
    words[RX_COMPLETION_PACKET_VLAN_TAGS +: RX_COMPLETION_PACKET_VLAN_TAGS_W] = s0_user[META_VLAN_TAGS +: META_VLAN_TAGS_W];
    words[RX_COMPLETION_PACKET_REASON +: RX_COMPLETION_PACKET_REASON_W] = s0_user[META_REASON +: META_REASON_W];
    words[RX_COMPLETION_PACKET_IP_VERDICT +: RX_COMPLETION_PACKET_IP_VERDICT_W] = s0_user[META_IP_VERDICT +: META_IP_VERDICT_W];
    words[RX_COMPLETION_PACKET_L4_VERDICT +: RX_COMPLETION_PACKET_L4_VERDICT_W] = s0_user[META_L4_VERDICT +: META_L4_VERDICT_W];
    words[RX_COMPLETION_RSS_HASH_VALUE +: RX_COMPLETION_RSS_HASH_VALUE_W] = s0_user[META_RSS_HASH +: META_RSS_HASH_W];
    words[RX_COMPLETION_SUM_RAW_SUM +: RX_COMPLETION_SUM_RAW_SUM_W] = s0_user[META_RAW_SUM +: META_RAW_SUM_W];
    words[RX_COMPLETION_SUM_VLAN_TCI +: RX_COMPLETION_SUM_VLAN_TCI_W] = s0_user[META_VLAN_TCI +: META_VLAN_TCI_W];
    words[RX_COMPLETION_OFFSETS_L3_OFFSET +: RX_COMPLETION_OFFSETS_L3_OFFSET_W] = s0_user[META_L3_OFFSET +: META_L3_OFFSET_W];
    words[RX_COMPLETION_OFFSETS_L4_OFFSET +: RX_COMPLETION_OFFSETS_L4_OFFSET_W] = s0_user[META_L4_OFFSET +: META_L4_OFFSET_W];
    words[RX_COMPLETION_OFFSETS_PAYLOAD_OFFSET +: RX_COMPLETION_OFFSETS_PAYLOAD_OFFSET_W] = s0_user[META_PAYLOAD_OFFSET +: META_PAYLOAD_OFFSET_W];
    words[RX_COMPLETION_OFFSETS_HASH_TYPE +: RX_COMPLETION_OFFSETS_HASH_TYPE_W] = s0_user[META_HASH_TYPE +: META_HASH_TYPE_W];
    words[RX_COMPLETION_TIMESTAMP_VALUE +: RX_COMPLETION_TIMESTAMP_VALUE_W] = s0_user[META_TIMESTAMP +: META_TIMESTAMP_W];
end

wire s1_start = s1_valid_reg && (s1_first_reg || again_reg);
wire first_move = s0_move && s0_first;
wire first_may_move;        // no piece of the frame before can begin: its registers may go
wire [QUEUE_W-1:0] want_queue = waiting_reg ? frame_queue_reg : s0_queue;
wire want_bad = waiting_reg ? frame_bad_reg : s0_bad;
wire want_ok = first_move || waiting_reg || same_queue;
wire same_queue = s0_queue == frame_queue_reg && !s0_bad;
wire s1_move;
wire s1_room = !s1_valid_reg || s1_move;
wire start_give;

// The queue and the entry to look at, and whether it is the frame's and as it is now
wire [QUEUE_W-1:0] look_queue;
wire [1:0] look_pointer;
wire look_bad;
wire look_frame;
wire look_fresh;
wire frame_changed;         // the look was at the frame before

// To s1: of s0, or of registers between the two
wire next_first;
wire next_last;
wire [DATA_W-1:0] next_data;
wire next_move;

always @(posedge clk) begin
    look_running_reg <= queue_running[look_queue] && !look_bad;
    look_have_reg <= have[look_queue];
    look_none_reg <= none[look_queue];
    look_have_second_reg <= have_second[look_queue];
    look_none_second_reg <= none_second[look_queue];
    {descriptor_index_reg, descriptor_length_reg, descriptor_address_reg} <= look_descriptor;
    waiting_reg <= s1_start && !s1_move;
    look_frame_reg <= look_frame;
    look_ok_reg <= look_fresh;
    // Loaded also when nothing comes: it counts when it is valid
    if (s1_room) begin
        s1_data_reg <= next_data;
        s1_first_reg <= next_first;
        s1_last_reg <= next_last;
    end
    if (first_may_move) begin
        frame_bad_reg <= s0_bad;
        frame_queue_reg <= s0_queue;
        frame_function_reg <= s0_user[META_FUNCTION +: META_FUNCTION_W];
        frame_scatter_reg <= scatter[s0_function];
        frame_length_reg <= s0_user[META_LENGTH +: META_LENGTH_W];
        frame_words_reg <= words;
    end
    s1_valid_reg <= next_move || (s1_valid_reg && !s1_move);
    if (rst) begin
        s1_valid_reg <= 1'b0;
        waiting_reg <= 1'b0;
        look_ok_reg <= 1'b0;
        look_frame_reg <= 1'b0;
    end
end

// What is to be done with the frame's next piece, should s1 begin one
wire [13:0] now_bytes = {descriptor_length_reg[13:6], 6'd0};
wire now_running = look_running_reg && !frame_stopped_reg;
wire now_fits = frame_left_reg <= descriptor_length_reg;
wire now_may_cut = frame_begun_reg || (frame_scatter_reg && now_bytes != 14'd0);
wire now_drop = !now_running || (look_have_reg ? !now_fits && !frame_begun_reg && (!now_may_cut || look_none_second_reg)
                                               : look_none_reg);
wire now_give = now_running && look_have_reg &&
                (now_fits || (now_may_cut && (look_have_second_reg || (frame_begun_reg && look_none_second_reg))));
wire [2:0] now_result = !now_running ? RX_QUEUE_RESULT_QUEUE_DISABLED :
                        look_have_reg && !now_may_cut ? RX_QUEUE_RESULT_BUFFER_TOO_SMALL :
                        RX_QUEUE_RESULT_NO_DESCRIPTOR;

localparam integer DECISION_W = 1 + 1 + 1 + 3 + 16 + 14 + 14 + 64;
wire [DECISION_W-1:0] now = {now_running, now_fits, look_have_second_reg, now_result,
                             descriptor_index_reg, now_bytes, now_fits ? frame_left_reg : now_bytes,
                             descriptor_address_reg};
wire decision_ok;           // the decision is the piece's, and as it is now
wire drop_ok;               // ... and it is this one
wire give_ok;
wire running;
wire fits;
wire second;
wire [2:0] drop_result;
wire [15:0] piece_index;
wire [13:0] cut_bytes;
wire [13:0] piece_bytes;
wire [63:0] piece_address;
wire between_busy;

generate
    // A frame, and a piece that is not the last, has 4 beats or more: time for two clocks more. Two
    // decisions are 4 clocks apart at least, so what the second looked at is younger than the first.
    if (DATA_W <= 128) begin : decision
        reg [QUEUE_W-1:0] queue_reg;
        reg [1:0] pointer_reg;
        reg bad_reg;
        reg frame_reg;
        reg [DECISION_W-1:0] decision_reg;
        reg ok_reg;
        reg drop_ok_reg;
        reg give_ok_reg;
        reg first_moved_reg;
        reg cutting_reg;            // a clock late: the frame has more beats than that behind the first
        reg early_valid_reg;
        reg early_first_reg;
        reg early_last_reg;
        reg [DATA_W-1:0] early_data_reg;
        wire early_ready;
        wire next_valid;
        wire next_busy;

        // The frame's registers are those of the frame before as long as that may begin a piece. Its
        // first beat is in s1: there is no room for its others between the two.
        assign first_may_move = s0_first && !waiting_reg && !cutting_reg;
        assign s0_move = s0_valid && (!early_valid_reg || early_ready) && (!s0_first || first_may_move);
        assign look_queue = queue_reg;
        assign look_pointer = pointer_reg;
        assign look_bad = bad_reg;
        assign look_frame = frame_reg;
        assign look_fresh = frame_reg;
        assign frame_changed = first_moved_reg;
        assign next_move = next_valid && s1_room;
        assign {running, fits, second, drop_result, piece_index, cut_bytes, piece_bytes, piece_address} = decision_reg;
        assign decision_ok = ok_reg;
        assign drop_ok = drop_ok_reg;
        assign give_ok = give_ok_reg;
        assign between_busy = early_valid_reg || next_busy;

        /* verilator lint_off PINCONNECTEMPTY */
        axis_register #(
            .DATA_W(DATA_W),
            .USER_W(1)
        ) next_register (
            .clk(clk),
            .rst(rst),
            .s_axis_tdata(early_data_reg),
            .s_axis_tkeep({DATA_W/8{1'b1}}),
            .s_axis_tlast(early_last_reg),
            .s_axis_tuser(early_first_reg),
            .s_axis_tvalid(early_valid_reg),
            .s_axis_tready(early_ready),
            .m_axis_tdata(next_data),
            .m_axis_tkeep(),
            .m_axis_tlast(next_last),
            .m_axis_tuser(next_first),
            .m_axis_tvalid(next_valid),
            .m_axis_tready(s1_room),
            .busy(next_busy)
        );
        /* verilator lint_on PINCONNECTEMPTY */

        always @(posedge clk) begin
            cutting_reg <= counting_reg || again_reg;
            queue_reg <= want_queue;
            pointer_reg <= read_pointer[{want_queue, 1'b0} +: 2];
            bad_reg <= want_bad;
            frame_reg <= want_ok;
            first_moved_reg <= first_move;
            decision_reg <= now;
            ok_reg <= look_ok_reg;
            drop_ok_reg <= look_ok_reg && now_drop;
            give_ok_reg <= look_ok_reg && now_give;
            if (s0_move) begin
                early_data_reg <= s0_data;
                early_first_reg <= s0_first;
                early_last_reg <= s0_last;
            end
            early_valid_reg <= s0_move || (early_valid_reg && !early_ready);
            if (rst) begin
                cutting_reg <= 1'b0;
                frame_reg <= 1'b0;
                ok_reg <= 1'b0;
                drop_ok_reg <= 1'b0;
                give_ok_reg <= 1'b0;
                early_valid_reg <= 1'b0;
            end
        end
    end else begin : decision
        // A first beat comes a clock behind the decision of the frame before it, to see what it took
        assign s0_move = next_move;
        assign first_may_move = first_move;
        assign look_queue = want_queue;
        assign look_pointer = read_pointer[{want_queue, 1'b0} +: 2];
        assign look_bad = want_bad;
        assign look_frame = want_ok;
        assign look_fresh = want_ok && !start_give;
        assign frame_changed = 1'b0;
        assign next_first = s0_first;
        assign next_last = s0_last;
        assign next_data = s0_data;
        assign next_move = s0_valid && (!s1_valid_reg || s1_move) && !(s0_first && s1_start);
        assign {running, fits, second, drop_result, piece_index, cut_bytes, piece_bytes, piece_address} = now;
        assign decision_ok = look_ok_reg;
        assign drop_ok = look_ok_reg && now_drop;
        assign give_ok = look_ok_reg && now_give;
        assign between_busy = 1'b0;
    end
endgenerate

localparam integer BEAT_W = $clog2(DATA_W / 8);

wire out_ready;
reg entry_valid_reg;

wire [13:0] cut_beats = cut_bytes >> BEAT_W;
wire start_drop = s1_start && drop_ok && !done_event_valid;
// Two pieces are two clocks apart at least, so an entry may take a clock to leave
assign start_give = s1_start && give_ok && out_ready && !entry_valid_reg;

assign s1_move = s1_valid_reg && (s1_first_reg || again_reg ? start_drop || start_give : dropping_reg || out_ready);

wire put = s1_move && !start_drop && (s1_start || !dropping_reg);
wire piece_end = s1_start ? !fits && cut_beats == 14'd1 : counting_reg && count_reg == 14'd1;
wire put_last = s1_last_reg || piece_end;
wire ends_truncated = s1_start ? !second : truncated_reg;

always @(posedge clk) begin
    if (start_give) begin
        counting_reg <= !fits;
        count_reg <= cut_beats - 14'd1;
        truncated_reg <= !second;
        frame_left_reg <= frame_left_reg - cut_bytes;
        frame_begun_reg <= 1'b1;
    end else if (s1_move) begin
        count_reg <= count_reg - 14'd1;
    end
    if (first_move) begin
        frame_left_reg <= s0_user[META_LENGTH +: META_LENGTH_W];
        frame_begun_reg <= 1'b0;
    end
    if (s1_move) begin
        dropping_reg <= !s1_last_reg && (start_drop || (dropping_reg && !s1_first_reg) || (piece_end && ends_truncated));
        again_reg <= !s1_last_reg && !start_drop && piece_end && !ends_truncated;
        if (start_drop || piece_end)
            counting_reg <= 1'b0;
    end
    // Stopped and started again between two pieces is stopped, too
    if (first_move)
        frame_stopped_reg <= 1'b0;
    else if (look_frame_reg && !look_running_reg && !frame_changed)
        frame_stopped_reg <= 1'b1;
    if (rst) begin
        dropping_reg <= 1'b0;
        again_reg <= 1'b0;
        counting_reg <= 1'b0;
    end
end

// Frames behind wait too, so a frame does not wait for ever
localparam integer WAIT_W = $clog2(WAIT_CLOCKS + 1);

reg [WAIT_W-1:0] wait_reg;
reg late_reg;
reg [QUEUE_W-1:0] late_queue_reg;

always @(posedge clk) begin
    wait_reg <= s1_start && decision_ok && !drop_ok && !give_ok ? wait_reg + 1'b1 : {WAIT_W{1'b0}};
    late_reg <= wait_reg == WAIT_CLOCKS[WAIT_W-1:0];
    late_queue_reg <= frame_queue_reg;
    if (rst) begin
        wait_reg <= {WAIT_W{1'b0}};
        late_reg <= 1'b0;
    end
end

rx_descriptors #(
    .QUEUES(QUEUES),
    .QUEUE_W(QUEUE_W)
) descriptors (
    .clk(clk),
    .rst(rst),
    .queue_running(queue_running),
    .available(available),
    .pending(pending),
    .pop_valid(pop_valid),
    .pop_queue(pop_queue),
    .pop_ok(pop_ok),
    .pop_address(pop_address),
    .pop_length(pop_length),
    .pop_index(pop_index),
    .have(have),
    .none(none),
    .have_second(have_second),
    .none_second(none_second),
    .read_pointer(read_pointer),
    .read_address({look_queue, look_pointer}),
    .descriptor_address(look_descriptor[63:0]),
    .descriptor_length(look_descriptor[77:64]),
    .descriptor_index(look_descriptor[93:78]),
    .consume_valid(start_give),
    .consume_queue(frame_queue_reg),
    .late_valid(late_reg),
    .late_queue(late_queue_reg),
    .busy(descriptors_busy)
);

// What goes out with a piece's first beat
reg [QUEUE_W-1:0] entry_queue_reg;
reg entry_first_reg;
reg entry_more_reg;
reg entry_truncated_reg;
reg [13:0] entry_bytes_reg;
reg [15:0] entry_index_reg;
reg [159:0] entry_words_reg;
reg [63:0] address_reg;
reg [13:0] length_reg;
reg [META_FUNCTION_W-1:0] function_reg;
reg event_valid_reg;
reg [QUEUE_W+2:0] event_index_reg;
reg [13:0] event_bytes_reg;

always @(posedge clk) begin
    // Loaded also in clocks in which no piece is given: they count when it is
    if (!entry_valid_reg) begin
        entry_queue_reg <= frame_queue_reg;
        entry_first_reg <= !frame_begun_reg;
        entry_more_reg <= !fits && second;
        entry_truncated_reg <= !fits && !second;
        entry_bytes_reg <= frame_length_reg;
        entry_index_reg <= piece_index;
        entry_words_reg <= frame_words_reg | {{160-14{1'b0}}, piece_bytes};
    end
    if (s1_start && out_ready) begin
        address_reg <= piece_address;
        length_reg <= piece_bytes;
        function_reg <= frame_function_reg;
    end
    if (done_event_valid || start_drop) begin
        event_index_reg <= done_event_valid ? done_event_index : {frame_queue_reg, drop_result};
        event_bytes_reg <= done_event_valid ? done_event_bytes : frame_length_reg;
    end
    event_valid_reg <= done_event_valid || start_drop;
    entry_valid_reg <= start_give || (entry_valid_reg && !entry_ready);
    if (rst) begin
        event_valid_reg <= 1'b0;
        entry_valid_reg <= 1'b0;
    end
end

assign entry_valid = entry_valid_reg;
assign entry_queue = entry_queue_reg;
assign entry_index = entry_index_reg;
assign entry_first = entry_first_reg;
assign entry_more = entry_more_reg;
assign entry_truncated = entry_truncated_reg;
assign entry_bytes = entry_bytes_reg;
assign entry_words = entry_words_reg;
assign m_frame_address = address_reg;
assign m_frame_length = length_reg;
assign m_frame_function = function_reg;
assign rx_queue_event_valid = event_valid_reg;
assign rx_queue_event_index = event_index_reg;
assign rx_queue_event_bytes = event_bytes_reg;

// Beats of the packet bus are gathered into one of the host bus. Data is loaded also when it is not
// put: a lane counts when lane_reg has passed it.
localparam integer RATIO = DMA_W / DATA_W;

reg out_valid_reg;
reg out_last_reg;
reg [DMA_W-1:0] out_data_reg;
reg out_partial_reg;
wire full;

assign out_ready = m_frame_tready;

genvar n;
generate
    if (RATIO == 1) begin : gather
        assign full = 1'b1;
        always @(posedge clk) begin
            if (out_ready)
                out_data_reg <= s1_data_reg;
        end
    end else begin : gather
        localparam integer LANE_W = $clog2(RATIO);
        reg [LANE_W-1:0] lane_reg;
        assign full = &lane_reg;
        always @(posedge clk) begin
            if (put)
                lane_reg <= put_last ? {LANE_W{1'b0}} : lane_reg + 1'b1;
            if (rst)
                lane_reg <= {LANE_W{1'b0}};
        end

        for (n = 0; n < RATIO; n = n + 1) begin : lane
            localparam [LANE_W-1:0] N = n;
            always @(posedge clk) begin
                if (out_ready && lane_reg == N)
                    out_data_reg[n*DATA_W +: DATA_W] <= s1_data_reg;
            end
        end
    end
endgenerate

always @(posedge clk) begin
    if (put) begin
        out_last_reg <= put_last;
        out_partial_reg <= !put_last;
    end
    out_valid_reg <= (put && (full || put_last)) || (out_valid_reg && !m_frame_tready);
    if (rst) begin
        out_valid_reg <= 1'b0;
        out_partial_reg <= 1'b0;
    end
end

assign m_frame_tdata = out_data_reg;
assign m_frame_tlast = out_last_reg;
assign m_frame_tvalid = out_valid_reg;
// The descriptor may go this clock
assign queue_idle = ~(({{QUEUES-1{1'b0}}, entry_valid_reg} << entry_queue_reg) |
                      ({{QUEUES-1{1'b0}}, s1_start && running} << frame_queue_reg));
assign busy = descriptors_busy || event_valid_reg || s0_busy || in_frame_reg || between_busy || s1_valid_reg || entry_valid_reg || out_valid_reg || out_partial_reg;

endmodule

`resetall
