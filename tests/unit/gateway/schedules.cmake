# SPDX-License-Identifier: Apache-2.0
# Schedule expressions and time zones. schedule_times answers what schedule_compare.py asks.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
foreach(module cron schedule zone zone_set)
	slipway_test(gateway ${module} api core PkgConfig::JANSSON)
endforeach()
add_executable(schedule_times ${CMAKE_CURRENT_SOURCE_DIR}/schedule_times.c)
target_link_libraries(schedule_times PRIVATE api core)
add_test(NAME gateway/schedule_compare
	COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/schedule_compare.py
		$<TARGET_FILE:schedule_times>)
set_tests_properties(gateway/schedule_compare PROPERTIES TIMEOUT 120)
foreach(name schedule zone)
	slipway_fuzzer(${name} api core)
endforeach()
