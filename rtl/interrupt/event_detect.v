// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Tells when a network function has something to look at besides completions: its port's link has
// changed (up or down, or speed), or one of its queues has got a ring_error or doorbell_error.
//
// No stall. event_valid is 1 for a clock, two clocks behind the change; what happens in one clock is
// one event. busy is 1 from the clock behind the change on. The state at reset, and an error that
// goes away, are no events.

module event_detect #
(
    // Network functions, one a port
    parameter integer FUNCTIONS = 2,
    // Queues of a function, both directions
    parameter integer RX_QUEUES = 4,
    parameter integer TX_QUEUES = 4
)
(
    input  wire                            clk,
    input  wire                            rst,

    // Links; speed in Mbit/s
    input  wire [FUNCTIONS-1:0]            link_up,
    input  wire [FUNCTIONS*24-1:0]         link_speed,

    // Errors of the queues, function * QUEUES + queue
    input  wire [FUNCTIONS*RX_QUEUES-1:0]  rx_ring_error,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]  rx_doorbell_error,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]  tx_ring_error,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]  tx_doorbell_error,

    output wire [FUNCTIONS-1:0]            event_valid,

    // 1: an event is about to be told
    output wire                            busy
);

localparam integer ERRORS = 2 * (RX_QUEUES + TX_QUEUES);

reg known_reg;                  // the links' state of before is known
reg [FUNCTIONS-1:0] link_change_reg;
reg [FUNCTIONS-1:0] error_new_reg;
reg [FUNCTIONS-1:0] event_reg;

genvar f;
generate
    for (f = 0; f < FUNCTIONS; f = f + 1) begin : of_function
        wire [24:0] link = {link_up[f], link_speed[24*f +: 24]};
        wire [ERRORS-1:0] errors = {rx_ring_error[f*RX_QUEUES +: RX_QUEUES],
                                    rx_doorbell_error[f*RX_QUEUES +: RX_QUEUES],
                                    tx_ring_error[f*TX_QUEUES +: TX_QUEUES],
                                    tx_doorbell_error[f*TX_QUEUES +: TX_QUEUES]};
        reg [24:0] link_reg;
        reg [ERRORS-1:0] errors_reg;

        always @(posedge clk) begin
            link_reg <= link;
            errors_reg <= errors;
            link_change_reg[f] <= known_reg && link != link_reg;
            error_new_reg[f] <= known_reg && (errors & ~errors_reg) != {ERRORS{1'b0}};
            if (rst) begin
                link_change_reg[f] <= 1'b0;
                error_new_reg[f] <= 1'b0;
            end
        end
    end
endgenerate

always @(posedge clk) begin
    known_reg <= 1'b1;
    event_reg <= link_change_reg | error_new_reg;
    if (rst) begin
        known_reg <= 1'b0;
        event_reg <= {FUNCTIONS{1'b0}};
    end
end

assign event_valid = event_reg;
assign busy = (link_change_reg | error_new_reg) != {FUNCTIONS{1'b0}} || event_reg != {FUNCTIONS{1'b0}};

endmodule

`resetall
