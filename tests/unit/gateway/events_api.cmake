# SPDX-License-Identifier: Apache-2.0
# Buses, rules, targets, schedules, and what becomes of events.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
foreach(module events_api events_delivery scheduler_api scheduler_fire)
	slipway_test(gateway ${module} api store core PkgConfig::JANSSON)
endforeach()
