// SPDX-License-Identifier: BSD-3-Clause
//
// What header_result makes of a walker's record depends on those fields alone that
// header_walker_bounds compares: two of them take the same records, but for the other fields, and give
// the same. Of a frame without a layer 4 header SUM_END is not compared: `parse` puts the frame's length
// there. The stages are followed while they move; when they stand, nothing changes.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module header_result_fields (
    input wire         clk,
    input wire         rst,
    input wire [160:0] a_walk,
    input wire [160:0] b_walk,
    input wire         walk_valid
);

    `include "metadata.vh"
    `include "sekisho.vh"
    `include "walk.vh"

    wire [META_W-1:0] a_user, b_user;
    wire              a_found, b_found, a_valid, b_valid;
    wire [160:0]      differ = a_walk ^ b_walk;
    wire [META_W-1:0] user_differs = a_user ^ b_user;
    wire [2:0]        l3 = a_walk[WALK_L3_TYPE +: WALK_L3_TYPE_W];
    wire [2:0]        l4 = a_walk[WALK_L4_TYPE +: WALK_L4_TYPE_W];
    wire              tcp_udp = l4 == L4_TYPE_TCP || l4 == L4_TYPE_UDP;
    reg [6:0]         f_moved_reg = 7'd0;
    integer           i;

    header_result a (
        .clk(clk), .rst(rst), .walk(a_walk), .walk_valid(walk_valid), .walk_ready(),
        .user(a_user), .found(a_found), .valid(a_valid), .take(1'b1)
    );

    header_result b (
        .clk(clk), .rst(rst), .walk(b_walk), .walk_valid(walk_valid), .walk_ready(),
        .user(b_user), .found(b_found), .valid(b_valid), .take(1'b1)
    );

    always @(posedge clk)
        f_moved_reg <= {f_moved_reg[5:0], 1'b1};

    always @* begin
        if (!f_moved_reg[0])
            assume (rst);
        assume (differ[WALK_L4_WORD-1:0] == 0 && differ[WALK_REASON +: WALK_REASON_W] == 0);
        assume (tcp_udp == (a_walk[WALK_REASON +: WALK_REASON_W] == CHECKSUM_REASON_CHECKED));
        if (tcp_udp || l4 == L4_TYPE_ICMP)
            assume (differ[WALK_L4_WORD +: WALK_L4_WORD_W] == 0 && differ[WALK_LEFT +: WALK_LEFT_W] == 0);
        if (l3 == L3_TYPE_IPV4 || l3 == L3_TYPE_IPV4_OPT)
            assume (differ[WALK_HASH-1:WALK_CHECKSUM] == 0);
        if (tcp_udp)
            assume (differ[WALK_ADDRESS_SUM +: WALK_ADDRESS_SUM_W] == 0
                    && differ[WALK_CHECKSUM-1:WALK_LENGTH] == 0
                    && differ[WALK_DATA_OFFSET +: WALK_DATA_OFFSET_W] == 0);
        // The words that the hash is made of are the same.
        assume (differ[WALK_HASHED+1:WALK_HASH] == 0);
        if (f_moved_reg[6]) begin
            assert (a_valid == b_valid);
            if (a_valid) begin
                assert (a_found == b_found);
                for (i = 0; i < META_W; i = i + 1)
                    if (i < META_SUM_END || i >= META_SUM_END + META_SUM_END_W || a_found)
                        assert (!user_differs[i]);
            end
            cover (a_valid && !a_found && user_differs != 0);
            cover (a_valid && a_found);
        end
    end

endmodule

`resetall
