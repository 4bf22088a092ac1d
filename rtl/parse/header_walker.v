// SPDX-License-Identifier: BSD-3-Clause
//
// Walks through the headers of one frame, one 32-bit word a clock.
//
// Holds a copy of the frame's first 272 bytes, written as they come, and trails the writer. All
// headers behind the Ethernet addresses start 2 bytes past a multiple of 4, and so do the words
// read here: the halves of the copy lie in two memories with an address each. Every word is read
// once, in order; nothing is looked up twice, so the time is bounded: 3 clocks before the first
// word, at most 67 words, 6 clocks behind the last. UDP over IPv4 takes 16 clocks from its first
// beat to `done`, TCP over IPv6 23 (one more at 64 bits), each VLAN tag or 4 bytes of options or extension 1 more.
// A header is looked into only when it lies within the frame and the datagram; `parse` tells
// what is said of each kind of packet. The result stands from `done` to `take`.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module header_walker #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 232,
    // Network functions, 1 to 16.
    parameter integer FUNCTIONS = 2,
    // 1: compute the RSS hash.
    parameter integer HASH_EN = 1,
    // Rows of the copy, beats that hold 272 bytes, and the width of a row's number.
    parameter integer ROWS = 34,
    parameter integer ROW_W = 6
) (
    input  wire                      clk,
    input  wire                      rst,

    // The frame's beats, in order from row 0; write_start goes with row 0, write_end with the last
    // one of the frame or the last that fits. write_user is read with write_start.
    input  wire                      write_valid,
    input  wire                      write_start,
    input  wire                      write_end,
    input  wire [ROW_W-1:0]          write_row,
    input  wire [DATA_W-1:0]         write_data,
    input  wire [USER_W-1:0]         write_user,

    // As in parse
    input  wire [FUNCTIONS*320-1:0]  rss_key,
    input  wire [FUNCTIONS*6-1:0]    rss_types,

    // The frame's metadata stands in result while done is 1, until the clock of take.
    output wire                      done,
    output wire [USER_W-1:0]         result,
    input  wire                      take
);

    `include "metadata.vh"
    `include "sekisho.vh"

    localparam integer WORDS  = DATA_W / 32;
    localparam integer WORD_W = $clog2(WORDS);

    localparam [2:0] STATE_IDLE = 3'd0;
    localparam [2:0] STATE_TYPE = 3'd1;  // a word that ends in an EtherType
    localparam [2:0] STATE_IPV4 = 3'd2;
    localparam [2:0] STATE_IPV6 = 3'd3;
    localparam [2:0] STATE_NEXT = 3'd4;  // first word of what follows an IP or extension header
    localparam [2:0] STATE_EXT  = 3'd5;  // the other words of an extension header
    localparam [2:0] STATE_L4   = 3'd6;  // the other words of a TCP or UDP header
    localparam [2:0] STATE_END  = 3'd7;  // sums and result

    // Kinds of protocol numbers
    localparam [2:0] KIND_OTHER   = 3'd0;
    localparam [2:0] KIND_TCP     = 3'd1;
    localparam [2:0] KIND_UDP     = 3'd2;
    localparam [2:0] KIND_ICMP    = 3'd3;
    localparam [2:0] KIND_EXT     = 3'd4;  // IPv6 extension header that is understood
    localparam [2:0] KIND_UNKNOWN = 3'd5;  // IPv6 extension header that is not
    localparam [2:0] KIND_NOTHING = 3'd6;  // IPv6 no next header

    function [2:0] kind_of(input [7:0] protocol, input v6);
        case (protocol)
        8'd6: kind_of = KIND_TCP;
        8'd17: kind_of = KIND_UDP;
        8'd1: kind_of = v6 ? KIND_OTHER : KIND_ICMP;
        8'd58: kind_of = v6 ? KIND_ICMP : KIND_OTHER;
        8'd0, 8'd43, 8'd44, 8'd51, 8'd60: kind_of = v6 ? KIND_EXT : KIND_OTHER;
        8'd50, 8'd135, 8'd139, 8'd140, 8'd253, 8'd254: kind_of = v6 ? KIND_UNKNOWN : KIND_OTHER;
        8'd59: kind_of = v6 ? KIND_NOTHING : KIND_OTHER;
        default: kind_of = KIND_OTHER;
        endcase
    endfunction

    // Result of 32 input bits: every 1 adds (xor) the 32 key bits that start at its place.
    function [31:0] toeplitz(input [31:0] word, input [63:0] key);
        integer i;
        begin
            toeplitz = 32'd0;
            for (i = 0; i < 32; i = i + 1)
                toeplitz = toeplitz ^ (key[63-i -: 32] & {32{word[31-i]}});
        end
    endfunction

    // --- the copy ----------------------------------------------------------------------------------

    // Bytes 0 and 1 of every four, and bytes 2 and 3.
    // Distributed: block RAM answers too late for the choice of a half behind it.
    (* ram_style = "distributed" *) reg [DATA_W/2-1:0] low_memory [0:ROWS-1];
    (* ram_style = "distributed" *) reg [DATA_W/2-1:0] high_memory [0:ROWS-1];
    reg [DATA_W/2-1:0] write_low;
    reg [DATA_W/2-1:0] write_high;
    integer            w;

    always @* begin
        for (w = 0; w < WORDS; w = w + 1) begin
            write_low[16*w +: 16]  = write_data[32*w +: 16];
            write_high[16*w +: 16] = write_data[32*w+16 +: 16];
        end
    end

    always @(posedge clk) begin
        if (write_valid) begin
            low_memory[write_row]  <= write_low;
            high_memory[write_row] <= write_high;
        end
    end

    // --- reading: word n is bytes 4n+2 to 4n+5, in network order -------------------------------------

    reg              reading_reg;
    reg              loaded_reg;        // the copy has all it will get
    reg [ROW_W-1:0]  rows_reg;          // rows that it has, while not loaded
    reg [6:0]        high_index_reg;    // n
    reg [6:0]        low_index_reg;     // n + 1
    reg [13:0]       limit_reg;         // first byte behind the frame, from the IP length on behind the datagram
    reg [31:0]       raw_reg;
    reg              raw_valid_reg;
    reg [8:0]        raw_at_reg;        // the word's first byte in the frame
    reg signed [15:0] raw_left_reg;     // bytes from there to the limit
    reg [14:0]       limit_8_reg;       // limit less 8, a clock later
    reg signed [15:0] raw_left_8_reg;   // left less 8

    wire [6:0]          low_row  = low_index_reg >> WORD_W;
    wire [6:0]          high_row = high_index_reg >> WORD_W;
    wire [DATA_W/2-1:0] low_beat  = low_memory[low_row[ROW_W-1:0]];
    wire [DATA_W/2-1:0] high_beat = high_memory[high_row[ROW_W-1:0]];
    wire [15:0]         low_half  = low_beat[16*low_index_reg[WORD_W-1:0] +: 16];
    wire [15:0]         high_half = high_beat[16*high_index_reg[WORD_W-1:0] +: 16];
    wire                fetch = reading_reg && (loaded_reg || low_row < {{7-ROW_W{1'b0}}, rows_reg});

    // --- what has been found -------------------------------------------------------------------------

    reg [2:0]   state_reg;
    reg [63:0]  user_reg;
    /* verilator lint_off UNUSEDSIGNAL */
    reg [5:0]   types_reg;              // in full only where HASH_EN is 1
    /* verilator lint_on UNUSEDSIGNAL */
    reg         tag_reg;                // the word begins with a tag's control information
    reg [3:0]   count_reg;              // words of the header before this one
    reg [2:0]   kind_reg;
    reg [3:0]   ihl_reg;
    reg         last_4_reg;             // the last word of an IPv4 header
    reg         v6_reg;
    reg         stop_reg;               // end behind this IP header, for the reason in reason_reg
    reg [3:0]   extensions_reg;
    reg         deep_reg;               // the next header lies too deep to be read
    reg [8:0]   header_at_reg;          // first byte of the header at hand, or end of the fixed IPv6 header
    reg signed [15:0] header_left_reg;  // bytes from there to the limit
    reg [11:0]  ext_length_reg;
    reg [8:0]   ext_words_reg;          // words of the extension header behind this one
    reg         ext_fragment_reg;
    reg         ext_bad_reg;            // it runs past the limit
    reg         ext_route_reg;
    reg [15:0]  l4_length_reg;
    reg [2:0]   end_reg;                // step of STATE_END
    reg         done_reg;
    reg         ports_reg;              // the hash has taken the ports

    reg [2:0]   l3_type_reg;
    reg [2:0]   l4_type_reg;
    reg [1:0]   tags_reg;
    reg [15:0]  tci_reg;
    reg [7:0]   l3_offset_reg;
    reg [7:0]   l4_offset_reg;
    reg [8:0]   payload_reg;
    reg [13:0]  sum_start_reg;
    reg [13:0]  sum_end_reg;
    reg [3:0]   reason_reg;
    reg [15:0]  header_checksum_reg;
    reg [7:0]   protocol_reg;

    // The word at hand, and what a look at it alone has told a clock before: whatever it is, every
    // field that it may hold is compared, so that the walk below decides on single bits.
    reg [31:0]  word_reg;
    reg         word_valid_reg;
    reg [8:0]   at_reg;
    reg signed [15:0] left_reg;
    reg signed [15:0] left_behind_reg;  // less the 40 bytes of an IPv6 header
    reg         left_4_reg;             // at least 4 bytes to the limit, and so on
    reg         left_8_reg;
    reg         left_20_reg;
    reg         left_40_reg;
    reg         is_tag_reg;             // EtherTypes, in the lower half
    reg         is_v4_reg;
    reg         is_v6_reg;
    reg         is_arp_reg;
    reg         version_4_reg;
    reg         version_6_reg;
    reg         ihl_short_reg;
    reg         ihl_over_reg;           // IPv4 header beyond the limit
    reg         total_short_reg;        // IPv4 total length below the header's
    reg         total_over_reg;         // ... beyond the limit
    reg         payload_over_reg;       // IPv6 payload length beyond the limit
    reg         fragment_4_reg;
    reg         fragment_6_reg;
    reg [2:0]   kind_4_reg;             // of the protocol number where IPv4 has it
    reg [2:0]   kind_6_reg;             // ... IPv6
    reg [2:0]   kind_next_reg;          // ... an extension header
    reg         ext_over_reg;           // extension header of 8-byte units beyond the limit
    reg         ah_over_reg;            // authentication header beyond the limit
    reg         udp_bad_reg;            // UDP length
    reg         udp_zero_reg;           // UDP checksum
    reg         doff_bad_reg;           // TCP data offset
    reg [16:0]  word_pair_reg;          // both halves added

    wire [15:0] upper = word_reg[31:16];
    wire [15:0] lower = word_reg[15:0];
    wire [5:0]  raw_ihl  = {raw_reg[27:24], 2'b00};
    wire [5:0]  raw_doff = {raw_reg[31:28], 2'b00};

    always @(posedge clk) begin
        word_valid_reg <= raw_valid_reg;
        if (raw_valid_reg) begin
            word_reg         <= raw_reg;
            at_reg           <= raw_at_reg;
            left_reg         <= raw_left_reg;
            word_pair_reg    <= {1'b0, raw_reg[31:16]} + {1'b0, raw_reg[15:0]};
            left_4_reg       <= raw_left_reg >= 16'sd4;
            left_8_reg       <= raw_left_reg >= 16'sd8;
            left_20_reg      <= raw_left_reg >= 16'sd20;
            left_40_reg      <= raw_left_reg >= 16'sd40;
            is_tag_reg       <= raw_reg[15:0] == 16'h8100 || raw_reg[15:0] == 16'h88a8 || raw_reg[15:0] == 16'h9100;
            is_v4_reg        <= raw_reg[15:0] == 16'h0800;
            is_v6_reg        <= raw_reg[15:0] == 16'h86dd;
            is_arp_reg       <= raw_reg[15:0] == 16'h0806;
            version_4_reg    <= raw_reg[31:28] == 4'd4;
            version_6_reg    <= raw_reg[31:28] == 4'd6;
            ihl_short_reg    <= raw_reg[27:24] < 4'd5;
            ihl_over_reg     <= $signed({10'd0, raw_ihl}) > raw_left_reg;
            total_short_reg  <= raw_reg[15:0] < {10'd0, raw_ihl};
            total_over_reg   <= $signed({1'b0, raw_reg[15:0]}) > $signed({raw_left_reg[15], raw_left_reg});
            // Second word of IPv6: what is left behind the header has been told by the first word.
            payload_over_reg <= $signed({1'b0, raw_reg[31:16]}) > $signed({left_behind_reg[15], left_behind_reg});
            left_behind_reg  <= raw_left_reg - 16'sd40;
            fragment_4_reg   <= raw_reg[13:0] != 14'd0;
            fragment_6_reg   <= (raw_reg[15:0] & 16'hfff9) != 16'd0;
            kind_4_reg       <= kind_of(raw_reg[23:16], 1'b0);
            kind_6_reg       <= kind_of(raw_reg[15:8], 1'b1);
            kind_next_reg    <= kind_of(raw_reg[31:24], 1'b1);
            ext_over_reg     <= $signed({5'd0, raw_reg[23:16], 3'b000}) > raw_left_8_reg;
            ah_over_reg      <= $signed({6'd0, raw_reg[23:16], 2'b00}) > raw_left_8_reg;
            // Second word of UDP: left_reg is still the first word's, from the header's first byte.
            udp_bad_reg      <= raw_reg[31:16] < 16'd8 ||
                $signed({1'b0, raw_reg[31:16]}) > $signed({left_reg[15], left_reg});
            udp_zero_reg     <= raw_reg[15:0] == 16'd0;
            // Fourth word of TCP: header_left_reg has been set two words ago.
            doff_bad_reg     <= raw_reg[31:28] < 4'd5 || $signed({10'd0, raw_doff}) > header_left_reg;
        end
        if (rst)
            word_valid_reg <= 1'b0;
    end

    // A header that lies too deep is judged by two registers of its own, a clock later.
    reg         deep_wait_reg;
    reg         deep_8_reg;
    reg         deep_20_reg;
    wire        step    = word_valid_reg || deep_reg || state_reg == STATE_END;
    wire        left_8  = deep_reg ? deep_8_reg : left_8_reg;
    wire        left_20 = deep_reg ? deep_20_reg : left_20_reg;
    wire        is_l4   = kind_reg == KIND_TCP || kind_reg == KIND_UDP || kind_reg == KIND_ICMP;
    wire [5:0]  doff_bytes = {word_reg[31:28], 2'b00};
    wire signed [15:0] ext_left = header_left_reg - {4'd0, ext_length_reg};
    wire [12:0] ext_next = {4'd0, header_at_reg} + {1'b0, ext_length_reg};
    // protocol_reg holds the extension header's own number while its first word is there.
    wire [11:0] ext_length = protocol_reg == 8'd51 ? {2'b00, word_reg[23:16], 2'b00} + 12'd8 :
        protocol_reg == 8'd44 ? 12'd8 : {1'b0, word_reg[23:16], 3'b000} + 12'd8;
    wire [11:0] ext_words = (ext_length_reg >> 2) - 12'd2;
    wire        ports_wanted = kind_reg == KIND_TCP ? (v6_reg ? types_reg[4] : types_reg[1]) :
        (v6_reg ? types_reg[5] : types_reg[2]);

    wire        l4_found  = l4_offset_reg != 8'd0;
    wire        checkable = reason_reg == CHECKSUM_REASON_CHECKED ||
        reason_reg == CHECKSUM_REASON_UDP_NO_CHECKSUM || reason_reg == CHECKSUM_REASON_UDP6_NO_CHECKSUM;

    // This clock ends the walk with this reason.
    reg         finish;
    reg [3:0]   reason;

    always @* begin
        finish = 1'b0;
        reason = reason_reg;
        case (state_reg)
        STATE_TYPE: begin
            finish = 1'b1;
            if (!left_4_reg)
                reason = CHECKSUM_REASON_TRUNCATED;
            else if (is_tag_reg && tag_reg && tags_reg == 2'd1)
                reason = CHECKSUM_REASON_TOO_MANY_TAGS;
            else if (is_tag_reg || is_v4_reg || is_v6_reg)
                finish = 1'b0;
            else
                reason = CHECKSUM_REASON_NOT_IP;
        end
        STATE_IPV4: begin
            if (count_reg == 4'd0) begin
                finish = 1'b1;
                if (!left_20)
                    reason = CHECKSUM_REASON_TRUNCATED;
                else if (!version_4_reg)
                    reason = CHECKSUM_REASON_NOT_IP;
                else if (ihl_short_reg)
                    reason = CHECKSUM_REASON_IP_LENGTH;
                else if (ihl_over_reg)
                    reason = CHECKSUM_REASON_TRUNCATED;
                else
                    finish = 1'b0;
            end else begin
                finish = stop_reg && last_4_reg;
            end
        end
        STATE_IPV6: begin
            if (count_reg == 4'd0) begin
                finish = 1'b1;
                if (!left_40_reg)
                    reason = CHECKSUM_REASON_TRUNCATED;
                else if (!version_6_reg)
                    reason = CHECKSUM_REASON_NOT_IP;
                else
                    finish = 1'b0;
            end else begin
                finish = stop_reg && count_reg == 4'd9;
            end
        end
        STATE_NEXT: begin
            finish = 1'b1;
            if (kind_reg == KIND_UNKNOWN || (kind_reg == KIND_EXT && extensions_reg[3]))
                reason = CHECKSUM_REASON_EXTENSION;
            else if (kind_reg == KIND_OTHER || kind_reg == KIND_NOTHING)
                reason = CHECKSUM_REASON_NOT_TCP_UDP;
            else if (kind_reg == KIND_TCP ? !left_20 : !left_8)
                reason = CHECKSUM_REASON_TRUNCATED;
            else if (deep_reg)
                reason = CHECKSUM_REASON_TOO_DEEP;
            else if (kind_reg == KIND_ICMP)
                reason = CHECKSUM_REASON_NOT_TCP_UDP;
            else
                finish = 1'b0;
        end
        STATE_EXT: begin
            if (count_reg == 4'd1) begin
                finish = 1'b1;
                if (ext_bad_reg)
                    reason = CHECKSUM_REASON_TRUNCATED;
                else if (ext_route_reg)
                    reason = CHECKSUM_REASON_EXTENSION;
                else if (ext_fragment_reg)
                    reason = CHECKSUM_REASON_FRAGMENT;
                else
                    finish = 1'b0;
            end
        end
        STATE_L4: begin
            if (kind_reg == KIND_UDP) begin
                finish = 1'b1;
                if (udp_bad_reg)
                    reason = CHECKSUM_REASON_L4_LENGTH;
                else if (!udp_zero_reg)
                    reason = CHECKSUM_REASON_CHECKED;
                else
                    reason = v6_reg ? CHECKSUM_REASON_UDP6_NO_CHECKSUM : CHECKSUM_REASON_UDP_NO_CHECKSUM;
            end else if (count_reg == 4'd3) begin
                finish = 1'b1;
                if (doff_bad_reg)
                    reason = CHECKSUM_REASON_L4_LENGTH;
                else
                    reason = CHECKSUM_REASON_CHECKED;
            end
        end
        default:
            finish = 1'b0;
        endcase
    end

    always @(posedge clk) begin
        // Reading. A new limit counts from the third word behind the one that holds it.
        limit_8_reg   <= {1'b0, limit_reg} - 15'd8;
        raw_valid_reg <= fetch;
        if (fetch) begin
            raw_reg        <= {high_half[7:0], high_half[15:8], low_half[7:0], low_half[15:8]};
            raw_at_reg     <= {high_index_reg, 2'b10};
            raw_left_8_reg <= $signed({limit_8_reg[14], limit_8_reg}) - $signed({7'd0, high_index_reg, 2'b10});
            raw_left_reg   <= $signed({2'b00, limit_reg}) - $signed({7'd0, high_index_reg, 2'b10});
            high_index_reg <= low_index_reg;
            low_index_reg  <= low_index_reg + 7'd1;
        end
        if (write_valid) begin
            rows_reg   <= write_row + 1'b1;
            loaded_reg <= write_end;
        end

        if (write_valid && write_start) begin
            user_reg       <= write_user[63:0];
            limit_reg      <= write_user[META_LENGTH +: META_LENGTH_W];
            high_index_reg <= 7'd2;
            low_index_reg  <= 7'd3;
            tag_reg        <= 1'b0;
            tags_reg       <= 2'd0;
            tci_reg        <= 16'd0;
            l3_type_reg    <= L3_TYPE_NONE;
            l4_type_reg    <= L4_TYPE_NONE;
            l3_offset_reg  <= 8'd14;
            l4_offset_reg  <= 8'd0;
            payload_reg    <= 9'd0;
            stop_reg       <= 1'b0;
            deep_reg       <= 1'b0;
            extensions_reg <= 4'd0;
            count_reg      <= 4'd0;
            last_4_reg     <= 1'b0;
            ports_reg      <= 1'b0;
            end_reg        <= 3'd0;
        end

        if (step) begin
            count_reg <= count_reg + 4'd1;
            case (state_reg)
            STATE_TYPE: begin
                count_reg <= 4'd0;
                v6_reg    <= is_v6_reg;
                tag_reg   <= is_tag_reg;
                if (left_4_reg) begin
                    l3_offset_reg <= at_reg[7:0] + 8'd4;
                    if (tag_reg) begin
                        tags_reg <= tags_reg + 2'd1;
                        if (tags_reg == 2'd0)
                            tci_reg <= upper;
                    end
                    if (is_arp_reg)
                        l3_type_reg <= L3_TYPE_ARP;
                    if (!is_tag_reg)
                        state_reg <= is_v6_reg ? STATE_IPV6 : STATE_IPV4;
                end
            end
            STATE_IPV4: begin
                case (count_reg)
                4'd0: begin
                    ihl_reg   <= word_reg[27:24];
                    limit_reg <= {5'd0, at_reg} + lower[13:0];
                    if (left_20_reg && version_4_reg && !ihl_short_reg && !ihl_over_reg) begin
                        l3_type_reg <= word_reg[27:24] == 4'd5 ? L3_TYPE_IPV4 : L3_TYPE_IPV4_OPT;
                        if (total_short_reg) begin
                            stop_reg   <= 1'b1;
                            reason_reg <= CHECKSUM_REASON_IP_LENGTH;
                        end else if (total_over_reg) begin
                            stop_reg   <= 1'b1;
                            reason_reg <= CHECKSUM_REASON_TRUNCATED;
                        end
                    end
                end
                4'd1: begin
                    if (!stop_reg && fragment_4_reg) begin
                        stop_reg    <= 1'b1;
                        reason_reg  <= CHECKSUM_REASON_FRAGMENT;
                        l4_type_reg <= L4_TYPE_FRAGMENT;
                    end
                end
                4'd2: begin
                    protocol_reg        <= word_reg[23:16];
                    kind_reg            <= kind_4_reg;
                    header_checksum_reg <= lower;
                end
                default: ;
                endcase
                last_4_reg <= count_reg != 4'd0 && count_reg + 4'd2 == ihl_reg;
                if (count_reg != 4'd0 && last_4_reg) begin
                    count_reg <= 4'd0;
                    state_reg <= STATE_NEXT;
                end
            end
            STATE_IPV6: begin
                case (count_reg)
                4'd0: begin
                    header_at_reg   <= at_reg + 9'd40;
                                        l3_type_reg     <= left_40_reg && version_6_reg ? L3_TYPE_IPV6 : L3_TYPE_NONE;
                end
                4'd1: begin
                    limit_reg    <= {5'd0, header_at_reg} + upper[13:0];
                    protocol_reg <= word_reg[15:8];
                    kind_reg     <= kind_6_reg;
                    if (payload_over_reg) begin
                        stop_reg   <= 1'b1;
                        reason_reg <= CHECKSUM_REASON_TRUNCATED;
                    end
                end
                4'd2: begin
                    if (kind_reg == KIND_EXT || kind_reg == KIND_UNKNOWN)
                        l3_type_reg <= L3_TYPE_IPV6_EXT;
                end
                default: ;
                endcase
                if (count_reg == 4'd9) begin
                    count_reg <= 4'd0;
                    state_reg <= STATE_NEXT;
                end
            end
            STATE_NEXT: begin
                count_reg        <= 4'd1;
                header_at_reg    <= at_reg;
                header_left_reg  <= left_reg;
                l4_length_reg    <= left_reg;
                if (kind_reg == KIND_EXT) begin
                    extensions_reg   <= extensions_reg + 4'd1;
                    ext_length_reg   <= ext_length;
                    ext_fragment_reg <= protocol_reg == 8'd44 && fragment_6_reg;
                    ext_bad_reg      <= protocol_reg == 8'd51 ? ah_over_reg :
                        protocol_reg == 8'd44 ? 1'b0 : ext_over_reg;
                    ext_route_reg    <= protocol_reg == 8'd43 && lower[7:0] != 8'd0;
                    protocol_reg     <= word_reg[31:24];
                    kind_reg         <= kind_next_reg;
                    state_reg        <= STATE_EXT;
                end else begin
                    state_reg <= STATE_L4;
                end
                if (kind_reg == KIND_OTHER)
                    l4_type_reg <= L4_TYPE_OTHER;
                if (is_l4 && !deep_reg && (kind_reg == KIND_TCP ? left_20 : left_8)) begin
                    l4_offset_reg <= at_reg[7:0];
                    case (kind_reg)
                    KIND_TCP: l4_type_reg <= L4_TYPE_TCP;
                    KIND_UDP: l4_type_reg <= L4_TYPE_UDP;
                    default: l4_type_reg <= L4_TYPE_ICMP;
                    endcase
                    if (kind_reg != KIND_TCP)
                        payload_reg <= at_reg + 9'd8;
                    if (kind_reg != KIND_ICMP)
                        ports_reg <= ports_wanted;
                end
            end
            STATE_EXT: begin
                // The second word is always there: an extension header has at least 8 bytes.
                count_reg <= 4'd2;
                if (count_reg == 4'd1) begin
                    if (!ext_bad_reg && !ext_route_reg && ext_fragment_reg)
                        l4_type_reg <= L4_TYPE_FRAGMENT;
                    ext_words_reg <= ext_words[8:0];
                    if (ext_next[12:8] != 5'd0) begin
                        deep_wait_reg   <= !ext_bad_reg && !ext_route_reg && !ext_fragment_reg;
                        header_left_reg <= ext_left;
                        reading_reg     <= 1'b0;
                    end else if (ext_length_reg == 12'd8) begin
                        state_reg <= STATE_NEXT;
                    end
                end else begin
                    ext_words_reg <= ext_words_reg - 9'd1;
                    if (ext_words_reg == 9'd1)
                        state_reg <= STATE_NEXT;
                end
            end
            STATE_L4: begin
                if (kind_reg == KIND_UDP)
                    l4_length_reg <= upper;
                else if (count_reg == 4'd3 && !doff_bad_reg)
                    payload_reg <= header_at_reg + {3'd0, doff_bytes};
            end
            default: ;
            endcase

            if (finish) begin
                state_reg   <= STATE_END;
                reason_reg  <= reason;
                reading_reg <= 1'b0;
                deep_reg    <= 1'b0;
            end
        end

        if (deep_wait_reg) begin
            deep_wait_reg <= 1'b0;
            deep_reg      <= 1'b1;
            deep_8_reg    <= header_left_reg >= 16'sd8;
            deep_20_reg   <= header_left_reg >= 16'sd20;
            state_reg     <= STATE_NEXT;
        end

        if (state_reg == STATE_END && end_reg != 3'd5)
            end_reg <= end_reg + 3'd1;
        done_reg <= state_reg == STATE_END && end_reg[2] && !take;
        if (state_reg == STATE_END && end_reg == 3'd0) begin
            sum_start_reg <= l4_found ? {6'd0, l4_offset_reg} : {6'd0, l3_offset_reg};
            // limit_reg was the frame's end unless there is an IP header, and is the datagram's then.
            sum_end_reg   <= !l4_found ? user_reg[META_LENGTH +: META_LENGTH_W] :
                (l4_type_reg == L4_TYPE_UDP && reason_reg != CHECKSUM_REASON_L4_LENGTH) ?
                {6'd0, l4_offset_reg} + l4_length_reg[13:0] : limit_reg;
        end

        if (write_valid && write_start) begin
            state_reg   <= STATE_TYPE;
            reading_reg <= 1'b1;
        end
        if (take)
            state_reg <= STATE_IDLE;

        if (rst) begin
            state_reg      <= STATE_IDLE;
            reading_reg    <= 1'b0;
            raw_valid_reg  <= 1'b0;
            deep_wait_reg  <= 1'b0;
            deep_reg       <= 1'b0;
            end_reg        <= 3'd0;
            done_reg       <= 1'b0;
        end
    end

    // --- sums ------------------------------------------------------------------------------------------

    // Two halves of a word are added, then the pair to the sums it belongs to. At most 30 halves
    // come together: 21 bits, and two folds make 16 of them (the second one cannot carry again,
    // for the first one's carry leaves at most 0x1d below it).
    reg [16:0] pair_reg;
    reg        pair_header_reg;
    reg        pair_pseudo_reg;
    reg [20:0] header_sum_reg;
    reg [20:0] pseudo_sum_reg;
    reg [1:0]  ip_verdict_reg;

    function [20:0] fold(input [20:0] sum);
        fold = {5'd0, sum[15:0]} + {16'd0, sum[20:16]};
    endfunction

    wire in_ipv4   = state_reg == STATE_IPV4;
    wire in_ipv6   = state_reg == STATE_IPV6;
    wire address_4 = in_ipv4 && (count_reg == 4'd3 || count_reg == 4'd4);
    wire address_6 = in_ipv6 && count_reg >= 4'd2;
    wire is_ipv4   = l3_type_reg == L3_TYPE_IPV4 || l3_type_reg == L3_TYPE_IPV4_OPT;
    wire is_ipv6   = l3_type_reg == L3_TYPE_IPV6 || l3_type_reg == L3_TYPE_IPV6_EXT;

    always @(posedge clk) begin
        pair_header_reg <= 1'b0;
        pair_pseudo_reg <= 1'b0;
        if (word_valid_reg && (in_ipv4 || in_ipv6)) begin
            pair_reg        <= in_ipv4 && count_reg == 4'd2 ? {1'b0, upper} : word_pair_reg;
            pair_header_reg <= in_ipv4;
            pair_pseudo_reg <= address_4 || address_6;
        end
        if (state_reg == STATE_END) begin
            case (end_reg)
            3'd0: begin
                pair_reg        <= {1'b0, l4_length_reg} + {9'd0, protocol_reg};
                pair_pseudo_reg <= 1'b1;
            end
            3'd2, 3'd3: begin
                header_sum_reg <= fold(header_sum_reg);
                pseudo_sum_reg <= fold(pseudo_sum_reg);
            end
            3'd4: begin
                // Sum and checksum add up to a one's complement zero, in either of its forms.
                ip_verdict_reg <= is_ipv6 ? CHECKSUM_VERDICT_GOOD : !is_ipv4 ? CHECKSUM_VERDICT_UNKNOWN :
                    header_sum_reg[15:0] == ~header_checksum_reg ||
                    (&header_sum_reg[15:0] && &header_checksum_reg) ?
                    CHECKSUM_VERDICT_GOOD : CHECKSUM_VERDICT_BAD;
                if (!is_ipv4)
                    header_sum_reg <= 21'd0;
                if (!checkable)
                    pseudo_sum_reg <= 21'd0;
            end
            default: ;
            endcase
        end
        if (pair_header_reg)
            header_sum_reg <= header_sum_reg + {4'd0, pair_reg};
        if (pair_pseudo_reg)
            pseudo_sum_reg <= pseudo_sum_reg + {4'd0, pair_reg};
        if (write_valid && write_start) begin
            header_sum_reg  <= 21'd0;
            pseudo_sum_reg  <= 21'd0;
            pair_header_reg <= 1'b0;
            pair_pseudo_reg <= 1'b0;
        end
    end

    // --- hash ------------------------------------------------------------------------------------------

    wire [31:0] hash;
    wire [1:0]  hash_type;

    generate if (HASH_EN != 0) begin : g_hash
        reg [31:0] hash_reg;
        reg [1:0]  hash_type_reg;
        reg [31:0] hash_word_reg;
        reg        hash_valid_reg;
        reg [63:0] key_reg;             // the word's place in the key
        reg [3:0]  key_index_reg;       // next word of the key to be fetched
        reg [FUNCTIONS*32-1:0] key_words_reg;   // the word behind key_reg, of every function's key
        reg [FUNCTIONS*32-1:0] key_words;
        reg [31:0] key_word;
        integer    k;
        integer    m;

        wire [META_FUNCTION_W-1:0] function_number = user_reg[META_FUNCTION +: META_FUNCTION_W];
        wire ports_here = state_reg == STATE_NEXT && !deep_reg && ports_wanted &&
            ((kind_reg == KIND_TCP && left_20) || (kind_reg == KIND_UDP && left_8));
        // The three first words of the key are fetched while the first word of the frame is read.
        wire key_start = state_reg == STATE_TYPE && key_index_reg < 4'd3;

        always @* begin
            for (m = 0; m < FUNCTIONS; m = m + 1) begin
                case (key_index_reg)
                4'd0: key_words[32*m +: 32] = rss_key[320*m +: 32];
                4'd1: key_words[32*m +: 32] = rss_key[320*m+32 +: 32];
                4'd2: key_words[32*m +: 32] = rss_key[320*m+64 +: 32];
                4'd3: key_words[32*m +: 32] = rss_key[320*m+96 +: 32];
                4'd4: key_words[32*m +: 32] = rss_key[320*m+128 +: 32];
                4'd5: key_words[32*m +: 32] = rss_key[320*m+160 +: 32];
                4'd6: key_words[32*m +: 32] = rss_key[320*m+192 +: 32];
                4'd7: key_words[32*m +: 32] = rss_key[320*m+224 +: 32];
                4'd8: key_words[32*m +: 32] = rss_key[320*m+256 +: 32];
                default: key_words[32*m +: 32] = rss_key[320*m+288 +: 32];
                endcase
            end
        end

        always @* begin
            key_word = 32'd0;
            for (k = 0; k < FUNCTIONS; k = k + 1)
                if (function_number == k[META_FUNCTION_W-1:0])
                    key_word = key_word | key_words_reg[32*k +: 32];
        end

        always @(posedge clk) begin
            hash_valid_reg <= word_valid_reg && (address_4 || address_6 || ports_here);
            if (word_valid_reg)
                hash_word_reg <= word_reg;
            if (hash_valid_reg)
                hash_reg <= hash_reg ^ toeplitz(hash_word_reg, key_reg);
            if (hash_valid_reg || key_start) begin
                key_reg       <= {key_reg[31:0], key_word};
                key_words_reg <= key_words;
                key_index_reg <= key_index_reg + 4'd1;
            end
            if (state_reg == STATE_END && end_reg == 3'd4) begin
                hash_type_reg <= 2'd0;
                if (ports_reg)
                    hash_type_reg <= 2'd2;
                else if ((is_ipv4 && types_reg[0]) || (is_ipv6 && types_reg[3]))
                    hash_type_reg <= 2'd1;
                else
                    hash_reg <= 32'd0;
            end
            if (write_valid && write_start) begin
                hash_reg       <= 32'd0;
                hash_valid_reg <= 1'b0;
                key_index_reg  <= 4'd0;
            end
        end

        assign hash      = hash_reg;
        assign hash_type = hash_type_reg;
    end else begin : g_no_hash
        wire unused_hash = &{1'b0, rss_key, ports_reg, ports_wanted, types_reg};

        assign hash      = 32'd0;
        assign hash_type = 2'd0;
    end endgenerate

    integer f;

    always @(posedge clk) begin
        if (state_reg == STATE_TYPE)
            for (f = 0; f < FUNCTIONS; f = f + 1)
                if (f[META_FUNCTION_W-1:0] == user_reg[META_FUNCTION +: META_FUNCTION_W])
                    types_reg <= rss_types[6*f +: 6];
    end

    // --- result ----------------------------------------------------------------------------------------

    reg [USER_W-1:0] user;

    always @* begin
        user = {USER_W{1'b0}};
        user[63:0] = user_reg;
        user[META_L3_TYPE +: META_L3_TYPE_W]               = l3_type_reg;
        user[META_L4_TYPE +: META_L4_TYPE_W]               = l4_type_reg;
        user[META_VLAN_TAGS +: META_VLAN_TAGS_W]           = tags_reg;
        user[META_VLAN_TCI +: META_VLAN_TCI_W]             = tci_reg;
        user[META_L3_OFFSET +: META_L3_OFFSET_W]           = l3_offset_reg;
        user[META_L4_OFFSET +: META_L4_OFFSET_W]           = l4_offset_reg;
        user[META_PAYLOAD_OFFSET +: META_PAYLOAD_OFFSET_W] = payload_reg;
        user[META_SUM_START +: META_SUM_START_W]           = sum_start_reg;
        user[META_SUM_END +: META_SUM_END_W]               = sum_end_reg;
        user[META_PSEUDO_SUM +: META_PSEUDO_SUM_W]         = pseudo_sum_reg[15:0];
        user[META_IP_HEADER_SUM +: META_IP_HEADER_SUM_W]   = header_sum_reg[15:0];
        user[META_IP_VERDICT +: META_IP_VERDICT_W]         = ip_verdict_reg;
        user[META_L4_CHECKED +: META_L4_CHECKED_W]         = reason_reg == CHECKSUM_REASON_CHECKED;
        user[META_REASON +: META_REASON_W]                 = reason_reg;
        user[META_RSS_HASH +: META_RSS_HASH_W]             = hash;
        user[META_HASH_TYPE +: META_HASH_TYPE_W]           = hash_type;
    end

    wire unused = &{1'b0, write_user[USER_W-1:64], high_row, low_row, ext_next, ext_words};

    assign result = user;
    assign done   = done_reg;

endmodule

`resetall
