/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_TESTS_SIM_TAP_MAIN_H
#define SEKISHO_TESTS_SIM_TAP_MAIN_H

/* cmocka, and a main() that prints TAP on its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define TAP_MAIN(tests)                                                                \
	int main(void)                                                                 \
	{                                                                              \
		cmocka_set_message_output(CM_OUTPUT_TAP);                              \
		return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? EXIT_SUCCESS : \
									EXIT_FAILURE;  \
	}

#endif
