# SPDX-License-Identifier: Apache-2.0
# Machines and their network: the home of libvirt.h and of nftables/libnftables.h.
pkg_check_modules(LIBVIRT REQUIRED IMPORTED_TARGET libvirt)
pkg_check_modules(NFTABLES REQUIRED IMPORTED_TARGET libnftables)

add_library(machine STATIC domain_xml.c hypervisor.c hypervisor_mend.c kvm_loop.c
	kvm_probe.c machine_libvirt.c machine_libvirt_channel.c machine_libvirt_console.c
	machine_libvirt_events.c network.c network_bridge.c network_check.c network_nft.c
	network_rules.c network_user.c)
target_link_libraries(machine PUBLIC core
	PRIVATE wire PkgConfig::LIBVIRT PkgConfig::NFTABLES Threads::Threads)
