// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Interrupts of the queues, one shot, and of the functions' events.
//
// Software arms a queue with the count of completions that it has seen; as soon as the queue's
// count of acknowledged completions is another one, one interrupt is raised and the queue is
// disarmed. Queue numbers: the receive queues, then the transmit queues.
//
// Armed queues are looked at one a clock in turn: up to QUEUES + 4 clocks pass between a
// completion and irq_valid. irq is held until irq_ready; queues behind it wait. Arming again
// before the clock in which the interrupt is raised replaces the count. A queue that is not enabled
// is disarmed.
//
// An event raises its function's event vector once, in turn with those of queues; events of a
// function that come before it is raised are one. With event_enable 0 they are forgotten.

module interrupt #
(
    // Queues of both directions, at least 4, and network functions
    parameter integer QUEUES = 16,
    parameter integer FUNCTIONS = 2,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 4
)
(
    input  wire                 clk,
    input  wire                 rst,

    // Queues: enabled, MSI-X vector, count of acknowledged completions
    input  wire [QUEUES-1:0]    enable,
    /* verilator lint_off SYMRSVDWORD */
    input  wire [QUEUES*8-1:0]  vector,
    /* verilator lint_on SYMRSVDWORD */
    input  wire [QUEUES*16-1:0] completed,

    // Arm a queue: any clock
    input  wire                 arm_write_valid,
    input  wire [QUEUE_W-1:0]   arm_write_queue,
    input  wire [15:0]          arm_write_seen,

    // Events: any clock
    input  wire [FUNCTIONS-1:0] event_valid,
    input  wire [FUNCTIONS-1:0] event_enable,
    input  wire [FUNCTIONS*8-1:0] event_vector,

    // Interrupts
    output wire                 irq_valid,
    input  wire                 irq_ready,
    output wire [3:0]           irq_function,
    output wire [7:0]           irq_vector,

    // 1: an interrupt waits to be taken, or may be about to be raised
    output wire                 busy
);

localparam integer QUEUES_PER_FUNCTION = QUEUES / 2 / FUNCTIONS;

wire [QUEUES-1:0] armed;
reg [15:0] seen[QUEUES-1:0];

// Look at a queue: its number, then its counts
reg armed_any_reg;          // otherwise nothing moves
reg [QUEUE_W-1:0] scan_reg;
reg look_valid_reg;
reg [QUEUE_W-1:0] look_reg;
reg [15:0] look_completed_reg;
reg [15:0] look_seen_reg;
reg [7:0] look_vector_reg;

// The queue has something to tell
reg hit_valid_reg;
reg [QUEUE_W-1:0] hit_reg;
reg [7:0] hit_vector_reg;

// An interrupt was raised for it: it is disarmed, a clock later
reg fired_valid_reg;
reg [QUEUE_W-1:0] fired_reg;

reg irq_valid_reg;
reg [3:0] irq_function_reg;
reg [7:0] irq_vector_reg;

// Events that wait; the first of them
reg [FUNCTIONS-1:0] event_reg;
reg event_any_reg;          // one of them
reg event_last_reg;         // the last interrupt was an event's
reg [FUNCTIONS-1:0] event_first;
reg [3:0] event_function;
reg [7:0] event_vector_now;
integer f;

// Clocks until every queue has been looked at since something changed; low bits of the counts tell, in
// a register for each queue
localparam integer QUIET_W = QUEUE_W + 2;
wire [2*QUEUES-1:0] low_bits;
reg [2*QUEUES-1:0] low_bits_reg;
reg [QUEUES-1:0] changed_reg;
wire changed = changed_reg != {QUEUES{1'b0}};
reg something_reg;
reg [QUIET_W-1:0] quiet_reg;

wire hold = irq_valid_reg && !irq_ready;
// Armed anew, or stopped, since it was looked at: look again later. That it stopped is known a clock
// late, when it may stand in the next place.
reg stayed_reg;
reg look_off_reg;
reg hit_off_reg;
wire hit_armed = arm_write_valid && arm_write_queue == hit_reg;
wire hit_off = stayed_reg ? hit_off_reg : look_off_reg;
wire look_stale = (arm_write_valid && arm_write_queue == look_reg) || (stayed_reg && look_off_reg);
wire hit_stale = hit_armed || hit_off;
wire event_fire = event_any_reg && !hold && !(hit_valid_reg && event_last_reg);
wire [FUNCTIONS-1:0] event_next = event_enable
                                  & (event_valid | (event_reg & ~(event_fire ? event_first : {FUNCTIONS{1'b0}})));
wire fire = hit_valid_reg && !hit_off && !hold && !event_fire;
// The queues are not looked at meanwhile
wire stay = hold || event_fire;
wire [31:0] hit_queue = {{(32-QUEUE_W){1'b0}}, hit_reg};
/* verilator lint_off UNUSEDSIGNAL */
wire [31:0] hit_function = (hit_queue % (QUEUES / 2)) / QUEUES_PER_FUNCTION;
/* verilator lint_on UNUSEDSIGNAL */

always @* begin
    event_first = {FUNCTIONS{1'b0}};
    event_function = 4'd0;
    event_vector_now = 8'd0;
    for (f = FUNCTIONS - 1; f >= 0; f = f - 1) begin
        if (event_reg[f]) begin
            event_first = {{FUNCTIONS-1{1'b0}}, 1'b1} << f;
            event_function = f[3:0];
            event_vector_now = event_vector[8*f +: 8];
        end
    end
end

genvar g;
generate
    for (g = 0; g < QUEUES; g = g + 1) begin : queue
        localparam [QUEUE_W-1:0] Q = g;
        reg armed_reg;

        always @(posedge clk) begin
            changed_reg[g] <= low_bits[2*g +: 2] != low_bits_reg[2*g +: 2];
            armed_reg <= enable[g] && ((arm_write_valid && arm_write_queue == Q) ||
                                       (armed_reg && !(fired_valid_reg && fired_reg == Q)));
            if (rst)
                armed_reg <= 1'b0;
        end

        assign armed[g] = armed_reg;
        assign low_bits[2*g +: 2] = completed[16*g +: 2];
    end
endgenerate

assign irq_valid = irq_valid_reg;
assign irq_function = irq_function_reg;
assign irq_vector = irq_vector_reg;
assign busy = irq_valid_reg || event_any_reg || changed || something_reg || quiet_reg != {QUIET_W{1'b0}};

always @(posedge clk) begin
    if (arm_write_valid)
        seen[arm_write_queue] <= arm_write_seen;
end

always @(posedge clk) begin
    armed_any_reg <= armed != {QUEUES{1'b0}};
    if (armed_any_reg && !stay) begin
        scan_reg <= {{(32-QUEUE_W){1'b0}}, scan_reg} == QUEUES - 1 ? {QUEUE_W{1'b0}} : scan_reg + 1'b1;
        look_reg <= scan_reg;
        look_completed_reg <= completed[{scan_reg, 4'd0} +: 16];
        look_seen_reg <= seen[scan_reg];
        look_vector_reg <= vector[{scan_reg, 3'd0} +: 8];
    end
    if (!stay) begin
        look_valid_reg <= armed_any_reg && armed[scan_reg]
                          && !(arm_write_valid && arm_write_queue == scan_reg);
        hit_valid_reg <= look_valid_reg && !look_stale && look_completed_reg != look_seen_reg;
        hit_reg <= look_reg;
        hit_vector_reg <= look_vector_reg;
    end else begin
        look_valid_reg <= look_valid_reg && !look_stale;
        hit_valid_reg <= hit_valid_reg && !hit_stale;
    end
    stayed_reg <= stay;
    look_off_reg <= !enable[look_reg];
    hit_off_reg <= !enable[hit_reg];
    fired_valid_reg <= fire && !hit_armed;
    fired_reg <= hit_reg;
    low_bits_reg <= low_bits;
    something_reg <= changed || arm_write_valid;
    if (something_reg)
        quiet_reg <= {QUIET_W{1'b1}};
    else if (quiet_reg != {QUIET_W{1'b0}} && !stay)
        quiet_reg <= quiet_reg - 1'b1;
    if (!hold) begin
        irq_function_reg <= event_fire ? event_function : hit_function[3:0];
        irq_vector_reg <= event_fire ? event_vector_now : hit_vector_reg;
    end
    if (fire || event_fire)
        event_last_reg <= event_fire;
    irq_valid_reg <= fire || event_fire || hold;
    event_reg <= event_next;
    event_any_reg <= event_next != {FUNCTIONS{1'b0}};
    if (rst) begin
        scan_reg <= {QUEUE_W{1'b0}};
        look_valid_reg <= 1'b0;
        hit_valid_reg <= 1'b0;
        fired_valid_reg <= 1'b0;
        irq_valid_reg <= 1'b0;
        event_reg <= {FUNCTIONS{1'b0}};
        event_any_reg <= 1'b0;
        event_last_reg <= 1'b0;
        low_bits_reg <= {2*QUEUES{1'b0}};
        something_reg <= 1'b0;
        quiet_reg <= {QUIET_W{1'b0}};
    end
end

`ifdef FORMAL
// One interrupt at a time. Of one queue, any, that is armed and has more completions than were seen: at
// most QUEUES + 2 interrupts of other queues come before its own. One that waits at the output waits for
// one interrupt of an event at the most.
reg f_past_reg = 1'b0;
(* anyconst *) reg [QUEUE_W-1:0] f_queue;
reg f_asked_reg;                        // it asked in the clock before, and was not given its interrupt
reg [QUEUE_W+1:0] f_passed_reg;         // interrupts of others since
reg f_event_reg;                        // the last interrupt was an event's
wire f_asks = armed[f_queue] && enable[f_queue] && seen[f_queue] != completed[{f_queue, 4'd0} +: 16]
              && !(arm_write_valid && arm_write_queue == f_queue);
wire f_own = fire && hit_reg == f_queue;
wire f_at_hit = hit_valid_reg && hit_reg == f_queue;
wire f_at_look = look_valid_reg && look_reg == f_queue && look_completed_reg != look_seen_reg;
// Steps until it is at the output
wire [QUEUE_W-1:0] f_place = f_queue - scan_reg;
wire [QUEUE_W+1:0] f_steps = f_at_hit ? {QUEUE_W+2{1'b0}} : f_at_look ? {{QUEUE_W+1{1'b0}}, 1'b1} :
                             {2'd0, f_place} + 2'd2;

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    f_asked_reg <= f_asks && !f_own && !rst;
    f_passed_reg <= !f_asks || f_own || rst ? {QUEUE_W+2{1'b0}} : f_passed_reg + {{QUEUE_W+1{1'b0}}, fire};
    if (fire || event_fire)
        f_event_reg <= event_fire;
    if (rst)
        f_event_reg <= 1'b0;
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    if (f_past_reg) begin
        assert (!(fire && event_fire));
        assert (!fire || (hit_valid_reg && !hold));
        assert (!event_fire || (event_first != {FUNCTIONS{1'b0}} && !hold
                                && (event_first & (event_first - 1'b1)) == {FUNCTIONS{1'b0}}
                                && (event_first & ~event_reg) == {FUNCTIONS{1'b0}}));
        if (f_event_reg && hit_valid_reg && !hold)
            assert (fire || hit_off);
        assert (f_passed_reg <= QUEUES + 2);

        // What holds always
        assert (f_event_reg == event_last_reg);
        assert (event_any_reg == (event_reg != {FUNCTIONS{1'b0}}));
        assert (f_passed_reg == 0 || f_asked_reg);
        if (f_asked_reg) begin
            assert (!(hit_reg == f_queue && hit_off));
            assert (!(stayed_reg && look_reg == f_queue && look_off_reg));
            assert (armed_any_reg);
        end
        if (f_asked_reg && f_asks) begin
            assert ({1'b0, f_passed_reg} + {1'b0, f_steps} <= QUEUES + 2);
        end
        cover (f_own && f_passed_reg == QUEUES - 1);
        cover (fire && f_event_reg && event_any_reg);
    end
end
`endif

endmodule

`resetall
