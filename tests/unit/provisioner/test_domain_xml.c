/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Specs against golden files: golden/machine_*.xml, read by eye once and made again with
 * SLIPWAY_GOLDEN=write. And all that must not get into XML or onto a command line.
 */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "provisioner/domain_xml.h"
#include "tests/support/suite.h"

#define FOLDER "tests/unit/provisioner/golden/"

static const struct domain_platform tcg = {.accel = "tcg"};
static const struct domain_platform kvm = {
	.accel = "kvm", .emulator = "/usr/bin/qemu-system-x86_64", .instance = "ab12"};

static const struct domain_platform with_templates = {.accel = "tcg",
						      .template_open = "/t/open.so"};

static struct machine_spec small(void)
{
	return (struct machine_spec){.name = "slipway-0123456789abcdef0123456789abcdef-1",
				     .uuid = "11111111-2222-4333-8444-555555555555",
				     .memory_mib = 512,
				     .vcpus = 1,
				     .kernel = "/g/vmlinux",
				     .initrd = "/g/initramfs",
				     .cmdline = ""};
}

static struct machine_spec bridged(void)
{
	struct machine_spec spec = small();

	spec.memory_mib = 30720;
	spec.vcpus = 4;
	spec.cmdline = "a=\"1\" b<c>&d";
	spec.mac = "02:73:0a:d5:00:02";
	spec.tap = "swab120ad50002";
	spec.bridge = "slbab1237a8eec1";
	spec.spare_ports = 10;
	spec.uid = 64100;
	spec.gid = 64200;
	spec.console_path = "/run/it's/a.log";
	spec.disks[0] = (struct machine_disk){"scratch", "/s/a&b.raw", false};
	spec.disks[1] = (struct machine_disk){"image-0", "/i/0.squashfs", true};
	spec.disk_count = 2;
	return spec;
}

static struct machine_spec user(void)
{
	struct machine_spec spec = small();

	spec.mac = "02:73:0a:d5:00:03";
	spec.socket = "/run/slipway/passt/0123/s";
	spec.spare_ports = 1;
	return spec;
}

/* A machine that waits: nothing of a task is in it. */
static struct machine_spec waiting(void)
{
	struct machine_spec spec = small();

	spec.mac = "02:74:01:02:03:04";
	spec.tap = "swab12p01234567";
	spec.bridge = "slbab1237a8eec1";
	spec.spare_ports = 3;
	spec.uid = 64100;
	spec.gid = 64100;
	spec.disks[0] = (struct machine_disk){"scratch", "/s/a.ext4", false};
	spec.disks[1] = (struct machine_disk){"img0", "/g/blank", true};
	spec.disk_count = 2;
	spec.template_dir = "/t/0123456789abcdef-512x1";
	return spec;
}

static struct machine_spec recorded(void)
{
	struct machine_spec spec = waiting();

	spec.memory = MACHINE_RECORD;
	return spec;
}

static struct machine_spec restored(void)
{
	struct machine_spec spec = waiting();

	spec.memory = MACHINE_RESTORE;
	return spec;
}

static const struct domain_platform with_shares = {.accel = "tcg",
						   .share_program = "/p/slipway-share"};
static const struct machine_share two_shares[] = {{"volume0", "/run/s&s/m.0"},
						  {"volume7", "/run/s&s/m.7"}};

static struct machine_spec shared(void)
{
	struct machine_spec spec = small();

	spec.shares = two_shares;
	spec.share_count = ARRAY_LEN(two_shares);
	return spec;
}

static const struct {
	const char *file;
	const struct domain_platform *platform;
	struct machine_spec (*make)(void);
} goldens[] = {
	{FOLDER "machine_small.xml", &tcg, small},
	{FOLDER "machine_bridged.xml", &kvm, bridged},
	{FOLDER "machine_user.xml", &tcg, user},
	{FOLDER "machine_recorded.xml", &tcg, recorded},
	{FOLDER "machine_restored.xml", &with_templates, restored},
	{FOLDER "machine_shared.xml", &with_shares, shared},
};

START_TEST(a_machine_is_the_golden_one)
{
	struct machine_spec spec = goldens[_i].make();
	struct err err = ERR_INIT;
	struct buf made, golden;

	buf_init(&made, DOMAIN_XML_MAX);
	buf_init(&golden, DOMAIN_XML_MAX);
	ck_assert_msg(domain_xml_machine(goldens[_i].platform, &spec, &made, &err) == 0, "%s",
		      err.text);
	if (getenv("SLIPWAY_GOLDEN"))
		ck_assert_int_eq(file_write(goldens[_i].file, made.data, made.len, 0644, &err), 0);
	ck_assert_msg(file_read(goldens[_i].file, &golden, &err) == 0, "%s", err.text);
	ck_assert_str_eq(buf_text(&made), buf_text(&golden));
	buf_done(&made);
	buf_done(&golden);
}
END_TEST

/* --- what is refused -------------------------------------------------------- */

static void no_name(struct machine_spec *spec)
{
	spec->name = "a</name>";
}
static void no_uuid(struct machine_spec *spec)
{
	spec->uuid = "1";
}
static void no_memory(struct machine_spec *spec)
{
	spec->memory_mib = 0;
}
static void no_vcpu(struct machine_spec *spec)
{
	spec->vcpus = 0;
}
static void many_ports(struct machine_spec *spec)
{
	spec->spare_ports = 16;
}
static void many_disks(struct machine_spec *spec)
{
	spec->disk_count = MACHINE_DISKS_MAX + 1;
}
static void bad_mac(struct machine_spec *spec)
{
	spec->mac = "02:73:0a:d5:00:0'";
}
static void no_net(struct machine_spec *spec)
{
	spec->mac = "02:73:0a:d5:00:02";
}
static void both_nets(struct machine_spec *spec)
{
	*spec = bridged();
	spec->socket = "/s";
}
static void comma(struct machine_spec *spec)
{
	*spec = user();
	spec->socket = "/run/a,server=on";
}
static void newline(struct machine_spec *spec)
{
	spec->cmdline = "a\nb";
}
static void bad_serial(struct machine_spec *spec)
{
	spec->disks[0] = (struct machine_disk){"a b", "/s", false};
	spec->disk_count = 1;
}
static void relative(struct machine_spec *spec)
{
	spec->disks[0] = (struct machine_disk){"scratch", "s", false};
	spec->disk_count = 1;
}

static void no_template(struct machine_spec *spec)
{
	spec->memory = MACHINE_RECORD;
}
static void template_comma(struct machine_spec *spec)
{
	*spec = recorded();
	spec->template_dir = "/t/a,share=on";
}

static void (*const breaks[])(struct machine_spec *) = {
	no_name,   no_uuid, no_memory, no_vcpu,	   many_ports, many_disks,  bad_mac,	    no_net,
	both_nets, comma,   newline,   bad_serial, relative,   no_template, template_comma,
};

START_TEST(what_cannot_be_said_safely_is_refused)
{
	struct machine_spec spec = small();
	struct err err = ERR_INIT;
	struct buf made;

	breaks[_i](&spec);
	buf_init(&made, DOMAIN_XML_MAX);
	ck_assert_int_eq(domain_xml_machine(&tcg, &spec, &made, &err), -1);
	ck_assert(err.code == ERR_INVALID || err.code == ERR_LIMIT);
	ck_assert_str_ne(err.text, "");
	buf_done(&made);
}
END_TEST

static const struct {
	const struct domain_platform *platform;
	struct machine_share share;
	size_t count;
	enum machine_memory memory;
} share_breaks[] = {
	{&with_shares, {"volume 0", "/s"}, 1, MACHINE_BOOT},
	{&with_shares, {"volume0", "s"}, 1, MACHINE_BOOT},
	{&with_shares, {"volume0", "/s,cache=always"}, 1, MACHINE_BOOT},
	{&with_shares, {"volume0", "/s"}, MACHINE_SHARES_MAX + 1, MACHINE_BOOT},
	{&with_shares, {"volume0", "/s"}, 1, MACHINE_RECORD},
	{&tcg, {"volume0", "/s"}, 1, MACHINE_BOOT},
};

START_TEST(a_share_that_cannot_be_said_safely_is_refused)
{
	struct machine_spec spec = small();
	struct err err = ERR_INIT;
	struct buf made;

	spec.shares = &share_breaks[_i].share;
	spec.share_count = share_breaks[_i].count;
	spec.memory = share_breaks[_i].memory;
	spec.template_dir = "/t";
	buf_init(&made, DOMAIN_XML_MAX);
	ck_assert_int_eq(domain_xml_machine(share_breaks[_i].platform, &spec, &made, &err), -1);
	buf_done(&made);
}
END_TEST

START_TEST(an_accelerator_is_kvm_or_tcg)
{
	struct domain_platform other = {.accel = "xen"};
	struct machine_spec spec = small();
	struct err err = ERR_INIT;
	struct buf made;

	buf_init(&made, DOMAIN_XML_MAX);
	ck_assert_int_eq(domain_xml_machine(&other, &spec, &made, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	buf_done(&made);
}
END_TEST

START_TEST(running_out_of_room_is_an_error_everywhere)
{
	struct machine_spec spec = bridged();
	struct err err = ERR_INIT;
	struct buf whole;

	buf_init(&whole, DOMAIN_XML_MAX);
	ck_assert_int_eq(domain_xml_machine(&kvm, &spec, &whole, &err), 0);
	for (size_t max = 0; max < whole.len; max++) {
		struct buf cut;

		buf_init(&cut, max);
		ck_assert_int_eq(domain_xml_machine(&kvm, &spec, &cut, &err), -1);
		ck_assert_int_eq(err.code, ERR_LIMIT);
		buf_done(&cut);
	}
	buf_done(&whole);
}
END_TEST

START_TEST(the_guest_gets_at_least_what_it_asks_for)
{
	for (int64_t mib = 128; mib <= 122880; mib *= 2)
		ck_assert_int_gt(domain_memory_mib(mib, 1), mib + mib / 58 + 33);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("domain_xml");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_machine_is_the_golden_one, 0, ARRAY_LEN(goldens));
	tcase_add_loop_test(all, what_cannot_be_said_safely_is_refused, 0, ARRAY_LEN(breaks));
	tcase_add_loop_test(all, a_share_that_cannot_be_said_safely_is_refused, 0,
			    ARRAY_LEN(share_breaks));
	tcase_add_test(all, an_accelerator_is_kvm_or_tcg);
	tcase_add_test(all, running_out_of_room_is_an_error_everywhere);
	tcase_add_test(all, the_guest_gets_at_least_what_it_asks_for);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
