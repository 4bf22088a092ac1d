// SPDX-License-Identifier: BSD-3-Clause
//
// What a flow rule changes in a frame, as flow_table tells it to frame_edit; the fields are those of
// flow_rule in sekisho.rdl. `EDIT_X` is a field's lowest bit.

// verilator lint_off UNUSEDPARAM
localparam EDIT_MAC        = 0;     // its first byte in the low bits
localparam EDIT_IPV4       = 48;    // its first byte on top
localparam EDIT_IP_SUM     = 80;
localparam EDIT_LAYER4_SUM = 96;
localparam EDIT_PORT       = 112;
localparam EDIT_SET_MAC    = 128;
localparam EDIT_SET_IPV4   = 129;
localparam EDIT_SET_PORT   = 130;

localparam EDIT_BITS       = 131;
// verilator lint_on UNUSEDPARAM
