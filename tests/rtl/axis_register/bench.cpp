/* SPDX-License-Identifier: BSD-3-Clause */
/* axis_register: nothing lost, changed or reordered under any stalls, and full rate without them. */
#include "Vaxis_register.h"
#include "stream_bench.h"

int main()
{
	return axis::pass_through_bench<Vaxis_register>("axis_register", 280, 1 + 1);
}
