# SPDX-License-Identifier: BSD-3-Clause
#
# The engine "model" and the choice between the engines. Linked before $(ENGINE_LIB), the sanitized
# objects take the place of the library's.

MODEL_CFLAGS := $(CFLAGS_COMMON) -Isim -Ihost-lib/include -fPIC -MMD -MP
MODEL_SOURCES := sim/engine.c $(wildcard sim/model/*.c)
MODEL_OBJECTS := $(MODEL_SOURCES:sim/%.c=$(BUILD)/sim/engine/%.o)
MODEL_SANITIZED := $(MODEL_SOURCES:sim/%.c=$(BUILD)/sim/engine-sanitized/%.o)

$(MODEL_OBJECTS): $(BUILD)/sim/engine/%.o: sim/%.c
	@mkdir -p $(@D)
	$(CC) $(MODEL_CFLAGS) $(CFLAGS) -c $< -o $@

$(MODEL_SANITIZED): $(BUILD)/sim/engine-sanitized/%.o: sim/%.c
	@mkdir -p $(@D)
	$(CC) $(MODEL_CFLAGS) $(SANITIZE) -c $< -o $@

-include $(MODEL_OBJECTS:.o=.d) $(MODEL_SANITIZED:.o=.d)
