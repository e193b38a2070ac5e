# SPDX-License-Identifier: Apache-2.0
# Machines and their network: the home of libvirt.h and of nftables/libnftables.h.
pkg_check_modules(LIBVIRT REQUIRED IMPORTED_TARGET libvirt libvirt-qemu)
pkg_check_modules(NFTABLES REQUIRED IMPORTED_TARGET libnftables)

add_library(machine STATIC domain_xml.c hypervisor.c hypervisor_mend.c kvm_loop.c
	kvm_probe.c machine_libvirt.c machine_libvirt_channel.c machine_libvirt_console.c
	machine_libvirt_events.c machine_libvirt_process.c machine_libvirt_qmp.c machine_libvirt_template.c network.c network_bridge.c network_check.c network_nft.c
	network_rules.c network_tap.c network_user.c)
target_link_libraries(machine PUBLIC core
	PRIVATE wire PkgConfig::LIBVIRT PkgConfig::NFTABLES Threads::Threads)

# Loaded into QEMU, which opens a template with it.
add_library(slipway-template-open MODULE template_open.c)
set_target_properties(slipway-template-open PROPERTIES PREFIX ""
	LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
foreach(kind COMPILE_OPTIONS LINK_OPTIONS)
	get_target_property(options slipway-template-open ${kind})
	if(options)
		list(FILTER options EXCLUDE REGEX "sanitize|^-pie$|^-fPIE$")
		set_target_properties(slipway-template-open PROPERTIES ${kind} "${options}")
	endif()
endforeach()
install(TARGETS slipway-template-open LIBRARY DESTINATION lib/slipway)
