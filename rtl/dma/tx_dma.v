// SPDX-License-Identifier: BSD-3-Clause
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Transmit: takes descriptors, reads frames from the host, hands them on as a stream.
//
// Queues that have a descriptor and whose function's transmitter is enabled are served round
// robin, a frame at a time. Up to FRAMES frames are in flight; a read is issued only when the
// frame buffer has room for all of it. A frame leaves when all of it has come (store and forward),
// padded with zeros to 60 bytes.
//
// Order: frames leave, and tx_done comes, in the order of the descriptors. Back-pressure of the
// stream or of tx_done stops new reads and nothing else.
// Errors: a descriptor with an impossible length (below 14, above MAX_FRAME) or without
// end_of_packet is completed with its status and no read; the length is looked at first. A frame
// with a read error is dropped and completed with DMA_ERROR; later frames are not affected.
// One event and one tx_done for each descriptor. A descriptor taken is always completed, also when
// its queue has been disabled since; queue_idle tells when.
// tuser: FUNCTION, PORT (= function), QUEUE, LENGTH (with padding), WANT_*; the rest is 0.

module tx_dma #
(
    // Width of the packet bus in bits, 64 to 512
    parameter integer DATA_W = 64,
    // Width of the host bus in bits: 128, 256 or 512; not below DATA_W
    parameter integer DMA_W = 128,
    // Queues in all, and of a function; queue number = function * QUEUES_PER_FUNCTION + queue
    parameter integer QUEUES = 8,
    parameter integer QUEUES_PER_FUNCTION = 4,
    // Bits of a queue number: 2^QUEUE_W >= QUEUES
    parameter integer QUEUE_W = 3,
    // Number of network functions
    parameter integer FUNCTIONS = 2,
    // Width of tuser: META_W of metadata.vh
    parameter integer USER_W = 232,
    // Longest frame in bytes
    parameter integer MAX_FRAME = 9728,
    // Bytes of the frame buffer, a power of two above MAX_FRAME
    parameter integer BUFFER_BYTES = 32768,
    // Frames in flight, a power of two
    parameter integer FRAMES = 64
)
(
    input  wire                  clk,
    input  wire                  rst,

    // Configuration: transmitter of a function
    input  wire [FUNCTIONS-1:0]  tx_enable,

    // Descriptors, of descriptor_fetch
    input  wire [QUEUES-1:0]     available,
    output wire                  pop_valid,
    output wire [QUEUE_W-1:0]    pop_queue,
    input  wire                  pop_ok,
    input  wire [63:0]           pop_address,
    input  wire [13:0]           pop_length,
    // Descriptor bits that are not looked at must be ignored
    /* verilator lint_off UNUSED */
    input  wire [17:0]           pop_flags,
    /* verilator lint_on UNUSED */
    input  wire [15:0]           pop_index,

    // To and from dma_read
    output wire                  request_valid,
    input  wire                  request_ready,
    output wire [3:0]            request_function,
    output wire [63:0]           request_address,
    output wire [13:0]           request_length,
    input  wire                  response_valid,
    input  wire [DMA_W-1:0]      response_data,
    input  wire                  response_last,
    input  wire                  response_error,

    // Frames
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [USER_W-1:0]     m_axis_tuser,

    // A descriptor is done: its data has been read, or never will be
    output wire                  tx_done_valid,
    input  wire                  tx_done_ready,
    output wire [QUEUE_W-1:0]    tx_done_gq,
    output wire [15:0]           tx_done_index,
    // completion_status_e
    output wire [3:0]            tx_done_status,

    // Counting: index is {queue, tx_queue_result_e}
    output wire                  tx_queue_event_valid,
    output wire [QUEUE_W+2:0]    tx_queue_event_index,
    output wire [13:0]           tx_queue_event_bytes,

    // 1: no descriptor of the queue is between pop and tx_done
    output wire [QUEUES-1:0]     queue_idle,
    // 1: something is inside
    output wire                  busy
);

`include "metadata.vh"
`include "sekisho.vh"

localparam integer WORD_BYTES = DMA_W / 8;
localparam integer BEAT_BYTES = DATA_W / 8;
localparam integer WORD_W = $clog2(WORD_BYTES);         // byte bits of a host word
localparam integer BEAT_W = $clog2(BEAT_BYTES);         // byte bits of a beat
localparam integer RATIO = DMA_W / DATA_W;              // beats a word
localparam integer RATIO_W = RATIO > 1 ? $clog2(RATIO) : 1;
localparam integer DEPTH = BUFFER_BYTES / WORD_BYTES;   // words of the buffer
localparam integer ADDR_W = $clog2(DEPTH);
localparam integer FRAME_W = $clog2(FRAMES);
localparam integer COUNT_W = FRAME_W + 1;               // descriptors in flight, of a queue
localparam [13:0] MIN_FRAME = 14'd60;                   // padded to this

// Bits of pop_flags: the descriptor behind its length
localparam integer FLAGS = TX_DESCRIPTOR_CONTROL_LENGTH + TX_DESCRIPTOR_CONTROL_LENGTH_W;
localparam integer FLAG_IP = TX_DESCRIPTOR_CONTROL_IP_CHECKSUM - FLAGS;
localparam integer FLAG_L4 = TX_DESCRIPTOR_CONTROL_L4_CHECKSUM - FLAGS;
localparam integer FLAG_END = TX_DESCRIPTOR_CONTROL_END_OF_PACKET - FLAGS;

initial begin
    if (USER_W != META_W) begin
        $display("Error: USER_W must be META_W (%m)");
        $finish;
    end
    if (DATA_W > DMA_W || BUFFER_BYTES < MAX_FRAME || (1 << ADDR_W) != DEPTH
        || (1 << FRAME_W) != FRAMES) begin
        $display("Error: widths or sizes do not fit (%m)");
        $finish;
    end
end

// Lowest set bit
function [QUEUES-1:0] lowest;
    input [QUEUES-1:0] v;
    integer b;
    reg below;
    begin
        below = 1'b0;
        for (b = 0; b < QUEUES; b = b + 1) begin
            lowest[b] = v[b] && !below;
            below = below || v[b];
        end
    end
endfunction

function [3:0] queue_function;
    input [QUEUE_W-1:0] q;
    /* verilator lint_off UNUSED */
    integer f;
    /* verilator lint_on UNUSED */
    begin
        f = {{32-QUEUE_W{1'b0}}, q} / QUEUES_PER_FUNCTION;
        queue_function = f[3:0];
    end
endfunction

function [QUEUE_W-1:0] queue_of_function;
    input [QUEUE_W-1:0] q;
    /* verilator lint_off UNUSED */
    integer f;
    /* verilator lint_on UNUSED */
    begin
        f = {{32-QUEUE_W{1'b0}}, q} % QUEUES_PER_FUNCTION;
        queue_of_function = f[QUEUE_W-1:0];
    end
endfunction

// --- choose a queue and take a descriptor --------------------------------------------------------

reg                  pop_valid_reg;         // a descriptor is being taken
reg                  answer_reg;            // and its answer stands
reg [QUEUE_W-1:0]    pop_queue_reg;
reg [QUEUE_W-1:0]    answer_queue_reg;
reg [QUEUES-1:0]     above_reg;             // queues behind the one served last

reg [2:0]            list_in_reg, list_out_reg;
wire [2:0]           list_count = list_in_reg - list_out_reg;

reg [QUEUES-1:0]     usable;
reg [QUEUE_W-1:0]    pick_queue;
reg [QUEUES-1:0]     pick_above;

wire [QUEUES-1:0]    favoured = usable & above_reg;
wire [QUEUES-1:0]    pick = favoured != 0 ? lowest(favoured) : lowest(usable);
// The available bits follow a pop by a clock; room for what is under way
wire                 pick_valid = usable != 0 && !pop_valid_reg && list_count <= 3'd2;

integer i;

always @* begin
    pick_queue = {QUEUE_W{1'b0}};
    pick_above = {QUEUES{1'b0}};
    usable = {QUEUES{1'b0}};
    for (i = 0; i < QUEUES; i = i + 1) begin
        usable[i] = available[i] && tx_enable[i / QUEUES_PER_FUNCTION];
        if (pick[i])
            pick_queue = pick_queue | i[QUEUE_W-1:0];
        pick_above[i] = i != 0 && (pick & ~({QUEUES{1'b1}} << i)) != 0;
    end
end

always @(posedge clk) begin
    pop_valid_reg <= pick_valid;
    if (pick_valid) begin
        pop_queue_reg <= pick_queue;
        above_reg <= pick_above;
    end
    answer_reg <= pop_valid_reg;
    answer_queue_reg <= pop_queue_reg;

    if (rst) begin
        pop_valid_reg <= 1'b0;
        answer_reg <= 1'b0;
        above_reg <= {QUEUES{1'b0}};
    end
end

assign pop_valid = pop_valid_reg;
assign pop_queue = pop_queue_reg;

// --- the descriptors that were taken: check, and ask for the data --------------------------------

localparam integer LIST_W = QUEUE_W + 64 + 14 + 16 + 3;

(* ram_style = "distributed" *)
reg [LIST_W-1:0]     list_ram[0:3];
reg                  taken_reg;             // the answer, a clock later: it comes from a memory
reg [LIST_W-1:0]     taken_word_reg;

wire [QUEUE_W-1:0]   l_queue;
wire [63:0]          l_address;
wire [13:0]          l_length;
wire [15:0]          l_index;
wire                 l_ip, l_l4, l_end;
assign {l_queue, l_address, l_length, l_index, l_ip, l_l4, l_end} = list_ram[list_out_reg[1:0]];

wire                 l_bad_length = l_length < 14'd14 || l_length > MAX_FRAME[13:0];

reg                  e_valid_reg;
reg [QUEUE_W-1:0]    e_queue_reg;
reg [63:0]           e_address_reg;
reg [13:0]           e_length_reg;
reg [ADDR_W:0]       e_words_reg;
reg [15:0]           e_index_reg;
reg                  e_ip_reg, e_l4_reg;
reg [2:0]            e_status_reg;
reg                  e_fits_reg;            // the buffer has room for the frame

reg                  request_valid_reg;
reg [3:0]            request_function_reg;
reg [63:0]           request_address_reg;
reg [13:0]           request_length_reg;

reg [ADDR_W:0]       room_reg;              // words of the buffer that nothing is promised to
reg [ADDR_W:0]       release_reg;           // words to give back
reg [FRAME_W:0]      issue_ptr_reg;         // frames asked for
reg [FRAME_W:0]      resolve_ptr_reg;       // frames whose fate is known
reg [FRAME_W:0]      done_ptr_reg;          // frames reported
reg [FRAME_W:0]      out_ptr_reg;           // frames given to the output, or dropped
reg                  frames_full_reg;

wire [FRAME_W:0]     undone = issue_ptr_reg - done_ptr_reg;
wire [FRAME_W:0]     unsent = issue_ptr_reg - out_ptr_reg;
wire                 e_read = e_status_reg == COMPLETION_STATUS_OK;
wire                 issue = e_valid_reg && !frames_full_reg
                             && (!e_read || (e_fits_reg && (!request_valid_reg || request_ready)));
wire [ADDR_W:0]      room_released = room_reg + release_reg;
wire                 l_take = list_count != 0 && (!e_valid_reg || issue);
/* verilator lint_off UNUSED */
wire [14:0]          l_words = ({1'b0, l_length} + WORD_BYTES[14:0] - 15'd1) >> WORD_W;
/* verilator lint_on UNUSED */

always @(posedge clk) begin
    taken_reg <= answer_reg && pop_ok;
    if (answer_reg)
        taken_word_reg <= {answer_queue_reg, pop_address, pop_length, pop_index,
                           pop_flags[FLAG_IP], pop_flags[FLAG_L4], pop_flags[FLAG_END]};
    if (taken_reg) begin
        list_ram[list_in_reg[1:0]] <= taken_word_reg;
        list_in_reg <= list_in_reg + 3'd1;
    end
    if (l_take)
        list_out_reg <= list_out_reg + 3'd1;

    if (issue)
        e_valid_reg <= 1'b0;
    if (l_take) begin
        e_valid_reg <= 1'b1;
        e_queue_reg <= l_queue;
        e_address_reg <= l_address;
        e_length_reg <= l_length;
        e_words_reg <= l_words[ADDR_W:0];
        e_index_reg <= l_index;
        e_ip_reg <= l_ip;
        e_l4_reg <= l_l4;
        e_status_reg <= l_bad_length ? COMPLETION_STATUS_LENGTH_ERROR
                        : !l_end ? COMPLETION_STATUS_UNSUPPORTED : COMPLETION_STATUS_OK;
    end

    if (request_ready)
        request_valid_reg <= 1'b0;
    if (issue && e_read) begin
        request_valid_reg <= 1'b1;
        request_function_reg <= queue_function(e_queue_reg);
        request_address_reg <= e_address_reg;
        request_length_reg <= e_length_reg;
    end

    if (issue)
        issue_ptr_reg <= issue_ptr_reg + 1'b1;
    // A clock late: two frames of reserve
    frames_full_reg <= undone >= FRAMES[FRAME_W:0] - 2 || unsent >= FRAMES[FRAME_W:0] - 2;
    // A clock behind e: there is a frame every second clock at most
    e_fits_reg <= e_valid_reg && !issue && room_reg >= e_words_reg;
    room_reg <= issue && e_read ? room_released - e_words_reg : room_released;

    if (rst) begin
        taken_reg <= 1'b0;
        list_in_reg <= 3'd0;
        list_out_reg <= 3'd0;
        e_valid_reg <= 1'b0;
        e_fits_reg <= 1'b0;
        request_valid_reg <= 1'b0;
        issue_ptr_reg <= {FRAME_W+1{1'b0}};
        frames_full_reg <= 1'b0;
        room_reg <= DEPTH[ADDR_W:0];
    end
end

assign request_valid = request_valid_reg;
assign request_function = request_function_reg;
assign request_address = request_address_reg;
assign request_length = request_length_reg;

// --- the data comes: in order, straight behind the frame before ----------------------------------

(* no_rw_check *) (* ram_style = "block" *)
reg [DMA_W-1:0]      buffer_ram[0:DEPTH-1];
(* ram_style = "distributed" *)
reg                  come_error_ram[0:FRAMES-1];    // frames that have come: error

reg [ADDR_W-1:0]     write_reg;
reg [ADDR_W-1:0]     start_reg;             // first word of the frame that is coming
reg [FRAME_W:0]      come_in_reg, come_out_reg;

wire [ADDR_W-1:0]    write_next = write_reg + 1'b1;
wire [ADDR_W:0]      written = {1'b0, write_reg - start_reg} + 1'b1;
wire                 word_read;             // the output is done with a word

always @(posedge clk) begin
    release_reg <= {{ADDR_W{1'b0}}, word_read};
    if (response_valid) begin
        buffer_ram[write_reg] <= response_data;
        write_reg <= write_next;
        if (response_last) begin
            come_error_ram[come_in_reg[FRAME_W-1:0]] <= response_error;
            come_in_reg <= come_in_reg + 1'b1;
            if (response_error) begin
                // The next frame takes its place
                write_reg <= start_reg;
                release_reg <= written + {{ADDR_W{1'b0}}, word_read};
            end else begin
                start_reg <= write_next;
            end
        end
    end

    if (rst) begin
        write_reg <= {ADDR_W{1'b0}};
        start_reg <= {ADDR_W{1'b0}};
        come_in_reg <= {FRAME_W+1{1'b0}};
        release_reg <= {ADDR_W+1{1'b0}};
    end
end

// --- each frame's fate, in order -----------------------------------------------------------------

(* ram_style = "distributed" *)
reg [2:0]            check_ram[0:FRAMES-1];     // status of the descriptor
(* ram_style = "distributed" *)
reg [2:0]            fate_ram[0:FRAMES-1];      // status of the frame

wire [2:0]           check = check_ram[resolve_ptr_reg[FRAME_W-1:0]];
wire                 come = come_in_reg != come_out_reg;
wire                 come_error = come_error_ram[come_out_reg[FRAME_W-1:0]];
wire                 resolve = resolve_ptr_reg != issue_ptr_reg
                               && (check != COMPLETION_STATUS_OK || come);

always @(posedge clk) begin
    if (issue)
        check_ram[issue_ptr_reg[FRAME_W-1:0]] <= e_status_reg;
    if (resolve) begin
        resolve_ptr_reg <= resolve_ptr_reg + 1'b1;
        fate_ram[resolve_ptr_reg[FRAME_W-1:0]]
            <= check != COMPLETION_STATUS_OK ? check
               : come_error ? COMPLETION_STATUS_DMA_ERROR : COMPLETION_STATUS_OK;
        if (check == COMPLETION_STATUS_OK)
            come_out_reg <= come_out_reg + 1'b1;
    end

    if (rst) begin
        resolve_ptr_reg <= {FRAME_W+1{1'b0}};
        come_out_reg <= {FRAME_W+1{1'b0}};
    end
end

// --- report ----------------------------------------------------------------------------------------

(* ram_style = "distributed" *)
reg [QUEUE_W+29:0]   report_ram[0:FRAMES-1];    // {queue, index, length}

reg                  done_valid_reg;
reg [QUEUE_W-1:0]    done_queue_reg;
reg [15:0]           done_index_reg;
reg [13:0]           done_length_reg;
reg [2:0]            done_status_reg;
reg                  event_valid_reg;

wire                 done_load = done_ptr_reg != resolve_ptr_reg
                                 && (!done_valid_reg || tx_done_ready);

always @(posedge clk) begin
    if (issue)
        report_ram[issue_ptr_reg[FRAME_W-1:0]] <= {e_queue_reg, e_index_reg, e_length_reg};
    event_valid_reg <= done_load;
    if (tx_done_ready)
        done_valid_reg <= 1'b0;
    if (done_load) begin
        done_valid_reg <= 1'b1;
        {done_queue_reg, done_index_reg, done_length_reg}
            <= report_ram[done_ptr_reg[FRAME_W-1:0]];
        done_status_reg <= fate_ram[done_ptr_reg[FRAME_W-1:0]];
        done_ptr_reg <= done_ptr_reg + 1'b1;
    end

    if (rst) begin
        done_valid_reg <= 1'b0;
        event_valid_reg <= 1'b0;
        done_ptr_reg <= {FRAME_W+1{1'b0}};
    end
end

assign tx_done_valid = done_valid_reg;
assign tx_done_gq = done_queue_reg;
assign tx_done_index = done_index_reg;
assign tx_done_status = {1'd0, done_status_reg};
assign tx_queue_event_valid = event_valid_reg;
assign tx_queue_event_index = {done_queue_reg, done_status_reg};
assign tx_queue_event_bytes = done_length_reg;

// --- output: frame after frame, a beat a clock ---------------------------------------------------

(* ram_style = "distributed" *)
reg [QUEUE_W+15:0]   send_ram[0:FRAMES-1];      // {queue, ip, l4, length - 1}

// The frame that is next
reg                  n_valid_reg;
reg [QUEUE_W-1:0]    n_queue_reg;
reg                  n_ip_reg, n_l4_reg;
reg [13:0]           n_data_m1_reg;             // bytes in memory less 1

// The frame that leaves
reg                  g_valid_reg;
reg [QUEUE_W-1:0]    g_queue_reg;
reg                  g_ip_reg, g_l4_reg;
reg                  g_first_reg;
reg                  g_data_reg;                // beats with data are left
reg [13:0]           g_data_m1_reg;             // bytes left, less 1
reg [13:0]           g_frame_m1_reg;            // the same with padding
reg [13:0]           g_length_reg;
reg [RATIO_W-1:0]    g_beat_reg;                // beat of the word
reg [ADDR_W-1:0]     read_reg;

wire                 advance;
wire [2:0]           n_fate = fate_ram[out_ptr_reg[FRAME_W-1:0]];
wire                 g_last = g_frame_m1_reg[13:BEAT_W] == 0;
wire                 g_data_last = g_data_m1_reg[13:BEAT_W] == 0;
wire                 g_word_last = g_data_reg
                                   && (g_data_last || g_beat_reg == RATIO[RATIO_W-1:0] - 1'b1);
wire                 g_step = g_valid_reg && advance;
wire                 n_take = n_valid_reg && (!g_valid_reg || (g_step && g_last));
wire                 n_load = out_ptr_reg != resolve_ptr_reg && (!n_valid_reg || n_take);
wire [13:0]          n_frame_m1 = n_data_m1_reg < MIN_FRAME - 14'd1 ? MIN_FRAME - 14'd1
                                                                     : n_data_m1_reg;

assign word_read = g_step && g_word_last;

// Four stages behind the memory's address: memory, register, beat of the word and mask, output
reg                  p_valid_reg, r_valid_reg, q_valid_reg, out_valid_reg;
reg                  p_first_reg, p_last_reg, r_first_reg, r_last_reg, q_last_reg, out_last_reg;
reg [RATIO_W-1:0]    p_beat_reg, r_beat_reg;
reg                  p_data_reg, p_data_last_reg, r_data_reg, r_data_last_reg;
reg [BEAT_W-1:0]     p_data_end_reg, p_end_reg, r_data_end_reg, r_end_reg, q_end_reg;
reg [QUEUE_W-1:0]    p_queue_reg, r_queue_reg, q_queue_reg, out_queue_reg;
reg                  p_ip_reg, p_l4_reg, r_ip_reg, r_l4_reg, q_ip_reg, q_l4_reg, out_ip_reg, out_l4_reg;
reg [13:0]           p_length_reg, r_length_reg, q_length_reg, out_length_reg;
reg [DMA_W-1:0]      p_word_reg, r_word_reg;
reg [DATA_W-1:0]     q_word_reg, out_word_reg;
reg [BEAT_BYTES-1:0] q_mask_reg, out_keep_reg;
wire [DATA_W-1:0]    q_mask_bits;

localparam [BEAT_BYTES-1:0] ALL = {BEAT_BYTES{1'b1}};

genvar g;
generate
    for (g = 0; g < BEAT_BYTES; g = g + 1) begin : lane
        assign q_mask_bits[g*8 +: 8] = {8{q_mask_reg[g]}};
    end
endgenerate

assign advance = !out_valid_reg || m_axis_tready;

always @(posedge clk) begin
    if (issue)
        send_ram[issue_ptr_reg[FRAME_W-1:0]] <= {e_queue_reg, e_ip_reg, e_l4_reg,
                                                 e_length_reg - 14'd1};
    if (n_take)
        n_valid_reg <= 1'b0;
    if (n_load) begin
        // A frame without data is passed over
        n_valid_reg <= n_fate == COMPLETION_STATUS_OK;
        {n_queue_reg, n_ip_reg, n_l4_reg, n_data_m1_reg} <= send_ram[out_ptr_reg[FRAME_W-1:0]];
        out_ptr_reg <= out_ptr_reg + 1'b1;
    end

    if (g_step) begin
        g_first_reg <= 1'b0;
        g_frame_m1_reg <= g_frame_m1_reg - BEAT_BYTES[13:0];
        g_data_m1_reg <= g_data_m1_reg - BEAT_BYTES[13:0];
        if (g_data_last)
            g_data_reg <= 1'b0;
        g_beat_reg <= g_word_last ? {RATIO_W{1'b0}} : g_beat_reg + 1'b1;
        if (g_word_last)
            read_reg <= read_reg + 1'b1;
        if (g_last)
            g_valid_reg <= 1'b0;
    end
    if (n_take) begin
        g_valid_reg <= 1'b1;
        g_queue_reg <= n_queue_reg;
        g_ip_reg <= n_ip_reg;
        g_l4_reg <= n_l4_reg;
        g_first_reg <= 1'b1;
        g_data_reg <= 1'b1;
        g_data_m1_reg <= n_data_m1_reg;
        g_frame_m1_reg <= n_frame_m1;
        g_length_reg <= n_frame_m1 + 14'd1;
        g_beat_reg <= {RATIO_W{1'b0}};
    end

    if (advance) begin
        p_valid_reg <= g_valid_reg;
        if (g_valid_reg) begin
            p_word_reg <= buffer_ram[read_reg];
            p_first_reg <= g_first_reg;
            p_last_reg <= g_last;
            p_beat_reg <= g_beat_reg;
            p_data_reg <= g_data_reg;
            p_data_last_reg <= g_data_last;
            p_data_end_reg <= g_data_m1_reg[BEAT_W-1:0];
            p_end_reg <= g_frame_m1_reg[BEAT_W-1:0];
            p_queue_reg <= g_queue_reg;
            p_ip_reg <= g_ip_reg;
            p_l4_reg <= g_l4_reg;
            p_length_reg <= g_length_reg;
        end

        r_valid_reg <= p_valid_reg;
        if (p_valid_reg) begin
            r_word_reg <= p_word_reg;
            r_first_reg <= p_first_reg;
            r_last_reg <= p_last_reg;
            r_beat_reg <= p_beat_reg;
            r_data_reg <= p_data_reg;
            r_data_last_reg <= p_data_last_reg;
            r_data_end_reg <= p_data_end_reg;
            r_end_reg <= p_end_reg;
            r_queue_reg <= p_queue_reg;
            r_ip_reg <= p_ip_reg;
            r_l4_reg <= p_l4_reg;
            r_length_reg <= p_length_reg;
        end

        q_valid_reg <= r_valid_reg;
        if (r_valid_reg) begin
            q_word_reg <= r_word_reg[r_beat_reg*DATA_W +: DATA_W];
            q_mask_reg <= !r_data_reg ? ~ALL
                          : r_data_last_reg ? ALL >> ~r_data_end_reg : ALL;
            q_last_reg <= r_last_reg;
            q_end_reg <= r_end_reg;
            if (r_first_reg) begin
                q_queue_reg <= r_queue_reg;
                q_ip_reg <= r_ip_reg;
                q_l4_reg <= r_l4_reg;
                q_length_reg <= r_length_reg;
            end
        end

        out_valid_reg <= q_valid_reg;
        if (q_valid_reg) begin
            out_word_reg <= q_word_reg & q_mask_bits;
            out_keep_reg <= q_last_reg ? ALL >> ~q_end_reg : ALL;
            out_last_reg <= q_last_reg;
            out_queue_reg <= q_queue_reg;
            out_ip_reg <= q_ip_reg;
            out_l4_reg <= q_l4_reg;
            out_length_reg <= q_length_reg;
        end
    end

    if (rst) begin
        n_valid_reg <= 1'b0;
        g_valid_reg <= 1'b0;
        p_valid_reg <= 1'b0;
        r_valid_reg <= 1'b0;
        q_valid_reg <= 1'b0;
        out_valid_reg <= 1'b0;
        out_ptr_reg <= {FRAME_W+1{1'b0}};
        read_reg <= {ADDR_W{1'b0}};
    end
end

reg [USER_W-1:0]     user;

always @* begin
    user = {USER_W{1'b0}};
    user[META_PORT +: META_PORT_W] = queue_function(out_queue_reg);
    user[META_FUNCTION +: META_FUNCTION_W] = queue_function(out_queue_reg);
    user[META_QUEUE +: QUEUE_W] = queue_of_function(out_queue_reg);
    user[META_LENGTH +: META_LENGTH_W] = out_length_reg;
    user[META_WANT_IP_CSUM] = out_ip_reg;
    user[META_WANT_L4_CSUM] = out_l4_reg;
end

assign m_axis_tdata = out_word_reg;
assign m_axis_tkeep = out_keep_reg;
assign m_axis_tlast = out_last_reg;
assign m_axis_tvalid = out_valid_reg;
assign m_axis_tuser = user;

// --- what is inside ---------------------------------------------------------------------------------

generate
    for (g = 0; g < QUEUES; g = g + 1) begin : queue
        localparam integer QUEUE = g;
        reg [COUNT_W-1:0] count_reg;
        wire more = pop_valid_reg && pop_queue_reg == QUEUE[QUEUE_W-1:0];
        wire nothing = answer_reg && !pop_ok && answer_queue_reg == QUEUE[QUEUE_W-1:0];
        wire reported = tx_done_valid && tx_done_ready && tx_done_gq == QUEUE[QUEUE_W-1:0];

        always @(posedge clk) begin
            if (more || nothing || reported)
                count_reg <= count_reg + {{COUNT_W-1{1'b0}}, more}
                             - {{COUNT_W-1{1'b0}}, nothing} - {{COUNT_W-1{1'b0}}, reported};
            if (rst)
                count_reg <= {COUNT_W{1'b0}};
        end
        assign queue_idle[g] = count_reg == 0 && !more;
    end
endgenerate

assign busy = usable != {QUEUES{1'b0}} || queue_idle != {QUEUES{1'b1}} || out_ptr_reg != issue_ptr_reg || n_valid_reg
              || g_valid_reg || p_valid_reg || r_valid_reg || q_valid_reg || out_valid_reg || event_valid_reg;

endmodule

`resetall
