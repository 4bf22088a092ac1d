// SPDX-License-Identifier: BSD-3-Clause
//
// Walks through the headers of frame after frame, one 32-bit word a clock.
//
// Frames wait in a ring of 16 beats, which is read behind the writer: the walk of a long chain of
// headers stalls the writer, and what follows a frame's headers is not stored. Behind the Ethernet
// addresses all headers start 2 bytes past a multiple of 4, and so do the words read here: the
// halves of the ring lie in two memories with an address each. Every word is read once, in order,
// and nothing is looked up twice, so the time is bounded: at most 78 words. A frame occupies the
// walker for 3 clocks more than its headers have words from the EtherType on (UDP over IPv4: 11
// clocks, TCP over IPv6: 18), and the next one is read while its result waits for `take`. Options of TCP are
// walked for the flow rules only, with two words more.
// A header is looked into only when it lies within the frame and the datagram; `parse` tells
// what is said of each kind of packet, `header_result` makes it of the record that stands in
// `walk` from `done` to `take`.
//
// Reading, decoding and walking are three stages that move together (`step_reg`), so what a stage knows
// of the words in front of it and behind it holds however late the beats come.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module header_walker #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the record, WALK_W of walk.vh.
    parameter integer RECORD_W = 161,
    // Network functions, 1 to 16.
    parameter integer FUNCTIONS = 2,
    // 1: compute the RSS hash.
    parameter integer HASH_EN = 1,
    // Width of a function's number, at least 1.
    parameter integer FUNCTION_W = 1,
    // 1: give flow_match its words. 0: none.
    parameter integer FLOW_EN = 1
) (
    input  wire                    clk,
    input  wire                    rst,

    // A frame may begin three clocks later, if none has begun in this one; a beat may come then.
    output wire                    start_room,
    output wire                    room,

    // The frame's beats; write_start goes with the first one, write_end with the last one.
    // write_left, the frame's bytes less 10, and write_function are read with write_start.
    input  wire                    write_valid,
    input  wire                    write_start,
    input  wire                    write_end,
    input  wire [DATA_W-1:0]       write_data,
    input  wire signed [14:0]      write_left,
    input  wire [3:0]              write_function,

    // Keys as in toeplitz_hash, types as in parse
    input  wire                    key_write_valid,
    input  wire [7:0]              key_write_address,
    input  wire [31:0]             key_write_data,
    input  wire [FUNCTIONS*6-1:0]  rss_types,

    // What flow_match compares. The last word is there a clock after done, and the next frame's five
    // clocks after take or later.
    output wire                    flow_valid,
    output wire                    flow_start,
    output wire                    flow_last,
    output wire [3:0]              flow_number,
    output wire [31:0]             flow_word,
    output wire [FUNCTION_W-1:0]   flow_function,

    output wire                    done,
    output wire [RECORD_W-1:0]       walk,
    input  wire                    take
);

    `include "sekisho.vh"
    `include "walk.vh"

    localparam integer WORDS   = DATA_W / 32;
    localparam integer WORD_W  = $clog2(WORDS);
    localparam integer INDEX_W = 5 + WORD_W;    // row of the ring with a bit to spare, word of the row
    // Rows of a frame that the walk may read: it ends at byte 256, in a header at the most. Where
    // they fit into the ring, the rest of a long frame takes no room in it.
    localparam [31:0] ROWS = 320 * 8 / DATA_W;
    // Words 2 and 3 of the frame in their row
    localparam [31:0]       TWO     = 2;
    localparam [31:0]       THREE   = 3;
    localparam [WORD_W-1:0] WORD_2  = TWO[WORD_W-1:0];
    localparam [WORD_W-1:0] WORD_3  = THREE[WORD_W-1:0];

    // --- the ring ------------------------------------------------------------------------------------

    // Bytes 0 and 1 of every four, and bytes 2 and 3. Distributed: block RAM answers too late for
    // the choice of a half behind it.
    (* ram_style = "distributed" *) reg [DATA_W/2-1:0] low_memory [0:15];
    (* ram_style = "distributed" *) reg [DATA_W/2-1:0] high_memory [0:15];
    reg [DATA_W/2-1:0] write_low;
    reg [DATA_W/2-1:0] write_high;
    integer            w;

    reg [4:0]          write_reg;           // next row to write
    reg                skip_reg;            // nothing more is wanted of the frame that comes
    reg [3:0]          rows_reg;            // rows of it that are stored
    reg                room_reg;

    // The frame behind the one that is walked
    reg                next_valid_reg;
    reg                next_loaded_reg;     // all of it is here
    reg [4:0]          next_row_reg;        // row of bytes 8 to 15
    reg signed [14:0]  next_left_reg;
    reg [3:0]          next_function_reg;

    reg                walking_reg;         // a frame is read
    reg                loaded_reg;          // all of it is here
    reg [INDEX_W-1:0]  high_index_reg;      // word n: bytes 4n+2 to 4n+5, in network order
    reg [INDEX_W-1:0]  low_index_reg;       // n + 1

    reg                finish_reg;          // the walk has ended a clock ago
    wire               begin_frame = (finish_reg || !walking_reg) && next_valid_reg;
    wire               all_rows = ROWS < 32'd12 && rows_reg == ROWS[3:0];
    wire               store = write_valid && (write_start || (!skip_reg && !all_rows));
    wire [4:0]         used = write_reg - high_index_reg[INDEX_W-1 -: 5];
    reg                advance_reg;         // a step whose word is in the ring: the next one is read then
    // A row is read to its end, and the reader does not jump to the next frame
    wire               leave = advance_reg && high_index_reg[WORD_W] != low_index_reg[WORD_W] &&
        !(finish_reg && next_valid_reg);
    // At most so many, bit by bit: a comparison would be a carry chain
    wire               used_10 = !used[4] && !(used[3] && (used[2] || (used[1] && used[0])));
    wire               used_11 = !used[4] && !(used[3] && used[2]);
    wire               used_12 = !used[4] && !(used[3] && used[2] && (used[1] || used[0]));

    always @* begin
        for (w = 0; w < WORDS; w = w + 1) begin
            write_low[16*w +: 16]  = write_data[32*w +: 16];
            write_high[16*w +: 16] = write_data[32*w+16 +: 16];
        end
    end

    always @(posedge clk) begin
        if (store) begin
            low_memory[write_reg[3:0]]  <= write_low;
            high_memory[write_reg[3:0]] <= write_high;
            write_reg                   <= write_reg + 5'd1;
        end
        // For the beat that is stored three clocks later: two more are on their way, and the reader may
        // be two rows past the frame's end.
        room_reg <= store == leave ? used_11 : store ? used_10 : used_12;

        if (begin_frame)
            next_valid_reg <= 1'b0;
        if (write_valid && write_end)
            next_loaded_reg <= 1'b1;
        if (write_valid && write_start) begin
            next_valid_reg    <= 1'b1;
            next_loaded_reg   <= write_end;
            next_row_reg      <= WORDS == 2 ? write_reg + 5'd1 : write_reg;
            next_left_reg     <= write_left;
            next_function_reg <= write_function;
        end
        if (store)
            rows_reg <= write_start ? 4'd1 : rows_reg + 4'd1;
        if (write_valid && write_start)
            skip_reg <= 1'b0;
        else if (finish_reg && !next_valid_reg)
            skip_reg <= 1'b1;

        if (rst) begin
            write_reg      <= 5'd0;
            room_reg       <= 1'b0;
            next_valid_reg <= 1'b0;
            skip_reg       <= 1'b1;
        end
    end

    assign start_room = !next_valid_reg;
    assign room       = room_reg;

    // --- stage 1: read a word ------------------------------------------------------------------------

    reg                 raw_valid_reg;
    reg [31:0]          raw_reg;
    reg                 pending_reg;        // the frame before this one has not been taken
    reg                 done_reg;

    wire [DATA_W/2-1:0] low_beat  = low_memory[low_index_reg[WORD_W +: 4]];
    wire [DATA_W/2-1:0] high_beat = high_memory[high_index_reg[WORD_W +: 4]];
    wire [15:0]         low_half  = low_beat[16*low_index_reg[WORD_W-1:0] +: 16];
    wire [15:0]         high_half = high_beat[16*high_index_reg[WORD_W-1:0] +: 16];
    reg                 word_valid_reg;

    // Known a clock ahead, as far as the rows in the ring and the frame before this one tell
    reg                 step_reg;
    reg                 move_reg;           // ... and there is a word to walk
    reg  [INDEX_W-1:0]  low_index_next_reg; // low_index_reg + 1
    wire                there_next = advance_reg ? low_index_next_reg[INDEX_W-1 -: 5] != write_reg :
        low_index_reg[INDEX_W-1 -: 5] != write_reg;
    wire                word_next = step_reg ? raw_valid_reg : word_valid_reg;
    // Behind the frame's end the last word is read again and again.
    wire                step_next = walking_reg && !finish_reg && (there_next || loaded_reg) &&
        !(word_next && pending_reg);
    wire                first_there = next_row_reg != write_reg;

    always @(posedge clk) begin
        step_reg  <= begin_frame ? first_there || next_loaded_reg : step_next;
        move_reg  <= !begin_frame && step_next && word_next;
        advance_reg <= begin_frame ? first_there : step_next && there_next;
        if (step_reg) begin
            raw_reg <= {high_half[7:0], high_half[15:8], low_half[7:0], low_half[15:8]};
            raw_valid_reg  <= 1'b1;
            word_valid_reg <= raw_valid_reg;
        end
        if (advance_reg) begin
            high_index_reg     <= low_index_reg;
            low_index_reg      <= low_index_next_reg;
            low_index_next_reg <= low_index_next_reg + 1'b1;
        end
        if (begin_frame) begin
            high_index_reg <= {next_row_reg, WORD_2};
            low_index_reg  <= {next_row_reg, WORD_3};
            low_index_next_reg <= {next_row_reg, WORD_3} + 1'b1;
            raw_valid_reg  <= 1'b0;
            word_valid_reg <= 1'b0;
        end else if (skip_reg) begin
            high_index_reg <= {write_reg, {WORD_W{1'b0}}};
        end
        if (write_valid && write_end && !next_valid_reg)
            loaded_reg <= 1'b1;
        if (begin_frame)
            loaded_reg <= next_loaded_reg || (write_valid && write_end);

        if (begin_frame)
            walking_reg <= 1'b1;
        else if (finish_reg)
            walking_reg <= 1'b0;
        done_reg <= finish_reg || (pending_reg && !take);
        if (take)
            pending_reg <= 1'b0;
        else if (finish_reg)
            pending_reg <= 1'b1;

        if (rst) begin
            walking_reg <= 1'b0;
            pending_reg <= 1'b0;
            done_reg    <= 1'b0;
            step_reg    <= 1'b0;
            advance_reg <= 1'b0;
            move_reg    <= 1'b0;
        end
    end

    assign done = done_reg;

    // --- what has been found -------------------------------------------------------------------------

    // While a frame is walked one of these is 1
    reg         type_reg;               // a word that ends in an EtherType
    reg         ipv4_reg;
    reg         ipv6_reg;
    reg         follow_reg;             // first word of what follows an IP or extension header
    reg         ext_reg;                // the other words of an extension header
    reg         jump_reg;               // from an extension header to one that lies too deep to be read
    reg         land_reg;
    reg         l4_reg;                 // the other words of a TCP or UDP header
    reg         option_reg;             // ... that are options of TCP
    reg         behind_reg;             // the word behind them

    reg [3:0]   count_reg;              // words of the header before this one
    reg         first_reg;              // ... and as one bit, where the walk looks at it
    reg         second_reg;
    reg         third_reg;
    reg         fourth_reg;
    reg         fifth_reg;
    reg         tenth_reg;              // of IPv6
    reg         address_reg;            // a word of the addresses
    reg [6:0]   at_reg;                 // this is word n
    reg signed [12:0] left_reg;         // words from two words on to the limit, which is the frame's end,
    reg [1:0]   left_low_reg;           // from the IP length on the datagram's; and bytes
    reg         tag_reg;                // the word begins with a tag's control information
    reg [3:0]   ihl_reg;
    reg         last_4_reg;             // the last word of an IPv4 header
    reg         v6_reg;
    reg         stop_reg;               // end behind this IP header, for the reason in reason_reg
    reg [3:0]   extensions_reg;
    reg [8:0]   ext_rest_reg;           // words of the extension header behind this one
    reg signed [12:0] left_behind_reg;  // left_reg behind it
    reg         ext_last_reg;           // this is its last word
    reg         ext_bad_reg;            // it runs past the limit
    reg         ext_route_reg;
    reg         ext_fragment_reg;
    reg         short_reg;              // IPv4 total length below the header's
    reg         fragment_reg;
    reg [15:0]  length_reg;             // of IPv4, IPv6 or UDP, as the header tells it
    reg [14:0]  header_left_reg;        // bytes from the header's first one (IPv6: the payload's) to the limit
    reg         over_reg;               // the length lies beyond
    reg [7:0]   protocol_reg;
    reg [15:0]  checksum_reg;
    reg [2:0]   l3_type_reg;
    reg [2:0]   l4_type_reg;
    reg [1:0]   tags_reg;
    reg [15:0]  tci_reg;
    reg [5:0]   l4_word_reg;
    reg [3:0]   reason_reg;
    reg [3:0]   end_reason_reg;         // why the walk ends, should it have ended with the word before
    reg         bad_reg;
    reg         zero_reg;
    reg [3:0]   data_offset_reg;
    reg         addresses_reg;          // their hash is wanted
    reg         ports_reg;              // the hash has taken the ports

    // --- stage 2: compare every field that the word may hold, so that the walk decides on single bits ---

    reg [31:0]  word_reg;
    reg [16:0]  pair_reg;               // both halves added, without the IPv4 header's checksum
    reg         left_4_reg;             // at least 4 bytes to the limit, and so on
    reg         left_8_reg;
    reg         left_20_reg;
    reg         left_40_reg;
    reg         ipv4_bad_reg;           // not the first word of an IPv4 header,
    reg         ihl_over_reg;           // or it runs past the limit
    reg         ipv6_bad_reg;
    reg         type_known_reg;         // a tag or IP
    reg         is_tag_reg;             // EtherTypes, in the lower half
    reg         is_v4_reg;
    reg         is_v6_reg;
    reg         is_arp_reg;
    reg         version_4_reg;
    reg         ihl_short_reg;
    reg         total_short_reg;
    reg         fragment_4_reg;
    reg         fragment_6_reg;
    reg         low_zero_reg;
    reg         udp_short_reg;          // UDP length below 8
    reg         offset_bad_reg;         // TCP data offset
    reg         offset_5_reg;
    reg         ext_none_reg;           // an extension header has no more than two words,
    reg         ext_over_reg;           // runs past the limit,
    reg         ah_over_reg;            // as an authentication header does

    wire [15:0] upper = word_reg[31:16];
    wire [15:0] lower = word_reg[15:0];
    wire        raw_checksum = ipv4_reg && second_reg;
    // left_reg is this word's, less 1. Comparisons are written out where a carry chain would take longer.
    wire        left_4   = !left_reg[12];
    wire        left_8   = left_4 && left_reg[11:0] != 12'd0;
    wire        left_20  = left_4 && left_reg[11:2] != 10'd0;
    wire        left_40  = left_4 && (left_reg[11:4] != 8'd0 || (left_reg[3] && left_reg[2:0] != 3'd0));
    wire        ihl_short = below(raw_reg[27:24], 4'd5);
    // IHL less 1 above left_reg; of an IHL of 0 another flag tells.
    wire        ihl_over = !left_4 || (left_reg[11:4] == 8'd0 && below_less_1(left_reg[3:0], raw_reg[27:24]));

    function below(input [3:0] a, input [3:0] b);
        below = (!a[3] && b[3]) || (a[3] == b[3] && ((!a[2] && b[2]) || (a[2] == b[2] &&
            ((!a[1] && b[1]) || (a[1] == b[1] && !a[0] && b[0])))));
    endfunction

    // a < b - 1, of b above 0
    function below_less_1(input [3:0] a, input [3:0] b);
        integer k;
        begin
            below_less_1 = 1'b0;
            for (k = 2; k < 16; k = k + 1)
                if (b == k[3:0])
                    below_less_1 = below(a, k[3:0] - 4'd1);
        end
    endfunction

    always @(posedge clk) begin
        if (step_reg) begin
            word_reg        <= raw_reg;
            pair_reg        <= {1'b0, raw_reg[31:16]} + {1'b0, raw_checksum ? 16'd0 : raw_reg[15:0]};
            left_4_reg      <= left_4;
            left_8_reg      <= left_8;
            left_20_reg     <= left_20;
            left_40_reg     <= left_40;
            ipv4_bad_reg    <= !left_20 || raw_reg[31:28] != 4'd4 || ihl_short;
            ihl_over_reg    <= ihl_over;
            ipv6_bad_reg    <= !left_40 || raw_reg[31:28] != 4'd6;
            type_known_reg  <= raw_reg[15:0] == 16'h8100 || raw_reg[15:0] == 16'h88a8 || raw_reg[15:0] == 16'h9100 ||
                raw_reg[15:0] == 16'h0800 || raw_reg[15:0] == 16'h86dd;
            is_tag_reg      <= raw_reg[15:0] == 16'h8100 || raw_reg[15:0] == 16'h88a8 || raw_reg[15:0] == 16'h9100;
            is_v4_reg       <= raw_reg[15:0] == 16'h0800;
            is_v6_reg       <= raw_reg[15:0] == 16'h86dd;
            is_arp_reg      <= raw_reg[15:0] == 16'h0806;
            version_4_reg   <= raw_reg[31:28] == 4'd4;
            ihl_short_reg   <= ihl_short;
            total_short_reg <= raw_reg[15:6] == 10'd0 && below(raw_reg[5:2], raw_reg[27:24]);
            fragment_4_reg  <= raw_reg[13:0] != 14'd0;
            fragment_6_reg  <= {raw_reg[15:3], raw_reg[0]} != 14'd0;
            low_zero_reg    <= raw_reg[15:0] == 16'd0;
            udp_short_reg   <= raw_reg[31:19] == 13'd0;
            offset_bad_reg  <= below(raw_reg[31:28], 4'd5) ||
                (header_left_reg[14:6] == 9'd0 && below(header_left_reg[5:2], raw_reg[31:28]));
            offset_5_reg    <= raw_reg[31:28] == 4'd5;
            ext_none_reg    <= raw_reg[23:16] == 8'd0;
            ext_over_reg    <= $signed({4'd0, raw_reg[23:16], 1'b0}) >= left_reg;
            ah_over_reg     <= $signed({5'd0, raw_reg[23:16]}) >= left_reg;
        end
    end

    // Kind of the protocol number, a word later than it
    reg kind_tcp_reg;
    reg kind_udp_reg;
    reg kind_icmp_reg;
    reg kind_ports_reg;                 // TCP or UDP
    reg kind_more_reg;                  // one whose header is walked: TCP, UDP, an understood extension
    reg kind_ext_reg;                   // IPv6 extension header that is understood
    reg kind_unknown_reg;               // IPv6 extension header that is not
    reg kind_nothing_reg;               // IPv6 no next header
    reg kind_route_reg;
    reg kind_fragment_reg;
    reg kind_ah_reg;

    wire is_ext = v6_reg && (protocol_reg == 8'd0 || protocol_reg == 8'd43 || protocol_reg == 8'd44 ||
        protocol_reg == 8'd51 || protocol_reg == 8'd60);

    always @(posedge clk) begin
        if (step_reg) begin
            kind_tcp_reg      <= protocol_reg == 8'd6;
            kind_udp_reg      <= protocol_reg == 8'd17;
            kind_icmp_reg     <= protocol_reg == (v6_reg ? 8'd58 : 8'd1);
            kind_route_reg    <= protocol_reg == 8'd43;
            kind_fragment_reg <= protocol_reg == 8'd44;
            kind_ah_reg       <= protocol_reg == 8'd51;
            kind_ports_reg    <= protocol_reg == 8'd6 || protocol_reg == 8'd17;
            kind_more_reg     <= protocol_reg == 8'd6 || protocol_reg == 8'd17 || is_ext;
            kind_ext_reg      <= is_ext;
            kind_unknown_reg  <= v6_reg && (protocol_reg == 8'd50 || protocol_reg == 8'd135 || protocol_reg == 8'd139 ||
                protocol_reg == 8'd140 || protocol_reg == 8'd253 || protocol_reg == 8'd254);
            kind_nothing_reg  <= v6_reg && protocol_reg == 8'd59;
        end
    end

    // --- stage 3: walk -------------------------------------------------------------------------------

    wire        kind_l4  = kind_tcp_reg || kind_udp_reg || kind_icmp_reg;
    wire        enough   = kind_tcp_reg ? left_20_reg : left_8_reg;
    wire        deep     = at_reg[6];           // byte 256 or later
    wire        ends_ext = ext_reg && ext_last_reg;
    wire        far      = ext_reg && !second_reg && deep && !ends_ext;

    // The next word is the first one of a header
    wire        next_first = type_reg || (ipv4_reg && last_4_reg) || (ipv6_reg && tenth_reg) || ends_ext || land_reg;

    // The walk ends with this word
    wire        ends_type   = !left_4_reg || !type_known_reg || (is_tag_reg && tag_reg && tags_reg[0]);
    wire        ipv4_bad    = ipv4_bad_reg || ihl_over_reg;
    wire        ends_ipv4   = (first_reg && ipv4_bad) || (stop_reg && last_4_reg);
    wire        ends_ipv6   = (first_reg && ipv6_bad_reg) || (stop_reg && tenth_reg);
    wire        ends_follow = !kind_more_reg || !enough || deep || (kind_ext_reg && extensions_reg[3]);
    wire        ends = (type_reg && ends_type) || (ipv4_reg && ends_ipv4) || (ipv6_reg && ends_ipv6) ||
        (follow_reg && ends_follow) ||
        (ext_reg && second_reg && (ext_bad_reg || ext_route_reg || ext_fragment_reg)) ||
        (l4_reg && (kind_udp_reg || behind_reg || (fourth_reg && (FLOW_EN == 0 || offset_bad_reg || offset_5_reg))));

    // ... for this reason.
    reg [3:0]   reason;

    always @* begin
        reason = reason_reg;
        if (type_reg)
            reason = !left_4_reg ? CHECKSUM_REASON_TRUNCATED :
                is_tag_reg ? CHECKSUM_REASON_TOO_MANY_TAGS : CHECKSUM_REASON_NOT_IP;
        if (ipv4_reg && first_reg)
            reason = !left_20_reg ? CHECKSUM_REASON_TRUNCATED : !version_4_reg ? CHECKSUM_REASON_NOT_IP :
                ihl_short_reg ? CHECKSUM_REASON_IP_LENGTH : CHECKSUM_REASON_TRUNCATED;
        if (ipv6_reg && first_reg)
            reason = !left_40_reg ? CHECKSUM_REASON_TRUNCATED : CHECKSUM_REASON_NOT_IP;
        if (follow_reg) begin
            if (kind_unknown_reg || (kind_ext_reg && extensions_reg[3]))
                reason = CHECKSUM_REASON_EXTENSION;
            else if (!kind_l4 && !kind_ext_reg)
                reason = CHECKSUM_REASON_NOT_TCP_UDP;
            else if (!enough)
                reason = CHECKSUM_REASON_TRUNCATED;
            else
                reason = deep ? CHECKSUM_REASON_TOO_DEEP : CHECKSUM_REASON_NOT_TCP_UDP;
        end
        if (ext_reg)
            reason = ext_bad_reg ? CHECKSUM_REASON_TRUNCATED :
                ext_route_reg ? CHECKSUM_REASON_EXTENSION : CHECKSUM_REASON_FRAGMENT;
        if (l4_reg)
            reason = CHECKSUM_REASON_CHECKED;
    end

    always @(posedge clk) begin
        finish_reg <= move_reg && ends;
        if (move_reg) begin
            type_reg   <= !ends && type_reg && is_tag_reg;
            ipv4_reg   <= !ends && ((type_reg && is_v4_reg) || (ipv4_reg && !last_4_reg));
            ipv6_reg   <= !ends && ((type_reg && is_v6_reg) || (ipv6_reg && !tenth_reg));
            follow_reg <= !ends && ((ipv4_reg && last_4_reg) || (ipv6_reg && tenth_reg) || ends_ext || land_reg);
            ext_reg    <= !ends && ((follow_reg && kind_ext_reg) || (ext_reg && !ends_ext && !far));
            jump_reg   <= far;
            land_reg   <= jump_reg;
            l4_reg     <= !ends && ((follow_reg && !kind_ext_reg) || l4_reg);
            behind_reg <= (fifth_reg || option_reg) && count_reg + 4'd1 == data_offset_reg;
            option_reg <= l4_reg && (fifth_reg || option_reg) && count_reg + 4'd1 != data_offset_reg;
            // The second word of an extension header is the last one that is told apart.
            count_reg  <= next_first ? 4'd0 : ext_reg ? 4'd2 : count_reg + 4'd1;
            first_reg  <= next_first;
            second_reg <= !next_first && !ext_reg && first_reg;
            third_reg  <= !next_first && (ext_reg || second_reg);
            fourth_reg <= !next_first && !ext_reg && third_reg;
            fifth_reg  <= l4_reg && fourth_reg;
            tenth_reg  <= ipv6_reg && count_reg == 4'd8;
            address_reg <= (ipv4_reg && (third_reg || fourth_reg)) || (ipv6_reg && !first_reg && !tenth_reg);
        end
        if (begin_frame) begin
            type_reg   <= 1'b1;
            ipv4_reg   <= 1'b0;
            ipv6_reg   <= 1'b0;
            follow_reg <= 1'b0;
            ext_reg    <= 1'b0;
            jump_reg   <= 1'b0;
            land_reg   <= 1'b0;
            l4_reg     <= 1'b0;
            behind_reg <= 1'b0;
            option_reg <= 1'b0;
            count_reg  <= 4'd0;
            first_reg  <= 1'b1;
            second_reg <= 1'b0;
            third_reg  <= 1'b0;
            fourth_reg <= 1'b0;
            fifth_reg  <= 1'b0;
            tenth_reg  <= 1'b0;
            address_reg <= 1'b0;
        end

        if (rst)
            finish_reg <= 1'b0;
    end

    // A new limit counts from the fifth word of the header that holds it.
    wire        new_limit = fourth_reg && (ipv4_reg || ipv6_reg);
    reg  signed [12:0] limit_reg;
    wire signed [12:0] header_left = left_reg + (ipv6_reg ? -13'sd8 : 13'sd2);
    wire [15:0] told = ipv4_reg ? length_reg : upper;
    wire [8:0]  ext_rest = kind_fragment_reg ? 9'd0 :
        kind_ah_reg ? {1'b0, word_reg[23:16]} : {word_reg[23:16], 1'b0};
    wire        ports_wanted;
    wire        types_ip;

    always @(posedge clk) begin
        // The length is here a word before the limit is wanted, at least.
        limit_reg <= $signed({1'b0, length_reg[13:2]}) + (v6_reg ? 13'sd4 : -13'sd6);
        if (step_reg) begin
            at_reg <= at_reg + 7'd1;
            left_behind_reg <= left_reg - $signed({4'd0, ext_rest_reg});
            left_reg <= jump_reg ? left_behind_reg : new_limit ? limit_reg : left_reg - 13'sd1;
            if (move_reg && new_limit)
                left_low_reg <= length_reg[1:0];
        end
        if (begin_frame) begin
            at_reg         <= 7'd0;
            {left_reg, left_low_reg} <= next_left_reg;
            tag_reg        <= 1'b0;
            stop_reg       <= 1'b0;
            last_4_reg     <= 1'b0;
            extensions_reg <= 4'd0;
        end

        if (finish_reg)
            reason_reg <= end_reason_reg;
        if (move_reg) begin
            if (follow_reg || (first_reg && (ipv4_reg || ipv6_reg)))
                header_left_reg <= {header_left, left_low_reg};
            if (second_reg && (ipv4_reg || ipv6_reg || l4_reg))
                over_reg <= told > {1'b0, header_left_reg};

            if (type_reg) begin
                v6_reg  <= is_v6_reg;
                tag_reg <= is_tag_reg;
                if (!tag_reg) begin
                    tags_reg    <= 2'd0;
                    tci_reg     <= 16'd0;
                    l3_type_reg <= L3_TYPE_NONE;
                    l4_type_reg <= L4_TYPE_NONE;
                    ports_reg   <= 1'b0;
                end else if (left_4_reg) begin
                    tags_reg <= tags_reg + 2'd1;
                    if (tags_reg == 2'd0)
                        tci_reg <= upper;
                end
                if (left_4_reg && is_arp_reg)
                    l3_type_reg <= L3_TYPE_ARP;
            end

            if (ipv4_reg) begin
                if (first_reg) begin
                    ihl_reg    <= word_reg[27:24];
                    length_reg <= lower;
                    short_reg  <= total_short_reg;
                    if (!ipv4_bad)
                        l3_type_reg <= word_reg[27:24] == 4'd5 ? L3_TYPE_IPV4 : L3_TYPE_IPV4_OPT;
                end
                if (second_reg)
                    fragment_reg <= fragment_4_reg;
                if (third_reg) begin
                    protocol_reg <= word_reg[23:16];
                    checksum_reg <= lower;
                end
                if (fourth_reg) begin
                    stop_reg <= short_reg || over_reg || fragment_reg;
                    if (short_reg)
                        reason_reg <= CHECKSUM_REASON_IP_LENGTH;
                    else if (over_reg)
                        reason_reg <= CHECKSUM_REASON_TRUNCATED;
                    else
                        reason_reg <= CHECKSUM_REASON_FRAGMENT;
                    if (!short_reg && !over_reg && fragment_reg)
                        l4_type_reg <= L4_TYPE_FRAGMENT;
                end
                last_4_reg <= !first_reg && count_reg + 4'd2 == ihl_reg;
            end

            if (ipv6_reg) begin
                if (first_reg && !ipv6_bad_reg)
                    l3_type_reg <= L3_TYPE_IPV6;
                if (second_reg) begin
                    length_reg   <= upper;
                    protocol_reg <= word_reg[15:8];
                end
                if (fourth_reg) begin
                    if (kind_ext_reg || kind_unknown_reg)
                        l3_type_reg <= L3_TYPE_IPV6_EXT;
                    stop_reg   <= over_reg;
                    reason_reg <= CHECKSUM_REASON_TRUNCATED;
                end
            end

            if (follow_reg) begin
                if (kind_ext_reg) begin
                    extensions_reg <= extensions_reg + 4'd1;
                    protocol_reg   <= word_reg[31:24];
                end
                ext_rest_reg     <= ext_rest;
                ext_last_reg     <= kind_fragment_reg || ext_none_reg;
                ext_bad_reg      <= kind_fragment_reg ? !left_8_reg : kind_ah_reg ? ah_over_reg : ext_over_reg;
                ext_route_reg    <= kind_route_reg && lower[7:0] != 8'd0;
                ext_fragment_reg <= kind_fragment_reg && fragment_6_reg;
                if (kind_l4 && enough && !deep)
                    l4_type_reg <= kind_tcp_reg ? L4_TYPE_TCP : kind_udp_reg ? L4_TYPE_UDP : L4_TYPE_ICMP;
                if (!kind_l4 && !kind_ext_reg && !kind_unknown_reg && !kind_nothing_reg)
                    l4_type_reg <= L4_TYPE_OTHER;
                l4_word_reg <= at_reg[5:0];
                ports_reg   <= ports_wanted;
            end

            if (ext_reg) begin
                if (second_reg && ext_fragment_reg && !ext_bad_reg && !ext_route_reg)
                    l4_type_reg <= L4_TYPE_FRAGMENT;
                ext_rest_reg <= ext_rest_reg - 9'd1;
                ext_last_reg <= ext_rest_reg == 9'd1;
            end

            if (l4_reg) begin
                if (second_reg)
                    length_reg <= upper;
                if (second_reg || fourth_reg) begin
                    bad_reg         <= kind_udp_reg ? udp_short_reg : offset_bad_reg;
                    zero_reg        <= low_zero_reg;
                    data_offset_reg <= word_reg[31:28];
                end
            end

            if (ipv4_reg || ipv6_reg)
                addresses_reg <= types_ip;
            end_reason_reg <= reason;
        end
    end

    // --- sums ------------------------------------------------------------------------------------------

    reg [20:0] header_sum_reg;
    reg [20:0] address_sum_reg;

    always @(posedge clk) begin
        if (move_reg) begin
            if (ipv4_reg && !address_reg)
                header_sum_reg <= header_sum_reg + {4'd0, pair_reg};
            if (address_reg)
                address_sum_reg <= address_sum_reg + {4'd0, pair_reg};
            if (type_reg) begin
                header_sum_reg  <= 21'd0;
                address_sum_reg <= 21'd0;
            end
        end
    end

    // --- hash ------------------------------------------------------------------------------------------

    wire [31:0] hash;

    reg  [3:0]  function_reg;

    always @(posedge clk) begin
        if (begin_frame)
            function_reg <= next_function_reg;
    end

    generate if (HASH_EN != 0) begin : g_hash
        reg [5:0] types_reg;
        integer   f;

        always @(posedge clk) begin
            for (f = 0; f < FUNCTIONS; f = f + 1)
                if (function_reg == f[3:0])
                    types_reg <= rss_types[6*f +: 6];
        end

        assign types_ip     = v6_reg ? types_reg[3] : types_reg[0];
        assign ports_wanted = enough && !deep &&
            ((kind_tcp_reg && (v6_reg ? types_reg[4] : types_reg[1])) ||
             (kind_udp_reg && (v6_reg ? types_reg[5] : types_reg[2])));

        toeplitz_hash hash_inst (
            .clk(clk),
            .rst(rst),
            .key_write_valid(key_write_valid),
            .key_write_address(key_write_address),
            .key_write_data(key_write_data),
            .rewind(begin_frame),
            .rewind_function(next_function_reg),
            .start(move_reg && type_reg),
            // Behind a TCP or UDP header's first word no other is hashed
            .word_step(move_reg && (address_reg || (follow_reg && kind_ports_reg))),
            .word_valid(move_reg && (address_reg || (follow_reg && ports_wanted))),
            .word(word_reg),
            .hash(hash)
        );
    end else begin : g_no_hash
        wire unused_hash = &{1'b0, key_write_valid, key_write_address, key_write_data, rss_types, kind_ports_reg};

        assign types_ip     = 1'b0;
        assign ports_wanted = 1'b0;
        assign hash         = 32'd0;
    end endgenerate

    // --- words for flow rules ----------------------------------------------------------------------------

    // One and two clocks behind finish_reg; the next frame's first word is walked a clock later, at least
    reg         finish_2_reg;
    reg         finish_3_reg;
    wire        option_found;
    wire [31:0] owner_id;
    wire [31:0] owner;

    always @(posedge clk) begin
        finish_2_reg <= finish_reg && !rst;
        finish_3_reg <= finish_2_reg && !rst;
    end

    generate if (FLOW_EN != 0) begin : g_flow
        localparam [31:0] SOURCE      = FLOW_RULE_VALUE_SOURCE_VALUE / 32;
        localparam [31:0] DESTINATION = FLOW_RULE_VALUE_DESTINATION_VALUE / 32;
        localparam [31:0] LAYER4      = FLOW_RULE_VALUE_LAYER4_DESTINATION_PORT / 32;
        localparam [31:0] PACKET      = FLOW_RULE_VALUE_PACKET_PROTOCOL / 32;
        localparam [31:0] ETHERNET    = FLOW_RULE_VALUE_ETHERNET_ETHERTYPE / 32;
        localparam [31:0] OWNER_ID    = FLOW_RULE_VALUE_OWNER_ID_VALUE / 32;
        localparam [31:0] OWNER       = FLOW_RULE_VALUE_OWNER_TENANT / 32;

        reg [FUNCTION_W-1:0] function_2_reg;
        reg [3:0]            number;
        reg [31:0]           word;

        wire        is_ipv4 = l3_type_reg == L3_TYPE_IPV4 || l3_type_reg == L3_TYPE_IPV4_OPT;
        wire        is_ipv6 = l3_type_reg == L3_TYPE_IPV6 || l3_type_reg == L3_TYPE_IPV6_EXT;
        wire        address = (ipv4_reg || ipv6_reg) && address_reg;
        wire        l4_there = follow_reg && kind_l4 && enough && !deep;
        wire        owner_found = option_found && l4_type_reg == L4_TYPE_TCP;
        reg  [31:0] packet;

        owner_option option_inst (
            .clk(clk),
            .step(step_reg),
            .word(raw_reg),
            .valid(move_reg && option_reg),
            .clear(move_reg && follow_reg),
            .found(option_found),
            .length(owner[FLOW_RULE_VALUE_OWNER_LENGTH % 32 +: FLOW_RULE_VALUE_OWNER_LENGTH_W]),
            .control(owner[FLOW_RULE_VALUE_OWNER_CONTROL % 32 +: FLOW_RULE_VALUE_OWNER_CONTROL_W]),
            .tenant(owner[FLOW_RULE_VALUE_OWNER_TENANT % 32 +: FLOW_RULE_VALUE_OWNER_TENANT_W]),
            .id(owner_id)
        );

        always @* begin
            packet = 32'd0;
            packet[FLOW_RULE_VALUE_PACKET_PROTOCOL % 32 +: FLOW_RULE_VALUE_PACKET_PROTOCOL_W] =
                l4_type_reg == L4_TYPE_NONE ? 8'd0 : protocol_reg;
            packet[FLOW_RULE_VALUE_PACKET_IPV4 % 32]         = is_ipv4;
            packet[FLOW_RULE_VALUE_PACKET_IPV6 % 32]         = is_ipv6;
            packet[FLOW_RULE_VALUE_PACKET_LAYER4_FOUND % 32] =
                l4_type_reg == L4_TYPE_TCP || l4_type_reg == L4_TYPE_UDP || l4_type_reg == L4_TYPE_ICMP;
            packet[FLOW_RULE_VALUE_PACKET_FRAGMENT % 32]     = l4_type_reg == L4_TYPE_FRAGMENT;
            packet[FLOW_RULE_VALUE_PACKET_TAGGED % 32]       = tags_reg != 2'd0;
            packet[FLOW_RULE_VALUE_PACKET_TWO_TAGS % 32]     = tags_reg[1];
            packet[FLOW_RULE_VALUE_PACKET_OWNER % 32]        = owner_found;
            packet[FLOW_RULE_VALUE_PACKET_VLAN_TCI % 32 +: FLOW_RULE_VALUE_PACKET_VLAN_TCI_W] = tci_reg;
        end

        always @* begin
            // No word is walked in the three clocks from finish_reg on.
            if (finish_reg)
                {number, word} = {OWNER[3:0], owner};
            else if (finish_2_reg)
                {number, word} = {OWNER_ID[3:0], owner_id};
            else if (finish_3_reg)
                {number, word} = {PACKET[3:0], packet};
            else
                {number, word} = {type_reg ? ETHERNET[3:0] : follow_reg ? LAYER4[3:0] :
                    ipv6_reg ? SOURCE[3:0] + count_reg - 4'd2 :
                    fourth_reg ? SOURCE[3:0] + 4'd3 : DESTINATION[3:0] + 4'd3, word_reg};
        end

        always @(posedge clk) begin
            if (finish_reg)
                function_2_reg <= function_reg[FUNCTION_W-1:0];
        end

        // The EtherType behind a tag starts the frame anew.
        assign flow_valid    = ((finish_reg || finish_2_reg) && owner_found) || finish_3_reg ||
            (move_reg && (type_reg || address || l4_there));
        assign flow_start    = type_reg && move_reg;
        assign flow_last     = finish_3_reg;
        assign flow_number   = number;
        assign flow_word     = word;
        assign flow_function = finish_2_reg || finish_3_reg ? function_2_reg : function_reg[FUNCTION_W-1:0];
    end else begin : g_no_flow
        wire unused_words = &{1'b0, finish_3_reg, option_found, owner_id, owner, option_reg};

        assign option_found  = 1'b0;
        assign owner_id      = 32'd0;
        assign owner         = 32'd0;
        assign flow_valid    = 1'b0;
        assign flow_start    = 1'b0;
        assign flow_last     = 1'b0;
        assign flow_number   = 4'd0;
        assign flow_word     = 32'd0;
        assign flow_function = {FUNCTION_W{1'b0}};
    end endgenerate

    wire unused_flow = &{1'b0, function_reg};

    // --- record ----------------------------------------------------------------------------------------

    reg [RECORD_W-1:0] record;

    always @* begin
        record = {RECORD_W{1'b0}};
        record[WALK_L3_TYPE +: WALK_L3_TYPE_W]         = l3_type_reg;
        record[WALK_L4_TYPE +: WALK_L4_TYPE_W]         = l4_type_reg;
        record[WALK_TAGS +: WALK_TAGS_W]               = tags_reg;
        record[WALK_TCI +: WALK_TCI_W]                 = tci_reg;
        record[WALK_L4_WORD +: WALK_L4_WORD_W]         = l4_word_reg;
        record[WALK_DATA_OFFSET +: WALK_DATA_OFFSET_W] = data_offset_reg;
        record[WALK_LEFT +: WALK_LEFT_W]               = header_left_reg[13:0];
        record[WALK_LENGTH +: WALK_LENGTH_W]           = length_reg[13:0];
        record[WALK_REASON +: WALK_REASON_W]           = reason_reg;
        record[WALK_LENGTH_OVER]                       = over_reg;
        record[WALK_LENGTH_BAD]                        = bad_reg;
        record[WALK_ZERO]                              = zero_reg;
        record[WALK_CHECKSUM +: WALK_CHECKSUM_W]       = checksum_reg;
        record[WALK_HEADER_SUM +: WALK_HEADER_SUM_W]   = header_sum_reg;
        record[WALK_ADDRESS_SUM +: WALK_ADDRESS_SUM_W] = address_sum_reg;
        record[WALK_HASH +: WALK_HASH_W]               = hash;
        record[WALK_HASHED +: WALK_HASHED_W]           = {ports_reg, addresses_reg};
    end

    assign walk = record;

endmodule

`resetall
