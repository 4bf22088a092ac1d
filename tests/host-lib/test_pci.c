/* SPDX-License-Identifier: BSD-3-Clause */

/* The mapped BAR as a transport: the caller's own, and a function's resource0 in sysfs. */

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../host-lib/src/internal.h"

#define FUNCTION "0000:01:00.0"

/* A card in memory: the registers that the fake server starts with. */
static uint32_t *new_window(enum sekisho_function_kind kind)
{
	struct fake_server *server = calloc(1, sizeof(*server));
	uint32_t *window = aligned_alloc(4096, SEKISHO_WINDOW_SIZE);

	fake_server_init(server, kind);
	memcpy(window, server->registers, SEKISHO_WINDOW_SIZE);
	close(server->file);
	free(server);
	return window;
}

static void reads_and_writes_the_callers_bar(void **state)
{
	uint32_t *window = new_window(SEKISHO_NETWORK);
	struct sekisho_device *device = NULL;
	struct sekisho_identity id;
	uint32_t value;
	uint64_t wide;

	(void)state;
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), 0);
	assert_int_equal(sekisho_identify(device, &id), 0);
	assert_int_equal(id.kind, SEKISHO_NETWORK);
	assert_ptr_equal(sekisho_doorbells(device), window + 0x1000 / 4);
	assert_int_equal(sekisho_vectors(device), id.rx_queues + id.tx_queues + 1);

	assert_int_equal(sekisho_write32(device, SEKISHO_NETWORK_MAC_LO, 0x12345678), 0);
	assert_int_equal(window[SEKISHO_NETWORK_MAC_LO / 4], 0x12345678);
	window[SEKISHO_NETWORK_MAC_LO / 4] = 0x9abcdef0;
	assert_int_equal(sekisho_read32(device, SEKISHO_NETWORK_MAC_LO, &value), 0);
	assert_int_equal(value, 0x9abcdef0);
	window[0x2000 / 4] = 7;
	window[0x2004 / 4] = 1;
	assert_int_equal(sekisho_read64(device, 0x2000, &wide), 0);
	assert_int_equal(wide, 0x100000007);
	assert_int_equal(sekisho_read32(device, SEKISHO_WINDOW_SIZE, &value), -EINVAL);
	sekisho_close(device);
	free(window);
}

static void leaves_dma_and_interrupts_to_the_caller(void **state)
{
	uint32_t *window = new_window(SEKISHO_NETWORK);
	struct sekisho_device *device = NULL;

	(void)state;
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), 0);
	assert_int_equal(sekisho_dma_map(device, 0x1000, 0x1000, 0, 0, false), -ENOTSUP);
	assert_int_equal(sekisho_dma_unmap(device, 0x1000, 0x1000), -ENOTSUP);
	assert_int_equal(sekisho_vector_eventfd(device, 0, -1), -ENOTSUP);
	assert_int_equal(sekisho_vector_eventfd(device, 9, -1), -EINVAL);
	assert_int_equal(sekisho_removal_fd(device), -ENOTSUP);
	sekisho_close(device);
	free(window);
}

static void starts_queues_through_the_bar(void **state)
{
	const struct sekisho_queue_config config = {
		.ring = 0x100000080, .completions = 0x200000100, .size = 256, .vector = 8
	};
	struct sekisho_queue_config wrong = config;
	uint32_t *window = new_window(SEKISHO_NETWORK);
	struct sekisho_device *device = NULL;

	(void)state;
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), 0);
	wrong.vector = 9;
	assert_int_equal(sekisho_rx_queue_start(device, 2, &wrong), -EINVAL);
	assert_int_equal(sekisho_rx_queue_start(device, 2, &config), 0);
	assert_int_equal(window[SEKISHO_NETWORK_RX_QUEUE_RING_LO(2) / 4], 0x80);
	assert_int_equal(window[SEKISHO_NETWORK_RX_QUEUE_RING_HI(2) / 4], 1);
	assert_int_equal(window[SEKISHO_NETWORK_RX_QUEUE_CONTROL(2) / 4], 1);
	sekisho_close(device);
	free(window);
}

static void refuses_a_bar_that_is_no_sekishos(void **state)
{
	uint32_t *window = new_window(SEKISHO_NETWORK);
	struct sekisho_device *device = NULL;

	(void)state;
	assert_int_equal(sekisho_open_bar(NULL, SEKISHO_WINDOW_SIZE, NULL, &device), -EINVAL);
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE - 1, NULL, &device), -EINVAL);
	assert_int_equal(sekisho_open_bar((char *)window + 2, SEKISHO_WINDOW_SIZE, NULL, &device),
			 -EINVAL);
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, NULL), -EINVAL);
	window[SEKISHO_IDENTIFICATION_MAP_VERSION / 4] = 3 << 16;
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), -ENODEV);
	window[SEKISHO_IDENTIFICATION_MAGIC / 4] = 0;
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), -ENODEV);
	memset(window, 0xff, SEKISHO_WINDOW_SIZE);
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), -ENODEV);
	assert_null(device);
	free(window);
}

/* A function that fell off the bus reads as all ones. One register alone may do so. */
static void notices_that_the_function_has_gone(void **state)
{
	uint32_t *window = new_window(SEKISHO_NETWORK);
	struct sekisho_device *device = NULL;
	struct sekisho_identity id;
	uint32_t value;

	(void)state;
	assert_int_equal(sekisho_open_bar(window, SEKISHO_WINDOW_SIZE, NULL, &device), 0);
	window[SEKISHO_NETWORK_MAC_LO / 4] = 0xffffffff;
	assert_int_equal(sekisho_read32(device, SEKISHO_NETWORK_MAC_LO, &value), 0);
	assert_int_equal(value, 0xffffffff);
	assert_false(sekisho_removed(device));

	memset(window, 0xff, SEKISHO_WINDOW_SIZE);
	assert_int_equal(sekisho_read32(device, SEKISHO_NETWORK_MAC_LO, &value), -ENODEV);
	assert_true(sekisho_removed(device));
	assert_int_equal(sekisho_identify(device, &id), -ENODEV);
	assert_int_equal(sekisho_write32(device, SEKISHO_NETWORK_MAC_LO, 1), -ENODEV);
	assert_int_equal(window[SEKISHO_NETWORK_MAC_LO / 4], 0xffffffff);
	/* Another one that answers there later is another one. */
	window[SEKISHO_IDENTIFICATION_MAGIC / 4] = 0x494b4553;
	assert_true(sekisho_removed(device));
	sekisho_close(device);
	free(window);
}

/* --- sysfs ----------------------------------------------------------------------------------- */

struct tree {
	char root[64], folder[96];
	unsigned int errors;
	char message[256];
	struct sekisho_open_options options;
};

static void write_file(const struct tree *tree, const char *name, const void *data, size_t size)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree->folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static char enabled(const struct tree *tree)
{
	char path[128], first = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/enable", tree->folder);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, &first, 1), 1);
	close(fd);
	return first;
}

static void take_message(void *context, enum sekisho_log_level level, const char *message)
{
	struct tree *tree = context;

	tree->errors += level == SEKISHO_LOG_ERROR;
	snprintf(tree->message, sizeof(tree->message), "%s", message);
}

static int setup_tree(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	uint32_t *window = new_window(SEKISHO_MANAGEMENT);

	snprintf(tree->root, sizeof(tree->root), "/tmp/sekisho-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	snprintf(tree->folder, sizeof(tree->folder), "%s/" FUNCTION, tree->root);
	assert_int_equal(mkdir(tree->folder, 0700), 0);
	write_file(tree, "vendor", "0x1234\n", 7);
	write_file(tree, "device", "0x5346\n", 7);
	write_file(tree, "enable", "0\n", 2);
	write_file(tree, "resource0", window, SEKISHO_WINDOW_SIZE);
	free(window);
	tree->options.log = take_message;
	tree->options.log_context = tree;
	sek_pci_devices = tree->root;
	*state = tree;
	return 0;
}

static int remove_tree(void **state)
{
	static const char *const files[] = { "vendor", "device", "enable", "resource0" };
	struct tree *tree = *state;
	char path[128];
	unsigned int i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", tree->folder, files[i]);
		unlink(path);
	}
	rmdir(tree->folder);
	rmdir(tree->root);
	free(tree);
	return 0;
}

static void opens_a_function_and_leaves_it_as_it_was(void **state)
{
	static const char *const uris[] = { "pci:" FUNCTION, "pci:01:00.0" };
	struct tree *tree = *state;
	unsigned int before = count_fds(), i;

	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct sekisho_device *device = NULL;
		struct sekisho_identity id;

		assert_int_equal(sekisho_open(uris[i], &tree->options, &device), 0);
		assert_int_equal(enabled(tree), '1');
		assert_int_equal(sekisho_identify(device, &id), 0);
		assert_int_equal(id.kind, SEKISHO_MANAGEMENT);
		assert_null(sekisho_doorbells(device));
		assert_int_equal(sekisho_vectors(device), 0);
		assert_int_equal(sekisho_reset(device), -ENOTSUP);
		assert_true(sekisho_counter_count(device) > 0);
		sekisho_close(device);
		assert_int_equal(enabled(tree), '0');
	}
	assert_int_equal(count_fds(), before);
	assert_int_equal(tree->errors, 0);
}

/* A driver has it: its enable is not ours to take back. */
static void leaves_an_enabled_function_enabled(void **state)
{
	struct tree *tree = *state;
	struct sekisho_device *device = NULL;

	write_file(tree, "enable", "1\n", 2);
	assert_int_equal(sekisho_open("pci:" FUNCTION, &tree->options, &device), 0);
	sekisho_close(device);
	assert_int_equal(enabled(tree), '1');
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const uris[] = { "pci:",
					    "pci:" FUNCTION "x",
					    "pci:0000:01:00",
					    "pci:0000:01:00.8",
					    "pci:0000:01:20.0",
					    "pci:../01:00.0",
					    "pci:0000:01:00. 0",
					    "pci:-001:01:00.0",
					    "pci:00000:01:00.0" };
	struct tree *tree = *state;
	struct sekisho_device *device = NULL;
	unsigned int i;

	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_int_equal(sekisho_open(uris[i], &tree->options, &device), -EINVAL);
	assert_int_equal(sekisho_open("pci:0000:02:00.0", &tree->options, &device), -ENOENT);
	assert_null(device);
}

static void touches_no_other_device(void **state)
{
	struct tree *tree = *state;
	struct sekisho_device *device = NULL;

	write_file(tree, "device", "0x1111\n", 7);
	assert_int_equal(sekisho_open("pci:" FUNCTION, &tree->options, &device), -ENODEV);
	assert_int_equal(enabled(tree), '0');
	assert_non_null(strstr(tree->message, "1234:1111"));
}

static void refuses_a_small_bar(void **state)
{
	struct tree *tree = *state;
	struct sekisho_device *device = NULL;

	write_file(tree, "resource0", "none", 4);
	assert_int_equal(sekisho_open("pci:" FUNCTION, &tree->options, &device), -ENODEV);
	assert_int_equal(enabled(tree), '0');
	write_file(tree, "vendor", "", 0);
	assert_int_equal(sekisho_open("pci:" FUNCTION, &tree->options, &device), -EIO);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_the_callers_bar),
		cmocka_unit_test(leaves_dma_and_interrupts_to_the_caller),
		cmocka_unit_test(starts_queues_through_the_bar),
		cmocka_unit_test(refuses_a_bar_that_is_no_sekishos),
		cmocka_unit_test(notices_that_the_function_has_gone),
		TREE_TEST(opens_a_function_and_leaves_it_as_it_was),
		TREE_TEST(leaves_an_enabled_function_enabled),
		TREE_TEST(refuses_what_is_no_address),
		TREE_TEST(touches_no_other_device),
		TREE_TEST(refuses_a_small_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
