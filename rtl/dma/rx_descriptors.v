// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Up to 4 receive descriptors of every queue, taken from descriptor_fetch ahead of their use.
//
// One descriptor is taken every second clock, round robin over the queues that have room; it can
// be used 4 clocks after pop_valid. have: the queue's oldest descriptor is here, entry
// {queue, read_pointer}; it stays until consumed. none: neither here, nor coming. have_second,
// none_second: the same of the one behind it, a clock later; one of less than 64 bytes counts as none.
// late says that the queue has kept the others waiting for long enough: none and none_second then
// hold until its next descriptor comes. What they say of descriptors that are not here is a clock
// late, or two behind a consume.
// A queue that is not running holds nothing, a clock later; running must stay 0 for 4 clocks or longer.

module rx_descriptors #
(
    // Queues in all
    parameter integer QUEUES = 8,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3
)
(
    input  wire                clk,
    input  wire                rst,

    input  wire [QUEUES-1:0]   queue_running,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]   available,
    input  wire [QUEUES-1:0]   pending,
    output wire                pop_valid,
    output wire [QUEUE_W-1:0]  pop_queue,
    input  wire                pop_ok,
    input  wire [63:0]         pop_address,
    input  wire [13:0]         pop_length,
    input  wire [15:0]         pop_index,

    // State of each queue
    output wire [QUEUES-1:0]   have,
    output wire [QUEUES-1:0]   none,
    output wire [QUEUES-1:0]   have_second,
    output wire [QUEUES-1:0]   none_second,
    output wire [2*QUEUES-1:0] read_pointer,

    // Read an entry, in the same clock
    input  wire [QUEUE_W+1:0]  read_address,
    output wire [63:0]         descriptor_address,
    output wire [13:0]         descriptor_length,
    output wire [15:0]         descriptor_index,

    // Take a queue's oldest entry out
    input  wire                consume_valid,
    input  wire [QUEUE_W-1:0]  consume_queue,

    // A queue has been waited for in vain
    input  wire                late_valid,
    input  wire [QUEUE_W-1:0]  late_queue,

    // 1: descriptors are on their way in
    output wire                busy
);

// First of a set of queues
function [QUEUE_W-1:0] lowest(input [QUEUES-1:0] set);
    integer i;
    begin
        lowest = {QUEUE_W{1'b0}};
        for (i = QUEUES - 1; i >= 0; i = i - 1)
            if (set[i])
                lowest = i[QUEUE_W-1:0];
    end
endfunction

reg [93:0] entries[4*QUEUES-1:0];

wire [QUEUES-1:0] want;
wire [QUEUES-1:0] pop;
wire [2*QUEUES-1:0] write_pointer;

// Choice of the queue to pop: the next one behind the last that wants
reg pop_valid_reg;
reg [QUEUE_W-1:0] pop_queue_reg;
reg [QUEUES-1:0] running_reg;
reg [QUEUES-1:0] behind_reg;            // those of them behind pop_queue_reg

// The pop, a clock later, and with its answer; one bit a queue
reg asked_any_reg;
reg answer_any_reg;
reg [QUEUES-1:0] asked_reg;
reg [QUEUES-1:0] answer_reg;
reg [QUEUE_W-1:0] asked_queue_reg;     // stands for both, as pops come every second clock

// The answer, a clock later: it comes from a block RAM
reg arrive_reg;
reg [QUEUES-1:0] push_reg;
reg [QUEUES-1:0] lost_reg;
reg [QUEUE_W+1:0] arrive_address_reg;
reg [93:0] arrive_entry_reg;

// The consume, a clock later: it comes from far
reg [QUEUES-1:0] consume_reg;

wire [QUEUES-1:0] ahead;
wire pick = |want && !pop_valid_reg;

reg [1:0] answer_pointer;

integer i;

always @* begin
    answer_pointer = 2'd0;
    for (i = 0; i < QUEUES; i = i + 1)
        answer_pointer = answer_pointer | (write_pointer[2*i +: 2] & {2{answer_reg[i]}});
end

always @(posedge clk) begin
    // Loaded also when no queue wants: the turn begins anew then
    if (!pop_valid_reg)
        pop_queue_reg <= |ahead ? lowest(ahead) : lowest(want);
    pop_valid_reg <= pick;
    asked_any_reg <= pop_valid_reg;
    asked_reg <= pop;
    asked_queue_reg <= pop_queue_reg;
    answer_any_reg <= asked_any_reg;
    answer_reg <= asked_reg;
    behind_reg <= {{(QUEUES-1){1'b1}}, 1'b0} << pop_queue_reg & queue_running;
    running_reg <= queue_running;

    arrive_reg <= answer_any_reg && pop_ok;
    push_reg <= answer_reg & {QUEUES{pop_ok}};
    lost_reg <= answer_reg & {QUEUES{!pop_ok}};
    // The queue's descriptor before came two clocks ago or earlier, so its pointer stands
    arrive_address_reg <= {asked_queue_reg, answer_pointer};
    arrive_entry_reg <= {pop_index, pop_length, pop_address};
    if (rst) begin
        pop_valid_reg <= 1'b0;
        asked_any_reg <= 1'b0;
        answer_any_reg <= 1'b0;
        asked_reg <= {QUEUES{1'b0}};
        answer_reg <= {QUEUES{1'b0}};
        arrive_reg <= 1'b0;
        push_reg <= {QUEUES{1'b0}};
        lost_reg <= {QUEUES{1'b0}};
        pop_queue_reg <= {QUEUE_W{1'b0}};
    end
end

assign pop_valid = pop_valid_reg;
assign pop_queue = pop_queue_reg;

// What arrived in the clock before, and whether it has 64 bytes or more
reg [QUEUES-1:0] pushed_reg;
reg arrived_useful_reg;

always @(posedge clk) begin
    if (arrive_reg)
        entries[arrive_address_reg] <= arrive_entry_reg;
    pushed_reg <= push_reg & running_reg;
    arrived_useful_reg <= arrive_entry_reg[77:70] != 8'd0;
end

assign {descriptor_index, descriptor_length, descriptor_address} = entries[read_address];

genvar q;
generate
    for (q = 0; q < QUEUES; q = q + 1) begin : queue
        localparam [QUEUE_W-1:0] Q = q;
        // An entry is here, the oldest first; a clock later it is known whether it has 64 bytes or more
        reg [3:0] here_reg;
        reg [3:0] known_reg;
        reg [3:0] useful_reg;
        // Entries here, and pops under way
        reg [2:0] held_reg;
        reg [1:0] read_reg;
        reg [1:0] write_reg;
        reg late_reg;
        // Nothing is here, or one, and nothing is coming
        reg none_reg;
        reg none_second_reg;

        wire push = push_reg[q];
        wire lost = lost_reg[q];
        wire consume = consume_reg[q];
        wire nothing_coming = !available[q] && !pending[q];
        // Without the one that is consumed
        wire [3:0] left = consume ? {1'b0, here_reg[3:1]} : here_reg;
        wire [3:0] left_known = consume ? {1'b0, known_reg[3:1]} : known_reg;
        wire [3:0] left_useful = consume ? {1'b0, useful_reg[3:1]} : useful_reg;

        // Available falls in the next clock, so none is right between the choice and here
        assign pop[q] = pop_valid_reg && pop_queue_reg == Q;
        assign want[q] = running_reg[q] && available[q] && (!held_reg[2] || consume);
        assign ahead[q] = behind_reg[q] && available[q] && (!held_reg[2] || consume);
        assign have[q] = left[0];
        assign none[q] = none_reg;
        assign have_second[q] = left_known[1] && left_useful[1];
        assign none_second[q] = left_known[1] ? !left_useful[1] : !left[1] && none_second_reg;
        assign read_pointer[2*q +: 2] = read_reg + {1'b0, consume};
        assign write_pointer[2*q +: 2] = write_reg;

        always @(posedge clk) begin
            consume_reg[q] <= consume_valid && consume_queue == Q;
            here_reg <= push ? {left[2:0], 1'b1} : left;
            known_reg <= pushed_reg[q] ? {left_known[2:0], 1'b1} : left_known;
            // Behind the last one stands what arrived, also when nothing did
            useful_reg <= (left_useful & left_known) | ({4{arrived_useful_reg}} & ~left_known);
            held_reg <= held_reg + {2'd0, pop[q]} - {2'd0, consume} - {2'd0, lost};
            read_reg <= read_reg + {1'b0, consume};
            write_reg <= write_reg + {1'b0, push};
            late_reg <= !push && (late_reg || (late_valid && late_queue == Q));
            none_reg <= late_reg || (held_reg == 3'd0 && nothing_coming);
            none_second_reg <= late_reg || (!held_reg[2] && !held_reg[1] && nothing_coming);
            // The clock's before: what was popped before the queue stopped has come by its end
            if (rst || !running_reg[q]) begin
                consume_reg[q] <= 1'b0;
                here_reg <= 4'd0;
                known_reg <= 4'd0;
                held_reg <= 3'd0;
                read_reg <= 2'd0;
                write_reg <= 2'd0;
                late_reg <= 1'b0;
            end
        end
    end
endgenerate

// A clock late, and so is descriptor_fetch's
reg busy_reg;

always @(posedge clk) begin
    busy_reg <= |want || pop_valid_reg || asked_any_reg || answer_any_reg;
    if (rst)
        busy_reg <= 1'b0;
end

assign busy = busy_reg;

`ifdef FORMAL
// The turns, of one queue, any: a queue is popped only when it wanted in the clock before, and while one
// wants, at most QUEUES - 1 pops of others come before its own. A pop comes every second clock.
reg f_past_reg = 1'b0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
reg f_wanted_reg;                       // it wanted in the clock before, and was not chosen
reg f_popped_wanted_reg;                // the queue that was chosen wanted
reg f_any_reg;                          // any wanted, and none was being popped
reg [QUEUE_W:0] f_passed_reg;           // chosen before it
wire [QUEUE_W-1:0] f_choice = |ahead ? lowest(ahead) : lowest(want);
wire f_wants = want[f_queue];
// Queues between the last one chosen and it
wire [QUEUE_W-1:0] f_place = f_queue - pop_queue_reg - 1'b1;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_wanted_reg <= f_wants && !(pick && f_choice == f_queue) && !rst;
    f_popped_wanted_reg <= pick && want[f_choice] && !rst;
    f_any_reg <= |want && !pop_valid_reg && !rst;
    f_passed_reg <= !f_wants || (pick && f_choice == f_queue) || rst ? {QUEUE_W+1{1'b0}} :
                    f_passed_reg + {{QUEUE_W{1'b0}}, pick};
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    assume (f_queue < QUEUES);
    if (f_past_reg) begin
        assert (pop_valid_reg == f_any_reg);
        assert (!pop_valid_reg || f_popped_wanted_reg);
        assert ({1'b0, f_passed_reg} < QUEUES);

        // What holds always
        assert ((behind_reg & ~running_reg) == 0);
        assert (f_passed_reg == 0 || f_wanted_reg);
        if (f_wanted_reg && f_passed_reg != 0) begin
            assert ({1'b0, f_passed_reg} + {2'd0, f_place} < QUEUES);
            assert (pop_valid_reg || behind_reg == (running_reg & {{(QUEUES-1){1'b1}}, 1'b0} << pop_queue_reg));
        end
        cover (f_passed_reg == QUEUES - 1);
        cover (pop_valid_reg && pop_queue_reg == f_queue && !f_wants);
    end
end
`endif

`ifdef FORMAL_ORDER
// What rx_dma relies upon, of one queue, any: the descriptors that come in answer to its pops are numbered,
// and the oldest that has not been consumed is what is read at read_pointer while have is 1, in this clock
// and the next. have falls, and read_pointer moves, only when it is consumed or the queue stops.
(* anyconst *) reg [2:0] f_tag;
reg [93:0] f_value_reg;                 // the descriptor with that number
reg [2:0] f_came_reg;
reg [2:0] f_gone_reg;
reg f_pop_1_reg, f_pop_2_reg;           // a pop of it came a clock ago, two clocks
reg f_come_reg;                         // ... three, and was answered, with
reg [93:0] f_entry_reg;
reg f_consume_reg;                      // consumed in the clock before, and the queue is running
// A clock ago, two
reg f_rst_reg;
reg f_have_reg;
reg f_consumed_reg;
reg [1:0] f_pointer_reg;
reg [2:0] f_oldest_reg;
reg f_ran_1_reg, f_ran_2_reg;
reg [2:0] f_low_reg;                    // clocks in which it has not been running, 4 at most
wire f_running = queue_running[f_queue];
wire f_run = running_reg[f_queue];
wire f_have = have[f_queue];
wire [1:0] f_pointer = read_pointer[{f_queue, 1'b0} +: 2];
wire f_consume = consume_valid && consume_queue == f_queue;
wire [2:0] f_oldest = f_gone_reg + {2'd0, f_consume_reg};
wire [2:0] f_inside = f_came_reg - f_gone_reg;
wire [2:0] f_before = f_tag - f_gone_reg;
wire [1:0] f_at = f_gone_reg[1:0] + f_before[1:0];
reg [1:0] f_write;
integer f_i;

always @* begin
    f_write = 2'd0;
    for (f_i = 0; f_i < QUEUES; f_i = f_i + 1)
        if (f_queue == f_i)
            f_write = write_pointer[2*f_i +: 2];
end

always @(posedge clk) begin
    f_rst_reg <= rst;
    f_have_reg <= f_have;
    f_consumed_reg <= f_consume;
    f_pointer_reg <= f_pointer;
    f_oldest_reg <= f_oldest;
    f_ran_1_reg <= f_running;
    f_ran_2_reg <= f_ran_1_reg;
    f_low_reg <= f_running ? 3'd0 : f_low_reg + {2'd0, !f_low_reg[2]};
    f_pop_1_reg <= pop_valid && pop_queue == f_queue && !rst;
    f_pop_2_reg <= f_pop_1_reg && !rst;
    f_come_reg <= f_pop_2_reg && pop_ok && !rst;
    f_entry_reg <= {pop_index, pop_length, pop_address};
    f_consume_reg <= f_consume && f_run && !rst;
    f_came_reg <= f_came_reg + {2'd0, f_come_reg};
    f_gone_reg <= f_oldest;
    if (f_come_reg && f_came_reg == f_tag)
        f_value_reg <= f_entry_reg;
    if (rst || !f_run) begin
        f_came_reg <= 3'd0;
        f_gone_reg <= 3'd0;
    end
end

always @* begin
    if (f_past_reg) begin
        // The rule for queue_running; and what is consumed is there, but when the queue has just stopped
        assume (!f_running || f_ran_1_reg || f_low_reg[2]);
        assume (!f_consume || f_have || !f_ran_1_reg);

        assert (!f_have || (f_ran_2_reg && !f_rst_reg));
        if (f_have_reg && !f_consumed_reg && !f_rst_reg) begin
            assert (f_have || !f_ran_2_reg);
            assert (!f_have || f_oldest == f_oldest_reg);
        end
        if (f_have && !f_consumed_reg)
            assert (f_pointer == f_pointer_reg);
        if (f_have && f_oldest == f_tag && read_address == {f_queue, f_pointer})
            assert ({descriptor_index, descriptor_length, descriptor_address} == f_value_reg);
        if (f_have_reg && !f_rst_reg && f_oldest_reg == f_tag && read_address == {f_queue, f_pointer_reg})
            assert ({descriptor_index, descriptor_length, descriptor_address} == f_value_reg);

        // What holds always
        assert (f_run == f_ran_1_reg);
        assert (consume_reg[f_queue] == f_consume_reg && asked_reg[f_queue] == f_pop_1_reg);
        assert (answer_reg[f_queue] == f_pop_2_reg && push_reg[f_queue] == f_come_reg);
        assert (asked_reg == (asked_any_reg ? {{(QUEUES-1){1'b0}}, 1'b1} << asked_queue_reg : {QUEUES{1'b0}}));
        assert (answer_reg == (answer_any_reg ? {{(QUEUES-1){1'b0}}, 1'b1} << asked_queue_reg : {QUEUES{1'b0}}));
        assert (!(pop_valid_reg && asked_any_reg) && !(asked_any_reg && answer_any_reg));
        assert (!asked_any_reg || pop_queue_reg == asked_queue_reg);
        assert (f_inside <= 3'd4 && f_inside >= {2'd0, f_consume_reg});
        assert (f_write == f_came_reg[1:0] && f_pointer == f_oldest[1:0]);
        if (f_before < f_inside)
            assert (entries[{f_queue, f_at}] == f_value_reg);
        cover (f_have && f_oldest == f_tag && f_tag == 3'd5 && read_address == {f_queue, f_pointer});
        cover (f_have_reg && !f_have && f_oldest_reg == f_tag && read_address == {f_queue, f_pointer_reg}
               && !f_consumed_reg);
        cover (f_inside == 3'd4);
    end
end

genvar f_q;
generate
    for (f_q = 0; f_q < QUEUES; f_q = f_q + 1) begin : f_state
        always @* begin
            if (f_past_reg && f_queue == f_q) begin
                assert (queue[f_q].here_reg == ~(4'b1111 << f_inside));
                assert (queue[f_q].held_reg <= 3'd4 - {2'd0, pop[f_q]});
                // What is under way when the queue stops does not count, and has come when it runs again
                assert (!f_run || queue[f_q].held_reg == f_inside + {2'd0, f_pop_1_reg} + {2'd0, f_pop_2_reg}
                        + {2'd0, f_come_reg} + {2'd0, lost_reg[f_q]});
            end
        end
    end
endgenerate
`endif

endmodule

`resetall
