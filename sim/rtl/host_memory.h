/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SEKISHO_SIM_RTL_HOST_MEMORY_H
#define SEKISHO_SIM_RTL_HOST_MEMORY_H

/*
 * The host behind the core's AXI4 master: memory by the engine's DMA callback, latency, answers out
 * of order. BUS is the bus width in bytes. Memory is looked up for every beat, so that a range that
 * the client takes back is never touched afterwards.
 */

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "../engine.h"

template <unsigned int BUS> class host_memory {
public:
	static constexpr unsigned int OKAY = 0, SLVERR = 2;
	/* Bursts that the host holds; enough that it never limits the core. */
	static constexpr size_t READS = 96, WRITES = 96;

	struct read_beat {
		uint8_t data[BUS];
		unsigned int id, response;
		bool last;
	};

	host_memory(const sekisho_engine_config &c, const sekisho_engine_callbacks &cb)
		: config(c), callbacks(cb), random(c.seed)
	{
	}

	bool idle() const { return reads.empty() && writes.empty() && answers.empty(); }

	/* In percent of the clocks, a handshake is withheld. */
	bool stall() { return config.stall_percent && random() % 100 < config.stall_percent; }

	bool read_room() const { return reads.size() < READS; }
	void read_address(uint64_t now, unsigned int id, unsigned int function, uint64_t address,
			  unsigned int beats)
	{
		reads.push_back({ now + latency(config.read_latency, config.read_jitter), address,
				  function, id, beats });
	}

	/* The next beat to answer, if one is due: of any burst when jitter is on, else the oldest. */
	bool read_data(uint64_t now, read_beat &beat)
	{
		size_t n = pick(reads, now, config.read_jitter);
		if (n == reads.size())
			return false;
		burst &b = reads[n];
		const void *memory = callbacks.dma(callbacks.context, b.function,
						   b.address & ~(uint64_t)(BUS - 1), BUS, false);
		if (memory)
			memcpy(beat.data, memory, BUS);
		else
			memset(beat.data, 0xee, BUS);
		beat.response = memory ? OKAY : SLVERR;
		beat.id = b.id;
		beat.last = --b.beats == 0;
		b.address = (b.address & ~(uint64_t)(BUS - 1)) + BUS;
		if (beat.last)
			reads.erase(reads.begin() + n);
		return true;
	}

	bool write_room() const { return writes.size() < WRITES; }
	void write_address(unsigned int id, unsigned int function, uint64_t address,
			   unsigned int beats)
	{
		writes.push_back({ 0, address, function, id, beats });
	}
	/* Data comes in the order of the addresses; with no address yet it waits. */
	bool write_data_ready() const { return !writes.empty(); }
	void write_data(uint64_t now, const uint8_t *data, uint64_t strobe, bool last)
	{
		burst &b = writes.front();
		if (strobe) {
			unsigned int first = __builtin_ctzll(strobe);
			unsigned int length = 64 - __builtin_clzll(strobe) - first;
			uint64_t address = (b.address & ~(uint64_t)(BUS - 1)) + first;
			uint8_t *memory = (uint8_t *)callbacks.dma(callbacks.context, b.function,
								   address, length, true);
			if (memory)
				store(memory, data + first, strobe >> first, length);
			else
				failed = true;
		}
		b.address = (b.address & ~(uint64_t)(BUS - 1)) + BUS;
		if (last) {
			answers.push_back(
				{ now + latency(config.write_latency, config.write_jitter), b.id,
				  failed ? SLVERR : OKAY });
			writes.erase(writes.begin());
			failed = false;
		}
	}

	/* The next write response, if one is due. */
	bool write_response(uint64_t now, unsigned int &id, unsigned int &response)
	{
		size_t n = pick(answers, now, config.write_jitter);
		if (n == answers.size())
			return false;
		id = answers[n].id;
		response = answers[n].response;
		answers.erase(answers.begin() + n);
		return true;
	}

private:
	struct burst {
		uint64_t due, address;
		unsigned int function, id, beats;
	};
	struct answer {
		uint64_t due;
		unsigned int id, response;
	};

	uint64_t latency(unsigned int base, unsigned int jitter)
	{
		return base + (jitter ? random() % (jitter + 1) : 0);
	}

	/* The one to answer now, or the number of all when none is due. */
	template <typename T>
	size_t pick(const std::vector<T> &all, uint64_t now, unsigned int jitter)
	{
		if (all.empty())
			return 0;
		if (!jitter)
			return all[0].due <= now ? 0 : all.size();
		size_t start = random() % all.size();
		for (size_t i = 0; i < all.size(); i++) {
			size_t n = (start + i) % all.size();
			if (all[n].due > now)
				continue;
			/* AXI keeps those of one id in order. */
			bool first = true;
			for (size_t j = 0; j < n && first; j++)
				first = all[j].id != all[n].id;
			if (first)
				return n;
		}
		return all.size();
	}

	/*
	 * In ascending order of address and never torn below 8 bytes: the host polls the last word of
	 * a completion and then reads the words before it (paired with its acquire load).
	 */
	static void store(uint8_t *memory, const uint8_t *data, uint64_t strobe,
			  unsigned int length)
	{
		bool contiguous = !(strobe & (strobe + 1));
		if (contiguous && !(((uintptr_t)memory | length) & 7)) {
			for (unsigned int i = 0; i < length; i += 8) {
				uint64_t word;
				memcpy(&word, data + i, 8);
				__atomic_store_n((uint64_t *)(memory + i), word, __ATOMIC_RELEASE);
			}
		} else if (contiguous) {
			memcpy(memory, data, length);
		} else {
			for (unsigned int i = 0; i < length; i++)
				if (strobe >> i & 1)
					memory[i] = data[i];
		}
	}

	const sekisho_engine_config config;
	const sekisho_engine_callbacks callbacks;
	std::mt19937_64 random;
	std::vector<burst> reads, writes;
	std::vector<answer> answers;
	bool failed = false;
};

#endif
