// SPDX-License-Identifier: BSD-3-Clause
//
// What header_walker tells header_result of a frame. `WALK_X` is a field's lowest bit, `WALK_X_W`
// its width.

// verilator lint_off UNUSEDPARAM
localparam WALK_L3_TYPE       = 0;      // l3_type_e
localparam WALK_L3_TYPE_W     = 3;
localparam WALK_L4_TYPE       = 3;      // l4_type_e
localparam WALK_L4_TYPE_W     = 3;
localparam WALK_TAGS          = 6;
localparam WALK_TAGS_W        = 2;
localparam WALK_TCI           = 8;      // of the outermost tag
localparam WALK_TCI_W         = 16;
localparam WALK_L4_WORD       = 24;     // the layer 4 header begins at byte 4 x this + 2
localparam WALK_L4_WORD_W     = 6;
localparam WALK_DATA_OFFSET   = 30;     // TCP
localparam WALK_DATA_OFFSET_W = 4;
localparam WALK_LEFT          = 34;     // bytes from the layer 4 header to the datagram's end
localparam WALK_LEFT_W        = 14;
localparam WALK_LENGTH        = 48;     // UDP
localparam WALK_LENGTH_W      = 14;
localparam WALK_REASON        = 62;     // checksum_reason_e; CHECKED: as the three next ones tell
localparam WALK_REASON_W      = 4;
localparam WALK_LENGTH_OVER   = 66;     // UDP length beyond the datagram
localparam WALK_LENGTH_OVER_W = 1;
localparam WALK_LENGTH_BAD    = 67;     // UDP length below 8, TCP data offset below 5 or beyond
localparam WALK_LENGTH_BAD_W  = 1;
localparam WALK_ZERO          = 68;     // UDP checksum is 0
localparam WALK_ZERO_W        = 1;
localparam WALK_CHECKSUM      = 69;     // of the IPv4 header, as it came
localparam WALK_CHECKSUM_W    = 16;
localparam WALK_HEADER_SUM    = 85;     // IPv4: sum of the header without checksum and addresses
localparam WALK_HEADER_SUM_W  = 21;
localparam WALK_ADDRESS_SUM   = 106;    // sum of the addresses
localparam WALK_ADDRESS_SUM_W = 21;
localparam WALK_HASH          = 127;
localparam WALK_HASH_W        = 32;
localparam WALK_HASHED        = 159;    // bit 0: a hash of the addresses is wanted; bit 1: it has the ports too
localparam WALK_HASHED_W      = 2;

localparam WALK_W             = 161;
// verilator lint_on UNUSEDPARAM
