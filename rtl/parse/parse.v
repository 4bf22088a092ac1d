// SPDX-License-Identifier: BSD-3-Clause
//
// Finds the headers of every frame and adds what it finds to the metadata.
//
// Frames leave as they came, in order; the metadata fields from L3_TYPE to HASH_TYPE are filled in, and
// from FLOW_HIT on by the function's flow rules; those below pass (QUEUE is theirs with FLOW_STEER),
// those of csum leave as 0. Each frame's headers are walked, a word a clock, by one
// of several header walkers while its beats wait in a FIFO. Nothing is dropped; when all walkers are
// at work the input stalls. Full rate for minimum frames at the bus rate with UDP or TCP over IPv4
// or IPv6 with up to two VLAN tags; a long chain of options and extension headers costs up to 75
// clocks of one walker. Latency of UDP over IPv4: about 25 clocks. A change of an RSS key
// counts from about 10 * FUNCTIONS + 5 clocks later on.
//
// The walk, and the reason it gives for what it cannot check (checksum_reason_e):
//  - EtherType at byte 12; 0x8100, 0x88a8 and 0x9100 are tags, a third one is TOO_MANY_TAGS.
//  - A header counts only when all of it lies in the frame: IPv4 with its options, the 40 bytes of
//    IPv6, else L3_TYPE is NONE and the reason TRUNCATED (IPv4 with IHL below 5: IP_LENGTH; a
//    version that does not fit the EtherType: NOT_IP).
//  - The IPv4 header's checksum is judged whatever follows. Total length below the header's is
//    IP_LENGTH; a datagram that runs past the frame is TRUNCATED; both stop here. Bytes of the frame
//    behind the datagram are padding, of which nothing depends.
//  - Fragments stop here too (FRAGMENT), the first one as well; an IPv6 fragment header that says
//    offset 0 and no more fragments is walked over.
//  - IPv6: hop-by-hop, routing, fragment, authentication and destination option headers are walked
//    over, at most 8. EXTENSION: a ninth, one of the other extension headers of IANA's list (50,
//    135, 139, 140, 253, 254), or a routing header with segments left: the final destination, which
//    the checksum covers, is then not in the IP header. (IPv4 source route options are not looked
//    into: such a packet under way is judged with the address it carries.)
//  - TCP needs 20 bytes of the datagram, UDP, ICMP and an extension header 8: else TRUNCATED.
//    TOO_DEEP when it starts at byte 256 or later.
//  - UDP length below 8 or beyond the datagram, TCP data offset below 5 or beyond it: L4_LENGTH;
//    L4_TYPE and L4_OFFSET are told all the same, PAYLOAD_OFFSET for UDP only.
//  - L4_OFFSET is not 0 for TCP, UDP and ICMP only. The sum region is from there to the end of the
//    datagram (UDP: of its length where that is sound), without L4_OFFSET from L3_OFFSET to the end
//    of the frame.
//  - PSEUDO_SUM is there for CHECKED, UDP_NO_CHECKSUM and UDP6_NO_CHECKSUM, else 0; IP_HEADER_SUM
//    where L3_TYPE is IPv4. IP_VERDICT of IPv6 is GOOD.
//  - Hash: addresses and ports where a TCP or UDP header was found and its type is enabled, else
//    addresses where the IP version's type is enabled; never the ports of a fragment.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module parse #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 280,
    // Network functions, 1 to 16: each has a hash key and hash types of its own.
    parameter integer FUNCTIONS = 2,
    // 1: compute the RSS hash. 0: leave it out; RSS_HASH and HASH_TYPE are 0.
    parameter integer HASH_EN = 1,
    // Header walkers, 2 to 32; 0: enough for minimum frames at the bus rate.
    parameter integer WALKERS = 0,
    // 1: look up the flow rules. 0: leave them out; the FLOW fields are 0.
    parameter integer FLOW_EN = 1,
    // Width of a function's number in the rules' addresses: log2 of FUNCTIONS, at least 1.
    parameter integer FUNCTION_W = 1,
    // Width of an edit word, EDIT_BITS of edit.vh.
    parameter integer EDIT_W = 131
) (
    input  wire                      clk,
    input  wire                      rst,

    // Frames in; metadata on the first beat, of which LENGTH and FUNCTION are used
    input  wire [DATA_W-1:0]         s_axis_tdata,
    input  wire [DATA_W/8-1:0]       s_axis_tkeep,
    input  wire                      s_axis_tlast,
    input  wire [USER_W-1:0]         s_axis_tuser,
    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,

    // Frames out; metadata with the fields from L3_TYPE to HASH_TYPE and from FLOW_HIT on filled in
    output wire [DATA_W-1:0]         m_axis_tdata,
    output wire [DATA_W/8-1:0]       m_axis_tkeep,
    output wire                      m_axis_tlast,
    output wire [USER_W-1:0]         m_axis_tuser,
    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,

    // Toeplitz keys: word w of function f in bits [320*f + 32*w +: 32], the key's first bit on top
    input  wire [FUNCTIONS*320-1:0]  rss_key,
    // Hash types of function f in bits [6*f +: 6]: ipv4, ipv4_tcp, ipv4_udp, ipv6, ipv6_tcp, ipv6_udp
    input  wire [FUNCTIONS*6-1:0]    rss_types,

    // Flow rules, as in flow_table; rule n of function f is enabled by bit f * 8 + n
    input  wire                      flow_write_valid,
    input  wire [FUNCTION_W+8:0]     flow_write_address,
    input  wire [31:0]               flow_write_data,
    input  wire [FUNCTION_W+8:0]     flow_read_address,
    output wire [31:0]               flow_read_data,
    input  wire [FUNCTIONS*8-1:0]    flow_enable,

    // For frame_edit
    output wire                      edit_valid,
    output wire [6:0]                edit_slot,
    output wire [EDIT_W-1:0]         edit_word,

    // A frame is inside.
    output wire                      busy
);

    `include "metadata.vh"
    `include "walk.vh"

    localparam integer N      = WALKERS != 0 ? WALKERS : DATA_W <= 64 ? 2 : DATA_W <= 128 ? 5 : DATA_W <= 256 ? 9 : 17;
    localparam integer PASS_W = META_L3_TYPE;           // metadata that passes

    initial begin
        if (USER_W != META_W || FUNCTIONS > 16 || N < 2 || 1 << FUNCTION_W < FUNCTIONS) begin
            $display("Error: USER_W must be META_W, FUNCTIONS at most 16, WALKERS not 1, FUNCTION_W hold FUNCTIONS (%m)");
            $finish;
        end
    end

    // --- in: ready comes from a register -------------------------------------------------------------

    wire [DATA_W-1:0]   in_data;
    wire [DATA_W/8-1:0] in_keep;
    wire                in_last;
    wire [PASS_W-1:0]   in_user;
    wire                in_valid;
    wire                in_busy;

    // --- each frame to the next walker in turn, all of it into the FIFO ------------------------------

    reg [N-1:0]      turn_reg;          // one hot: the walker of this frame, or of the next one
    reg              in_frame_reg;

    // A copy of the beat on its way to the walkers
    reg [N-1:0]       write_valid_reg;
    reg               write_start_reg;
    reg               write_end_reg;
    reg [DATA_W-1:0]  write_data_reg;
    reg signed [14:0] write_left_reg;
    reg [3:0]         write_function_reg;

    wire [N-1:0]      walker_start_room;
    wire [N-1:0]      walker_room;
    wire [N-1:0]      may_begin = walker_start_room & ~(write_valid_reg & {N{write_start_reg}});
    wire              fifo_room;
    reg               room_reg;         // decided a clock ahead: a wide register waits for it
    wire              accept = in_valid && room_reg;
    wire [N-1:0]      turn_next = accept && in_last ? {turn_reg[N-2:0], turn_reg[N-1]} : turn_reg;
    wire              in_frame_next = accept ? !in_last : in_frame_reg;

    always @(posedge clk) begin
        // These count with write_valid_reg, the last two with write_start_reg.
        write_start_reg    <= !in_frame_reg;
        write_end_reg      <= in_last;
        write_data_reg     <= in_data;
        write_left_reg     <= {1'b0, in_user[META_LENGTH +: META_LENGTH_W]} - 15'd10;
        write_function_reg <= in_user[META_FUNCTION +: META_FUNCTION_W];
        in_frame_reg    <= in_frame_next;
        turn_reg        <= turn_next;
        room_reg        <= fifo_room &&
            (turn_next & walker_room & ({N{in_frame_next}} | may_begin)) != {N{1'b0}};
        write_valid_reg <= turn_reg & {N{accept}};

        if (rst) begin
            turn_reg        <= {{N-1{1'b0}}, 1'b1};
            in_frame_reg    <= 1'b0;
            room_reg        <= 1'b0;
            write_valid_reg <= {N{1'b0}};
        end
    end

    axis_register #(
        .DATA_W(DATA_W),
        .USER_W(PASS_W)
    ) in_register (
        .clk(clk),
        .rst(rst),
        .s_axis_tdata(s_axis_tdata),
        .s_axis_tkeep(s_axis_tkeep),
        .s_axis_tlast(s_axis_tlast),
        .s_axis_tuser(s_axis_tuser[PASS_W-1:0]),
        .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tready(s_axis_tready),
        .m_axis_tdata(in_data),
        .m_axis_tkeep(in_keep),
        .m_axis_tlast(in_last),
        .m_axis_tuser(in_user),
        .m_axis_tvalid(in_valid),
        .m_axis_tready(room_reg),
        .busy(in_busy)
    );

    // --- the frames wait here --------------------------------------

    wire [DATA_W-1:0]   beat_data;
    wire [DATA_W/8-1:0] beat_keep;
    wire                beat_last;
    wire [PASS_W-1:0]   beat_user;
    wire                beat_valid;
    wire                beat_ready;
    wire                fifo_empty;

    dma_fifo #(
        .WIDTH(PASS_W + 1 + DATA_W/8 + DATA_W),
        .DEPTH(256),
        .MARGIN(3)          // room_reg, and what it lets in
    ) fifo (
        .clk(clk),
        .rst(rst),
        .in_data({in_user, in_last, in_keep, in_data}),
        .in_valid(accept),
        /* verilator lint_off PINCONNECTEMPTY */
        .in_ready(),        // room tells
        /* verilator lint_on PINCONNECTEMPTY */
        .room(fifo_room),
        .out_data({beat_user, beat_last, beat_keep, beat_data}),
        .out_valid(beat_valid),
        .out_ready(beat_ready),
        .empty(fifo_empty)
    );

    // --- walkers -----------------------------------------------------------------------------------

    // The keys are copied into the walkers' memories: word after word is compared with a copy of
    // what they hold, without end, and written where it differs, so that no word is written while it
    // is read unless it changes.
    wire        key_valid;
    wire [7:0]  key_address;
    wire [31:0] key_data;

    generate if (HASH_EN != 0) begin : g_key
        localparam [31:0] LAST = FUNCTIONS - 1;
        reg [3:0]  function_reg;
        reg [3:0]  word_reg;
        (* ram_style = "block", no_rw_check *) reg [31:0] held [0:255];
        reg [31:0] held_reg;
        reg [31:0] held_2_reg;
        reg [31:0] data_reg;
        reg [31:0] data_2_reg;
        reg [31:0] data_3_reg;
        reg [7:0]  address_reg;
        reg [7:0]  address_2_reg;
        reg [7:0]  address_3_reg;
        reg        differs_reg;
        // One of words 0 to 3, of 4 to 7, and of 8 and 9 of every function's key, a clock ahead of the
        // choice among them
        reg [32*3*FUNCTIONS-1:0] words_reg;
        reg [3:0]  function_1_reg;
        reg [3:0]  word_1_reg;
        reg [31:0] key_word;
        integer    k;

        always @* begin
            key_word = 32'd0;
            for (k = 0; k < FUNCTIONS; k = k + 1)
                if ({28'd0, function_1_reg} == k)
                    key_word = words_reg[32*(3*k + {30'd0, word_1_reg[3:2]}) +: 32];
        end

        always @(posedge clk) begin
            word_reg <= word_reg + 4'd1;
            if (word_reg == 4'd9) begin
                word_reg     <= 4'd0;
                function_reg <= function_reg == LAST[3:0] ? 4'd0 : function_reg + 4'd1;
            end
            function_1_reg <= function_reg;
            word_1_reg     <= word_reg;
            for (k = 0; k < FUNCTIONS; k = k + 1) begin
                words_reg[96*k +: 32]    <= rss_key[320*k + {25'd0, word_reg[1:0], 5'd0} +: 32];
                words_reg[96*k+32 +: 32] <= rss_key[320*k+128 + {25'd0, word_reg[1:0], 5'd0} +: 32];
                words_reg[96*k+64 +: 32] <= rss_key[320*k+256 + {26'd0, word_reg[0], 5'd0} +: 32];
            end
            held_reg      <= held[{function_1_reg, word_1_reg}];
            held_2_reg    <= held_reg;
            data_reg      <= key_word;
            data_2_reg    <= data_reg;
            data_3_reg    <= data_2_reg;
            address_reg   <= {function_1_reg, word_1_reg};
            address_2_reg <= address_reg;
            address_3_reg <= address_2_reg;
            differs_reg   <= held_2_reg != data_2_reg;
            if (differs_reg)
                held[address_3_reg] <= data_3_reg;

            if (rst) begin
                word_reg     <= 4'd0;
                function_reg <= 4'd0;
                differs_reg  <= 1'b0;
            end
        end

        assign key_valid   = differs_reg;
        assign key_address = address_3_reg;
        assign key_data    = data_3_reg;
    end else begin : g_no_key
        wire unused_key = &{1'b0, rss_key};

        assign key_valid   = 1'b0;
        assign key_address = 8'd0;
        assign key_data    = 32'd0;
    end endgenerate

    wire [N-1:0]        done;
    wire [N-1:0]        take;
    wire [N*WALK_W-1:0] walks;
    wire [N*8-1:0]      hits;
    wire [N*FUNCTION_W-1:0] hits_functions;

    // Every walker's copy of the rules is written a clock later than the table.
    reg                    rule_write_valid_reg;
    reg [FUNCTION_W+8:0]   rule_write_address_reg;
    reg [31:0]             rule_write_data_reg;
    reg [FUNCTIONS*8-1:0]  rule_enable_reg;

    always @(posedge clk) begin
        rule_write_valid_reg   <= flow_write_valid;
        rule_write_address_reg <= flow_write_address;
        rule_write_data_reg    <= flow_write_data;
        rule_enable_reg        <= flow_enable;
    end

    genvar g;
    generate for (g = 0; g < N; g = g + 1) begin : g_walker
        wire                  word_valid;
        wire                  word_start;
        wire                  word_last;
        wire [3:0]            word_number;
        wire [31:0]           word;
        wire [FUNCTION_W-1:0] word_function;

        header_walker #(
            .DATA_W(DATA_W),
            .RECORD_W(WALK_W),
            .FUNCTIONS(FUNCTIONS),
            .HASH_EN(HASH_EN),
            .FUNCTION_W(FUNCTION_W),
            .FLOW_EN(FLOW_EN)
        ) walker (
            .clk(clk),
            .rst(rst),
            .start_room(walker_start_room[g]),
            .room(walker_room[g]),
            .write_valid(write_valid_reg[g]),
            .write_start(write_start_reg),
            .write_end(write_end_reg),
            .write_data(write_data_reg),
            .write_left(write_left_reg),
            .write_function(write_function_reg),
            .key_write_valid(key_valid),
            .key_write_address(key_address),
            .key_write_data(key_data),
            .rss_types(rss_types),
            .flow_valid(word_valid),
            .flow_start(word_start),
            .flow_last(word_last),
            .flow_number(word_number),
            .flow_word(word),
            .flow_function(word_function),
            .done(done[g]),
            .walk(walks[WALK_W*g +: WALK_W]),
            .take(take[g])
        );

        if (FLOW_EN != 0) begin : g_match
            flow_match #(
                .FUNCTIONS(FUNCTIONS),
                .FUNCTION_W(FUNCTION_W)
            ) match_inst (
                .clk(clk),
                .write_valid(rule_write_valid_reg),
                .write_address(rule_write_address_reg),
                .write_data(rule_write_data_reg),
                .enable(rule_enable_reg),
                .valid(word_valid),
                .start(word_start),
                .last(word_last),
                .number(word_number),
                .word(word),
                .function_number(word_function),
                .hits(hits[8*g +: 8]),
                .hits_function(hits_functions[FUNCTION_W*g +: FUNCTION_W])
            );
        end else begin : g_no_match
            wire unused_word = &{1'b0, word_valid, word_start, word_last, word_number, word, word_function,
                rule_write_valid_reg, rule_write_address_reg, rule_write_data_reg, rule_enable_reg};

            assign hits[8*g +: 8] = 8'd0;
            assign hits_functions[FUNCTION_W*g +: FUNCTION_W] = {FUNCTION_W{1'b0}};
        end
    end endgenerate

    // --- results, in the order of the frames -------------------------------------------------------

    reg [N-1:0]      take_turn_reg;     // one hot: the walker whose frame is next
    reg [WALK_W-1:0] walk;
    integer          i;

    always @* begin
        walk = {WALK_W{1'b0}};
        for (i = 0; i < N; i = i + 1)
            if (take_turn_reg[i])
                walk = walk | walks[WALK_W*i +: WALK_W];
    end

    wire              walk_valid = (take_turn_reg & done) != {N{1'b0}};
    wire              walk_ready;
    wire [USER_W-1:0] result_user;
    wire              result_found;
    wire              result_valid;
    wire              result_take;

    assign take = walk_valid && walk_ready ? take_turn_reg : {N{1'b0}};

    always @(posedge clk) begin
        if (walk_valid && walk_ready)
            take_turn_reg <= {take_turn_reg[N-2:0], take_turn_reg[N-1]};
        if (rst)
            take_turn_reg <= {{N-1{1'b0}}, 1'b1};
    end

    // The flow rules' answer takes four clocks longer. Two results may wait for it at the end, which is enough
    // unless there is a frame in every clock.
    header_result #(
        .RECORD_W(WALK_W),
        .WAIT(FLOW_EN == 0 ? 0 : DATA_W > 128 ? 4 : 2),
        .USER_W(USER_W)
    ) header_result_inst (
        .clk(clk),
        .rst(rst),
        .walk(walk),
        .walk_valid(walk_valid),
        .walk_ready(walk_ready),
        .user(result_user),
        .found(result_found),
        .valid(result_valid),
        .take(result_take)
    );

    // --- flow rules: their hits are there 6 clocks after the walk is taken -------------------------------

    wire [47:0] flow;
    wire [7:0]  flow_queue;
    wire        flow_valid;

    generate if (FLOW_EN != 0) begin : g_flow
        reg [6*N-1:0]        taken_reg;     // the walker, 1 to 6 clocks ago
        reg [7:0]            taken_hits;
        reg [FUNCTION_W-1:0] taken_function;
        integer              h;

        always @* begin
            taken_hits     = 8'd0;
            taken_function = {FUNCTION_W{1'b0}};
            for (h = 0; h < N; h = h + 1) begin
                if (taken_reg[5*N+h]) begin
                    taken_hits     = taken_hits | hits[8*h +: 8];
                    taken_function = taken_function | hits_functions[FUNCTION_W*h +: FUNCTION_W];
                end
            end
        end

        always @(posedge clk) begin
            taken_reg <= {taken_reg[5*N-1:0], take};
            if (rst)
                taken_reg <= {6*N{1'b0}};
        end

        flow_table #(
            .FUNCTION_W(FUNCTION_W),
            .EDIT_W(EDIT_W)
        ) table_inst (
            .clk(clk),
            .rst(rst),
            .write_valid(flow_write_valid),
            .write_address(flow_write_address),
            .write_data(flow_write_data),
            .read_address(flow_read_address),
            .read_data(flow_read_data),
            .hits_valid(taken_reg[5*N +: N] != {N{1'b0}}),
            .hits(taken_hits),
            .hits_function(taken_function),
            .flow(flow),
            .flow_queue(flow_queue),
            .flow_valid(flow_valid),
            .take(result_take),
            .edit_valid(edit_valid),
            .edit_slot(edit_slot),
            .edit_word(edit_word)
        );
    end else begin : g_no_flow
        wire unused_flow = &{1'b0, hits, hits_functions, flow_read_address};

        assign edit_valid     = 1'b0;
        assign edit_slot      = 7'd0;
        assign edit_word      = {EDIT_W{1'b0}};
        assign flow           = 48'd0;
        assign flow_queue     = 8'd0;
        assign flow_valid     = 1'b1;
        assign flow_read_data = 32'd0;
    end endgenerate

    // --- out: a frame's first beat waits for its result ----------------------------------------------

    reg               leaving_reg;      // the beat in front is not its frame's first
    wire              out_ready;
    wire              out_busy;
    reg  [USER_W-1:0] user;

    // A frame's first beat is here long before its result, so the result does not ask for it
    wire              results_valid = result_valid && flow_valid;

    assign beat_ready  = out_ready && (leaving_reg || results_valid);
    assign result_take = out_ready && !leaving_reg && results_valid;

    always @(posedge clk) begin
        if (beat_valid && beat_ready)
            leaving_reg <= !beat_last;
        if (rst)
            leaving_reg <= 1'b0;
    end

    always @* begin
        user             = result_user;
        user[PASS_W-1:0] = beat_user;
        // Without a layer 4 header the sum goes to the frame's end.
        if (!result_found)
            user[META_SUM_END +: META_SUM_END_W] = beat_user[META_LENGTH +: META_LENGTH_W];
        user[USER_W-1:META_FLOW_HIT] = flow;
        if (flow[META_FLOW_STEER - META_FLOW_HIT])
            user[META_QUEUE +: META_QUEUE_W] = flow_queue;
    end

    axis_register #(
        .DATA_W(DATA_W),
        .USER_W(USER_W)
    ) out_register (
        .clk(clk),
        .rst(rst),
        .s_axis_tdata(beat_data),
        .s_axis_tkeep(beat_keep),
        .s_axis_tlast(beat_last),
        .s_axis_tuser(user),
        .s_axis_tvalid(beat_valid && (leaving_reg || results_valid)),
        .s_axis_tready(out_ready),
        .m_axis_tdata(m_axis_tdata),
        .m_axis_tkeep(m_axis_tkeep),
        .m_axis_tlast(m_axis_tlast),
        .m_axis_tuser(m_axis_tuser),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .busy(out_busy)
    );

    // A frame is in the FIFO as long as it is in a walker.
    assign busy = in_busy || !fifo_empty || in_frame_reg || out_busy;

    wire unused = &{1'b0, s_axis_tuser[USER_W-1:PASS_W], result_user[PASS_W-1:0]};

endmodule

`resetall
