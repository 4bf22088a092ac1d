// SPDX-License-Identifier: BSD-3-Clause
//
// The lemma behind the checksum engines: a sum of 16-bit words whose carries are brought round once,
// at its end, is the sum that RFC 1071 makes word by word, bringing each carry round at once.
// By induction over the words: it holds for no word, and with total it holds for total + word.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module rfc1071 (
    // Sum of the words so far, and the next word
    input wire [29:0] total,
    input wire [15:0] word
);

    // One's complement addition
    function [15:0] add(input [15:0] a, input [15:0] b);
        reg [16:0] sum;
        begin
            sum = {1'b0, a} + {1'b0, b};
            add = sum[15:0] + {15'd0, sum[16]};
        end
    endfunction

    function [15:0] fold(input [29:0] sum);
        fold = add(sum[15:0], {2'd0, sum[29:16]});
    endfunction

    // Of 16 KiB and a pseudo header's sum at most
    wire [29:0] next = total + {14'd0, word};

    always @* begin
        assume (total <= 30'd8192 * 30'd65535);
        assert (fold(30'd0) == 16'd0);
        assert (fold(next) == add(fold(total), word));
        cover (fold(next) == 16'hffff && word != 0);
    end

endmodule

`resetall
