/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway doctor: what this machine can do, what is missing, and which command
 * mends it. One row a check; a check looks and changes nothing. Ends with 0 if
 * tasks can run here, else 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>

#include "cli/options.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/proc.h"
#include "core/shape.h"

#define TEXT_SIZE      512
#define TOOL_MS	       10000
#define OUTPUT_MAX     (64u * 1024)
#define STATUS_OLD_MS  15000		      /* the provisioner writes every three seconds */
#define DISK_LEAST     (2ull << 30)	      /* an image or two and a task's scratch data */
#define MEMORY_LEAST   (1ull << 30)	      /* one small task beside the programs */
#define CLOCK_LEAST_MS INT64_C(1735689600000) /* 2025: before that the clock was never set */

enum verdict { GOOD, WARNING, BAD };

struct finding {
	enum verdict verdict;
	char text[TEXT_SIZE]; /* what was seen */
	char mend[TEXT_SIZE]; /* the command that mends it; "" */
};

struct patient {
	const char *state; /* folder */
	bool privileged;
};

static void say(struct finding *finding, enum verdict verdict, const char *mend, const char *fmt,
		...) PRINTF_LIKE(4, 5);

static void say(struct finding *finding, enum verdict verdict, const char *mend, const char *fmt,
		...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
	snprintf(finding->mend, sizeof(finding->mend), "%s", mend);
	finding->verdict = verdict;
}

/* First line of a tool's output into @ret; false if it cannot be run or fails. */
static bool tool_says(const char *const *argv, char *ret, size_t size)
{
	struct buf output;
	struct err err = ERR_INIT;
	int status = 1;
	buf_init(&output, OUTPUT_MAX);
	struct proc_call call = {
		.argv = argv, .output = &output, .errors = &output, .deadline_ms = TOOL_MS};
	bool ran = proc_run(&call, &status, &err) == 0 && status == 0;
	const char *text = buf_text(&output);
	snprintf(ret, size, "%.*s", text != NULL ? (int)strcspn(text, "\n") : 0,
		 text != NULL ? text : "");
	buf_done(&output);
	return ran;
}

static void check_virtualisation(const struct patient *patient, struct finding *ret)
{
	AUTO(freep) char *path = xasprintf("%s/provisioner.status", patient->state);
	AUTO(json_decrefp) json_t *status = NULL;
	struct buf text;
	struct err err = ERR_INIT;
	buf_init(&text, OUTPUT_MAX);
	if (file_read(path, &text, &err) < 0 ||
	    shape_parse((const char *)text.data, text.len, &status, &err) < 0)
		status = NULL; /* not started yet, or written by nobody we know */
	buf_done(&text);
	const char *accel = json_string_value(json_object_get(status, "accel"));
	const char *why = json_string_value(json_object_get(status, "why"));
	if (accel != NULL && strcmp(accel, "kvm") == 0)
		say(ret, GOOD, "", "KVM: %s", why != NULL ? why : "a probe guest booted");
	else if (accel != NULL)
		say(ret, WARNING, "use a machine whose processor offers virtualisation to you",
		    "TCG (emulation: slow, and QEMU promises no isolation under it): %s",
		    why != NULL ? why : "");
	else if (access("/dev/kvm", R_OK | W_OK) == 0)
		say(ret, WARNING, "slipway up",
		    "/dev/kvm can be opened; whether a guest boots under it is found out by "
		    "booting one at the first start");
	else
		say(ret, WARNING, "use a machine whose processor offers virtualisation to you",
		    "/dev/kvm: %s; guests will run under TCG (emulation)", strerror(errno));
}

static void check_running(const struct patient *patient, struct finding *ret)
{
	AUTO(freep) char *path = xasprintf("%s/provisioner.status", patient->state);
	struct stat info;
	if (stat(path, &info) < 0)
		say(ret, WARNING, "slipway up", "Slipway was not started yet in %s",
		    patient->state);
	else if (clock_wall_ms() - (int64_t)info.st_mtim.tv_sec * 1000 > STATUS_OLD_MS)
		say(ret, WARNING, "slipway up", "the provisioner of %s is not running",
		    patient->state);
	else
		say(ret, GOOD, "", "the provisioner of %s is running", patient->state);
}

static void check_qemu(const struct patient *patient, struct finding *ret)
{
	const char *argv[] = {"qemu-system-x86_64", "--version", NULL};
	char line[256];
	(void)patient;
	if (!tool_says(argv, line, sizeof(line)))
		say(ret, BAD, "apt-get install qemu-system-x86", "QEMU cannot be run");
	else if (access("/usr/share/qemu/qboot.rom", R_OK) < 0)
		say(ret, BAD, "apt-get install qemu-system-data", "QEMU's firmware is missing");
	else
		say(ret, GOOD, "", "%s", line);
}

static void check_libvirt(const struct patient *patient, struct finding *ret)
{
	static const char driver[] = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/"
				     "libvirt_driver_qemu.so";
	(void)patient;
	if (access(driver, R_OK) < 0)
		say(ret, BAD, "apt-get install libvirt-daemon libvirt-daemon-driver-qemu",
		    "libvirt's QEMU driver is missing");
	else
		say(ret, GOOD, "", "libvirt's QEMU driver is installed");
}

static void check_network(const struct patient *patient, struct finding *ret)
{
	const char *nft[] = {"nft", "list", "tables", NULL};
	const char *passt[] = {"passt", "--version", NULL};
	char line[256];
	if (!patient->privileged) {
		if (tool_says(passt, line, sizeof(line)))
			say(ret, GOOD, "", "ordinary user: passt (%s)", line);
		else
			say(ret, BAD, "apt-get install passt", "passt cannot be run");
		return;
	}
	if (!tool_says(nft, line, sizeof(line)))
		say(ret, BAD, "apt-get install nftables", "the packet filter: nft: %s", line);
	else if (access("/dev/net/tun", R_OK | W_OK) < 0)
		say(ret, BAD, "modprobe tun", "/dev/net/tun: %s", strerror(errno));
	else
		say(ret, GOOD, "", "bridges, taps and the packet filter can be used");
}

static void check_forwarding(const struct patient *patient, struct finding *ret)
{
	const char *argv[] = {"nft", "list", "chains", NULL};
	struct buf output;
	struct err err = ERR_INIT;
	int status = 1;
	if (!patient->privileged) {
		say(ret, GOOD, "", "not needed by an ordinary user");
		return;
	}
	buf_init(&output, OUTPUT_MAX);
	struct proc_call call = {.argv = argv, .output = &output, .deadline_ms = TOOL_MS};
	const char *text = NULL;
	if (proc_run(&call, &status, &err) == 0)
		text = buf_text(&output);
	/* Another table that drops forwarded packets by default wins over ours. */
	const char *hook = text != NULL ? strstr(text, "hook forward") : NULL;
	bool dropped = false;
	for (; hook != NULL && !dropped; hook = strstr(hook + 1, "hook forward"))
		dropped = strncmp(hook + strcspn(hook, ";"), "; policy drop", 13) == 0;
	buf_done(&output);
	if (dropped)
		say(ret, WARNING, "nft list ruleset",
		    "another table drops forwarded packets by default (Docker does): allow the "
		    "bridges of Slipway (slb*) there, else tasks do not reach the outside; the "
		    "provisioner's log names the chain and the commands");
	else
		say(ret, GOOD, "", "no other table drops forwarded packets by default");
}

static void check_images(const struct patient *patient, struct finding *ret)
{
	const char *skopeo[] = {"skopeo", "--version", NULL};
	const char *ext4[] = {"mkfs.ext4", "-V", NULL};
	char line[256], ignored[256];
	(void)patient;
	if (!tool_says(ext4, ignored, sizeof(ignored)))
		say(ret, BAD, "apt-get install e2fsprogs", "mkfs.ext4 cannot be run");
	else if (!tool_says(skopeo, line, sizeof(line)))
		say(ret, WARNING, "apt-get install skopeo",
		    "skopeo cannot be run: `slipway up` cannot put its first image into the local "
		    "registry");
	else
		say(ret, GOOD, "", "%s, mkfs.ext4", line);
}

static void check_users(const struct patient *patient, struct finding *ret)
{
	static const char *const names[] = {"slipway", "slipway-image", "libvirt-qemu"};
	if (!patient->privileged) {
		say(ret, WARNING, "run it as root",
		    "ordinary user: CPU is limited inside the guest instead of by the host, and "
		    "all guests run as this user");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (getpwnam(names[i]) == NULL) {
			say(ret, BAD, "adduser --system --group --no-create-home NAME",
			    "the system user %s is missing", names[i]);
			return;
		}
	}
	say(ret, GOOD, "", "the system users exist");
}

static void check_clock(const struct patient *patient, struct finding *ret)
{
	struct timex clock = {.modes = 0};
	(void)patient;
	if (clock_wall_ms() < CLOCK_LEAST_MS)
		say(ret, BAD, "date --set ...",
		    "the clock was never set: signatures of clients will be refused");
	else if (adjtimex(&clock) == TIME_ERROR)
		say(ret, WARNING, "apt-get install systemd-timesyncd",
		    "the kernel says that nobody keeps the clock: signatures are refused when it "
		    "is over five minutes off");
	else
		say(ret, GOOD, "", "the clock is kept in step");
}

static void check_space(const struct patient *patient, struct finding *ret)
{
	struct statvfs disk;
	struct sysinfo memory;
	const char *where = access(patient->state, F_OK) == 0 ? patient->state : "/";
	if (statvfs(where, &disk) < 0 || sysinfo(&memory) < 0) {
		say(ret, BAD, "", "%s: %s", where, strerror(errno));
		return;
	}
	unsigned long long disk_free = (unsigned long long)disk.f_bavail * disk.f_frsize;
	unsigned long long total = (unsigned long long)memory.totalram * memory.mem_unit;
	enum verdict verdict = disk_free < DISK_LEAST || total < MEMORY_LEAST ? BAD : GOOD;
	say(ret, verdict, verdict == BAD ? "free some, or use another --state folder" : "",
	    "%llu GiB free below %s, %llu MiB of memory, %ld processors", disk_free >> 30, where,
	    total >> 20, sysconf(_SC_NPROCESSORS_ONLN));
}

static const struct {
	const char *name;
	void (*look)(const struct patient *patient, struct finding *ret);
} checks[] = {
	{"virtualisation", check_virtualisation},
	{"hypervisor", check_qemu},
	{"libvirt", check_libvirt},
	{"network", check_network},
	{"forwarding", check_forwarding},
	{"images", check_images},
	{"users", check_users},
	{"clock", check_clock},
	{"space", check_space},
	{"running", check_running},
};

static const char *const verdict_names[] = {"ok", "warning", "missing"};

static void print_finding(const char *name, const struct finding *finding)
{
	printf("%-8s %-15s %s\n", verdict_names[finding->verdict], name, finding->text);
	if (finding->mend[0] != '\0')
		printf("%-8s %-15s   -> %s\n", "", "", finding->mend);
}

int cli_doctor(int argc, char **argv)
{
	const char *state = NULL;
	bool as_json = false;
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, &as_json, NULL, "for programs"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
	};
	int next = options_read("doctor [OPTIONS]", rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	AUTO(freep) char *dir = state_dir(state);
	const struct patient patient = {.state = dir, .privileged = geteuid() == 0};
	AUTO(json_decrefp) json_t *all = json_array();
	bool can_run = true;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		struct finding finding = {.verdict = BAD};
		checks[i].look(&patient, &finding);
		can_run = can_run && finding.verdict != BAD;
		if (!as_json)
			print_finding(checks[i].name, &finding);
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:s, s:s}", "check", checks[i].name,
						"verdict", verdict_names[finding.verdict], "text",
						finding.text, "mend", finding.mend));
	}
	if (as_json) {
		AUTO(json_decrefp)
		json_t *report = json_pack("{s:b, s:O}", "canRunTasks", can_run, "checks", all);
		json_dumpf(report, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		printf("\n%s\n", can_run ? "tasks can run on this machine"
					 : "tasks cannot run yet: see what is missing above");
	}
	return can_run ? 0 : 1;
}
