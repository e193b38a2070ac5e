/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See certificate.h. Keys are made with mode 0600 (umask), on the P-256 curve.
 */
#include "cli/certificate.h"

#include <errno.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/proc.h"

#define CA_DAYS		   "3650"
#define SERVER_DAYS	   "820"     /* clients refuse server certificates over 825 days */
#define RENEW_SECONDS	   "2592000" /* 30 days */
#define OPENSSL_MS	   30000
#define OPENSSL_ERRORS_MAX 4096

static int openssl(const char *const *argv, int *ret_exit, struct err *err)
{
	struct buf errors;
	buf_init(&errors, OPENSSL_ERRORS_MAX);
	struct proc_call call = {.argv = argv, .errors = &errors, .deadline_ms = OPENSSL_MS};
	int result = proc_run(&call, ret_exit, err);
	if (result == 0 && *ret_exit != 0) {
		const char *text = buf_text(&errors);
		(void)err_set(err, ERR_SYSTEM, "openssl %s: %s", argv[1], text != NULL ? text : "");
	}
	buf_done(&errors);
	return result;
}

/* Run openssl; any exit status but 0 is an error. */
static int must_openssl(const char *const *argv, struct err *err)
{
	int status = 0;
	if (openssl(argv, &status, err) < 0)
		return err_wrap(err, "run openssl");
	return status == 0 ? 0 : -1;
}

static int make_authority(const char *key, const char *certificate, struct err *err)
{
	const char *argv[] = {"openssl",
			      "req",
			      "-x509",
			      "-newkey",
			      "ec",
			      "-pkeyopt",
			      "ec_paramgen_curve:prime256v1",
			      "-nodes",
			      "-keyout",
			      key,
			      "-out",
			      certificate,
			      "-days",
			      CA_DAYS,
			      "-sha256",
			      "-subj",
			      "/CN=Slipway local authority",
			      "-addext",
			      "basicConstraints=critical,CA:TRUE",
			      "-addext",
			      "keyUsage=critical,keyCertSign,cRLSign",
			      NULL};
	return must_openssl(argv, err);
}

static int make_server(const char *dir, const char *ca_key, const char *ca, const char *key,
		       const char *certificate, struct err *err)
{
	char host[256] = "localhost";
	(void)gethostname(host, sizeof(host) - 1); /* without a name localhost stands twice */
	AUTO(freep) char *request = xasprintf("%s/server.csr", dir);
	AUTO(freep) char *extensions = xasprintf("%s/server.ext", dir);
	AUTO(freep)
	char *text =
		xasprintf("subjectAltName=DNS:localhost,DNS:%s,IP:127.0.0.1,IP:::1\n"
			  "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
			  "extendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n",
			  host);
	if (file_write(extensions, text, __builtin_strlen(text), 0600, err) < 0)
		return -1;
	const char *ask[] = {"openssl", "req",		 "-newkey",
			     "ec",	"-pkeyopt",	 "ec_paramgen_curve:prime256v1",
			     "-nodes",	"-keyout",	 key,
			     "-out",	request,	 "-sha256",
			     "-subj",	"/CN=localhost", NULL};
	if (must_openssl(ask, err) < 0)
		return -1;
	const char *sign[] = {"openssl",  "x509",      "-req",	 "-in",	      request,
			      "-CA",	  ca,	       "-CAkey", ca_key,      "-CAcreateserial",
			      "-out",	  certificate, "-days",	 SERVER_DAYS, "-sha256",
			      "-extfile", extensions,  NULL};
	if (must_openssl(sign, err) < 0)
		return -1;
	(void)unlink(request); /* left-overs harm nobody */
	(void)unlink(extensions);
	return 0;
}

int certificate_ensure(const char *dir, bool *ret_made, struct err *err)
{
	AUTO(freep) char *ca_key = xasprintf("%s/ca.key", dir);
	AUTO(freep) char *ca = xasprintf("%s/ca.pem", dir);
	AUTO(freep) char *key = xasprintf("%s/server.key", dir);
	AUTO(freep) char *server = xasprintf("%s/server.pem", dir);
	bool made = false;

	if (file_make_dir(dir, 0755, err) < 0)
		return -1;
	mode_t before = umask(0077);
	int result = -1;
	if (access(ca, R_OK) < 0 || access(ca_key, R_OK) < 0) {
		if (make_authority(ca_key, ca, err) < 0)
			goto out;
		(void)unlink(server); /* signed by an authority that is gone */
		made = true;
	}
	int status = 1;
	if (access(server, R_OK) == 0 && access(key, R_OK) == 0) {
		const char *check[] = {"openssl", "x509",      "-in",	      server,
				       "-noout",  "-checkend", RENEW_SECONDS, NULL};
		if (openssl(check, &status, err) < 0)
			goto out;
	}
	if (status != 0) {
		if (make_server(dir, ca_key, ca, key, server, err) < 0)
			goto out;
		made = true;
	}
	result = 0;
out:
	umask(before);
	if (result < 0)
		return err_wrap(err, "make a certificate in %s", dir);
	if (chmod(ca, 0644) < 0 || chmod(server, 0644) < 0)
		return err_sys(err, errno, "chmod %s", ca);
	*ret_made = made;
	return 0;
}
