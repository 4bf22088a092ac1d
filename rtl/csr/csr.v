// SPDX-License-Identifier: BSD-3-Clause
//
// The registers of the core: AXI4-Lite slave, register blocks of every function, counters.
//
// The register blocks come from sekisho.rdl (rtl/csr/generated/). The management function is the
// window at 0x00000, network function i the window at 0x10000 * (1 + i); the names of the ports
// below are the map's. A vector over functions holds function i in slice i; a vector over queues
// holds queue gq = function * QUEUES + queue in slice gq; rss_key holds word k of function f (the
// key's bytes 4k to 4k + 3, the first in bits 31:24) in bits f * 320 + k * 32 +: 32.
//
// Stalls: one access at a time, answered 9 clocks after valid; a counter takes 18 or more, as its
// bank waits for a clock without event (csr_counters.v). A register changes 7 clocks after valid, a
// doorbell rings 6 clocks after it. After reset the counters are cleared for as
// many clocks as there are counters, and no access is accepted. The high word that belongs to a low word
// is kept for the function's next read of that counter's high word.
// Order: accesses are answered in the order in which they are accepted.
// An address that no register has, and a write that is not of a whole word, get SLVERR and change
// nothing, but for a write to no doorbell, which sets bit 0 of the function's error register.
// Events are counted without back-pressure, one a clock from every source; those of a port from the
// 8th clock after reset on.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module csr #(
    // Ports, network functions, queues of a function in each direction; as in sekisho.rdl.
    parameter integer PORTS = 2,
    parameter integer FUNCTIONS = 2,
    parameter integer RX_QUEUES = 4,
    parameter integer TX_QUEUES = 4,
    // Packet bus and host bus in bits; they are only reported.
    parameter integer DATA_W = 64,
    parameter integer DMA_W = 128,
    // First 32 bits of the commit of the RTL, 0 where unknown; only reported.
    parameter [31:0] RTL_HASH = 32'd0,
    // Largest frame in bytes, without FCS; only reported.
    parameter integer MAX_FRAME = 9728
) (
    input  wire                                      clk,
    input  wire                                      rst,

    // AXI4-Lite slave
    input  wire [19:0]                               s_axil_awaddr,
    input  wire                                      s_axil_awvalid,
    output wire                                      s_axil_awready,
    input  wire [31:0]                               s_axil_wdata,
    input  wire [3:0]                                s_axil_wstrb,
    input  wire                                      s_axil_wvalid,
    output wire                                      s_axil_wready,
    output wire [1:0]                                s_axil_bresp,
    output wire                                      s_axil_bvalid,
    input  wire                                      s_axil_bready,
    input  wire [19:0]                               s_axil_araddr,
    input  wire                                      s_axil_arvalid,
    output wire                                      s_axil_arready,
    output wire [31:0]                               s_axil_rdata,
    output wire [1:0]                                s_axil_rresp,
    output wire                                      s_axil_rvalid,
    input  wire                                      s_axil_rready,

    // Time and links
    input  wire [31:0]                               microseconds,
    input  wire [PORTS-1:0]                          link_up,
    input  wire [PORTS*24-1:0]                       link_speed,

    // Ports
    output wire [PORTS-1:0]                          port_enable,

    // Network functions
    output wire [FUNCTIONS-1:0]                      rx_enable,
    output wire [FUNCTIONS-1:0]                      tx_enable,
    output wire [FUNCTIONS-1:0]                      promiscuous,
    output wire [FUNCTIONS-1:0]                      all_multicast,
    output wire [FUNCTIONS-1:0]                      drop_bad_ip,
    output wire [FUNCTIONS-1:0]                      drop_bad_l4,
    output wire [FUNCTIONS-1:0]                      scatter,
    output wire [FUNCTIONS*48-1:0]                   mac,
    // Filter n of function f in slice f * 8 + n
    output wire [FUNCTIONS*8*48-1:0]                 mac_filter,
    output wire [FUNCTIONS*8-1:0]                    mac_filter_valid,
    output wire [FUNCTIONS*14-1:0]                   max_frame,
    output wire [FUNCTIONS*6-1:0]                    rss_types,
    output wire [FUNCTIONS*320-1:0]                  rss_key,
    output wire [FUNCTIONS*8-1:0]                    event_vector,
    output wire [FUNCTIONS-1:0]                      event_enable,
    // 1 for a clock when a function's reset register is written; its enables are 0 from the next on
    output wire [FUNCTIONS-1:0]                      function_reset,

    // RSS table, entry function * 128 + n; read data comes in the clock after the address
    output wire                                      rss_write_valid,
    output wire [$clog2(FUNCTIONS)+6:0]              rss_write_address,
    output wire [7:0]                                rss_write_data,
    output wire [$clog2(FUNCTIONS)+6:0]              rss_read_address,
    input  wire [7:0]                                rss_read_data,

    // Flow rules: word n of function's flow_rules at function * 512 + n, read as the RSS table is; rule n
    // of function f is enabled by bit f * 8 + n
    output wire                                      flow_write_valid,
    output wire [$clog2(FUNCTIONS)+8:0]              flow_write_address,
    output wire [31:0]                               flow_write_data,
    output wire [$clog2(FUNCTIONS)+8:0]              flow_read_address,
    input  wire [31:0]                               flow_read_data,
    output wire [FUNCTIONS*8-1:0]                    flow_enable,

    // Receive queues
    output wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_enable,
    output wire [FUNCTIONS*RX_QUEUES*4-1:0]          rx_queue_size_log2,
    output wire [FUNCTIONS*RX_QUEUES*8-1:0]          rx_queue_vector,
    output wire [FUNCTIONS*RX_QUEUES*64-1:0]         rx_queue_ring,
    output wire [FUNCTIONS*RX_QUEUES*64-1:0]         rx_queue_completion,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_active,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_ring_error,
    input  wire [FUNCTIONS*RX_QUEUES-1:0]            rx_queue_doorbell_error,
    input  wire [FUNCTIONS*RX_QUEUES*16-1:0]         rx_queue_fetched,
    input  wire [FUNCTIONS*RX_QUEUES*16-1:0]         rx_queue_completed,

    // Transmit queues
    output wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_enable,
    output wire [FUNCTIONS*TX_QUEUES*4-1:0]          tx_queue_size_log2,
    output wire [FUNCTIONS*TX_QUEUES*8-1:0]          tx_queue_vector,
    output wire [FUNCTIONS*TX_QUEUES*64-1:0]         tx_queue_ring,
    output wire [FUNCTIONS*TX_QUEUES*64-1:0]         tx_queue_completion,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_active,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_ring_error,
    input  wire [FUNCTIONS*TX_QUEUES-1:0]            tx_queue_doorbell_error,
    input  wire [FUNCTIONS*TX_QUEUES*16-1:0]         tx_queue_fetched,
    input  wire [FUNCTIONS*TX_QUEUES*16-1:0]         tx_queue_completed,

    // Doorbells: one clock a write, enabled queue or not
    output wire                                      rx_doorbell_valid,
    output wire [$clog2(FUNCTIONS*RX_QUEUES)-1:0]    rx_doorbell_queue,
    output wire [15:0]                               rx_doorbell_tail,
    output wire                                      tx_doorbell_valid,
    output wire [$clog2(FUNCTIONS*TX_QUEUES)-1:0]    tx_doorbell_queue,
    output wire [15:0]                               tx_doorbell_tail,
    // Interrupt requests: receive queues first, then transmit queues
    output wire                                      arm_write_valid,
    output wire [$clog2(FUNCTIONS*(RX_QUEUES+TX_QUEUES))-1:0] arm_write_queue,
    output wire [15:0]                               arm_write_seen,

    // Events to count; the index is what sekisho.rdl says of the counter, bytes are a frame's
    input  wire [PORTS-1:0]                          port_rx_event_valid,
    input  wire [PORTS*3-1:0]                        port_rx_event_result,
    input  wire [PORTS*14-1:0]                       port_rx_event_bytes,
    input  wire [PORTS-1:0]                          port_tx_event_valid,
    input  wire [PORTS*3-1:0]                        port_tx_event_result,
    input  wire [PORTS*14-1:0]                       port_tx_event_bytes,
    input  wire                                      deliver_event_valid,
    input  wire [$clog2(FUNCTIONS)+3:0]              deliver_event_index,
    input  wire [13:0]                               deliver_event_bytes,
    input  wire                                      verdict_event_valid,
    input  wire [$clog2(FUNCTIONS)+3:0]              verdict_event_index,
    input  wire [13:0]                               verdict_event_bytes,
    input  wire                                      tx_checksum_event_valid,
    input  wire [$clog2(FUNCTIONS)+1:0]              tx_checksum_event_index,
    input  wire [13:0]                               tx_checksum_event_bytes,
    input  wire                                      rx_queue_event_valid,
    input  wire [$clog2(FUNCTIONS*RX_QUEUES)+2:0]    rx_queue_event_index,
    input  wire [13:0]                               rx_queue_event_bytes,
    input  wire                                      tx_queue_event_valid,
    input  wire [$clog2(FUNCTIONS*TX_QUEUES)+2:0]    tx_queue_event_index,
    input  wire [13:0]                               tx_queue_event_bytes,
    input  wire                                      flow_event_valid,
    input  wire [$clog2(FUNCTIONS)+2:0]              flow_event_index,
    input  wire [13:0]                               flow_event_bytes,

    // An access or an event is on its way
    output wire                                      busy
);

    `include "sekisho.vh"

    localparam integer WINDOWS = FUNCTIONS + 1; // window 0 is the management function's
    localparam integer FUNCTION_W = $clog2(FUNCTIONS);
    localparam integer PORT_W = $clog2(PORTS);
    localparam integer RX_Q = FUNCTIONS * RX_QUEUES;
    localparam integer TX_Q = FUNCTIONS * TX_QUEUES;
    localparam integer RX_QUEUE_W = $clog2(RX_QUEUES);
    localparam integer TX_QUEUE_W = $clog2(TX_QUEUES);
    localparam integer NUMBER_W = $clog2(RX_Q + TX_Q);
    localparam integer BANKS = 2 * PORTS + 6;
    localparam integer MAX_RING_LOG2 = 15;

    localparam [1:0] RESPONSE_OKAY = 2'd0;
    localparam [1:0] RESPONSE_SLVERR = 2'd2;

    localparam [1:0] STATE_IDLE = 2'd0;
    localparam [1:0] STATE_TAKE = 2'd1;    // the address and the data are taken
    localparam [1:0] STATE_ACCESS = 2'd2;  // step_reg counts its clocks; then a counter bank is asked
    localparam [1:0] STATE_RESPOND = 2'd3;

    // The clocks of an access, a bit of step_reg each. In the first two the blocks look up the
    // address; what a step makes is there in the next one.
    localparam integer STEP_WRITE = 2;   // the write to the block, the doorbells or the RSS table
    localparam integer STEP_WINDOW = 5;  // of the blocks' words, the window's
    localparam integer STEP_RESULT = 6;  // the answer
    localparam integer STEPS = 7;

`ifndef SYNTHESIS
    initial begin
        if (PORTS != SEKISHO_PORTS || FUNCTIONS != SEKISHO_FUNCTIONS ||
            RX_QUEUES != SEKISHO_RX_QUEUES || TX_QUEUES != SEKISHO_TX_QUEUES ||
            FUNCTIONS < 2 || PORTS < 2 || (FUNCTIONS & (FUNCTIONS - 1)) != 0 ||
            (RX_QUEUES & (RX_QUEUES - 1)) != 0 || (TX_QUEUES & (TX_QUEUES - 1)) != 0) begin
            $display("%m: parameters differ from sekisho.rdl, or are not powers of two");
            $finish;
        end
    end
`endif

    // The access in progress
    reg [1:0]         state_reg;
    reg [STEPS-1:0]   step_reg;
    reg               is_write_reg;
    reg               write_first_reg; // both wait: take the write, the read was taken last
    reg [15:0]        address_reg;
    reg [WINDOWS-1:0] window_reg;      // one-hot, 0: no such window
    reg [3:0]         window_number_reg;
    reg [31:0]        write_data_reg;
    reg [31:0]        read_data_reg;
    reg               whole_reg;       // the write is of a whole word
    reg [1:0]         response_reg;
    reg               aw_ready_reg;
    reg               ar_ready_reg;
    reg               b_valid_reg;
    reg               r_valid_reg;
    reg               clearing_reg;    // the counters are

    // What the address names, from STEP_WRITE on
    reg               is_rss_reg;
    reg               is_flow_reg;
    reg               is_rx_doorbell_reg;
    reg               is_tx_doorbell_reg;
    reg [BANKS-1:0]   bank_reg;
    reg               is_counter_reg;  // from the clock after that on

    // Every window's block is read, the one of the address is written
    reg               block_read_reg;
    reg [WINDOWS-1:0] block_write_reg;
    reg               rss_write_reg;
    reg               flow_write_reg;
    reg               doorbell_write_reg;

    // From the register blocks, window by window
    wire [WINDOWS*32-1:0] block_data;
    wire [WINDOWS-1:0]    block_hit;
    wire [WINDOWS-1:0]    deliver_hit;
    wire [WINDOWS-1:0]    verdict_hit;
    wire [WINDOWS-1:0]    checksum_hit;
    wire [WINDOWS-1:0]    rx_queue_hit;
    wire [WINDOWS-1:0]    tx_queue_hit;
    wire [WINDOWS-1:0]    flow_hit;
    wire                  port_rx_hit;
    wire                  port_tx_hit;
    wire [FUNCTIONS-1:0]  rss_hit;
    wire [FUNCTIONS-1:0]  flow_rules_hit;
    wire [FUNCTIONS-1:0]  rx_doorbell_hit;
    wire [FUNCTIONS-1:0]  tx_doorbell_hit;
    wire [FUNCTIONS-1:0]  network_window = window_reg[WINDOWS-1:1];

    // Number of the network function whose window it is
    /* verilator lint_off UNUSEDSIGNAL */
    wire [3:0]            function_number = window_number_reg - 4'd1;
    /* verilator lint_on UNUSEDSIGNAL */
    reg [FUNCTION_W-1:0]  index_function_reg;
    wire [FUNCTION_W-1:0] index_function = index_function_reg;

    reg [31:0]            window_data;
    reg [31:0]            window_data_reg; // of the block
    reg [31:0]            other_data_reg;  // of the RSS table, the flow rules or the doorbells
    reg [7:0]             rss_data_reg;
    reg [31:0]            flow_data_reg;
    reg                   any_hit_reg;
    wire [31:0]           doorbell_data;
    reg                   ask_counter_reg;
    wire                  counter_done;
    wire                  counters_clearing;
    wire                  counters_busy;
    wire [63:0]           counter_data;
    reg                   counter_done_reg;
    reg                   hold_reg;        // counter_data_reg is of a low word
    reg [63:0]            counter_data_reg;
    reg [BANKS-1:0]       bank_next;

    // The high word of the counter whose low word a function read last
    reg [WINDOWS-1:0]     held_reg;
    reg [WINDOWS*45-1:0]  held_words_reg; // address bits 15:3, data
    reg [44:0]            held_word;
    reg                   held;
    reg [44:0]            held_word_reg;
    reg                   held_now_reg;
    reg                   held_match_reg;
    reg                   use_held_reg;    // the read is of that word
    reg                   use_counter_reg; // the read is of another counter

    reg [FUNCTIONS-1:0]   doorbell_error_reg;
    reg [FUNCTIONS-1:0]   no_doorbell_reg;

    integer i;

    always @* begin
        window_data = 32'd0;
        for (i = 0; i < WINDOWS; i = i + 1) begin
            window_data = window_data | ({32{window_reg[i]}} & block_data[i*32 +: 32]);
        end

        held_word = 45'd0;
        held = 1'b0;
        for (i = 0; i < WINDOWS; i = i + 1) begin
            held_word = held_word | ({45{window_reg[i]}} & held_words_reg[i*45 +: 45]);
            held = held || (window_reg[i] && held_reg[i]);
        end

        for (i = 0; i < PORTS; i = i + 1) begin
            bank_next[i] = window_reg[0] && port_rx_hit &&
                address_reg[7 +: PORT_W] == i[PORT_W-1:0];
            bank_next[PORTS+i] = window_reg[0] && port_tx_hit &&
                address_reg[7 +: PORT_W] == i[PORT_W-1:0];
        end
        bank_next[2*PORTS] = |(deliver_hit & window_reg);
        bank_next[2*PORTS+1] = |(verdict_hit & window_reg);
        bank_next[2*PORTS+2] = |(checksum_hit & window_reg);
        bank_next[2*PORTS+3] = |(rx_queue_hit & window_reg);
        bank_next[2*PORTS+4] = |(tx_queue_hit & window_reg);
        bank_next[2*PORTS+5] = |(flow_hit & window_reg);
    end

    always @(posedge clk) begin
        aw_ready_reg <= 1'b0;
        ar_ready_reg <= 1'b0;
        clearing_reg <= counters_clearing;
        step_reg <= {step_reg[STEPS-2:0], 1'b0};
        counter_done_reg <= counter_done;
        hold_reg <= counter_done && !address_reg[2];
        counter_data_reg <= counter_data;

        // What follows from the address
        for (i = 0; i < WINDOWS; i = i + 1) begin
            window_reg[i] <= window_number_reg == i[3:0];
        end
        index_function_reg <= function_number[FUNCTION_W-1:0];
        is_rss_reg <= |(rss_hit & network_window);
        is_flow_reg <= |(flow_rules_hit & network_window);
        is_rx_doorbell_reg <= |(rx_doorbell_hit & network_window);
        is_tx_doorbell_reg <= |(tx_doorbell_hit & network_window);
        bank_reg <= bank_next;
        is_counter_reg <= |bank_reg;
        held_word_reg <= held_word;
        held_now_reg <= held;
        held_match_reg <= held_word_reg[44:32] == address_reg[15:3];
        use_held_reg <= is_counter_reg && held_match_reg && held_now_reg && address_reg[2];
        use_counter_reg <= is_counter_reg && !is_write_reg && !use_held_reg;
        any_hit_reg <= |(block_hit & window_reg);
        for (i = 0; i < WINDOWS; i = i + 1) begin
            if (hold_reg && window_reg[i]) begin
                held_reg[i] <= 1'b1;
                held_words_reg[i*45 +: 45] <= {address_reg[15:3], counter_data_reg[63:32]};
            end
        end

        // Write
        block_write_reg <= {WINDOWS{step_reg[STEP_WRITE] && is_write_reg && whole_reg}} & window_reg;
        rss_write_reg <= step_reg[STEP_WRITE] && is_write_reg && whole_reg && is_rss_reg;
        flow_write_reg <= step_reg[STEP_WRITE] && is_write_reg && whole_reg && is_flow_reg;
        doorbell_write_reg <= step_reg[STEP_WRITE] && is_write_reg && whole_reg &&
            (is_rx_doorbell_reg || is_tx_doorbell_reg);

        // Read
        block_read_reg <= |step_reg && !is_write_reg;
        rss_data_reg <= rss_read_data;
        flow_data_reg <= flow_read_data & {32{is_flow_reg}};
        if (step_reg[STEP_WINDOW]) begin
            window_data_reg <= window_data;
            other_data_reg <= is_rss_reg ? {24'd0, rss_data_reg}
                : flow_data_reg | (doorbell_data & {32{is_rx_doorbell_reg || is_tx_doorbell_reg}});
        end

        case (state_reg)
            STATE_IDLE: begin
                if (clearing_reg) begin
                    state_reg <= STATE_IDLE;
                end else if (s_axil_awvalid && s_axil_wvalid && (write_first_reg || !s_axil_arvalid)) begin
                    is_write_reg <= 1'b1;
                    write_first_reg <= 1'b0;
                    aw_ready_reg <= 1'b1;
                    state_reg <= STATE_TAKE;
                end else if (s_axil_arvalid) begin
                    is_write_reg <= 1'b0;
                    write_first_reg <= 1'b1;
                    ar_ready_reg <= 1'b1;
                    state_reg <= STATE_TAKE;
                end
            end
            STATE_TAKE: begin
                address_reg <= is_write_reg ? s_axil_awaddr[15:0] : s_axil_araddr[15:0];
                window_number_reg <= is_write_reg ? s_axil_awaddr[19:16] : s_axil_araddr[19:16];
                write_data_reg <= s_axil_wdata;
                whole_reg <= s_axil_wstrb == 4'hf;
                step_reg[0] <= 1'b1;
                state_reg <= STATE_ACCESS;
            end
            STATE_ACCESS: begin
                if ((step_reg[STEP_RESULT] && !use_counter_reg) || counter_done_reg) begin
                    b_valid_reg <= is_write_reg;
                    r_valid_reg <= !is_write_reg;
                    state_reg <= STATE_RESPOND;
                end
            end
            default: begin // STATE_RESPOND
                if (is_write_reg ? s_axil_bready : s_axil_rready) begin
                    b_valid_reg <= 1'b0;
                    r_valid_reg <= 1'b0;
                    state_reg <= STATE_IDLE;
                end
            end
        endcase

        if (step_reg[STEP_RESULT]) begin
            response_reg <= any_hit_reg && (whole_reg || !is_write_reg) ? RESPONSE_OKAY
                                                                        : RESPONSE_SLVERR;
            read_data_reg <= use_held_reg ? held_word_reg[31:0] : window_data_reg | other_data_reg;
            ask_counter_reg <= use_counter_reg;
            if (use_held_reg && !is_write_reg) begin
                held_reg <= held_reg & ~window_reg;
            end
        end
        if (counter_done) begin
            ask_counter_reg <= 1'b0;
        end
        if (counter_done_reg) begin
            read_data_reg <= address_reg[2] ? counter_data_reg[63:32] : counter_data_reg[31:0];
        end

        if (rst) begin
            state_reg <= STATE_IDLE;
            step_reg <= {STEPS{1'b0}};
            aw_ready_reg <= 1'b0;
            ar_ready_reg <= 1'b0;
            b_valid_reg <= 1'b0;
            r_valid_reg <= 1'b0;
            clearing_reg <= 1'b1;
            write_first_reg <= 1'b0;
            held_reg <= {WINDOWS{1'b0}};
            block_write_reg <= {WINDOWS{1'b0}};
            rss_write_reg <= 1'b0;
            flow_write_reg <= 1'b0;
            doorbell_write_reg <= 1'b0;
            ask_counter_reg <= 1'b0;
        end
    end

    // A reset of a function clears registers all over the block
    wire [FUNCTIONS-1:0] reset_written;
    reg  [FUNCTIONS-1:0] function_reset_reg;

    always @(posedge clk)
        function_reset_reg <= reset_written;

    assign function_reset = function_reset_reg;

    // A write to the doorbell page that names no doorbell
    always @(posedge clk) begin
        no_doorbell_reg <= {FUNCTIONS{step_reg[STEP_RESULT] && is_write_reg && !any_hit_reg &&
                                      address_reg[15:12] == 4'd1}} & network_window;
        doorbell_error_reg <= (doorbell_error_reg | no_doorbell_reg) & ~function_reset;
        if (rst) begin
            no_doorbell_reg <= {FUNCTIONS{1'b0}};
            doorbell_error_reg <= {FUNCTIONS{1'b0}};
        end
    end

    assign s_axil_awready = aw_ready_reg;
    assign s_axil_wready = aw_ready_reg;
    assign s_axil_arready = ar_ready_reg;
    assign s_axil_bvalid = b_valid_reg;
    assign s_axil_bresp = response_reg;
    assign s_axil_rvalid = r_valid_reg;
    assign s_axil_rresp = response_reg;
    assign s_axil_rdata = read_data_reg;

    // RSS table: entry n of the function is at 4 n from its start
    assign rss_write_valid = rss_write_reg;
    assign rss_write_address = {index_function, address_reg[8:2]};
    assign rss_write_data = write_data_reg[7:0];
    assign rss_read_address = {index_function, address_reg[8:2]};

    // Flow rules: word n of the function is at 4 n from their start
    assign flow_write_valid = flow_write_reg;
    assign flow_write_address = {index_function, address_reg[10:2]};
    assign flow_write_data = write_data_reg;
    assign flow_read_address = {index_function, address_reg[10:2]};

    // Doorbells
    reg [NUMBER_W-1:0] doorbell_number_reg;
    reg                doorbell_arm_reg;

    always @(posedge clk) begin
        doorbell_arm_reg <= address_reg[2];
        if (is_tx_doorbell_reg) begin
            doorbell_number_reg <= {{(NUMBER_W - FUNCTION_W - TX_QUEUE_W){1'b0}}, index_function,
                                    address_reg[6 +: TX_QUEUE_W]} + RX_Q[NUMBER_W-1:0];
        end else begin
            doorbell_number_reg <= {{(NUMBER_W - FUNCTION_W - RX_QUEUE_W){1'b0}}, index_function,
                                    address_reg[6 +: RX_QUEUE_W]};
        end
    end

    csr_doorbells #(.RX_QUEUES(RX_Q), .TX_QUEUES(TX_Q)) doorbells (
        .clk(clk), .rst(rst),
        .write(doorbell_write_reg),
        .number(doorbell_number_reg),
        .arm(doorbell_arm_reg),
        .write_data(write_data_reg),
        .read_data(doorbell_data),
        .rx_doorbell_valid(rx_doorbell_valid),
        .rx_doorbell_queue(rx_doorbell_queue),
        .rx_doorbell_tail(rx_doorbell_tail),
        .tx_doorbell_valid(tx_doorbell_valid),
        .tx_doorbell_queue(tx_doorbell_queue),
        .tx_doorbell_tail(tx_doorbell_tail),
        .arm_write_valid(arm_write_valid),
        .arm_write_queue(arm_write_queue),
        .arm_write_seen(arm_write_seen)
    );

    // Events, a clock later
    reg [PORTS-1:0]                 port_rx_event_valid_reg;
    reg [PORTS*3-1:0]               port_rx_event_result_reg;
    reg [PORTS*14-1:0]              port_rx_event_bytes_reg;
    reg [PORTS-1:0]                 port_tx_event_valid_reg;
    reg [PORTS*3-1:0]               port_tx_event_result_reg;
    reg [PORTS*14-1:0]              port_tx_event_bytes_reg;
    reg                             deliver_event_valid_reg;
    reg [FUNCTION_W+3:0]            deliver_event_index_reg;
    reg [13:0]                      deliver_event_bytes_reg;
    reg                             verdict_event_valid_reg;
    reg [FUNCTION_W+3:0]            verdict_event_index_reg;
    reg [13:0]                      verdict_event_bytes_reg;
    reg                             tx_checksum_event_valid_reg;
    reg [FUNCTION_W+1:0]            tx_checksum_event_index_reg;
    reg [13:0]                      tx_checksum_event_bytes_reg;
    reg                             rx_queue_event_valid_reg;
    reg [FUNCTION_W+RX_QUEUE_W+2:0] rx_queue_event_index_reg;
    reg [13:0]                      rx_queue_event_bytes_reg;
    reg                             tx_queue_event_valid_reg;
    reg [FUNCTION_W+TX_QUEUE_W+2:0] tx_queue_event_index_reg;
    reg [13:0]                      tx_queue_event_bytes_reg;
    reg                             flow_event_valid_reg;
    reg [FUNCTION_W+2:0]            flow_event_index_reg;
    reg [13:0]                      flow_event_bytes_reg;

    always @(posedge clk) begin
        port_rx_event_valid_reg <= port_rx_event_valid;
        port_rx_event_result_reg <= port_rx_event_result;
        port_rx_event_bytes_reg <= port_rx_event_bytes;
        port_tx_event_valid_reg <= port_tx_event_valid;
        port_tx_event_result_reg <= port_tx_event_result;
        port_tx_event_bytes_reg <= port_tx_event_bytes;
        deliver_event_valid_reg <= deliver_event_valid;
        deliver_event_index_reg <= deliver_event_index;
        deliver_event_bytes_reg <= deliver_event_bytes;
        verdict_event_valid_reg <= verdict_event_valid;
        verdict_event_index_reg <= verdict_event_index;
        verdict_event_bytes_reg <= verdict_event_bytes;
        tx_checksum_event_valid_reg <= tx_checksum_event_valid;
        tx_checksum_event_index_reg <= tx_checksum_event_index;
        tx_checksum_event_bytes_reg <= tx_checksum_event_bytes;
        rx_queue_event_valid_reg <= rx_queue_event_valid;
        rx_queue_event_index_reg <= rx_queue_event_index;
        rx_queue_event_bytes_reg <= rx_queue_event_bytes;
        tx_queue_event_valid_reg <= tx_queue_event_valid;
        tx_queue_event_index_reg <= tx_queue_event_index;
        tx_queue_event_bytes_reg <= tx_queue_event_bytes;
        flow_event_valid_reg <= flow_event_valid;
        flow_event_index_reg <= flow_event_index;
        flow_event_bytes_reg <= flow_event_bytes;
        if (rst) begin
            port_rx_event_valid_reg <= {PORTS{1'b0}};
            port_tx_event_valid_reg <= {PORTS{1'b0}};
            deliver_event_valid_reg <= 1'b0;
            verdict_event_valid_reg <= 1'b0;
            tx_checksum_event_valid_reg <= 1'b0;
            rx_queue_event_valid_reg <= 1'b0;
            tx_queue_event_valid_reg <= 1'b0;
            flow_event_valid_reg <= 1'b0;
        end
    end

    // Where the counter is in its bank: the management function sees all of a bank, a network
    // function its part
    wire                  is_management = window_reg[0];
    reg [FUNCTION_W+3:0]  deliver_index_reg;
    reg [FUNCTION_W+1:0]  checksum_index_reg;
    reg [FUNCTION_W+RX_QUEUE_W+2:0] rx_queue_index_reg;
    reg [FUNCTION_W+TX_QUEUE_W+2:0] tx_queue_index_reg;
    reg [FUNCTION_W+2:0]  flow_index_reg;

    always @(posedge clk) begin
        deliver_index_reg <= {is_management ? address_reg[8 +: FUNCTION_W] : index_function,
                              address_reg[7:4]};
        checksum_index_reg <= {is_management ? address_reg[6 +: FUNCTION_W] : index_function,
                               address_reg[5:4]};
        rx_queue_index_reg <= {is_management ? address_reg[7 + RX_QUEUE_W +: FUNCTION_W]
                                             : index_function, address_reg[4 +: RX_QUEUE_W + 3]};
        tx_queue_index_reg <= {is_management ? address_reg[7 + TX_QUEUE_W +: FUNCTION_W]
                                             : index_function, address_reg[4 +: TX_QUEUE_W + 3]};
        flow_index_reg <= {is_management ? address_reg[7 +: FUNCTION_W] : index_function,
                           address_reg[6:4]};
    end

    csr_counters #(
        .PORTS(PORTS), .DELIVER_W(FUNCTION_W + 4), .CHECKSUM_W(FUNCTION_W + 2),
        .RX_QUEUE_W(FUNCTION_W + RX_QUEUE_W + 3), .TX_QUEUE_W(FUNCTION_W + TX_QUEUE_W + 3),
        .FLOW_W(FUNCTION_W + 3)
    ) counters (
        .clk(clk), .rst(rst),
        .port_rx_event_valid(port_rx_event_valid_reg),
        .port_rx_event_result(port_rx_event_result_reg),
        .port_rx_event_bytes(port_rx_event_bytes_reg),
        .port_tx_event_valid(port_tx_event_valid_reg),
        .port_tx_event_result(port_tx_event_result_reg),
        .port_tx_event_bytes(port_tx_event_bytes_reg),
        .deliver_event_valid(deliver_event_valid_reg),
        .deliver_event_index(deliver_event_index_reg),
        .deliver_event_bytes(deliver_event_bytes_reg),
        .verdict_event_valid(verdict_event_valid_reg),
        .verdict_event_index(verdict_event_index_reg),
        .verdict_event_bytes(verdict_event_bytes_reg),
        .tx_checksum_event_valid(tx_checksum_event_valid_reg),
        .tx_checksum_event_index(tx_checksum_event_index_reg),
        .tx_checksum_event_bytes(tx_checksum_event_bytes_reg),
        .rx_queue_event_valid(rx_queue_event_valid_reg),
        .rx_queue_event_index(rx_queue_event_index_reg),
        .rx_queue_event_bytes(rx_queue_event_bytes_reg),
        .tx_queue_event_valid(tx_queue_event_valid_reg),
        .tx_queue_event_index(tx_queue_event_index_reg),
        .tx_queue_event_bytes(tx_queue_event_bytes_reg),
        .flow_event_valid(flow_event_valid_reg),
        .flow_event_index(flow_event_index_reg),
        .flow_event_bytes(flow_event_bytes_reg),
        .read_valid(ask_counter_reg),
        .read_select(bank_reg),
        .read_port_index(address_reg[6:4]),
        .read_deliver_index(deliver_index_reg),
        .read_checksum_index(checksum_index_reg),
        .read_rx_queue_index(rx_queue_index_reg),
        .read_tx_queue_index(tx_queue_index_reg),
        .read_flow_index(flow_index_reg),
        .read_unit(address_reg[3]),
        .read_done(counter_done),
        .clearing(counters_clearing),
        .busy(counters_busy),
        .read_data(counter_data)
    );

    assign busy = state_reg != STATE_IDLE || s_axil_awvalid || s_axil_wvalid || s_axil_arvalid ||
        counters_busy || |port_rx_event_valid_reg || |port_tx_event_valid_reg || deliver_event_valid_reg ||
        verdict_event_valid_reg || tx_checksum_event_valid_reg || rx_queue_event_valid_reg ||
        tx_queue_event_valid_reg || flow_event_valid_reg;

    // Management function
    management_function_regs management (
        .clk(clk), .rst(rst),
        .address(address_reg),
        .read(block_read_reg),
        .write(block_write_reg[0]),
        .write_data(write_data_reg),
        .read_data(block_data[0 +: 32]),
        .hit(block_hit[0]),
        .port_control_enable(port_enable),
        .identification_rtl_hash_value(RTL_HASH),
        .identification_function_info_kind({6'd0, FUNCTION_KIND_MANAGEMENT}),
        .identification_function_info_index(8'd0),
        .identification_function_info_port(8'd0),
        .identification_capabilities_rx_queues(RX_QUEUES[7:0]),
        .identification_capabilities_tx_queues(TX_QUEUES[7:0]),
        .identification_capabilities_ports(PORTS[3:0]),
        .identification_capabilities_functions(FUNCTIONS[3:0]),
        .identification_capabilities_max_ring_log2(MAX_RING_LOG2[7:0]),
        .identification_build_data_width(DATA_W[11:0]),
        .identification_build_dma_width(DMA_W[11:0]),
        .identification_limits_max_frame(MAX_FRAME[13:0]),
        .identification_time_microseconds(microseconds),
        .port_status_link_up(link_up),
        .port_status_speed(link_speed),
        .port_rx_statistics_hit(port_rx_hit),
        .port_tx_statistics_hit(port_tx_hit),
        .deliver_statistics_hit(deliver_hit[0]),
        .verdict_statistics_hit(verdict_hit[0]),
        .checksum_statistics_hit(checksum_hit[0]),
        .rx_queue_statistics_hit(rx_queue_hit[0]),
        .tx_queue_statistics_hit(tx_queue_hit[0]),
        .flow_statistics_hit(flow_hit[0])
    );

    // A queue that has been stopped is enabled again only when nothing of before is left
    reg [RX_Q-1:0] rx_queue_active_reg;
    reg [TX_Q-1:0] tx_queue_active_reg;
    reg [RX_Q-1:0] rx_queue_stopping_reg;
    reg [TX_Q-1:0] tx_queue_stopping_reg;

    always @(posedge clk) begin
        rx_queue_active_reg <= rx_queue_active;
        tx_queue_active_reg <= tx_queue_active;
        rx_queue_stopping_reg <= rx_queue_active & ~rx_queue_enable;
        tx_queue_stopping_reg <= tx_queue_active & ~tx_queue_enable;
    end

    // Network functions; function g's port is port g
    genvar g, q;
    generate
        for (g = 0; g < FUNCTIONS; g = g + 1) begin : network
            wire [8*32-1:0]         filter_lo;
            wire [8*16-1:0]         filter_hi;
            wire [RX_QUEUES*32-1:0] rx_ring_lo;
            wire [RX_QUEUES*32-1:0] rx_ring_hi;
            wire [RX_QUEUES*32-1:0] rx_completion_lo;
            wire [RX_QUEUES*32-1:0] rx_completion_hi;
            wire [TX_QUEUES*32-1:0] tx_ring_lo;
            wire [TX_QUEUES*32-1:0] tx_ring_hi;
            wire [TX_QUEUES*32-1:0] tx_completion_lo;
            wire [TX_QUEUES*32-1:0] tx_completion_hi;

            network_function_regs regs (
                .clk(clk), .rst(rst),
                .address(address_reg),
                .read(block_read_reg),
                .write(block_write_reg[g+1]),
                .write_data(write_data_reg),
                .read_data(block_data[(g+1)*32 +: 32]),
                .hit(block_hit[g+1]),
                .control_rx_enable(rx_enable[g]),
                .control_tx_enable(tx_enable[g]),
                .control_promiscuous(promiscuous[g]),
                .control_all_multicast(all_multicast[g]),
                .control_drop_bad_ip(drop_bad_ip[g]),
                .control_drop_bad_l4(drop_bad_l4[g]),
                .control_scatter(scatter[g]),
                .event_vector(event_vector[g*8 +: 8]),
                .event_enable(event_enable[g]),
                .flow_enable_rules(flow_enable[g*8 +: 8]),
                .mac_filter_lo_value(filter_lo),
                .mac_filter_hi_value(filter_hi),
                .mac_filter_hi_valid(mac_filter_valid[g*8 +: 8]),
                .mac_lo_value(mac[g*48 +: 32]),
                .mac_hi_value(mac[g*48+32 +: 16]),
                .max_frame_value(max_frame[g*14 +: 14]),
                .rss_types_ipv4(rss_types[g*6]),
                .rss_types_ipv4_tcp(rss_types[g*6+1]),
                .rss_types_ipv4_udp(rss_types[g*6+2]),
                .rss_types_ipv6(rss_types[g*6+3]),
                .rss_types_ipv6_tcp(rss_types[g*6+4]),
                .rss_types_ipv6_udp(rss_types[g*6+5]),
                .reset_reset(reset_written[g]),
                .rss_key_value(rss_key[g*320 +: 320]),
                .rx_queue_control_enable(rx_queue_enable[g*RX_QUEUES +: RX_QUEUES]),
                .rx_queue_config_size_log2(rx_queue_size_log2[g*RX_QUEUES*4 +: RX_QUEUES*4]),
                .rx_queue_config_vector(rx_queue_vector[g*RX_QUEUES*8 +: RX_QUEUES*8]),
                .rx_queue_ring_lo_value(rx_ring_lo),
                .rx_queue_ring_hi_value(rx_ring_hi),
                .rx_queue_completion_lo_value(rx_completion_lo),
                .rx_queue_completion_hi_value(rx_completion_hi),
                .tx_queue_control_enable(tx_queue_enable[g*TX_QUEUES +: TX_QUEUES]),
                .tx_queue_config_size_log2(tx_queue_size_log2[g*TX_QUEUES*4 +: TX_QUEUES*4]),
                .tx_queue_config_vector(tx_queue_vector[g*TX_QUEUES*8 +: TX_QUEUES*8]),
                .tx_queue_ring_lo_value(tx_ring_lo),
                .tx_queue_ring_hi_value(tx_ring_hi),
                .tx_queue_completion_lo_value(tx_completion_lo),
                .tx_queue_completion_hi_value(tx_completion_hi),
                .identification_rtl_hash_value(RTL_HASH),
                .identification_function_info_kind({6'd0, FUNCTION_KIND_NETWORK}),
                .identification_function_info_index(g[7:0]),
                .identification_function_info_port(g[7:0]),
                .identification_capabilities_rx_queues(RX_QUEUES[7:0]),
                .identification_capabilities_tx_queues(TX_QUEUES[7:0]),
                .identification_capabilities_ports(PORTS[3:0]),
                .identification_capabilities_functions(FUNCTIONS[3:0]),
                .identification_capabilities_max_ring_log2(MAX_RING_LOG2[7:0]),
                .identification_build_data_width(DATA_W[11:0]),
                .identification_build_dma_width(DMA_W[11:0]),
                .identification_limits_max_frame(MAX_FRAME[13:0]),
                .identification_time_microseconds(microseconds),
                .link_link_up(link_up[g]),
                .link_speed(link_speed[g*24 +: 24]),
                .error_value({31'd0, doorbell_error_reg[g]}),
                .rx_queue_status_active(rx_queue_active_reg[g*RX_QUEUES +: RX_QUEUES]),
                .rx_queue_status_ring_error(rx_queue_ring_error[g*RX_QUEUES +: RX_QUEUES]),
                .rx_queue_status_doorbell_error(rx_queue_doorbell_error[g*RX_QUEUES +: RX_QUEUES]),
                .rx_queue_progress_fetched(rx_queue_fetched[g*RX_QUEUES*16 +: RX_QUEUES*16]),
                .rx_queue_progress_completed(rx_queue_completed[g*RX_QUEUES*16 +: RX_QUEUES*16]),
                .tx_queue_status_active(tx_queue_active_reg[g*TX_QUEUES +: TX_QUEUES]),
                .tx_queue_status_ring_error(tx_queue_ring_error[g*TX_QUEUES +: TX_QUEUES]),
                .tx_queue_status_doorbell_error(tx_queue_doorbell_error[g*TX_QUEUES +: TX_QUEUES]),
                .tx_queue_progress_fetched(tx_queue_fetched[g*TX_QUEUES*16 +: TX_QUEUES*16]),
                .tx_queue_progress_completed(tx_queue_completed[g*TX_QUEUES*16 +: TX_QUEUES*16]),
                .control_rx_enable_hwclr(function_reset[g]),
                .control_tx_enable_hwclr(function_reset[g]),
                .control_promiscuous_hwclr(function_reset[g]),
                .control_all_multicast_hwclr(function_reset[g]),
                .control_drop_bad_ip_hwclr(function_reset[g]),
                .control_drop_bad_l4_hwclr(function_reset[g]),
                .control_scatter_hwclr(function_reset[g]),
                .rss_types_ipv4_hwclr(function_reset[g]),
                .rss_types_ipv4_tcp_hwclr(function_reset[g]),
                .rss_types_ipv4_udp_hwclr(function_reset[g]),
                .rss_types_ipv6_hwclr(function_reset[g]),
                .rss_types_ipv6_tcp_hwclr(function_reset[g]),
                .rss_types_ipv6_udp_hwclr(function_reset[g]),
                .event_enable_hwclr(function_reset[g]),
                .flow_enable_rules_hwclr(function_reset[g]),
                .mac_filter_hi_valid_hwclr({8{function_reset[g]}}),
                .rx_queue_control_enable_hwclr({RX_QUEUES{function_reset[g]}} |
                    rx_queue_stopping_reg[g*RX_QUEUES +: RX_QUEUES]),
                .tx_queue_control_enable_hwclr({TX_QUEUES{function_reset[g]}} |
                    tx_queue_stopping_reg[g*TX_QUEUES +: TX_QUEUES]),
                .rss_table_hit(rss_hit[g]),
                .flow_rules_hit(flow_rules_hit[g]),
                .rx_doorbell_hit(rx_doorbell_hit[g]),
                .tx_doorbell_hit(tx_doorbell_hit[g]),
                .deliver_statistics_hit(deliver_hit[g+1]),
                .verdict_statistics_hit(verdict_hit[g+1]),
                .checksum_statistics_hit(checksum_hit[g+1]),
                .rx_queue_statistics_hit(rx_queue_hit[g+1]),
                .tx_queue_statistics_hit(tx_queue_hit[g+1]),
                .flow_statistics_hit(flow_hit[g+1])
            );

            for (q = 0; q < 8; q = q + 1) begin : filter
                assign mac_filter[(g*8+q)*48 +: 48] = {filter_hi[q*16 +: 16], filter_lo[q*32 +: 32]};
            end
            for (q = 0; q < RX_QUEUES; q = q + 1) begin : rx
                assign rx_queue_ring[(g*RX_QUEUES+q)*64 +: 64] =
                    {rx_ring_hi[q*32 +: 32], rx_ring_lo[q*32 +: 32]};
                assign rx_queue_completion[(g*RX_QUEUES+q)*64 +: 64] =
                    {rx_completion_hi[q*32 +: 32], rx_completion_lo[q*32 +: 32]};
            end
            for (q = 0; q < TX_QUEUES; q = q + 1) begin : tx
                assign tx_queue_ring[(g*TX_QUEUES+q)*64 +: 64] =
                    {tx_ring_hi[q*32 +: 32], tx_ring_lo[q*32 +: 32]};
                assign tx_queue_completion[(g*TX_QUEUES+q)*64 +: 64] =
                    {tx_completion_hi[q*32 +: 32], tx_completion_lo[q*32 +: 32]};
            end
        end
    endgenerate

endmodule

`resetall
