// SPDX-License-Identifier: BSD-3-Clause
//
// What a frame's walk tells does not depend on what lies behind the frame's end.
//
// Two walkers take the same frames, of every length, at the same times, and read any words: the same
// bytes where they lie within the frame, and bytes of their own, whatever they are, behind its end.
// Then they move alike in every clock, and their records have the same in every field that
// header_result uses of such a frame; header_result_fields proves that of header_result. The words
// that both give to the hash, to the walk over TCP's options and to the flow rules are the same, too (but for a tag
// that the end cuts off). The last of those comes two clocks after the walk has ended, before a word of the next frame,
// one for each frame; and no walk ends in the two clocks after `take`: parse counts on that. And no word is asked for that begins more than 22 bytes
// behind the end (the two that are read ahead, and the one that ends the walk). formal.py cuts off the ring that the words come from and what
// owner_option finds, which is the same for the same words, and takes the registers of both walkers out to the ports connected here.

`resetall
`timescale 1ns / 1ps
`default_nettype none

`define BOTH(w, n) wire [w-1:0] a_``n, b_``n;
`define SAME(n) (a_``n == b_``n)

module header_walker_bounds (
    input wire               clk,
    input wire               rst,
    input wire               write_valid,
    input wire               write_start,
    input wire               write_end,
    input wire [63:0]        a_data,
    input wire [63:0]        b_data,
    input wire signed [14:0] write_left,
    input wire [3:0]         write_function,
    input wire               take
);

    `include "sekisho.vh"
    `include "walk.vh"

    localparam integer RECORD_W = 161;

    `BOTH(1, step_reg) `BOTH(1, move_reg) `BOTH(1, raw_valid_reg) `BOTH(1, word_valid_reg)
    `BOTH(1, walking_reg) `BOTH(1, pending_reg) `BOTH(1, done_reg) `BOTH(1, finish_reg)
    `BOTH(1, next_valid_reg) `BOTH(1, skip_reg) `BOTH(1, next_loaded_reg) `BOTH(1, loaded_reg)
    `BOTH(1, type_reg) `BOTH(1, ipv4_reg) `BOTH(1, ipv6_reg) `BOTH(1, follow_reg)
    `BOTH(1, ext_reg) `BOTH(1, jump_reg) `BOTH(1, land_reg) `BOTH(1, l4_reg) `BOTH(1, first_reg)
    `BOTH(1, second_reg) `BOTH(1, third_reg) `BOTH(1, fourth_reg) `BOTH(1, address_reg)
    `BOTH(1, tenth_reg) `BOTH(1, tag_reg) `BOTH(1, last_4_reg) `BOTH(1, v6_reg) `BOTH(1, stop_reg)
    `BOTH(1, ext_bad_reg) `BOTH(1, ext_route_reg) `BOTH(1, ext_fragment_reg) `BOTH(1, short_reg)
    `BOTH(1, fragment_reg) `BOTH(1, over_reg) `BOTH(1, bad_reg) `BOTH(1, zero_reg) `BOTH(1, left_4_reg)
    `BOTH(1, left_8_reg) `BOTH(1, left_20_reg) `BOTH(1, left_40_reg) `BOTH(1, ipv4_bad_reg)
    `BOTH(1, ipv6_bad_reg) `BOTH(1, type_known_reg) `BOTH(1, is_tag_reg) `BOTH(1, is_v4_reg)
    `BOTH(1, is_v6_reg) `BOTH(1, is_arp_reg) `BOTH(1, version_4_reg) `BOTH(1, ihl_short_reg)
    `BOTH(1, total_short_reg) `BOTH(1, fragment_4_reg) `BOTH(1, fragment_6_reg) `BOTH(1, low_zero_reg)
    `BOTH(1, udp_short_reg) `BOTH(1, offset_bad_reg) `BOTH(1, kind_tcp_reg) `BOTH(1, kind_udp_reg)
    `BOTH(1, kind_icmp_reg) `BOTH(1, kind_more_reg) `BOTH(1, kind_ext_reg) `BOTH(1, kind_unknown_reg)
    `BOTH(1, kind_nothing_reg) `BOTH(1, kind_route_reg) `BOTH(1, kind_fragment_reg)
    `BOTH(1, kind_ah_reg) `BOTH(6, low_index_reg) `BOTH(6, high_index_reg) `BOTH(5, write_reg)
    `BOTH(4, count_reg) `BOTH(7, at_reg) `BOTH(13, left_reg) `BOTH(2, left_low_reg) `BOTH(4, ihl_reg)
    `BOTH(4, extensions_reg) `BOTH(9, ext_rest_reg) `BOTH(16, length_reg) `BOTH(15, header_left_reg)
    `BOTH(8, protocol_reg) `BOTH(16, checksum_reg) `BOTH(3, l3_type_reg) `BOTH(3, l4_type_reg)
    `BOTH(2, tags_reg) `BOTH(16, tci_reg) `BOTH(6, l4_word_reg) `BOTH(4, reason_reg)
    `BOTH(4, data_offset_reg) `BOTH(15, next_left_reg) `BOTH(5, next_row_reg) `BOTH(21, header_sum_reg)
    `BOTH(21, address_sum_reg) `BOTH(32, word_reg) `BOTH(32, raw_reg) `BOTH(17, pair_reg)
    `BOTH(16, low_half) `BOTH(16, high_half) `BOTH(1, ext_last_reg) `BOTH(4, end_reason_reg)
    `BOTH(6, low_index_next_reg) `BOTH(13, limit_reg)
    `BOTH(1, ihl_over_reg) `BOTH(13, left_behind_reg) `BOTH(1, ext_none_reg) `BOTH(1, ext_over_reg)
    `BOTH(1, advance_reg) `BOTH(1, ah_over_reg) `BOTH(1, kind_ports_reg)
    `BOTH(1, fifth_reg) `BOTH(1, option_reg) `BOTH(1, behind_reg) `BOTH(1, offset_5_reg)
    `BOTH(1, finish_2_reg) `BOTH(1, finish_3_reg) `BOTH(1, option_found) `BOTH(32, owner_id) `BOTH(32, owner)
    `BOTH(1, start_room) `BOTH(1, room) `BOTH(1, done) `BOTH(RECORD_W, walk)
    `BOTH(1, flow_valid) `BOTH(1, flow_start) `BOTH(1, flow_last) `BOTH(4, flow_number) `BOTH(32, flow_word)

    header_walker a (
        .clk(clk), .rst(rst), .start_room(a_start_room), .room(a_room), .write_valid(write_valid),
        .write_start(write_start), .write_end(write_end), .write_data(a_data), .write_left(write_left),
        .write_function(write_function), .key_write_valid(1'b0), .key_write_address(8'd0),
        .key_write_data(32'd0), .rss_types(12'd0), .done(a_done), .walk(a_walk), .take(take),
        .flow_valid(a_flow_valid), .flow_start(a_flow_start), .flow_last(a_flow_last), .flow_number(a_flow_number),
        .flow_word(a_flow_word),
        .step_reg(a_step_reg), .move_reg(a_move_reg), .raw_valid_reg(a_raw_valid_reg),
        .word_valid_reg(a_word_valid_reg), .walking_reg(a_walking_reg), .pending_reg(a_pending_reg),
        .done_reg(a_done_reg), .finish_reg(a_finish_reg), .next_valid_reg(a_next_valid_reg),
        .skip_reg(a_skip_reg), .next_loaded_reg(a_next_loaded_reg), .loaded_reg(a_loaded_reg),
        .type_reg(a_type_reg), .ipv4_reg(a_ipv4_reg), .ipv6_reg(a_ipv6_reg),
        .follow_reg(a_follow_reg), .ext_reg(a_ext_reg), .jump_reg(a_jump_reg), .land_reg(a_land_reg),
        .l4_reg(a_l4_reg), .first_reg(a_first_reg), .second_reg(a_second_reg), .third_reg(a_third_reg),
        .fourth_reg(a_fourth_reg), .address_reg(a_address_reg), .tenth_reg(a_tenth_reg),
        .tag_reg(a_tag_reg), .last_4_reg(a_last_4_reg), .v6_reg(a_v6_reg), .stop_reg(a_stop_reg),
        .ext_bad_reg(a_ext_bad_reg), .ext_route_reg(a_ext_route_reg),
        .ext_fragment_reg(a_ext_fragment_reg), .short_reg(a_short_reg), .fragment_reg(a_fragment_reg),
        .over_reg(a_over_reg), .bad_reg(a_bad_reg), .zero_reg(a_zero_reg), .left_4_reg(a_left_4_reg),
        .left_8_reg(a_left_8_reg), .left_20_reg(a_left_20_reg), .left_40_reg(a_left_40_reg),
        .ipv4_bad_reg(a_ipv4_bad_reg), .ipv6_bad_reg(a_ipv6_bad_reg),
        .type_known_reg(a_type_known_reg), .is_tag_reg(a_is_tag_reg), .is_v4_reg(a_is_v4_reg),
        .is_v6_reg(a_is_v6_reg), .is_arp_reg(a_is_arp_reg), .version_4_reg(a_version_4_reg),
        .ihl_short_reg(a_ihl_short_reg), .total_short_reg(a_total_short_reg),
        .fragment_4_reg(a_fragment_4_reg), .fragment_6_reg(a_fragment_6_reg),
        .low_zero_reg(a_low_zero_reg), .udp_short_reg(a_udp_short_reg),
        .offset_bad_reg(a_offset_bad_reg), .kind_tcp_reg(a_kind_tcp_reg),
        .kind_udp_reg(a_kind_udp_reg), .kind_icmp_reg(a_kind_icmp_reg),
        .kind_more_reg(a_kind_more_reg), .kind_ext_reg(a_kind_ext_reg),
        .kind_unknown_reg(a_kind_unknown_reg), .kind_nothing_reg(a_kind_nothing_reg),
        .kind_route_reg(a_kind_route_reg), .kind_fragment_reg(a_kind_fragment_reg),
        .kind_ah_reg(a_kind_ah_reg), .low_index_reg(a_low_index_reg),
        .high_index_reg(a_high_index_reg), .write_reg(a_write_reg), .count_reg(a_count_reg),
        .at_reg(a_at_reg), .left_reg(a_left_reg), .left_low_reg(a_left_low_reg), .ihl_reg(a_ihl_reg),
        .extensions_reg(a_extensions_reg), .ext_rest_reg(a_ext_rest_reg), .length_reg(a_length_reg),
        .header_left_reg(a_header_left_reg), .protocol_reg(a_protocol_reg),
        .checksum_reg(a_checksum_reg), .l3_type_reg(a_l3_type_reg), .l4_type_reg(a_l4_type_reg),
        .tags_reg(a_tags_reg), .tci_reg(a_tci_reg), .l4_word_reg(a_l4_word_reg),
        .reason_reg(a_reason_reg), .data_offset_reg(a_data_offset_reg),
        .next_left_reg(a_next_left_reg), .next_row_reg(a_next_row_reg),
        .header_sum_reg(a_header_sum_reg), .address_sum_reg(a_address_sum_reg), .word_reg(a_word_reg),
        .raw_reg(a_raw_reg), .pair_reg(a_pair_reg), .low_half(a_low_half), .high_half(a_high_half),
        .ext_last_reg(a_ext_last_reg), .end_reason_reg(a_end_reason_reg),
        .low_index_next_reg(a_low_index_next_reg), .limit_reg(a_limit_reg),
        .ihl_over_reg(a_ihl_over_reg), .left_behind_reg(a_left_behind_reg), .ext_none_reg(a_ext_none_reg),
        .ext_over_reg(a_ext_over_reg), .ah_over_reg(a_ah_over_reg), .kind_ports_reg(a_kind_ports_reg),
        .advance_reg(a_advance_reg), .fifth_reg(a_fifth_reg), .option_reg(a_option_reg),
        .behind_reg(a_behind_reg), .offset_5_reg(a_offset_5_reg), .finish_2_reg(a_finish_2_reg),
        .finish_3_reg(a_finish_3_reg), .option_found(a_option_found), .owner_id(a_owner_id),
        .owner(a_owner)
    );

    header_walker b (
        .clk(clk), .rst(rst), .start_room(b_start_room), .room(b_room), .write_valid(write_valid),
        .write_start(write_start), .write_end(write_end), .write_data(b_data), .write_left(write_left),
        .write_function(write_function), .key_write_valid(1'b0), .key_write_address(8'd0),
        .key_write_data(32'd0), .rss_types(12'd0), .done(b_done), .walk(b_walk), .take(take),
        .flow_valid(b_flow_valid), .flow_start(b_flow_start), .flow_last(b_flow_last), .flow_number(b_flow_number),
        .flow_word(b_flow_word),
        .step_reg(b_step_reg), .move_reg(b_move_reg), .raw_valid_reg(b_raw_valid_reg),
        .word_valid_reg(b_word_valid_reg), .walking_reg(b_walking_reg), .pending_reg(b_pending_reg),
        .done_reg(b_done_reg), .finish_reg(b_finish_reg), .next_valid_reg(b_next_valid_reg),
        .skip_reg(b_skip_reg), .next_loaded_reg(b_next_loaded_reg), .loaded_reg(b_loaded_reg),
        .type_reg(b_type_reg), .ipv4_reg(b_ipv4_reg), .ipv6_reg(b_ipv6_reg),
        .follow_reg(b_follow_reg), .ext_reg(b_ext_reg), .jump_reg(b_jump_reg), .land_reg(b_land_reg),
        .l4_reg(b_l4_reg), .first_reg(b_first_reg), .second_reg(b_second_reg), .third_reg(b_third_reg),
        .fourth_reg(b_fourth_reg), .address_reg(b_address_reg), .tenth_reg(b_tenth_reg),
        .tag_reg(b_tag_reg), .last_4_reg(b_last_4_reg), .v6_reg(b_v6_reg), .stop_reg(b_stop_reg),
        .ext_bad_reg(b_ext_bad_reg), .ext_route_reg(b_ext_route_reg),
        .ext_fragment_reg(b_ext_fragment_reg), .short_reg(b_short_reg), .fragment_reg(b_fragment_reg),
        .over_reg(b_over_reg), .bad_reg(b_bad_reg), .zero_reg(b_zero_reg), .left_4_reg(b_left_4_reg),
        .left_8_reg(b_left_8_reg), .left_20_reg(b_left_20_reg), .left_40_reg(b_left_40_reg),
        .ipv4_bad_reg(b_ipv4_bad_reg), .ipv6_bad_reg(b_ipv6_bad_reg),
        .type_known_reg(b_type_known_reg), .is_tag_reg(b_is_tag_reg), .is_v4_reg(b_is_v4_reg),
        .is_v6_reg(b_is_v6_reg), .is_arp_reg(b_is_arp_reg), .version_4_reg(b_version_4_reg),
        .ihl_short_reg(b_ihl_short_reg), .total_short_reg(b_total_short_reg),
        .fragment_4_reg(b_fragment_4_reg), .fragment_6_reg(b_fragment_6_reg),
        .low_zero_reg(b_low_zero_reg), .udp_short_reg(b_udp_short_reg),
        .offset_bad_reg(b_offset_bad_reg), .kind_tcp_reg(b_kind_tcp_reg),
        .kind_udp_reg(b_kind_udp_reg), .kind_icmp_reg(b_kind_icmp_reg),
        .kind_more_reg(b_kind_more_reg), .kind_ext_reg(b_kind_ext_reg),
        .kind_unknown_reg(b_kind_unknown_reg), .kind_nothing_reg(b_kind_nothing_reg),
        .kind_route_reg(b_kind_route_reg), .kind_fragment_reg(b_kind_fragment_reg),
        .kind_ah_reg(b_kind_ah_reg), .low_index_reg(b_low_index_reg),
        .high_index_reg(b_high_index_reg), .write_reg(b_write_reg), .count_reg(b_count_reg),
        .at_reg(b_at_reg), .left_reg(b_left_reg), .left_low_reg(b_left_low_reg), .ihl_reg(b_ihl_reg),
        .extensions_reg(b_extensions_reg), .ext_rest_reg(b_ext_rest_reg), .length_reg(b_length_reg),
        .header_left_reg(b_header_left_reg), .protocol_reg(b_protocol_reg),
        .checksum_reg(b_checksum_reg), .l3_type_reg(b_l3_type_reg), .l4_type_reg(b_l4_type_reg),
        .tags_reg(b_tags_reg), .tci_reg(b_tci_reg), .l4_word_reg(b_l4_word_reg),
        .reason_reg(b_reason_reg), .data_offset_reg(b_data_offset_reg),
        .next_left_reg(b_next_left_reg), .next_row_reg(b_next_row_reg),
        .header_sum_reg(b_header_sum_reg), .address_sum_reg(b_address_sum_reg), .word_reg(b_word_reg),
        .raw_reg(b_raw_reg), .pair_reg(b_pair_reg), .low_half(b_low_half), .high_half(b_high_half),
        .ext_last_reg(b_ext_last_reg), .end_reason_reg(b_end_reason_reg),
        .low_index_next_reg(b_low_index_next_reg), .limit_reg(b_limit_reg),
        .ihl_over_reg(b_ihl_over_reg), .left_behind_reg(b_left_behind_reg), .ext_none_reg(b_ext_none_reg),
        .ext_over_reg(b_ext_over_reg), .ah_over_reg(b_ah_over_reg), .kind_ports_reg(b_kind_ports_reg),
        .advance_reg(b_advance_reg), .fifth_reg(b_fifth_reg), .option_reg(b_option_reg),
        .behind_reg(b_behind_reg), .offset_5_reg(b_offset_5_reg), .finish_2_reg(b_finish_2_reg),
        .finish_3_reg(b_finish_3_reg), .option_found(b_option_found), .owner_id(b_owner_id),
        .owner(b_owner)
    );

    reg                f_past_reg = 1'b0;
    reg                f_jumped_reg;    // over an extension header that ends too deep
    reg signed [16:0]  f_rest_reg;      // bytes of the frame from the word that is read next on
    wire               begin_frame = (a_finish_reg || !a_walking_reg) && a_next_valid_reg;
    wire               far = a_move_reg && a_ext_reg && !a_second_reg && a_at_reg[6] && a_ext_rest_reg != 9'd0;
    // The walk goes on
    wire               live = a_walking_reg && !a_finish_reg;
    wire               ip = a_ipv4_reg || a_ipv6_reg;
    wire               behind = a_follow_reg || a_ext_reg || a_jump_reg || a_land_reg || a_l4_reg;
    wire signed [16:0] left = $signed({a_left_reg, a_left_low_reg});
    wire signed [16:0] count = $signed({13'd0, a_count_reg});
    wire signed [16:0] ihl = $signed({13'd0, a_ihl_reg});
    wire signed [16:0] told = $signed({1'b0, a_length_reg});
    wire signed [16:0] header_left = $signed({2'd0, a_header_left_reg});
    wire signed [16:0] at = $signed({10'd0, a_at_reg});
    // Bytes of the frame from the word that is walked on; it is whole, and so was every one before it
    wire signed [16:0] here = f_rest_reg + 17'sd8;
    wire               whole = here >= 17'sd4;
    wire [3:0]         flags = {3'd0, a_type_reg} + {3'd0, a_ipv4_reg} + {3'd0, a_ipv6_reg} + {3'd0, a_follow_reg}
        + {3'd0, a_ext_reg} + {3'd0, a_jump_reg} + {3'd0, a_land_reg} + {3'd0, a_l4_reg};
    wire               a_address = a_ipv4_reg ? a_count_reg == 4'd3 || a_count_reg == 4'd4 : a_ipv6_reg && a_count_reg >= 4'd2;
    wire               a_ports = a_follow_reg && (a_kind_tcp_reg ? a_left_20_reg : a_left_8_reg) && !a_at_reg[6]
        && (a_kind_tcp_reg || a_kind_udp_reg);
    wire               told_of = a_finish_reg || a_finish_2_reg || a_finish_3_reg || a_pending_reg || a_done_reg;
    wire signed [16:0] offset = $signed({13'd0, a_data_offset_reg});
    wire               a_ipv4_bad = a_ipv4_bad_reg || a_ihl_over_reg;
    wire               b_ipv4_bad = b_ipv4_bad_reg || b_ihl_over_reg;
    wire [3:0]         a_reason = a_finish_reg ? a_end_reason_reg : a_reason_reg;
    wire [3:0]         b_reason = a_finish_reg ? b_end_reason_reg : b_reason_reg;
    wire               v4 = a_l3_type_reg == L3_TYPE_IPV4 || a_l3_type_reg == L3_TYPE_IPV4_OPT;
    wire               l4 = a_l4_type_reg == L4_TYPE_TCP || a_l4_type_reg == L4_TYPE_UDP;
    wire               icmp = a_l4_type_reg == L4_TYPE_ICMP;
    reg [1:0]          f_settled_reg;   // clocks since reset
    reg                f_begun_reg;     // a first word has been walked since reset
    reg [1:0]          f_taken_reg;     // take, a clock ago and two
    reg [1:0]          f_finish_reg;    // the end of a walk

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_settled_reg <= rst ? 2'd0 : {f_settled_reg[0], 1'b1};
        if (begin_frame) begin
            f_rest_reg <= $signed(a_next_left_reg);
            f_jumped_reg <= 1'b0;
        end else begin
            if (a_step_reg)
                f_rest_reg <= f_rest_reg - 17'sd4;
            if (far)
                f_jumped_reg <= 1'b1;
        end
        if (a_move_reg && a_type_reg)
            f_begun_reg <= 1'b1;
        f_taken_reg <= {f_taken_reg[0], take};
        f_finish_reg <= {f_finish_reg[0], a_finish_reg};
        if (rst) begin
            f_finish_reg <= 2'd0;
            f_begun_reg <= 1'b0;
            f_taken_reg <= 2'd0;
        end
    end

    always @* begin
        if (!f_past_reg)
            assume (rst);
        assume (write_left >= -15'sd10 && write_left <= 15'sd16373);
        assume (!(write_valid && write_start) || a_start_room);
        assume (!take || a_done);
        // The words that are read
        assume (f_rest_reg < 17'sd1 || a_high_half[7:0] == b_high_half[7:0]);
        assume (f_rest_reg < 17'sd2 || a_high_half[15:8] == b_high_half[15:8]);
        assume (f_rest_reg < 17'sd3 || a_low_half[7:0] == b_low_half[7:0]);
        assume (f_rest_reg < 17'sd4 || a_low_half[15:8] == b_low_half[15:8]);
        assume (`SAME(option_found) && `SAME(owner_id) && `SAME(owner));

        if (f_past_reg) begin
            // --- what is claimed -----------------------------------------------------------------

            assert (`SAME(start_room) && `SAME(done) && (!f_settled_reg[1] || `SAME(room)));
            if (a_done) begin
                assert (a_walk[23:0] == b_walk[23:0]);
                assert (a_walk[WALK_REASON +: WALK_REASON_W] == b_walk[WALK_REASON +: WALK_REASON_W]);
                if (l4 || icmp)
                    assert (a_walk[WALK_L4_WORD +: WALK_L4_WORD_W] == b_walk[WALK_L4_WORD +: WALK_L4_WORD_W]
                            && a_walk[WALK_LEFT +: WALK_LEFT_W] == b_walk[WALK_LEFT +: WALK_LEFT_W]);
                if (v4)
                    assert (a_walk[WALK_HASH-1:WALK_CHECKSUM] == b_walk[WALK_HASH-1:WALK_CHECKSUM]);
                if (l4)
                    assert (a_walk[WALK_ADDRESS_SUM +: WALK_ADDRESS_SUM_W]
                            == b_walk[WALK_ADDRESS_SUM +: WALK_ADDRESS_SUM_W]);
                if (l4)
                    assert (a_walk[WALK_CHECKSUM-1:WALK_LENGTH] == b_walk[WALK_CHECKSUM-1:WALK_LENGTH]
                            && a_walk[WALK_DATA_OFFSET +: WALK_DATA_OFFSET_W]
                            == b_walk[WALK_DATA_OFFSET +: WALK_DATA_OFFSET_W]);
                assert (l4 == (a_reason_reg == CHECKSUM_REASON_CHECKED));
            end
            assert (`SAME(flow_valid) && `SAME(flow_last));
            if (a_flow_valid) begin
                assert (`SAME(flow_start) && `SAME(flow_number));
                assert (`SAME(flow_word) || (a_flow_start && !a_left_4_reg));
                assert (a_flow_last || !a_flow_start || a_flow_number == 4'd10);
            end
            assert (!a_finish_reg || (f_taken_reg == 2'd0 && !a_done && !a_pending_reg));
            assert (a_flow_last == f_finish_reg[1] && (!a_done || a_pending_reg));
            assert (!(a_finish_2_reg || a_finish_3_reg) || !a_move_reg);
            if (a_move_reg && a_option_reg)
                assert (whole && `SAME(word_reg));
            if (a_move_reg && (a_address_reg || a_ports))
                assert (whole && `SAME(word_reg));
            if (a_walking_reg)
                assert (a_address_reg == a_address && `SAME(address_reg));

            // --- how they move -----------------------------------------------------------------------

            assert (`SAME(walking_reg) && `SAME(pending_reg) && `SAME(done_reg) && `SAME(finish_reg));
            assert (`SAME(finish_2_reg) && `SAME(finish_3_reg) && f_finish_reg == {a_finish_3_reg, a_finish_2_reg});
            assert (!a_finish_2_reg || !a_walking_reg || (!a_raw_valid_reg && !a_word_valid_reg));
            assert (!a_finish_3_reg || !a_walking_reg || !a_word_valid_reg);
            assert (`SAME(step_reg) && `SAME(move_reg));
            assert (`SAME(next_valid_reg) && `SAME(skip_reg) && `SAME(write_reg));
            if (a_next_valid_reg)
                assert (`SAME(next_left_reg) && `SAME(next_row_reg) && `SAME(next_loaded_reg) && $signed(a_next_left_reg) >= -15'sd10
                        && $signed(a_next_left_reg) <= 15'sd16373);
            if (f_settled_reg[0])
                assert (`SAME(high_index_reg));
            if (!f_settled_reg[0])
                assert (!a_walking_reg && !a_next_valid_reg && a_skip_reg);
            if (a_walking_reg)
                assert (`SAME(raw_valid_reg) && `SAME(word_valid_reg) && `SAME(loaded_reg) && `SAME(advance_reg)
                        && `SAME(low_index_reg) && `SAME(low_index_next_reg));
            assert (!a_move_reg || (a_step_reg && a_word_valid_reg && a_walking_reg));
            assert (!a_step_reg || a_walking_reg);
            assert ((!a_advance_reg || a_step_reg) && (!b_advance_reg || b_step_reg));
            assert (!a_finish_reg || (a_walking_reg && !a_pending_reg));
            assert (!a_pending_reg || !a_move_reg);
            assert (!f_taken_reg[0] || !a_move_reg);
            assert (!a_done_reg || a_pending_reg);
            if (live && a_step_reg)
                assert (a_move_reg == a_word_valid_reg);
            if (a_walking_reg)
                assert (`SAME(type_reg) && `SAME(ipv4_reg) && `SAME(ipv6_reg) && `SAME(follow_reg) && `SAME(ext_reg)
                        && `SAME(jump_reg) && `SAME(land_reg) && `SAME(l4_reg));
            if (a_finish_reg)
                assert (flags == 4'd0);
            if (live) begin
                assert (flags == 4'd1);
                assert (`SAME(count_reg) && `SAME(first_reg) && `SAME(second_reg) && `SAME(third_reg)
                        && `SAME(fourth_reg) && `SAME(tenth_reg) && `SAME(fifth_reg) && `SAME(option_reg)
                        && `SAME(behind_reg));
                assert (a_fifth_reg == (a_l4_reg && a_count_reg == 4'd4));
                assert (a_option_reg == (a_l4_reg && count >= 17'sd5 && count < offset));
                assert (a_behind_reg == (a_l4_reg && count >= 17'sd5 && count == offset));
                assert (`SAME(at_reg) && `SAME(left_reg) && `SAME(left_low_reg) && `SAME(tag_reg) && `SAME(stop_reg)
                        && `SAME(last_4_reg) && `SAME(extensions_reg));
                assert (!a_word_valid_reg || a_raw_valid_reg);
                assert (a_word_valid_reg || (a_type_reg && !a_tag_reg && at == (a_raw_valid_reg ? 17'sd1 : 17'sd0)));
                assert (a_raw_valid_reg || at == 17'sd0);
            end

            // --- how far -----------------------------------------------------------------------------

            if (live) begin
                assert (f_rest_reg <= 17'sd16373 && f_rest_reg >= -17'sd10 - (at <<< 2));
                assert (at <= 17'sd96);
                assert (a_first_reg == (a_count_reg == 4'd0) && a_second_reg == (a_count_reg == 4'd1));
                if (!a_ext_reg)
                    assert (a_third_reg == (a_count_reg == 4'd2) && a_fourth_reg == (a_count_reg == 4'd3)
                            && a_tenth_reg == (a_ipv6_reg && a_count_reg == 4'd9));
                if (a_type_reg) begin
                    assert (a_count_reg == 4'd0 && !a_stop_reg && !a_last_4_reg && !f_jumped_reg);
                    assert (a_tag_reg || !a_word_valid_reg || at == 17'sd2);
                    assert (!a_tag_reg || (at == 17'sd3 + $signed({15'd0, a_tags_reg}) && a_tags_reg <= 2'd1));
                end
                // The limit is the frame's end, then the datagram's.
                if (a_type_reg || (ip && a_count_reg <= 4'd3))
                    assert (left == f_rest_reg && !a_stop_reg && !f_jumped_reg);
                if (!a_stop_reg && !f_jumped_reg)
                    assert (left <= f_rest_reg && left >= -17'sd40 - (at <<< 2));
                if (ip && !a_first_reg) begin
                    assert (header_left == here + (count <<< 2) - (a_ipv6_reg ? 17'sd40 : 17'sd0));
                    assert (a_count_reg < 4'd2 || a_count_reg > 4'd3 || a_over_reg == (told > header_left));
                end
                if (a_ipv4_reg) begin
                    assert (at <= 17'sd5 + count && !a_v6_reg);
                    if (!a_first_reg)
                        assert (ihl >= 17'sd5 && count < ihl && here >= (ihl - count) <<< 2);
                    assert (a_last_4_reg == (!a_first_reg && count + 17'sd1 == ihl));
                end
                if ((a_ipv4_reg && a_count_reg >= 4'd2) || (a_ipv6_reg && a_count_reg >= 4'd3))
                    assert (`SAME(limit_reg) && $signed(a_limit_reg)
                            == $signed({1'b0, a_length_reg[13:2]}) + (a_ipv6_reg ? 13'sd4 : -13'sd6));
                if (a_ipv6_reg) begin
                    assert (at <= 17'sd5 + count && a_v6_reg && a_count_reg <= 4'd9);
                    if (!a_first_reg)
                        assert (here >= (17'sd10 - count) <<< 2);
                end
                assert (a_ipv4_reg || !a_last_4_reg || behind);
                if (behind)
                    assert (!a_stop_reg);
                if (f_jumped_reg) begin
                    assert (a_jump_reg || a_land_reg || a_follow_reg);
                    assert (at >= 17'sd64 + $signed({16'd0, a_land_reg}));
                end
                assert (f_jumped_reg || !(a_jump_reg || a_land_reg));
                if (a_follow_reg)
                    assert (a_count_reg == 4'd0 && (f_jumped_reg ? at <= 17'sd70 : at <= 17'sd66));
                if (a_ext_reg)
                    assert (a_second_reg ? at <= 17'sd64 : at <= 17'sd65 && a_count_reg == 4'd2);
                if (a_jump_reg)
                    assert (at <= 17'sd67 && a_count_reg == 4'd2);
                if (a_land_reg)
                    assert (at <= 17'sd68 && a_count_reg == 4'd3);
                if (a_l4_reg) begin
                    assert (at <= 17'sd63 + count && a_count_reg != 4'd0 && a_kind_more_reg && !a_kind_ext_reg
                            && a_kind_tcp_reg == !a_kind_udp_reg);
                    assert (count <= (!a_kind_tcp_reg ? 17'sd1 : a_count_reg < 4'd4 ? 17'sd3 : offset));
                    assert (here >= ((!a_kind_tcp_reg ? 17'sd2 : a_count_reg < 4'd4 ? 17'sd5 : offset) - count) <<< 2);
                    assert (a_count_reg < 4'd4 || (offset >= 17'sd6 && `SAME(data_offset_reg)));
                    assert (header_left <= here + (count <<< 2));
                    assert (a_count_reg < 4'd2 || !a_word_valid_reg || a_offset_bad_reg == (a_word_reg[31:28] < 4'd5
                            || header_left < $signed({11'd0, a_word_reg[31:28], 2'd0})));
                    assert (a_protocol_reg == (a_kind_tcp_reg ? 8'd6 : 8'd17));
                end
                if (a_word_valid_reg && !a_stop_reg && !f_jumped_reg) begin
                    assert (!a_left_4_reg || here >= 17'sd4);
                    assert (!a_left_8_reg || here >= 17'sd8);
                    assert (!a_left_20_reg || here >= 17'sd20);
                    assert (!a_left_40_reg || here >= 17'sd40);
                end
                if (a_word_valid_reg && (a_type_reg || (ip && a_first_reg))) begin
                    assert (a_left_4_reg == (here >= 17'sd4));
                    assert (a_ipv4_bad || (a_word_reg[27:24] >= 4'd5
                            && here >= $signed({11'd0, a_word_reg[27:24], 2'd0})));
                    assert (a_ipv6_bad_reg || here >= 17'sd40);
                end
            end

            if (live && a_word_valid_reg)
                assert (a_type_known_reg == (a_is_tag_reg || a_is_v4_reg || a_is_v6_reg)
                        && !(a_is_tag_reg && a_is_v4_reg) && !(a_is_tag_reg && a_is_v6_reg)
                        && !(a_is_v4_reg && a_is_v6_reg));
            if (live && a_word_valid_reg)
                assert ((a_left_4_reg || !a_left_8_reg) && (a_left_8_reg || !a_left_20_reg)
                        && (a_left_20_reg || !a_left_40_reg));
            if (live && (a_follow_reg || a_l4_reg))
                assert (a_kind_tcp_reg == (a_protocol_reg == 8'd6) && a_kind_udp_reg == (a_protocol_reg == 8'd17)
                        && a_kind_ports_reg == (a_kind_tcp_reg || a_kind_udp_reg));
            if (live && (behind || (a_ipv4_reg && a_count_reg >= 4'd4) || (a_ipv6_reg && a_count_reg >= 4'd3)))
                assert (a_kind_more_reg == (a_kind_tcp_reg || a_kind_udp_reg || a_kind_ext_reg)
                        && {3'd0, a_kind_tcp_reg} + {3'd0, a_kind_udp_reg} + {3'd0, a_kind_icmp_reg}
                        + {3'd0, a_kind_ext_reg} + {3'd0, a_kind_unknown_reg} + {3'd0, a_kind_nothing_reg} <= 4'd1);

            // Not far behind the end
            if (a_walking_reg)
                assert (f_rest_reg >= (live ? -17'sd18 : -17'sd22));
            if (live && a_follow_reg && !f_jumped_reg)
                assert (a_left_8_reg == ($signed(a_left_reg) >= 13'sd0) && a_ext_none_reg == (a_word_reg[23:16] == 8'd0)
                        && a_ext_over_reg == ($signed({4'd0, a_word_reg[23:16], 1'b0}) > $signed(a_left_reg))
                        && a_ah_over_reg == ($signed({5'd0, a_word_reg[23:16]}) > $signed(a_left_reg)));
            if (live && a_ext_reg && !(a_second_reg && a_ext_bad_reg))
                assert ($signed({1'b0, a_ext_rest_reg}) <= $signed(a_left_reg) + 13'sd1);
            if (live && a_jump_reg)
                assert (here >= 17'sd4 && `SAME(left_behind_reg)
                        && $signed(a_left_behind_reg) == $signed(a_left_reg) - $signed({4'd0, a_ext_rest_reg}));
            if (live && a_land_reg)
                assert (here >= 17'sd0);

            // --- what is the same ----------------------------------------------------------------

            if (live && a_raw_valid_reg) begin
                assert (f_rest_reg < -17'sd3 || a_raw_reg[31:24] == b_raw_reg[31:24]);
                assert (f_rest_reg < 17'sd0 || `SAME(raw_reg));
            end
            if (live && a_word_valid_reg) begin
                assert (`SAME(left_4_reg) && `SAME(left_8_reg) && `SAME(left_20_reg) && `SAME(left_40_reg));
                if (whole) begin
                    assert (`SAME(word_reg) && `SAME(pair_reg));
                    assert (`SAME(ipv4_bad) && `SAME(ipv6_bad_reg) && `SAME(type_known_reg) && `SAME(is_tag_reg)
                            && `SAME(is_v4_reg) && `SAME(is_v6_reg) && `SAME(is_arp_reg) && `SAME(version_4_reg)
                            && `SAME(ihl_short_reg) && `SAME(total_short_reg) && `SAME(fragment_4_reg)
                            && `SAME(fragment_6_reg) && `SAME(low_zero_reg) && `SAME(udp_short_reg)
                            && `SAME(ext_none_reg) && `SAME(ext_over_reg) && `SAME(ah_over_reg));
                    if (a_l4_reg)
                        assert (`SAME(offset_bad_reg) && `SAME(offset_5_reg)
                                && a_offset_5_reg == (a_word_reg[31:28] == 4'd5));
                end
                // Of a word that is not whole, that it is too short
                if (a_type_reg || (ip && a_first_reg))
                    assert (whole || (a_ipv4_bad && b_ipv4_bad && a_ipv6_bad_reg && b_ipv6_bad_reg));
            end
            if (live && !a_type_reg)
                assert (`SAME(v6_reg));
            if (live && ip && !a_first_reg)
                assert (`SAME(header_left_reg));
            if (live && behind)
                assert (`SAME(header_left_reg));
            if (live && a_ipv4_reg && !a_first_reg)
                assert (`SAME(ihl_reg) && `SAME(length_reg) && `SAME(short_reg));
            if (live && ip && a_count_reg >= 4'd2)
                assert (`SAME(over_reg) && `SAME(length_reg));
            if (live && a_ipv4_reg && a_count_reg >= 4'd2)
                assert (`SAME(fragment_reg));
            if (live && ((a_ipv4_reg && a_count_reg >= 4'd3) || (a_ipv6_reg && a_count_reg >= 4'd2) || behind))
                assert (`SAME(protocol_reg));
            if (live && ((a_ipv4_reg && a_count_reg >= 4'd4) || (a_ipv6_reg && a_count_reg >= 4'd3) || behind))
                assert (`SAME(kind_tcp_reg) && `SAME(kind_udp_reg) && `SAME(kind_icmp_reg) && `SAME(kind_more_reg)
                        && `SAME(kind_ext_reg) && `SAME(kind_unknown_reg) && `SAME(kind_nothing_reg)
                        && `SAME(kind_route_reg) && `SAME(kind_fragment_reg) && `SAME(kind_ah_reg));
            if (live && (a_ext_reg || a_jump_reg || a_land_reg))
                assert (a_ext_last_reg == (a_ext_rest_reg == 9'd0) || !a_ext_reg);
            if (live && (a_ext_reg || a_jump_reg || a_land_reg))
                assert (`SAME(ext_rest_reg) && `SAME(ext_last_reg) && `SAME(ext_bad_reg) && `SAME(ext_route_reg) && `SAME(ext_fragment_reg));
            if (live && a_ipv4_reg && !a_first_reg)
                assert (`SAME(header_sum_reg));
            if (live && ((ip && a_first_reg) || (a_type_reg && a_tag_reg)))
                assert (`SAME(header_sum_reg) && `SAME(address_sum_reg));
            if (live && ((ip && !a_first_reg) || behind))
                assert (`SAME(header_sum_reg) && `SAME(address_sum_reg));
            if (live && ((a_ipv4_reg && a_count_reg >= 4'd3) || (behind && v4)))
                assert (`SAME(checksum_reg));
            if (live && a_stop_reg)
                assert (`SAME(reason_reg) && a_reason_reg != CHECKSUM_REASON_CHECKED);
            if (live && ip && !a_first_reg)
                assert (a_ipv4_reg ? v4 : !v4);
            if (live && ip && a_first_reg)
                assert (!v4);
            if (live && a_type_reg && a_tag_reg)
                assert (!v4);
            if (live && behind)
                assert (v4 == !a_v6_reg);
            if (f_begun_reg)
                assert (`SAME(l3_type_reg) && `SAME(l4_type_reg) && `SAME(tags_reg) && `SAME(tci_reg));
            if ((live && !(a_type_reg && !a_tag_reg)) || told_of)
                assert (f_begun_reg);
            if (live && !(a_type_reg && !a_tag_reg))
                assert (a_l4_reg ? l4 && (a_l4_type_reg == L4_TYPE_TCP) == a_kind_tcp_reg : !l4 && (!icmp || a_l4_reg));
            if (live && !(a_type_reg && !a_tag_reg))
                assert (a_l4_type_reg == L4_TYPE_NONE || a_l4_reg
                        || (a_l4_type_reg == L4_TYPE_FRAGMENT && a_ipv4_reg && a_count_reg >= 4'd4 && a_stop_reg));
            if (told_of)
                assert (a_l4_type_reg == L4_TYPE_NONE || `SAME(protocol_reg));
            if (live && a_l4_reg) begin
                assert (`SAME(l4_word_reg));
                if (!a_first_reg && a_count_reg >= 4'd2)
                    assert (`SAME(length_reg) && `SAME(over_reg) && `SAME(bad_reg) && `SAME(zero_reg));
            end
            if (told_of) begin
                assert (`SAME(reason));
                assert (l4 == (a_reason == CHECKSUM_REASON_CHECKED));
                if (l4 || icmp)
                    assert (`SAME(l4_word_reg) && `SAME(header_left_reg));
                if (v4)
                    assert (`SAME(checksum_reg) && `SAME(header_sum_reg) && `SAME(address_sum_reg));
                if (l4)
                    assert (`SAME(length_reg) && `SAME(over_reg) && `SAME(bad_reg) && `SAME(zero_reg)
                            && `SAME(data_offset_reg) && `SAME(address_sum_reg));
            end
            cover (a_done && l4 && f_begun_reg && a_word_reg != b_word_reg);
        end
    end

endmodule

`resetall
