// SPDX-License-Identifier: BSD-3-Clause
//
// The low parts of N counters of packets and bytes, one event a clock; csr_counters.v keeps the
// rest of them, for which it must see how the top bits change.
//
// Events never stall: every clock may bring one, to any index, again and again to the same. A read
// waits for a clock without event (read_valid meets read_ready); packets and bytes stand in the
// third clock after it, for one clock, and hold every event before that clock and none after.
// tops: the top bits of the counters of watch_index, in the clock after it; they hold the events of
// 4 clocks before watch_index and earlier.
// clear sets the counter of read_index to 0 instead; events of that clock are lost. Reset clears
// no counter.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module counter_bank #(
    // Counters, 2 or more.
    parameter integer N = 8,
    // Bits held of a counter of packets, of bytes (15 or more).
    parameter integer PACKETS_W = 11,
    parameter integer BYTES_W = 25
) (
    input  wire                  clk,
    input  wire                  rst,

    // Events
    input  wire                  event_valid,
    input  wire [$clog2(N)-1:0]  event_index,
    input  wire [13:0]           event_bytes,

    // Reads
    input  wire                  clear,
    input  wire                  read_valid,
    output wire                  read_ready,
    input  wire [$clog2(N)-1:0]  read_index,
    output wire [PACKETS_W-1:0]  packets,
    output wire [BYTES_W-1:0]    bytes,

    // Top bits: {bytes, packets}
    input  wire [$clog2(N)-1:0]  watch_index,
    output wire [1:0]            tops,

    // An event is on its way
    output wire                  busy
);

    localparam integer INDEX_W = $clog2(N);

    (* ram_style = "distributed" *)
    reg [BYTES_W+PACKETS_W-1:0] ram [0:N-1];
    (* ram_style = "distributed" *)
    reg [1:0]                   top_ram [0:N-1];

    // Stage 1: read
    reg                 s1_valid_reg;
    reg                 s1_clear_reg;
    reg [INDEX_W-1:0]   s1_index_reg;
    reg                 s1_packet_reg;
    reg [13:0]          s1_bytes_reg;
    reg                 s1_event_from_3_reg; // the index of stage 3: not in the RAM yet
    reg                 s1_read_from_3_reg;
    // Stage 2: add
    reg                 s2_valid_reg;
    reg                 s2_clear_reg;
    reg [INDEX_W-1:0]   s2_index_reg;
    reg                 s2_packet_reg;
    reg [13:0]          s2_bytes_reg;
    reg                 s2_from_3_reg;
    reg [BYTES_W+PACKETS_W-1:0] s2_word_reg;
    // Stage 3: store
    reg                 s3_valid_reg;
    reg [INDEX_W-1:0]   s3_index_reg;
    reg [PACKETS_W-1:0] s3_packets_reg;
    reg [BYTES_W-1:0]   s3_bytes_reg;

    reg [1:0]           tops_reg;

    wire [BYTES_W+PACKETS_W-1:0] sum = {s3_bytes_reg, s3_packets_reg};
    wire [BYTES_W+PACKETS_W-1:0] base = s2_from_3_reg ? sum : s2_word_reg;
    wire                index_valid = event_valid || read_valid || clear;
    wire [INDEX_W-1:0]  index = event_valid && !clear ? event_index : read_index;

    // Does not matter with clear
    wire                s1_from_3 = s1_packet_reg ? s1_event_from_3_reg : s1_read_from_3_reg;

    assign read_ready = !event_valid;
    assign packets = s3_packets_reg;
    assign bytes = s3_bytes_reg;
    assign tops = tops_reg;
    assign busy = s1_valid_reg || s2_valid_reg || s3_valid_reg;

    always @(posedge clk) begin
        s1_valid_reg <= index_valid;
        s1_clear_reg <= clear;
        s1_index_reg <= index;
        s1_packet_reg <= event_valid;
        s1_bytes_reg <= event_bytes;
        s1_event_from_3_reg <= s2_valid_reg && s2_index_reg == event_index;
        s1_read_from_3_reg <= s2_valid_reg && s2_index_reg == read_index;

        s2_valid_reg <= s1_valid_reg;
        s2_clear_reg <= s1_clear_reg;
        if (s1_valid_reg) begin
            s2_index_reg <= s1_index_reg;
            s2_packet_reg <= s1_packet_reg;
            s2_bytes_reg <= s1_packet_reg ? s1_bytes_reg : 14'd0;
            s2_from_3_reg <= s2_valid_reg && s2_index_reg == s1_index_reg;
            s2_word_reg <= s1_from_3 ? sum : ram[s1_index_reg];
        end

        s3_valid_reg <= s2_valid_reg;
        if (s2_valid_reg) begin
            s3_index_reg <= s2_index_reg;
            s3_packets_reg <= base[PACKETS_W-1:0] + {{PACKETS_W-1{1'b0}}, s2_packet_reg};
            s3_bytes_reg <= base[PACKETS_W +: BYTES_W] + {{BYTES_W-14{1'b0}}, s2_bytes_reg};
            if (s2_clear_reg) begin
                s3_packets_reg <= {PACKETS_W{1'b0}};
                s3_bytes_reg <= {BYTES_W{1'b0}};
            end
        end

        if (s3_valid_reg) begin
            ram[s3_index_reg] <= sum;
            top_ram[s3_index_reg] <= {s3_bytes_reg[BYTES_W-1], s3_packets_reg[PACKETS_W-1]};
        end
        tops_reg <= top_ram[watch_index];

        if (rst) begin
            s1_valid_reg <= 1'b0;
            s2_valid_reg <= 1'b0;
            s3_valid_reg <= 1'b0;
        end
    end

endmodule

`resetall
