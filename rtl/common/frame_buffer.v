// SPDX-License-Identifier: BSD-3-Clause
//
// A store-and-forward frame buffer: frames come in beat by beat, and leave only when committed.
//
// The writer commits or discards a frame with its last beat; discarding takes no time. It may
// write a beat in a clock in which `room` is 1, or was 1 in one of the four clocks before. The user
// word has a memory of its own, written at the commit; where a frame ends stands in its last beat.
// Frames leave in order, at full rate. Below 512 bits a frame has two beats or more, as any of
// Ethernet's has. A committed frame appears at the output three clocks later. A frame longer than the
// buffer never fits: the writer must discard it once `room` stays away; room for MAX_FRAME bytes is
// there whenever the buffer has drained.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module frame_buffer #(
    // Packet bus in bits: 64, 128, 256 or 512.
    parameter integer DATA_W = 64,
    // Width of the user word.
    parameter integer USER_W = 280,
    // Bytes of the buffer, a power of two, at least 16 beats.
    parameter integer RAM_BYTES = 16384,
    // Frames that can wait, a power of two, at least 16.
    parameter integer FRAMES = 32
) (
    input  wire                  clk,
    input  wire                  rst,

    // Writing: a beat, and with a frame's last beat what becomes of the frame.
    input  wire                  write_valid,
    input  wire [DATA_W-1:0]     write_data,
    // Keep the frame that ends with this clock's beat. Needs write_valid; below 512 bits not the
    // frame's first.
    input  wire                  write_commit,
    // Forget all beats since the last commit, this clock's too.
    input  wire                  write_discard,
    // Of the committed frame: user word and bytes.
    input  wire [USER_W-1:0]     write_user,
    input  wire [13:0]           write_length,
    // A beat may be written, and its frame committed, in this clock and the four that follow.
    output wire                  room,

    // Frames out, user word on the first beat only
    output wire [DATA_W-1:0]     m_axis_tdata,
    output wire [DATA_W/8-1:0]   m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [USER_W-1:0]     m_axis_tuser,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,

    // A committed frame is inside.
    output wire                  busy
);

    localparam integer LANES    = DATA_W / 8;
    localparam integer LANE_W   = $clog2(LANES);
    localparam integer DEPTH    = RAM_BYTES / LANES;
    localparam integer ADDR_W   = $clog2(DEPTH);
    localparam integer FRAME_W  = $clog2(FRAMES);
    localparam integer BEAT_W   = DATA_W + LANE_W + 1;
    // Room is told two clocks late, from pointers that are a clock old; of frames three clocks.
    localparam [31:0] FULL       = DEPTH - 7;
    localparam [31:0] FRAME_FULL = FRAMES - 8;

    initial begin
        if (1 << ADDR_W != DEPTH || 1 << FRAME_W != FRAMES) begin
            $display("Error: RAM_BYTES and FRAMES must be powers of two (%m)");
            $finish;
        end
    end

    // What is read in the clock in which it is written does not count: what counts has been committed.
    (* no_rw_check *) reg [BEAT_W-1:0] memory [0:DEPTH-1];
    (* ram_style = "block", no_rw_check *) reg [USER_W-1:0] user_memory [0:FRAMES-1];

    // --- writing ---------------------------------------------------------------------------------

    reg [ADDR_W:0]  write_reg;      // next beat
    reg [ADDR_W:0]  start_reg;      // first beat of the frame that is being written
    reg [ADDR_W:0]  read_reg;       // next beat to read
    reg [ADDR_W:0]  read_next_reg;  // and the one behind it
    reg [FRAME_W:0] user_write_reg;
    reg [FRAME_W:0] user_read_reg;
    reg [FRAME_W:0] user_read_next_reg;
    reg             room_reg;
    reg             frame_room_reg;
    reg [ADDR_W:0]  used_reg;       // beats in the memory, a clock ago
    reg [FRAME_W:0] frames_reg;     // frames, likewise
    reg             stored_reg;     // a beat can be read,
    reg             user_stored_reg;    // a user word
    wire            fetch;
    wire            user_fetch;

    always @(posedge clk) begin
        // The bytes of a last beat: 0 stands for all.
        if (write_valid)
            memory[write_reg[ADDR_W-1:0]] <= {write_commit, write_length[LANE_W-1:0], write_data};
        if (write_commit)
            user_memory[user_write_reg[FRAME_W-1:0]] <= write_user;

        if (write_discard)
            write_reg <= start_reg;
        else if (write_valid)
            write_reg <= write_reg + 1'b1;
        if (write_commit) begin
            start_reg      <= write_reg + 1'b1;
            user_write_reg <= user_write_reg + 1'b1;
        end
        used_reg        <= write_reg - read_reg;
        frames_reg      <= user_write_reg - user_read_reg;
        frame_room_reg  <= frames_reg < FRAME_FULL[FRAME_W:0];
        room_reg        <= used_reg < FULL[ADDR_W:0] && frame_room_reg;
        stored_reg      <= write_commit || (stored_reg && !(fetch && read_next_reg == start_reg));
        user_stored_reg <= write_commit
                           || (user_stored_reg && !(user_fetch && user_read_next_reg == user_write_reg));

        if (rst) begin
            write_reg      <= {ADDR_W+1{1'b0}};
            start_reg      <= {ADDR_W+1{1'b0}};
            user_write_reg <= {FRAME_W+1{1'b0}};
            used_reg       <= {ADDR_W+1{1'b0}};
            frames_reg     <= {FRAME_W+1{1'b0}};
            room_reg       <= 1'b0;
            frame_room_reg <= 1'b1;
            stored_reg     <= 1'b0;
            user_stored_reg <= 1'b0;
        end
    end

    assign room = room_reg;

    // --- reading ---------------------------------------------------------------------------------

    // Behind each memory its read register, then the output. The next frame's user word is read when
    // this frame's leaves with the first beat: with two beats or more it is there in time. Where frames
    // may be of one beat, it is read as the one before it leaves.
    reg [BEAT_W-1:0] beat_reg;
    reg              beat_valid_reg;
    reg [USER_W-1:0] user_reg;
    reg              user_valid_reg;
    reg              user_left_reg; // ... no more: it left in the last clock
    reg [BEAT_W-1:0] out_reg;
    reg [USER_W-1:0] out_user_reg;
    reg              out_valid_reg;
    reg              first_reg;     // the next beat to the output is a frame's first one, if none is there
    // For the memories' enables: nothing at the output, and nothing there or nothing in beat_reg. The
    // memories' blocks stand far apart, so each is one LUT behind m_axis_tready.
    reg              out_free_reg;
    reg              beat_free_reg;

    // The memory's own output register is the output; what it reads is late, and looked at there only.
    wire out_last   = out_reg[BEAT_W-1];
    wire first      = out_valid_reg ? out_last : first_reg;
    wire out_move   = out_free_reg || m_axis_tready;
    wire beat_move  = beat_free_reg || m_axis_tready;
    wire out_next   = beat_valid_reg || !out_move;
    wire beat_next  = stored_reg || !beat_move;
    assign fetch    = beat_move && stored_reg;
    wire user_take  = out_move && beat_valid_reg && first;
    wire user_free  = !user_valid_reg || (DATA_W == 512 ? user_take : user_left_reg);
    assign user_fetch = user_free && user_stored_reg;

    always @(posedge clk) begin
        // Read also when there is nothing: it counts when it is valid.
        if (beat_move)
            beat_reg <= memory[read_reg[ADDR_W-1:0]];
        if (fetch) begin
            read_reg      <= read_next_reg;
            read_next_reg <= read_next_reg + 1'b1;
        end
        if (user_fetch) begin
            user_reg      <= user_memory[user_read_reg[FRAME_W-1:0]];
            user_read_reg <= user_read_next_reg;
            user_read_next_reg <= user_read_next_reg + 1'b1;
        end
        user_valid_reg <= user_fetch || !user_free;
        user_left_reg  <= user_take;
        // What is loaded without a beat does not count, nor the user word but with a first one.
        if (out_move) begin
            out_reg      <= beat_reg;
            out_user_reg <= user_reg;
        end
        first_reg      <= first;
        beat_valid_reg <= beat_next;
        out_valid_reg  <= out_next;
        beat_free_reg  <= !(beat_next && out_next);
        out_free_reg   <= !out_next;

        if (rst) begin
            read_reg       <= {ADDR_W+1{1'b0}};
            read_next_reg  <= {{ADDR_W{1'b0}}, 1'b1};
            user_read_reg  <= {FRAME_W+1{1'b0}};
            user_read_next_reg <= {{FRAME_W{1'b0}}, 1'b1};
            beat_valid_reg <= 1'b0;
            user_valid_reg <= 1'b0;
            user_left_reg  <= 1'b0;
            out_valid_reg  <= 1'b0;
            beat_free_reg  <= 1'b1;
            out_free_reg   <= 1'b1;
            first_reg      <= 1'b1;
        end
    end

    wire [LANE_W-1:0] out_bytes = out_reg[DATA_W +: LANE_W];

    assign m_axis_tdata  = out_reg[DATA_W-1:0];
    assign m_axis_tkeep  = out_last && out_bytes != {LANE_W{1'b0}} ?
        ~({LANES{1'b1}} << out_bytes) : {LANES{1'b1}};
    assign m_axis_tlast  = out_last;
    assign m_axis_tuser  = out_user_reg;
    assign m_axis_tvalid = out_valid_reg;

    assign busy = stored_reg || beat_valid_reg || out_valid_reg;

    wire unused = &{1'b0, write_length};

`ifdef FORMAL
    // No loss, no duplication, no disorder: committed beat number f_tag, any, leaves as number f_tag,
    // as it was written, with tlast where it was committed; nothing of a discarded frame leaves. User
    // word number f_frame, any, leaves with the beat behind f_frame times tlast. Both memories have
    // room for what a writer writes that heeds `room`. Nothing holds a beat up.
    localparam integer F_W = ADDR_W + 3;
    localparam integer G_W = FRAME_W + 3;
    reg              f_past_reg = 1'b0;
    (* anyconst *) reg [F_W-1:0] f_tag;
    (* anyconst *) reg [G_W-1:0] f_frame;
    reg  [F_W-1:0]   f_committed_reg;       // beats committed, and given
    reg  [F_W-1:0]   f_given_reg;
    reg  [F_W-1:0]   f_open_reg;            // beats of the frame that is being written
    reg  [BEAT_W-1:0] f_value_reg;
    reg  [G_W-1:0]   f_commits_reg;         // user words written, and taken to the output
    reg  [G_W-1:0]   f_taken_reg;
    reg  [G_W-1:0]   f_lasts_reg;           // last beats taken to the output
    reg  [USER_W-1:0] f_user_reg;
    reg  [2:0]       f_age_reg;             // clocks since room was last 1, up to 5

    wire [2:0]       f_age = room ? 3'd0 : f_age_reg;
    wire [ADDR_W:0]  f_used = write_reg - read_reg;
    wire [FRAME_W:0] f_frames = user_write_reg - user_read_reg;
    wire [F_W-1:0]   f_stored = {2'd0, start_reg - read_reg};
    wire [F_W-1:0]   f_front = {{F_W-1{1'b0}}, out_valid_reg} + {{F_W-1{1'b0}}, beat_valid_reg};
    wire [F_W-1:0]   f_place = f_tag - f_given_reg;             // beats in front of the tagged one
    wire [F_W-1:0]   f_behind = f_place - f_front;
    wire [ADDR_W-1:0] f_address = read_reg[ADDR_W-1:0] + f_behind[ADDR_W-1:0];
    wire             f_give = m_axis_tvalid && m_axis_tready;
    wire             f_move = out_move && beat_valid_reg;
    wire [G_W-1:0]   f_waits = f_frame - f_taken_reg;           // user words in front of the one
    wire             f_user_valid = user_valid_reg && (DATA_W == 512 || !user_left_reg);
    wire [G_W-1:0]   f_user_behind = f_waits - {{G_W-1{1'b0}}, f_user_valid};
    wire [FRAME_W-1:0] f_user_address = user_read_reg[FRAME_W-1:0] + f_user_behind[FRAME_W-1:0];
    wire [G_W-1:0]   f_users = f_commits_reg - f_taken_reg;
    reg              f_shown_reg;           // the frame at the output is number f_frame
    reg              f_first_out_reg;       // and the beat there its first
    // Of the memory, in read order
    reg  [DEPTH-1:0] f_last;                // last beats,
    reg  [F_W-1:0]   f_stored_lasts;        // how many of them are committed and not at the output
    reg              f_before;              // what goes before is a last beat
    reg              f_alone;               // a frame of one beat
    reg              f_open_last;           // a last beat in the frame that is being written
    integer          f;

    always @* begin
        f_stored_lasts = {F_W{1'b0}};
        f_before = first;
        f_alone = 1'b0;
        f_open_last = 1'b0;
        if (beat_valid_reg) begin
            f_stored_lasts = {{F_W-1{1'b0}}, beat_reg[BEAT_W-1]};
            f_alone = first && beat_reg[BEAT_W-1];
            f_before = beat_reg[BEAT_W-1];
        end
        for (f = 0; f < DEPTH; f = f + 1) begin
            f_last[f] = memory[read_reg[ADDR_W-1:0] + f[ADDR_W-1:0]][BEAT_W-1];
            if (f[F_W-1:0] < f_stored) begin
                f_stored_lasts = f_stored_lasts + {{F_W-1{1'b0}}, f_last[f]};
                f_alone = f_alone || (f_before && f_last[f]);
                f_before = f_last[f];
            end else if (f[F_W-1:0] < f_stored + f_open_reg && f_last[f]) begin
                f_open_last = 1'b1;
            end
        end
    end

    always @(posedge clk) begin
        f_past_reg <= 1'b1;
        f_age_reg <= f_age == 3'd5 ? 3'd5 : f_age + 3'd1;
        if (write_valid && f_committed_reg + f_open_reg == f_tag)
            f_value_reg <= {write_commit, write_length[LANE_W-1:0], write_data};
        f_open_reg <= write_commit || write_discard ? {F_W{1'b0}} : f_open_reg + {{F_W-1{1'b0}}, write_valid};
        if (write_commit) begin
            f_committed_reg <= f_committed_reg + f_open_reg + 1'b1;
            f_commits_reg <= f_commits_reg + 1'b1;
            if (f_commits_reg == f_frame)
                f_user_reg <= write_user;
        end
        f_given_reg <= f_given_reg + {{F_W-1{1'b0}}, f_give};
        if (out_move)
            f_first_out_reg <= user_take;
        if (user_take) begin
            f_taken_reg <= f_taken_reg + 1'b1;
            f_shown_reg <= f_taken_reg == f_frame;
        end
        f_lasts_reg <= f_lasts_reg + {{G_W-1{1'b0}}, f_move && beat_reg[BEAT_W-1]};
        if (rst) begin
            f_age_reg <= 3'd5;
            f_open_reg <= {F_W{1'b0}};
            f_committed_reg <= {F_W{1'b0}};
            f_given_reg <= {F_W{1'b0}};
            f_commits_reg <= {G_W{1'b0}};
            f_taken_reg <= {G_W{1'b0}};
            f_lasts_reg <= {G_W{1'b0}};
            f_shown_reg <= 1'b0;
        end
    end

    always @* begin
        if (!f_past_reg)
            assume (rst);
        assume (!write_valid || f_age <= 3'd4);
        assume (!write_commit || (write_valid && !write_discard));
        assume (DATA_W == 512 || !write_commit || f_open_reg != {F_W{1'b0}});
        if (f_past_reg) begin
            if (m_axis_tvalid && f_place == {F_W{1'b0}})
                assert ({m_axis_tlast, m_axis_tdata} == {f_value_reg[BEAT_W-1], f_value_reg[DATA_W-1:0]}
                        && out_bytes == f_value_reg[DATA_W +: LANE_W]);
            if (user_take)
                assert (f_user_valid);
            if (user_take && f_taken_reg == f_frame)
                assert (user_reg == f_user_reg);
            if (m_axis_tvalid && f_shown_reg && f_first_out_reg && f_commits_reg - f_frame <= FRAMES + 2)
                assert (m_axis_tuser == f_user_reg);
            assert (f_taken_reg == f_lasts_reg + {{G_W-1{1'b0}}, !first});
            assert (!f_move || user_take == first);
            // Nothing holds it up.
            if (f_stored != {F_W{1'b0}} && !beat_valid_reg)
                assert (fetch);
            if (beat_valid_reg && first)
                assert (f_user_valid);
            if (beat_valid_reg && !out_valid_reg)
                assert (f_move);
            if (user_write_reg != user_read_reg && !f_user_valid)
                assert (user_fetch);

            // What holds always
            assert (out_free_reg == !out_valid_reg && beat_free_reg == !(beat_valid_reg && out_valid_reg));
            assert (f_age_reg <= 3'd5);
            assert (f_used <= DEPTH - 6 + f_age && {1'b0, f_frames} <= FRAMES - 6 + f_age);
            assert (f_used <= used_reg + 1'b1 && f_frames <= frames_reg + 1'b1);
            assert (!room_reg || (used_reg <= FULL[ADDR_W:0] && frames_reg <= FRAME_FULL[FRAME_W:0] + 1'b1));
            assert (!frame_room_reg || frames_reg <= FRAME_FULL[FRAME_W:0]);
            assert (read_next_reg == read_reg + 1'b1 && user_read_next_reg == user_read_reg + 1'b1);
            assert (stored_reg == (start_reg != read_reg) && user_stored_reg == (f_frames != 0));
            assert (f_stored <= {2'd0, f_used} && f_stored + f_open_reg == {2'd0, f_used});
            assert (f_committed_reg - f_given_reg == f_stored + f_front);
            assert (f_users == {2'd0, f_frames} + {{G_W-1{1'b0}}, f_user_valid});
            assert (user_valid_reg || !user_left_reg || DATA_W == 512);
            assert (f_commits_reg - f_lasts_reg == f_stored_lasts[G_W-1:0]);
            assert (f_stored == {F_W{1'b0}} || f_before);
            assert (!f_open_last && (DATA_W == 512 || !f_alone));
            if (f_place < f_stored + f_front + f_open_reg) begin
                if (f_place == {F_W{1'b0}} && out_valid_reg)
                    assert (out_reg == f_value_reg);
                else if (f_place < f_front)
                    assert (beat_reg == f_value_reg);
                else
                    assert (memory[f_address] == f_value_reg);
            end
            if (f_waits < f_users) begin
                if (f_waits == {G_W{1'b0}} && f_user_valid)
                    assert (user_reg == f_user_reg);
                else
                    assert (user_memory[f_user_address] == f_user_reg);
            end
            if (f_shown_reg)
                assert (f_taken_reg == f_frame + 1'b1);
            cover (f_give && m_axis_tlast && f_given_reg == 4 && f_shown_reg);
        end
    end
`endif

endmodule

`resetall
