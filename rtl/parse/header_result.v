// SPDX-License-Identifier: BSD-3-Clause
//
// Makes a frame's metadata of what a header walker has found: folds the sums, judges the IPv4
// header's checksum, gives the final reason.
//
// A frame a clock; 6 clocks of latency and WAIT; order kept. All stages stand while two results wait for `take`;
// walk_ready comes from a register. SUM_END is there for a frame with a layer 4 header; else it is the
// frame's length, which is not known here: `parse` fills it in.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module header_result #(
    // Width of what a walker tells, WALK_W of walk.vh.
    parameter integer RECORD_W = 161,
    // Stages at the end that only wait, for what is looked up beside: 0 or more.
    parameter integer WAIT = 0,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 280
) (
    input  wire              clk,
    input  wire              rst,

    input  wire [RECORD_W-1:0] walk,
    input  wire              walk_valid,
    output wire              walk_ready,

    // Metadata fields from L3_TYPE to HASH_TYPE, the rest is 0; found: a layer 4 header
    output wire [USER_W-1:0] user,
    output wire              found,
    output wire              valid,
    input  wire              take
);

    `include "metadata.vh"
    `include "sekisho.vh"
    `include "walk.vh"

    function [20:0] fold(input [20:0] sum);
        fold = {5'd0, sum[15:0]} + {16'd0, sum[20:16]};
    endfunction

    // --- stage 1: what the walker tells ------------------------------------------------------------

    reg [4+WAIT:0]   valid_reg;
    reg [RECORD_W-1:0] walk_reg;

    wire move;                          // from a register: half a thousand flip-flops stand behind it

    assign walk_ready = move;

    always @(posedge clk) begin
        if (move) begin
            valid_reg <= {valid_reg[3+WAIT:0], walk_valid};
            walk_reg  <= walk;
        end
        if (rst)
            valid_reg <= {5+WAIT{1'b0}};
    end

    // --- stage 2: reason and lengths ---------------------------------------------------------------

    wire [2:0] w_l3       = walk_reg[WALK_L3_TYPE +: WALK_L3_TYPE_W];
    wire [2:0] w_l4       = walk_reg[WALK_L4_TYPE +: WALK_L4_TYPE_W];
    wire [3:0] w_reason   = walk_reg[WALK_REASON +: WALK_REASON_W];
    wire       w_v4       = w_l3 == L3_TYPE_IPV4 || w_l3 == L3_TYPE_IPV4_OPT;
    wire       w_v6       = w_l3 == L3_TYPE_IPV6 || w_l3 == L3_TYPE_IPV6_EXT;
    wire       w_tcp      = w_l4 == L4_TYPE_TCP;
    wire       w_udp      = w_l4 == L4_TYPE_UDP;
    wire       w_sound    = w_reason == CHECKSUM_REASON_CHECKED;
    wire       w_bad      = walk_reg[WALK_LENGTH_BAD] || (w_udp && walk_reg[WALK_LENGTH_OVER]);
    wire       w_zero     = w_udp && walk_reg[WALK_ZERO];
    wire [13:0] w_length  = w_udp && !w_bad ? walk_reg[WALK_LENGTH +: WALK_LENGTH_W] :
        walk_reg[WALK_LEFT +: WALK_LEFT_W];
    wire [1:0] w_hashed   = walk_reg[WALK_HASHED +: WALK_HASHED_W];

    reg [2:0]  l3_2_reg, l4_2_reg;
    reg [1:0]  tags_2_reg;
    reg [15:0] tci_2_reg;
    reg [5:0]  at_2_reg;
    reg [3:0]  skip_2_reg;              // words from the layer 4 header to what follows
    reg        no_payload_2_reg;
    reg        v4_2_reg, v6_2_reg, found_2_reg;
    reg [3:0]  reason_2_reg;
    reg        pseudo_2_reg;            // there is a pseudo header
    reg [13:0] length_2_reg;
    reg [20:0] address_2_reg;           // sum of the addresses and the protocol number
    reg [20:0] header_2_reg;
    reg [15:0] checksum_2_reg;
    reg [31:0] hash_2_reg;
    reg [1:0]  hashed_2_reg;

    always @(posedge clk) begin
        if (move) begin
            l3_2_reg         <= w_l3;
            l4_2_reg         <= w_l4;
            tags_2_reg       <= walk_reg[WALK_TAGS +: WALK_TAGS_W];
            tci_2_reg        <= walk_reg[WALK_TCI +: WALK_TCI_W];
            at_2_reg         <= walk_reg[WALK_L4_WORD +: WALK_L4_WORD_W];
            skip_2_reg       <= w_tcp ? walk_reg[WALK_DATA_OFFSET +: WALK_DATA_OFFSET_W] : 4'd2;
            no_payload_2_reg <= w_tcp && w_bad;
            v4_2_reg         <= w_v4;
            v6_2_reg         <= w_v6;
            found_2_reg      <= w_tcp || w_udp || w_l4 == L4_TYPE_ICMP;
            reason_2_reg     <= !w_sound ? w_reason : w_bad ? CHECKSUM_REASON_L4_LENGTH :
                !w_zero ? CHECKSUM_REASON_CHECKED :
                w_v6 ? CHECKSUM_REASON_UDP6_NO_CHECKSUM : CHECKSUM_REASON_UDP_NO_CHECKSUM;
            pseudo_2_reg     <= w_sound && !w_bad;
            length_2_reg     <= w_length;
            address_2_reg    <= walk_reg[WALK_ADDRESS_SUM +: WALK_ADDRESS_SUM_W] + (w_tcp ? 21'd6 : 21'd17);
            header_2_reg     <= walk_reg[WALK_HEADER_SUM +: WALK_HEADER_SUM_W]
                + walk_reg[WALK_ADDRESS_SUM +: WALK_ADDRESS_SUM_W];
            checksum_2_reg   <= walk_reg[WALK_CHECKSUM +: WALK_CHECKSUM_W];
            hash_2_reg       <= walk_reg[WALK_HASH +: WALK_HASH_W];
            hashed_2_reg     <= w_hashed[1] ? 2'd2 : w_hashed[0] && (w_v4 || w_v6) ? 2'd1 : 2'd0;
        end
    end

    // --- stages 3 to 5: sums and folds -------------------------------------------------------------

    // At most 30 halves of words make a sum of 21 bits, and two folds make 16 of them: the second
    // one cannot carry again, for the first one's carry leaves at most 0x1d below it.
    localparam integer PASS_W = 3 + 3 + 2 + 16 + 6 + 9 + 2 + 1 + 4 + 1 + 14 + 32 + 2;

    reg [PASS_W-1:0] pass_3_reg, pass_4_reg, pass_5_reg;
    reg [20:0]       pseudo_3_reg, pseudo_4_reg;
    reg [20:0]       header_3_reg, header_4_reg;
    reg [15:0]       checksum_3_reg, checksum_4_reg;
    reg [15:0]       pseudo_5_reg, header_5_reg;
    reg              checksum_ones_4_reg;   // the checksum is 0xffff
    reg              equal_5_reg, ones_5_reg;

    wire [13:0] at_2 = {6'd0, at_2_reg, 2'b10};
    wire        v4_4, v6_4, present_4;
    wire [20:0] pseudo_5 = fold(pseudo_4_reg);

    always @(posedge clk) begin
        if (move) begin
            pass_3_reg <= {v6_2_reg, v4_2_reg, pseudo_2_reg, l3_2_reg, l4_2_reg, tags_2_reg, tci_2_reg,
                found_2_reg ? at_2_reg : 6'd0,
                found_2_reg && !no_payload_2_reg ? {{1'b0, at_2_reg} + {3'd0, skip_2_reg}, 2'b10} : 9'd0,
                found_2_reg, reason_2_reg, at_2 + length_2_reg,
                hashed_2_reg != 2'd0 ? hash_2_reg : 32'd0, hashed_2_reg};
            pseudo_3_reg   <= address_2_reg + {7'd0, length_2_reg};
            header_3_reg   <= fold(header_2_reg);
            checksum_3_reg <= checksum_2_reg;
        end
        if (move) begin
            pass_4_reg     <= pass_3_reg;
            pseudo_4_reg   <= fold(pseudo_3_reg);
            header_4_reg   <= fold(header_3_reg);
            checksum_4_reg <= checksum_3_reg;
            checksum_ones_4_reg <= &checksum_3_reg;
        end
        if (move) begin
            pass_5_reg    <= pass_4_reg;
            pseudo_5_reg  <= present_4 ? pseudo_5[15:0] : 16'd0;
            header_5_reg  <= v4_4 ? header_4_reg[15:0] : 16'd0;
            // Sum and checksum add up to a one's complement zero, in either of its forms.
            equal_5_reg   <= header_4_reg[15:0] == ~checksum_4_reg;
            ones_5_reg    <= &header_4_reg[15:0] && checksum_ones_4_reg;
        end
    end

    assign {v6_4, v4_4, present_4} = pass_4_reg[PASS_W-1 -: 3];

    // --- a register slice ------------------------------------------------------------------------------

    localparam integer OUT_W = PASS_W + 16 + 16 + 2;

    wire [(WAIT+1)*OUT_W-1:0] stages;   // stage 5 in the low bits, then those that wait

    assign stages[OUT_W-1:0] = {pass_5_reg, pseudo_5_reg, header_5_reg, equal_5_reg, ones_5_reg};

    generate if (WAIT != 0) begin : g_wait
        reg [WAIT*OUT_W-1:0] wait_reg;

        always @(posedge clk)
            if (move)
                wait_reg <= stages[WAIT*OUT_W-1:0];

        assign stages[OUT_W +: WAIT*OUT_W] = wait_reg;
    end endgenerate

    wire [OUT_W-1:0] last_stage = stages[WAIT*OUT_W +: OUT_W];
    reg [OUT_W-1:0]  out_reg;
    reg [OUT_W-1:0]  skid_reg;          // what came while out_reg waited
    reg              out_valid_reg;
    reg              ready_reg;         // nothing is in skid_reg

    wire out_move = !out_valid_reg || take;

    assign move = ready_reg;

    always @(posedge clk) begin
        // What is loaded without a result does not count.
        if (ready_reg)
            skid_reg <= last_stage;
        if (out_move) begin
            out_reg       <= ready_reg ? last_stage : skid_reg;
            out_valid_reg <= !ready_reg || valid_reg[4+WAIT];
            ready_reg     <= 1'b1;
        end else if (valid_reg[4+WAIT]) begin
            ready_reg <= 1'b0;
        end

        if (rst) begin
            out_valid_reg <= 1'b0;
            ready_reg     <= 1'b1;
        end
    end

    // --- metadata ------------------------------------------------------------------------------------

    wire [2:0]  l3, l4;
    wire [1:0]  tags;
    wire [15:0] tci;
    wire [5:0]  at;
    wire [8:0]  payload;
    wire [3:0]  reason;
    wire [13:0] sum_end;
    wire [31:0] hash;
    wire [1:0]  hashed;
    wire        is_found;
    wire        v6, v4, unused_present;
    wire [15:0] pseudo, header;
    wire        equal, ones;
    reg [USER_W-1:0] fields;

    assign {v6, v4, unused_present, l3, l4, tags, tci, at, payload, is_found, reason, sum_end, hash, hashed,
            pseudo, header, equal, ones} = out_reg;

    wire [7:0] l3_offset = {3'd0, 3'd3 + {1'b0, tags}, 2'b10};
    wire [7:0] l4_offset = {at, is_found, 1'b0};

    always @* begin
        fields = {USER_W{1'b0}};
        fields[META_L3_TYPE +: META_L3_TYPE_W]               = l3;
        fields[META_L4_TYPE +: META_L4_TYPE_W]               = l4;
        fields[META_VLAN_TAGS +: META_VLAN_TAGS_W]           = tags;
        fields[META_VLAN_TCI +: META_VLAN_TCI_W]             = tci;
        fields[META_L3_OFFSET +: META_L3_OFFSET_W]           = l3_offset;
        fields[META_L4_OFFSET +: META_L4_OFFSET_W]           = l4_offset;
        fields[META_PAYLOAD_OFFSET +: META_PAYLOAD_OFFSET_W] = payload;
        fields[META_SUM_START +: META_SUM_START_W]           = {6'd0, is_found ? l4_offset : l3_offset};
        fields[META_SUM_END +: META_SUM_END_W]               = sum_end;
        fields[META_PSEUDO_SUM +: META_PSEUDO_SUM_W]         = pseudo;
        fields[META_IP_HEADER_SUM +: META_IP_HEADER_SUM_W]   = header;
        fields[META_IP_VERDICT +: META_IP_VERDICT_W]         = v6 ? CHECKSUM_VERDICT_GOOD :
            !v4 ? CHECKSUM_VERDICT_UNKNOWN : equal || ones ? CHECKSUM_VERDICT_GOOD : CHECKSUM_VERDICT_BAD;
        fields[META_L4_CHECKED +: META_L4_CHECKED_W]         = reason == CHECKSUM_REASON_CHECKED;
        fields[META_REASON +: META_REASON_W]                 = reason;
        fields[META_RSS_HASH +: META_RSS_HASH_W]             = hash;
        fields[META_HASH_TYPE +: META_HASH_TYPE_W]           = hashed;
    end

    wire unused = &{1'b0, unused_present, v6_4, pseudo_5[20:16], header_4_reg[20:16]};

    assign user  = fields;
    assign found = is_found;
    assign valid = out_valid_reg;

endmodule

`resetall
