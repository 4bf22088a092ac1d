// SPDX-License-Identifier: BSD-3-Clause
//
// Writes over what a flow rule wants changed in a frame, and mends the checksums with it.
//
// Frames whose metadata says EDIT are changed as the word of their slot says; the others pass. The
// destination address of Ethernet and of IPv4, the destination port of TCP and UDP; IPv4's, TCP's and UDP's
// checksum follow by RFC 1624, eq. 3, from the change that the host has summed up, so what was wrong
// stays wrong by as much. A UDP checksum of 0 stays; one that would become 0 is 0xffff. What parse
// has not found is not changed: layer 4 of fragments, of a header that runs past the frame, of tunnels.
// Full rate, 6 clocks of latency; order kept, metadata and length unchanged. A frame has 60 bytes or more. All stages move together, or
// stand while m_axis_tready is 0, which must come from a register and not wait for m_axis_tvalid. A slot
// is written 2 clocks or longer before its frame comes, and not again until that has left. The slots are
// not reset.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module frame_edit #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the metadata word, META_W of metadata.vh.
    parameter integer USER_W = 280,
    // Width of an edit word, EDIT_BITS of edit.vh.
    parameter integer EDIT_W = 131
) (
    input  wire                  clk,
    input  wire                  rst,

    // Edit words, of flow_table
    input  wire                  write_valid,
    input  wire [6:0]            write_slot,
    input  wire [EDIT_W-1:0]     write_edit,

    // Frames in, with the metadata of deliver on the first beat
    input  wire [DATA_W-1:0]     s_axis_tdata,
    input  wire [DATA_W/8-1:0]   s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire [USER_W-1:0]     s_axis_tuser,
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,

    // Frames out
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A beat is inside.
    output wire                  busy
);

    `include "metadata.vh"
    `include "sekisho.vh"
    `include "edit.vh"

    localparam integer LANES   = DATA_W / 8;
    localparam integer HALVES  = DATA_W / 16;       // 16-bit words of a beat; all fields are aligned to them
    localparam integer HALF_W  = $clog2(HALVES);
    localparam integer PLACE_W = 8;                 // of a word in the frame: none is at 256 or behind it
    localparam integer BEAT_W  = PLACE_W - HALF_W;
    localparam integer STAGES  = 6;
    localparam integer PASS_W  = 1 + LANES;
    // What a frame has at least: 60 bytes
    localparam integer MIN_BEATS = (60 + LANES - 1) / LANES;
    // The words that may change, beside the Ethernet address
    localparam integer IP_CHECKSUM = 0;
    localparam integer IP_HIGH     = 1;
    localparam integer IP_LOW      = 2;
    localparam integer PORT        = 3;
    localparam integer L4_CHECKSUM = 4;
    localparam integer PLACES      = 5;

    initial begin
        if (USER_W != META_W || DATA_W < 64 || DATA_W > 512) begin
            $display("Error: USER_W must be META_W, DATA_W 64 to 512 (%m)");
            $finish;
        end
    end

    wire move = m_axis_tready;

    assign s_axis_tready = move;

    // --- all stages: the beats ------------------------------------------------------------------------

    // Slice and bit k: of the beat in stage k
    reg [STAGES*PASS_W-1:0] pass_reg;
    reg [STAGES*DATA_W-1:0] data_reg;
    reg [STAGES-1:0]        valid_reg;
    reg                     in_frame_reg;
    wire [DATA_W-1:0]       edited;             // the beat in the last stage but one

    always @(posedge clk) begin
        if (move) begin
            pass_reg  <= {pass_reg[(STAGES-1)*PASS_W-1:0], s_axis_tlast, s_axis_tkeep};
            data_reg  <= {edited, data_reg[(STAGES-2)*DATA_W-1:0], s_axis_tdata};
            valid_reg <= {valid_reg[STAGES-2:0], s_axis_tvalid};
        end
        if (move && s_axis_tvalid)
            in_frame_reg <= !s_axis_tlast;

        if (rst) begin
            valid_reg    <= {STAGES{1'b0}};
            in_frame_reg <= 1'b0;
        end
    end

    // --- metadata: where a frame has as many beats as there are stages, one frame's at a time ---------------

    wire first = s_axis_tvalid && !in_frame_reg;

`ifdef FORMAL
    genvar fu;
`endif
    generate if (MIN_BEATS >= STAGES) begin : g_user
        reg [USER_W-1:0] user_reg;

        always @(posedge clk)
            if (move && first)
                user_reg <= s_axis_tuser;

        assign m_axis_tuser = user_reg;
    end else begin : g_users
        reg [STAGES*USER_W-1:0] users_reg;

        always @(posedge clk)
            if (move)
                users_reg <= {users_reg[(STAGES-1)*USER_W-1:0], s_axis_tuser};

        assign m_axis_tuser = users_reg[(STAGES-1)*USER_W +: USER_W];

`ifdef FORMAL
        // Of every beat, and of a first one that is followed its frame's
        for (fu = 0; fu < STAGES; fu = fu + 1) begin : f_user
            always @*
                if (f_past_reg && f_here[fu] && f_tag_beat_reg == {BEAT_W+1{1'b0}})
                    assert (users_reg[USER_W*fu +: USER_W] == f_tag_user_reg);
        end
`endif
    end endgenerate

    // --- stages 0 to 2: what the frame is, where its words are, whether they are in the beat -------------

    // What is known of a frame goes along with its first beat, and stays for the others.
    reg [BEAT_W-1:0]        beat_0_reg, beat_1_reg, beat_2_reg;     // stands at the last one
    reg                     edit_0_reg, edit_1_reg;
    reg                     ipv4_0_reg, ipv4_1_reg;
    reg                     tcp_0_reg;
    reg                     udp_0_reg, udp_1_reg, udp_2_reg;
    reg                     ports_1_reg;
    reg [6:0]               l3_0_reg, l4_0_reg;                     // in 16-bit words
    reg [PLACES*PLACE_W-1:0] places_1_reg, places_2_reg;
    reg                     may_ipv4_2_reg, may_ports_2_reg, may_mac_2_reg;
    reg [PLACES-1:0]        at_3_reg;

    (* ram_style = "block", no_rw_check *) reg [EDIT_W-1:0] slots [0:127];
    // The RAM's word, its output register, and another one on the way from there
    reg [EDIT_W-1:0]        edit_word_0_reg, edit_word_1_reg, edit_word_2_reg, edit_word_3_reg, edit_word_4_reg;

    wire [2:0]              l3_type = s_axis_tuser[META_L3_TYPE +: META_L3_TYPE_W];
    wire [2:0]              l4_type = s_axis_tuser[META_L4_TYPE +: META_L4_TYPE_W];
    wire [PLACE_W-1:0]      l3 = {1'b0, l3_0_reg};
    wire [PLACE_W-1:0]      l4 = {1'b0, l4_0_reg};

    always @(posedge clk) begin
        if (write_valid)
            slots[write_slot] <= write_edit;
        if (move) begin
            if (first) begin
                edit_0_reg <= s_axis_tuser[META_EDIT];
                edit_word_0_reg <= slots[s_axis_tuser[META_EDIT_SLOT +: META_EDIT_SLOT_W]];
                ipv4_0_reg <= l3_type == L3_TYPE_IPV4 || l3_type == L3_TYPE_IPV4_OPT;
                tcp_0_reg  <= l4_type == L4_TYPE_TCP;
                udp_0_reg  <= l4_type == L4_TYPE_UDP;
                l3_0_reg   <= s_axis_tuser[META_L3_OFFSET+1 +: META_L3_OFFSET_W-1];
                l4_0_reg   <= s_axis_tuser[META_L4_OFFSET+1 +: META_L4_OFFSET_W-1];
            end
            if (s_axis_tvalid)
                beat_0_reg <= first ? {BEAT_W{1'b0}} : &beat_0_reg ? beat_0_reg : beat_0_reg + 1'b1;

            beat_1_reg      <= beat_0_reg;
            edit_word_1_reg <= edit_word_0_reg;
            edit_1_reg      <= edit_0_reg;
            ipv4_1_reg      <= ipv4_0_reg;
            udp_1_reg       <= udp_0_reg;
            ports_1_reg     <= tcp_0_reg || udp_0_reg;
            places_1_reg[PLACE_W*IP_CHECKSUM +: PLACE_W] <= l3 + 8'd5;
            places_1_reg[PLACE_W*IP_HIGH +: PLACE_W]     <= l3 + 8'd8;
            places_1_reg[PLACE_W*IP_LOW +: PLACE_W]      <= l3 + 8'd9;
            places_1_reg[PLACE_W*PORT +: PLACE_W]        <= l4 + 8'd1;
            places_1_reg[PLACE_W*L4_CHECKSUM +: PLACE_W] <= l4 + (tcp_0_reg ? 8'd8 : 8'd3);

            beat_2_reg      <= beat_1_reg;
            edit_word_2_reg <= edit_word_1_reg;
            udp_2_reg       <= udp_1_reg;
            places_2_reg    <= places_1_reg;
            may_mac_2_reg   <= edit_1_reg;
            may_ipv4_2_reg  <= edit_1_reg && ipv4_1_reg;
            may_ports_2_reg <= edit_1_reg && ports_1_reg;
        end
    end

    // --- stages 3 and 4: the checksums, and which words of the beat are to be written over -----------------

    reg                    mac_3_reg;
    reg [PLACES*HALF_W-1:0] lanes_3_reg;
    reg [16:0]             ip_sum_3_reg;
    reg [16:0]             l4_sum_3_reg;
    reg                    udp_3_reg;
    reg [15:0]             ip_checksum_4_reg;
    reg [15:0]             l4_checksum_4_reg;
    reg                    mac_4_reg;
    reg [PLACES*HALVES-1:0] write_4_reg;

    wire [DATA_W-1:0]      data_2 = data_reg[2*DATA_W +: DATA_W];
    wire                   ipv4_2 = may_ipv4_2_reg && edit_word_2_reg[EDIT_SET_IPV4];
    wire                   port_2 = may_ports_2_reg && edit_word_2_reg[EDIT_SET_PORT];
    wire                   checksum_2 = port_2 || (may_ports_2_reg && ipv4_2);
    wire [15:0]            ip_old = half(data_2, places_2_reg[PLACE_W*IP_CHECKSUM +: HALF_W]);
    wire [15:0]            l4_old = half(data_2, places_2_reg[PLACE_W*L4_CHECKSUM +: HALF_W]);
    wire [15:0]            ip_new = ~(ip_sum_3_reg[15:0] + {15'd0, ip_sum_3_reg[16]});
    wire [15:0]            l4_new = ~(l4_sum_3_reg[15:0] + {15'd0, l4_sum_3_reg[16]});
    reg [PLACES-1:0]       wanted;
    integer                p;
    integer                l;

    // The 16-bit word of a lane
    function [15:0] half(input [DATA_W-1:0] data, input [HALF_W-1:0] lane);
        reg [15:0] bytes;
        begin
            bytes = data[{lane, 4'd0} +: 16];
            half  = {bytes[7:0], bytes[15:8]};
        end
    endfunction

    always @* begin
        wanted              = {PLACES{1'b0}};
        wanted[IP_CHECKSUM] = ipv4_2;
        wanted[IP_HIGH]     = ipv4_2;
        wanted[IP_LOW]      = ipv4_2;
        wanted[PORT]        = port_2;
        wanted[L4_CHECKSUM] = checksum_2 && !(udp_2_reg && l4_old == 16'd0);
    end

    always @(posedge clk) begin
        if (move) begin
            edit_word_3_reg <= edit_word_2_reg;
            udp_3_reg       <= udp_2_reg;
            mac_3_reg       <= may_mac_2_reg && edit_word_2_reg[EDIT_SET_MAC] && beat_2_reg == {BEAT_W{1'b0}};
            ip_sum_3_reg    <= {1'b0, ~ip_old} + {1'b0, edit_word_2_reg[EDIT_IP_SUM +: 16]};
            l4_sum_3_reg    <= {1'b0, ~l4_old} + {1'b0, edit_word_2_reg[EDIT_LAYER4_SUM +: 16]};
            for (p = 0; p < PLACES; p = p + 1) begin
                at_3_reg[p] <= wanted[p] && beat_2_reg == places_2_reg[PLACE_W*p+HALF_W +: BEAT_W];
                lanes_3_reg[HALF_W*p +: HALF_W] <= places_2_reg[PLACE_W*p +: HALF_W];
            end

            edit_word_4_reg   <= edit_word_3_reg;
            mac_4_reg         <= mac_3_reg;
            ip_checksum_4_reg <= ip_new;
            // 0xffff or 0x1fffe would become 0.
            l4_checksum_4_reg <= l4_new | {16{udp_3_reg && &l4_sum_3_reg[15:1] && l4_sum_3_reg[16] != l4_sum_3_reg[0]}};
            for (p = 0; p < PLACES; p = p + 1)
                for (l = 0; l < HALVES; l = l + 1)
                    write_4_reg[HALVES*p+l] <= at_3_reg[p] && lanes_3_reg[HALF_W*p +: HALF_W] == l[HALF_W-1:0];
        end
    end

    // --- stage 5: out ----------------------------------------------------------------------------------

    wire [DATA_W-1:0] data_4 = data_reg[4*DATA_W +: DATA_W];
    wire [15:0]       ipv4_high = edit_word_4_reg[EDIT_IPV4+16 +: 16];
    wire [15:0]       ipv4_low  = edit_word_4_reg[EDIT_IPV4 +: 16];
    wire [15:0]       port      = edit_word_4_reg[EDIT_PORT +: 16];

    genvar g;
    generate for (g = 0; g < HALVES; g = g + 1) begin : g_half
        wire [15:0] old_half = data_4[16*g +: 16];
        wire [15:0] with_mac;

        if (g < 3) begin : g_mac
            assign with_mac = mac_4_reg ? edit_word_4_reg[EDIT_MAC+16*g +: 16] : old_half;
        end else begin : g_no_mac
            assign with_mac = old_half;
        end

        assign edited[16*g +: 16] =
            write_4_reg[HALVES*IP_CHECKSUM+g] ? {ip_checksum_4_reg[7:0], ip_checksum_4_reg[15:8]} :
            write_4_reg[HALVES*IP_HIGH+g]     ? {ipv4_high[7:0], ipv4_high[15:8]} :
            write_4_reg[HALVES*IP_LOW+g]      ? {ipv4_low[7:0], ipv4_low[15:8]} :
            write_4_reg[HALVES*PORT+g]        ? {port[7:0], port[15:8]} :
            write_4_reg[HALVES*L4_CHECKSUM+g] ? {l4_checksum_4_reg[7:0], l4_checksum_4_reg[15:8]} : with_mac;
    end endgenerate

    assign m_axis_tdata  = data_reg[(STAGES-1)*DATA_W +: DATA_W];
    assign {m_axis_tlast, m_axis_tkeep} = pass_reg[(STAGES-1)*PASS_W +: PASS_W];
    assign m_axis_tvalid = valid_reg[STAGES-1];
    assign busy          = valid_reg != {STAGES{1'b0}} || in_frame_reg;

    // Of the edit word the last stage needs what is written over only.
    wire unused = &{1'b0, edit_word_4_reg};

`ifdef FORMAL
    // Beats are numbered as they come, modulo 8, and never are so many inside. Of every beat of one number,
    // whatever that is, one 16-bit word is followed, whatever its lane: the beat leaves in its turn with its
    // keep, last and metadata, and the word is what the frame's metadata and the word of its slot make of
    // it. That slot, whatever its number, is not written while the frame comes or the beat is inside.
    (* anyconst *) reg [2:0]        f_number;
    (* anyconst *) reg [HALF_W-1:0] f_lane;
    (* anyconst *) reg [6:0]        f_slot;
    reg              f_past_reg = 1'b0;
    reg [EDIT_W-1:0] f_word_reg;            // of the slot, as written
    reg [2:0]        f_in_reg;              // beats that have come, and that have left
    reg [2:0]        f_out_reg;
    reg              f_in_frame_reg;        // another beat of the frame is to come
    reg [BEAT_W:0]   f_beat_reg;            // of the beat that came last in its frame; stands at the last one
    reg [USER_W-1:0] f_user_reg;            // its frame's metadata
    // The beat that is followed: it is inside; the same of it, and what came with it
    reg              f_inside_reg;
    reg [BEAT_W:0]   f_tag_beat_reg;
    reg [USER_W-1:0] f_tag_user_reg;
    reg [PASS_W-1:0] f_tag_pass_reg;
    reg [15:0]       f_tag_old_reg;

    function [15:0] f_swap(input [15:0] value);
        f_swap = {value[7:0], value[15:8]};
    endfunction
    // RFC 1624, eq. 3
    function [15:0] f_mend(input [15:0] old, input [15:0] change);
        reg [16:0] sum;
        begin
            sum = {1'b0, ~old} + {1'b0, change};
            f_mend = ~(sum[16] ? sum[15:0] + 16'd1 : sum[15:0]);
        end
    endfunction

    wire             f_take   = s_axis_tvalid && s_axis_tready && !rst;
    wire             f_leave  = m_axis_tvalid && m_axis_tready && !rst;
    wire             f_tagged = f_take && f_in_reg == f_number;
    wire [USER_W-1:0] f_user  = f_in_frame_reg ? f_user_reg : s_axis_tuser;
    wire [BEAT_W:0]  f_beat   = !f_in_frame_reg ? {BEAT_W+1{1'b0}} : f_beat_reg + {{BEAT_W{1'b0}}, !(&f_beat_reg)};

    wire [2:0]       f_behind = f_in_reg - f_number - 3'd1;      // beats that came behind the one that is followed

    // What must become of the word
    wire             f_edit  = f_tag_user_reg[META_EDIT];
    wire             f_known = !f_edit || f_tag_user_reg[META_EDIT_SLOT +: META_EDIT_SLOT_W] == f_slot;
    wire [2:0]       f_l3_type = f_tag_user_reg[META_L3_TYPE +: META_L3_TYPE_W];
    wire [2:0]       f_l4_type = f_tag_user_reg[META_L4_TYPE +: META_L4_TYPE_W];
    wire [9:0]       f_l3    = {2'd0, f_tag_user_reg[META_L3_OFFSET +: META_L3_OFFSET_W]};
    wire [9:0]       f_l4    = {2'd0, f_tag_user_reg[META_L4_OFFSET +: META_L4_OFFSET_W]};
    wire             f_ipv4  = f_l3_type == L3_TYPE_IPV4 || f_l3_type == L3_TYPE_IPV4_OPT;
    wire             f_udp   = f_l4_type == L4_TYPE_UDP;
    wire             f_ports = f_l4_type == L4_TYPE_TCP || f_udp;
    wire [9:0]       f_byte  = {f_tag_beat_reg, f_lane, 1'b0};
    wire             f_mac_set  = f_edit && f_word_reg[EDIT_SET_MAC];
    wire             f_ipv4_set = f_edit && f_word_reg[EDIT_SET_IPV4] && f_ipv4;
    wire             f_port_set = f_edit && f_word_reg[EDIT_SET_PORT] && f_ports;
    wire             f_sum_set  = f_ports && (f_ipv4_set || f_port_set);
    wire [PLACES-1:0] f_at;
    wire             f_mac   = f_mac_set && f_byte < 10'd6;
    wire [15:0]      f_old   = f_swap(f_tag_old_reg);
    wire [15:0]      f_ip_checksum = f_mend(f_old, f_word_reg[EDIT_IP_SUM +: 16]);
    wire [15:0]      f_l4_mended   = f_mend(f_old, f_word_reg[EDIT_LAYER4_SUM +: 16]);
    wire [15:0]      f_l4_checksum = f_udp && f_l4_mended == 16'd0 ? 16'hffff : f_l4_mended;

    assign f_at[IP_CHECKSUM] = f_ipv4_set && f_byte == f_l3 + 10'd10;
    assign f_at[IP_HIGH]     = f_ipv4_set && f_byte == f_l3 + 10'd16;
    assign f_at[IP_LOW]      = f_ipv4_set && f_byte == f_l3 + 10'd18;
    assign f_at[PORT]        = f_port_set && f_byte == f_l4 + 10'd2;
    assign f_at[L4_CHECKSUM] = f_sum_set && f_byte == f_l4 + (f_udp ? 10'd6 : 10'd16) && !(f_udp && f_old == 16'd0);

    // Where metadata that parse does not make puts two fields into one place, the first one counts.
    wire [15:0] f_new =
        f_at[IP_CHECKSUM] ? f_swap(f_ip_checksum) :
        f_at[IP_HIGH]     ? f_swap(f_word_reg[EDIT_IPV4+16 +: 16]) :
        f_at[IP_LOW]      ? f_swap(f_word_reg[EDIT_IPV4 +: 16]) :
        f_at[PORT]        ? f_swap(f_word_reg[EDIT_PORT +: 16]) :
        f_at[L4_CHECKSUM] ? f_swap(f_l4_checksum) :
        f_mac && f_byte == 10'd0 ? f_word_reg[EDIT_MAC +: 16] :
        f_mac && f_byte == 10'd2 ? f_word_reg[EDIT_MAC+16 +: 16] :
        f_mac && f_byte == 10'd4 ? f_word_reg[EDIT_MAC+32 +: 16] : f_tag_old_reg;

    // A frame of that slot is coming
    wire             f_comes =
        ((s_axis_tvalid || f_in_frame_reg) && f_user[META_EDIT_SLOT +: META_EDIT_SLOT_W] == f_slot) ||
        (valid_reg[0] && f_user_reg[META_EDIT_SLOT +: META_EDIT_SLOT_W] == f_slot);

    // The beat in stage k: its number, whether it is the one that is followed
    wire [3*STAGES-1:0]  f_numbers;
    wire [STAGES-1:0]    f_here;
    wire [BEAT_W-1:0]    f_stands = f_tag_beat_reg[BEAT_W] ? {BEAT_W{1'b1}} : f_tag_beat_reg[BEAT_W-1:0];
    wire [PLACES*PLACE_W-1:0] f_places;
    wire [15:0]          f_edited = edited[{f_lane, 4'd0} +: 16];
    wire [PLACES-1:0]    f_at_3, f_at_4;

    assign f_places[PLACE_W*IP_CHECKSUM +: PLACE_W] = f_l3[8:1] + 8'd5;
    assign f_places[PLACE_W*IP_HIGH +: PLACE_W]     = f_l3[8:1] + 8'd8;
    assign f_places[PLACE_W*IP_LOW +: PLACE_W]      = f_l3[8:1] + 8'd9;
    assign f_places[PLACE_W*PORT +: PLACE_W]        = f_l4[8:1] + 8'd1;
    assign f_places[PLACE_W*L4_CHECKSUM +: PLACE_W] = f_l4[8:1] + (f_l4_type == L4_TYPE_TCP ? 8'd8 : 8'd3);

    genvar fk;
    generate
        for (fk = 0; fk < STAGES; fk = fk + 1) begin : f_stage
            if (fk == STAGES - 1) begin : f_last
                assign f_numbers[3*fk +: 3] = f_out_reg;
            end else begin : f_other
                assign f_numbers[3*fk +: 3] = f_numbers[3*(fk+1) +: 3] + {2'd0, valid_reg[fk+1]};
            end
            assign f_here[fk] = valid_reg[fk] && f_numbers[3*fk +: 3] == f_number;
            always @*
                if (f_past_reg && f_here[fk]) begin
                    assert (f_inside_reg);
                    assert (pass_reg[PASS_W*fk +: PASS_W] == f_tag_pass_reg);
                    if (fk < STAGES - 1)
                        assert (data_reg[DATA_W*fk + {f_lane, 4'd0} +: 16] == f_tag_old_reg);
                end
        end
        for (fk = 0; fk < PLACES; fk = fk + 1) begin : f_place
            assign f_at_3[fk] = at_3_reg[fk] && lanes_3_reg[HALF_W*fk +: HALF_W] == f_lane;
            assign f_at_4[fk] = write_4_reg[HALVES*fk + {1'b0, f_lane}];
        end
    endgenerate

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        if (write_valid && write_slot == f_slot)
            f_word_reg <= write_edit;
        f_in_reg  <= f_in_reg + {2'd0, f_take};
        f_out_reg <= f_out_reg + {2'd0, f_leave};
        if (f_take) begin
            f_in_frame_reg <= !s_axis_tlast;
            f_beat_reg     <= f_beat;
            f_user_reg     <= f_user;
        end
        if (f_leave && f_out_reg == f_number)
            f_inside_reg <= 1'b0;
        if (f_tagged) begin
            f_inside_reg   <= 1'b1;
            f_tag_beat_reg <= f_beat;
            f_tag_user_reg <= f_user;
            f_tag_pass_reg <= {s_axis_tlast, s_axis_tkeep};
            f_tag_old_reg  <= s_axis_tdata[{f_lane, 4'd0} +: 16];
        end
        if (rst) begin
            f_in_reg       <= 3'd0;
            f_out_reg      <= 3'd0;
            f_in_frame_reg <= 1'b0;
            f_inside_reg   <= 1'b0;
        end
    end

    always @* begin
        if (!f_past_reg)
            assume (rst && f_word_reg == slots[f_slot]);
        // The headers begin at even bytes.
        assume (!s_axis_tvalid || f_in_frame_reg || !(s_axis_tuser[META_L3_OFFSET] || s_axis_tuser[META_L4_OFFSET]));
        // A frame has 60 bytes or more.
        assume (!s_axis_tvalid || !s_axis_tlast || f_beat >= MIN_BEATS - 1);
        if (f_tagged || f_inside_reg || f_comes)
            assume (!(write_valid && write_slot == f_slot));
        if (f_past_reg) begin
            assert (f_word_reg == slots[f_slot]);
            assert (in_frame_reg == f_in_frame_reg);
            assert (s_axis_tready == m_axis_tready);
            assert (busy == (f_in_reg != f_out_reg || f_in_frame_reg));
            assert (f_in_reg == f_numbers[2:0] + {2'd0, valid_reg[0]});
            assert (f_inside_reg == (f_here != {STAGES{1'b0}}));
            // Of the frame that came last
            if (f_in_frame_reg || valid_reg[0]) begin
                assert (beat_0_reg == (f_beat_reg[BEAT_W] ? {BEAT_W{1'b1}} : f_beat_reg[BEAT_W-1:0]));
                assert (edit_0_reg == f_user_reg[META_EDIT]);
                assert (!f_user_reg[META_EDIT] || f_user_reg[META_EDIT_SLOT +: META_EDIT_SLOT_W] != f_slot ||
                    edit_word_0_reg == f_word_reg);
                assert (ipv4_0_reg == (f_user_reg[META_L3_TYPE +: META_L3_TYPE_W] == L3_TYPE_IPV4 ||
                    f_user_reg[META_L3_TYPE +: META_L3_TYPE_W] == L3_TYPE_IPV4_OPT));
                assert (tcp_0_reg == (f_user_reg[META_L4_TYPE +: META_L4_TYPE_W] == L4_TYPE_TCP));
                assert (udp_0_reg == (f_user_reg[META_L4_TYPE +: META_L4_TYPE_W] == L4_TYPE_UDP));
                assert ({l3_0_reg, 1'b0} == f_user_reg[META_L3_OFFSET +: META_L3_OFFSET_W]);
                assert ({l4_0_reg, 1'b0} == f_user_reg[META_L4_OFFSET +: META_L4_OFFSET_W]);
            end
            // A first beat that is followed: where metadata are held for one frame, it is this one.
            if (MIN_BEATS >= STAGES && f_inside_reg && f_tag_beat_reg == {BEAT_W+1{1'b0}}) begin
                assert (m_axis_tuser == f_tag_user_reg);
                assert (f_beat_reg[2:0] == f_behind && f_beat_reg < STAGES);
                assert (f_in_frame_reg || f_behind == STAGES - 1);
            end
            // Of the beat that is followed, in the stage where it is
            if (f_inside_reg)
                assert (!f_tag_user_reg[META_L3_OFFSET] && !f_tag_user_reg[META_L4_OFFSET]);
            if (f_here[0])
                assert (f_beat_reg == f_tag_beat_reg && f_user_reg == f_tag_user_reg);
            if (f_here[1]) begin
                assert (beat_1_reg == f_stands && places_1_reg == f_places);
                assert (edit_1_reg == f_edit && ipv4_1_reg == f_ipv4 && udp_1_reg == f_udp && ports_1_reg == f_ports);
                assert (!f_edit || !f_known || edit_word_1_reg == f_word_reg);
            end
            if (f_here[2]) begin
                assert (beat_2_reg == f_stands && places_2_reg == f_places && udp_2_reg == f_udp);
                assert (may_mac_2_reg == f_edit && may_ipv4_2_reg == (f_edit && f_ipv4) &&
                    may_ports_2_reg == (f_edit && f_ports));
                assert (!f_edit || !f_known || edit_word_2_reg == f_word_reg);
            end
            if (f_here[3] && f_known) begin
                assert (f_at_3 == f_at && udp_3_reg == f_udp);
                assert (!f_edit || edit_word_3_reg == f_word_reg);
                assert (mac_3_reg == (f_mac_set && f_tag_beat_reg == {BEAT_W+1{1'b0}}));
                assert (!f_at[IP_CHECKSUM] || ip_new == f_ip_checksum);
                assert (!f_at[L4_CHECKSUM] || l4_new == f_l4_mended);
            end
            if (f_here[4] && f_known) begin
                assert (f_at_4 == f_at);
                assert (!f_edit || edit_word_4_reg == f_word_reg);
                assert (f_edited == f_new);
            end
            // The stream out
            if (f_here[STAGES-1]) begin
                assert (m_axis_tvalid);
                assert ({m_axis_tlast, m_axis_tkeep} == f_tag_pass_reg);
                if (f_tag_beat_reg == {BEAT_W+1{1'b0}})
                    assert (m_axis_tuser == f_tag_user_reg);
                if (f_known)
                    assert (m_axis_tdata[{f_lane, 4'd0} +: 16] == f_new);
            end
            cover (f_here[STAGES-1] && !f_edit && m_axis_tready);
            cover (f_here[STAGES-1] && f_edit && f_known && f_mac && f_at == {PLACES{1'b0}});
            cover (f_here[STAGES-1] && f_known && f_at == 5'd1 << IP_CHECKSUM);
            cover (f_here[STAGES-1] && f_known && f_at == 5'd1 << IP_LOW);
            cover (f_here[STAGES-1] && f_known && f_at == 5'd1 << PORT);
            cover (f_here[STAGES-1] && f_known && f_at == 5'd1 << L4_CHECKSUM && f_udp && f_new == 16'hffff);
            cover (f_here[STAGES-1] && f_known && f_sum_set && f_udp && f_byte == f_l4 + 10'd6 && f_new == 16'd0);
        end
    end
`endif

endmodule

`resetall
