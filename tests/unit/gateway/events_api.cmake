# SPDX-License-Identifier: Apache-2.0
# Buses, rules, targets, schedules, and what becomes of events.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
foreach(module api_event events_api events_archive events_connection events_delivery events_inbox events_intake
		events_tasks scheduler_api scheduler_fire)
	slipway_test(gateway ${module} api events gateway_metrics store core PkgConfig::JANSSON)
endforeach()
