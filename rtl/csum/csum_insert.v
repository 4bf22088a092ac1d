// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Writes the checksums that a frame's descriptor asks for: IPv4 header, TCP, UDP.
//
// The frame is stored while bytes [SUM_START, SUM_END) are summed with the checksum field as 0, so
// the field's content in memory is irrelevant; then it leaves with the fields replaced. For UDP a
// sum of 0 is sent as 0xffff, for TCP it stays 0. What was asked for and does not apply (fragment,
// neither TCP nor UDP, bad lengths) is left unmodified and counted as SKIPPED; the IPv4 checksum is
// inserted also where only layer 4 does not apply.
//
// Order is kept. Rate: a beat a clock in and out. Latency: a frame leaves 17 clocks after its last
// beat came (20 at 512 bits). Back-pressure goes upstream when the buffer is full. A frame longer
// than the buffer is dropped whole and counted with result 3; the transmit DMA never sends one.
// tuser out: PORT to WANT_L4_CSUM (bits 63:0) as they came in, 0 above.

module csum_insert #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 280,
    // Bytes of the frame buffer, a power of two
    parameter integer BUFFER_BYTES = 32768,
    // Frames in the buffer, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                  clk,
    input  wire                  rst,

    // Frames from parse
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    // Only what the insertion needs is looked at
    /* verilator lint_off UNUSED */
    input  wire [USER_W-1:0]     s_axis_tuser,
    /* verilator lint_on UNUSED */

    // Frames with their checksums
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [USER_W-1:0]     m_axis_tuser,

    // Counting: index is {function, tx_checksum_result_e}
    output wire                  tx_checksum_event_valid,
    output wire [5:0]            tx_checksum_event_index,
    output wire [13:0]           tx_checksum_event_bytes,

    // 1: something is inside
    output wire                  busy
);

`include "metadata.vh"
`include "sekisho.vh"

localparam integer BEAT_BYTES = DATA_W / 8;
localparam integer BEAT_W = $clog2(BEAT_BYTES);
localparam integer WORDS = DATA_W / 16;                 // 16-bit words of a beat
localparam integer WORD_W = $clog2(WORDS);
localparam integer DEPTH = BUFFER_BYTES / BEAT_BYTES;   // beats of the buffer
localparam integer ADDR_W = $clog2(DEPTH);
localparam integer FRAME_W = $clog2(FRAMES);
localparam integer BEATS_W = 15 - BEAT_W;               // beats of a frame, saturating
localparam integer PLAIN_W = META_WANT_L4_CSUM + 1;     // tuser bits that pass
localparam integer FIELD_W = 9;                         // offset of a checksum field

localparam [1:0] RESULT_TOO_LONG = 2'd3;
localparam [BEAT_BYTES-1:0] ALL = {BEAT_BYTES{1'b1}};

initial begin
    if (USER_W != META_W) begin
        $display("Error: USER_W must be META_W (%m)");
        $finish;
    end
    if ((1 << ADDR_W) != DEPTH || (1 << FRAME_W) != FRAMES || DEPTH < 16 || FRAMES < 8) begin
        $display("Error: BUFFER_BYTES and FRAMES must be powers of two (%m)");
        $finish;
    end
end

// --- in: store the beats ---------------------------------------------------------------------------

// The beat as it came
reg                  ready_reg;
reg                  i_valid_reg;
reg                  i_last_reg;
reg [DATA_W-1:0]     i_data_reg;
reg [BEAT_BYTES-1:0] i_keep_reg;
/* verilator lint_off UNUSED */
reg [USER_W-1:0]     i_user_reg;
/* verilator lint_on UNUSED */

(* ram_style = "block", no_rw_check *)
reg [DATA_W-1:0]     ram[0:DEPTH-1];

reg [ADDR_W:0]       write_reg;
reg [ADDR_W:0]       start_reg;             // first beat of the frame that is coming
reg [ADDR_W:0]       read_reg;
reg [FRAME_W:0]      frame_reg;             // frames taken in
reg [FRAME_W:0]      out_ptr_reg;           // frames given to the output
reg                  over_reg;              // the frame that is coming has almost filled the buffer
reg                  too_long_reg;          // the rest of the frame is thrown away
reg                  first_reg;
reg [BEATS_W-1:0]    beat_reg;              // number of the beat in its frame

// A clock old: beats in the buffer, those of the frame that is coming, frames
reg [ADDR_W:0]       used_reg;
reg [ADDR_W:0]       own_reg;
reg [FRAME_W:0]      frames_reg;
wire                 drop = too_long_reg || over_reg;

assign s_axis_tready = ready_reg;

always @(posedge clk) begin
    // Four beats, and five frames, may be under way that are not counted yet. Behind a frame that is
    // thrown away the buffer has room for them.
    used_reg <= write_reg - read_reg;
    frames_reg <= frame_reg - out_ptr_reg;
    ready_reg <= (used_reg <= DEPTH[ADDR_W:0] - 4 && frames_reg <= FRAMES[FRAME_W:0] - 5) || drop;

    i_valid_reg <= s_axis_tvalid && ready_reg;
    i_last_reg <= s_axis_tlast;
    i_data_reg <= s_axis_tdata;
    i_keep_reg <= s_axis_tkeep;
    i_user_reg <= s_axis_tuser;

    own_reg <= i_valid_reg && i_last_reg ? {ADDR_W+1{1'b0}} : write_reg - start_reg;
    over_reg <= own_reg >= DEPTH[ADDR_W:0] - 8 && !(i_valid_reg && i_last_reg);

    // Of a frame that is thrown away, too: its place is free.
    if (i_valid_reg)
        ram[write_reg[ADDR_W-1:0]] <= i_data_reg;
    if (i_valid_reg) begin
        if (!drop) begin
            write_reg <= write_reg + 1'b1;
            if (i_last_reg)
                start_reg <= write_reg + 1'b1;
        end else begin
            write_reg <= start_reg;
        end
        too_long_reg <= drop && !i_last_reg;
        first_reg <= i_last_reg;
        beat_reg <= i_last_reg ? {BEATS_W{1'b0}}
                    : beat_reg[BEATS_W-1] ? beat_reg : beat_reg + 1'b1;
    end

    if (rst) begin
        write_reg <= {ADDR_W+1{1'b0}};
        start_reg <= {ADDR_W+1{1'b0}};
        ready_reg <= 1'b0;
        i_valid_reg <= 1'b0;
        too_long_reg <= 1'b0;
        used_reg <= {ADDR_W+1{1'b0}};
        own_reg <= {ADDR_W+1{1'b0}};
        frames_reg <= {FRAME_W+1{1'b0}};
        over_reg <= 1'b0;
        first_reg <= 1'b1;
        beat_reg <= {BEATS_W{1'b0}};
    end
end

// --- stage 1: the beat, and what its frame wants ----------------------------------------------------

// Of the first beat's tuser
wire [META_L3_TYPE_W-1:0] u_l3 = i_user_reg[META_L3_TYPE +: META_L3_TYPE_W];
wire [META_L4_TYPE_W-1:0] u_l4 = i_user_reg[META_L4_TYPE +: META_L4_TYPE_W];
wire [META_REASON_W-1:0] u_reason = i_user_reg[META_REASON +: META_REASON_W];
wire [META_IP_VERDICT_W-1:0] u_verdict = i_user_reg[META_IP_VERDICT +: META_IP_VERDICT_W];
wire                 u_want_ip = i_user_reg[META_WANT_IP_CSUM];
wire                 u_want_l4 = i_user_reg[META_WANT_L4_CSUM];
wire                 u_tcp = u_l4 == L4_TYPE_TCP;
// A verdict on the header means that the header is whole and has been summed
wire                 u_ip_ok = (u_l3 == L3_TYPE_IPV4 || u_l3 == L3_TYPE_IPV4_OPT)
                               && (u_verdict == CHECKSUM_VERDICT_GOOD
                                   || u_verdict == CHECKSUM_VERDICT_BAD);
wire                 u_l4_ok = (u_tcp || u_l4 == L4_TYPE_UDP)
                               && (u_reason == CHECKSUM_REASON_CHECKED
                                   || u_reason == CHECKSUM_REASON_UDP_NO_CHECKSUM
                                   || u_reason == CHECKSUM_REASON_UDP6_NO_CHECKSUM);

reg                  s1_valid_reg, s1_first_reg, s1_last_reg, s1_drop_reg;
reg [DATA_W-1:0]     s1_data_reg;
reg [BEAT_BYTES-1:0] s1_keep_reg;
reg [BEATS_W-1:0]    s1_beat_reg;
reg [PLAIN_W-1:0]    plain_reg;
reg                  do_ip_reg, do_l4_reg, udp_reg;
reg [1:0]            result_reg;
reg [FIELD_W-1:0]    ip_field_reg, l4_field_reg;
reg [15:0]           ip_value_reg;
reg [15:0]           pseudo_reg;
reg [13:0]           sum_start_reg, sum_end_reg;

always @(posedge clk) begin
    s1_valid_reg <= i_valid_reg;
    s1_first_reg <= first_reg;
    s1_last_reg <= i_last_reg;
    s1_drop_reg <= drop;
    s1_data_reg <= i_data_reg;
    s1_keep_reg <= i_keep_reg;
    s1_beat_reg <= beat_reg;
    // Until a frame begins: what its first beat says
    if (first_reg) begin
        plain_reg <= i_user_reg[PLAIN_W-1:0];
        do_ip_reg <= u_want_ip && u_ip_ok;
        do_l4_reg <= u_want_l4 && u_l4_ok;
        udp_reg <= !u_tcp;
        result_reg <= (u_want_ip && !u_ip_ok) || (u_want_l4 && !u_l4_ok)
                      ? TX_CHECKSUM_RESULT_SKIPPED
                      : u_want_ip || u_want_l4 ? TX_CHECKSUM_RESULT_INSERTED
                                               : TX_CHECKSUM_RESULT_NOT_REQUESTED;
        ip_field_reg <= {1'b0, i_user_reg[META_L3_OFFSET +: META_L3_OFFSET_W]} + 9'd10;
        l4_field_reg <= {1'b0, i_user_reg[META_L4_OFFSET +: META_L4_OFFSET_W]}
                        + (u_tcp ? 9'd16 : 9'd6);
        ip_value_reg <= ~i_user_reg[META_IP_HEADER_SUM +: META_IP_HEADER_SUM_W];
        pseudo_reg <= i_user_reg[META_PSEUDO_SUM +: META_PSEUDO_SUM_W];
        sum_start_reg <= i_user_reg[META_SUM_START +: META_SUM_START_W];
        sum_end_reg <= i_user_reg[META_SUM_END +: META_SUM_END_W];
    end

    if (rst)
        s1_valid_reg <= 1'b0;
end

// The frame's record, by the frame's number: what was wanted with the first beat, the length with
// the last. A frame that is dropped leaves its number to the next.
localparam integer RECORD_W = PLAIN_W + 2 + 2*FIELD_W + 16;

(* ram_style = "block", no_rw_check *)
reg [RECORD_W-1:0]   record_ram[0:FRAMES-1];
(* ram_style = "distributed", no_rw_check *)
reg                  udp_ram[0:FRAMES-1];       // apart: block RAM is late for what it decides
(* ram_style = "distributed", no_rw_check *)
reg [13:0]           length_ram[0:FRAMES-1];    // bytes less 1

reg                  event_valid_reg;
reg [5:0]            event_index_reg;
reg [13:0]           event_m1_reg;
reg [BEAT_W-1:0]     s1_lane;               // lane of the frame's last byte
wire [14:0]          s1_m1 = {s1_beat_reg, s1_lane};
wire [13:0]          s1_bytes_m1 = s1_m1[14] ? 14'h3ffe : s1_m1[13:0];
wire                 s1_end = s1_valid_reg && s1_last_reg;

integer i;

always @* begin
    s1_lane = {BEAT_W{1'b0}};
    for (i = 0; i < BEAT_BYTES; i = i + 1)
        if (s1_keep_reg[i] && (i == BEAT_BYTES - 1 || !s1_keep_reg[(i + 1) % BEAT_BYTES]))
            s1_lane = s1_lane | i[BEAT_W-1:0];
end

always @(posedge clk) begin
    if (s1_valid_reg && s1_first_reg) begin
        record_ram[frame_reg[FRAME_W-1:0]] <= {plain_reg, do_ip_reg, do_l4_reg, ip_field_reg,
                                               l4_field_reg, ip_value_reg};
        udp_ram[frame_reg[FRAME_W-1:0]] <= udp_reg;
    end
    event_valid_reg <= s1_end;
    if (s1_end) begin
        length_ram[frame_reg[FRAME_W-1:0]] <= s1_bytes_m1;
        event_index_reg <= {plain_reg[META_FUNCTION +: META_FUNCTION_W],
                            s1_drop_reg ? RESULT_TOO_LONG : result_reg};
        event_m1_reg <= s1_bytes_m1;
        if (!s1_drop_reg)
            frame_reg <= frame_reg + 1'b1;
    end

    if (rst) begin
        event_valid_reg <= 1'b0;
        frame_reg <= {FRAME_W+1{1'b0}};
    end
end

assign tx_checksum_event_valid = event_valid_reg;
assign tx_checksum_event_index = event_index_reg;
assign tx_checksum_event_bytes = event_m1_reg + 14'd1;

// --- stages 2 and 3: which of the beat's bytes are summed ---------------------------------------------

wire [BEATS_W-1:0]   start_beat = {1'b0, sum_start_reg[13:BEAT_W]};
wire [BEATS_W-1:0]   end_beat = {1'b0, sum_end_reg[13:BEAT_W]};
wire [BEATS_W-1:0]   field_beat = {{BEATS_W+BEAT_W-FIELD_W{1'b0}}, l4_field_reg[FIELD_W-1:BEAT_W]};

// Where the beat lies, and the bytes of the beats in which start, end and field are
reg                  s2_valid_reg, s2_end_reg, s2_first_reg, s2_l4_reg;
reg [15:0]           s2_pseudo_reg;
reg [DATA_W-1:0]     s2_data_reg;
reg                  behind_start_reg, at_start_reg, before_end_reg, at_end_reg, at_field_reg;
reg [BEAT_BYTES-1:0] start_bytes_reg, end_bytes_reg, field_bytes_reg;
wire [BEAT_BYTES-1:0] from_start = {BEAT_BYTES{behind_start_reg}} | ({BEAT_BYTES{at_start_reg}} & start_bytes_reg);
wire [BEAT_BYTES-1:0] to_end = {BEAT_BYTES{before_end_reg}} | ({BEAT_BYTES{at_end_reg}} & end_bytes_reg);
wire [BEAT_BYTES-1:0] field = {BEAT_BYTES{at_field_reg}} & field_bytes_reg;

// Per level of the adder tree below; [0] is stage 3
reg [WORD_W:0]       t_sum_reg;             // a beat to sum
reg [WORD_W:0]       t_end_reg;             // the end of a frame, summed or not
reg [WORD_W:0]       t_first_reg;
reg [16*(WORD_W+1)-1:0] t_pseudo_reg;
reg [DATA_W-1:0]     s3_data_reg;
reg [BEAT_BYTES-1:0] s3_mask_reg;

always @(posedge clk) begin
    s2_valid_reg <= s1_valid_reg;
    s2_end_reg <= s1_end && !s1_drop_reg;
    s2_first_reg <= s1_first_reg;
    s2_l4_reg <= do_l4_reg;
    s2_pseudo_reg <= pseudo_reg;
    s2_data_reg <= s1_data_reg;
    behind_start_reg <= s1_beat_reg > start_beat;
    at_start_reg <= s1_beat_reg == start_beat;
    start_bytes_reg <= ALL << sum_start_reg[BEAT_W-1:0];
    before_end_reg <= s1_beat_reg < end_beat;
    at_end_reg <= s1_beat_reg == end_beat;
    end_bytes_reg <= ~(ALL << sum_end_reg[BEAT_W-1:0]);
    at_field_reg <= s1_beat_reg == field_beat;
    field_bytes_reg <= {{BEAT_BYTES-2{1'b0}}, 2'b11} << l4_field_reg[BEAT_W-1:0];

    t_sum_reg <= {t_sum_reg[WORD_W-1:0], s2_valid_reg && s2_l4_reg};
    t_end_reg <= {t_end_reg[WORD_W-1:0], s2_end_reg};
    t_first_reg <= {t_first_reg[WORD_W-1:0], s2_first_reg};
    t_pseudo_reg <= {t_pseudo_reg[16*WORD_W-1:0], s2_pseudo_reg};
    s3_data_reg <= s2_data_reg;
    s3_mask_reg <= from_start & to_end & ~field;

    if (rst) begin
        s2_valid_reg <= 1'b0;
        s2_end_reg <= 1'b0;
        t_sum_reg <= {WORD_W+1{1'b0}};
        t_end_reg <= {WORD_W+1{1'b0}};
    end
end

// --- adder tree, a level a clock; then the frame's sum -----------------------------------------------

// Level n has WORDS >> n sums of 16 + n bits, level after level, in fields of SUM_W
localparam integer SUM_W = 16 + WORD_W;
localparam integer ACC_W = 30;

/* verilator lint_off UNUSED */
wire [SUM_W*(2*WORDS-1)-1:0] node;
/* verilator lint_on UNUSED */

genvar g, n;
generate
    for (g = 0; g < WORDS; g = g + 1) begin : word
        // Network byte order
        assign node[g*SUM_W +: SUM_W]
            = {{WORD_W{1'b0}}, s3_data_reg[g*16 +: 8] & {8{s3_mask_reg[2*g]}},
               s3_data_reg[g*16+8 +: 8] & {8{s3_mask_reg[2*g+1]}}};
    end
    for (n = 1; n <= WORD_W; n = n + 1) begin : level
        localparam integer FROM = 2*WORDS - (4*WORDS >> n);
        localparam integer TO = 2*WORDS - (2*WORDS >> n);
        for (g = 0; g < (WORDS >> n); g = g + 1) begin : sum
            reg [15+n:0] sum_reg;
            always @(posedge clk)
                if (t_sum_reg[n-1])
                    sum_reg <= node[(FROM+2*g)*SUM_W +: 16+n] + node[(FROM+2*g+1)*SUM_W +: 16+n];
            if (n == WORD_W) begin : top
                assign node[(TO+g)*SUM_W +: SUM_W] = sum_reg;
            end else begin : inner
                assign node[(TO+g)*SUM_W +: SUM_W] = {{WORD_W-n{1'b0}}, sum_reg};
            end
        end
    end
endgenerate

reg [ACC_W-1:0]      acc_reg;
reg                  acc_end_reg;
reg [16:0]           fold_reg;
reg                  fold_end_reg;
reg [FRAME_W:0]      result_ptr_reg;        // frames with a result

(* ram_style = "distributed", no_rw_check *)
reg [15:0]           result_ram[0:FRAMES-1];

// A second carry cannot come: the first sum is at most 0xffff + 0x3fff
wire [15:0]          folded = fold_reg[15:0] + {15'd0, fold_reg[16]};

always @(posedge clk) begin
    if (t_sum_reg[WORD_W])
        acc_reg <= (t_first_reg[WORD_W] ? {{ACC_W-16{1'b0}}, t_pseudo_reg[16*WORD_W +: 16]}
                                        : acc_reg)
                   + {{ACC_W-SUM_W{1'b0}}, node[(2*WORDS-2)*SUM_W +: SUM_W]};
    acc_end_reg <= t_end_reg[WORD_W];
    if (acc_end_reg)
        fold_reg <= {1'b0, acc_reg[15:0]} + {{33-ACC_W{1'b0}}, acc_reg[ACC_W-1:16]};
    fold_end_reg <= acc_end_reg;
    if (fold_end_reg) begin
        result_ram[result_ptr_reg[FRAME_W-1:0]] <= ~folded;
        result_ptr_reg <= result_ptr_reg + 1'b1;
    end

    if (rst) begin
        acc_end_reg <= 1'b0;
        fold_end_reg <= 1'b0;
        result_ptr_reg <= {FRAME_W+1{1'b0}};
    end
end

// --- out: frame after frame, a beat a clock ----------------------------------------------------------

// The frame that is next
reg                  n_valid_reg;
reg [RECORD_W-1:0]   n_record_reg;
reg [13:0]           n_left_reg;            // bytes less 1
reg [15:0]           n_result_reg;
reg                  n_udp_reg;

wire [PLAIN_W-1:0]   n_plain;
wire                 n_do_ip, n_do_l4;
wire [FIELD_W-1:0]   n_ip_field, n_l4_field;
wire [15:0]          n_ip_value;
assign {n_plain, n_do_ip, n_do_l4, n_ip_field, n_l4_field, n_ip_value} = n_record_reg;

// The frame that leaves
reg                  g_valid_reg;
reg [PLAIN_W-1:0]    g_plain_reg;
reg                  g_do_ip_reg, g_do_l4_reg;
/* verilator lint_off UNUSED */
reg [FIELD_W-1:0]    g_ip_field_reg, g_l4_field_reg;    // even
/* verilator lint_on UNUSED */
reg [15:0]           g_ip_value_reg, g_l4_value_reg;
reg [13:0]           g_left_reg;            // bytes left less 1
reg                  g_last_reg;            // this is the last beat
reg [FIELD_W-BEAT_W:0] g_beat_reg;          // number of the beat, saturating

// Memory, register and match; they do not stop
reg                  p_valid_reg, q_valid_reg;
reg                  p_last_reg, q_last_reg;
reg                  p_ip_reg, p_l4_reg;    // the field is in this beat
reg [WORD_W-1:0]     p_ip_word_reg, p_l4_word_reg;
reg [WORDS-1:0]      q_ip_reg, q_l4_reg;    // and in this word of it
reg [15:0]           p_ip_value_reg, p_l4_value_reg, q_ip_value_reg, q_l4_value_reg;
reg [BEAT_W-1:0]     p_end_reg, q_end_reg;
reg [PLAIN_W-1:0]    p_plain_reg, q_plain_reg;
reg [DATA_W-1:0]     p_data_reg, q_data_reg;
wire [DATA_W-1:0]    q_merged;

wire                 out_room;
wire                 g_step = g_valid_reg && out_room;
wire                 n_take = n_valid_reg && (!g_valid_reg || (g_step && g_last_reg));
wire                 n_free = !n_valid_reg || n_take;
wire                 n_load = out_ptr_reg != result_ptr_reg && n_free;
wire [FIELD_W-BEAT_W:0] g_ip_beat = {1'b0, g_ip_field_reg[FIELD_W-1:BEAT_W]};
wire [FIELD_W-BEAT_W:0] g_l4_beat = {1'b0, g_l4_field_reg[FIELD_W-1:BEAT_W]};

generate
    for (g = 0; g < WORDS; g = g + 1) begin : merge
        assign q_merged[g*16 +: 16]
            = q_ip_reg[g] ? {q_ip_value_reg[7:0], q_ip_value_reg[15:8]}
              : q_l4_reg[g] ? {q_l4_value_reg[7:0], q_l4_value_reg[15:8]}
              : q_data_reg[g*16 +: 16];
    end
endgenerate

always @(posedge clk) begin
    if (n_take)
        n_valid_reg <= 1'b0;
    if (n_free) begin
        n_record_reg <= record_ram[out_ptr_reg[FRAME_W-1:0]];
        n_left_reg <= length_ram[out_ptr_reg[FRAME_W-1:0]];
        n_result_reg <= result_ram[out_ptr_reg[FRAME_W-1:0]];
        n_udp_reg <= udp_ram[out_ptr_reg[FRAME_W-1:0]];
    end
    if (n_load) begin
        n_valid_reg <= 1'b1;
        out_ptr_reg <= out_ptr_reg + 1'b1;
    end

    if (g_step) begin
        g_left_reg <= g_left_reg - BEAT_BYTES[13:0];
        g_last_reg <= g_left_reg[13:BEAT_W] == 1;
        if (!g_beat_reg[FIELD_W-BEAT_W])
            g_beat_reg <= g_beat_reg + 1'b1;
        read_reg <= read_reg + 1'b1;
        if (g_last_reg)
            g_valid_reg <= 1'b0;
    end
    if (n_take) begin
        g_valid_reg <= 1'b1;
        g_plain_reg <= n_plain;
        g_do_ip_reg <= n_do_ip;
        g_do_l4_reg <= n_do_l4;
        g_ip_field_reg <= n_ip_field;
        g_l4_field_reg <= n_l4_field;
        g_ip_value_reg <= n_ip_value;
        // 0 says "no checksum" in UDP and means nothing special in TCP
        g_l4_value_reg <= n_udp_reg && n_result_reg == 16'd0 ? 16'hffff : n_result_reg;
        g_left_reg <= n_left_reg;
        g_last_reg <= n_left_reg[13:BEAT_W] == 0;
        g_beat_reg <= {FIELD_W-BEAT_W+1{1'b0}};
    end

    p_valid_reg <= g_step;
    p_data_reg <= ram[read_reg[ADDR_W-1:0]];
    p_last_reg <= g_last_reg;
    p_end_reg <= g_left_reg[BEAT_W-1:0];
    p_plain_reg <= g_plain_reg;
    p_ip_reg <= g_do_ip_reg && g_beat_reg == g_ip_beat;
    p_l4_reg <= g_do_l4_reg && g_beat_reg == g_l4_beat;
    p_ip_word_reg <= g_ip_field_reg[BEAT_W-1:1];
    p_l4_word_reg <= g_l4_field_reg[BEAT_W-1:1];
    p_ip_value_reg <= g_ip_value_reg;
    p_l4_value_reg <= g_l4_value_reg;

    q_valid_reg <= p_valid_reg;
    q_data_reg <= p_data_reg;
    q_last_reg <= p_last_reg;
    q_end_reg <= p_end_reg;
    q_plain_reg <= p_plain_reg;
    q_ip_reg <= {{WORDS-1{1'b0}}, p_ip_reg} << p_ip_word_reg;
    q_l4_reg <= {{WORDS-1{1'b0}}, p_l4_reg} << p_l4_word_reg;
    q_ip_value_reg <= p_ip_value_reg;
    q_l4_value_reg <= p_l4_value_reg;

    if (rst) begin
        n_valid_reg <= 1'b0;
        g_valid_reg <= 1'b0;
        p_valid_reg <= 1'b0;
        q_valid_reg <= 1'b0;
        out_ptr_reg <= {FRAME_W+1{1'b0}};
        read_reg <= {ADDR_W+1{1'b0}};
    end
end

wire [PLAIN_W-1:0]   out_plain;
wire                 out_empty;

dma_fifo #(
    .WIDTH(DATA_W + BEAT_BYTES + 1 + PLAIN_W),
    .DEPTH(16),
    .MARGIN(4)          // the stages above
) out (
    .clk(clk),
    .rst(rst),
    .in_data({q_merged, q_last_reg ? ALL >> ~q_end_reg : ALL, q_last_reg, q_plain_reg}),
    .in_valid(q_valid_reg),
    /* verilator lint_off PINCONNECTEMPTY */
    .in_ready(),        // room tells
    /* verilator lint_on PINCONNECTEMPTY */
    .room(out_room),
    .out_data({m_axis_tdata, m_axis_tkeep, m_axis_tlast, out_plain}),
    .out_valid(m_axis_tvalid),
    .out_ready(m_axis_tready),
    .empty(out_empty)
);

assign m_axis_tuser = {{USER_W-PLAIN_W{1'b0}}, out_plain};

reg                  busy_reg;

always @(posedge clk) begin
    // A frame in the buffer is one that comes, counts in frames_reg from the clock after its event on,
    // or leaves.
    busy_reg <= s_axis_tvalid || i_valid_reg || !first_reg || s1_valid_reg || event_valid_reg
                || frames_reg != {FRAME_W+1{1'b0}} || n_valid_reg || g_valid_reg || p_valid_reg || q_valid_reg
                || !out_empty;
    if (rst)
        busy_reg <= 1'b0;
end

assign busy = busy_reg;

`ifdef FORMAL
// For every frame up to 16 KiB, and every start, end and checksum field: what is stored as a frame's
// result is the complement of the pseudo header's and its words' sum with its carries brought round,
// the field counted as 0. That this is what RFC 1071 makes word by word, tests/formal/rfc1071.v
// proves. Not covered: that the result is put into its own frame, at its place.
reg                  f_past_reg = 1'b0;
reg [13:0]           f_start_reg, f_end_reg;
reg [FIELD_W-1:0]    f_field_reg;
reg [15:0]           f_pseudo_reg;
reg [BEATS_W:0]      f_place_reg;           // of the beat in stage 1 in its frame
reg [DATA_W-1:0]     f_word_1_reg;          // what is to be summed of that
reg [DATA_W-1:0]     f_word_2_reg;          // and of those in stages 2 and 3
reg [DATA_W-1:0]     f_word_3_reg;
reg [15:0]           f_pseudo_2_reg;
reg [SUM_W*(WORD_W+1)-1:0] f_sum_reg;       // sum of the beat at level k of the tree in slice k
reg [16*(WORD_W+1)-1:0] f_pseudos_reg;
reg                  f_had_1_reg;           // a beat to sum has left stage 1, stage 2, level k
reg                  f_had_2_reg;
reg [WORD_W:0]       f_had_reg;
reg [BEATS_W:0]      f_added_reg;           // beats of the frame that have been added
reg [ACC_W-1:0]      f_total_reg;           // their sum
reg                  f_acc_sum_reg;         // the beat before was to sum, and the one before that
reg                  f_fold_sum_reg;
reg [15:0]           f_fold_reg;

function [15:0] f_around(input [15:0] a, input [15:0] b);
    reg [16:0] sum;
    begin
        sum = {1'b0, a} + {1'b0, b};
        f_around = sum[15:0] + {15'd0, sum[16]};
    end
endfunction

wire [13:0]          f_start = first_reg ? i_user_reg[META_SUM_START +: META_SUM_START_W] : f_start_reg;
wire [13:0]          f_end = first_reg ? i_user_reg[META_SUM_END +: META_SUM_END_W] : f_end_reg;
wire [FIELD_W-1:0]   f_field = first_reg ? i_user_reg[META_L4_OFFSET +: META_L4_OFFSET_W] + (u_tcp ? 9'd16 : 9'd6)
                               : f_field_reg;
wire [BEATS_W:0]     f_place = first_reg ? {BEATS_W+1{1'b0}} : f_place_reg + 1'b1;
// The bytes of the beat in stage 1 from the start, up to the end, and of the field
wire [BEAT_BYTES-1:0] f_from = s1_beat_reg > start_beat ? ALL
                               : s1_beat_reg == start_beat ? ALL << sum_start_reg[BEAT_W-1:0] : ~ALL;
wire [BEAT_BYTES-1:0] f_to = s1_beat_reg < end_beat ? ALL
                             : s1_beat_reg == end_beat ? ~(ALL << sum_end_reg[BEAT_W-1:0]) : ~ALL;
wire [BEAT_BYTES-1:0] f_here = s1_beat_reg == field_beat
                               ? {{BEAT_BYTES-2{1'b0}}, 2'b11} << l4_field_reg[BEAT_W-1:0] : ~ALL;
wire [DATA_W-1:0]    f_word;
wire [SUM_W-1:0]     f_sums [0:WORDS];
wire [SUM_W-1:0]     f_tree [0:(WORD_W+1)*(WORDS+1)-1];

assign f_sums[0] = {SUM_W{1'b0}};

genvar fg, fh;
generate
    for (fg = 0; fg < WORDS; fg = fg + 1) begin : f_half
        // Place of the word's bytes in the frame
        wire [BEATS_W+BEAT_W:0] high = {f_place, {BEAT_W{1'b0}}} + 2 * fg;
        wire [BEATS_W+BEAT_W:0] low = high + 1'b1;
        wire other = high != {{BEATS_W+BEAT_W+1-FIELD_W{1'b0}}, f_field};
        assign f_word[16*fg+8 +: 8] = i_data_reg[16*fg +: 8] & {8{other && high >= f_start && high < f_end}};
        assign f_word[16*fg +: 8] = i_data_reg[16*fg+8 +: 8] & {8{other && low >= f_start && low < f_end}};
        assign f_sums[fg+1] = f_sums[fg] + {{SUM_W-16{1'b0}}, f_word_3_reg[16*fg +: 16]};
        always @* begin
            if (f_past_reg && s1_valid_reg && do_l4_reg)
                assert (f_word_1_reg[16*fg +: 16] == {
                    s1_data_reg[16*fg +: 8] & {8{f_from[2*fg] && f_to[2*fg] && !f_here[2*fg]}},
                    s1_data_reg[16*fg+8 +: 8] & {8{f_from[2*fg+1] && f_to[2*fg+1] && !f_here[2*fg+1]}}});
            if (f_past_reg && s2_valid_reg && s2_l4_reg)
                assert (f_word_2_reg[16*fg +: 16] == {
                    s2_data_reg[16*fg +: 8] & {8{from_start[2*fg] && to_end[2*fg] && !field[2*fg]}},
                    s2_data_reg[16*fg+8 +: 8] & {8{from_start[2*fg+1] && to_end[2*fg+1] && !field[2*fg+1]}}});
            if (f_past_reg && t_sum_reg[0])
                assert (node[fg*SUM_W +: SUM_W] == {{SUM_W-16{1'b0}}, f_word_3_reg[16*fg +: 16]});
        end
    end
    for (fg = 1; fg <= WORD_W; fg = fg + 1) begin : f_level
        assign f_tree[fg*(WORDS+1)] = {SUM_W{1'b0}};
        for (fh = 0; fh < (WORDS >> fg); fh = fh + 1) begin : f_add
            assign f_tree[fg*(WORDS+1)+fh+1] = f_tree[fg*(WORDS+1)+fh]
                + node[(2*WORDS - (2*WORDS >> fg) + fh)*SUM_W +: SUM_W];
        end
        always @*
            if (f_past_reg && t_sum_reg[fg])
                assert (f_sum_reg[SUM_W*fg +: SUM_W] == f_tree[fg*(WORDS+1)+(WORDS >> fg)]);
    end
    for (fg = 0; fg <= WORD_W; fg = fg + 1) begin : f_stage
        always @*
            if (f_past_reg) begin
                if (t_sum_reg[fg] && t_first_reg[fg])
                    assert (t_pseudo_reg[16*fg +: 16] == f_pseudos_reg[16*fg +: 16]);
                if (t_sum_reg[fg] && !t_first_reg[fg])
                    assert (f_had_reg[fg]);
                if (fg == 0 ? f_had_2_reg : f_had_reg[(fg + WORD_W) % (WORD_W + 1)])
                    assert (t_sum_reg[fg] || f_had_reg[fg]);
            end
    end
endgenerate

always @(posedge clk) begin
    f_past_reg <= 1'b1;
    if (i_valid_reg) begin
        f_start_reg <= f_start;
        f_end_reg <= f_end;
        f_field_reg <= f_field;
        f_place_reg <= f_place;
        f_word_1_reg <= f_word;
        if (first_reg)
            f_pseudo_reg <= i_user_reg[META_PSEUDO_SUM +: META_PSEUDO_SUM_W];
    end
    f_word_2_reg <= f_word_1_reg;
    f_word_3_reg <= f_word_2_reg;
    f_pseudo_2_reg <= f_pseudo_reg;
    f_sum_reg <= {f_sum_reg[SUM_W*WORD_W-1:SUM_W], f_sums[WORDS], {SUM_W{1'b0}}};
    f_pseudos_reg <= {f_pseudos_reg[16*WORD_W-1:0], f_pseudo_2_reg};
    f_had_1_reg <= f_had_1_reg || (s1_valid_reg && do_l4_reg);
    f_had_2_reg <= f_had_2_reg || (s2_valid_reg && s2_l4_reg);
    f_had_reg <= f_had_reg | t_sum_reg;
    if (t_sum_reg[WORD_W]) begin
        f_added_reg <= (t_first_reg[WORD_W] ? {BEATS_W+1{1'b0}} : f_added_reg) + 1'b1;
        f_total_reg <= (t_first_reg[WORD_W] ? {{ACC_W-16{1'b0}}, f_pseudos_reg[16*WORD_W +: 16]} : f_total_reg)
                       + {{ACC_W-SUM_W{1'b0}}, f_sum_reg[SUM_W*WORD_W +: SUM_W]};
    end
    f_acc_sum_reg <= t_sum_reg[WORD_W];
    f_fold_sum_reg <= f_acc_sum_reg;
    f_fold_reg <= f_around(f_total_reg[15:0], {2'd0, f_total_reg[29:16]});
    if (rst) begin
        f_had_1_reg <= 1'b0;
        f_had_2_reg <= 1'b0;
        f_had_reg <= {WORD_W+1{1'b0}};
        f_acc_sum_reg <= 1'b0;
        f_fold_sum_reg <= 1'b0;
    end
end

always @* begin
    if (!f_past_reg)
        assume (rst);
    // A frame has at most 16 KiB, and its layer 4 header begins at an even byte.
    assume (first_reg || f_place_reg < (1 << (BEATS_W - 1)) - 1);
    assume (t_first_reg[WORD_W] || f_added_reg < (1 << (BEATS_W - 1)));
    assume (!i_user_reg[META_L4_OFFSET]);
    if (f_past_reg) begin
        if (s1_valid_reg)
            assert (first_reg == s1_last_reg);
        if (s1_valid_reg || !first_reg) begin
            assert (sum_start_reg == f_start_reg && sum_end_reg == f_end_reg && l4_field_reg == f_field_reg
                    && pseudo_reg == f_pseudo_reg && !f_field_reg[0]);
        end
        if (s1_valid_reg)
            assert ({1'b0, s1_beat_reg} == f_place_reg);
        assert (first_reg ? beat_reg == 0 : {1'b0, beat_reg} == f_place_reg + 1'b1);
        if (!first_reg && do_l4_reg)
            assert (s1_valid_reg || f_had_1_reg);
        if (s1_valid_reg && do_l4_reg && !s1_first_reg)
            assert (f_had_1_reg);
        if (s2_valid_reg && s2_l4_reg && !s2_first_reg)
            assert (f_had_2_reg);
        if (f_had_1_reg)
            assert ((s2_valid_reg && s2_l4_reg) || f_had_2_reg);
        if (s2_valid_reg)
            assert (s2_pseudo_reg == f_pseudo_2_reg);
        if (f_had_reg[WORD_W]) begin
            assert (acc_reg == f_total_reg);
            assert (f_added_reg <= (1 << (BEATS_W - 1)));
            assert (f_total_reg < {f_added_reg + 1'b1, {SUM_W{1'b0}}});
        end
        if (f_acc_sum_reg)
            assert (f_had_reg[WORD_W]);
        if (fold_end_reg && f_fold_sum_reg)
            assert (folded == f_fold_reg);
        cover (fold_end_reg && f_fold_sum_reg && f_added_reg == 2 && folded != 0);
    end
end
`endif

endmodule

`resetall
