// SPDX-License-Identifier: BSD-3-Clause
//
// The flow rules of every function as the host wrote them, and the actions that they ask for.
//
// Gives each frame the action of the first rule that hits it. A frame a clock; 4 clocks of latency;
// order kept. Nothing stalls the source, so at most 9 frames may be looked up and not yet taken:
// `header_result` holds no more. The rules' words are not reset.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module flow_table #(
    // Width of a function's number, at least 1.
    parameter integer FUNCTION_W = 1
) (
    input  wire                    clk,
    input  wire                    rst,

    // Words of the rules: address is {function, rule[2:0], word[4:0]}; read data comes two clocks
    // after its address
    input  wire                    write_valid,
    input  wire [FUNCTION_W+7:0]   write_address,
    input  wire [31:0]             write_data,
    input  wire [FUNCTION_W+7:0]   read_address,
    output wire [31:0]             read_data,

    // Frames: the rules that hold, none or more
    input  wire                    hits_valid,
    input  wire [7:0]              hits,
    input  wire [FUNCTION_W-1:0]   hits_function,

    // Metadata fields from FLOW_HIT on, and the queue with FLOW_STEER
    output wire [39:0]             flow,
    output wire [7:0]              flow_queue,
    output wire                    flow_valid,
    input  wire                    take
);

    `include "sekisho.vh"

    localparam integer ACTION_W = 3 + 8 + 32;

    // --- the host's words -----------------------------------------------------------------------------

    (* ram_style = "block", no_rw_check *) reg [31:0] words [0:(1 << (FUNCTION_W + 8)) - 1];
    reg [31:0] read_reg;
    reg [31:0] read_data_reg;

    always @(posedge clk) begin
        if (write_valid)
            words[write_address] <= write_data;
        read_reg      <= words[read_address];
        read_data_reg <= read_reg;
    end

    assign read_data = read_data_reg;

    // --- actions: of every rule of every function ---------------------------------------------------------

    localparam [31:0] ACTION_WORD = FLOW_RULE_ACTION_DROP / 32;
    localparam [31:0] MARK_WORD   = FLOW_RULE_MARK_VALUE / 32;
    localparam integer DROP_BIT   = FLOW_RULE_ACTION_DROP % 32;
    localparam integer STEER_BIT  = FLOW_RULE_ACTION_STEER % 32;
    localparam integer MARKED_BIT = FLOW_RULE_ACTION_MARKED % 32;
    localparam integer QUEUE_BIT  = FLOW_RULE_ACTION_QUEUE % 32;

    (* ram_style = "distributed" *) reg [10:0] actions [0:(8 << FUNCTION_W) - 1];
    (* ram_style = "distributed" *) reg [31:0] marks [0:(8 << FUNCTION_W) - 1];

    always @(posedge clk) begin
        if (write_valid && write_address[4:0] == ACTION_WORD[4:0])
            actions[write_address[5 +: FUNCTION_W+3]] <= {write_data[DROP_BIT], write_data[STEER_BIT],
                write_data[MARKED_BIT], write_data[QUEUE_BIT +: 8]};
        if (write_valid && write_address[4:0] == MARK_WORD[4:0])
            marks[write_address[5 +: FUNCTION_W+3]] <= write_data;
    end

    // --- the first rule that holds, then what it asks for -------------------------------------------------

    reg                  first_valid_reg;
    reg                  first_hit_reg;
    reg [2:0]            first_reg;
    reg [FUNCTION_W-1:0] first_function_reg;
    reg                  action_valid_reg;
    reg                  action_hit_reg;
    reg [2:0]            action_rule_reg;
    reg [ACTION_W-1:0]   action_reg;

    always @(posedge clk) begin
        first_valid_reg    <= hits_valid;
        first_hit_reg      <= |hits;
        first_reg          <= hits[0] ? 3'd0 : hits[1] ? 3'd1 : hits[2] ? 3'd2 : hits[3] ? 3'd3 :
            hits[4] ? 3'd4 : hits[5] ? 3'd5 : hits[6] ? 3'd6 : 3'd7;
        first_function_reg <= hits_function;

        action_valid_reg <= first_valid_reg;
        action_hit_reg   <= first_hit_reg;
        action_rule_reg  <= first_reg;
        action_reg       <= {actions[{first_function_reg, first_reg}], marks[{first_function_reg, first_reg}]};

        if (rst) begin
            first_valid_reg  <= 1'b0;
            action_valid_reg <= 1'b0;
        end
    end

    wire        drop    = action_hit_reg && action_reg[42];
    wire        steer   = action_hit_reg && action_reg[41];
    wire        marked  = action_hit_reg && action_reg[40];
    wire [31:0] mark    = marked ? action_reg[31:0] : 32'd0;

    dma_fifo_short #(
        .WIDTH(8 + 40),
        .DEPTH(8),
        .MARGIN(1)
    ) fifo (
        .clk(clk),
        .rst(rst),
        .in_data({action_reg[39:32], mark, marked, steer, drop, 1'b0, action_rule_reg & {3{action_hit_reg}}, action_hit_reg}),
        .in_valid(action_valid_reg),
        /* verilator lint_off PINCONNECTEMPTY */
        .room(),            // there is: see above
        /* verilator lint_on PINCONNECTEMPTY */
        .out_data({flow_queue, flow}),
        .out_valid(flow_valid),
        .out_ready(take),
        /* verilator lint_off PINCONNECTEMPTY */
        .empty()
        /* verilator lint_on PINCONNECTEMPTY */
    );

endmodule

`resetall
