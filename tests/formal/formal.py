#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves the properties that stand at the end of the modules, under `ifdef FORMAL or FORMAL_X for a
proof named MODULE.X, and in the files beside this one.

Each proof has a base case, an induction step and covers that must be reached (a proof about a
module that can do nothing would pass, too). A planted bug must make the proof fail: the table names
one for each. Any warning of Yosys fails the proof. Prints TAP, writes build/formal.json.

    formal.py [PROOF...]
"""

import json
import os
import re
import resource
import signal
import subprocess
import sys

TIMEOUT = 300

# name: solver, module, its file and those of the modules it instantiates, parameters, steps, planted
# bug (text, replacement)
PROOFS = {
    "axis_register": (
        "z3", "axis_register", "rtl/common/axis_register.v", {"DATA_W": 8, "USER_W": 3}, 10,
        ("if (!skid_full_reg)", "if (s_axis_tvalid)")),
    **{f"frame_buffer.w{width}": (
        "bitwuzla", "frame_buffer", "rtl/common/frame_buffer.v",
        {"DATA_W": width, "USER_W": 3, "RAM_BYTES": 2 * width, "FRAMES": 16}, 1,
        ("write_reg <= start_reg;", "write_reg <= start_reg + write_valid;"))
       for width in (64, 512)},
    "dma_fifo": (
        "bitwuzla", "dma_fifo", "rtl/dma/dma_fifo.v", {"WIDTH": 4, "DEPTH": 4, "MARGIN": 2}, 10,
        ("ROOM = DEPTH - MARGIN - 2", "ROOM = DEPTH - MARGIN - 1")),
    "dma_fifo_short": (
        "bitwuzla", "dma_fifo_short", "rtl/dma/dma_fifo_short.v", {"WIDTH": 4, "DEPTH": 4, "MARGIN": 2}, 10,
        ("if (move)\n        out_data_reg", "if (out_ready)\n        out_data_reg")),
    "axis_frame_demux": (
        "cvc5", "axis_frame_demux", "rtl/common/axis_frame_demux.v", {"DATA_W": 8, "USER_W": 8}, 4,
        ("inside_reg ? output_reg : first", "first")),
    "dma_write_slots": (
        "bitwuzla", "dma_write_slots", "rtl/dma/dma_write_slots.v", {"SLOTS": 11}, 3,
        ("look_reg != counted_reg && done_room", "done_room")),
    **{f"dma_write_align.w{width}": (
        "bitwuzla", "dma_write_align", "rtl/dma/dma_write_align.v", {"DMA_W": width}, 1,
        ("(last_reg ? end_lanes_reg :", "(s0_last_reg ? end_lanes_reg :"))
       for width in (128, 512)},
    **{f"dma_write.w{width}": (
        "bitwuzla", "dma_write", "rtl/dma/dma_write.v rtl/common/axis_register.v rtl/dma/dma_write_align.v "
        "rtl/dma/dma_write_slots.v rtl/dma/dma_fifo.v", {"DMA_W": width}, 3,
        ("assign data_take = w_move && frame_beat_reg", "assign data_take = w_move && current_valid_reg && !line_end_reg"))
       for width in (128, 512)},
    **{f"dma_read.w{width}": (
        "bitwuzla", "dma_read", "rtl/dma/dma_read.v rtl/dma/dma_fifo.v rtl/dma/dma_read_align.v", {"DMA_W": width}, 1,
        ("(r_id_reg >= tag_reg[5:0])", "(r_id_reg > tag_reg[5:0])"))
       for width in (128, 512)},
    **{f"dma_read.w{width}.split": (
        "bitwuzla", "dma_read", "rtl/dma/dma_read.v rtl/dma/dma_fifo.v rtl/dma/dma_read_align.v", {"DMA_W": width}, 1,
        ("b_wrap_reg || &b_block_reg", "b_wrap_reg || &b_block_reg[7:1]"))
       for width in (128, 512)},
    **{f"dma_read_align.w{width}": (
        "bitwuzla", "dma_read_align", "rtl/dma/dma_read_align.v", {"DMA_W": width, "BYTE_W": byte_w}, 1,
        ("t_error || (prev_error_reg && !t_first)", "t_error || prev_error_reg"))
       for width, byte_w in ((128, 4), (512, 6))},
    "dma_read.clients": (
        "bitwuzla", "dma_read", "rtl/dma/dma_read.v rtl/dma/dma_fifo.v rtl/dma/dma_read_align.v", {"DMA_W": 512}, 1,
        ("request_valid & ~grant_reg", "request_valid")),
    "rx_descriptors": (
        "bitwuzla", "rx_descriptors", "rtl/dma/rx_descriptors.v", {"QUEUES": 4, "QUEUE_W": 2}, 1,
        ("|ahead ? lowest(ahead) :", "")),
    **{f"rx_dma.w{width}": (
        "bitwuzla", "rx_dma", "rtl/dma/rx_dma.v rtl/dma/dma_fifo_short.v rtl/dma/rx_descriptors.v",
        {"DATA_W": width, "DMA_W": dma_w, "QUEUES": 4, "QUEUE_W": 2, "QUEUES_PER_FUNCTION": 2}, 6,
        ("now_fits ? frame_left_reg : now_bytes, descriptor", "frame_left_reg, descriptor"))
       for width, dma_w in ((64, 128), (512, 512))},
    **{f"rx_dma.w{width}.taken": (
        "bitwuzla", "rx_dma", "rtl/dma/rx_dma.v rtl/dma/dma_fifo_short.v rtl/dma/rx_descriptors.v",
        {"DATA_W": width, "DMA_W": dma_w, "QUEUES": 4, "QUEUE_W": 2, "QUEUES_PER_FUNCTION": 2}, 8,
        (old, new))
       for width, dma_w, old, new in ((64, 128, "rst || give || drop", "rst"),
                                      (512, 512, "frame_valid && !rst", "!rst"))},
    "rx_descriptors.order": (
        "bitwuzla", "rx_descriptors", "rtl/dma/rx_descriptors.v", {"QUEUES": 2, "QUEUE_W": 1}, 5,
        ("(!held_reg[2] || consume)", "1'b1")),
    "descriptor_fetch": (
        "bitwuzla", "descriptor_fetch", "rtl/dma/descriptor_fetch.v",
        {"QUEUES": 4, "QUEUE_W": 2, "QUEUES_PER_FUNCTION": 2, "DEPTH": 16}, 1,
        ("favoured_reg != 0 ? lowest(favoured_reg) :", "")),
    "tx_dma": (
        "bitwuzla", "tx_dma", "rtl/dma/tx_dma.v rtl/dma/dma_fifo.v rtl/common/axis_register.v",
        {"QUEUES": 4, "QUEUE_W": 2, "QUEUES_PER_FUNCTION": 2, "BUFFER_BYTES": 16384, "FRAMES": 4}, 1,
        ("favoured_reg != 0 ? lowest(favoured_reg) :", "")),
    "interrupt": (
        "bitwuzla", "interrupt", "rtl/interrupt/interrupt.v",
        {"QUEUES": 4, "QUEUE_W": 2, "FUNCTIONS": 2}, 1,
        ("== QUEUES - 1 ? {QUEUE_W{1'b0}} :", "== QUEUES - 2 ? {QUEUE_W{1'b0}} :")),
    "completion_tx": (
        "bitwuzla", "completion_tx", "rtl/dma/completion_tx.v", {"QUEUES": 4, "QUEUE_W": 2}, 1,
        ("|ahead ? lowest(ahead) :", "")),
    "completion_writer": (
        "bitwuzla", "completion_writer",
        "rtl/dma/completion_writer.v rtl/dma/dma_fifo.v rtl/common/axis_register.v rtl/dma/completion_tx.v "
        "rtl/dma/completion_line.v",
        {"QUEUES": 2, "QUEUES_PER_FUNCTION": 1, "QUEUE_W": 1}, 1,
        ("turn = room_reg && !tx_valid", "turn = room_reg")),
    "axis_frame_mux": (
        "cvc5", "axis_frame_mux", "rtl/common/axis_frame_mux.v", {"INPUTS": 3, "DATA_W": 8, "USER_W": 2}, 5,
        ("found = found || grant_reg[i]", "found = 1'b0")),
    "header_walker_bounds": (
        "bitwuzla", "header_walker_bounds", "rtl/parse/header_walker.v tests/formal/header_walker_bounds.v", {}, 1,
        ("left_reg[11:2] != 10'd0", "left_reg[11:0] > 12'd2")),
    "header_result_fields": (
        "bitwuzla", "header_result_fields", "rtl/parse/header_result.v tests/formal/header_result_fields.v", {}, 8,
        ("w_udp && !w_bad ? walk_reg", "!w_bad ? walk_reg")),
    "owner_option": (
        "bitwuzla", "owner_option", "rtl/owner/owner_option.v", {}, 3,
        ("is_3_reg[1] ? from_3", "is_3_reg[1] ? from_2")),
    "flow_match": (
        "bitwuzla", "flow_match", "rtl/flow/flow_match.v", {}, 8,
        ("(same | {RULES{!valid_reg[3]}})", "(same | {RULES{!valid_reg[3] || start_reg[3]}})")),
    "flow_meter": (
        "bitwuzla", "flow_meter", "rtl/flow/flow_meter.v", {"FUNCTION_W": 1}, 2,
        ("= read_tokens_reg | written_tokens_reg", "= read_tokens_reg")),
    **{f"frame_edit.w{width}": (
        "bitwuzla", "frame_edit", "rtl/flow/frame_edit.v", {"DATA_W": width}, 1,
        ("checksum_2 && !(udp_2_reg && l4_old == 16'd0)", "checksum_2"))
       for width in (64, 512)},
    "rfc1071": (
        "z3", "rfc1071", "tests/formal/rfc1071.v", {}, 1, ("{15'd0, sum[16]}", "16'd0")),
    **{f"csum_verify.w{width}": (
        "bitwuzla", "csum_verify", "rtl/csum/csum_verify.v", {"DATA_W": width}, 1,
        ("fold_reg <= {1'b0, total_reg[15:0]} +", "fold_reg <= {1'b0, ~total_reg[15:0]} +"))
       for width in (64, 128, 256, 512)},
    **{f"csum_insert.w{width}": (
        "bitwuzla", "csum_insert", "rtl/csum/csum_insert.v rtl/dma/dma_fifo.v",
        {"DATA_W": width, "BUFFER_BYTES": 2 * width, "FRAMES": 8}, 1,
        ("fold_reg <= {1'b0, acc_reg[15:0]} +", "fold_reg <= {1'b0, ~acc_reg[15:0]} +"))
       for width in (64, 128, 256, 512)},
}

# Two modules side by side, in the second file, and what is done to the first file's before: the ring of
# the walkers is cut off, and their registers are made ports.
OPEN = {
    "header_walker_bounds": "read_verilog -Irtl/common -Irtl/csr/generated rtl/owner/owner_option.v; "
    "chparam -set DATA_W 64 -set HASH_EN 0 header_walker; hierarchy -check -top header_walker; "
    "proc; cutpoint header_walker/w:low_half header_walker/w:high_half; cutpoint header_walker/t:owner_option; "
    "expose header_walker/w:*_reg header_walker/w:low_half header_walker/w:high_half header_walker/w:option_found "
    "header_walker/w:owner_id header_walker/w:owner; "
    "setattr -mod -unset top header_walker; ",
    "header_result_fields": "",
}

# The virtual environment's Python for the solver beside this file
PATH = os.pathsep.join([os.path.dirname(sys.executable), os.path.dirname(os.path.abspath(__file__)),
                        os.environ["PATH"]])


def smt(name, module, paths, parameters, out):
    """Of the modules that it instantiates, paths[1:], only the ports are looked at: what leaves them is free"""
    include = "-Irtl/common -Irtl/csr/generated"
    formal = f"read_verilog -sv -formal -DFORMAL -DFORMAL_{name.split('.')[-1].upper()} {include}"
    chparam = f"chparam {' '.join(f'-set {k} {v}' for k, v in parameters.items())} {module}; " if parameters else ""
    script = f"{formal} {paths[0]}; {OPEN.get(name, '')}"
    for part in paths[1:]:
        script += f"{formal if name in OPEN else f'read_verilog {include}'} {part}; "
    script += f"{chparam}hierarchy -check -top {module}; "
    if name not in OPEN:
        script += "".join(f"cutpoint {module}/t:*{os.path.basename(part)[:-2]}*; " for part in paths[1:])
    script += f"prep -top {module} -flatten; async2sync; dffunmap; write_smt2 -wires {out}"
    run = subprocess.run(["yosys", "-q", "-p", script], capture_output=True, text=True)
    text = run.stdout + run.stderr
    if run.returncode or "Warning" in text:
        return text.strip() or "yosys failed"
    return None


def check(solver, out, steps, mode):
    """proved, failed or timeout, and the solver's last words"""
    flags = {"base": [], "induction": ["-i"], "cover": ["-c"]}[mode]
    flags += ["--noincr"] if solver == "bitwuzla" else []
    run = subprocess.Popen(["yosys-smtbmc", "-s", solver, *flags, "-t", str(steps), out],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                           env={**os.environ, "PATH": PATH}, start_new_session=True,
                           # A solver that is left alone ends, too.
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT, TIMEOUT)))
    try:
        text, _ = run.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)      # the solver, too
        run.wait()
        return "timeout", f"{mode}: no answer in {TIMEOUT} s"
    if run.returncode == 0 and re.search("Status: passed", text, re.I):
        return "proved", ""
    # Only a counterexample is a failure of the proof; a solver that ends in another way tells nothing.
    result = "failed" if re.search("Status: failed", text, re.I) else "error"
    lines = [l for l in text.splitlines() if re.search(r"assert|cover|fail|error", l, re.I)]
    return result, f"{mode}: " + " | ".join(lines[-3:])


def prove(name):
    solver, module, path, parameters, steps, _ = PROOFS[name]
    out = f"build/formal/{name}.smt2"
    why = smt(name, module, path.split(), parameters, out)
    if why:
        return "failed", why
    for mode in "base", "induction", "cover":
        result, why = check(solver, out, max(20, 2 * steps) if mode == "cover" else steps, mode)
        if result != "proved":
            return result, why
    return "proved", ""


def catches(name):
    """True when the planted bug makes the proof fail"""
    solver, module, path, parameters, steps, (old, new) = PROOFS[name]
    path, *parts = path.split()
    with open(path) as f:
        text = f.read()
    if old not in text:
        return False, f"the text to break is not in {path}"
    mutant = f"build/formal/{name}_broken.v"
    with open(mutant, "w") as f:
        f.write(text.replace(old, new, 1))
    out = f"build/formal/{name}_broken.smt2"
    why = smt(name, module, [mutant, *parts], parameters, out)
    if why:
        return False, why
    for mode in "base", "induction":
        result, why = check(solver, out, steps, mode)
        if result == "failed":
            return True, ""
        if result != "proved":
            return False, why
    return False, "the proof still passes"


def main():
    print("# time limit 1200", flush=True)
    os.makedirs("build/formal", exist_ok=True)
    names = sys.argv[1:] or list(PROOFS)
    results, number, failed = {}, 0, 0

    def tap(ok, text, why):
        nonlocal number, failed
        number += 1
        failed += not ok
        print(f"{'' if ok else 'not '}ok {number} - {text}", flush=True)
        if not ok:
            print("\n".join("# " + line for line in why.splitlines()))

    for name in names:
        result, why = prove(name)
        results[name] = "failed" if result == "error" else result
        tap(results[name] == "proved", f"{name} is proved", f"{result}: {why}")
        ok, why = catches(name)
        tap(ok, f"{name}: the proof fails on a planted bug", why)
    with open("build/formal.json", "w") as f:
        json.dump(results, f, indent=1)
        f.write("\n")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
