# SPDX-License-Identifier: Apache-2.0
# The CloudWatch Logs API, by request and answer.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
slipway_test(gateway logs api store core PkgConfig::JANSSON)
slipway_fuzzer(log_filter api core)
