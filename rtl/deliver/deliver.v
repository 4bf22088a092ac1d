// SPDX-License-Identifier: BSD-3-Clause
//
// Decides for every frame whether its function gets it, and holds it until that is known.
//
// Store and forward: a frame leaves after its last beat has been judged; a dropped one leaves no
// trace but its events. Causes to drop, the first that applies is told: the function's receiver is
// off, the destination address is not taken (unicast: its own; broadcast: always; other multicast:
// all_multicast; any that one of its filters holds; promiscuous: every address), longer than the
// function's max_frame, a BAD IPv4 header or layer 4 checksum where those are to be dropped, a flow rule, a flow
// rule's meter. A function number that does not exist counts as off. Configuration counts as it stands at the
// frame's first beat.
// Full rate, also for frames of one beat, but where their meters ask for a clock; order kept; when the buffer is full
// the input stalls, nothing is dropped for that. A frame longer than the buffer is dropped as too long.
// Fills in QUEUE (but with FLOW_STEER: the RSS table's entry of the hash, 0 without hash), L4_VERDICT,
// RAW_SUM, REASON.
// The table is not reset.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module deliver #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 280,
    // Network functions, 1 to 16.
    parameter integer FUNCTIONS = 2,
    // Width of a function's number in events and table addresses: log2 of FUNCTIONS, at least 1.
    parameter integer FUNCTION_W = 1,
    // Bytes of the frame buffer, a power of two above the longest frame.
    parameter integer RAM_BYTES = 16384
) (
    input  wire                        clk,
    input  wire                        rst,

    // Frames in: metadata on the first beat, check of csum_verify on the last
    input  wire [DATA_W-1:0]           s_axis_tdata,
    input  wire [DATA_W/8-1:0]         s_axis_tkeep,
    input  wire                        s_axis_tlast,
    input  wire [USER_W-1:0]           s_axis_tuser,
    input  wire [21:0]                 s_axis_check,
    input  wire                        s_axis_tvalid,
    output wire                        s_axis_tready,

    // Frames out, complete metadata on the first beat
    output wire [DATA_W-1:0]           m_axis_tdata,
    output wire [DATA_W/8-1:0]         m_axis_tkeep,
    output wire                        m_axis_tlast,
    output wire [USER_W-1:0]           m_axis_tuser,
    output wire                        m_axis_tvalid,
    input  wire                        m_axis_tready,

    // Configuration, function f in slice f. mac: the address's first byte in the low bits
    input  wire [FUNCTIONS-1:0]        rx_enable,
    input  wire [FUNCTIONS-1:0]        promiscuous,
    input  wire [FUNCTIONS-1:0]        all_multicast,
    input  wire [FUNCTIONS-1:0]        drop_bad_ip,
    input  wire [FUNCTIONS-1:0]        drop_bad_l4,
    input  wire [FUNCTIONS*48-1:0]     mac,
    // Filter n of function f in slice f * 8 + n
    input  wire [FUNCTIONS*8*48-1:0]   mac_filter,
    input  wire [FUNCTIONS*8-1:0]      mac_filter_valid,
    input  wire [FUNCTIONS*14-1:0]     max_frame,

    // RSS table: address is {function, entry[6:0]}; read data comes two clocks after its address, of an
    // entry that is written as it is read anything
    input  wire                        rss_write_valid,
    input  wire [FUNCTION_W+6:0]       rss_write_address,
    input  wire [7:0]                  rss_write_data,
    input  wire [FUNCTION_W+6:0]       rss_read_address,
    output wire [7:0]                  rss_read_data,

    // Flow rules' words, as in flow_table, of which the meters' count here
    input  wire                        flow_write_valid,
    input  wire [FUNCTION_W+8:0]       flow_write_address,
    input  wire [31:0]                 flow_write_data,
    input  wire [31:0]                 microseconds,

    // Events, one of each for every frame in; of the last one where a flow rule's action was done
    // deliver_event_index: {function, deliver_result_e[3:0]}
    output wire                        deliver_event_valid,
    output wire [FUNCTION_W+3:0]       deliver_event_index,
    output wire [13:0]                 deliver_event_bytes,
    // verdict_event_index: {function, IP verdict[1:0], layer 4 verdict[1:0]}
    output wire                        verdict_event_valid,
    output wire [FUNCTION_W+3:0]       verdict_event_index,
    output wire [13:0]                 verdict_event_bytes,
    // flow_event_index: {function, rule}
    output wire                        flow_event_valid,
    output wire [FUNCTION_W+2:0]       flow_event_index,
    output wire [13:0]                 flow_event_bytes,

    // A frame is inside.
    output wire                        busy
);

    `include "metadata.vh"
    `include "sekisho.vh"

    localparam [31:0] BUFFER_MAX = RAM_BYTES - DATA_W;

    initial begin
        if (USER_W != META_W || FUNCTIONS > 16 || 1 << FUNCTION_W < FUNCTIONS) begin
            $display("Error: USER_W must be META_W, and FUNCTION_W hold FUNCTIONS (%m)");
            $finish;
        end
    end

    // --- RSS table ---------------------------------------------------------------------------------

    // A register behind the memory's, which is its own. What is written as the frame's entry is read is
    // taken from the writer.
    (* no_rw_check *) reg [7:0] rss_table [0:(1 << (FUNCTION_W + 7)) - 1];
    reg [7:0]            rss_read_reg;
    reg [7:0]            rss_read_data_reg;
    reg [7:0]            table_reg;
    reg [7:0]            queue_reg;
    reg [FUNCTION_W+6:0] entry_reg;
    reg                  written_valid_reg;
    reg [FUNCTION_W+6:0] written_address_reg;
    reg [7:0]            written_data_reg;
    reg                  written_reg;
    reg [7:0]            written_queue_reg;

    wire [META_FUNCTION_W-1:0] in_function = s_axis_tuser[META_FUNCTION +: META_FUNCTION_W];
    wire [FUNCTION_W+6:0]      in_entry = {in_function[FUNCTION_W-1:0], s_axis_tuser[META_RSS_HASH +: 7]};
    wire                       accept = s_axis_tvalid && s_axis_tready;

    always @(posedge clk) begin
        if (rss_write_valid)
            rss_table[rss_write_address] <= rss_write_data;
        rss_read_reg      <= rss_table[rss_read_address];
        rss_read_data_reg <= rss_read_reg;
        table_reg         <= rss_table[in_entry];
        queue_reg         <= table_reg;

        entry_reg           <= in_entry;
        written_valid_reg   <= rss_write_valid;
        written_address_reg <= rss_write_address;
        written_data_reg    <= rss_write_data;
        written_reg         <= written_valid_reg && written_address_reg == entry_reg;
        written_queue_reg   <= written_data_reg;
    end

    assign rss_read_data = rss_read_data_reg;

    // --- the beat that came in, and what its frame's first beat says: where valid_reg and first_reg say so -

    // The stages' words are loaded in every clock, with a beat or without: an enable would stand far away

    reg [DATA_W-1:0]    data_reg;
    reg [USER_W-1:0]    user_reg;
    reg [21:0]          check_reg;
    reg                 first_reg;
    reg                 last_reg;
    reg                 valid_reg;
    reg                 first_valid_reg;    // both
    reg                 in_frame_reg;
    reg [FUNCTIONS-1:0] function_reg;       // the frame's, one bit a function
    reg                 enabled_reg;
    reg                 promiscuous_reg;
    reg                 all_multicast_reg;
    reg [13:0]          max_frame_reg;
    reg                 drop_ip_reg;
    reg                 drop_l4_reg;

    reg [FUNCTIONS-1:0] f_select;
    reg                 f_enabled;
    reg                 f_promiscuous;
    reg                 f_all_multicast;
    reg                 f_drop_ip;
    reg                 f_drop_l4;
    reg [13:0]          f_max_frame;
    integer             f;

    always @* begin
        f_select        = {FUNCTIONS{1'b0}};
        f_enabled       = 1'b0;
        f_promiscuous   = 1'b0;
        f_all_multicast = 1'b0;
        f_drop_ip       = 1'b0;
        f_drop_l4       = 1'b0;
        f_max_frame     = 14'd0;
        for (f = 0; f < FUNCTIONS; f = f + 1) begin
            if (in_function == f[META_FUNCTION_W-1:0]) begin
                f_select[f]     = 1'b1;
                f_enabled       = rx_enable[f];
                f_promiscuous   = promiscuous[f];
                f_all_multicast = all_multicast[f];
                f_drop_ip       = drop_bad_ip[f];
                f_drop_l4       = drop_bad_l4[f];
                f_max_frame     = max_frame[14*f +: 14];
            end
        end
    end

    wire        room;

    always @(posedge clk) begin
        data_reg          <= s_axis_tdata;
        user_reg          <= s_axis_tuser;
        check_reg         <= s_axis_check;
        first_reg         <= !in_frame_reg;
        last_reg          <= s_axis_tlast;
        function_reg      <= f_select;
        enabled_reg       <= f_enabled;
        promiscuous_reg   <= f_promiscuous;
        all_multicast_reg <= f_all_multicast;
        max_frame_reg     <= f_max_frame;
        drop_ip_reg       <= f_drop_ip;
        drop_l4_reg       <= f_drop_l4;
        valid_reg         <= accept;
        first_valid_reg   <= accept && !in_frame_reg;
        if (accept)
            in_frame_reg <= !s_axis_tlast;

        if (rst) begin
            valid_reg       <= 1'b0;
            first_valid_reg <= 1'b0;
            in_frame_reg    <= 1'b0;
        end
    end

    wire        meter_hold;

    assign s_axis_tready = room && !meter_hold;

    // --- its address, compared with every address of every function: a byte a bit, then all six ----------

    localparam integer PLACES = FUNCTIONS * 9;      // the functions' own, then the filters

    reg [PLACES*6-1:0]    same_reg;

    reg [DATA_W-1:0]      judged_data_reg;
    reg [USER_W-1:0]      judged_user_reg;
    reg [21:0]            judged_check_reg;
    reg                   judged_last_reg;
    reg                   judged_valid_reg;
    reg                   judged_enabled_reg;
    reg                   judged_first_reg;
    reg                   judged_over_max_reg;
    reg                   judged_over_buffer_reg;
    reg                   judged_drop_ip_reg;
    reg                   judged_drop_l4_reg;
    reg                   any_address_reg;      // taken whatever the functions' addresses
    reg [FUNCTIONS-1:0]   station_reg;
    reg [FUNCTIONS*8-1:0] filter_reg;

    wire [47:0]           address = data_reg[47:0];
    wire [13:0]           length = user_reg[META_LENGTH +: META_LENGTH_W];
    wire [FUNCTIONS-1:0]   station;
    wire [FUNCTIONS*8-1:0] filter;

    genvar g;
    genvar h;
    generate
        for (g = 0; g < FUNCTIONS; g = g + 1) begin : stations
            assign station[g] = function_reg[g] && &same_reg[6*g +: 6];
        end
        for (g = 0; g < FUNCTIONS * 8; g = g + 1) begin : filters
            assign filter[g] = function_reg[g / 8] && &same_reg[6*(FUNCTIONS+g) +: 6];
        end
        for (g = 0; g < PLACES; g = g + 1) begin : places
            wire [47:0] place;
            wire        counts;
            if (g < FUNCTIONS) begin : station
                assign place  = mac[48*g +: 48];
                assign counts = !s_axis_tdata[0];
            end else begin : filter
                assign place  = mac_filter[48*(g-FUNCTIONS) +: 48];
                assign counts = mac_filter_valid[g-FUNCTIONS];
            end
            for (h = 0; h < 6; h = h + 1) begin : bytes
                always @(posedge clk)
                    same_reg[6*g+h] <= (h != 0 || counts) && s_axis_tdata[8*h +: 8] == place[8*h +: 8];
            end
        end
    endgenerate

    always @(posedge clk) begin
        judged_data_reg  <= data_reg;
        judged_last_reg  <= last_reg;
        judged_check_reg <= check_reg;
        judged_first_reg <= first_reg;
        if (first_valid_reg) begin
            judged_user_reg     <= user_reg;
            judged_enabled_reg  <= enabled_reg;
            judged_over_max_reg <= length > max_frame_reg;
            judged_over_buffer_reg <= {18'd0, length} > BUFFER_MAX;
            judged_drop_ip_reg  <= drop_ip_reg;
            judged_drop_l4_reg  <= drop_l4_reg;
            any_address_reg     <= promiscuous_reg || &address || (address[0] && all_multicast_reg);
            station_reg         <= station;
            filter_reg          <= filter;
        end
        judged_valid_reg <= valid_reg;

        if (rst)
            judged_valid_reg <= 1'b0;
    end

    // --- the reasons to drop it, one bit each; the metadata ----------------------------------------------

    reg [DATA_W-1:0] decided_data_reg;
    reg [USER_W-1:0] decided_user_reg;
    reg              decided_last_reg;
    reg              decided_valid_reg;
    reg              decided_enabled_reg;
    reg              decided_address_reg;
    reg              decided_too_long_reg;
    reg [7:0]        decided_queue_reg;
    reg              decided_bad_ip_reg;
    reg              decided_bad_l4_reg;
    reg [USER_W-1:0] user;

    wire [1:0] judged_ip_verdict = judged_user_reg[META_IP_VERDICT +: META_IP_VERDICT_W];
    wire [1:0] judged_l4_verdict = judged_check_reg[17:16];

    always @* begin
        user = judged_user_reg;
        user[META_L4_VERDICT +: META_L4_VERDICT_W] = judged_l4_verdict;
        user[META_RAW_SUM +: META_RAW_SUM_W] = judged_check_reg[15:0];
        user[META_REASON +: META_REASON_W] = judged_check_reg[21:18];
    end

    always @(posedge clk) begin
        decided_data_reg     <= judged_data_reg;
        decided_user_reg     <= user;
        decided_last_reg     <= judged_last_reg;
        decided_enabled_reg  <= judged_enabled_reg;
        decided_address_reg  <= any_address_reg || |station_reg || |filter_reg;
        decided_too_long_reg <= judged_over_max_reg || judged_over_buffer_reg;
        // It is there with the first beat alone.
        if (judged_valid_reg && judged_first_reg)
            decided_queue_reg <= judged_user_reg[META_FLOW_STEER] ? judged_user_reg[META_QUEUE +: META_QUEUE_W] :
                judged_user_reg[META_HASH_TYPE +: META_HASH_TYPE_W] == 2'd0 ? 8'd0 :
                written_reg ? written_queue_reg : queue_reg;
        decided_bad_ip_reg   <= judged_drop_ip_reg && judged_ip_verdict == CHECKSUM_VERDICT_BAD;
        decided_bad_l4_reg   <= judged_drop_l4_reg && judged_l4_verdict == CHECKSUM_VERDICT_BAD;
        decided_valid_reg <= judged_valid_reg;

        if (rst)
            decided_valid_reg <= 1'b0;
    end

    // --- what becomes of the frame -----------------------------------------------------------------------

    reg [2:0]   outcome;

    wire        ends       = decided_valid_reg && decided_last_reg;
    wire        passes     = outcome == DELIVER_RESULT_DELIVERED;
    wire        pays       = passes && decided_user_reg[META_FLOW_HIT];
    wire        over;       // a clock later
    wire        meter_busy;

    flow_meter #(
        .FUNCTION_W(FUNCTION_W)
    ) flow_meter_inst (
        .clk(clk),
        .rst(rst),
        .microseconds(microseconds),
        .write_valid(flow_write_valid),
        .write_address(flow_write_address),
        .write_data(flow_write_data),
        // Two stages ahead, and one
        .rule_valid(first_valid_reg),
        .rule({user_reg[META_FUNCTION +: FUNCTION_W], user_reg[META_FLOW_RULE +: 3]}),
        .ask(judged_valid_reg && judged_last_reg),
        .length(judged_user_reg[META_LENGTH +: META_LENGTH_W]),
        .pay(pays),
        .over(over),
        .hold(meter_hold),
        .busy(meter_busy)
    );

    always @* begin
        outcome = DELIVER_RESULT_DELIVERED;
        if (!decided_enabled_reg)
            outcome = DELIVER_RESULT_FUNCTION_DISABLED;
        else if (!decided_address_reg)
            outcome = DELIVER_RESULT_MAC_FILTER;
        else if (decided_too_long_reg)
            outcome = DELIVER_RESULT_TOO_LONG;
        else if (decided_bad_ip_reg)
            outcome = DELIVER_RESULT_BAD_IP_CHECKSUM;
        else if (decided_bad_l4_reg)
            outcome = DELIVER_RESULT_BAD_L4_CHECKSUM;
        else if (decided_user_reg[META_FLOW_DROP])
            outcome = DELIVER_RESULT_FLOW_RULE;
    end

    // A stage of its own: a write into the records is slow.
    reg              write_valid_reg;
    reg              write_last_reg;
    reg              write_passes_reg;
    reg              write_pays_reg;
    reg [DATA_W-1:0] write_data_reg;
    reg [USER_W-1:0] write_user_reg;
    reg [2:0]        write_outcome_reg;
    wire             unpaid = write_pays_reg && over;
    wire             commit = write_last_reg && write_passes_reg && !unpaid;
    wire             buffer_busy;

    always @(posedge clk) begin
        write_data_reg <= decided_data_reg;
        write_user_reg <= decided_user_reg;
        write_user_reg[META_QUEUE +: META_QUEUE_W] <= decided_queue_reg;
        write_valid_reg   <= decided_valid_reg && decided_enabled_reg && decided_address_reg && !decided_too_long_reg;
        write_last_reg    <= ends;
        write_passes_reg  <= passes;
        write_pays_reg    <= pays;
        write_outcome_reg <= outcome;

        if (rst) begin
            write_valid_reg <= 1'b0;
            write_last_reg  <= 1'b0;
        end
    end

    frame_buffer #(
        .DATA_W(DATA_W),
        .USER_W(USER_W),
        .RAM_BYTES(RAM_BYTES),
        .FRAMES(32)
    ) buffer (
        .clk(clk),
        .rst(rst),
        .write_valid(write_valid_reg),
        .write_data(write_data_reg),
        .write_commit(commit),
        .write_discard(write_last_reg && !commit),
        .write_user(write_user_reg),
        .write_length(write_user_reg[META_LENGTH +: META_LENGTH_W]),
        .room(room),
        .m_axis_tdata(m_axis_tdata),
        .m_axis_tkeep(m_axis_tkeep),
        .m_axis_tlast(m_axis_tlast),
        .m_axis_tuser(m_axis_tuser),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .busy(buffer_busy)
    );

    // --- events ------------------------------------------------------------------------------------------

    reg                  event_valid_reg;
    reg [FUNCTION_W+3:0] deliver_index_reg;
    reg [FUNCTION_W+3:0] verdict_index_reg;
    reg [FUNCTION_W+2:0] flow_index_reg;
    reg                  flow_event_valid_reg;
    reg [13:0]           event_bytes_reg;

    always @(posedge clk) begin
        if (write_last_reg) begin
            deliver_index_reg <= {write_user_reg[META_FUNCTION +: FUNCTION_W], 1'b0,
                unpaid ? DELIVER_RESULT_METER : write_outcome_reg};
            verdict_index_reg <= {write_user_reg[META_FUNCTION +: FUNCTION_W],
                write_user_reg[META_IP_VERDICT +: META_IP_VERDICT_W], write_user_reg[META_L4_VERDICT +: META_L4_VERDICT_W]};
            flow_index_reg    <= {write_user_reg[META_FUNCTION +: FUNCTION_W], write_user_reg[META_FLOW_RULE +: 3]};
            event_bytes_reg   <= write_user_reg[META_LENGTH +: META_LENGTH_W];
        end
        event_valid_reg      <= write_last_reg;
        flow_event_valid_reg <= write_last_reg && write_user_reg[META_FLOW_HIT] &&
            (write_passes_reg || write_outcome_reg == DELIVER_RESULT_FLOW_RULE);

        if (rst) begin
            event_valid_reg      <= 1'b0;
            flow_event_valid_reg <= 1'b0;
        end
    end

    assign deliver_event_valid = event_valid_reg;
    assign deliver_event_index = deliver_index_reg;
    assign deliver_event_bytes = event_bytes_reg;
    assign verdict_event_valid = event_valid_reg;
    assign verdict_event_index = verdict_index_reg;
    assign verdict_event_bytes = event_bytes_reg;
    assign flow_event_valid    = flow_event_valid_reg;
    assign flow_event_index    = flow_index_reg;
    assign flow_event_bytes    = event_bytes_reg;
    assign busy = meter_busy || buffer_busy || valid_reg || judged_valid_reg || decided_valid_reg || write_valid_reg || write_last_reg ||
        in_frame_reg || event_valid_reg;

    // tkeep is full but on the last beat, and LENGTH says how much of that one counts.
    wire unused = &{1'b0, s_axis_tkeep, s_axis_tuser};

endmodule

`resetall
