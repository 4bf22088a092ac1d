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
// With DATA_W 64 a frame has 8 beats or more. Latency: 10 clocks, beyond that width 7.
// s_axis_tready comes from a register. Order: frames leave in order of arrival, over all queues.
// A queue that stops loses the descriptors taken ahead; frames already handed on finish.
// One event for each frame: drops when they are decided, the others when `done_event` comes.
// queue_idle and busy come from registers (but for rx_descriptors' part of busy): they fall and rise
// a few clocks late, and never tell too early that there is nothing.
//
// Data waits in one FIFO and the frames' metadata in another. The frame at the head of the second is
// decided, piece by piece; a decision waits until the data before it has left.

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
    parameter integer USER_W = 280,
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
    // in its frame, the frame's whole length, index of the descriptor, and the completion's words 0 to 5
    output wire                entry_valid,
    input  wire                entry_ready,
    output wire [QUEUE_W-1:0]  entry_queue,
    output wire                entry_first,
    output wire                entry_more,
    output wire                entry_truncated,
    output wire [13:0]         entry_bytes,
    output wire [15:0]         entry_index,
    output wire [191:0]        entry_words,

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

localparam integer FUNCTION_W = QUEUES > 2 * QUEUES_PER_FUNCTION ? $clog2(QUEUES / QUEUES_PER_FUNCTION) : 1;
localparam integer BEAT_W = $clog2(DATA_W / 8);

// Beats that come in. Loaded also when nothing comes: it counts when it is valid
reg ready_reg;
reg in_frame_reg;
reg in_valid_reg;
reg in_first_reg;           // valid, and a frame's first
reg in_last_reg;
reg [DATA_W-1:0] in_data_reg;
/* verilator lint_off UNUSEDSIGNAL */
reg [USER_W-1:0] in_user_reg;
/* verilator lint_on UNUSEDSIGNAL */
wire beats_room;
wire frames_room;

assign s_axis_tready = ready_reg;

always @(posedge clk) begin
    ready_reg <= beats_room && frames_room;
    in_valid_reg <= s_axis_tvalid && ready_reg;
    in_first_reg <= s_axis_tvalid && ready_reg && !in_frame_reg;
    in_last_reg <= s_axis_tlast;
    in_data_reg <= s_axis_tdata;
    in_user_reg <= s_axis_tuser;
    if (s_axis_tvalid && ready_reg)
        in_frame_reg <= !s_axis_tlast;
    if (rst) begin
        ready_reg <= 1'b0;
        in_frame_reg <= 1'b0;
        in_valid_reg <= 1'b0;
        in_first_reg <= 1'b0;
    end
end

// What is kept of the metadata: queue, function, length, and the completion's words but the last
wire [META_FUNCTION_W-1:0] in_function = in_user_reg[META_FUNCTION +: META_FUNCTION_W];
wire [META_QUEUE_W-1:0] in_queue = in_user_reg[META_QUEUE +: META_QUEUE_W];
wire [31:0] in_gq = {28'd0, in_function} * QUEUES_PER_FUNCTION | ({24'd0, in_queue} & (QUEUES_PER_FUNCTION - 1));
// A function's table may name a queue that it does not have: never another function's
wire in_bad = {24'd0, in_queue} >= QUEUES_PER_FUNCTION || in_gq >= QUEUES;
reg [191:0] in_words;

always @* begin
    in_words = 192'd0;
    in_words[RX_COMPLETION_PACKET_L3_TYPE +: RX_COMPLETION_PACKET_L3_TYPE_W] = in_user_reg[META_L3_TYPE +: META_L3_TYPE_W];
    in_words[RX_COMPLETION_PACKET_L4_TYPE +: RX_COMPLETION_PACKET_L4_TYPE_W] = in_user_reg[META_L4_TYPE +: META_L4_TYPE_W];
    in_words[RX_COMPLETION_PACKET_VLAN_TAGS +: RX_COMPLETION_PACKET_VLAN_TAGS_W] = in_user_reg[META_VLAN_TAGS +: META_VLAN_TAGS_W];
    in_words[RX_COMPLETION_PACKET_REASON +: RX_COMPLETION_PACKET_REASON_W] = in_user_reg[META_REASON +: META_REASON_W];
    in_words[RX_COMPLETION_PACKET_IP_VERDICT +: RX_COMPLETION_PACKET_IP_VERDICT_W] = in_user_reg[META_IP_VERDICT +: META_IP_VERDICT_W];
    in_words[RX_COMPLETION_PACKET_L4_VERDICT +: RX_COMPLETION_PACKET_L4_VERDICT_W] = in_user_reg[META_L4_VERDICT +: META_L4_VERDICT_W];
    in_words[RX_COMPLETION_RSS_HASH_VALUE +: RX_COMPLETION_RSS_HASH_VALUE_W] = in_user_reg[META_RSS_HASH +: META_RSS_HASH_W];
    in_words[RX_COMPLETION_SUM_RAW_SUM +: RX_COMPLETION_SUM_RAW_SUM_W] = in_user_reg[META_RAW_SUM +: META_RAW_SUM_W];
    in_words[RX_COMPLETION_SUM_VLAN_TCI +: RX_COMPLETION_SUM_VLAN_TCI_W] = in_user_reg[META_VLAN_TCI +: META_VLAN_TCI_W];
    in_words[RX_COMPLETION_OFFSETS_L3_OFFSET +: RX_COMPLETION_OFFSETS_L3_OFFSET_W] = in_user_reg[META_L3_OFFSET +: META_L3_OFFSET_W];
    in_words[RX_COMPLETION_OFFSETS_L4_OFFSET +: RX_COMPLETION_OFFSETS_L4_OFFSET_W] = in_user_reg[META_L4_OFFSET +: META_L4_OFFSET_W];
    in_words[RX_COMPLETION_OFFSETS_PAYLOAD_OFFSET +: RX_COMPLETION_OFFSETS_PAYLOAD_OFFSET_W] = in_user_reg[META_PAYLOAD_OFFSET +: META_PAYLOAD_OFFSET_W];
    in_words[RX_COMPLETION_OFFSETS_HASH_TYPE +: RX_COMPLETION_OFFSETS_HASH_TYPE_W] = in_user_reg[META_HASH_TYPE +: META_HASH_TYPE_W];
    in_words[RX_COMPLETION_OFFSETS_MARKED +: RX_COMPLETION_OFFSETS_MARKED_W] = in_user_reg[META_FLOW_MARKED +: META_FLOW_MARKED_W];
    in_words[RX_COMPLETION_OFFSETS_EDITED +: RX_COMPLETION_OFFSETS_EDITED_W] = in_user_reg[META_EDIT +: META_EDIT_W];
    in_words[RX_COMPLETION_FLOW_MARK_VALUE +: RX_COMPLETION_FLOW_MARK_VALUE_W] = in_user_reg[META_FLOW_MARK +: META_FLOW_MARK_W];
    in_words[RX_COMPLETION_TIMESTAMP_VALUE +: RX_COMPLETION_TIMESTAMP_VALUE_W] = in_user_reg[META_TIMESTAMP +: META_TIMESTAMP_W];
end

wire frame_valid;
wire frame_bad;
wire [QUEUE_W-1:0] frame_queue;
/* verilator lint_off UNUSEDSIGNAL */
wire [META_FUNCTION_W-1:0] frame_function;
/* verilator lint_on UNUSEDSIGNAL */
wire [META_LENGTH_W-1:0] frame_length;
wire [191:0] frame_words;
wire frame_take;            // the frame has its last piece, or is dropped
wire frames_empty;

wire beat_valid;
wire beat_last;
wire [DATA_W-1:0] beat_data;
wire beat_take;
wire beats_empty;

// A beat may come in each of the 4 clocks in which room's fall is not seen
dma_fifo_short #(
    .WIDTH(1 + QUEUE_W + META_FUNCTION_W + META_LENGTH_W + 192),
    .DEPTH(16),
    .MARGIN(4)
) frame_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({in_bad, in_gq[QUEUE_W-1:0], in_function, in_user_reg[META_LENGTH +: META_LENGTH_W], in_words}),
    .in_valid(in_first_reg),
    .room(frames_room),
    .out_data({frame_bad, frame_queue, frame_function, frame_length, frame_words}),
    .out_valid(frame_valid),
    .out_ready(frame_take),
    .empty(frames_empty)
);

dma_fifo_short #(
    .WIDTH(1 + DATA_W),
    .DEPTH(16),
    .MARGIN(4)
) beat_fifo (
    .clk(clk),
    .rst(rst),
    .in_data({in_last_reg, in_data_reg}),
    .in_valid(in_valid_reg),
    .room(beats_room),
    .out_data({beat_last, beat_data}),
    .out_valid(beat_valid),
    .out_ready(beat_take),
    .empty(beats_empty)
);

// Looks at the descriptors of the frame's queue, in every clock
wire [QUEUES-1:0] have;
wire [QUEUES-1:0] none;
wire [QUEUES-1:0] have_second;
wire [QUEUES-1:0] none_second;
wire [2*QUEUES-1:0] read_pointer;
wire [QUEUE_W+1:0] look_address;
wire [93:0] look_descriptor;
wire descriptors_busy;
// have and so on, as they are looked at
wire [5*QUEUES-1:0] state;
wire [QUEUES-1:0] state_have = state[0 +: QUEUES];
wire [QUEUES-1:0] state_none = state[QUEUES +: QUEUES];
wire [QUEUES-1:0] state_have_second = state[2*QUEUES +: QUEUES];
wire [QUEUES-1:0] state_none_second = state[3*QUEUES +: QUEUES];
wire [QUEUES-1:0] state_running = state[4*QUEUES +: QUEUES];

reg look_frame_reg;         // the look was at the queue of the frame
reg look_running_reg;
reg look_have_reg;
reg look_none_reg;
reg look_have_second_reg;
reg look_none_second_reg;
reg look_scatter_reg;
reg [15:0] descriptor_index_reg;
reg [13:0] descriptor_length_reg;
reg [63:0] descriptor_address_reg;

reg frame_stopped_reg;      // the queue has stopped within the frame
reg frame_begun_reg;        // a piece has been given
reg [META_LENGTH_W-1:0] frame_left_reg;     // bytes that no piece has

// A piece that is decided and waits for the data before it to leave. give and drop are 1 for one clock,
// in which its descriptor is consumed and its entry or event leaves; `decided` is the piece then.
localparam integer PIECE_W = 1 + 1 + 3 + META_FUNCTION_W + 16 + 14 + 64;
reg piece_valid_reg;        // the piece's data has not been begun
reg piece_drop_reg;
reg [PIECE_W-1:0] piece_reg;
wire [PIECE_W-1:0] decided;
wire give;
wire drop;
wire piece_take;
reg entry_valid_reg;
reg entry_free_reg;                 // the same for the entry's words, which are wide
reg done_valid_reg;
reg done_later_valid_reg;

// What is to be done with the frame's next piece: of each, whether the rest of the frame fits or not
wire settled;               // the look is younger than what the last decision has changed
wire no_event;              // none of a frame handed on will come in the clock of this drop's
wire [13:0] now_bytes = {descriptor_length_reg[13:6], 6'd0};
wire now_running = look_running_reg && !frame_stopped_reg;
wire now_fits = frame_left_reg <= descriptor_length_reg;
wire now_may_cut = frame_begun_reg || (look_scatter_reg && now_bytes != 14'd0);
wire give_whole = now_running && look_have_reg;
wire give_cut = give_whole && now_may_cut &&
                (look_have_second_reg || (frame_begun_reg && look_none_second_reg));
wire drop_whole = !now_running || (!look_have_reg && look_none_reg);
wire drop_cut = !now_running ||
                (look_have_reg ? !frame_begun_reg && (!now_may_cut || look_none_second_reg) : look_none_reg);
wire [2:0] now_result = !now_running ? RX_QUEUE_RESULT_QUEUE_DISABLED :
                        look_have_reg && !now_may_cut ? RX_QUEUE_RESULT_BUFFER_TOO_SMALL :
                        RX_QUEUE_RESULT_NO_DESCRIPTOR;
wire now_give = now_fits ? give_whole : give_cut;
wire now_drop = now_fits ? drop_whole : drop_cut;
wire now_more = !now_fits && look_have_second_reg;      // another piece follows, should this one be given
wire [PIECE_W-1:0] now = {now_fits, look_have_second_reg, now_result, frame_function, descriptor_index_reg,
                          now_fits ? frame_left_reg : now_bytes, descriptor_address_reg};

// The same when it is acted upon
wire choice_give;
wire choice_drop;
wire choice_more;
wire [PIECE_W-1:0] choice;
wire may = settled && !piece_valid_reg;
wire choose_give = may && choice_give && !entry_valid_reg;
wire choose_drop = may && choice_drop && no_event;
wire choose_end = choose_drop || (choose_give && !choice_more);

generate
    // A frame, and a piece that is not the last, has 8 beats: time for four clocks more
    if (DATA_W == 64) begin : steps
        reg [5*QUEUES-1:0] state_reg;
        reg [QUEUE_W+1:0] pointer_reg;
        reg [QUEUE_W+1:0] address_reg;
        reg now_give_reg;
        reg now_drop_reg;
        reg now_more_reg;
        reg [PIECE_W-1:0] now_reg;
        reg [3:0] settled_reg;
        reg give_reg;
        reg drop_reg;
        reg end_reg;

        assign state = state_reg;
        assign look_address = address_reg;
        assign choice_give = now_give_reg;
        assign choice_drop = now_drop_reg;
        assign choice_more = now_more_reg;
        assign choice = now_reg;
        assign settled = settled_reg[3];
        assign no_event = !done_valid_reg;
        assign give = give_reg;
        assign drop = drop_reg;
        assign frame_take = end_reg;
        assign decided = piece_reg;

        always @(posedge clk) begin
            state_reg <= {queue_running, none_second, have_second, none, have};
            pointer_reg <= {frame_queue, read_pointer[{frame_queue, 1'b0} +: 2]};
            address_reg <= pointer_reg;
            now_give_reg <= now_give;
            now_drop_reg <= now_drop;
            now_more_reg <= now_more;
            now_reg <= now;
            settled_reg <= {settled_reg[2:0], frame_valid};
            give_reg <= choose_give;
            drop_reg <= choose_drop;
            end_reg <= choose_end;
            if (rst || give || drop)
                settled_reg <= 4'd0;
            if (rst) begin
                give_reg <= 1'b0;
                drop_reg <= 1'b0;
                end_reg <= 1'b0;
            end
        end
    end else begin : steps
        reg settled_reg;

        assign state = {queue_running, none_second, have_second, none, have};
        assign look_address = {frame_queue, read_pointer[{frame_queue, 1'b0} +: 2]};
        assign choice_give = now_give;
        assign choice_drop = now_drop;
        assign choice_more = now_more;
        assign choice = now;
        assign settled = settled_reg;
        assign no_event = !done_later_valid_reg;
        assign give = choose_give;
        assign drop = choose_drop;
        assign frame_take = choose_end;
        assign decided = now;

        // Behind a decision is a clock in which its piece waits
        always @(posedge clk)
            settled_reg <= frame_valid && !rst;
    end
endgenerate

wire fits;
wire second;
wire [2:0] drop_result;
wire [15:0] piece_index;
wire [13:0] piece_bytes;
/* verilator lint_off UNUSEDSIGNAL */
wire [META_FUNCTION_W-1:0] piece_function;
wire [63:0] piece_address;
/* verilator lint_on UNUSEDSIGNAL */

assign {fits, second, drop_result, piece_function, piece_index, piece_bytes, piece_address} = decided;

always @(posedge clk) begin
    look_running_reg <= state_running[frame_queue] && !frame_bad;
    look_have_reg <= state_have[frame_queue];
    look_none_reg <= state_none[frame_queue];
    look_have_second_reg <= state_have_second[frame_queue];
    look_none_second_reg <= state_none_second[frame_queue];
    look_scatter_reg <= scatter[frame_function[FUNCTION_W-1:0]];
    {descriptor_index_reg, descriptor_length_reg, descriptor_address_reg} <= look_descriptor;
    look_frame_reg <= frame_valid && !frame_take;

    // Stopped and started again between two pieces is stopped, too
    if (look_frame_reg && !look_running_reg)
        frame_stopped_reg <= 1'b1;
    // Behind the last piece it does not count
    if (give)
        frame_left_reg <= frame_left_reg - (DATA_W == 64 ? piece_bytes : now_bytes);
    else if (!frame_begun_reg)
        frame_left_reg <= frame_length;
    if (give)
        frame_begun_reg <= 1'b1;
    if (frame_take) begin
        frame_stopped_reg <= 1'b0;
        frame_begun_reg <= 1'b0;
    end

    if (!piece_valid_reg) begin
        piece_drop_reg <= choose_drop;
        piece_reg <= choice;
    end
    piece_valid_reg <= choose_give || choose_drop || (piece_valid_reg && !piece_take);
    if (rst) begin
        look_frame_reg <= 1'b0;
        frame_stopped_reg <= 1'b0;
        frame_begun_reg <= 1'b0;
        piece_valid_reg <= 1'b0;
    end
end

// Frames behind wait too, so a frame does not wait for ever
localparam integer WAIT_W = $clog2(WAIT_CLOCKS + 1);

reg undecided_reg;
reg [WAIT_W-1:0] wait_reg;
reg late_reg;
reg [QUEUE_W-1:0] late_queue_reg;

always @(posedge clk) begin
    undecided_reg <= may && !choice_give && !choice_drop;
    wait_reg <= undecided_reg ? wait_reg + 1'b1 : {WAIT_W{1'b0}};
    late_reg <= wait_reg == WAIT_CLOCKS[WAIT_W-1:0];
    late_queue_reg <= frame_queue;
    if (rst) begin
        undecided_reg <= 1'b0;
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
    .read_address(look_address),
    .descriptor_address(look_descriptor[63:0]),
    .descriptor_length(look_descriptor[77:64]),
    .descriptor_index(look_descriptor[93:78]),
    .consume_valid(give),
    .consume_queue(frame_queue),
    .late_valid(late_reg),
    .late_queue(late_queue_reg),
    .busy(descriptors_busy)
);

// The piece's entry, and the events
reg [QUEUE_W-1:0] entry_queue_reg;
reg entry_first_reg;
reg entry_more_reg;
reg entry_truncated_reg;
reg [13:0] entry_bytes_reg;
reg [15:0] entry_index_reg;
reg [191:0] entry_words_reg;
reg [QUEUE_W+2:0] done_index_reg;
reg [13:0] done_bytes_reg;
reg [QUEUE_W+2:0] done_later_index_reg;
reg [13:0] done_later_bytes_reg;
reg event_valid_reg;
reg [QUEUE_W+2:0] event_index_reg;
reg [13:0] event_bytes_reg;

always @(posedge clk) begin
    // Loaded also in clocks in which no piece is given: they count when it is
    if (entry_free_reg) begin
        entry_queue_reg <= frame_queue;
        entry_first_reg <= !frame_begun_reg;
        entry_more_reg <= !fits && second;
        entry_truncated_reg <= !fits && !second;
        entry_bytes_reg <= frame_length;
        entry_index_reg <= piece_index;
        entry_words_reg <= frame_words | {{192-14{1'b0}}, piece_bytes};
    end
    entry_valid_reg <= give || (entry_valid_reg && !entry_ready);
    entry_free_reg <= !(give || (entry_valid_reg && !entry_ready));
    // Two clocks late, so that a drop is decided when none will be in its way
    done_valid_reg <= done_event_valid;
    done_index_reg <= done_event_index;
    done_bytes_reg <= done_event_bytes;
    done_later_valid_reg <= done_valid_reg;
    done_later_index_reg <= done_index_reg;
    done_later_bytes_reg <= done_bytes_reg;
    event_valid_reg <= done_later_valid_reg || drop;
    event_index_reg <= done_later_valid_reg ? done_later_index_reg : {frame_queue, drop_result};
    event_bytes_reg <= done_later_valid_reg ? done_later_bytes_reg : frame_length;
    if (rst) begin
        entry_valid_reg <= 1'b0;
        entry_free_reg <= 1'b1;
        done_valid_reg <= 1'b0;
        done_later_valid_reg <= 1'b0;
        event_valid_reg <= 1'b0;
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
assign rx_queue_event_valid = event_valid_reg;
assign rx_queue_event_index = event_index_reg;
assign rx_queue_event_bytes = event_bytes_reg;

// Data: what happens to the beat at the FIFO's end. What it needs of the piece is loaded until the
// piece's first beat has gone.
reg putting_reg;
reg dropping_reg;
reg first_reg;              // the next beat is the piece's first
reg new_cut_reg;            // the piece is not the frame's last: it has that many beats,
reg [13:0] new_beats_reg;
reg new_one_reg;            // ... one,
reg new_two_reg;            // ... or two
reg new_rest_reg;           // nothing comes behind it: the frame's rest is dropped
reg [63:0] new_address_reg;
reg [13:0] new_bytes_reg;
reg [META_FUNCTION_W-1:0] new_function_reg;
reg counting_reg;
reg [13:0] count_reg;       // beats of the piece that are to come
reg rest_reg;
reg end_more_reg;           // the next beat is the piece's last, and behind it comes another piece,
reg end_rest_reg;           // ... or the frame's rest
reg [63:0] address_reg;
reg [13:0] length_reg;
reg [META_FUNCTION_W-1:0] function_reg;

wire [13:0] stored_bytes;
wire [63:0] stored_address;
wire stored_fits;
wire stored_second;
wire [META_FUNCTION_W-1:0] stored_function;
/* verilator lint_off UNUSEDSIGNAL */
wire [2:0] stored_result;
wire [15:0] stored_index;
/* verilator lint_on UNUSEDSIGNAL */
assign {stored_fits, stored_second, stored_result, stored_function, stored_index, stored_bytes,
        stored_address} = piece_reg;
wire [13:0] stored_beats = stored_bytes >> BEAT_W;

wire out_ready = m_frame_tready;
wire put = beat_valid && putting_reg && out_ready;
wire end_more = end_more_reg || (first_reg && new_one_reg && !new_rest_reg);
wire end_rest = end_rest_reg || (first_reg && new_one_reg && new_rest_reg);
wire put_last = beat_last || end_more || end_rest;
wire two = first_reg ? new_two_reg : counting_reg && count_reg == 14'd2;
wire two_rest = first_reg ? new_rest_reg : rest_reg;

assign beat_take = dropping_reg || (putting_reg && out_ready);
assign piece_take = (!putting_reg && !dropping_reg) ||
                    (beat_valid && ((beat_last && (dropping_reg || out_ready)) || (end_more && out_ready)));

always @(posedge clk) begin
    if (!first_reg || (beat_valid && out_ready)) begin
        new_cut_reg <= !stored_fits;
        new_beats_reg <= stored_beats;
        new_one_reg <= !stored_fits && stored_beats == 14'd1;
        new_two_reg <= !stored_fits && stored_beats == 14'd2;
        new_rest_reg <= !stored_second;
        new_address_reg <= stored_address;
        new_bytes_reg <= stored_bytes;
        new_function_reg <= stored_function;
    end
    if (first_reg && out_ready) begin
        address_reg <= new_address_reg;
        length_reg <= new_bytes_reg;
        function_reg <= new_function_reg;
    end
    if (put) begin
        counting_reg <= first_reg ? new_cut_reg : counting_reg;
        count_reg <= (first_reg ? new_beats_reg : count_reg) - 14'd1;
        rest_reg <= two_rest;
        end_more_reg <= two && !two_rest;
        end_rest_reg <= two && two_rest;
        first_reg <= 1'b0;
    end
    if (piece_take) begin
        putting_reg <= piece_valid_reg && !piece_drop_reg;
        dropping_reg <= piece_valid_reg && piece_drop_reg;
        first_reg <= piece_valid_reg && !piece_drop_reg;
    end else if (put && end_rest) begin
        putting_reg <= 1'b0;
        dropping_reg <= 1'b1;
    end
    if (rst) begin
        putting_reg <= 1'b0;
        dropping_reg <= 1'b0;
        first_reg <= 1'b0;
        end_more_reg <= 1'b0;
        end_rest_reg <= 1'b0;
    end
end

assign m_frame_address = address_reg;
assign m_frame_length = length_reg;
assign m_frame_function = function_reg;

// Beats of the packet bus are gathered into one of the host bus. Data is loaded also when it is not
// put: a lane counts when lane_reg has passed it.
localparam integer RATIO = DMA_W / DATA_W;

reg out_valid_reg;
reg out_last_reg;
reg [DMA_W-1:0] out_data_reg;
wire full;

genvar n;
generate
    if (RATIO == 1) begin : gather
        assign full = 1'b1;
        always @(posedge clk) begin
            if (out_ready)
                out_data_reg <= beat_data;
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
                    out_data_reg[n*DATA_W +: DATA_W] <= beat_data;
            end
        end
    end
endgenerate

always @(posedge clk) begin
    if (put)
        out_last_reg <= put_last;
    out_valid_reg <= (put && (full || put_last)) || (out_valid_reg && !m_frame_tready);
    if (rst)
        out_valid_reg <= 1'b0;
end

assign m_frame_tdata = out_data_reg;
assign m_frame_tlast = out_last_reg;
assign m_frame_tvalid = out_valid_reg;

// What a queue's running lets be given shows in entry_valid 5 clocks later at most
reg [QUEUES-1:0] running_1_reg;
reg [QUEUES-1:0] running_2_reg;
reg [QUEUES-1:0] running_3_reg;
reg [QUEUES-1:0] running_4_reg;
reg [QUEUES-1:0] idle_reg;
reg busy_reg;

always @(posedge clk) begin
    running_1_reg <= queue_running;
    running_2_reg <= running_1_reg;
    running_3_reg <= running_2_reg;
    running_4_reg <= running_3_reg;
    idle_reg <= ~(queue_running | running_1_reg | running_2_reg | running_3_reg | running_4_reg |
                  ({{QUEUES-1{1'b0}}, entry_valid_reg} << entry_queue_reg));
    // A frame's last beat is inside as long as anything of it but its entry or event
    busy_reg <= s_axis_tvalid || in_frame_reg || in_valid_reg || !frames_empty || !beats_empty ||
                out_valid_reg || entry_valid_reg || done_event_valid || done_valid_reg || done_later_valid_reg ||
                event_valid_reg;
    if (rst) begin
        idle_reg <= {QUEUES{1'b1}};
        busy_reg <= 1'b0;
    end
end

assign queue_idle = idle_reg;
assign busy = busy_reg || descriptors_busy;

`ifdef FORMAL
// No frame, and no piece of one, is longer than the buffer that it is put into: whatever dma_write is
// given, its address and length are those of one descriptor as it was read, the length at most the
// descriptor's. A descriptor's address and length are read together, from one entry of rx_descriptors;
// they are followed here as far as the frame's.
localparam integer F_PAIR_W = 64 + 14;
reg [2:0] f_clocks_reg = 3'd0;
reg [F_PAIR_W-1:0] f_now_reg;
reg [F_PAIR_W-1:0] f_piece_reg;
reg [F_PAIR_W-1:0] f_new_reg;
reg [F_PAIR_W-1:0] f_pair_reg;
reg f_loaded_reg;                       // the last of them has been, since reset
wire [F_PAIR_W-1:0] f_look = {descriptor_address_reg, descriptor_length_reg};
wire [F_PAIR_W-1:0] f_choice = DATA_W == 64 ? f_now_reg : f_look;
wire [13:0] f_choice_bytes = choice[64 +: 14];
wire f_settled = f_clocks_reg == 3'd4;

always @(posedge clk) begin
    if (!f_settled)
        f_clocks_reg <= f_clocks_reg + 3'd1;
    f_now_reg <= f_look;
    if (!piece_valid_reg)
        f_piece_reg <= f_choice;
    if (!first_reg || (beat_valid && out_ready))
        f_new_reg <= f_piece_reg;
    if (first_reg && out_ready) begin
        f_pair_reg <= f_new_reg;
        f_loaded_reg <= 1'b1;
    end
    if (rst)
        f_loaded_reg <= 1'b0;
end

always @* begin
    if (f_clocks_reg == 3'd0)
        assume (rst);
    else if (m_frame_tvalid)
        assert (f_loaded_reg && m_frame_address == f_pair_reg[14 +: 64] && m_frame_length <= f_pair_reg[13:0]);

    // What holds always; no frame has come as far before the fourth clock
    if (f_clocks_reg != 3'd0 && !f_settled)
        assert (!out_valid_reg && !putting_reg);
    if (f_settled) begin
        assert (choice[63:0] == f_choice[14 +: 64] && f_choice_bytes <= f_choice[13:0]);
        assert (stored_address == f_piece_reg[14 +: 64] && stored_bytes <= f_piece_reg[13:0]);
        assert (new_address_reg == f_new_reg[14 +: 64] && new_bytes_reg <= f_new_reg[13:0]);
        if (f_loaded_reg)
            assert (m_frame_address == f_pair_reg[14 +: 64] && m_frame_length <= f_pair_reg[13:0]);
        assert (f_loaded_reg || (!out_valid_reg && (!putting_reg || first_reg)));
        cover (m_frame_tvalid && m_frame_length == f_pair_reg[13:0] && m_frame_length == 14'd100);
        cover (m_frame_tvalid && new_cut_reg && m_frame_length == 14'd64 && f_pair_reg[13:0] == 14'd100);
    end
    assert (f_clocks_reg <= 3'd4);
end
`endif

`ifdef FORMAL_TAKEN
// And that descriptor is the one that the piece takes, of one queue, any: the queue's oldest in the clock
// in which it is consumed, or the last one, should the queue have just stopped. What is assumed of
// rx_descriptors is proved there, under FORMAL_ORDER, and of the FIFO in dma_fifo_short.
wire f_begun = f_clocks_reg != 3'd0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
(* anyseq *) reg [77:0] f_top;          // length and address of the queue's oldest descriptor
wire f_have = have[f_queue];
wire f_running = queue_running[f_queue];
wire [1:0] f_pointer = read_pointer[{f_queue, 1'b0} +: 2];
wire f_mine = frame_queue == f_queue;

// A clock ago, two
reg f_rst_reg;
reg f_have_reg;
reg f_consumed_reg;
reg f_running_1_reg, f_running_2_reg;
reg [2:0] f_low_reg;                    // clocks in which it has not been running, 4 at most
reg [1:0] f_pointer_reg;
reg [77:0] f_top_reg;                   // as it was when there was one the last time
reg f_frame_reg;                        // the frame has not been taken,
reg [QUEUE_W-1:0] f_frame_queue_reg;    // its queue
wire [77:0] f_last = f_have ? f_top : f_top_reg;

// The descriptor of the piece that is decided, of the one whose data is next, of the one at the output
reg f_given_mine_reg, f_next_mine_reg, f_out_mine_reg;
reg [77:0] f_given_reg, f_next_reg, f_out_reg;

always @(posedge clk) begin
    f_rst_reg <= rst;
    f_have_reg <= f_have;
    f_consumed_reg <= give && f_mine;
    f_running_1_reg <= f_running;
    f_running_2_reg <= f_running_1_reg;
    f_low_reg <= f_running ? 3'd0 : f_low_reg + {2'd0, !f_low_reg[2]};
    f_pointer_reg <= f_pointer;
    f_top_reg <= f_last;
    f_frame_reg <= frame_valid && !frame_take;
    f_frame_queue_reg <= frame_queue;
    if (choose_give) begin
        f_given_mine_reg <= f_mine;
        f_given_reg <= f_last;
    end
    if (piece_take) begin
        f_next_mine_reg <= f_given_mine_reg;
        f_next_reg <= f_given_reg;
    end
    if (put && first_reg) begin
        f_out_mine_reg <= f_next_mine_reg;
        f_out_reg <= f_next_reg;
    end
end

always @* begin
    if (f_begun) begin
        // A queue that stops does so for 4 clocks or longer: the rule of rx_descriptors
        assume (!f_running || f_running_1_reg || f_low_reg[2]);
        // What waits at the FIFO's end stays until it is taken: dma_fifo_short
        if (f_frame_reg && !f_rst_reg)
            assume (frame_valid && frame_queue == f_frame_queue_reg);
        // rx_descriptors: a queue that has stopped has none, two clocks later,
        assume (!f_have || (f_running_2_reg && !f_rst_reg));
        // ... what a queue has stays its oldest until it is consumed, or the queue stops,
        if (f_have_reg && !f_consumed_reg && !f_rst_reg) begin
            assume (f_have || !f_running_2_reg);
            assume (!f_have || f_top == f_top_reg);
        end
        // ... read_pointer moves only then,
        if (f_have && !f_consumed_reg)
            assume (f_pointer == f_pointer_reg);
        // ... and the oldest is what is read there, in this clock and the next
        if (f_have_reg && !f_rst_reg && look_address == {f_queue, f_pointer_reg})
            assume (look_descriptor[77:0] == f_top_reg);
        if (f_have && look_address == {f_queue, f_pointer})
            assume (look_descriptor[77:0] == f_top);
    end

    if (f_begun && !f_rst_reg) begin
        // A queue's descriptor is consumed when it has one, or has just stopped
        if (give && f_mine) begin
            assert (f_have || !f_running_1_reg);
            assert (piece_address == f_last[63:0] && piece_bytes <= f_last[77:64]);
            // Beyond 64 bits it is decided in this clock
            if (DATA_W == 64)
                assert (f_given_mine_reg && f_given_reg == f_last);
        end
        if ((m_frame_tvalid || (putting_reg && !first_reg)) && f_out_mine_reg)
            assert (m_frame_address == f_out_reg[63:0] && m_frame_length <= f_out_reg[77:64]);

        // What holds always
        if (piece_valid_reg && !piece_drop_reg && f_given_mine_reg)
            assert (stored_address == f_given_reg[63:0] && stored_bytes <= f_given_reg[77:64]);
        if (first_reg && f_next_mine_reg)
            assert (new_address_reg == f_next_reg[63:0] && new_bytes_reg <= f_next_reg[77:64]);
        assert (!(putting_reg && dropping_reg) && (!first_reg || putting_reg));
        cover (m_frame_tvalid && f_out_mine_reg && m_frame_length == f_out_reg[77:64]);
        cover (m_frame_tvalid && f_out_mine_reg && m_frame_length != f_out_reg[77:64] && end_more_reg);
        cover (give && f_mine && f_consumed_reg == 1'b0 && entry_more_reg && !f_running);
    end
end
`endif

endmodule

`resetall
