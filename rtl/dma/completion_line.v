// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Puts completions on lines for dma_write, and says which queue a line's answer belongs to.
//
// A line carries one completion, or, where it has 64 bytes, two of a receive queue that are
// neighbours in memory. The first of such a pair waits for the second at most PAIR_CLOCKS, and not
// at all when the bus is idle or a completion of another queue is behind it. The line may change
// until it is taken. Order: that of the completions. Up to 128 lines wait for their answer.
//
// Rate: a line in two clocks, as the bus has no more at these widths: so nothing waits here for dma_write's
// ready. With lines of 64 bytes: a line a clock. Latency: 1 clock to the line, 2 from its answer.

module completion_line #
(
    // Width of the host bus in bits: 128, 256 or 512
    parameter integer DMA_W = 128,
    // Bits of the queue number of both directions; the top bit is 1 for transmit
    parameter integer RING_W = 4,
    // Clocks that a completion waits for its neighbour when the bus is busy, 1 to 63
    parameter integer PAIR_CLOCKS = 48,
    // Width of a line in bits
    parameter integer LINE_W = (DMA_W < 256) ? 256 : DMA_W
)
(
    input  wire                clk,
    input  wire                rst,

    // Completions: a transmit completion is in the low 64 bits
    input  wire                s_valid,
    output wire                s_ready,
    input  wire [RING_W-1:0]   s_ring,
    input  wire [3:0]          s_function,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [63:0]         s_address,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [255:0]        s_data,

    // Lines
    output wire                m_line_valid,
    input  wire                m_line_ready,
    output wire                m_line_urgent,
    output wire                m_line_full,
    output wire [3:0]          m_line_function,
    output wire [63:0]         m_line_address,
    output wire [LINE_W-1:0]   m_line_data,
    output wire [LINE_W/8-1:0] m_line_strobe,
    input  wire                line_done_valid,
    input  wire                line_done_error,

    // Completions acknowledged: one, or two
    output wire                done_valid,
    output wire [RING_W-1:0]   done_ring,
    output wire                done_two,
    output wire                done_error,

    // 1: something is inside or not yet answered
    output wire                busy
);

localparam integer B = DMA_W / 8;
localparam integer OFF_W = $clog2(B);

reg valid_reg;
reg [RING_W-1:0] ring_reg;
reg [3:0] function_reg;
reg [63:0] address_reg;
reg [LINE_W-1:0] data_reg;
reg [LINE_W/8-1:0] strobe_reg;

wire tx = s_ring[RING_W-1];
wire ack_room;
wire sent = m_line_valid && m_line_ready;
wire free;                              // the line is empty, or leaves
wire merge;
wire load = s_valid && free;
wire two;

assign s_ready = free || merge;
assign m_line_valid = valid_reg && ack_room;
assign m_line_full = !ring_reg[RING_W-1];
assign m_line_function = function_reg;
assign m_line_address = address_reg;
assign m_line_data = data_reg;
assign m_line_strobe = strobe_reg;

// A transmit completion is put on every 8 lanes of the bus, the strobe takes those that are meant
wire [B-1:0] tx_strobe = {{(B-8){1'b0}}, 8'hff} << {s_address[OFF_W-1:3], 3'd0};

always @(posedge clk) begin
    if (load) begin
        ring_reg <= s_ring;
        function_reg <= s_function;
        address_reg <= {s_address[63:OFF_W], {OFF_W{1'b0}}};
    end
    valid_reg <= load || (valid_reg && !sent);
    if (rst)
        valid_reg <= 1'b0;
end

generate
    if (LINE_W == 512) begin : pairs
        // Waiting: the line holds the first half of a pair
        reg two_reg;
        reg waiting_reg;
        reg [5:0] clocks_reg;
        reg late_reg;

        assign two = two_reg;
        assign free = !valid_reg || sent;
        assign merge = valid_reg && waiting_reg && s_valid && s_ring == ring_reg && !sent;
        assign m_line_urgent = !waiting_reg || late_reg || (s_valid && s_ring != ring_reg);

        always @(posedge clk) begin
            if (load) begin
                data_reg <= tx ? {8{s_data[63:0]}} : {2{s_data}};
                strobe_reg <= tx ? tx_strobe : (s_address[5] ? {32'hffffffff, 32'd0} : {32'd0, 32'hffffffff});
                waiting_reg <= !tx && !s_address[5];
                two_reg <= 1'b0;
                clocks_reg <= PAIR_CLOCKS[5:0];
                late_reg <= 1'b0;
            end else if (merge) begin
                data_reg[511:256] <= s_data;
                strobe_reg <= {64{1'b1}};
                waiting_reg <= 1'b0;
                two_reg <= 1'b1;
            end else if (valid_reg && !late_reg) begin
                clocks_reg <= clocks_reg - 6'd1;
                late_reg <= clocks_reg == 6'd1;
            end
        end
    end else begin : pairs
        assign two = 1'b0;
        assign free = !valid_reg;
        assign merge = 1'b0;
        assign m_line_urgent = 1'b1;

        always @(posedge clk) begin
            if (load) begin
                data_reg <= tx ? {4{s_data[63:0]}} : s_data;
                strobe_reg <= tx ? {(LINE_W/DMA_W){tx_strobe}} : {(LINE_W/8){1'b1}};
            end
        end
    end
endgenerate

// Lines that wait for their answer, and the answer, each a clock late: they come from far
reg sent_reg;
reg sent_two_reg;
reg [RING_W-1:0] sent_ring_reg;
reg answer_reg;
reg answer_error_reg;

always @(posedge clk) begin
    sent_reg <= sent;
    sent_two_reg <= two;
    sent_ring_reg <= ring_reg;
    answer_reg <= line_done_valid;
    answer_error_reg <= line_done_error;
    if (rst) begin
        sent_reg <= 1'b0;
        answer_reg <= 1'b0;
    end
end

wire ack_valid;
wire ack_empty;
wire [RING_W-1:0] ack_ring;
wire ack_two;

/* verilator lint_off PINCONNECTEMPTY */
dma_fifo #(
    .WIDTH(RING_W + 1),
    .DEPTH(128),
    .MARGIN(3)          // sent before it is seen
) acks (
    .clk(clk),
    .rst(rst),
    .in_data({sent_ring_reg, sent_two_reg}),
    .in_valid(sent_reg),
    .in_ready(),
    .room(ack_room),
    .out_data({ack_ring, ack_two}),
    .out_valid(ack_valid),
    .out_ready(answer_reg),
    .empty(ack_empty)
);
/* verilator lint_on PINCONNECTEMPTY */

reg done_valid_reg;
reg [RING_W-1:0] done_ring_reg;
reg done_two_reg;
reg done_error_reg;

always @(posedge clk) begin
    done_ring_reg <= ack_ring;
    done_two_reg <= ack_two;
    done_error_reg <= answer_error_reg;
    done_valid_reg <= answer_reg && ack_valid;
    if (rst)
        done_valid_reg <= 1'b0;
end

assign done_valid = done_valid_reg;
assign done_ring = done_ring_reg;
assign done_two = done_two_reg;
assign done_error = done_error_reg;
assign busy = valid_reg || sent_reg || !ack_empty || done_valid_reg;

endmodule

`resetall
