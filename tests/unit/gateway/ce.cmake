# SPDX-License-Identifier: Apache-2.0
# What things cost: Cost Explorer, its nouns by themselves and its operations by request and answer,
# and the bill of a task.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
foreach(module ce ce_expression ce_forecast ce_metric ce_period billing_state ecs_task_bill)
	slipway_test(gateway ${module} api billing store core PkgConfig::JANSSON m)
endforeach()
slipway_fuzzer(ce_expression api billing store core PkgConfig::JANSSON)
