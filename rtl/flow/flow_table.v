// SPDX-License-Identifier: BSD-3-Clause
//
// The flow rules of every function as the host wrote them, and the actions that they ask for.
//
// Gives each frame the action of the first rule that hits it. A frame a clock; 4 clocks of latency;
// order kept. Nothing stalls the source, so at most 11 frames may be looked up and not yet taken:
// `header_result` holds no more. What a frame is to become is too wide to go along with it: it is told to
// `frame_edit`, in slot after slot, and the frame has the slot's number. The rules' words are not reset.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module flow_table #(
    // Width of a function's number, at least 1.
    parameter integer FUNCTION_W = 1,
    // Width of an edit word, EDIT_BITS of edit.vh.
    parameter integer EDIT_W = 131
) (
    input  wire                    clk,
    input  wire                    rst,

    // Words of the rules: address is {function, rule[2:0], word[5:0]}; read data comes two clocks
    // after its address
    input  wire                    write_valid,
    input  wire [FUNCTION_W+8:0]   write_address,
    input  wire [31:0]             write_data,
    input  wire [FUNCTION_W+8:0]   read_address,
    output wire [31:0]             read_data,

    // Frames: the rules that hold, none or more
    input  wire                    hits_valid,
    input  wire [7:0]              hits,
    input  wire [FUNCTION_W-1:0]   hits_function,

    // Metadata fields from FLOW_HIT on, and the queue with FLOW_STEER
    output wire [47:0]             flow,
    output wire [7:0]              flow_queue,
    output wire                    flow_valid,
    input  wire                    take,

    // For frames with EDIT: edit_word, of edit.vh, belongs into edit_slot
    output wire                    edit_valid,
    output wire [6:0]              edit_slot,
    output wire [EDIT_W-1:0]       edit_word
);

    `include "sekisho.vh"
    `include "edit.vh"

    // --- the host's words -----------------------------------------------------------------------------

    (* ram_style = "block", no_rw_check *) reg [31:0] words [0:(1 << (FUNCTION_W + 9)) - 1];
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
    localparam [31:0] MAC_LO_WORD = FLOW_RULE_MAC_LO_VALUE / 32;
    localparam [31:0] MAC_HI_WORD = FLOW_RULE_MAC_HI_VALUE / 32;
    localparam [31:0] IPV4_WORD   = FLOW_RULE_IPV4_VALUE / 32;
    localparam [31:0] CHANGE_WORD = FLOW_RULE_CHANGE_IP_SUM / 32;

    (* ram_style = "distributed" *) reg [31:0] actions [0:(8 << FUNCTION_W) - 1];
    (* ram_style = "distributed" *) reg [31:0] marks [0:(8 << FUNCTION_W) - 1];
    (* ram_style = "distributed" *) reg [31:0] macs_lo [0:(8 << FUNCTION_W) - 1];
    (* ram_style = "distributed" *) reg [31:0] macs_hi [0:(8 << FUNCTION_W) - 1];
    (* ram_style = "distributed" *) reg [31:0] addresses [0:(8 << FUNCTION_W) - 1];
    (* ram_style = "distributed" *) reg [31:0] changes [0:(8 << FUNCTION_W) - 1];

    // A clock later: the register block stands far away
    reg                  action_write_reg, mark_write_reg, mac_lo_write_reg, mac_hi_write_reg, ipv4_write_reg,
        change_write_reg;
    reg [FUNCTION_W+2:0] write_rule_reg;
    reg [31:0]           write_data_reg;

    always @(posedge clk) begin
        action_write_reg <= write_valid && write_address[5:0] == ACTION_WORD[5:0];
        mark_write_reg   <= write_valid && write_address[5:0] == MARK_WORD[5:0];
        mac_lo_write_reg <= write_valid && write_address[5:0] == MAC_LO_WORD[5:0];
        mac_hi_write_reg <= write_valid && write_address[5:0] == MAC_HI_WORD[5:0];
        ipv4_write_reg   <= write_valid && write_address[5:0] == IPV4_WORD[5:0];
        change_write_reg <= write_valid && write_address[5:0] == CHANGE_WORD[5:0];
        write_rule_reg   <= write_address[6 +: FUNCTION_W+3];
        write_data_reg   <= write_data;

        if (action_write_reg)
            actions[write_rule_reg] <= write_data_reg;
        if (mark_write_reg)
            marks[write_rule_reg] <= write_data_reg;
        if (mac_lo_write_reg)
            macs_lo[write_rule_reg] <= write_data_reg;
        if (mac_hi_write_reg)
            macs_hi[write_rule_reg] <= write_data_reg;
        if (ipv4_write_reg)
            addresses[write_rule_reg] <= write_data_reg;
        if (change_write_reg)
            changes[write_rule_reg] <= write_data_reg;
    end

    // --- the first rule that holds, then what it asks for -------------------------------------------------

    reg                  first_valid_reg;
    reg                  first_hit_reg;
    reg [2:0]            first_reg;
    reg [FUNCTION_W-1:0] first_function_reg;
    reg                  action_valid_reg;
    reg                  action_hit_reg;
    reg [2:0]            action_rule_reg;
    reg [31:0]           action_reg;
    reg [31:0]           mark_reg;
    reg [31:0]           mac_lo_reg;
    reg [31:0]           mac_hi_reg;
    reg [31:0]           ipv4_reg;
    reg [31:0]           change_reg;
    reg                  edit_valid_reg;
    reg                  edit_reg;
    reg [6:0]            slot_reg;          // of the next frame with EDIT

    wire [FUNCTION_W+2:0] rule = {first_function_reg, first_reg};
    wire drop   = action_hit_reg && action_reg[FLOW_RULE_ACTION_DROP % 32];
    wire steer  = action_hit_reg && action_reg[FLOW_RULE_ACTION_STEER % 32];
    wire marked = action_hit_reg && action_reg[FLOW_RULE_ACTION_MARKED % 32];
    wire set_mac  = action_reg[FLOW_RULE_ACTION_SET_MAC % 32];
    wire set_ipv4 = action_reg[FLOW_RULE_ACTION_SET_IPV4 % 32];
    wire set_port = action_reg[FLOW_RULE_ACTION_SET_PORT % 32];
    // Known a clock earlier: the slots stand far away
    wire [31:0] action = actions[rule];
    wire edit = first_hit_reg && (action[FLOW_RULE_ACTION_SET_MAC % 32] || action[FLOW_RULE_ACTION_SET_IPV4 % 32] ||
        action[FLOW_RULE_ACTION_SET_PORT % 32]);

    always @(posedge clk) begin
        first_valid_reg    <= hits_valid;
        first_hit_reg      <= |hits;
        first_reg          <= hits[0] ? 3'd0 : hits[1] ? 3'd1 : hits[2] ? 3'd2 : hits[3] ? 3'd3 :
            hits[4] ? 3'd4 : hits[5] ? 3'd5 : hits[6] ? 3'd6 : 3'd7;
        first_function_reg <= hits_function;

        action_valid_reg <= first_valid_reg;
        action_hit_reg   <= first_hit_reg;
        action_rule_reg  <= first_reg;
        action_reg       <= action;
        edit_valid_reg   <= first_valid_reg && edit;
        edit_reg         <= edit;
        mark_reg         <= marks[rule];
        mac_lo_reg       <= macs_lo[rule];
        mac_hi_reg       <= macs_hi[rule];
        ipv4_reg         <= addresses[rule];
        change_reg       <= changes[rule];
        if (edit_valid_reg)
            slot_reg <= slot_reg + 7'd1;

        if (rst) begin
            first_valid_reg  <= 1'b0;
            action_valid_reg <= 1'b0;
            edit_valid_reg   <= 1'b0;
            slot_reg         <= 7'd0;
        end
    end

    assign edit_valid = edit_valid_reg;
    assign edit_slot  = slot_reg;
    assign edit_word  = {set_port, set_ipv4, set_mac, action_reg[FLOW_RULE_ACTION_PORT % 32 +: 16], change_reg[31:16],
        change_reg[15:0], ipv4_reg, mac_hi_reg[15:0], mac_lo_reg};

    dma_fifo_short #(
        .WIDTH(8 + 48),
        .DEPTH(16),
        .MARGIN(1)
    ) fifo (
        .clk(clk),
        .rst(rst),
        .in_data({action_reg[FLOW_RULE_ACTION_QUEUE % 32 +: 8], slot_reg, edit_reg, mark_reg & {32{marked}}, marked, steer,
            drop, 1'b0, action_rule_reg & {3{action_hit_reg}}, action_hit_reg}),
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

    // What a word of a rule has beside its fields
    wire unused = &{1'b0, action_reg, mac_hi_reg[31:16]};

endmodule

`resetall
