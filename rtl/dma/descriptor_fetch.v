// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Fetches the descriptors of all queues of one direction ahead of their use.
//
// A doorbell says how many descriptors exist; they are read in batches of up to 8 that end at a
// multiple of 8, many batches at a time, into a FIFO of DEPTH descriptors a queue.
//
// pop: pop_valid with pop_queue takes the queue's oldest descriptor; the answer (pop_ok and all
// pop_*) stands two clocks later, until that of the next pop. Pops come every second clock at most.
// pop_ok 0: the queue had none (it was disabled just now), nothing was taken. available falls in the
// clock behind the pop.
// pending without available means: wait, a descriptor is coming. available and pending both 0:
// the host has given no more. pending and idle follow by a clock; busy rises a clock late and falls
// some clocks late.
//
// Doorbells need no ready and may come in every clock; where several to one queue come before the
// first is handled, the last counts. A tail that moves backwards, or beyond what the ring holds, sets
// doorbell_error and is ignored. Doorbells of a queue that is not enabled are ignored.
//
// Errors: a read error sets ring_error; that batch and all behind it are dropped, the queue fetches
// no more; descriptors fetched before stay good.
// enable 1 -> 0 flushes at once; reads in flight are taken and dropped; idle is 1 when none is
// left. A queue enabled again earlier starts when they have come. Counts and error bits are
// cleared when enable is 0. ring and size_log2 must not change while enable is 1 or idle 0. rst lasts 3
// clocks or more: what follows from other registers has no reset of its own.

module descriptor_fetch #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Descriptors held a queue, a power of two, 16 to 64
    parameter integer DEPTH = 64
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Configuration
    input  wire [QUEUES-1:0]    enable,
    // Ring address, aligned to 128 bytes
    /* verilator lint_off UNUSED */
    input  wire [QUEUES*64-1:0] ring,
    /* verilator lint_on UNUSED */
    // Log2 of the ring's descriptors, 3 to 15
    input  wire [QUEUES*4-1:0]  size_log2,

    // Doorbells: tail is the count of descriptors made ready since enable
    input  wire                 doorbell_valid,
    input  wire [QUEUE_W-1:0]   doorbell_queue,
    input  wire [15:0]          doorbell_tail,

    // To and from dma_read
    output wire                 request_valid,
    input  wire                 request_ready,
    output wire [3:0]           request_function,
    output wire [63:0]          request_address,
    output wire [13:0]          request_length,
    input  wire                 response_valid,
    // Bits 127:96 of a descriptor are reserved
    input  wire [DMA_W-1:0]     response_data,
    input  wire                 response_last,
    input  wire                 response_error,

    // Descriptors
    output wire [QUEUES-1:0]    available,
    output wire [QUEUES-1:0]    pending,
    input  wire                 pop_valid,
    input  wire [QUEUE_W-1:0]   pop_queue,
    output wire                 pop_ok,
    output wire [63:0]          pop_address,
    output wire [13:0]          pop_length,
    // Bits 31:14 of the descriptor's third word
    output wire [17:0]          pop_flags,
    // Index in the ring
    output wire [15:0]          pop_index,

    // Status
    output wire [QUEUES*16-1:0] fetched,
    output wire [QUEUES-1:0]    ring_error,
    output wire [QUEUES-1:0]    doorbell_error,
    // 1: disabled, and nothing outstanding
    output wire [QUEUES-1:0]    idle,
    // 1: a read is in flight or a doorbell is being handled
    output wire                 busy
);

localparam integer LANES = DMA_W / 128;                 // descriptors a bus word
localparam integer LANE_W = $clog2(LANES);
localparam integer SLOT_W = $clog2(DEPTH);
localparam integer ROWS = QUEUES * DEPTH / LANES;
localparam integer ROW_W = SLOT_W - LANE_W;
localparam integer WORD_W = 3 - LANE_W;                 // bus words of a batch
localparam integer PAIRS = (QUEUES + 1) / 2;
localparam integer COUNT_W = SLOT_W + 1;
localparam [15:0] LANE_MASK = LANES[15:0] - 16'd1;

initial begin
    if (DMA_W != 128 && DMA_W != 256 && DMA_W != 512) begin
        $display("Error: DMA_W must be 128, 256 or 512 (%m)");
        $finish;
    end
    if (DEPTH < 16 || DEPTH > 64 || (1 << SLOT_W) != DEPTH) begin
        $display("Error: DEPTH must be a power of two, 16 to 64 (%m)");
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

// --- state of the queues -----------------------------------------------------------------------

reg [QUEUES-1:0]        run_reg;                // enabled, and nothing left of before
reg [QUEUES-1:0]        ring_error_reg;
reg [QUEUES-1:0]        doorbell_error_reg;
reg [QUEUES-1:0]        bell_reg;               // a doorbell waits
reg [QUEUES-1:0]        bell_take_reg;          // STATE_READ takes it
reg [QUEUES-1:0]        bell_judge_reg;         // STATE_COUNT tells whether it is wrong
reg [QUEUES-1:0]        more_reg;               // the tail is ahead of the fetches
reg [QUEUES-1:0]        want_reg;               // and there is room for a batch
reg [QUEUES-1:0]        may_reg;                // room for a batch, and no error
reg [QUEUES-1:0]        tail_known_reg;         // a doorbell has been taken since the queue runs
// Tails of the doorbells that wait, and of those that were taken
(* ram_style = "distributed" *)
reg [15:0]              bell_tail_ram[0:(1<<QUEUE_W)-1];
(* ram_style = "distributed" *)
reg [15:0]              tail_ram[0:(1<<QUEUE_W)-1];
reg [QUEUES*16-1:0]     fetched_reg;            // reads issued,
reg [QUEUES*16-1:0]     fetched_told_reg;       // for the register block, which stands far away
reg [QUEUES*COUNT_W-1:0] popped_reg;
reg [QUEUES*7-1:0]      flight_reg;             // batches being read
reg [QUEUES*COUNT_W-1:0] held_reg;              // descriptors held
reg [QUEUES-1:0]        available_reg;          // not 0
reg [QUEUES-1:0]        pending_reg;
reg [QUEUES-1:0]        idle_reg;

// Doorbells, a clock later: the register block stands far away
reg                     doorbell_reg;
reg [QUEUE_W-1:0]       doorbell_queue_reg;
reg [15:0]              doorbell_tail_reg;
reg [QUEUES-1:0]        bell_new_reg;           // one bit a queue

// --- one queue after the other: doorbell, then a batch -----------------------------------------

localparam [3:0]
    STATE_PICK  = 4'd0,
    STATE_NAME  = 4'd1,
    STATE_READ  = 4'd2,
    STATE_CALC  = 4'd3,
    STATE_CHECK = 4'd4,
    STATE_JUDGE = 4'd5,
    STATE_COUNT = 4'd6,
    STATE_BATCH = 4'd7,
    STATE_SEND  = 4'd8;

reg [3:0]               state_reg;
reg [QUEUE_W-1:0]       queue_reg;
reg [QUEUES-1:0]        select_reg;             // queue_reg, one bit a queue, a clock earlier
reg [QUEUES-1:0]        above_reg;              // queues behind the one served last
reg                     running_reg;            // the queue ran in the clock before
reg [QUEUES-1:0]        at_batch_reg;           // STATE_BATCH of queue_reg, one bit a queue,
reg                     batch_now_reg;          // and of any

// What the queue's registers say is chosen in two clocks, as they stand far from each other
reg [PAIRS*57-1:0]      ring_pair_reg;
reg [PAIRS*4-1:0]       size_pair_reg;
reg [PAIRS*16-1:0]      fetched_pair_reg;
reg [56:0]              ring_now, ring_reg;
reg [3:0]               size_now, size_log2_reg;
reg [15:0]              fetched_now, fetched_now_reg;

reg                     bell_now_reg;           // this visit has a doorbell to handle
reg                     known_now_reg;
reg                     fetch_ok_reg;
reg [15:0]              tail_now_reg, new_now_reg;
reg [15:0]              size_reg, size_m1_reg, size_over_reg;  // the size, bits below and above it
reg [15:0]              step_reg;
reg [3:0]               to_edge_reg;            // descriptors to the next multiple of 8
reg [12:0]              edge_reg;               // and that multiple, by 8
reg [3:0]               batch_reg;              // descriptors of the batch, 0: none
reg [15:0]              fetched_next_reg;
reg [3:0]               count_reg;              // with those that complete its first word

reg                     request_valid_reg;
reg                     issued_reg;             // its first clock

// Those to visit, and those of them behind the one served last
reg [QUEUES-1:0]        candidates_reg;
reg [QUEUES-1:0]        favoured_reg;
wire [QUEUES-1:0]       pick = favoured_reg != 0 ? lowest(favoured_reg) : lowest(candidates_reg);
reg [QUEUE_W-1:0]       select_queue;

// More than the ring holds: above size, which is a power of two
reg                     step_over_reg, step_size_reg, step_below_reg;
reg                     ahead_over_reg, ahead_size_reg, ahead_below_reg;
reg                     bad_reg;                // the doorbell's tail is wrong

// What is left to fetch by the new tail and by the old: the choice between them comes last
reg [15:0]              ahead_reg, behind_reg;
reg                     ahead_any_reg, behind_any_reg;      // not 0
reg                     ahead_more_reg, behind_more_reg;    // beyond the next multiple of 8
wire                    left_any = bad_reg ? behind_any_reg : ahead_any_reg;
wire                    left_more = bad_reg ? behind_more_reg : ahead_more_reg;

reg [15:0]              index_now_reg;
reg                     list_full_reg;
reg                     fetch_reg;              // a batch is read
reg                     more_with_reg, more_without_reg;    // descriptors are left behind it, or all
wire                    batch = batch_now_reg && fetch_reg && running_reg;

wire [15:0]             tail_now = known_now_reg ? tail_ram[queue_reg] : 16'd0;

// The address in three steps: the ring's, and the index, of 16 bytes a descriptor
reg [20:0]              sum_low_reg;
reg [22:0]              sum_mid_reg;
reg [21:0]              sum_high_reg;

integer i;

always @* begin
    select_queue = {QUEUE_W{1'b0}};
    ring_now = 57'd0;
    size_now = 4'd0;
    fetched_now = 16'd0;
    for (i = 0; i < QUEUES; i = i + 1) begin
        if (select_reg[i])
            select_queue = select_queue | i[QUEUE_W-1:0];
    end
    for (i = 0; i < PAIRS; i = i + 1) begin
        ring_now = ring_now | ring_pair_reg[i*57 +: 57];
        size_now = size_now | size_pair_reg[i*4 +: 4];
        fetched_now = fetched_now | fetched_pair_reg[i*16 +: 16];
    end
end

genvar g;
generate
    for (g = 0; g < PAIRS; g = g + 1) begin : pair
        localparam integer ODD = 2 * g + 1 < QUEUES ? 2 * g + 1 : 2 * g;
        always @(posedge clk) begin
            ring_pair_reg[g*57 +: 57] <= (ring[2*g*64 + 7 +: 57] & {57{select_reg[2*g]}})
                                         | (ring[ODD*64 + 7 +: 57] & {57{select_reg[ODD]}});
            size_pair_reg[g*4 +: 4] <= (size_log2[2*g*4 +: 4] & {4{select_reg[2*g]}})
                                       | (size_log2[ODD*4 +: 4] & {4{select_reg[ODD]}});
            fetched_pair_reg[g*16 +: 16] <= (fetched_reg[2*g*16 +: 16] & {16{select_reg[2*g]}})
                                            | (fetched_reg[ODD*16 +: 16] & {16{select_reg[ODD]}});
        end
    end
endgenerate

// Bits below size, from its log2
function [15:0] below_size;
    input [3:0] log2;
    integer b;
    begin
        for (b = 0; b < 16; b = b + 1)
            below_size[b] = log2 > b[3:0];
    end
endfunction

always @(posedge clk) begin
    fetched_told_reg <= fetched_reg;
    candidates_reg <= (bell_reg | want_reg) & run_reg;
    favoured_reg <= (bell_reg | want_reg) & run_reg & above_reg;
    running_reg <= (run_reg & select_reg) != 0;
    at_batch_reg <= {QUEUES{1'b0}};
    batch_now_reg <= 1'b0;
    issued_reg <= 1'b0;

    // What follows from the visit's queue and from what STATE_READ takes, loaded in every clock: it
    // counts when it has come
    ring_reg <= ring_now;
    size_log2_reg <= size_now;
    for (i = 0; i < 16; i = i + 1) begin
        size_reg[i] <= size_log2_reg == i[3:0];
        size_over_reg[i] <= size_log2_reg < i[3:0];
    end
    size_m1_reg <= below_size(size_log2_reg);
    to_edge_reg <= 4'd8 - {1'b0, fetched_now_reg[2:0]};
    edge_reg <= fetched_now_reg[15:3] + 13'd1;
    step_reg <= new_now_reg - tail_now_reg;
    ahead_reg <= new_now_reg - fetched_now_reg;
    behind_reg <= tail_now_reg - fetched_now_reg;

    step_over_reg <= (step_reg & size_over_reg) != 0;
    step_size_reg <= (step_reg & size_reg) != 0;
    step_below_reg <= (step_reg & size_m1_reg) != 0;
    ahead_over_reg <= (ahead_reg & size_over_reg) != 0;
    ahead_size_reg <= (ahead_reg & size_reg) != 0;
    ahead_below_reg <= (ahead_reg & size_m1_reg) != 0;
    ahead_any_reg <= ahead_reg != 0;
    behind_any_reg <= behind_reg != 0;
    ahead_more_reg <= ahead_reg[15:4] != 0 || ahead_reg[3:0] > to_edge_reg;
    behind_more_reg <= behind_reg[15:4] != 0 || behind_reg[3:0] > to_edge_reg;
    bad_reg <= bell_now_reg && (step_over_reg || (step_size_reg && step_below_reg)
                                || ahead_over_reg || (ahead_size_reg && ahead_below_reg));
    // Without room, or behind an error, only the doorbell is handled
    fetch_ok_reg <= (may_reg & select_reg) != 0;

    index_now_reg <= fetched_now_reg & size_m1_reg;
    sum_low_reg <= {1'b0, ring_reg[12:0], 7'd0} + {1'b0, index_now_reg & ~LANE_MASK, 4'd0};
    sum_mid_reg <= {1'b0, ring_reg[34:13]} + {22'd0, sum_low_reg[20]};
    sum_high_reg <= ring_reg[56:35] + {21'd0, sum_mid_reg[22]};

    case (state_reg)
        STATE_PICK: begin
            select_reg <= pick;
            if (candidates_reg != 0)
                state_reg <= STATE_NAME;
        end
        STATE_NAME: begin
            queue_reg <= select_queue;
            bell_now_reg <= (bell_reg & select_reg) != 0;
            known_now_reg <= (tail_known_reg & select_reg) != 0;
            state_reg <= STATE_READ;
        end
        STATE_READ: begin
            for (i = 0; i < QUEUES; i = i + 1)
                above_reg[i] <= queue_reg < i[QUEUE_W-1:0];
            tail_now_reg <= tail_now;
            new_now_reg <= bell_now_reg ? bell_tail_ram[queue_reg] : tail_now;
            fetched_now_reg <= fetched_now;
            state_reg <= STATE_CALC;
        end
        STATE_CALC:
            state_reg <= STATE_CHECK;
        STATE_CHECK:
            state_reg <= STATE_JUDGE;
        STATE_JUDGE:
            state_reg <= STATE_COUNT;
        STATE_COUNT: begin
            if (bell_now_reg && !bad_reg)
                tail_ram[queue_reg] <= new_now_reg;
            // To the next multiple of 8, or to the tail
            batch_reg <= left_more ? to_edge_reg : bad_reg ? behind_reg[3:0] : ahead_reg[3:0];
            fetched_next_reg <= left_more ? {edge_reg, 3'd0} : bad_reg ? tail_now_reg : new_now_reg;
            fetch_reg <= fetch_ok_reg && left_any && !list_full_reg;
            more_with_reg <= left_more;
            more_without_reg <= left_any;
            at_batch_reg <= running_reg ? select_reg : {QUEUES{1'b0}};
            batch_now_reg <= running_reg;
            state_reg <= STATE_BATCH;
        end
        STATE_BATCH: begin
            count_reg <= batch_reg + {1'b0, fetched_now_reg[2:0] & LANE_MASK[2:0]};
            request_valid_reg <= batch;
            issued_reg <= batch;
            state_reg <= batch ? STATE_SEND : STATE_PICK;
        end
        default: begin
            if (request_ready) begin
                request_valid_reg <= 1'b0;
                state_reg <= STATE_PICK;
            end
        end
    endcase

    doorbell_reg <= doorbell_valid;
    doorbell_queue_reg <= doorbell_queue;
    doorbell_tail_reg <= doorbell_tail;
    if (doorbell_reg)
        bell_tail_ram[doorbell_queue_reg] <= doorbell_tail_reg;

    // The queue has been disabled under the visit, before anything was decided; STATE_BATCH looks at
    // running_reg too, and in STATE_NAME it is of another queue
    if (!running_reg && (state_reg == STATE_READ || state_reg == STATE_CALC
                         || state_reg == STATE_CHECK || state_reg == STATE_JUDGE
                         || state_reg == STATE_COUNT))
        state_reg <= STATE_PICK;

    if (rst) begin
        state_reg <= STATE_PICK;
        request_valid_reg <= 1'b0;
        doorbell_reg <= 1'b0;
        above_reg <= {QUEUES{1'b0}};
    end
end

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

assign request_valid = request_valid_reg;
assign request_function = queue_function(queue_reg);
assign request_address = {sum_high_reg, sum_mid_reg[21:0], sum_low_reg[19:0]};
assign request_length = {6'd0, count_reg, 4'd0};

// --- the reads in flight, in order --------------------------------------------------------------

// {queue, index in the ring by 8, first slot, descriptors}
(* ram_style = "distributed" *)
reg [QUEUE_W+SLOT_W+15:0] list_ram[0:63];
reg [6:0]               list_in_reg, list_out_reg;

// A word of the oldest, and what the list says of it
reg                     word_valid_reg;
/* verilator lint_off UNUSED */
reg [DMA_W-1:0]         word_data_reg;
/* verilator lint_on UNUSED */
reg                     word_last_reg;
reg                     word_error_reg;
reg [QUEUE_W-1:0]       head_queue_reg;
reg [11:0]              head_block_reg;
reg [SLOT_W-1:0]        head_slot_reg;
reg [3:0]               head_count_reg;

reg                     first_beat_reg;
reg [WORD_W-1:0]        word_reg;

// A batch does not leave its block of 8
wire [WORD_W-1:0]       word = first_beat_reg ? head_slot_reg[2:LANE_W] : word_reg;
wire [QUEUE_W+ROW_W-1:0] write_row = {head_queue_reg, head_slot_reg[SLOT_W-1:3], word};

// A batch has come; a clock later, which queue's
reg                     last_reg;
reg                     last_error_reg;
reg [QUEUE_W-1:0]       last_queue_reg;
reg [3:0]               last_count_reg;
reg [QUEUES-1:0]        come_reg;
reg [QUEUES-1:0]        good_reg;               // and without an error, nor behind one
reg                     come_error_reg;
reg [3:0]               come_count_reg;
reg [3:0]               come_count_m1_reg;      // less 1

always @(posedge clk) begin
    // A clock late; all of it stays until the next visit
    if (issued_reg) begin
        list_ram[list_in_reg[5:0]] <= {queue_reg, index_now_reg[14:3], fetched_now_reg[SLOT_W-1:0], batch_reg};
        list_in_reg <= list_in_reg + 7'd1;
    end

    // The next batch is decided many clocks behind this one
    list_full_reg <= list_in_reg[6] != list_out_reg[6] && list_in_reg[5:0] == list_out_reg[5:0];

    for (i = 0; i < QUEUES; i = i + 1) begin
        come_reg[i] <= last_reg && last_queue_reg == i[QUEUE_W-1:0];
        good_reg[i] <= last_reg && last_queue_reg == i[QUEUE_W-1:0] && !last_error_reg
                       && !ring_error_reg[i] && !(come_reg[i] && come_error_reg);
    end
    come_error_reg <= last_error_reg;
    come_count_reg <= last_count_reg;
    come_count_m1_reg <= last_count_reg - 4'd1;

    word_valid_reg <= response_valid;
    word_data_reg <= response_data;
    word_last_reg <= response_last;
    word_error_reg <= response_error;
    {head_queue_reg, head_block_reg, head_slot_reg, head_count_reg} <= list_ram[list_out_reg[5:0]];
    if (response_valid && response_last)
        list_out_reg <= list_out_reg + 7'd1;

    last_reg <= word_valid_reg && word_last_reg;
    if (word_valid_reg) begin
        first_beat_reg <= word_last_reg;
        word_reg <= word + 1'b1;
        last_error_reg <= word_error_reg;
        last_queue_reg <= head_queue_reg;
        last_count_reg <= head_count_reg;
    end

    if (rst) begin
        list_in_reg <= 7'd0;
        list_out_reg <= 7'd0;
        word_valid_reg <= 1'b0;
        first_beat_reg <= 1'b1;
        last_reg <= 1'b0;
        come_reg <= {QUEUES{1'b0}};
        good_reg <= {QUEUES{1'b0}};
    end
end

// --- the descriptors: a memory a lane of the bus ------------------------------------------------

// A pop, a clock later
reg                     pop_reg;
reg [QUEUE_W-1:0]       pop_queue_reg;
reg [QUEUES-1:0]        take_reg;               // it takes one, one bit a queue

// Of the descriptor that is taken. popped_reg is right when a pop comes: the one before is two clocks ago
reg [SLOT_W-1:0]        slot;
reg [SLOT_W-1:0]        slot_reg;
wire [QUEUE_W+ROW_W-1:0] read_row = {pop_queue_reg, slot_reg[SLOT_W-1:LANE_W]};
wire [LANES*108-1:0]    read_data;

always @* begin
    slot = {SLOT_W{1'b0}};
    for (i = 0; i < QUEUES; i = i + 1)
        slot = slot | (popped_reg[i*COUNT_W +: SLOT_W] & {SLOT_W{pop_queue == i[QUEUE_W-1:0]}});
end

generate
    for (g = 0; g < LANES; g = g + 1) begin : lane
        localparam integer LANE = g;
        // {index in the ring by 8, descriptor}. It is read after the clock in which it is written
        (* no_rw_check *) (* ram_style = "block" *)
        reg [107:0] descriptor_ram[0:ROWS-1];
        reg [107:0] read_reg;
        // The lanes before the batch's first descriptor are another batch's
        wire mine = !first_beat_reg
                    || LANE[SLOT_W-1:0] >= (head_slot_reg & LANE_MASK[SLOT_W-1:0]);

        always @(posedge clk) begin
            if (word_valid_reg && mine)
                descriptor_ram[write_row] <= {head_block_reg, word_data_reg[g*128 +: 96]};
            if (pop_reg)
                read_reg <= descriptor_ram[read_row];
        end
        assign read_data[g*108 +: 108] = read_reg;
    end
endgenerate

reg                     pop_ok_reg;
reg [2:0]               pop_low_reg;            // of the index, and of the slot
reg [LANES-1:0]         pop_lane_reg;           // one bit a lane
reg [107:0]             popped;

always @* begin
    popped = read_data[107:0];
    for (i = 1; i < LANES; i = i + 1) begin
        if (pop_lane_reg[i])
            popped = read_data[i*108 +: 108];
    end
end

always @(posedge clk) begin
    pop_reg <= pop_valid;
    pop_queue_reg <= pop_queue;
    slot_reg <= slot;
    for (i = 0; i < QUEUES; i = i + 1)
        take_reg[i] <= pop_valid && pop_queue == i[QUEUE_W-1:0] && available_reg[i];
    if (pop_reg) begin
        // Disabled in the clock of the pop: its place is forgotten
        pop_ok_reg <= (take_reg & run_reg) != 0;
        pop_low_reg <= slot_reg[2:0];
        for (i = 0; i < LANES; i = i + 1)
            pop_lane_reg[i] <= (slot_reg & LANE_MASK[SLOT_W-1:0]) == i[SLOT_W-1:0];
    end
    if (rst) begin
        pop_reg <= 1'b0;
        take_reg <= {QUEUES{1'b0}};
        pop_ok_reg <= 1'b0;
    end
end

assign pop_ok = pop_ok_reg;
assign pop_address = popped[63:0];
assign pop_length = popped[77:64];
assign pop_flags = popped[95:78];
assign pop_index = {1'b0, popped[107:96], pop_low_reg};

// --- the queues' state --------------------------------------------------------------------------

generate
    for (g = 0; g < QUEUES; g = g + 1) begin : queue
        localparam integer QUEUE = g;
        wire [6:0] flight = flight_reg[g*7 +: 7];
        wire [COUNT_W-1:0] held = held_reg[g*COUNT_W +: COUNT_W];
        // Blocks of 8 descriptors, and a bit for the round: the batch stands in one. Behind an error
        // those dropped count too, but then none is read
        wire [SLOT_W-3:0] fetch_block = fetched_reg[g*16 + 3 +: SLOT_W-2];
        wire [SLOT_W-3:0] pop_block = popped_reg[g*COUNT_W + 3 +: SLOT_W-2];
        wire space = fetch_block[SLOT_W-4:0] != pop_block[SLOT_W-4:0]
                     || fetch_block[SLOT_W-3] == pop_block[SLOT_W-3];
        wire issue = at_batch_reg[g] && fetch_reg && running_reg;
        wire come = come_reg[g];
        wire good = good_reg[g];
        wire take = take_reg[g];
        wire pop = pop_valid && pop_queue == QUEUE[QUEUE_W-1:0];

        always @(posedge clk) begin
            pending_reg[g] <= bell_reg[g]
                              || (run_reg[g] && !ring_error_reg[g]
                                  && (more_reg[g] || flight != 0
                                      || (select_reg[g] && state_reg != STATE_PICK)));
            idle_reg[g] <= !enable[g] && !run_reg[g] && flight == 0 && !issue;

            bell_new_reg[g] <= doorbell_valid && doorbell_queue == QUEUE[QUEUE_W-1:0] && enable[g];
            if (bell_new_reg[g])
                bell_reg[g] <= 1'b1;
            else if (bell_take_reg[g])
                bell_reg[g] <= 1'b0;
            bell_take_reg[g] <= state_reg == STATE_NAME && select_reg[g] && bell_reg[g];
            bell_judge_reg[g] <= state_reg == STATE_JUDGE && select_reg[g] && bell_now_reg;

            if (bell_judge_reg[g] && running_reg) begin
                if (bad_reg)
                    doorbell_error_reg[g] <= 1'b1;
                else
                    tail_known_reg[g] <= 1'b1;
            end

            if (at_batch_reg[g] && running_reg)
                more_reg[g] <= fetch_reg ? more_with_reg : more_without_reg;
            if (ring_error_reg[g])
                more_reg[g] <= 1'b0;
            want_reg[g] <= more_reg[g] && space && !ring_error_reg[g] && run_reg[g];
            may_reg[g] <= space && !ring_error_reg[g];

            if (issue)
                fetched_reg[g*16 +: 16] <= fetched_next_reg;
            if (issue != come)
                flight_reg[g*7 +: 7] <= flight + {{6{come}}, 1'b1};
            held_reg[g*COUNT_W +: COUNT_W]
                <= held + (good ? {{COUNT_W-4{1'b0}}, take ? come_count_m1_reg : come_count_reg}
                                : {COUNT_W{take}});
            // held is right when a pop comes: the one before is two clocks ago
            if (good)
                available_reg[g] <= 1'b1;
            else if (pop && held[COUNT_W-1:1] == 0)
                available_reg[g] <= 1'b0;
            if (take)
                popped_reg[g*COUNT_W +: COUNT_W] <= popped_reg[g*COUNT_W +: COUNT_W] + 1'b1;
            if (come && come_error_reg)
                ring_error_reg[g] <= 1'b1;

            // run falls with enable, and rises when the reads of before have come
            run_reg[g] <= enable[g] && (run_reg[g] || (flight == 0 && !issue));
            if (!enable[g] || !run_reg[g]) begin
                tail_known_reg[g] <= 1'b0;
                fetched_reg[g*16 +: 16] <= 16'd0;
                popped_reg[g*COUNT_W +: COUNT_W] <= {COUNT_W{1'b0}};
                held_reg[g*COUNT_W +: COUNT_W] <= {COUNT_W{1'b0}};
                available_reg[g] <= 1'b0;
                ring_error_reg[g] <= 1'b0;
                doorbell_error_reg[g] <= 1'b0;
                more_reg[g] <= 1'b0;
                want_reg[g] <= 1'b0;
            end
            if (!enable[g])
                bell_reg[g] <= 1'b0;

            if (rst) begin
                run_reg[g] <= 1'b0;
                bell_new_reg[g] <= 1'b0;
                bell_reg[g] <= 1'b0;
                flight_reg[g*7 +: 7] <= 7'd0;
            end
        end
    end
endgenerate

assign available = available_reg;
assign pending = pending_reg;
assign idle = idle_reg;
assign fetched = fetched_told_reg;
assign ring_error = ring_error_reg;
assign doorbell_error = doorbell_error_reg;
// A clock late, so it looks at what comes in, too; what the queues say is two clocks late, and what
// came in or ended less than that ago counts
reg                     busy_reg;
reg                     queues_busy_reg;
reg                     reads_busy_reg;
reg [2:0]               recent_reg;
wire                    now = doorbell_valid || pop_valid || state_reg != STATE_PICK || last_reg;

always @(posedge clk) begin
    recent_reg <= {recent_reg[1:0], now};
    queues_busy_reg <= (bell_reg | want_reg | (more_reg & may_reg)) != 0;
    reads_busy_reg <= list_in_reg != list_out_reg;
    busy_reg <= now || recent_reg != 0 || queues_busy_reg || reads_busy_reg;
    if (rst) begin
        recent_reg <= 3'd0;
        queues_busy_reg <= 1'b0;
        reads_busy_reg <= 1'b0;
        busy_reg <= 1'b0;
    end
end

assign busy = busy_reg;

`ifdef FORMAL
// The turns, of one queue, any: one queue is visited at a time, only one that has a doorbell or wants a
// batch, and while one waits, at most QUEUES - 1 visits of others come before its own, not counted those
// that end in STATE_READ as their queue has been disabled.
reg f_past_reg = 1'b0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
reg [QUEUES-1:0] f_candidates_reg;
reg f_picked_reg;                       // a queue was picked in the clock before
reg [QUEUE_W-1:0] f_last_reg;           // visited last, and so a clock before: the turn goes by that
reg [QUEUE_W-1:0] f_from_reg;
reg [1:0] f_begun_reg;                  // both are
reg [QUEUE_W:0] f_passed_reg;           // visited before it
reg f_waited_reg;                       // it waited in the clock before, and was not picked
wire f_waits = candidates_reg[f_queue];
wire f_own = state_reg == STATE_PICK && pick[f_queue];
wire f_other = state_reg == STATE_READ && running_reg && queue_reg != f_queue;
// Queues between one and f_queue
wire [QUEUE_W-1:0] f_place_last = f_queue - f_last_reg - 1'b1;
wire [QUEUE_W-1:0] f_place_from = f_queue - f_from_reg - 1'b1;
wire [QUEUE_W-1:0] f_place = f_queue - (state_reg == STATE_NAME ? select_queue : queue_reg) - 1'b1;
localparam [QUEUES-1:0] F_ABOVE = ~{{QUEUES-1{1'b0}}, 1'b1};

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_candidates_reg <= candidates_reg;
    f_picked_reg <= state_reg == STATE_PICK && candidates_reg != 0 && !rst;
    if (state_reg == STATE_READ)
        f_last_reg <= queue_reg;
    f_from_reg <= f_last_reg;
    f_begun_reg <= rst ? 2'd0 : {f_begun_reg[0], f_begun_reg[0] || state_reg == STATE_READ};
    f_waited_reg <= f_waits && !f_own && !rst;
    f_passed_reg <= !f_waits || f_own || rst ? {QUEUE_W+1{1'b0}} : f_passed_reg + {{QUEUE_W{1'b0}}, f_other};
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    assume (f_queue < QUEUES);
    if (f_past_reg) begin
        if (f_picked_reg) begin
            assert (state_reg == STATE_NAME);
            assert (select_reg != {QUEUES{1'b0}} && (select_reg & (select_reg - 1'b1)) == {QUEUES{1'b0}});
            assert ((select_reg & ~f_candidates_reg) == {QUEUES{1'b0}});
        end
        assert (state_reg != STATE_NAME || f_picked_reg);
        assert ({1'b0, f_passed_reg} < QUEUES);

        // What holds always
        assert (state_reg <= STATE_SEND);
        assert ((favoured_reg & ~candidates_reg) == {QUEUES{1'b0}});
        if (f_begun_reg[0])
            assert (above_reg == F_ABOVE << f_last_reg);
        if (f_begun_reg[1])
            assert (favoured_reg == (candidates_reg & (F_ABOVE << f_from_reg)));
        if (state_reg > STATE_CALC)
            assert (f_begun_reg == 2'd3 && f_from_reg == f_last_reg);
        if (state_reg == STATE_CALC)
            assert (f_begun_reg[0] && f_last_reg == queue_reg);
        assert (f_passed_reg == 0 || (f_waited_reg && f_begun_reg[0]));
        if (f_passed_reg != 0) begin
            assert ({1'b0, f_passed_reg} + {2'd0, f_place_last} < QUEUES);
            if (state_reg == STATE_PICK)
                assert (f_begun_reg[1] && {1'b0, f_passed_reg} + {2'd0, f_place_from} < QUEUES);
            if (state_reg == STATE_NAME || state_reg == STATE_READ)
                assert ({1'b0, f_passed_reg} + {2'd0, f_place} + 4'd1 < QUEUES);
        end
        cover (f_passed_reg == QUEUES - 1 && f_own);
        cover (f_picked_reg && select_reg[f_queue] && f_candidates_reg != select_reg);
    end
end
`endif

endmodule

`resetall
