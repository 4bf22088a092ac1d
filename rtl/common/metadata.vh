// SPDX-License-Identifier: BSD-3-Clause
//
// The metadata word that rides with every frame inside the core: tuser, valid on a frame's first
// beat and only there. Both directions use the same word. `META_X` is a field's lowest bit,
// `META_X_W` its width; read a field as tuser[META_X +: META_X_W].

// verilator lint_off UNUSEDPARAM
localparam META_PORT             = 0;    // receive: port of arrival; transmit: port to leave by
localparam META_PORT_W           = 4;
localparam META_FUNCTION         = 4;    // network function
localparam META_FUNCTION_W       = 4;
localparam META_QUEUE            = 8;    // queue of the function
localparam META_QUEUE_W          = 8;
localparam META_LENGTH           = 16;   // bytes of the frame, without FCS
localparam META_LENGTH_W         = 14;
localparam META_TIMESTAMP        = 30;   // microseconds at arrival
localparam META_TIMESTAMP_W      = 32;
localparam META_WANT_IP_CSUM     = 62;   // transmit: insert the IPv4 header checksum
localparam META_WANT_IP_CSUM_W   = 1;
localparam META_WANT_L4_CSUM     = 63;   // transmit: insert the TCP or UDP checksum
localparam META_WANT_L4_CSUM_W   = 1;
// From parse
localparam META_L3_TYPE          = 64;   // l3_type_e of sekisho.rdl
localparam META_L3_TYPE_W        = 3;
localparam META_L4_TYPE          = 67;   // l4_type_e
localparam META_L4_TYPE_W        = 3;
localparam META_VLAN_TAGS        = 70;   // 0 to 2
localparam META_VLAN_TAGS_W      = 2;
localparam META_VLAN_TCI         = 72;   // outermost tag
localparam META_VLAN_TCI_W       = 16;
localparam META_L3_OFFSET        = 88;   // first byte of the IP header (or behind the Ethernet header)
localparam META_L3_OFFSET_W      = 8;
localparam META_L4_OFFSET        = 96;   // first byte of the layer 4 header, 0: none
localparam META_L4_OFFSET_W      = 8;
localparam META_PAYLOAD_OFFSET   = 104;  // first byte behind the layer 4 header, 0: none
localparam META_PAYLOAD_OFFSET_W = 9;
localparam META_SUM_START        = 113;  // raw_sum covers bytes [SUM_START, SUM_END) of the frame
localparam META_SUM_START_W      = 14;
localparam META_SUM_END          = 127;
localparam META_SUM_END_W        = 14;
localparam META_PSEUDO_SUM       = 141;  // folded sum of the pseudo header
localparam META_PSEUDO_SUM_W     = 16;
localparam META_IP_HEADER_SUM    = 157;  // IPv4: folded sum of the header with its checksum field as 0
localparam META_IP_HEADER_SUM_W  = 16;
localparam META_IP_VERDICT       = 173;  // checksum_verdict_e
localparam META_IP_VERDICT_W     = 2;
localparam META_L4_CHECKED       = 175;  // 1: layer 4 is complete and has a checksum to verify or insert
localparam META_L4_CHECKED_W     = 1;
localparam META_REASON           = 176;  // checksum_reason_e
localparam META_REASON_W         = 4;
localparam META_RSS_HASH         = 180;
localparam META_RSS_HASH_W       = 32;
localparam META_HASH_TYPE        = 212;  // 0 none, 1 addresses, 2 addresses and ports
localparam META_HASH_TYPE_W      = 2;
// From csum
localparam META_L4_VERDICT       = 214;  // checksum_verdict_e
localparam META_L4_VERDICT_W     = 2;
localparam META_RAW_SUM          = 216;
localparam META_RAW_SUM_W        = 16;

// From the flow rules; with FLOW_STEER, QUEUE too
localparam META_FLOW_HIT         = 232;  // a flow rule holds for the frame
localparam META_FLOW_HIT_W       = 1;
localparam META_FLOW_RULE        = 233;  // its number
localparam META_FLOW_RULE_W      = 4;
localparam META_FLOW_DROP        = 237;  // drop the frame
localparam META_FLOW_DROP_W      = 1;
localparam META_FLOW_STEER       = 238;  // to QUEUE, not to the RSS table's
localparam META_FLOW_STEER_W     = 1;
localparam META_FLOW_MARKED      = 239;
localparam META_FLOW_MARKED_W    = 1;
localparam META_FLOW_MARK        = 240;  // 0 without FLOW_MARKED
localparam META_FLOW_MARK_W      = 32;
localparam META_EDIT             = 272;  // change the frame: edit holds how, in EDIT_SLOT
localparam META_EDIT_W           = 1;
localparam META_EDIT_SLOT        = 273;
localparam META_EDIT_SLOT_W      = 7;

localparam META_W                = 280;
// verilator lint_on UNUSEDPARAM
