/* SPDX-License-Identifier: BSD-3-Clause */
/* axis_fifo: nothing lost, changed or reordered under any stalls, and full rate without them. */
#include "Vaxis_fifo.h"
#include "stream_bench.h"

int main()
{
	return axis::pass_through_bench<Vaxis_fifo>("axis_fifo", 232, 3 + 1);
}
