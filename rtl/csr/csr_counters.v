// SPDX-License-Identifier: BSD-3-Clause
//
// All counters of the core: a bank for every source of events, and one read port over them.
//
// A bank keeps the low bits of its counters and counts every event at once. The high bits of all
// counters are in one RAM that is swept, a word every 4 clocks: each word counts how often the top
// bit of the low part has changed, so its lowest bit is the top bit as it was seen last. A top bit
// changes at most once between two visits, as the banks are wide enough for an event of the
// greatest length in every clock: what is in the RAM is late, and never wrong.
//
// Events never stall. read_valid stays until read_done, with read_select (one bit a bank) and the
// indexes stable. A read is taken from its second clock on, in one of two of every 4 clocks, when the
// bank has no event; read_done comes 6 clocks after that, and read_data holds every event before it
// and none after.
// Order of read_select: receive ports, transmit ports, deliver, verdict, checksum, receive queues,
// transmit queues, flow rules.
//
// After reset the counters are cleared, a clock each; clearing is 1 meanwhile, and reads wait.
// A bank's events are not counted until its own part is done: a bank of 2^n counters needs
// 2^n + 1 clocks.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module csr_counters #(
    // Ports; bits of an index of each kind of counter.
    parameter integer PORTS = 2,
    parameter integer DELIVER_W = 5,
    parameter integer CHECKSUM_W = 3,
    parameter integer RX_QUEUE_W = 6,
    parameter integer TX_QUEUE_W = 6,
    parameter integer FLOW_W = 4
) (
    input  wire                   clk,
    input  wire                   rst,

    // Events
    input  wire [PORTS-1:0]       port_rx_event_valid,
    input  wire [PORTS*3-1:0]     port_rx_event_result,
    input  wire [PORTS*14-1:0]    port_rx_event_bytes,
    input  wire [PORTS-1:0]       port_tx_event_valid,
    input  wire [PORTS*3-1:0]     port_tx_event_result,
    input  wire [PORTS*14-1:0]    port_tx_event_bytes,
    input  wire                   deliver_event_valid,
    input  wire [DELIVER_W-1:0]   deliver_event_index,
    input  wire [13:0]            deliver_event_bytes,
    input  wire                   verdict_event_valid,
    input  wire [DELIVER_W-1:0]   verdict_event_index,
    input  wire [13:0]            verdict_event_bytes,
    input  wire                   tx_checksum_event_valid,
    input  wire [CHECKSUM_W-1:0]  tx_checksum_event_index,
    input  wire [13:0]            tx_checksum_event_bytes,
    input  wire                   rx_queue_event_valid,
    input  wire [RX_QUEUE_W-1:0]  rx_queue_event_index,
    input  wire [13:0]            rx_queue_event_bytes,
    input  wire                   tx_queue_event_valid,
    input  wire [TX_QUEUE_W-1:0]  tx_queue_event_index,
    input  wire [13:0]            tx_queue_event_bytes,
    input  wire                   flow_event_valid,
    input  wire [FLOW_W-1:0]      flow_event_index,
    input  wire [13:0]            flow_event_bytes,

    // Reads
    input  wire                   read_valid,
    input  wire [2*PORTS+5:0]     read_select,
    input  wire [2:0]             read_port_index,
    input  wire [DELIVER_W-1:0]   read_deliver_index,
    input  wire [CHECKSUM_W-1:0]  read_checksum_index,
    input  wire [RX_QUEUE_W-1:0]  read_rx_queue_index,
    input  wire [TX_QUEUE_W-1:0]  read_tx_queue_index,
    input  wire [FLOW_W-1:0]      read_flow_index,
    // 0: packets, 1: bytes
    input  wire                   read_unit,
    output wire                   read_done,
    output wire [63:0]            read_data,

    // The counters are being cleared after reset
    output wire                   clearing,
    // That, or an event or a read is on its way
    output wire                   busy
);

    localparam integer BANKS = 2 * PORTS + 6;
    localparam integer BANK_W = $clog2(BANKS);
    localparam integer DELIVER = 2 * PORTS;
    localparam integer VERDICT = 2 * PORTS + 1;
    localparam integer CHECKSUM = 2 * PORTS + 2;
    localparam integer RX_QUEUE = 2 * PORTS + 3;
    localparam integer TX_QUEUE = 2 * PORTS + 4;
    localparam integer FLOW = 2 * PORTS + 5;
    localparam integer WORDS = 16 * PORTS + (2 << DELIVER_W) + (1 << CHECKSUM_W) +
                               (1 << RX_QUEUE_W) + (1 << TX_QUEUE_W) + (1 << FLOW_W);

    // Bits of an index in any bank
    localparam integer QUEUE_W = RX_QUEUE_W > TX_QUEUE_W ? RX_QUEUE_W : TX_QUEUE_W;
    localparam integer LARGE_W = DELIVER_W > QUEUE_W ? DELIVER_W : QUEUE_W;
    localparam integer SMALL_W = CHECKSUM_W > FLOW_W ? CHECKSUM_W : FLOW_W;
    localparam integer INDEX_W = SMALL_W > LARGE_W ? SMALL_W : LARGE_W;

    // Half of a bank's range holds what 1024 clocks can bring, more than a sweep takes.
    localparam integer PACKETS_W = 11;
    localparam integer BYTES_W = 25;
    localparam integer PACKETS_HIGH_W = 64 - PACKETS_W + 1;
    localparam integer BYTES_HIGH_W = 64 - BYTES_W + 1;

`ifndef SYNTHESIS
    initial begin
        if (4 * WORDS + 8 > 1024) begin
            $display("%m: %0d counters are too many for the width of a bank", WORDS);
            $finish;
        end
    end
`endif

    wire [BANKS-1:0]           bank_ready;
    wire [BANKS*PACKETS_W-1:0] bank_packets;
    wire [BANKS*BYTES_W-1:0]   bank_bytes;
    wire [BANKS*2-1:0]         bank_tops;
    wire [BANKS-1:0]           bank_busy;

    // The sweep: at most one word every 4 clocks, every clock while it clears
    reg [1:0]                  phase_reg;
    reg                        clearing_reg;
    reg [INDEX_W:0]            clear_index_reg;  // counter that the banks clear next
    reg [BANKS-1:0]            clear_reg;        // they clear counter index_reg
    reg [BANKS-1:0]            at_select_reg;
    reg [BANK_W-1:0]           at_bank_reg;
    reg [INDEX_W-1:0]          at_index_reg;
    reg [INDEX_W-1:0]          at_end;           // last counter of the bank
    // A clock late, which is seen at index 0 only, where no bank ends
    reg [INDEX_W-1:0]          at_end_reg;

    // The words on their way. Stage 0: address of the RAM. Stage 1: its word. Stage 2: that and
    // the top bits are there. Stage 3: whether to add 1. Stage 4: the new word.
    reg                        asked_reg;        // the read has been taken, before the last clock
    reg                        p0_sweep_reg, p1_sweep_reg, p2_sweep_reg, p3_sweep_reg, p4_sweep_reg;
    reg                        taken_reg;        // it was taken in the clock before
    reg                        p0_read_reg, p1_read_reg, p2_read_reg, p3_read_reg, p4_read_reg;
    reg [BANKS-1:0]            p0_select_reg, p1_select_reg;
    reg [BANK_W-1:0]           p0_bank_reg, p1_bank_reg, p2_bank_reg, p3_bank_reg, p4_bank_reg;
    reg [INDEX_W-1:0]          p0_index_reg, p1_index_reg, p2_index_reg, p3_index_reg, p4_index_reg;
    reg [1:0]                  p2_tops_reg, p3_step_reg;
    reg [PACKETS_W-2:0]        p2_packets_reg, p3_packets_reg, p4_packets_reg;
    reg [BYTES_W-2:0]          p2_bytes_reg, p3_bytes_reg, p4_bytes_reg;
    reg                        p0_clear_reg, p1_clear_reg, p2_clear_reg, p3_clear_reg;
    reg                        wait_clear_reg;   // a word to clear is on its way

    // A word is never read and written in the same clock: reads in phases 1 and 2, and the sweep's of
    // the word that follows in phase 0, against phase 0
    (* no_rw_check *) (* ram_style = "block" *)
    reg [BYTES_HIGH_W+PACKETS_HIGH_W-1:0] high_ram [0:(1 << (BANK_W + INDEX_W)) - 1];
    reg [BYTES_HIGH_W+PACKETS_HIGH_W-1:0] p1_high_reg;
    reg [BYTES_HIGH_W-1:0]     p2_bytes_high_reg, p3_bytes_high_reg, p4_bytes_high_reg;
    reg [PACKETS_HIGH_W-1:0]   p2_packets_high_reg, p3_packets_high_reg, p4_packets_high_reg;

    wire                       step = clearing_reg || phase_reg == 2'd3;
    wire                       ask = read_valid && read_valid_reg && !taken_reg && !asked_reg && !wait_clear_reg &&
                                     phase_reg[0] == phase_reg[1];
    wire                       taken = ask && |(read_select & bank_ready);
    wire [BANKS-1:0]           bank_read = {BANKS{ask}} & read_select;

    // What is read: bank and index
    reg [BANK_W-1:0]           read_bank;
    reg [INDEX_W-1:0]          read_index;
    reg                        read_valid_reg;   // read_bank_reg and index_reg are of the read
    reg [BANK_W-1:0]           read_bank_reg;
    reg [INDEX_W-1:0]          index_reg;
    // Sums of the banks, and top bits of the word of stage 1
    reg [PACKETS_W-1:0]        packets;
    reg [BYTES_W-1:0]          bytes;
    reg [1:0]                  tops;

    integer i;

    always @* begin
        read_bank = {BANK_W{1'b0}};
        packets = {PACKETS_W{1'b0}};
        bytes = {BYTES_W{1'b0}};
        tops = 2'd0;
        for (i = 0; i < BANKS; i = i + 1) begin
            read_bank = read_bank | ({BANK_W{read_select[i]}} & i[BANK_W-1:0]);
            packets = packets | ({PACKETS_W{read_select[i]}} &
                                 bank_packets[i*PACKETS_W +: PACKETS_W]);
            bytes = bytes | ({BYTES_W{read_select[i]}} & bank_bytes[i*BYTES_W +: BYTES_W]);
            tops = tops | ({2{p1_select_reg[i]}} & bank_tops[i*2 +: 2]);
        end

        read_index = {INDEX_W{1'b0}};
        at_end = {INDEX_W{1'b0}};
        if (|read_select[DELIVER-1:0])
            read_index[2:0] = read_port_index;
        if (read_select[DELIVER] || read_select[VERDICT])
            read_index[DELIVER_W-1:0] = read_deliver_index;
        if (read_select[CHECKSUM])
            read_index[CHECKSUM_W-1:0] = read_checksum_index;
        if (read_select[RX_QUEUE])
            read_index[RX_QUEUE_W-1:0] = read_rx_queue_index;
        if (read_select[TX_QUEUE])
            read_index[TX_QUEUE_W-1:0] = read_tx_queue_index;
        if (read_select[FLOW])
            read_index[FLOW_W-1:0] = read_flow_index;
        if (|at_select_reg[DELIVER-1:0])
            at_end[2:0] = 3'd7;
        if (at_select_reg[DELIVER] || at_select_reg[VERDICT])
            at_end[DELIVER_W-1:0] = {DELIVER_W{1'b1}};
        if (at_select_reg[CHECKSUM])
            at_end[CHECKSUM_W-1:0] = {CHECKSUM_W{1'b1}};
        if (at_select_reg[RX_QUEUE])
            at_end[RX_QUEUE_W-1:0] = {RX_QUEUE_W{1'b1}};
        if (at_select_reg[TX_QUEUE])
            at_end[TX_QUEUE_W-1:0] = {TX_QUEUE_W{1'b1}};
        if (at_select_reg[FLOW])
            at_end[FLOW_W-1:0] = {FLOW_W{1'b1}};
    end

    always @(posedge clk) begin
        phase_reg <= phase_reg + 2'd1;
        if (!clear_index_reg[INDEX_W])
            clear_index_reg <= clear_index_reg + 1'b1;
        index_reg <= clear_index_reg[INDEX_W] ? read_index : clear_index_reg[INDEX_W-1:0];
        clear_reg[DELIVER-1:0] <= {DELIVER{clear_index_reg[INDEX_W:3] == {(INDEX_W - 2){1'b0}}}};
        clear_reg[DELIVER] <= clear_index_reg[INDEX_W:DELIVER_W] == {(INDEX_W + 1 - DELIVER_W){1'b0}};
        clear_reg[VERDICT] <= clear_index_reg[INDEX_W:DELIVER_W] == {(INDEX_W + 1 - DELIVER_W){1'b0}};
        clear_reg[CHECKSUM] <= clear_index_reg[INDEX_W:CHECKSUM_W] == {(INDEX_W + 1 - CHECKSUM_W){1'b0}};
        clear_reg[RX_QUEUE] <= clear_index_reg[INDEX_W:RX_QUEUE_W] == {(INDEX_W + 1 - RX_QUEUE_W){1'b0}};
        clear_reg[TX_QUEUE] <= clear_index_reg[INDEX_W:TX_QUEUE_W] == {(INDEX_W + 1 - TX_QUEUE_W){1'b0}};
        clear_reg[FLOW] <= clear_index_reg[INDEX_W:FLOW_W] == {(INDEX_W + 1 - FLOW_W){1'b0}};
        at_end_reg <= at_end;
        if (step) begin
            at_index_reg <= at_index_reg + 1'b1;
            if (at_index_reg == at_end_reg) begin
                at_index_reg <= {INDEX_W{1'b0}};
                at_bank_reg <= at_bank_reg + 1'b1;
                at_select_reg <= at_select_reg << 1;
                if (at_select_reg[BANKS-1]) begin
                    at_bank_reg <= {BANK_W{1'b0}};
                    at_select_reg <= {{BANKS-1{1'b0}}, 1'b1};
                    clearing_reg <= 1'b0;
                end
            end
        end

        p0_clear_reg <= clearing_reg;
        p1_clear_reg <= p0_clear_reg;
        p2_clear_reg <= p1_clear_reg;
        p3_clear_reg <= p2_clear_reg;
        wait_clear_reg <= clearing_reg || p0_clear_reg || p1_clear_reg || p2_clear_reg;

        read_bank_reg <= read_bank;
        read_valid_reg <= read_valid && !p4_read_reg;
        p0_sweep_reg <= step;
        taken_reg <= taken;
        p0_read_reg <= taken_reg;
        p0_select_reg <= at_select_reg;
        if (step) begin
            p0_bank_reg <= at_bank_reg;
            p0_index_reg <= at_index_reg;
        end else if (taken_reg) begin
            p0_bank_reg <= read_bank_reg;
            p0_index_reg <= index_reg;
        end

        p1_sweep_reg <= p0_sweep_reg;
        p1_read_reg <= p0_read_reg;
        p1_bank_reg <= p0_bank_reg;
        p1_index_reg <= p0_index_reg;
        p1_select_reg <= p0_select_reg;
        if (p0_sweep_reg || p0_read_reg)
            p1_high_reg <= high_ram[{p0_bank_reg, p0_index_reg}];

        p2_sweep_reg <= p1_sweep_reg;
        p2_read_reg <= p1_read_reg;
        p2_bank_reg <= p1_bank_reg;
        p2_index_reg <= p1_index_reg;
        p2_packets_reg <= packets[PACKETS_W-2:0];
        p2_bytes_reg <= bytes[BYTES_W-2:0];
        p2_tops_reg <= p1_read_reg ? {bytes[BYTES_W-1], packets[PACKETS_W-1]} : tops;
        {p2_bytes_high_reg, p2_packets_high_reg} <= p1_high_reg;

        p3_sweep_reg <= p2_sweep_reg;
        p3_read_reg <= p2_read_reg;
        p3_bank_reg <= p2_bank_reg;
        p3_index_reg <= p2_index_reg;
        p3_packets_reg <= p2_packets_reg;
        p3_bytes_reg <= p2_bytes_reg;
        p3_packets_high_reg <= p2_packets_high_reg;
        p3_bytes_high_reg <= p2_bytes_high_reg;
        p3_step_reg <= p2_tops_reg ^ {p2_bytes_high_reg[0], p2_packets_high_reg[0]};

        p4_sweep_reg <= p3_sweep_reg;
        p4_read_reg <= p3_read_reg;
        p4_bank_reg <= p3_bank_reg;
        p4_index_reg <= p3_index_reg;
        p4_packets_reg <= p3_packets_reg;
        p4_bytes_reg <= p3_bytes_reg;
        p4_packets_high_reg <= p3_packets_high_reg + {{PACKETS_HIGH_W-1{1'b0}}, p3_step_reg[0]};
        p4_bytes_high_reg <= p3_bytes_high_reg + {{BYTES_HIGH_W-1{1'b0}}, p3_step_reg[1]};
        if (p3_clear_reg) begin
            p4_packets_high_reg <= {PACKETS_HIGH_W{1'b0}};
            p4_bytes_high_reg <= {BYTES_HIGH_W{1'b0}};
        end

        if (p4_sweep_reg)
            high_ram[{p4_bank_reg, p4_index_reg}] <= {p4_bytes_high_reg, p4_packets_high_reg};

        if (!read_valid || p4_read_reg) begin
            asked_reg <= 1'b0;
        end else if (taken_reg) begin
            asked_reg <= 1'b1;
        end

        if (rst) begin
            phase_reg <= 2'd0;
            clearing_reg <= 1'b1;
            wait_clear_reg <= 1'b1;
            clear_index_reg <= {INDEX_W+1{1'b0}};
            at_select_reg <= {{BANKS-1{1'b0}}, 1'b1};
            at_bank_reg <= {BANK_W{1'b0}};
            at_index_reg <= {INDEX_W{1'b0}};
            at_end_reg <= {{INDEX_W-3{1'b0}}, 3'd7};
            clear_reg <= {BANKS{1'b0}};
            asked_reg <= 1'b0;
            read_valid_reg <= 1'b0;
            taken_reg <= 1'b0;
            p0_sweep_reg <= 1'b0;
            p0_read_reg <= 1'b0;
            p1_sweep_reg <= 1'b0;
            p1_read_reg <= 1'b0;
            p2_sweep_reg <= 1'b0;
            p2_read_reg <= 1'b0;
            p3_sweep_reg <= 1'b0;
            p3_read_reg <= 1'b0;
            p4_sweep_reg <= 1'b0;
            p4_read_reg <= 1'b0;
        end
    end

    assign clearing = wait_clear_reg;
    assign busy = clearing || |bank_busy || taken_reg || p0_read_reg || p1_read_reg || p2_read_reg ||
        p3_read_reg || p4_read_reg;
    assign read_done = p4_read_reg;
    assign read_data = read_unit ? {p4_bytes_high_reg, p4_bytes_reg}
                                 : {p4_packets_high_reg, p4_packets_reg};

    genvar g;
    generate
        for (g = 0; g < PORTS; g = g + 1) begin : port
            counter_bank #(.N(8), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) rx_bank (
                .clk(clk), .rst(rst),
                .event_valid(port_rx_event_valid[g]), .event_index(port_rx_event_result[g*3 +: 3]),
                .event_bytes(port_rx_event_bytes[g*14 +: 14]),
                .clear(clear_reg[g]),
                .read_valid(bank_read[g]), .read_ready(bank_ready[g]),
                .read_index(index_reg[3-1:0]),
                .packets(bank_packets[(g)*PACKETS_W +: PACKETS_W]),
                .bytes(bank_bytes[(g)*BYTES_W +: BYTES_W]),
                .watch_index(p0_index_reg[3-1:0]), .tops(bank_tops[(g)*2 +: 2]),
                .busy(bank_busy[g])
            );
            counter_bank #(.N(8), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) tx_bank (
                .clk(clk), .rst(rst),
                .event_valid(port_tx_event_valid[g]), .event_index(port_tx_event_result[g*3 +: 3]),
                .event_bytes(port_tx_event_bytes[g*14 +: 14]),
                .clear(clear_reg[PORTS+g]),
                .read_valid(bank_read[PORTS+g]), .read_ready(bank_ready[PORTS+g]),
                .read_index(index_reg[3-1:0]),
                .packets(bank_packets[(PORTS+g)*PACKETS_W +: PACKETS_W]),
                .bytes(bank_bytes[(PORTS+g)*BYTES_W +: BYTES_W]),
                .watch_index(p0_index_reg[3-1:0]), .tops(bank_tops[(PORTS+g)*2 +: 2]),
                .busy(bank_busy[PORTS+g])
            );
        end
    endgenerate

    counter_bank #(.N(1 << DELIVER_W), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) deliver_bank (
        .clk(clk), .rst(rst),
        .event_valid(deliver_event_valid), .event_index(deliver_event_index),
        .event_bytes(deliver_event_bytes),
        .clear(clear_reg[DELIVER]),
        .read_valid(bank_read[DELIVER]), .read_ready(bank_ready[DELIVER]),
        .read_index(index_reg[DELIVER_W-1:0]),
        .packets(bank_packets[(DELIVER)*PACKETS_W +: PACKETS_W]),
        .bytes(bank_bytes[(DELIVER)*BYTES_W +: BYTES_W]),
        .watch_index(p0_index_reg[DELIVER_W-1:0]), .tops(bank_tops[(DELIVER)*2 +: 2]),
        .busy(bank_busy[DELIVER])
    );

    counter_bank #(.N(1 << DELIVER_W), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) verdict_bank (
        .clk(clk), .rst(rst),
        .event_valid(verdict_event_valid), .event_index(verdict_event_index),
        .event_bytes(verdict_event_bytes),
        .clear(clear_reg[VERDICT]),
        .read_valid(bank_read[VERDICT]), .read_ready(bank_ready[VERDICT]),
        .read_index(index_reg[DELIVER_W-1:0]),
        .packets(bank_packets[(VERDICT)*PACKETS_W +: PACKETS_W]),
        .bytes(bank_bytes[(VERDICT)*BYTES_W +: BYTES_W]),
        .watch_index(p0_index_reg[DELIVER_W-1:0]), .tops(bank_tops[(VERDICT)*2 +: 2]),
        .busy(bank_busy[VERDICT])
    );

    counter_bank #(.N(1 << CHECKSUM_W), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) checksum_bank (
        .clk(clk), .rst(rst),
        .event_valid(tx_checksum_event_valid), .event_index(tx_checksum_event_index),
        .event_bytes(tx_checksum_event_bytes),
        .clear(clear_reg[CHECKSUM]),
        .read_valid(bank_read[CHECKSUM]), .read_ready(bank_ready[CHECKSUM]),
        .read_index(index_reg[CHECKSUM_W-1:0]),
        .packets(bank_packets[(CHECKSUM)*PACKETS_W +: PACKETS_W]),
        .bytes(bank_bytes[(CHECKSUM)*BYTES_W +: BYTES_W]),
        .watch_index(p0_index_reg[CHECKSUM_W-1:0]), .tops(bank_tops[(CHECKSUM)*2 +: 2]),
        .busy(bank_busy[CHECKSUM])
    );

    counter_bank #(.N(1 << RX_QUEUE_W), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) rx_queue_bank (
        .clk(clk), .rst(rst),
        .event_valid(rx_queue_event_valid), .event_index(rx_queue_event_index),
        .event_bytes(rx_queue_event_bytes),
        .clear(clear_reg[RX_QUEUE]),
        .read_valid(bank_read[RX_QUEUE]), .read_ready(bank_ready[RX_QUEUE]),
        .read_index(index_reg[RX_QUEUE_W-1:0]),
        .packets(bank_packets[(RX_QUEUE)*PACKETS_W +: PACKETS_W]),
        .bytes(bank_bytes[(RX_QUEUE)*BYTES_W +: BYTES_W]),
        .watch_index(p0_index_reg[RX_QUEUE_W-1:0]), .tops(bank_tops[(RX_QUEUE)*2 +: 2]),
        .busy(bank_busy[RX_QUEUE])
    );

    counter_bank #(.N(1 << TX_QUEUE_W), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) tx_queue_bank (
        .clk(clk), .rst(rst),
        .event_valid(tx_queue_event_valid), .event_index(tx_queue_event_index),
        .event_bytes(tx_queue_event_bytes),
        .clear(clear_reg[TX_QUEUE]),
        .read_valid(bank_read[TX_QUEUE]), .read_ready(bank_ready[TX_QUEUE]),
        .read_index(index_reg[TX_QUEUE_W-1:0]),
        .packets(bank_packets[(TX_QUEUE)*PACKETS_W +: PACKETS_W]),
        .bytes(bank_bytes[(TX_QUEUE)*BYTES_W +: BYTES_W]),
        .watch_index(p0_index_reg[TX_QUEUE_W-1:0]), .tops(bank_tops[(TX_QUEUE)*2 +: 2]),
        .busy(bank_busy[TX_QUEUE])
    );

    counter_bank #(.N(1 << FLOW_W), .PACKETS_W(PACKETS_W), .BYTES_W(BYTES_W)) flow_bank (
        .clk(clk), .rst(rst),
        .event_valid(flow_event_valid), .event_index(flow_event_index),
        .event_bytes(flow_event_bytes),
        .clear(clear_reg[FLOW]),
        .read_valid(bank_read[FLOW]), .read_ready(bank_ready[FLOW]),
        .read_index(index_reg[FLOW_W-1:0]),
        .packets(bank_packets[(FLOW)*PACKETS_W +: PACKETS_W]),
        .bytes(bank_bytes[(FLOW)*BYTES_W +: BYTES_W]),
        .watch_index(p0_index_reg[FLOW_W-1:0]), .tops(bank_tops[(FLOW)*2 +: 2]),
        .busy(bank_busy[FLOW])
    );

endmodule

`resetall
