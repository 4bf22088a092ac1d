// SPDX-License-Identifier: BSD-3-Clause
//
// Finds the headers of every frame and adds what it finds to the metadata.
//
// Frames leave as they came, in order; the metadata fields from L3_TYPE to HASH_TYPE are filled in,
// those below pass, those above leave as 0. Each frame's headers are walked, a word a clock, by one
// of several header walkers while its beats wait in a FIFO. Nothing is dropped; when all walkers are
// at work the input stalls. Full rate for minimum frames at the bus rate with UDP or TCP over IPv4
// or IPv6 with up to two VLAN tags; a long chain of options and extension headers costs up to 75
// clocks of one walker. Latency of UDP over IPv4: about 20 clocks.
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
    parameter integer USER_W = 232,
    // Network functions, 1 to 16: each has a hash key and hash types of its own.
    parameter integer FUNCTIONS = 2,
    // 1: compute the RSS hash. 0: leave it out; RSS_HASH and HASH_TYPE are 0.
    parameter integer HASH_EN = 1,
    // Header walkers, 2 to 32; 0: enough for minimum frames at the bus rate.
    parameter integer WALKERS = 0
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

    // Frames out; metadata with the fields from L3_TYPE to HASH_TYPE filled in
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

    // A frame is inside.
    output wire                      busy
);

    `include "metadata.vh"

    localparam integer N       = WALKERS != 0 ? WALKERS : DATA_W <= 64 ? 4 : DATA_W <= 128 ? 7 : DATA_W <= 256 ? 13 : 24;
    localparam integer ROWS    = (272 * 8 + DATA_W - 1) / DATA_W;
    localparam integer ROW_W   = $clog2(ROWS + 1);
    localparam [31:0]  ROW_END = ROWS - 1;

    initial begin
        if (USER_W != META_W || FUNCTIONS > 16) begin
            $display("Error: USER_W must be META_W, FUNCTIONS at most 16 (%m)");
            $finish;
        end
    end

    // --- in: each frame to the next walker in turn, all of it into the FIFO --------------------------

    reg [N-1:0]     busy_reg;           // walkers that have a frame
    reg [N-1:0]     turn_reg;           // one hot: the walker of this frame, or of the next one
    reg             in_frame_reg;
    reg [ROW_W-1:0] row_reg;
    reg             full_reg;           // the walker has all it can hold

    // A copy of the beat on its way to the walkers
    reg [N-1:0]      write_valid_reg;
    reg              write_start_reg;
    reg              write_end_reg;
    reg [ROW_W-1:0]  write_row_reg;
    reg [DATA_W-1:0] write_data_reg;
    reg [USER_W-1:0] write_user_reg;

    wire             fifo_ready;
    wire             room = fifo_ready && (in_frame_reg || (busy_reg & turn_reg) == {N{1'b0}});
    wire             accept = s_axis_tvalid && room;
    wire [N-1:0]     release_walker;

    always @(posedge clk) begin
        if (accept) begin
            in_frame_reg <= !s_axis_tlast;
            row_reg      <= row_reg + 1'b1;
            full_reg     <= full_reg || row_reg == ROW_END[ROW_W-1:0];
            if (s_axis_tlast) begin
                row_reg    <= {ROW_W{1'b0}};
                full_reg   <= 1'b0;
                turn_reg   <= {turn_reg[N-2:0], turn_reg[N-1]};
            end
            if (!full_reg) begin
                write_row_reg  <= row_reg;
                write_data_reg <= s_axis_tdata;
                write_end_reg  <= s_axis_tlast || row_reg == ROW_END[ROW_W-1:0];
            end
            if (!in_frame_reg)
                write_user_reg <= s_axis_tuser;
        end
        write_valid_reg <= accept && !full_reg ? turn_reg : {N{1'b0}};
        write_start_reg <= accept && !in_frame_reg;
        busy_reg        <= (busy_reg & ~release_walker) | (accept && !in_frame_reg ? turn_reg : {N{1'b0}});

        if (rst) begin
            busy_reg        <= {N{1'b0}};
            turn_reg        <= {{N-1{1'b0}}, 1'b1};
            in_frame_reg    <= 1'b0;
            row_reg         <= {ROW_W{1'b0}};
            full_reg        <= 1'b0;
            write_valid_reg <= {N{1'b0}};
            write_start_reg <= 1'b0;
        end
    end

    assign s_axis_tready = room;

    // --- the frames wait here --------------------------------------

    wire [DATA_W-1:0]   beat_data;
    wire [DATA_W/8-1:0] beat_keep;
    wire                beat_last;
    wire                beat_first;
    wire                beat_valid;
    wire                beat_ready;
    wire                fifo_busy;

    axis_fifo #(
        .DATA_W(DATA_W),
        .USER_W(1),
        .DEPTH(256)
    ) fifo (
        .clk(clk),
        .rst(rst),
        .s_axis_tdata(s_axis_tdata),
        .s_axis_tkeep(s_axis_tkeep),
        .s_axis_tlast(s_axis_tlast),
        .s_axis_tuser(!in_frame_reg),
        .s_axis_tvalid(accept),
        .s_axis_tready(fifo_ready),
        .m_axis_tdata(beat_data),
        .m_axis_tkeep(beat_keep),
        .m_axis_tlast(beat_last),
        .m_axis_tuser(beat_first),
        .m_axis_tvalid(beat_valid),
        .m_axis_tready(beat_ready),
        .busy(fifo_busy)
    );

    // --- walkers -----------------------------------------------------------------------------------

    wire [N-1:0]        done;
    wire [N*USER_W-1:0] results;

    genvar g;
    generate for (g = 0; g < N; g = g + 1) begin : g_walker
        header_walker #(
            .DATA_W(DATA_W),
            .USER_W(USER_W),
            .FUNCTIONS(FUNCTIONS),
            .HASH_EN(HASH_EN),
            .ROWS(ROWS),
            .ROW_W(ROW_W)
        ) walker (
            .clk(clk),
            .rst(rst),
            .write_valid(write_valid_reg[g]),
            .write_start(write_start_reg),
            .write_end(write_end_reg),
            .write_row(write_row_reg),
            .write_data(write_data_reg),
            .write_user(write_user_reg),
            .rss_key(rss_key),
            .rss_types(rss_types),
            .done(done[g]),
            .result(results[USER_W*g +: USER_W]),
            .take(release_walker[g])
        );
    end endgenerate

    // --- out: a frame's first beat waits for its walker ----------------------------------------------

    reg [DATA_W-1:0]   out_data_reg;
    reg [DATA_W/8-1:0] out_keep_reg;
    reg                out_last_reg;
    reg [USER_W-1:0]   out_user_reg;
    reg                out_valid_reg;
    reg [N-1:0]        out_turn_reg;    // one hot: the walker of the next frame to leave
    reg [USER_W-1:0]   result;
    integer            i;

    // Walkers are given and taken in the same rotation, one a frame.
    always @* begin
        result = {USER_W{1'b0}};
        for (i = 0; i < N; i = i + 1)
            if (out_turn_reg[i])
                result = result | results[USER_W*i +: USER_W];
    end

    wire out_move   = !out_valid_reg || m_axis_tready;
    wire out_done   = (out_turn_reg & done) != {N{1'b0}};
    wire take_first = beat_valid && beat_first && out_done && out_move;

    assign beat_ready = out_move && (!beat_first || out_done);
    assign release_walker = take_first ? out_turn_reg : {N{1'b0}};

    always @(posedge clk) begin
        if (beat_valid && beat_ready) begin
            out_data_reg <= beat_data;
            out_keep_reg <= beat_keep;
            out_last_reg <= beat_last;
        end
        if (take_first) begin
            out_user_reg <= result;
            out_turn_reg <= {out_turn_reg[N-2:0], out_turn_reg[N-1]};
        end
        if (out_move)
            out_valid_reg <= beat_valid && beat_ready;

        if (rst) begin
            out_turn_reg  <= {{N-1{1'b0}}, 1'b1};
            out_valid_reg <= 1'b0;
        end
    end

    assign m_axis_tdata  = out_data_reg;
    assign m_axis_tkeep  = out_keep_reg;
    assign m_axis_tlast  = out_last_reg;
    assign m_axis_tuser  = out_user_reg;
    assign m_axis_tvalid = out_valid_reg;
    assign busy = fifo_busy || busy_reg != {N{1'b0}} || in_frame_reg || out_valid_reg;

endmodule

`resetall
