# SPDX-License-Identifier: Apache-2.0
# Events as text: envelopes, inputs of targets, CloudEvents, signatures of webhooks.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
foreach(module json_text json_slice event event_path event_time input_transformer cloudevent event_cloud
		webhook_signature)
	slipway_test(gateway ${module} api core PkgConfig::JANSSON)
endforeach()
foreach(name json_text input_transformer cloudevent webhook_signature)
	slipway_fuzzer(${name} api core PkgConfig::JANSSON)
endforeach()
