# SPDX-License-Identifier: Apache-2.0
# Patterns of events and the machine of a bus's rules: bytes in, verdicts out.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
foreach(module event_number event_address event_wildcard event_byte_trie event_pattern event_match
		event_recorded event_agreement event_rule_set)
	slipway_test(gateway ${module} api core PkgConfig::JANSSON)
endforeach()
foreach(name event_pattern event_match)
	slipway_fuzzer(${name} api core PkgConfig::JANSSON)
endforeach()
