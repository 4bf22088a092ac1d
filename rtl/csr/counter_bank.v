// SPDX-License-Identifier: BSD-3-Clause
//
// N counters of packets and bytes in RAM, one event a clock.
//
// Events never stall: every clock may bring one, to any index, again and again to the same. A read
// waits for a clock without event (read_valid meets read_ready); read_done follows 4 clocks later.
// It holds every event before that clock and none after. A read is only put off while events come
// in every single clock.
// After reset all counters are 0 at once: a flag a counter says whether its RAM word counts.
//
// A counter is two halves of HALF_W bits, added one clock after another: no carry chain is longer.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module counter_bank #(
    // Counters, 2 or more.
    parameter integer N = 8,
    // Half the bits of a counter, 15 or more.
    parameter integer HALF_W = 32
) (
    input  wire                  clk,
    input  wire                  rst,

    // Events
    input  wire                  event_valid,
    input  wire [$clog2(N)-1:0]  event_index,
    input  wire [13:0]           event_bytes,

    // Reads: one at a time
    input  wire                  read_valid,
    output wire                  read_ready,
    input  wire [$clog2(N)-1:0]  read_index,
    output wire                  read_done,
    output wire [2*HALF_W-1:0]   read_packets,
    output wire [2*HALF_W-1:0]   read_bytes,

    // An event or a read is on its way
    output wire                  busy
);

    localparam integer INDEX_W = $clog2(N);

    // Stage 0: the operation, an event or a read. Stage n of the low halves is stage n - 1 of the
    // high halves.
    reg               s0_valid_reg;
    reg               s0_read_reg;
    reg [INDEX_W-1:0] s0_index_reg;
    reg [13:0]        s0_bytes_reg;
    // Stage 1: add to the low half
    reg               s1_valid_reg;
    reg               s1_read_reg;
    reg [INDEX_W-1:0] s1_index_reg;
    reg [13:0]        s1_bytes_reg;
    reg               s1_known_reg;
    reg               s1_from_sum_reg;
    reg               s1_from_previous_reg;
    // Stage 2: store the low half, add to the high half
    reg               s2_valid_reg;
    reg               s2_read_reg;
    reg [INDEX_W-1:0] s2_index_reg;
    reg               s2_known_reg;
    reg               s2_from_sum_reg;
    reg               s2_from_previous_reg;
    // Stage 3: store the high half
    reg               s3_valid_reg;
    reg               s3_read_reg;
    reg [INDEX_W-1:0] s3_index_reg;

    reg [N-1:0]       known_reg;

    wire [HALF_W-1:0] packets_low;
    wire [HALF_W-1:0] packets_high;
    wire [HALF_W-1:0] bytes_low;
    wire [HALF_W-1:0] bytes_high;
    wire              packets_carry;
    wire              bytes_carry;

    assign read_ready = !event_valid;
    assign busy = s0_valid_reg || s1_valid_reg || s2_valid_reg || s3_valid_reg;
    assign read_done = s3_read_reg;
    assign read_packets = {packets_high, packets_low};
    assign read_bytes = {bytes_high, bytes_low};

    always @(posedge clk) begin
        s0_valid_reg <= event_valid || read_valid;
        s0_read_reg <= read_valid && !event_valid;
        if (event_valid || read_valid) begin
            s0_index_reg <= event_valid ? event_index : read_index;
            s0_bytes_reg <= event_valid ? event_bytes : 14'd0;
        end

        s1_valid_reg <= s0_valid_reg;
        s1_read_reg <= s0_read_reg;
        if (s0_valid_reg) begin
            s1_index_reg <= s0_index_reg;
            s1_bytes_reg <= s0_bytes_reg;
            s1_known_reg <= known_reg[s0_index_reg];
            s1_from_sum_reg <= s1_valid_reg && s1_index_reg == s0_index_reg;
            s1_from_previous_reg <= s2_valid_reg && s2_index_reg == s0_index_reg;
            known_reg[s0_index_reg] <= 1'b1; // a read writes back what it found
        end

        s2_valid_reg <= s1_valid_reg;
        s2_read_reg <= s1_read_reg;
        if (s1_valid_reg) begin
            s2_index_reg <= s1_index_reg;
            s2_known_reg <= s1_known_reg;
            s2_from_sum_reg <= s1_from_sum_reg;
            s2_from_previous_reg <= s1_from_previous_reg;
        end

        s3_valid_reg <= s2_valid_reg;
        s3_read_reg <= s2_read_reg;
        if (s2_valid_reg) begin
            s3_index_reg <= s2_index_reg;
        end

        if (rst) begin
            s0_valid_reg <= 1'b0;
            s0_read_reg <= 1'b0;
            s1_valid_reg <= 1'b0;
            s1_read_reg <= 1'b0;
            s2_valid_reg <= 1'b0;
            s2_read_reg <= 1'b0;
            s3_valid_reg <= 1'b0;
            s3_read_reg <= 1'b0;
            known_reg <= {N{1'b0}};
        end
    end

    counter_lane #(.N(N), .INDEX_W(INDEX_W), .W(HALF_W), .INCREMENT_W(1)) packets_low_lane (
        .clk(clk),
        .read(s0_valid_reg),
        .read_index(s0_index_reg),
        .add(s1_valid_reg),
        .known(s1_known_reg),
        .from_sum(s1_from_sum_reg),
        .from_previous(s1_from_previous_reg),
        .increment(!s1_read_reg),
        .write(s2_valid_reg),
        .write_index(s2_index_reg),
        /* verilator lint_off PINCONNECTEMPTY */
        .sum(),
        /* verilator lint_on PINCONNECTEMPTY */
        .carry(packets_carry),
        .previous(packets_low)
    );

    counter_lane #(.N(N), .INDEX_W(INDEX_W), .W(HALF_W), .INCREMENT_W(1)) packets_high_lane (
        .clk(clk),
        .read(s1_valid_reg),
        .read_index(s1_index_reg),
        .add(s2_valid_reg),
        .known(s2_known_reg),
        .from_sum(s2_from_sum_reg),
        .from_previous(s2_from_previous_reg),
        .increment(packets_carry),
        .write(s3_valid_reg),
        .write_index(s3_index_reg),
        .sum(packets_high),
        /* verilator lint_off PINCONNECTEMPTY */
        .carry(),
        .previous()
        /* verilator lint_on PINCONNECTEMPTY */
    );

    counter_lane #(.N(N), .INDEX_W(INDEX_W), .W(HALF_W), .INCREMENT_W(14)) bytes_low_lane (
        .clk(clk),
        .read(s0_valid_reg),
        .read_index(s0_index_reg),
        .add(s1_valid_reg),
        .known(s1_known_reg),
        .from_sum(s1_from_sum_reg),
        .from_previous(s1_from_previous_reg),
        .increment(s1_bytes_reg),
        .write(s2_valid_reg),
        .write_index(s2_index_reg),
        /* verilator lint_off PINCONNECTEMPTY */
        .sum(),
        /* verilator lint_on PINCONNECTEMPTY */
        .carry(bytes_carry),
        .previous(bytes_low)
    );

    counter_lane #(.N(N), .INDEX_W(INDEX_W), .W(HALF_W), .INCREMENT_W(1)) bytes_high_lane (
        .clk(clk),
        .read(s1_valid_reg),
        .read_index(s1_index_reg),
        .add(s2_valid_reg),
        .known(s2_known_reg),
        .from_sum(s2_from_sum_reg),
        .from_previous(s2_from_previous_reg),
        .increment(bytes_carry),
        .write(s3_valid_reg),
        .write_index(s3_index_reg),
        .sum(bytes_high),
        /* verilator lint_off PINCONNECTEMPTY */
        .carry(),
        .previous()
        /* verilator lint_on PINCONNECTEMPTY */
    );

endmodule

`resetall
