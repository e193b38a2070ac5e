# SPDX-License-Identifier: Apache-2.0
# The API behind the protocols, without them: requests go straight to the road.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
slipway_test(gateway fargate_size api core)
foreach(module api api_write ecs_cluster ecs_definition ecs_extensions ecs_limits ecs_refusals ecs_run ecs_settings ecs_task
		json_write members secrets)
	slipway_test(gateway ${module} api store core PkgConfig::JANSSON)
endforeach()
slipway_test(gateway rest api core PkgConfig::JANSSON)
slipway_test(gateway json_memory core PkgConfig::JANSSON)
target_sources(test_gateway_json_memory PRIVATE ${CMAKE_SOURCE_DIR}/gateway/json_memory.c)
target_compile_definitions(test_gateway_json_memory PRIVATE JSON_MEMORY_KEEP)
slipway_fuzzer(definition api store core PkgConfig::JANSSON)
slipway_fuzzer(query_form api core PkgConfig::JANSSON)
slipway_fuzzer(rest api core PkgConfig::JANSSON)
slipway_fuzzer(schedule_input api store core PkgConfig::JANSSON)
